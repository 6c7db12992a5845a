"""D2 is not divided by m."""
import numpy as np
def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]
def backprop(Theta1, Theta2, X, Y, lambda_):
    m = len(X)
    a1 = one(X); a2 = one(g(a1 @ Theta1.T)); h = g(a2 @ Theta2.T)
    d3 = h - Y; d2 = d3 @ Theta2[:, 1:] * a2[:, 1:] * (1 - a2[:, 1:])
    D1 = d2.T @ a1 / m
    D2 = d3.T @ a2
    D1[:, 1:] += lambda_ / m * Theta1[:, 1:]; D2[:, 1:] += lambda_ / m * Theta2[:, 1:]
    return [D1, D2]
