import numpy as np

def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]

def f(q1, q2, data, t, s):
    m = len(data)
    a1 = one(data); a2 = one(g(a1 @ q1.T)); h = g(a2 @ q2.T)
    d3 = h - t; d2 = d3 @ q2[:, 1:] * a2[:, 1:] * (1 - a2[:, 1:])
    D1, D2 = d2.T @ a1 / m, d3.T @ a2 / m
    D1[:, 1:] += s / m * q1[:, 1:]; D2[:, 1:] += s / m * q2[:, 1:]
    return D1, D2
