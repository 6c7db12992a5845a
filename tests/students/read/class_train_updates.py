# right for its own cost: squared error instead of the cross-entropy
# read as: weights set in W1, W2, W and b apart, one example as (n,), y of one example as (K,)
"""a class that only trains"""
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾
def one(a): return np.c_[np.ones(len(a)), a]

class NN:
    def __init__(self, n_in, n_hid, n_out, lr=0.5):
        self.lr = lr
        self.W1 = np.random.normal(0, n_in ** -0.5, (n_hid, n_in))
        self.b1 = np.zeros((n_hid, 1))
        self.W2 = np.random.normal(0, n_hid ** -0.5, (n_out, n_hid))
        self.b2 = np.zeros((n_out, 1))
    def predict(self, x):
        return g(self.W2 @ g(self.W1 @ np.array(x, ndmin=2).T + self.b1) + self.b2)
    def train(self, inputs, targets):
        x = np.array(inputs, ndmin=2).T; t = np.array(targets, ndmin=2).T  #| X
        a1 = g(self.W1 @ x + self.b1)  #| a⁽²⁾
        out = g(self.W2 @ a1 + self.b2)
        err = t - out
        herr = self.W2.T @ (err * out * (1 - out))
        self.W2 += self.lr * (err * out * (1 - out)) @ a1.T
        self.b2 += self.lr * (err * out * (1 - out))
        self.W1 += self.lr * (herr * a1 * (1 - a1)) @ x.T  #| Θ⁽¹⁾ already changed
        self.b1 += self.lr * (herr * a1 * (1 - a1))
