# wrong: g' of the previous layer
# computes: (Θ⁽³⁾ᵀ δ⁽⁴⁾) / m .* g′(z⁽²⁾)
# expected: δ⁽³⁾ = Θ⁽³⁾(:, 1:)ᵀ δ⁽⁴⁾ .* g′(z⁽³⁾)
# read as: θ as a dict, W and b apart, weights as (in, out)
import numpy as np


def softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)  #| h


def cross_entropy(probs, Y):
    return -np.sum(Y * np.log(probs)) / len(Y)


def backward(params, X, Y):
    n = X.shape[0]
    Z1 = X @ params["W1"] + params["b1"]  #| z⁽²⁾
    A1 = np.maximum(0, Z1)  #| a⁽²⁾
    Z2 = A1 @ params["W2"] + params["b2"]  #| z⁽³⁾
    A2 = np.maximum(0, Z2)  #| a⁽³⁾
    Z3 = A2 @ params["W3"] + params["b3"]  #| z⁽⁴⁾
    probs = softmax(Z3)  #| h

    grads = {}
    dZ3 = (probs - Y) / n  #| δ⁽⁴⁾ / m
    grads["W3"] = A2.T @ dZ3  #| (Δ⁽³⁾(:, 1:)) / m
    grads["b3"] = dZ3.sum(axis=0)  #| (Δ⁽³⁾(:, 0)) / m

    dA2 = dZ3 @ params["W3"].T  #| (Θ⁽³⁾ᵀ δ⁽⁴⁾) / m
    dZ2 = dA2 * (Z1 > 0)  #wrong| δ⁽³⁾
    grads["W2"] = A1.T @ dZ2  #follows| Δ⁽²⁾(:, 1:)
    grads["b2"] = dZ2.sum(axis=0)  #follows| Δ⁽²⁾(:, 0)

    dA1 = dZ2 @ params["W2"].T  #follows| Θ⁽²⁾ᵀ δ⁽³⁾
    dZ1 = dA1 * (Z1 > 0)  #follows| δ⁽²⁾
    grads["W1"] = X.T @ dZ1  #follows| Δ⁽¹⁾(:, 1:)
    grads["b1"] = dZ1.sum(axis=0)  #follows| Δ⁽¹⁾(:, 0)
    return grads
