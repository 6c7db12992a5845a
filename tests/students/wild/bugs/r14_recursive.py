"""Control: a function that calls itself for the next layer."""
import numpy as np
def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]
def backprop(thetas, X, Y, lambda_):
    m = len(X); D = [None] * len(thetas)
    def go(l, a):
        if l == len(thetas): return a - Y
        nxt = g(one(a) @ thetas[l].T)
        d = go(l + 1, nxt)
        D[l] = (d.T @ one(a) + lambda_ * np.c_[np.zeros(len(thetas[l])), thetas[l][:, 1:]]) / m
        return d @ thetas[l][:, 1:] * a * (1 - a)
    go(0, X)
    return D
