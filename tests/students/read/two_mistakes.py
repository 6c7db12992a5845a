# wrong: g' taken as a, the factor 1 − a missing; and bias column regularized
# computes: Δ⁽³⁾ / m + λ Θ⁽³⁾ / m
# expected: D⁽³⁾ = Δ⁽³⁾ / m + (λ/m) Θ⁽³⁾, its bias column left out
# read as: Θ as a list of matrices
import numpy as np

def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))  #| a⁽²⁾, a⁽³⁾, h

def backprop(thetas, X, Y, reg):
    m = X.shape[0]
    activations = [X]  #| X
    for T in thetas:
        a = np.hstack([np.ones((m, 1)), activations[-1]])  #| [1; x], [1; a⁽²⁾], [1; a⁽³⁾]
        activations.append(sigmoid(a @ T.T))  #| a⁽²⁾, a⁽³⁾, h
    grads = []
    delta = activations[-1] - Y  #| δ⁽⁴⁾
    for l in range(len(thetas) - 1, -1, -1):
        a = np.hstack([np.ones((m, 1)), activations[l]])  #| [1; a⁽³⁾], [1; a⁽²⁾], [1; x]
        G = delta.T @ a / m  #follows| Δ⁽³⁾ / m, Δ⁽²⁾ / m, Δ⁽¹⁾ / m
        G = G + reg / m * thetas[l]  #wrong| D⁽³⁾, D⁽²⁾, D⁽¹⁾
        grads.insert(0, G)  #follows| D⁽³⁾, D⁽²⁾, D⁽¹⁾
        if l > 0:
            delta = delta @ thetas[l][:, 1:] * activations[l]  #wrong| δ⁽³⁾, δ⁽²⁾
    return grads
