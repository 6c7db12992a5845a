# right
# read as: θ as a list of (W, b), W and b apart, weights as (in, out), batch_x as X, batch_y as y
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾, a⁽³⁾, h

def sgd_update(params, batch_x, batch_y, lr):
    """params: list of (W, b); returns the new list"""
    acts = [batch_x]  #| X
    for W, b in params:
        acts.append(g(acts[-1] @ W + b))  #| a⁽²⁾, a⁽³⁾, h
    err = acts[-1] - batch_y  #| δ⁽⁴⁾
    new = []
    for (W, b), a in zip(reversed(params), reversed(acts[:-1])):
        gW = a.T @ err / len(batch_x)  #| (Δ⁽³⁾(:, 1:)) / m, (Δ⁽²⁾(:, 1:)) / m, (Δ⁽¹⁾(:, 1:)) / m
        gb = err.mean(axis=0)  #| (Δ⁽³⁾(:, 0)) / m, (Δ⁽²⁾(:, 0)) / m, (Δ⁽¹⁾(:, 0)) / m
        err = err @ W.T * a * (1 - a)  #| δ⁽³⁾, δ⁽²⁾
        new.insert(0, (W - lr * gW, b - lr * gb))  #| Θ⁽³⁾ already changed, Θ⁽²⁾ already changed, Θ⁽¹⁾ already changed
    return new
