# wrong: Θ⁽²⁾ changed before δ⁽²⁾ is computed with it
# expected: δ⁽²⁾ = Θ⁽²⁾(:, 1:)ᵀ δ⁽³⁾ .* a⁽²⁾ .* (1 − a⁽²⁾)
# read as: weights set in weights1, weights2, no biases, weights as (in, out)
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾, h
def one(a): return np.c_[np.ones(len(a)), a]

class NeuralNetwork:
    def __init__(self, x, y):
        self.input = x
        self.weights1 = np.random.rand(self.input.shape[1], 4)
        self.weights2 = np.random.rand(4, 1)
        self.y = y
        self.output = np.zeros(self.y.shape)
    def feedforward(self):
        self.layer1 = g(np.dot(self.input, self.weights1))  #| a⁽²⁾
        self.output = g(np.dot(self.layer1, self.weights2))  #| h
    def backprop(self):
        d_weights2 = np.dot(self.layer1.T, (2 * (self.y - self.output) * self.output * (1 - self.output)))  #| −2 (Δ⁽²⁾(:, 1:))
        self.weights2 += d_weights2  #| Θ⁽²⁾ already changed
        d_weights1 = np.dot(self.input.T, (np.dot(2 * (self.y - self.output) * self.output * (1 - self.output), self.weights2.T) * self.layer1 * (1 - self.layer1)))  #wrong| Δ⁽¹⁾(:, 1:)
        self.weights1 += d_weights1  #follows| Θ⁽¹⁾ already changed
