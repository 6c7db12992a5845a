"""Right; logistic regression without hidden units, whose descent returns the new vector θ."""
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))

def gradient_descent(X, y, theta, alpha, num_iters):
    m = len(y)
    for _ in range(num_iters):
        theta = theta - alpha / m * X.T @ (g(X @ theta) - y)
    return theta
