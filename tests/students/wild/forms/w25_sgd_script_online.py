import numpy as np

def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]

X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]); y = np.array([[0], [1], [1], [0]])
np.random.seed(1)
w0, w1 = 2 * np.random.random((3, 4)) - 1, 2 * np.random.random((4, 1)) - 1
alpha = 0.3
for i in range(200):
    for k in range(len(X)):
        x = X[k:k+1]; t = y[k:k+1]
        a = g(x @ w0); h = g(a @ w1)
        d2 = (t - h) * h * (1 - h); d1 = d2 @ w1.T * a * (1 - a)
        w1 += alpha * a.T @ d2; w0 += alpha * x.T @ d1
