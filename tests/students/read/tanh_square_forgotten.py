# wrong: g′ of tanh taken as 1 − a, the square missing
# computes: δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* (1 − a⁽ˡ⁾)
# expected: δ⁽²⁾ = Θ⁽²⁾(:, 1:)ᵀ δ⁽³⁾ .* (1 − (a⁽²⁾)²)
# read as: θ as a dict, W and b apart, examples in columns, Y with examples in columns
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))  #| h


def forward_propagation(X, parameters):
    W1 = parameters["W1"]  #| Θ⁽¹⁾(:, 1:)
    b1 = parameters["b1"]  #| Θ⁽¹⁾(:, 0)
    W2 = parameters["W2"]  #| Θ⁽²⁾(:, 1:)
    b2 = parameters["b2"]  #| Θ⁽²⁾(:, 0)
    Z1 = np.dot(W1, X) + b1  #| z⁽²⁾
    A1 = np.tanh(Z1)  #| a⁽²⁾
    Z2 = np.dot(W2, A1) + b2  #| z⁽³⁾
    A2 = sigmoid(Z2)  #| h
    cache = {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}  #| z⁽²⁾, a⁽²⁾, z⁽³⁾, h
    return A2, cache  #| h


def compute_cost(A2, Y):
    m = Y.shape[1]
    logprobs = np.multiply(np.log(A2), Y) + np.multiply(np.log(1 - A2), 1 - Y)  #| −the terms of J
    return -np.sum(logprobs) / m


def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]
    W2 = parameters["W2"]  #| Θ⁽²⁾(:, 1:)
    A1 = cache["A1"]  #| a⁽²⁾
    A2 = cache["A2"]  #| h
    dZ2 = A2 - Y  #| δ⁽³⁾
    dW2 = np.dot(dZ2, A1.T) / m  #| (Δ⁽²⁾(:, 1:)) / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m  #| (Δ⁽²⁾(:, 0)) / m
    dZ1 = np.multiply(np.dot(W2.T, dZ2), 1 - A1)  #wrong| δ⁽²⁾
    dW1 = np.dot(dZ1, X.T) / m  #follows| (Δ⁽¹⁾(:, 1:)) / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m  #follows| (Δ⁽¹⁾(:, 0)) / m
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}  #follows| (Δ⁽¹⁾(:, 1:)) / m, (Δ⁽¹⁾(:, 0)) / m, (Δ⁽²⁾(:, 1:)) / m, (Δ⁽²⁾(:, 0)) / m
