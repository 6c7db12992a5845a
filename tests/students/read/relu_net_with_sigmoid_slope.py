# wrong
# expected: δ⁽²⁾ = Θ⁽²⁾(:, 1:)ᵀ δ⁽³⁾ .* g′(z⁽²⁾)
# read as: Θ matrix by matrix, W and b apart, examples in columns, Y with examples in columns
import numpy as np

def model_step(X, Y, W1, b1, W2, b2):
    """X: (n, m), Y: (1, m). hidden layer relu, output sigmoid"""
    m = X.shape[1]
    Z1 = np.dot(W1, X) + b1  #| z⁽²⁾
    A1 = np.maximum(0, Z1)  #| a⁽²⁾
    Z2 = np.dot(W2, A1) + b2  #| z⁽³⁾
    A2 = 1 / (1 + np.exp(-Z2))  #| h
    cost = -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))
    dZ2 = A2 - Y  #| δ⁽³⁾
    dW2 = np.dot(dZ2, A1.T) / m  #| (Δ⁽²⁾(:, 1:)) / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m  #| (Δ⁽²⁾(:, 0)) / m
    dA1 = np.dot(W2.T, dZ2)  #| Θ⁽²⁾ᵀ δ⁽³⁾
    dZ1 = dA1 * A1 * (1 - A1)  #wrong| δ⁽²⁾
    dW1 = np.dot(dZ1, X.T) / m  #follows| (Δ⁽¹⁾(:, 1:)) / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m  #follows| (Δ⁽¹⁾(:, 0)) / m
    return cost, dW1, db1, dW2, db2  #follows| (Δ⁽¹⁾(:, 1:)) / m, (Δ⁽¹⁾(:, 0)) / m, (Δ⁽²⁾(:, 1:)) / m, (Δ⁽²⁾(:, 0)) / m
