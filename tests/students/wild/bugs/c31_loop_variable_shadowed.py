"""The inner loop over the units overwrites the example's number."""
import numpy as np
def g(z): return 1 / (1 + np.exp(-z))
def backprop(Theta1, Theta2, X, Y):
    m = len(X)
    G1, G2 = np.zeros_like(Theta1), np.zeros_like(Theta2)
    for i in range(m):
        a1 = np.r_[1, X[i]]
        a2 = np.r_[1, np.zeros(len(Theta1))]
        for i in range(len(Theta1)):
            a2[i + 1] = g(Theta1[i] @ a1)
        h = g(Theta2 @ a2)
        d3 = h - Y[i]
        d2 = (Theta2.T @ d3 * a2 * (1 - a2))[1:]
        G1 += np.outer(d2, a1); G2 += np.outer(d3, a2)
    return [G1 / m, G2 / m]
