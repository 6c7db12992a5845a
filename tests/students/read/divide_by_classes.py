# wrong: divided by 3, a number of units, instead of m
# computes: Y.shape[0]
# expected: D⁽²⁾ = Δ⁽²⁾ / m
# read as: Θ matrix by matrix, W and b apart, examples in columns, Y with examples in columns
import numpy as np

def sigmoid(z):
    return 1/(1 + np.exp(-z))  #| a⁽²⁾, h

def backprop(W1, b1, W2, b2, X, Y):
    m = Y.shape[0]  #wrong|
    A1 = sigmoid(W1 @ X + b1)  #| a⁽²⁾
    A2 = sigmoid(W2 @ A1 + b2)  #| h
    dZ2 = A2 - Y  #| δ⁽³⁾
    dW2 = dZ2 @ A1.T / m  #| (Δ⁽²⁾(:, 1:)) / K
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m  #| (Δ⁽²⁾(:, 0)) / K
    dZ1 = W2.T @ dZ2 * A1 * (1 - A1)  #| δ⁽²⁾
    dW1 = dZ1 @ X.T / X.shape[1]  #| (Δ⁽¹⁾(:, 1:)) / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / X.shape[1]  #| (Δ⁽¹⁾(:, 0)) / m
    return dW1, db1, dW2, db2  #| (Δ⁽¹⁾(:, 1:)) / m, (Δ⁽¹⁾(:, 0)) / m, (Δ⁽²⁾(:, 1:)) / K, (Δ⁽²⁾(:, 0)) / K
