"""Control: einsum and pad, the sigmoid as tanh."""
import numpy as np
def backprop(Theta1, Theta2, X, Y, lambda_):
    m = len(X); s = lambda z: 0.5 * (1 + np.tanh(z / 2))
    a1 = np.pad(X, ((0, 0), (1, 0)), constant_values=1)
    a2 = np.pad(s(np.einsum("ij,mj->mi", Theta1, a1)), ((0, 0), (1, 0)), constant_values=1)
    h = s(np.einsum("ij,mj->mi", Theta2, a2))
    d3 = h - Y
    d2 = np.einsum("mk,kj,mj,mj->mj", d3, Theta2, a2, 1 - a2)[:, 1:]
    D1 = np.einsum("mi,mj->ij", d2, a1) / m; D2 = np.einsum("mi,mj->ij", d3, a2) / m
    for D, T in ((D1, Theta1), (D2, Theta2)):
        D[:, 1:] += lambda_ * T[:, 1:] / m
    return D1, D2
