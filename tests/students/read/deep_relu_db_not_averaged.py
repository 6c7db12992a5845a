# wrong: bias gradient not divided by m
# computes: Δ⁽³⁾(:, 0)
# expected: D⁽³⁾ = Δ⁽³⁾ / m
# read as: Θ as a list of matrices, W and b apart, examples in columns, Y with examples in columns
import numpy as np


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))  #| h


def relu(Z):
    return np.maximum(0, Z)  #| a⁽²⁾, a⁽³⁾


def model_forward(X, weights, biases):
    A = X  #| X
    caches = []
    L = len(weights)
    for l in range(L):
        Z = weights[l] @ A + biases[l]  #| z⁽²⁾, z⁽³⁾, z⁽⁴⁾
        caches.append((A, Z))  #| X, z⁽²⁾, a⁽²⁾, z⁽³⁾, …
        A = sigmoid(Z) if l == L - 1 else relu(Z)  #| a⁽²⁾, a⁽³⁾, h
    return A, caches  #| h


def linear_backward(dZ, A_prev, W):
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m  #| (Δ⁽³⁾(:, 1:)) / m, (Δ⁽²⁾(:, 1:)) / m, (Δ⁽¹⁾(:, 1:)) / m
    db = np.sum(dZ, axis=1, keepdims=True)  #wrong| Δ⁽³⁾(:, 0), Δ⁽²⁾(:, 0), Δ⁽¹⁾(:, 0)
    dA_prev = np.dot(W.T, dZ)  #| Θ⁽³⁾ᵀ δ⁽⁴⁾, Θ⁽²⁾ᵀ δ⁽³⁾
    return dA_prev, dW, db  #| Θ⁽³⁾ᵀ δ⁽⁴⁾, (Δ⁽³⁾(:, 1:)) / m, Δ⁽³⁾(:, 0), Θ⁽²⁾ᵀ δ⁽³⁾, …


def model_backward(weights, biases, X, Y):
    AL, caches = model_forward(X, weights, biases)
    L = len(weights)
    dWs, dbs = [None] * L, [None] * L
    dA, dWs[L - 1], dbs[L - 1] = linear_backward(AL - Y, caches[L - 1][0], weights[L - 1])  #| (Δ⁽³⁾(:, 1:)) / m, Δ⁽³⁾(:, 0)
    for l in reversed(range(L - 1)):
        A_prev, Z = caches[l]
        dZ = np.array(dA, copy=True)  #| Θ⁽³⁾ᵀ δ⁽⁴⁾, Θ⁽²⁾ᵀ δ⁽³⁾
        dZ[Z <= 0] = 0  #| δ⁽³⁾, δ⁽²⁾
        dA, dWs[l], dbs[l] = linear_backward(dZ, A_prev, weights[l])  #| (Δ⁽²⁾(:, 1:)) / m, Δ⁽²⁾(:, 0), (Δ⁽¹⁾(:, 1:)) / m, Δ⁽¹⁾(:, 0)
    return dWs, dbs
