# wrong: bias gradient times a stray factor 10
# expected: D⁽²⁾ = Δ⁽²⁾ / m
# read as: weights set in W1, W2, W and b apart, weights as (in, out)
import numpy as np

class Net:
    def __init__(self, n, h, k):
        self.W1 = np.random.randn(n, h); self.b1 = np.zeros((1, h))
        self.W2 = np.random.randn(h, k); self.b2 = np.zeros((1, k))

    def forward(self, X):
        self.h = 1 / (1 + np.exp(-(X @ self.W1 + self.b1)))  #| a⁽²⁾
        self.o = 1 / (1 + np.exp(-(self.h @ self.W2 + self.b2)))  #| h
        return self.o  #| h

    def train_step(self, X, Y, lr=0.1):
        m = len(X)
        self.forward(X)
        d2 = (self.o - Y) / m  #| δ⁽³⁾ / m
        d1 = d2 @ self.W2.T * self.h * (1 - self.h)  #| δ⁽²⁾ / m
        self.W2 -= lr * self.h.T @ d2  #| Θ⁽²⁾ already changed
        self.b2 -= d2.sum(axis=0, keepdims=True)  #wrong| Θ⁽²⁾ already changed
        self.W1 -= lr * X.T @ d1  #| Θ⁽¹⁾ already changed
        self.b1 -= d1.sum(axis=0, keepdims=True)  #wrong| Θ⁽¹⁾ already changed
