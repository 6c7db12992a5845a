# right for its own cost: squared error instead of the cross-entropy
# read as: Θ matrix by matrix, the bias weight last, one example as (n,), y of one example as (K,)
"""stochastic step for one sample, returns the new weights"""
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾, h
def one(a): return np.c_[np.ones(len(a)), a]

def train_one(x, target, w_hidden, w_out, eta=0.05):
    x = np.append(x, 1.0)
    hid = g(w_hidden @ x)  #| a⁽²⁾
    hid1 = np.append(hid, 1.0)
    out = g(w_out @ hid1)  #| h
    delta_o = out * (1 - out) * (target - out)
    delta_h = hid * (1 - hid) * (w_out[:, :-1].T @ delta_o)
    w_out = w_out + eta * np.outer(delta_o, hid1)
    w_hidden = w_hidden + eta * np.outer(delta_h, x)
    return w_hidden, w_out
