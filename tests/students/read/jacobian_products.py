# right
# read as: Θ as a list of matrices, W and b apart, one example as (n,), y of one example as (K,)
import numpy as np


def sigma(z):
    return 1 / (1 + np.exp(-z))  #| a⁽²⁾, a⁽³⁾, h


def gradient_one(x, y, Ws, bs):
    """Gradient of one example's cross-entropy by full Jacobians, as in the lecture."""
    zs, acts = [], [x]  #| X
    for W, b in zip(Ws, bs):
        zs.append(W @ acts[-1] + b)  #| z⁽²⁾, z⁽³⁾, z⁽⁴⁾
        acts.append(sigma(zs[-1]))  #| a⁽²⁾, a⁽³⁾, h
    g = -(y / acts[-1]) + (1 - y) / (1 - acts[-1])
    dWs, dbs = [], []
    for l in reversed(range(len(Ws))):
        J = np.diag(sigma(zs[l]) * (1 - sigma(zs[l])))
        g = J.T @ g  #| δ⁽⁴⁾, δ⁽³⁾, δ⁽²⁾
        dWs.insert(0, g[:, None] @ acts[l][None, :])  #| Δ⁽³⁾(:, 1:), Δ⁽²⁾(:, 1:), Δ⁽¹⁾(:, 1:)
        dbs.insert(0, g)  #| δ⁽⁴⁾, δ⁽³⁾, δ⁽²⁾
        g = Ws[l].T @ g  #| Θ⁽³⁾ᵀ δ⁽⁴⁾, Θ⁽²⁾ᵀ δ⁽³⁾
    return dWs, dbs
