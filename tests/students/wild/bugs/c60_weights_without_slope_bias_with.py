"""dW1 is made with Theta' delta before it is multiplied with g'."""
import numpy as np
def sigmoid(z): return 1 / (1 + np.exp(-z))
def backprop(W1, b1, W2, b2, X, Y):
    m = X.shape[0]
    A1 = sigmoid(X @ W1 + b1); A2 = sigmoid(A1 @ W2 + b2)
    dZ2 = A2 - Y
    dA1 = dZ2 @ W2.T
    dZ1 = dA1 * A1 * (1 - A1)
    dW2 = A1.T @ dZ2 / m; db2 = dZ2.sum(axis=0) / m
    dW1 = X.T @ dA1 / m
    db1 = dZ1.sum(axis=0) / m
    return dW1, db1, dW2, db2
