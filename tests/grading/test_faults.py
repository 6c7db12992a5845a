"""One loop over the examples, and what goes wrong in it: the line and its name."""

import pytest

from .in_process import in_process

SOURCE = """
import numpy as np

def g(z):
    return 1 / (1 + np.exp(-z))

def gradients(Theta1, Theta2, X, Y, lam):
    m = len(X)
    Delta1 = np.zeros(Theta1.shape)
    Delta2 = np.zeros(Theta2.shape)
    for t in range(m):
        a1 = np.r_[1, X[t]]
        z2 = Theta1 @ a1
        a2 = np.r_[1, g(z2)]
        z3 = Theta2 @ a2
        h = g(z3)
        d3 = h - Y[t]
        d2 = (Theta2.T @ d3)[1:] * g(z2) * (1 - g(z2))
        Delta1 += np.outer(d2, a1)
        Delta2 += np.outer(d3, a2)
    D1 = Delta1 / m
    D2 = Delta2 / m
    D1[:, 1:] += lam / m * Theta1[:, 1:]
    D2[:, 1:] += lam / m * Theta2[:, 1:]
    return D1, D2
"""

# what is replaced, by what, a piece of the line that is shown, and of the mistake's name
SLIPS = [
    ("Delta2 += np.outer(d3, a2)", "Delta2 = np.outer(d3, a2)", "Delta2 = np", "last example only"),
    ("Delta2 += np.outer(d3, a2)",
     "Delta2[:, 1:] = np.outer(d3, a2)[:, 1:]; Delta2[:, 0] += d3", "Delta2[:, 1:] = np",
     "last example only"),
    ("Delta2 += np.outer(d3, a2)", "Delta2 += np.outer(d3, a2) * (t == 0)", "(t == 0)",
     "first example only"),
    ("Delta2 += np.outer(d3, a2)", "Delta2 += np.outer(d3, a2) * (t < m - 1)", "(t < m - 1)",
     "last example left out"),
    ("range(m)", "range(m - 1)", "range(m - 1)", "last example left out"),
    ("range(m)", "range(1, m)", "range(1, m)", "first example left out"),
    ("D2 = Delta2 / m", "D2 = Delta2", "D2 = Delta2", "no 1/m"),
    ("D2 = Delta2 / m", "D2 = Delta2 / m / m", "D2 = Delta2 / m / m", "1/m twice"),
    ("D2 = Delta2 / m", "D2 = 3 * Delta2 / m", "D2 = 3 *", "stray factor 3"),
    ("D2 = Delta2 / m", "D2 = -Delta2 / m", "D2 = -", "y − h"),
    ("D2 = Delta2 / m", "k = X.shape[1]; D2 = Delta2 / k", "k = X", "a number of units"),
    ("D1 = Delta1 / m", "D1 = Delta1 / m; D1[:, 0] *= 3", "D1[:, 0] *= 3",
     "bias gradient times a stray factor 3"),
    ("D1 = Delta1 / m", "D1 = Delta1 / m; D1[:, 0] = 0", "D1[:, 0] = 0", "bias unit missing"),
    ("D1[:, 1:] += lam / m", "D1[:, 1:] += lam", "D1[:, 1:] += lam *",
     "regularization without 1/m"),
    ("D1[:, 1:] += lam / m", "D1[:, 1:] += lam / (2 * m)", "(2 * m)", "λ/2m instead of λ/m"),
    ("D1[:, 1:] += lam / m", "D1[:, 1:] -= lam / m", "D1[:, 1:] -=", "regularization subtracted"),
    ("D1[:, 1:] += lam / m * Theta1[:, 1:]", "D1 += lam / m * Theta1", "D1 += lam",
     "bias column regularized"),
    ("z3 = Theta2 @ a2\n        h = g(z3)", "z3 = Theta2 @ a2\n        h = z3", "h = z3",
     "no sigmoid at the output layer"),
    ("h = g(z3)", "h = g(g(z3))", "h = g(g", "sigmoid applied twice at the output layer"),
    ("d3 = h - Y[t]", "d3 = Y[t] - h", "d3 = Y", "sign of h − y"),
    ("d3 = h - Y[t]", "d3 = h - Y[t - 1]", "Y[t - 1]", "the y of another example"),
    ("d3 = h - Y[t]", "d3 = (h - Y[t]) * h * (1 - h)", "d3 = (h", "output δ times g'"),
    ("[1:] * g(z2) * (1 - g(z2))", "[1:] * g(z2)", "d2 =", "the factor 1 − a missing"),
    ("[1:] * g(z2) * (1 - g(z2))", "[1:] * z2 * (1 - z2)", "d2 =", "z(1 − z)"),
    ("(Theta2.T @ d3)[1:]", "(Theta2.T @ d3)[:-1]", "d2 =", "bias column kept in Θᵀδ"),
    ("np.outer(d2, a1)", "np.outer(d2, Theta1[0])", "Theta1[0]", ""),
    ("np.outer(d3, a2)", "np.outer(d3, np.r_[1, z2])", "np.r_[1, z2]", "z used where a belongs"),
    ("np.outer(d3, a2)", "np.outer(d3, np.r_[0, a2[1:]])", "np.r_[0", "bias unit missing"),
    ("    m = len(X)", "    m = len(X)\n    Theta1 = Theta1.copy(); Theta1[:, 0] = 0",
     "Theta1[:, 0] = 0", "bias weights set to 0 before the forward pass"),
    ("    return D1, D2", "    return D1.T, D2.T", "return D1.T", "gradient transposed"),
    ("    return D1, D2", "    return -D1, -D2", "return -D1", "ascent"),
]  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip[1][-40:])
def test_the_line_and_the_name_of_what_goes_wrong_in_a_loop(slip, tmp_path, monkeypatch):
    right, wrong, line, name = slip
    assert SOURCE.count(right) == 1
    path = tmp_path / "submission.py"
    path.write_text(SOURCE.replace(right, wrong), encoding="utf-8")
    diagnosis = in_process(monkeypatch)(path)
    assert diagnosis.outcome == "wrong"
    assert line in diagnosis.where["code"]
    assert not name or any(name in found.name for found in diagnosis.mistakes)
