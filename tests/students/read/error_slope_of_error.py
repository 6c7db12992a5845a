# wrong: g' taken of the error (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ instead of the activation
# computes: δ⁽ˡ⁾ = e .* e .* (1 − e), e = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾
# expected: δ⁽²⁾ = Θ⁽²⁾(:, 1:)ᵀ δ⁽³⁾ .* a⁽²⁾ .* (1 − a⁽²⁾)
# read as: Θ matrix by matrix, W and b apart, weights as (in, out)
import numpy as np

def sigmoid(x):
    return 1/(1+np.exp(-x))  #| a⁽²⁾, h

def backward(X, y, theta1, b1, theta2, b2):
    m = X.shape[0]
    z1 = X.dot(theta1) + b1  #| z⁽²⁾
    h1 = sigmoid(z1)  #| a⁽²⁾
    z2 = h1.dot(theta2) + b2  #| z⁽³⁾
    h2 = sigmoid(z2)  #| h
    dz2 = h2 - y  #| δ⁽³⁾
    dh1 = dz2.dot(theta2.T)  #| Θ⁽²⁾ᵀ δ⁽³⁾
    dz1 = dh1 * dh1 * (1 - dh1)  #wrong| δ⁽²⁾
    dw2 = np.dot(h1.T, dz2) / m  #| (Δ⁽²⁾(:, 1:)) / m
    db2 = np.sum(dz2, axis=0, keepdims=True) / m  #| (Δ⁽²⁾(:, 0)) / m
    dw1 = np.dot(X.T, dz1) / m  #follows| (Δ⁽¹⁾(:, 1:)) / m
    db1 = np.sum(dz1, axis=0, keepdims=True) / m  #follows| (Δ⁽¹⁾(:, 0)) / m
    return dw1, db1, dw2, db2  #follows| (Δ⁽¹⁾(:, 1:)) / m, (Δ⁽¹⁾(:, 0)) / m, (Δ⁽²⁾(:, 1:)) / m, (Δ⁽²⁾(:, 0)) / m
