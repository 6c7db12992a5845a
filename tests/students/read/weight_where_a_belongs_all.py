# wrong: g' taken as z(1 − z)
# expected: δ⁽²⁾ = Θ⁽²⁾(:, 1:)ᵀ δ⁽³⁾ .* a⁽²⁾ .* (1 − a⁽²⁾)
# read as: Θ matrix by matrix
"""slope from the weights"""
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾, h
def one(a): return np.c_[np.ones(len(a)), a]  #| [1; x], [1; a⁽²⁾]

def backprop(Theta1, Theta2, X, Y, lambda_):
    m = len(X)
    a1 = one(X); z2 = a1 @ Theta1.T; a2 = one(g(z2)); h = g(a2 @ Theta2.T)  #| [1; x], z⁽²⁾, [1; a⁽²⁾], h
    d3 = h - Y  #| δ⁽³⁾
    d2 = d3 @ Theta2[:, 1:] * z2 * (1 - z2)  #wrong| δ⁽²⁾
    D1 = d2.T @ a1 / m  #follows| Δ⁽¹⁾ / m
    D2 = d3.T @ a2 / m  #| Δ⁽²⁾ / m
    D1[:, 1:] += lambda_ / m * Theta1[:, 1:]  #follows| D⁽¹⁾(:, 1:), D⁽¹⁾
    D2[:, 1:] += lambda_ / m * Theta2[:, 1:]  #| D⁽²⁾(:, 1:), D⁽²⁾
    return [D1, D2]  #follows| D⁽¹⁾, D⁽²⁾
