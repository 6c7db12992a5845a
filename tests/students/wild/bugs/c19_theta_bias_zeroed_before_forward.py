"""The bias weights are set to 0 for the penalty, before the forward pass reads them."""
import numpy as np
def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]
def backprop(Theta1, Theta2, X, Y, lambda_):
    m = len(X)
    Theta1[:, 0] = 0; Theta2[:, 0] = 0
    a1 = one(X); a2 = one(g(a1 @ Theta1.T)); h = g(a2 @ Theta2.T)
    d3 = h - Y; d2 = d3 @ Theta2[:, 1:] * a2[:, 1:] * (1 - a2[:, 1:])
    return [(d2.T @ a1 + lambda_ * Theta1) / m, (d3.T @ a2 + lambda_ * Theta2) / m]
