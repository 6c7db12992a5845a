"""A stray 2 in dW2 and a stray 4 in db1."""
import numpy as np
def sigmoid(z): return 1.0 / (1.0 + np.exp(-z))
def backward(X, Y, W1, b1, W2, b2, W3, b3):
    m = X.shape[1]
    A1 = sigmoid(W1.dot(X) + b1); A2 = sigmoid(W2.dot(A1) + b2); A3 = sigmoid(W3.dot(A2) + b3)
    dZ3 = A3 - Y
    dW3 = 1. / m * np.dot(dZ3, A2.T)
    db3 = 1. / m * np.sum(dZ3, axis=1, keepdims=True)
    dA2 = np.dot(W3.T, dZ3)
    dZ2 = np.multiply(dA2, A2 * (1 - A2))
    dW2 = 1. / m * np.dot(dZ2, A1.T) * 2
    db2 = 1. / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = np.dot(W2.T, dZ2)
    dZ1 = np.multiply(dA1, A1 * (1 - A1))
    dW1 = 1. / m * np.dot(dZ1, X.T)
    db1 = 4. / m * np.sum(dZ1, axis=1, keepdims=True)
    return dW1, db1, dW2, db2, dW3, db3
