# gradient of the hidden layers left at 0
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
    h = activations[-1]

    delta = h - Y
    grads = [np.zeros(Theta.shape) for Theta in thetas]
    for l in [len(thetas) - 1]:
        Delta = delta.T @ np.hstack([ones, activations[l]])
        grads[l] = Delta / m
        grads[l][:, 1:] += lambda_ / m * thetas[l][:, 1:]
    return grads
