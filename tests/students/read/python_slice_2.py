# wrong: two columns left out of the penalty: 2: is Octave's, 1: Python's
# expected: D⁽¹⁾ = Δ⁽¹⁾ / m + (λ/m) Θ⁽¹⁾, its bias column left out
# read as: Θ matrix by matrix
"""2: for 1: in the penalty"""
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾, h
def one(a): return np.c_[np.ones(len(a)), a]  #| [1; x], [1; a⁽²⁾]

def backprop(Theta1, Theta2, X, Y, lambda_):
    m = len(X)
    a1 = one(X); z2 = a1 @ Theta1.T; a2 = one(g(z2)); h = g(a2 @ Theta2.T)  #| [1; x], z⁽²⁾, [1; a⁽²⁾], h
    d3 = h - Y; d2 = d3 @ Theta2[:, 1:] * a2[:, 1:] * (1 - a2[:, 1:])  #| δ⁽³⁾, δ⁽²⁾
    D1 = d2.T @ a1 / m  #| Δ⁽¹⁾ / m
    D2 = d3.T @ a2 / m  #| Δ⁽²⁾ / m
    D1[:, 2:] += lambda_ / m * Theta1[:, 2:]  #wrong| D⁽¹⁾
    D2[:, 2:] += lambda_ / m * Theta2[:, 2:]  #wrong| D⁽²⁾
    return [D1, D2]  #follows| D⁽¹⁾, D⁽²⁾
