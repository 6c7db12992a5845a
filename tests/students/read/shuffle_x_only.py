# wrong: random numbers
# computes: np.random.permutation(m), another value in a second call
# expected: the same numbers in every call
# read as: weights set in Theta1, Theta2
import numpy as np

class Classifier:
    def __init__(self, n, h, k):
        self.Theta1 = np.random.randn(h, n + 1) * 0.1
        self.Theta2 = np.random.randn(k, h + 1) * 0.1

    def gradient(self, X, Y):
        m = X.shape[0]
        X = X[np.random.permutation(m)]  #wrong|
        A1 = np.c_[np.ones(m), X]
        A2 = np.c_[np.ones(m), 1 / (1 + np.exp(-A1 @ self.Theta1.T))]
        H = 1 / (1 + np.exp(-A2 @ self.Theta2.T))
        D3 = H - Y
        D2 = (D3 @ self.Theta2)[:, 1:] * A2[:, 1:] * (1 - A2[:, 1:])
        return D2.T @ A1 / m, D3.T @ A2 / m
