"""Control: a copied list of weights is used up from its end."""
import numpy as np
def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]
def backprop(thetas, X, Y, lambda_):
    thetas = [T.copy() for T in thetas]
    m, a = len(X), [one(X)]
    for T in thetas: a.append(one(g(a[-1] @ T.T)))
    d = a[-1][:, 1:] - Y
    D = []
    while thetas:
        T = thetas.pop(); A = a[len(thetas)]
        E = d.T @ A / m
        d = (d @ T * A * (1 - A))[:, 1:]
        T[:, 0] = 0
        D.append(E + lambda_ * T / m)
    return D[::-1]
