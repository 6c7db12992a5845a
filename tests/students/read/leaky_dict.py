# right for its own cost: leaky ReLU in the hidden layers instead of the sigmoid
# read as: θ as a dict, W and b apart, examples in columns, Y with examples in columns
import numpy as np


def init_params(layers):
    return {f"{k}{i}": (np.random.randn(layers[i], layers[i - 1]) if k == "W" else np.zeros((layers[i], 1)))
            for i in range(1, len(layers)) for k in "Wb"}


def leaky(z):
    return np.where(z > 0, z, 0.01 * z)  #| a⁽²⁾, a⁽³⁾


def dleaky(z):
    return np.where(z > 0, 1, 0.01)  #| g′(z⁽³⁾), g′(z⁽²⁾)


def gradients(params, X, Y):
    L = len(params) // 2
    A, cache = X, {"A0": X}  #| X
    for l in range(1, L + 1):
        Z = params[f"W{l}"] @ A + params[f"b{l}"]  #| z⁽²⁾, z⁽³⁾, z⁽⁴⁾
        A = 1 / (1 + np.exp(-Z)) if l == L else leaky(Z)  #| a⁽²⁾, a⁽³⁾, h
        cache[f"Z{l}"], cache[f"A{l}"] = Z, A  #| z⁽²⁾, a⁽²⁾, z⁽³⁾, a⁽³⁾, …
    grads, m = {}, X.shape[1]
    dZ = A - Y  #| δ⁽⁴⁾
    for l in range(L, 0, -1):
        grads[f"dW{l}"] = dZ @ cache[f"A{l - 1}"].T / m  #| (Δ⁽³⁾(:, 1:)) / m, (Δ⁽²⁾(:, 1:)) / m, (Δ⁽¹⁾(:, 1:)) / m
        grads[f"db{l}"] = dZ.mean(axis=1, keepdims=True)  #| (Δ⁽³⁾(:, 0)) / m, (Δ⁽²⁾(:, 0)) / m, (Δ⁽¹⁾(:, 0)) / m
        if l > 1:
            dZ = params[f"W{l}"].T @ dZ * dleaky(cache[f"Z{l - 1}"])  #| δ⁽³⁾, δ⁽²⁾
    return grads
