# right
# read as: Θ as a list of matrices
"""everything under a main guard with argparse"""
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾, a⁽³⁾, h
def one(a): return np.c_[np.ones(len(a)), a]

import argparse
import sys

def compute(thetas, x, y, reg):
    acts = [x]  #| X
    for t in thetas:
        acts.append(g(np.hstack([np.ones((acts[-1].shape[0], 1)), acts[-1]]) @ t.T))  #| a⁽²⁾, a⁽³⁾, h
    err = acts[-1] - y  #| δ⁽⁴⁾
    out = [None] * len(thetas)
    for k in range(len(thetas) - 1, -1, -1):
        out[k] = err.T @ np.hstack([np.ones((acts[k].shape[0], 1)), acts[k]]) / x.shape[0]  #| Δ⁽³⁾ / m, Δ⁽²⁾ / m, Δ⁽¹⁾ / m
        out[k][:, 1:] += reg / x.shape[0] * thetas[k][:, 1:]  #| D⁽³⁾(:, 1:), D⁽³⁾, D⁽²⁾(:, 1:), D⁽²⁾, …
        err = (err @ thetas[k])[:, 1:] * acts[k] * (1 - acts[k])  #| δ⁽³⁾, δ⁽²⁾
    return out

if __name__ == "__main__":
    p = argparse.ArgumentParser(); p.add_argument("data"); a = p.parse_args()
    d = np.loadtxt(a.data); print(compute([np.zeros((3, 3))], d[:, :2], d[:, 2:], 0)); sys.exit(0)
