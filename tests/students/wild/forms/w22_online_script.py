import numpy as np

def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float); Y = np.array([[0], [1], [1], [0]], float)
rng = np.random.default_rng(0)
W1 = rng.normal(size=(2, 3)); b1 = np.zeros((1, 3)); W2 = rng.normal(size=(3, 1)); b2 = np.zeros((1, 1))
lr = 0.5
for epoch in range(5000):
    h1 = g(X @ W1 + b1); out = g(h1 @ W2 + b2)
    d2 = (out - Y) * out * (1 - out); d1 = d2 @ W2.T * h1 * (1 - h1)
    W2 -= lr * h1.T @ d2; b2 -= lr * d2.sum(0, keepdims=True)
    W1 -= lr * X.T @ d1; b1 -= lr * d1.sum(0, keepdims=True)
    if epoch % 1000 == 0: print(epoch, np.mean((Y - out) ** 2))
