# right
# read as: θ as one vector, X with its column of ones, y as class numbers from 0
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))  #| h


def lrCostFunction(theta, X, y, lambda_):
    """Regularized logistic regression; X has its column of ones."""
    m = y.size
    h = sigmoid(X.dot(theta))  #| h
    temp = theta.copy()  #| Θ⁽¹⁾
    temp[0] = 0  #| Θ⁽¹⁾ without its bias column
    J = (-y.dot(np.log(h)) - (1 - y).dot(np.log(1 - h))) / m
    J += lambda_ / (2 * m) * np.sum(temp ** 2)
    grad = X.T.dot(h - y) / m + lambda_ / m * temp  #| D⁽¹⁾
    return J, grad  #| D⁽¹⁾
