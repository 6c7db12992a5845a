# wrong: bias gradient with the wrong sign
# expected: D⁽¹⁾ = Δ⁽¹⁾ / m
# read as: weights set in W1, W2, W and b apart, weights as (in, out)
import numpy as np

class NeuralNetwork:
    def __init__(self, n_in, n_hid, n_out):
        self.W1 = np.random.randn(n_in, n_hid)
        self.b1 = np.zeros((1, n_hid))
        self.W2 = np.random.randn(n_hid, n_out)
        self.b2 = np.zeros((1, n_out))

    def sigmoid(self, s):
        return 1 / (1 + np.exp(-s))  #| a⁽²⁾, h

    def forward(self, X):
        self.a1 = self.sigmoid(X @ self.W1 + self.b1)  #| a⁽²⁾
        self.a2 = self.sigmoid(self.a1 @ self.W2 + self.b2)  #| h
        return self.a2  #| h

    def backward(self, X, y, lr=0.1):
        m = len(X)
        d2 = self.a2 - y  #| δ⁽³⁾
        d1 = (d2 @ self.W2.T) * self.a1 * (1 - self.a1)  #| δ⁽²⁾
        self.W2 -= lr * self.a1.T @ d2 / m  #| Θ⁽²⁾ already changed
        self.b2 -= lr * d2.sum(axis=0, keepdims=True) / m  #| Θ⁽²⁾ already changed
        self.W1 -= lr * X.T @ d1 / m  #| Θ⁽¹⁾ already changed
        self.b1 += lr * d1.sum(axis=0, keepdims=True) / m  #wrong| Θ⁽¹⁾ already changed
