# right
# read as: weights set in weights.0, weights.1, weights.2
"""a class with momentum, one training step"""
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾, a⁽³⁾, h
def one(a): return np.c_[np.ones(len(a)), a]  #| [1; x], [1; a⁽²⁾], [1; a⁽³⁾]

class Network(object):
    def __init__(self, sizes):
        self.sizes = sizes
        self.weights = [np.random.randn(y, x + 1) for x, y in zip(sizes[:-1], sizes[1:])]
        self.velocity = [np.zeros_like(w) for w in self.weights]
    def forward(self, X):
        acts = [X]  #| X
        for w in self.weights:
            acts.append(g(one(acts[-1]) @ w.T))  #| a⁽²⁾, a⁽³⁾, h
        return acts
    def gradient(self, X, Y):
        acts = self.forward(X)
        delta = acts[-1] - Y  #| δ⁽⁴⁾
        grads = []
        for i in reversed(range(len(self.weights))):
            grads.append(delta.T @ one(acts[i]) / X.shape[0])  #| Δ⁽³⁾ / m, Δ⁽²⁾ / m, Δ⁽¹⁾ / m
            delta = delta @ self.weights[i][:, 1:] * acts[i] * (1 - acts[i])  #| δ⁽³⁾, δ⁽²⁾
        return grads[::-1]
    def step(self, X, Y, lr=0.1, mu=0.9):
        for i, d in enumerate(self.gradient(X, Y)):
            self.velocity[i] = mu * self.velocity[i] - lr * d
            self.weights[i] += self.velocity[i]
