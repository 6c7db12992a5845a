# wrong: g' evaluated at a instead of z
# computes: sigmoid_prime(a⁽³⁾)
# expected: g′(z⁽³⁾) = a⁽³⁾ .* (1 − a⁽³⁾)
# read as: weights set in weights.0, weights.1, weights.2, W and b apart, one example as (n, 1), y of one example as (K, 1)
import numpy as np

class Network(object):

    def __init__(self, sizes):
        self.num_layers = len(sizes)
        self.sizes = sizes
        self.biases = [np.random.randn(y, 1) for y in sizes[1:]]
        self.weights = [np.random.randn(y, x) for x, y in zip(sizes[:-1], sizes[1:])]

    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activation = x  #| X
        activations = [x]  #| X
        zs = []
        for b, w in zip(self.biases, self.weights):
            z = np.dot(w, activation) + b  #| z⁽²⁾, z⁽³⁾, z⁽⁴⁾
            zs.append(z)  #| z⁽²⁾, z⁽³⁾, z⁽⁴⁾
            activation = sigmoid(z)  #| a⁽²⁾, a⁽³⁾, h
            activations.append(activation)  #| a⁽²⁾, a⁽³⁾, h
        delta = activations[-1] - y  #| δ⁽⁴⁾
        nabla_b[-1] = delta  #| δ⁽⁴⁾
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())  #| Δ⁽³⁾(:, 1:)
        for l in range(2, self.num_layers):
            sp = sigmoid_prime(activations[-l])  #wrong| g′(z⁽³⁾), g′(z⁽²⁾)
            delta = np.dot(self.weights[-l + 1].transpose(), delta) * sp  #follows| δ⁽³⁾, δ⁽²⁾
            nabla_b[-l] = delta  #follows| δ⁽³⁾, δ⁽²⁾
            nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())  #follows| Δ⁽²⁾(:, 1:), Δ⁽¹⁾(:, 1:)
        return (nabla_b, nabla_w)


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))  #| a⁽²⁾, a⁽³⁾, h


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))  #follows| g′(z⁽³⁾), g′(z⁽²⁾)
