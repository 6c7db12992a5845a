"""Control: dA and dZ apart."""
import numpy as np
def g(z): return 1 / (1 + np.exp(-z))
def backprop(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    A1 = g(W1 @ X + b1); A2 = g(W2 @ A1 + b2)
    dA2 = -(np.divide(Y, A2) - np.divide(1 - Y, 1 - A2))
    dZ2 = dA2 * A2 * (1 - A2)
    dA1 = W2.T @ dZ2
    dZ1 = dA1 * A1 * (1 - A1)
    return dZ1 @ X.T / m, np.sum(dZ1, 1, keepdims=True) / m, dZ2 @ A1.T / m, np.sum(dZ2, 1, keepdims=True) / m
