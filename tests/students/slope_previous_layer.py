# g' of the previous layer
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def ones_before(a):
    return np.hstack([np.ones((len(a), 1)), a])


def backprop(thetas, X, Y, lambda_):
    m = len(X)
    z, a = [X], [X]
    for T in thetas:
        z.append(ones_before(a[-1]) @ T.T)
        a.append(sigmoid(z[-1]))
    h = a[-1]
    delta = h - Y
    D = []
    for l in reversed(range(len(thetas))):
        penalty = lambda_ / m * thetas[l]
        penalty[:, 0] = 0
        D.insert(0, delta.T @ ones_before(a[l]) / m + penalty)
        delta = delta @ thetas[l][:, 1:] * a[l - 1] * (1 - a[l - 1])
    return D
