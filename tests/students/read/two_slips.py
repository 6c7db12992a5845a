# wrong: output δ times g' (the squared-error form); and regularization subtracted
# expected: D⁽¹⁾ = Δ⁽¹⁾ / m + (λ/m) Θ⁽¹⁾, its bias column left out
# read as: Θ matrix by matrix
"""minus sign of the penalty, slope at the output"""
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾, h
def one(a): return np.c_[np.ones(len(a)), a]  #| [1; x], [1; a⁽²⁾]

def backprop(Theta1, Theta2, X, Y, lambda_):
    m = len(X)
    a1 = one(X); z2 = a1 @ Theta1.T; a2 = one(g(z2)); h = g(a2 @ Theta2.T)  #| [1; x], z⁽²⁾, [1; a⁽²⁾], h
    d3 = (h - Y) * h * (1 - h)
    d2 = d3 @ Theta2[:, 1:] * a2[:, 1:] * (1 - a2[:, 1:])  #| δ⁽²⁾
    D1, D2 = d2.T @ a1 / m, d3.T @ a2 / m  #| Δ⁽¹⁾ / m, Δ⁽²⁾ / m
    D1[:, 1:] -= lambda_ / m * Theta1[:, 1:]  #wrong| D⁽¹⁾(:, 1:), D⁽¹⁾
    D2[:, 1:] -= lambda_ / m * Theta2[:, 1:]  #wrong| D⁽²⁾(:, 1:), D⁽²⁾
    return [D1, D2]  #follows| D⁽¹⁾, D⁽²⁾
