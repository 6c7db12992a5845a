import numpy as np

def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]

def backprop(weights, biases, X, Y):
    a = [X]; m = len(X)
    for W, b in zip(weights, biases): a.append(g(a[-1] @ W + b))
    d = (a[-1] - Y) / m; gw, gb = [], []
    for l in range(len(weights) - 1, -1, -1):
        gw.insert(0, a[l].T @ d); gb.insert(0, d.sum(0)); d = d @ weights[l].T * a[l] * (1 - a[l])
    return gw, gb
