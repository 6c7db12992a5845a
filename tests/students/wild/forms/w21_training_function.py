import numpy as np

def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]

def gradient_descent(X, y, theta1, theta2, alpha, num_iters, lam):
    m = len(X)
    for _ in range(num_iters):
        a1 = one(X); a2 = one(g(a1 @ theta1.T)); h = g(a2 @ theta2.T)
        d3 = h - y; d2 = d3 @ theta2[:, 1:] * a2[:, 1:] * (1 - a2[:, 1:])
        R1 = theta1.copy(); R1[:, 0] = 0; R2 = theta2.copy(); R2[:, 0] = 0
        theta1 = theta1 - alpha * (d2.T @ a1 + lam * R1) / m; theta2 = theta2 - alpha * (d3.T @ a2 + lam * R2) / m
    return theta1, theta2
