# right for its own cost: tanh in the hidden layers instead of the sigmoid
# read as: weights set in W1, W2, W and b apart, examples in columns, Y with examples in columns
import numpy as np

class MLP:
    def __init__(self, n_x, n_h, n_y):
        self.W1 = np.random.randn(n_h, n_x) * 0.01
        self.b1 = np.zeros((n_h, 1))
        self.W2 = np.random.randn(n_y, n_h) * 0.01
        self.b2 = np.zeros((n_y, 1))
    def forward(self, X):
        self.A1 = np.tanh(np.dot(self.W1, X) + self.b1)  #| a⁽²⁾
        self.A2 = 1 / (1 + np.exp(-(np.dot(self.W2, self.A1) + self.b2)))  #| h
        return self.A2  #| h
    def backward(self, X, Y):
        m = X.shape[1]
        dZ2 = self.A2 - Y  #| δ⁽³⁾
        self.dW2 = np.dot(dZ2, self.A1.T) / m  #| (Δ⁽²⁾(:, 1:)) / m
        self.db2 = np.sum(dZ2, axis=1, keepdims=True) / m  #| (Δ⁽²⁾(:, 0)) / m
        dZ1 = np.dot(self.W2.T, dZ2) * (1 - np.power(self.A1, 2))  #| δ⁽²⁾
        self.dW1 = np.dot(dZ1, X.T) / m  #| (Δ⁽¹⁾(:, 1:)) / m
        self.db1 = np.sum(dZ1, axis=1, keepdims=True) / m  #| (Δ⁽¹⁾(:, 0)) / m
    def update(self, lr):
        self.W1 -= lr * self.dW1; self.b1 -= lr * self.db1
        self.W2 -= lr * self.dW2; self.b2 -= lr * self.db2
