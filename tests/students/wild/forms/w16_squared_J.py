import numpy as np

def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]

def costFunction(Theta1, Theta2, X, Y):
    m = len(X)
    a1 = one(X); a2 = one(g(a1 @ Theta1.T)); h = g(a2 @ Theta2.T)
    J = np.sum((h - Y) ** 2) / (2 * m)
    d3 = (h - Y) * h * (1 - h); d2 = d3 @ Theta2[:, 1:] * a2[:, 1:] * (1 - a2[:, 1:])
    return J, d2.T @ a1 / m, d3.T @ a2 / m
