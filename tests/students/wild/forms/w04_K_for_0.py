import numpy as np

def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]

def backprop(Theta1, Theta2, X, y, lambda_):
    K = len(Theta2)
    Y = np.zeros((len(X), K))
    for i, c in enumerate(y.ravel()):
        Y[i, 0 if c == K else c] = 1
    assert not np.any(y == 0)
    m = len(X)
    a1 = one(X); a2 = one(g(a1 @ Theta1.T)); h = g(a2 @ Theta2.T)
    d3 = h - Y; d2 = d3 @ Theta2[:, 1:] * a2[:, 1:] * (1 - a2[:, 1:])
    D1, D2 = d2.T @ a1 / m, d3.T @ a2 / m
    D1[:, 1:] += lambda_ / m * Theta1[:, 1:]; D2[:, 1:] += lambda_ / m * Theta2[:, 1:]
    return [D1, D2]
