# no sigmoid at the output layer
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def backprop(thetas, X, Y, lambda_):
    m = X.shape[0]
    ones = np.ones((m, 1))
    activations = [X]
    zs = [None]
    for Theta in thetas:
        z = np.hstack([ones, activations[-1]]) @ Theta.T
        zs.append(z)
        activations.append(sigmoid(z))
    h = zs[-1]

    delta = h - Y
    grads = [None] * len(thetas)
    for l in reversed(range(len(thetas))):
        Delta = delta.T @ np.hstack([ones, activations[l]])
        grads[l] = Delta / m
        grads[l][:, 1:] += lambda_ / m * thetas[l][:, 1:]
        if l > 0:
            a = activations[l]
            delta = delta @ thetas[l][:, 1:] * a * (1 - a)
    return grads
