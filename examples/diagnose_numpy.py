"""A student's backpropagation in plain NumPy, and the mistake in it.

python examples/diagnose_numpy.py
"""

import numpy as np

from micrograd_bp import check_backprop


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_gradient(z):
    return sigmoid(z) * (1 - sigmoid(z))


def backprop(thetas, X, Y, lambda_, slope=sigmoid_gradient):
    """∂J/∂Θ⁽ˡ⁾ of every layer; examples are rows."""
    m = len(X)
    a = [X]
    for Theta in thetas:
        a.append(sigmoid(np.c_[np.ones(m), a[-1]] @ Theta.T))
    delta = a[-1] - Y
    gradients = []
    for Theta, activations in zip(thetas[::-1], a[-2::-1], strict=True):
        D = delta.T @ np.c_[np.ones(m), activations] / m
        D[:, 1:] += lambda_ / m * Theta[:, 1:]
        gradients.insert(0, D)
        delta = delta @ Theta[:, 1:] * slope(activations)  # sigmoid_gradient wants z, and gets a
    return gradients


def mended(thetas, X, Y, lambda_):
    """As the diagnosis advises: a .* (1 − a), with no further sigmoid."""
    return backprop(thetas, X, Y, lambda_, slope=lambda a: a * (1 - a))


if __name__ == "__main__":
    print(check_backprop(backprop))
    print()
    print(check_backprop(mended))
