# right
# read as: θ as one vector, X with its column of ones, y as class numbers from 0
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))  #| h

def gradient_descent(X, y, theta, alpha, num_iters):
    m = len(y)
    for _ in range(num_iters):
        theta = theta - alpha / m * X.T @ (sigmoid(X @ theta) - y)
    return theta
