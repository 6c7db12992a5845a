import numpy as np

def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]

def loss_and_grads(params, X, y, reg):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    N = X.shape[0]
    hid = np.maximum(0, X.dot(W1) + b1); scores = hid.dot(W2) + b2
    e = np.exp(scores - scores.max(1, keepdims=True)); p = e / e.sum(1, keepdims=True)
    loss = -np.log(p[range(N), y]).sum() / N + 0.5 * reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
    ds = p.copy(); ds[range(N), y] -= 1; ds /= N
    grads = {"W2": hid.T.dot(ds) + reg * W2, "b2": ds.sum(0)}
    dh = ds.dot(W2.T); dh[hid <= 0] = 0
    grads["W1"] = X.T.dot(dh) + reg * W1; grads["b1"] = dh.sum(0)
    return loss, grads
