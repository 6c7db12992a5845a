# wrong
# expected: J = (1/m) Σ −y log h − (1 − y) log(1 − h) + (λ/2m) Σ θ², biases left out
# read as: Θ matrix by matrix
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾, h
def one(a): return np.c_[np.ones(len(a)), a]  #| [1; x], [1; a⁽²⁾]

def cost_function(Theta1, Theta2, X, Y, lambda_):
    m = len(X)
    a1 = one(X); z2 = a1 @ Theta1.T; a2 = one(g(z2)); h = g(a2 @ Theta2.T)  #| [1; x], z⁽²⁾, [1; a⁽²⁾], h
    J = np.sum(-Y * np.log(h) - (1 - Y) * np.log(1 - h)) / m
    J = J + lambda_ / (2 * m) * (np.sum(Theta1[:, 1:]) + np.sum(Theta2[:, 1:]))  #wrong|
    d3 = h - Y  #| δ⁽³⁾
    d2 = d3 @ Theta2[:, 1:] * a2[:, 1:] * (1 - a2[:, 1:])  #| δ⁽²⁾
    D1, D2 = d2.T @ a1 / m, d3.T @ a2 / m  #| Δ⁽¹⁾ / m, Δ⁽²⁾ / m
    D1[:, 1:] += lambda_ / m * Theta1[:, 1:]; D2[:, 1:] += lambda_ / m * Theta2[:, 1:]  #| D⁽¹⁾(:, 1:), D⁽¹⁾, D⁽²⁾(:, 1:), D⁽²⁾
    return J, D1, D2  #| D⁽¹⁾, D⁽²⁾
