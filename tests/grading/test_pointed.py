"""Codes of other forms than the course's: the line and the name of a slip, from the file alone."""

import pytest

from micrograd_bp.grading.sandbox import grade_submission

MODULES = """
import numpy as np

class Affine:
    def __init__(self, inputs, units):
        self.kernel = np.random.randn(inputs, units)
        self.offset = np.zeros(units)

    def run(self, a):
        self.a = a
        return a @ self.kernel + self.offset

    def back(self, d, alpha):
        e = d @ self.kernel.T
        self.kernel -= alpha * self.a.T @ d
        self.offset -= alpha * d.sum(axis=0)
        return e

class Tanh:
    def run(self, z):
        self.a = np.tanh(z)
        return self.a

    def back(self, d, alpha):
        return d * (1 - self.a ** 2)

class Model:
    def __init__(self, inputs, hidden, outputs):
        self.parts = [Affine(inputs, hidden), Tanh(), Affine(hidden, outputs), Tanh()]

    def predict(self, X):
        for part in self.parts:
            X = part.run(X)
        return X

    def learn(self, X, Y, alpha=0.2):
        d = (self.predict(X) - Y) / len(Y)
        for part in self.parts[::-1]:
            d = part.back(d, alpha)
"""

SOFTMAX = """
import numpy as np

class Classifier:
    def __init__(self, d, h, k):
        self.p = {"W1": np.random.randn(d, h), "b1": np.zeros(h),
                  "W2": np.random.randn(h, k), "b2": np.zeros(k)}

    def cost(self, X, y, reg):
        p, n = self.p, len(X)
        A = np.maximum(X @ p["W1"] + p["b1"], 0)
        Z = A @ p["W2"] + p["b2"]
        P = np.exp(Z - Z.max(axis=1, keepdims=True))
        P /= P.sum(axis=1, keepdims=True)
        J = -np.log(P[np.arange(n), y]).sum() / n
        J += reg / 2 * ((p["W1"] ** 2).sum() + (p["W2"] ** 2).sum())
        D = P.copy()
        D[np.arange(n), y] -= 1
        D = D / n
        G = {"W2": A.T @ D + reg * p["W2"], "b2": D.sum(axis=0)}
        E = D @ p["W2"].T
        E[A <= 0] = 0
        G["W1"] = X.T @ E + reg * p["W1"]
        G["b1"] = E.sum(axis=0)
        return J, G
"""

EPOCHS = """
import numpy as np

def s(z):
    return 1 / (1 + np.exp(-z))

class Net:
    def __init__(self, n, h, k):
        self.weights = [np.random.randn(n, h), np.random.randn(h, k)]
        self.biases = [np.zeros(h), np.zeros(k)]

    def fit(self, X, Y, eta=0.3, epochs=1):
        for _ in range(epochs):
            order = np.random.permutation(len(X))
            x, t = X[order], Y[order]
            a = s(x @ self.weights[0] + self.biases[0])
            h = s(a @ self.weights[1] + self.biases[1])
            d2 = (h - t) / len(x)
            d1 = d2 @ self.weights[1].T * a * (1 - a)
            self.weights[1] -= eta * a.T @ d2
            self.biases[1] -= eta * d2.sum(axis=0)
            self.weights[0] -= eta * x.T @ d1
            self.biases[0] -= eta * d1.sum(axis=0)
"""

LOGISTIC = """
import numpy as np

def cost(theta, X, y, lam):
    n = y.size
    p = 1 / (1 + np.exp(-X.dot(theta)))
    value = -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum() / n
    value += lam / (2 * n) * (theta[1:] ** 2).sum()
    slope = np.zeros(theta.size)
    for k in range(theta.size):
        slope[k] = ((p - y) * X[:, k]).sum() / n
        if k > 0:
            slope[k] += lam / n * theta[k]
    return value, slope
"""

EXAMPLES = """
import numpy as np

def sig(v):
    return 1 / (1 + np.exp(-v))

def gradients(T1, T2, X, Y, lamb):
    n = len(X)
    S1, S2 = np.zeros(T1.shape), np.zeros(T2.shape)
    for x, t in zip(X, Y):
        x1 = np.r_[1, x]
        u = np.r_[1, sig(T1.dot(x1))]
        out = sig(T2.dot(u))
        e2 = out - t
        e1 = (T2.T.dot(e2) * u * (1 - u))[1:]
        S1 += np.outer(e1, x1)
        S2 += np.outer(e2, u)
    S1, S2 = S1 / n, S2 / n
    S1[:, 1:] += lamb / n * T1[:, 1:]
    S2[:, 1:] += lamb / n * T2[:, 1:]
    return S1, S2
"""

