# 1/m twice everywhere, regularization included
import numpy as np


def costFunction(theta, sizes, X, Y, lambda_):
    # unpack
    Thetas = []
    start = 0
    for s_in, s_out in zip(sizes[:-1], sizes[1:]):
        stop = start + s_out * (s_in + 1)
        Thetas.append(theta[start:stop].reshape((s_out, s_in + 1), order="F"))
        start = stop
    m = X.shape[0]
    K = sizes[-1]

    # forward: b[l] are the activations with the bias unit in front
    b = [np.insert(X, 0, 1, axis=1)]
    for Theta in Thetas:
        z = np.einsum("ij,mj->mi", Theta, b[-1])
        b.append(np.insert(1 / (1 + np.exp(-z)), 0, 1, axis=1))
    h = b[-1][:, 1:]
    J = -np.mean(np.sum(Y * np.log(h) + (1 - Y) * np.log1p(-h), axis=1))
    J += lambda_ / (2 * m) * sum((T[:, 1:] ** 2).sum() for T in Thetas)

    # backward
    gradients = []
    delta = h - Y
    for l in range(len(Thetas) - 1, -1, -1):
        G = np.einsum("mi,mj->ij", delta, b[l]) / m
        mask = np.ones_like(G)
        mask[:, 0] = 0
        G = G + lambda_ / m * mask * Thetas[l]
        gradients.insert(0, G)
        delta = (delta @ Thetas[l] * b[l] * (1 - b[l]))[:, 1:]
    gradients = [G / len(X) for G in gradients]
    return J, np.concatenate([G.ravel(order="F") for G in gradients])
