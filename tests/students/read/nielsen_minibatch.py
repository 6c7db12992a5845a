# right
# read as: weights set in weights.0, weights.1, weights.2, W and b apart, one example as (n, 1), y of one example as (K, 1)
import random
import numpy as np

class Network(object):
    def __init__(self, sizes):
        self.num_layers = len(sizes)
        self.sizes = sizes
        self.biases = [np.random.randn(y, 1) for y in sizes[1:]]
        self.weights = [np.random.randn(y, x) for x, y in zip(sizes[:-1], sizes[1:])]

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = sigmoid(np.dot(w, a) + b)  #| a⁽²⁾, a⁽³⁾, h
        return a  #| h

    def SGD(self, training_data, epochs, mini_batch_size, eta, lmbda=0.0):
        n = len(training_data)
        for j in range(epochs):
            random.shuffle(training_data)
            for k in range(0, n, mini_batch_size):
                self.update_mini_batch(training_data[k:k + mini_batch_size], eta, lmbda, n)

    def update_mini_batch(self, mini_batch, eta, lmbda, n):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in mini_batch:
            db, dw = self.backprop(x, y)
            nabla_b = [nb + d for nb, d in zip(nabla_b, db)]
            nabla_w = [nw + d for nw, d in zip(nabla_w, dw)]
        self.weights = [(1 - eta * (lmbda / n)) * w - (eta / len(mini_batch)) * nw for w, nw in zip(self.weights, nabla_w)]
        self.biases = [b - (eta / len(mini_batch)) * nb for b, nb in zip(self.biases, nabla_b)]

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
        delta = (activations[-1] - y)  #| δ⁽⁴⁾
        nabla_b[-1] = delta  #| δ⁽⁴⁾
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())  #| Δ⁽³⁾(:, 1:)
        for l in range(2, self.num_layers):
            sp = sigmoid_prime(zs[-l])  #| g′(z⁽³⁾), g′(z⁽²⁾)
            delta = np.dot(self.weights[-l + 1].transpose(), delta) * sp  #| δ⁽³⁾, δ⁽²⁾
            nabla_b[-l] = delta  #| δ⁽³⁾, δ⁽²⁾
            nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())  #| Δ⁽²⁾(:, 1:), Δ⁽¹⁾(:, 1:)
        return nabla_b, nabla_w

def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))  #| a⁽²⁾, a⁽³⁾, h

def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))  #| g′(z⁽³⁾), g′(z⁽²⁾)
