"""dW2 multiplies delta with the weights, where the activations belong."""
import numpy as np
def sigmoid(x): return 1 / (1 + np.exp(-x))
def der(a): return a * (1 - a)
def backprop(w1, b1, w2, b2, X, Y):
    m = len(X)
    h = sigmoid(X @ w1 + b1); yhat = sigmoid(h @ w2 + b2)
    gradient_y = yhat - Y
    gradient_h = gradient_y @ w2.T * der(h)
    delta_w2 = gradient_y.mean(0) * w2
    delta_w1 = X.T @ gradient_h / m
    return delta_w1, gradient_h.mean(0), delta_w2, gradient_y.mean(0)
