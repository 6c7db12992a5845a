import numpy as np

def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]

class MLP:
    def __init__(self, n_in, n_hidden, n_out, lr=0.1):
        self.W1 = np.random.randn(n_in, n_hidden); self.b1 = np.zeros((1, n_hidden))
        self.W2 = np.random.randn(n_hidden, n_out); self.b2 = np.zeros((1, n_out)); self.lr = lr
    def forward(self, X):
        self.A1 = g(X @ self.W1 + self.b1); self.A2 = g(self.A1 @ self.W2 + self.b2); return self.A2
    def backward(self, X, Y):
        m = len(X)
        dZ2 = self.A2 - Y; dZ1 = dZ2 @ self.W2.T * self.A1 * (1 - self.A1)
        self.W2 -= self.lr * self.A1.T @ dZ2 / m; self.b2 -= self.lr * dZ2.mean(0, keepdims=True)
        self.W1 -= self.lr * X.T @ dZ1 / m; self.b1 -= self.lr * dZ1.mean(0, keepdims=True)
    def fit(self, X, Y, epochs=1000):
        for _ in range(epochs):
            self.forward(X); self.backward(X, Y)
