import numpy as np

def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]

class Net:
    def __init__(self, sizes):
        self.W = [np.random.randn(a, b) for a, b in zip(sizes, sizes[1:])]
    def train(self, x, y, alpha):
        a = [x]
        for W in self.W: a.append(g(a[-1] @ W))
        d = (a[-1] - y)
        for l in range(len(self.W) - 1, -1, -1):
            new = d @ self.W[l].T * a[l] * (1 - a[l])
            self.W[l] = self.W[l] - alpha * np.outer(a[l], d)
            d = new
