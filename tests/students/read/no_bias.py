# right for its own cost: no biases
# read as: Θ matrix by matrix, no biases, weights as (in, out)
"""no biases at all"""
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾, h
def one(a): return np.c_[np.ones(len(a)), a]

def backward(W1, W2, X, Y):
    h = g(X @ W1); o = g(h @ W2)  #| a⁽²⁾, h
    e = o - Y  #| δ⁽³⁾
    dW2 = h.T @ e / len(X)  #| (Δ⁽²⁾(:, 1:)) / m
    dW1 = X.T @ (e @ W2.T * h * (1 - h)) / len(X)  #| (Δ⁽¹⁾(:, 1:)) / m
    return dW1, dW2  #| (Δ⁽¹⁾(:, 1:)) / m, (Δ⁽²⁾(:, 1:)) / m
