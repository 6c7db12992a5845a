# right
# read as: θ as a dict, W and b apart, weights as (in, out)
import numpy as np
def sig(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾, h
def forward(X, params):
    h = sig(X @ params["hidden_weights"] + params["hidden_bias"])  #| a⁽²⁾
    out = sig(h @ params["output_weights"] + params["output_bias"])  #| h
    return {"h": h, "out": out}  #| a⁽²⁾, h
def backprop(params, cache, X, y):
    d = (cache["out"] - y) / len(X)  #| δ⁽³⁾ / m
    e = d @ params["output_weights"].T * cache["h"] * (1 - cache["h"])  #| δ⁽²⁾ / m
    return {"hidden_weights": X.T @ e, "hidden_bias": e.sum(0), "output_weights": cache["h"].T @ d, "output_bias": d.sum(0)}  #| (Δ⁽¹⁾(:, 1:)) / m, (Δ⁽¹⁾(:, 0)) / m, (Δ⁽²⁾(:, 1:)) / m, (Δ⁽²⁾(:, 0)) / m
