# wrong: bias gradient summed over the units too
# read as: θ as a dict, W and b apart, examples in columns, Y with examples in columns
"""db summed over the wrong axis"""
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾, h
def one(a): return np.c_[np.ones(len(a)), a]

def backward(params, X, Y):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]  #| Θ⁽¹⁾(:, 1:), Θ⁽¹⁾(:, 0), Θ⁽²⁾(:, 1:), Θ⁽²⁾(:, 0)
    m = X.shape[1]
    A1 = g(W1 @ X + b1); A2 = g(W2 @ A1 + b2)  #| a⁽²⁾, h
    dZ2 = A2 - Y  #| δ⁽³⁾
    dW2 = dZ2 @ A1.T / m  #| (Δ⁽²⁾(:, 1:)) / m
    db2 = np.sum(dZ2) / m
    dZ1 = W2.T @ dZ2 * A1 * (1 - A1)  #| δ⁽²⁾
    dW1 = dZ1 @ X.T / m  #| (Δ⁽¹⁾(:, 1:)) / m
    db1 = np.sum(dZ1) / m  #wrong|
    return {"dW1": dW1, "db1": db1 * np.ones_like(b1), "dW2": dW2, "db2": db2 * np.ones_like(b2)}
