# wrong
# expected: δ⁽²⁾ = Θ⁽²⁾(:, 1:)ᵀ δ⁽³⁾ .* a⁽²⁾ .* (1 − a⁽²⁾)
# read as: Θ matrix by matrix
"""hidden delta sent through Theta1 (square layers)"""
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾, a⁽³⁾, h
def one(a): return np.c_[np.ones(len(a)), a]  #| [1; x], [1; a⁽²⁾], [1; a⁽³⁾]

def backprop(Theta1, Theta2, Theta3, X, Y):
    m = len(X)
    a1 = one(X); a2 = one(g(a1 @ Theta1.T)); a3 = one(g(a2 @ Theta2.T)); h = g(a3 @ Theta3.T)  #| [1; x], [1; a⁽²⁾], [1; a⁽³⁾], h
    d4 = h - Y  #| δ⁽⁴⁾
    d3 = d4 @ Theta3[:, 1:] * a3[:, 1:] * (1 - a3[:, 1:])  #| δ⁽³⁾
    d2 = d4 @ Theta3[:, 1:] * a2[:, 1:] * (1 - a2[:, 1:])  #wrong| δ⁽²⁾
    return [d2.T @ a1 / m, d3.T @ a2 / m, d4.T @ a3 / m]  #follows| Δ⁽¹⁾ / m, Δ⁽²⁾ / m, Δ⁽³⁾ / m
