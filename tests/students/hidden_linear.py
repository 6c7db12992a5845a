# no sigmoid in the hidden layers
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def backprop(thetas, X, Y, lambda_):
    W = [T[:, 1:] for T in thetas]
    b = [T[:, :1] for T in thetas]
    A = [X.T]
    m = X.shape[0]
    for l in range(len(W)):
        A.append(W[l] @ A[l] + b[l])
    A[-1] = sigmoid(A[-1])
    dZ = A[-1] - Y.T
    gradients = []
    for l in range(len(W) - 1, -1, -1):
        dW = dZ @ A[l].T / m
        db = np.sum(dZ, axis=1, keepdims=True) / m
        dW = dW + lambda_ / m * W[l]
        gradients.insert(0, np.hstack([db, dW]))
        dZ = W[l].T @ dZ * A[l] * (1 - A[l])
    return gradients
