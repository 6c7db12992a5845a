# one path of several lost (only the first counted)
import math

import numpy as np


def s(t):
    return 1 / (1 + math.exp(-t))


def backprop(thetas, X, Y, lambda_):
    m = len(X)
    L = len(thetas)
    D = [[[0.0 for _ in row] for row in T] for T in thetas]
    for x, y in zip(X, Y):
        a = [[1.0] + list(x)]  # the bias unit is a[l][0]
        z = [list(x)]
        for l in range(L):
            zl = []
            for i in range(len(thetas[l])):
                total = 0.0
                for j in range(len(a[l])):
                    total += thetas[l][i][j] * a[l][j]
                zl.append(total)
            z.append(zl)
            a.append([1.0] + [s(t) for t in zl])
        out = a[L][1:]
        delta = [out[k] - y[k] for k in range(len(out))]
        for l in range(L - 1, -1, -1):
            for i in range(len(delta)):
                for j in range(len(a[l])):
                    D[l][i][j] += delta[i] * a[l][j]
            if l == 0:
                break
            new = []
            for j in range(1, len(a[l])):
                total = 0.0
                for k in range(len(delta)):
                    total += delta[k] * thetas[l][k][j]
                    break
                new.append(total * a[l][j] * (1 - a[l][j]))
            delta = new
    for l in range(L):
        for i in range(len(D[l])):
            for j in range(len(D[l][i])):
                D[l][i][j] /= m
                if j > 0:
                    D[l][i][j] += lambda_ / m * thetas[l][i][j]
    return [np.array(d) for d in D]
