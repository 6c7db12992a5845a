# wrong: a stray factor 0.1
# expected: D⁽²⁾ = Δ⁽²⁾ / m
# read as: Θ matrix by matrix, no biases, weights as (in, out)
import numpy as np

def sigmoid(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾, h

def batch_gradient(W1, W2, X, Y):
    H = sigmoid(X @ W1)  #| a⁽²⁾
    O = sigmoid(H @ W2)  #| h
    d_out = O - Y  #| δ⁽³⁾
    dW2 = H.T @ d_out / 10  #wrong| 0.1 (Δ⁽²⁾(:, 1:))
    d_hid = d_out @ W2.T * H * (1 - H)  #| δ⁽²⁾
    dW1 = X.T @ d_hid / 10  #wrong| 0.1 (Δ⁽¹⁾(:, 1:))
    return dW1, dW2
