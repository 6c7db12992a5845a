# right
# read as: θ as a list of (W, b), W and b apart, weights as (in, out), y as class numbers from 0
import numpy as np

def s(x):
    return 1/(1+np.exp(-x))  #| a⁽²⁾, h

def cost(weights, X, y):
    a = X  #| X
    for W, b in weights:
        a = s(a @ W + b)  #| a⁽²⁾, h
    p = a[:, 0]  #| h
    return -np.mean(y*np.log(p) + (1-y)*np.log(1-p))

def grad(weights, X, y):
    acts = [X]  #| X
    for W, b in weights:
        acts.append(s(acts[-1] @ W + b))  #| a⁽²⁾, h
    delta = (acts[-1][:, 0] - y)[:, None] / len(y)  #| δ⁽³⁾ / m
    out = []
    for (W, b), a in zip(weights[::-1], acts[-2::-1]):
        out.append((a.T @ delta, delta.sum(axis=0)))  #| (Δ⁽²⁾(:, 1:)) / m, (Δ⁽¹⁾(:, 1:)) / m, (Δ⁽¹⁾(:, 0)) / m
        delta = (delta @ W.T) * a * (1 - a)  #| δ⁽²⁾ / m
    return out[::-1]
