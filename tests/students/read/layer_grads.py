# right for its own cost: ReLU in the hidden layers instead of the sigmoid; softmax at the output instead of the sigmoid
# read as: weights set in fc1.W, fc2.W, W and b apart, weights as (in, out)
import numpy as np


class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * 0.1
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x  #| X, a⁽²⁾
        return x @ self.W + self.b  #| z⁽²⁾, z⁽³⁾

    def backward(self, dout):
        self.dW = self.x.T @ dout  #| (Δ⁽²⁾(:, 1:)) / m, (Δ⁽¹⁾(:, 1:)) / m
        self.db = dout.sum(axis=0)  #| (Δ⁽²⁾(:, 0)) / m, (Δ⁽¹⁾(:, 0)) / m
        return dout @ self.W.T  #| (Θ⁽²⁾ᵀ δ⁽³⁾) / m


class ReLU:
    def forward(self, x):
        self.mask = x > 0  #| g′(z⁽²⁾)
        return x * self.mask  #| a⁽²⁾

    def backward(self, dout):
        return dout * self.mask  #| δ⁽²⁾ / m


class SoftmaxCrossEntropy:
    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y, self.t = e / e.sum(axis=1, keepdims=True), t  #| h, y
        return -np.sum(t * np.log(self.y)) / len(t)

    def backward(self):
        return (self.y - self.t) / len(self.t)  #| δ⁽³⁾ / m


class Net:
    def __init__(self, n_in=4, n_hid=5, n_out=3):
        self.fc1, self.act, self.fc2 = Dense(n_in, n_hid), ReLU(), Dense(n_hid, n_out)
        self.last = SoftmaxCrossEntropy()

    def loss(self, x, t):
        return self.last.forward(self.fc2.forward(self.act.forward(self.fc1.forward(x))), t)

    def gradient(self, x, t):
        self.loss(x, t)  #| X, y
        d = self.last.backward()  #| δ⁽³⁾ / m
        d = self.fc2.backward(d)  #| (Θ⁽²⁾ᵀ δ⁽³⁾) / m
        d = self.act.backward(d)  #| δ⁽²⁾ / m
        self.fc1.backward(d)  #| δ⁽²⁾ / m
        return {"W1": self.fc1.dW, "b1": self.fc1.db, "W2": self.fc2.dW, "b2": self.fc2.db}  #| (Δ⁽¹⁾(:, 1:)) / m, (Δ⁽¹⁾(:, 0)) / m, (Δ⁽²⁾(:, 1:)) / m, (Δ⁽²⁾(:, 0)) / m
