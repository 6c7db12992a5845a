"""Judge a gradient computed in Octave, from what was saved there; no code is needed.

In Octave:  save -v7 results.mat X y Theta1 Theta2 lambda grad
(the plain text that `save results.mat …` writes will do too), and then

    micrograd-bp grade results.mat

The same from Python, with a file as Octave writes it: labels count from 1, and grad is
[Theta1_grad(:); Theta2_grad(:)]. Here the student regularized the bias column as well.

    python examples/diagnose_octave_results.py
"""

import tempfile
from pathlib import Path

import numpy as np
from scipy.io import savemat

from micrograd_bp import check_backprop


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def a_students_workspace():
    """Ten digits (0 is labelled 10) with 6 features, 4 hidden units, and the student's grad."""
    rng = np.random.default_rng(0)
    m, lambda_ = 30, 1.0
    X, y = rng.normal(size=(m, 6)), rng.integers(1, 11, size=m)
    Theta1, Theta2 = rng.uniform(-1, 1, (4, 7)), rng.uniform(-1, 1, (10, 5))
    a1 = np.c_[np.ones(m), X]
    a2 = np.c_[np.ones(m), sigmoid(a1 @ Theta1.T)]
    delta3 = sigmoid(a2 @ Theta2.T) - (y[:, np.newaxis] == np.arange(1, 11))
    delta2 = (delta3 @ Theta2 * a2 * (1 - a2))[:, 1:]
    Theta1_grad = (delta2.T @ a1 + lambda_ * Theta1) / m
    Theta2_grad = (delta3.T @ a2 + lambda_ * Theta2) / m
    grad = np.concatenate([Theta1_grad.ravel(order="F"), Theta2_grad.ravel(order="F")])
    workspace = {"X": X, "y": y[:, np.newaxis], "Theta1": Theta1, "Theta2": Theta2}
    return workspace | {"lambda": lambda_, "grad": grad[:, np.newaxis]}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder, "results.mat")
        savemat(results, a_students_workspace())
        print(check_backprop(results))
