# wrong: bias gradient divided by m twice
# expected: D⁽²⁾ = Δ⁽²⁾ / m
# read as: Θ matrix by matrix, W and b apart, weights as (in, out)
"""softmax; db2 as the mean of a mean"""
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True)); return e / e.sum(axis=1, keepdims=True)  #| h

def loss_and_grads(W1, b1, W2, b2, X, Y):
    m = len(X)
    H = np.tanh(X @ W1 + b1); P = softmax(H @ W2 + b2)  #| a⁽²⁾, h
    J = -np.sum(Y * np.log(P)) / m
    d2 = (P - Y) / m  #| δ⁽³⁾ / m
    dW2 = H.T @ d2  #| (Δ⁽²⁾(:, 1:)) / m
    db2 = d2.mean(axis=0)  #wrong| (Δ⁽²⁾(:, 0)) / m²
    d1 = d2 @ W2.T * (1 - H ** 2)  #| δ⁽²⁾ / m
    return J, X.T @ d1, d1.sum(axis=0), dW2, db2
