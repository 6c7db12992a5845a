# wrong: bias column regularized
# computes: D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + (λ/m) θ_ij⁽ˡ⁾ for all j, 0 too
# expected: D⁽¹⁾ = Δ⁽¹⁾ / m + (λ/m) Θ⁽¹⁾, its bias column left out
# read as: θ as one vector, X with its column of ones, y as class numbers from 0
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))  #| h


def costFunctionReg(theta, X, y, lmbda):
    """Cost and gradient of regularized logistic regression; X has its column of ones."""
    m = y.size
    h = sigmoid(X.dot(theta))  #| h
    theta_reg = theta.copy()  #| Θ⁽¹⁾
    theta_reg[0] = 0  #| Θ⁽¹⁾ without its bias column
    J = (-y.dot(np.log(h)) - (1 - y).dot(np.log(1 - h))) / m
    J += lmbda / (2 * m) * theta_reg.dot(theta_reg)
    grad = X.T.dot(h - y) / m  #| Δ⁽¹⁾ / m
    grad += lmbda / m * theta  #wrong| D⁽¹⁾
    return J, grad  #follows| D⁽¹⁾
