import numpy as np

def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]

class Layer:
    def __init__(self, n, k):
        self.W = np.random.randn(n, k); self.b = np.zeros(k)
    def forward(self, x):
        self.x = x; self.a = g(x @ self.W + self.b); return self.a
    def backward(self, d, lr):
        dx = d @ self.W.T
        self.W -= lr * self.x.T @ d; self.b -= lr * d.sum(0)
        return dx
class Network:
    def __init__(self, sizes):
        self.layers = [Layer(a, b) for a, b in zip(sizes, sizes[1:])]
    def train_step(self, X, y, lr):
        for layer in self.layers: X = layer.forward(X)
        d = (X - y) / len(X)
        for i in range(len(self.layers) - 1, -1, -1):
            dx = self.layers[i].backward(d, lr)
            if i: a = self.layers[i-1].a; d = dx * a * (1 - a)
