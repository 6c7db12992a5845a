# wrong: sign of the term of 1 − y in J
# computes: sum(−(y log h) + (1 − y) log(1 − h)) / m
# expected: J = (1/m) Σ −y log h − (1 − y) log(1 − h) + (λ/2m) Σ θ², biases left out
# read as: Θ matrix by matrix
import numpy as np

def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))  #| a⁽²⁾, h

def nnCost(theta1, theta2, X, Y, lmbda):
    m = X.shape[0]
    a1 = np.c_[np.ones((m, 1)), X]  #| [1; x]
    z2 = a1.dot(theta1.T)  #| z⁽²⁾
    a2 = np.c_[np.ones((m, 1)), sigmoid(z2)]  #| [1; a⁽²⁾]
    h = sigmoid(a2.dot(theta2.T))  #| h
    first = -np.multiply(Y, np.log(h))  #| −(y log h)
    second = np.multiply(1 - Y, np.log(1 - h))  #| (1 − y) log(1 − h)
    J = np.sum(first + second) / m  #wrong|
    J = J + lmbda / (2 * m) * (np.sum(theta1[:, 1:] ** 2) + np.sum(theta2[:, 1:] ** 2))
    d3 = h - Y  #| δ⁽³⁾
    d2 = d3.dot(theta2[:, 1:]) * sigmoid(z2) * (1 - sigmoid(z2))  #| δ⁽²⁾
    g1 = d2.T.dot(a1) / m  #| Δ⁽¹⁾ / m
    g2 = d3.T.dot(a2) / m  #| Δ⁽²⁾ / m
    g1[:, 1:] = g1[:, 1:] + lmbda / m * theta1[:, 1:]  #| D⁽¹⁾(:, 1:), D⁽¹⁾
    g2[:, 1:] = g2[:, 1:] + lmbda / m * theta2[:, 1:]  #| D⁽²⁾(:, 1:), D⁽²⁾
    return J, g1, g2  #| D⁽¹⁾, D⁽²⁾
