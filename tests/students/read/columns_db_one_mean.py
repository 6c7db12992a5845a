# wrong: bias gradient averaged over the units too
# computes: mean(δ⁽²⁾)
# read as: weights set in W1, W2, W and b apart, examples in columns, Y with examples in columns
import numpy as np


class ShallowNet:
    def __init__(self, n_x, n_h, n_y, alpha=0.5):
        self.W1 = np.random.randn(n_h, n_x) * 0.3
        self.b1 = np.zeros((n_h, 1))
        self.W2 = np.random.randn(n_y, n_h) * 0.3
        self.b2 = np.zeros((n_y, 1))
        self.alpha = alpha

    @staticmethod
    def g(z):
        return 1 / (1 + np.exp(-z))  #| a⁽²⁾, h

    def step(self, X, Y):
        """One step of gradient descent; examples are columns."""
        m = X.shape[1]
        A1 = self.g(self.W1 @ X + self.b1)  #| a⁽²⁾
        A2 = self.g(self.W2 @ A1 + self.b2)  #| h
        cost = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
        dZ2 = A2 - Y  #| δ⁽³⁾
        dW2 = dZ2 @ A1.T / m  #| (Δ⁽²⁾(:, 1:)) / m
        db2 = np.mean(dZ2, axis=1, keepdims=True)  #| (Δ⁽²⁾(:, 0)) / m
        dZ1 = self.W2.T @ dZ2 * A1 * (1 - A1)  #| δ⁽²⁾
        dW1 = dZ1 @ X.T / m  #| (Δ⁽¹⁾(:, 1:)) / m
        db1 = np.mean(dZ1)  #wrong|
        self.W1 = self.W1 - self.alpha * dW1  #| Θ⁽¹⁾ already changed
        self.b1 = self.b1 - self.alpha * db1
        self.W2 = self.W2 - self.alpha * dW2  #| Θ⁽²⁾ already changed
        self.b2 = self.b2 - self.alpha * db2  #| Θ⁽²⁾ already changed
        return cost
