# right for its own cost: squared error instead of the cross-entropy
# read as: weights set in layers.0.W, layers.2.W, W and b apart, weights as (in, out)
import numpy as np

class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * 0.1
        self.b = np.zeros((1, n_out))
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, grad):
        self.dW = self.x.T @ grad
        self.db = grad.sum(axis=0, keepdims=True)
        return grad @ self.W.T
    def update(self, lr):
        self.W -= lr * self.dW  #| Θ⁽¹⁾ already changed
        self.b -= lr * self.db

class Sigmoid:
    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))  #| a⁽²⁾
        return self.out  #| a⁽²⁾
    def backward(self, grad):
        return grad * self.out * (1 - self.out)
    def update(self, lr):
        pass

class Network:
    def __init__(self, sizes=(2, 3, 1)):
        self.layers = []
        for a, b in zip(sizes[:-1], sizes[1:]):
            self.layers += [Dense(a, b), Sigmoid()]
    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x
    def train_step(self, x, y, lr=0.1):
        out = self.forward(x)
        loss = np.mean((out - y) ** 2)
        grad = 2 * (out - y) / y.size
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        for layer in self.layers:
            layer.update(lr)
        return loss
