# integer accumulators cut the fractions off
import numpy as np


def g(z):
    return 1.0 / (1.0 + np.exp(-z))


def backprop(thetas, X, Y, lambda_):
    m = len(X)
    Deltas = [np.zeros(T.shape, dtype=int) for T in thetas]
    for i in range(m):
        a = [np.append(1, X[i])]
        for T in thetas:
            a.append(np.append(1, g(T.dot(a[-1]))))
        d = a[-1][1:] - Y[i]
        for l in range(len(thetas) - 1, -1, -1):
            Deltas[l][:] = Deltas[l] + np.outer(d, a[l])
            d = (thetas[l].T.dot(d) * a[l] * (1 - a[l]))[1:]
    D = [Delta / m for Delta in Deltas]
    for T, grad in zip(thetas, D):
        grad[:, 1:] += lambda_ / m * T[:, 1:]
    return D
