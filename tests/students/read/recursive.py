# right
# read as: Θ as a list of matrices
import numpy as np

def sigma(z):
    return 1 / (1 + np.exp(-z))  #| a⁽²⁾ of example 1, a⁽³⁾ of example 1, h of example 1, a⁽²⁾ of example 2, …

def recurse(a, y, thetas):
    """gradients of all layers from here on, and delta of this layer's input (one example)"""
    if not thetas:
        return [], a - y  #| δ⁽⁴⁾ of example 1, δ⁽⁴⁾ of example 2, δ⁽⁴⁾ of example 3, δ⁽⁴⁾ of example 4, …
    bias = np.concatenate(([1.0], a))  #| [1; x] of example 1, [1; a⁽²⁾] of example 1, [1; a⁽³⁾] of example 1, [1; x] of example 2, …
    out = sigma(thetas[0] @ bias)  #| a⁽²⁾ of example 1, a⁽³⁾ of example 1, h of example 1, a⁽²⁾ of example 2, …
    rest, delta = recurse(out, y, thetas[1:])
    if thetas[1:]:
        delta = delta * out * (1 - out)  #| δ⁽³⁾ of example 1, δ⁽²⁾ of example 1, δ⁽³⁾ of example 2, δ⁽²⁾ of example 2, …
    return [np.outer(delta, bias)] + rest, thetas[0][:, 1:].T @ delta  #| Θ⁽³⁾ᵀ δ⁽⁴⁾ of example 1, Θ⁽²⁾ᵀ δ⁽³⁾ of example 1, Θ⁽³⁾ᵀ δ⁽⁴⁾ of example 2, Θ⁽²⁾ᵀ δ⁽³⁾ of example 2, …

def gradient(thetas, X, Y):
    total = [np.zeros_like(t) for t in thetas]
    for x, y in zip(X, Y):
        for t, d in zip(total, recurse(x, y, thetas)[0]):
            t += d  #| δ⁽²⁾(a⁽¹⁾)ᵀ of example 1, δ⁽³⁾(a⁽²⁾)ᵀ of example 1, δ⁽⁴⁾(a⁽³⁾)ᵀ of example 1, Δ⁽¹⁾ after 2 examples, …
    return [t / len(X) for t in total]  #| Δ⁽¹⁾ / m, Δ⁽²⁾ / m, Δ⁽³⁾ / m
