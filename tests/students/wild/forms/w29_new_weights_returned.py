"""Right; a step on one example returns the new weights, the bias weights last, for squared error."""
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))

def train_one(x, target, w_hidden, w_out, eta=0.05):
    x = np.append(x, 1.0)
    hid = g(w_hidden @ x)
    hid1 = np.append(hid, 1.0)
    out = g(w_out @ hid1)
    delta_o = out * (1 - out) * (target - out)
    delta_h = hid * (1 - hid) * (w_out[:, :-1].T @ delta_o)
    w_out = w_out + eta * np.outer(delta_o, hid1)
    w_hidden = w_hidden + eta * np.outer(delta_h, x)
    return w_hidden, w_out