SCRIPT = """
import numpy as np
np.random.seed(2)
data = np.array([[0, 1, 1], [1, 0, 1], [1, 1, 1], [0, 0, 1], [1, 0, 0]])
goal = np.array([[1], [1], [0], [0], [1]])
first = np.random.randn(3, 4)
second = np.random.randn(4, 1)
for step in range(500):
    mid = 1 / (1 + np.exp(-data.dot(first)))
    out = 1 / (1 + np.exp(-mid.dot(second)))
    miss = goal - out
    d_out = miss * out * (1 - out)
    d_mid = d_out.dot(second.T) * mid * (1 - mid)
    second += mid.T.dot(d_out)
    first += data.T.dot(d_mid)
"""

GROWING = """
import numpy as np

def gradient_descent(X, Y, layers, iterations=100):
    layers.insert(0, X.shape[0])
    W = [np.random.randn(b, a) * 0.5 for a, b in zip(layers[:-1], layers[1:])]
    b = [np.zeros((n, 1)) for n in layers[1:]]
    for _ in range(iterations + 1):
        A = [X]
        for w, c in zip(W[:-1], b[:-1]):
            A.append(np.maximum(w @ A[-1] + c, 0))
        d = 1 / (1 + np.exp(-(W[-1] @ A[-1] + b[-1]))) - Y
        for l in reversed(range(len(W))):
            dW, db = d @ A[l].T / X.shape[1], d.mean(axis=1, keepdims=True)
            d = W[l].T @ d * (A[l] > 0)
            W[l], b[l] = W[l] - 0.1 * dW, b[l] - 0.1 * db
    return {"W": W, "b": b}
"""

LISTS = """
from math import exp

def backprop(W1, b1, W2, b2, x, y):
    a = [1 / (1 + exp(-sum(w * v for w, v in zip(row, x)) - c)) for row, c in zip(W1, b1)]
    h = [1 / (1 + exp(-sum(w * v for w, v in zip(row, a)) - c)) for row, c in zip(W2, b2)]
    e = [p - t for p, t in zip(h, y)]
    d = []
    for j in range(len(a)):
        back = sum(e[k] * W2[k][j] for k in range(len(e)))
        d.append(back * a[j] * (1 - a[j]))
    return [[u * v for v in x] for u in d], d, [[u * v for v in a] for u in e], e
"""

# form, what is replaced, by what, the line that is wrong then, and what its name says
SLIPS = [
    (MODULES, "return e", "return d @ self.kernel.T", "return d @ self", "changed before"),
    (MODULES, "(1 - self.a ** 2)", "(1 - self.a)", "return d * (1 - self.a)", "square"),
    (SOFTMAX, "E[A <= 0]", "E[E <= 0]", "E[E <= 0] = 0", "mask of ReLU"),
    (SOFTMAX, "+ reg * p[\"W1\"]", "+ reg / n * p[\"W1\"]", 'G["W1"] =', "regularization"),
    (EPOCHS, "self.biases[0] -=", "self.biases[0] +=", "self.biases[0] +=", "wrong sign"),
    (EPOCHS, "-= eta * d2.sum", "-= d2.sum", "self.biases[1] -=", "stray factor"),
    (LOGISTIC, "slope[k] += lam", "slope[k] -= lam", "slope[k] -= lam", "subtracted"),
    (EXAMPLES, "S1 += np.outer", "S1 = np.outer", "S1 = np.outer", "last example only"),
    (EXAMPLES, "u)\n    S1, S2 = S1 / n, S2", "u)\n        S1 /= n\n    S2 = S2", "S1 /= n", "in"),
    (LISTS, "a[j] * (1 - a[j])", "a[j]", "d.append(back * a[j])", "1 − a missing"),
    (SCRIPT, "second.T) * mid * (1 - mid)", "second.T)", "d_mid = ", "g' missing"),
]  # fmt: skip


FORMS = [MODULES, SOFTMAX, EPOCHS, LOGISTIC, EXAMPLES, SCRIPT, GROWING, LISTS]


def judged(tmp_path, source):
    path = tmp_path / "submission.py"
    path.write_text(source, encoding="utf-8")
    return grade_submission(str(path))


@pytest.mark.parametrize("form", FORMS, ids=range(len(FORMS)))
def test_right_code_of_these_forms_passes(form, tmp_path):
    assert judged(tmp_path, form).passed


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip[2])
def test_the_line_and_the_name_of_a_slip(slip, tmp_path):
    form, right, wrong, line, name = slip
    assert form.count(right) == 1
    diagnosis = judged(tmp_path, form.replace(right, wrong))
    assert diagnosis.outcome == "wrong"
    assert line in diagnosis.where["code"]
    assert name in diagnosis.mistakes[0].name
