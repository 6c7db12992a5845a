# right
# read as: Θ as a list of matrices, W and b apart, examples in columns, Y with examples in columns
"""examples in columns, W b in lists, cost beside"""
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾, a⁽³⁾, h
def one(a): return np.c_[np.ones(len(a)), a]

def forward(X, Ws, bs):
    A = [X]  #| X
    for W, b in zip(Ws, bs):
        A.append(g(W.dot(A[-1]) + b))  #| a⁽²⁾, a⁽³⁾, h
    return A

def compute_cost(AL, Y):
    m = Y.shape[1]
    return -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m

def backward(X, Y, Ws, bs):
    A = forward(X, Ws, bs); m = X.shape[1]
    dZ = A[-1] - Y  #| δ⁽⁴⁾
    dWs, dbs = [], []
    for l in reversed(range(len(Ws))):
        dWs.insert(0, dZ.dot(A[l].T) / m); dbs.insert(0, dZ.sum(axis=1, keepdims=True) / m)  #| (Δ⁽³⁾(:, 1:)) / m, (Δ⁽³⁾(:, 0)) / m, (Δ⁽²⁾(:, 1:)) / m, (Δ⁽²⁾(:, 0)) / m, …
        if l: dZ = Ws[l].T.dot(dZ) * A[l] * (1 - A[l])  #| δ⁽³⁾, δ⁽²⁾
    return dWs, dbs
