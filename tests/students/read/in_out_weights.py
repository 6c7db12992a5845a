# right
# read as: θ as a dict, W and b apart, weights as (in, out)
"""W (in, out), b (out,), no penalty, returns a dict"""
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾, h
def one(a): return np.c_[np.ones(len(a)), a]

def gradients(params, X, y):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]  #| Θ⁽¹⁾(:, 1:), Θ⁽¹⁾(:, 0), Θ⁽²⁾(:, 1:), Θ⁽²⁾(:, 0)
    a1 = g(X @ W1 + b1)  #| a⁽²⁾
    p = g(a1 @ W2 + b2)  #| h
    dz2 = (p - y) / X.shape[0]  #| δ⁽³⁾ / m
    grads = {"W2": a1.T @ dz2, "b2": dz2.sum(axis=0)}  #| (Δ⁽²⁾(:, 1:)) / m, (Δ⁽²⁾(:, 0)) / m
    dz1 = dz2 @ W2.T * a1 * (1 - a1)  #| δ⁽²⁾ / m
    grads["W1"] = X.T @ dz1  #| (Δ⁽¹⁾(:, 1:)) / m
    grads["b1"] = dz1.sum(axis=0)  #| (Δ⁽¹⁾(:, 0)) / m
    return grads
