# no 1/m anywhere, regularization included
import numpy as np


def add_bias(A):
    """Examples are columns here, so the bias units are a row of ones on top."""
    return np.vstack([np.ones(A.shape[1]), A])


def backpropagation(weights, X, Y, reg):
    A, T, m = [X.T], Y.T, len(X)
    for W in weights:
        A.append(1 / (1 + np.exp(-W.dot(add_bias(A[-1])))))
    delta = A[-1] - T
    result = []
    for W, a in zip(weights[::-1], A[-2::-1]):
        dW = delta.dot(add_bias(a).T)
        dW += reg * np.hstack([np.zeros((len(W), 1)), W[:, 1:]])
        result.append(dW)
        delta = W[:, 1:].T.dot(delta) * a * (1 - a)
    return result[::-1]
