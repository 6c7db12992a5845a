"""What goes back is the raw error; g' is in the weights' gradient only."""
import numpy as np
def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]
def backprop(thetas, X, Y):
    m, a = len(X), [X]
    for T in thetas: a.append(g(one(a[-1]) @ T.T))
    e = a[-1] - Y
    D = []
    for l in range(len(thetas) - 1, -1, -1):
        d = e * a[l + 1] * (1 - a[l + 1])
        D.insert(0, d.T @ one(a[l]) / m)
        e = e @ thetas[l][:, 1:]
    return D
