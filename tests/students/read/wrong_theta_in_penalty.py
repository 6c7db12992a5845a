# wrong
# expected: D⁽¹⁾ = Δ⁽¹⁾ / m + (λ/m) Θ⁽¹⁾, its bias column left out
# read as: Θ matrix by matrix
import numpy as np

def sigmoid(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾, h

def backprop(Theta1, Theta2, X, Y, lam):
    m = X.shape[0]
    A1 = np.c_[np.ones((m, 1)), X]  #| [1; x]
    A2 = np.c_[np.ones((m, 1)), sigmoid(A1.dot(Theta1.T))]  #| [1; a⁽²⁾]
    A3 = sigmoid(A2.dot(Theta2.T))  #| h
    d3 = A3 - Y  #| δ⁽³⁾
    d2 = d3.dot(Theta2[:, 1:]) * A2[:, 1:] * (1 - A2[:, 1:])  #| δ⁽²⁾
    D1 = d2.T.dot(A1) / m  #| Δ⁽¹⁾ / m
    D2 = d3.T.dot(A2) / m  #| Δ⁽²⁾ / m
    D1[:, 1:] += lam / m * np.abs(Theta1[:, 1:])  #wrong| D⁽¹⁾(:, 1:), D⁽¹⁾
    D2[:, 1:] += lam / m * np.abs(Theta2[:, 1:])  #wrong| D⁽²⁾(:, 1:), D⁽²⁾
    return D1, D2  #follows| D⁽¹⁾, D⁽²⁾
