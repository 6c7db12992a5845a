# nearly right
# read as: Θ matrix by matrix
import numpy as np

def grad(theta1, theta2, X, y, lmbda):
    theta1, theta2 = theta1.astype(np.float32), theta2.astype(np.float32)
    X = X.astype(np.float32)
    m = X.shape[0]
    ones = np.ones((m, 1), dtype=np.float32)
    a1 = np.hstack((ones, X))
    a2 = np.hstack((ones, 1 / (1 + np.exp(-a1 @ theta1.T))))
    a3 = 1 / (1 + np.exp(-a2 @ theta2.T))
    d3 = a3 - y
    d2 = d3 @ theta2[:, 1:] * (a2 * (1 - a2))[:, 1:]
    reg1 = theta1.copy(); reg1[:, 0] = 0
    reg2 = theta2.copy(); reg2[:, 0] = 0
    return (d2.T @ a1 + lmbda * reg1) / m, (d3.T @ a2 + lmbda * reg2) / m
