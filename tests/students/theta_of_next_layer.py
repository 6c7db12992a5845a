# Θ of the next layer in Θᵀδ
import numpy as np


def g(z):
    return 1.0 / (1.0 + np.exp(-z))


def g_prime(z):
    return g(z) * (1.0 - g(z))


def gradient(thetas, X, Y, lam):
    m = len(X)
    L = len(thetas) + 1
    Deltas = [np.zeros(T.shape) for T in thetas]
    for i in range(m):
        # forward, one example at a time
        a = [X[i]]
        z = [None]
        for T in thetas:
            z.append(T @ np.append(1.0, a[-1]))
            a.append(g(z[-1]))
        # backward
        d = [None] * L
        d[L - 1] = a[L - 1] - Y[i]
        for l in range(L - 2, 0, -1):
            d[l] = (thetas[min(l + 1, L - 2)].T @ d[l + 1])[1:] * g_prime(z[l])
        for l in range(L - 1):
            Deltas[l] += np.outer(d[l + 1], np.append(1.0, a[l]))
    D = []
    for Delta, T in zip(Deltas, thetas):
        reg = lam / m * T
        reg[:, 0] = 0
        D.append(Delta / m + reg)
    return D
