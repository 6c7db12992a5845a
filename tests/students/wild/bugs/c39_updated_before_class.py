"""W2 has learnt already when the hidden layer's delta is computed with it."""
import numpy as np
def s(z): return 1 / (1 + np.exp(-z))
class Net:
    def __init__(self, sizes=(4, 5, 3)):
        rng = np.random.default_rng(0)
        self.W1 = rng.normal(size=(sizes[0], sizes[1])); self.b1 = np.zeros(sizes[1])
        self.W2 = rng.normal(size=(sizes[1], sizes[2])); self.b2 = np.zeros(sizes[2])
    def train(self, X, y, lr=0.1):
        hidden = s(X @ self.W1 + self.b1)
        out = s(hidden @ self.W2 + self.b2)
        dout = (out - y) / len(X)
        self.W2 -= lr * hidden.T @ dout
        self.b2 -= lr * dout.sum(axis=0)
        dhidden = dout @ self.W2.T * hidden * (1 - hidden)
        self.W1 -= lr * X.T @ dhidden
        self.b1 -= lr * dhidden.sum(axis=0)
