"""Right backpropagation in the styles in which people write it, and slips to put into it.

A slip replaces one line (or a part of one) by another; the line that now is wrong is where the
mistake may be said to stand, or another one that is named where two lines disagree.
"""

from typing import NamedTuple

VECTORIZED = """
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def sigmoid_gradient(z):
    s = sigmoid(z)
    return s * (1 - s)

def add_ones(a):
    return np.hstack([np.ones((a.shape[0], 1)), a])

def backprop(Theta1, Theta2, X, Y, lambda_):
    m = X.shape[0]
    a1 = add_ones(X)
    z2 = a1.dot(Theta1.T)
    a2 = add_ones(sigmoid(z2))
    z3 = a2.dot(Theta2.T)
    h = sigmoid(z3)
    J = np.sum(-Y * np.log(h) - (1 - Y) * np.log(1 - h)) / m
    J = J + lambda_ / (2 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))
    delta3 = h - Y
    back = delta3.dot(Theta2[:, 1:])
    delta2 = back * sigmoid_gradient(z2)
    Delta1 = delta2.T.dot(a1)
    Delta2 = delta3.T.dot(a2)
    reg1 = np.hstack([np.zeros((Theta1.shape[0], 1)), Theta1[:, 1:]])
    reg2 = np.hstack([np.zeros((Theta2.shape[0], 1)), Theta2[:, 1:]])
    grad1 = Delta1 / m + lambda_ / m * reg1
    grad2 = Delta2 / m + lambda_ / m * reg2
    return J, [grad1, grad2]
"""

LOOP = """
import numpy as np

def g(z):
    return 1.0 / (1.0 + np.exp(-z))

def backprop(thetas, X, Y, lambda_):
    m = len(X)
    Delta = [np.zeros(T.shape) for T in thetas]
    for x, y in zip(X, Y):
        a = [x]
        zs = [None]
        for T in thetas:
            zs.append(T[:, 1:] @ a[-1] + T[:, 0])
            a.append(g(zs[-1]))
        d = a[-1] - y
        for l in range(len(thetas) - 1, -1, -1):
            Delta[l][:, 1:] += np.outer(d, a[l])
            Delta[l][:, 0] += d
            if l > 0:
                d = (thetas[l][:, 1:].T @ d) * a[l] * (1 - a[l])
    D = []
    for l, T in enumerate(thetas):
        grad = Delta[l] / m
        grad[:, 1:] += lambda_ * T[:, 1:] / m
        D.append(grad)
    return D
"""

CLASS = """
import numpy as np

class Network:
    def __init__(self, W1, b1, W2, b2):
        self.W1, self.b1, self.W2, self.b2 = W1, b1, W2, b2

    def activation(self, z):
        return 1 / (1 + np.exp(-z))

    def forward(self, X):
        self.z1 = np.dot(X, self.W1) + self.b1
        self.a1 = self.activation(self.z1)
        self.z2 = np.dot(self.a1, self.W2) + self.b2
        self.out = self.activation(self.z2)
        return self.out

    def backward(self, X, y, lr):
        m = X.shape[0]
        dz2 = self.out - y
        dW2 = np.dot(self.a1.T, dz2) / m
        db2 = np.sum(dz2, axis=0) / m
        da1 = np.dot(dz2, self.W2.T)
        dz1 = da1 * self.a1 * (1 - self.a1)
        dW1 = np.dot(X.T, dz1) / m
        db1 = np.sum(dz1, axis=0) / m
        self.W2 -= lr * dW2
        self.b2 -= lr * db2
        self.W1 -= lr * dW1
        self.b1 -= lr * db1

def train_step(W1, b1, W2, b2, X, y, lr):
    net = Network(W1, b1, W2, b2)
    net.forward(X)
    net.backward(X, y, lr)
    return net.W1, net.b1, net.W2, net.b2
"""

DICTS = """
import numpy as np

def linear_forward(A, W, b):
    return W @ A + b, (A, W, b)

def backward_step(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = dZ @ A_prev.T / m
    db = dZ.sum(axis=1, keepdims=True) / m
    dA = W.T @ dZ
    return dA, dW, db

def model(X, Y, parameters):
    A, caches = X, []
    L = len(parameters) // 2
    for l in range(1, L + 1):
        Z, cache = linear_forward(A, parameters["W" + str(l)], parameters["b" + str(l)])
        A = 1 / (1 + np.exp(-Z))
        caches.append((cache, A))
    grads = {}
    dZ = A - Y
    for l in reversed(range(1, L + 1)):
        dA, grads["dW" + str(l)], grads["db" + str(l)] = backward_step(dZ, caches[l - 1][0])
        if l > 1:
            A_prev = caches[l - 2][1]
            dZ = dA * A_prev * (1 - A_prev)
    return grads
"""

LISTS = """
from math import exp

def backprop(thetas, X, Y, lambda_):
    m = len(X)
    D = [[[0.0] * len(T[0]) for row in T] for T in thetas]
    for x, y in zip(X, Y):
        a = [[1.0] + list(x)]
        for T in thetas:
            z = [sum(t * v for t, v in zip(row, a[-1])) for row in T]
            a.append([1.0] + [1 / (1 + exp(-v)) for v in z])
        delta = [h - t for h, t in zip(a[-1][1:], y)]
        for l in reversed(range(len(thetas))):
            for i in range(len(delta)):
                for j in range(len(a[l])):
                    D[l][i][j] += delta[i] * a[l][j] / m
            if l:
                back = []
                for j in range(1, len(a[l])):
                    s = 0.0
                    for k in range(len(delta)):
                        s += delta[k] * thetas[l][k][j]
                    back.append(s * a[l][j] * (1 - a[l][j]))
                delta = back
    for l, T in enumerate(thetas):
        for i, row in enumerate(T):
            for j in range(1, len(row)):
                D[l][i][j] += lambda_ / m * row[j]
    return D
"""

NIELSEN = """
import numpy as np

def sigma(z):
    return 1.0 / (1.0 + np.exp(-z))

def sigma_prime(z):
    return sigma(z) * (1 - sigma(z))

def one_example(weights, biases, x, y):
    nabla_w = [None] * len(weights)
    nabla_b = [None] * len(biases)
    activation = x
    activations = [x]
    zs = []
    for w, b in zip(weights, biases):
        z = np.dot(w, activation) + b
        zs.append(z)
        activation = sigma(z)
        activations.append(activation)
    delta = activations[-1] - y
    nabla_b[-1] = delta
    nabla_w[-1] = np.dot(delta, activations[-2].T)
    for l in range(2, len(weights) + 1):
        delta = np.dot(weights[-l + 1].T, delta) * sigma_prime(zs[-l])
        nabla_b[-l] = delta
        nabla_w[-l] = np.dot(delta, activations[-l - 1].T)
    return nabla_w, nabla_b

def backprop(weights, biases, X, Y):
    total_w = [np.zeros(w.shape) for w in weights]
    total_b = [np.zeros(b.shape) for b in biases]
    for x, y in zip(X, Y):
        dw, db = one_example(weights, biases, x.reshape(-1, 1), y.reshape(-1, 1))
        total_w = [t + d for t, d in zip(total_w, dw)]
        total_b = [t + d for t, d in zip(total_b, db)]
    return [t / len(X) for t in total_w], [t / len(X) for t in total_b]
"""

STYLES = {
    "vectorized": VECTORIZED,
    "loop": LOOP,
    "class": CLASS,
    "dicts": DICTS,
    "lists": LISTS,
    "nielsen": NIELSEN,
}


class Slip(NamedTuple):
    style: str
    right: str
    wrong: str
    lines: tuple[str, ...] = ()  # pieces of the lines that may be named; the wrong one by default


V, O, C, D, P, N = STYLES
SLIPS = [
    Slip(V, "delta3 = h - Y", "delta3 = Y - h"),
    Slip(V, "delta3 = h - Y", "delta3 = (h - Y) * h * (1 - h)"),
    Slip(V, "delta3 = h - Y", "delta3 = 2 * (h - Y)"),
    Slip(V, "delta3 = h - Y", "delta3 = (h > 0.5) - Y"),
    Slip(V, "delta3 = h - Y", "delta3 = z3 - Y"),
    Slip(V, "delta3 = h - Y", "delta3 = h - np.roll(Y, 1, axis=1)"),
    Slip(V, "back * sigmoid_gradient(z2)", "back * sigmoid_gradient(a2[:, 1:])"),
    Slip(V, "back * sigmoid_gradient(z2)", "back * z2 * (1 - z2)"),
    Slip(V, "back * sigmoid_gradient(z2)", "back * a2[:, 1:]"),
    Slip(V, "back * sigmoid_gradient(z2)", "back + sigmoid_gradient(z2)"),
    Slip(V, "back * sigmoid_gradient(z2)", "back", ("delta2 = back", "back = delta3")),
    Slip(V, "    return s * (1 - s)", "    return s * (1 + s)"),
    Slip(V, "    return s * (1 - s)", "    return z * (1 - z)", ("return z *", "delta2 = back")),
    Slip(V, "delta3.dot(Theta2[:, 1:])", "delta3.dot(Theta2[:, :-1])", ("back =", "delta2 =")),
    Slip(V, "delta3.dot(Theta2[:, 1:])", "(h * delta3).dot(Theta2[:, 1:])"),
    Slip(V, "sigmoid(z2))", "np.tanh(z2))", ("np.tanh", "delta2 = back")),
    Slip(V, "Delta1 = delta2.T.dot(a1)", "Delta1 = back.T.dot(a1)"),
    Slip(V, "Delta2 = delta3.T.dot(a2)", "Delta2 = delta3.T.dot(add_ones(z2))"),
    Slip(V, "Delta2 = delta3.T.dot(a2)", "Delta2 = 2 * delta3.T.dot(a2)"),
    Slip(V, "Delta2 = delta3.T.dot(a2)", "Delta2 = delta3[:1].T.dot(a2[:1])"),
    Slip(V, "Theta1[:, 1:]])", "Theta1[:, 1:] ** 2])"),
    Slip(
        V,
        "reg2 = np.hstack([np.zeros((Theta2.shape[0], 1)), Theta2[:, 1:]])",
        "reg2 = Theta2",
        ("reg2 = Theta2", "grad2 ="),
    ),
    Slip(V, "grad1 = Delta1 / m + lambda_ / m * reg1", "grad1 = Delta1 / m + lambda_ * reg1"),
    Slip(V, "grad2 = Delta2 / m + lambda_ / m * reg2", "grad2 = Delta2 + lambda_ / m * reg2"),
    Slip(V, "grad1 = Delta1 / m + lambda_ / m * reg1", "grad1 = Delta1 / m"),
    Slip(
        V, "grad1 = Delta1 / m + lambda_ / m * reg1", "grad1 = 0.1 * (Delta1 + lambda_ * reg1) / m"
    ),
    Slip(V, "grad1 = Delta1 / m + lambda_ / m * reg1", "grad1 = Delta1 / m - lambda_ / m * reg1"),
    Slip(V, "np.log(1 - h)) / m", "np.log(1 - h))", ("J = np.sum(", "J = J + lambda_")),
    Slip(
        V,
        "lambda_ / (2 * m) * (np.sum(Theta1[:, 1:] ** 2)",
        "lambda_ / m * (np.sum(Theta1[:, 1:] ** 2)",
    ),
    Slip(V, "(np.sum(Theta1[:, 1:] ** 2)", "(np.sum(Theta1 ** 2)"),
    Slip(V, "J = np.sum(-Y * np.log(h) -", "J = np.sum(-Y * np.log(h) +"),
    Slip(V, "a1.dot(Theta1.T)", "a1.dot(Theta1.T) / m"),
    Slip(V, "z3 = a2.dot(Theta2.T)", "z3 = add_ones(z2).dot(Theta2.T)"),
    Slip(O, "d = a[-1] - y", "d = (a[-1] - y) / m", ("d = (a", "grad = ", "Delta[l]")),
    Slip(O, "np.outer(d, a[l])", "np.outer(d, a[l + 1])", ("np.outer(d, a[l + 1])",)),
    Slip(O, "* a[l] * (1 - a[l])", "* a[l + 1] * (1 - a[l + 1])"),
    Slip(O, "* a[l] * (1 - a[l])", "* zs[l] * (1 - zs[l])"),
    Slip(O, "* a[l] * (1 - a[l])", "* (1 - a[l] ** 2)"),
    Slip(O, "* a[l] * (1 - a[l])", ""),
    Slip(O, "thetas[l][:, 1:].T @ d", "thetas[l][:, 1:] @ d"),
    Slip(O, "Delta[l][:, 0] += d", "Delta[l][:, 0] = d"),
    Slip(O, "Delta[l][:, 0] += d", "pass", ("np.outer", "grad = Delta", "pass")),
    Slip(O, "Delta[l][:, 1:] += np", "Delta[l][:, 1:] = np"),
    Slip(O, "grad = Delta[l] / m", "grad = Delta[l] / m ** 2"),
    Slip(O, "grad[:, 1:] += lambda_ * T[:, 1:] / m", "grad += lambda_ * T / m"),
    Slip(O, "grad[:, 1:] += lambda_ * T[:, 1:] / m", "grad[1:] += lambda_ * T[1:] / m"),
    Slip(O, "grad[:, 1:] += lambda_ * T[:, 1:] / m", "grad[:, 1:] += lambda_ * T[:, 1:] / (2 * m)"),
    Slip(
        V,
        "grad1 = Delta1 / m + lambda_ / m * reg1",
        "grad1 = np.zeros(Theta1.shape, int); grad1[:] = Delta1 / m + lambda_ / m * reg1",
    ),
    Slip(O, "T[:, 1:] @ a[-1] + T[:, 0]", "T[:, 1:] @ a[-1]"),
    Slip(C, "dz2 = self.out - y", "dz2 = y - self.out"),
    Slip(C, "np.dot(X.T, dz1) / m", "np.dot(X.T, dz1)", ("dW1 =", "self.W1 -=")),
    Slip(C, "np.sum(dz1, axis=0) / m", "np.sum(dz1, axis=0)", ("db1 =", "self.b1 -=")),
    Slip(C, "np.sum(dz1, axis=0) / m", "np.sum(dz1) / m", ("db1 =",)),
    Slip(C, "dz1 = da1 * self.a1 * (1 - self.a1)", "dz1 = da1 * self.z1 * (1 - self.z1)"),
    Slip(C, "dz1 = da1 * self.a1 * (1 - self.a1)", "dz1 = da1 * self.a1 * (1 - self.out.mean())"),
    Slip(C, "np.dot(self.a1.T, dz2) / m", "np.dot(self.z1.T, dz2) / m"),
    Slip(C, "self.b1 -= lr * db1", "self.b1 -= lr * db1 * 2"),
    Slip(
        C,
        "        da1 = np.dot(dz2, self.W2.T)",
        "        self.W2 -= lr * dW2\\n        da1 = np.dot(dz2, self.W2.T)",
        ("self.W2 -= lr * dW2", "da1 =", "dz1 ="),
    ),
    Slip(C, "np.dot(self.a1, self.W2) + self.b2", "np.dot(self.z1, self.W2) + self.b2"),
    Slip(D, "dW = dZ @ A_prev.T / m", "dW = dZ @ A_prev.T / A_prev.shape[0]"),
    Slip(D, "db = dZ.sum(axis=1, keepdims=True) / m", "db = dZ.mean() * np.ones((len(dZ), 1))"),
    Slip(D, "db = dZ.sum(axis=1, keepdims=True) / m", "db = 4 * dZ.sum(axis=1, keepdims=True) / m"),
    Slip(D, "dZ = dA * A_prev * (1 - A_prev)", "dZ = dA * (A_prev > 0)"),
    Slip(D, "dZ = dA * A_prev * (1 - A_prev)", "dZ = dA * A * (1 - A)"),
    Slip(D, "dZ = A - Y", "dZ = (A - Y) * A"),
    Slip(D, "dA = W.T @ dZ", "dA = W.T @ dZ / m"),
    Slip(P, "h - t for h", "t - h for h"),
    Slip(
        P,
        "s += delta[k] * thetas[l][k][j]",
        "s = delta[k] * thetas[l][k][j]",
        ("s =", "back.append"),
    ),
    Slip(P, "back.append(s * a[l][j] * (1 - a[l][j]))", "back.append(s * a[l][j])"),
    Slip(P, "D[l][i][j] += delta[i] * a[l][j] / m", "D[l][i][j] = delta[i] * a[l][j] / m"),
    Slip(
        P,
        "[0.0] * len(T[0]) for row in T]",
        "[0.0] * len(T[0])] * len(T)",
        ("* len(T)", "D[l][i][j] +="),
    ),
    Slip(P, "range(1, len(row))", "range(len(row))", ("range(len(row))", "D[l][i][j] += lambda_")),
    Slip(N, "* sigma_prime(zs[-l])", "* sigma_prime(activations[-l])"),
    Slip(N, "sigma_prime(zs[-l])", "sigma_prime(zs[-l + 1])"),
    Slip(
        N,
        "return sigma(z) * (1 - sigma(z))",
        "return sigma(z)",
        ("return sigma(z)", "delta = np.dot(w"),
    ),
    Slip(N, "np.dot(weights[-l + 1].T, delta)", "np.dot(weights[-l + 1].T, activations[-1] - y)"),
    Slip(N, "np.dot(delta, activations[-l - 1].T)", "np.dot(delta, activations[-l].T)"),
    Slip(N, "[t / len(X) for t in total_w]", "[t for t in total_w]"),
    Slip(N, "nabla_b[-l] = delta", "nabla_b[-l] = delta * activations[-l]"),
]


def spoiled(slip):
    """The source with the slip in it, and the numbers of the lines that may be named."""
    source = STYLES[slip.style]
    assert source.count(slip.right) == 1, slip
    text = source.replace(slip.right, slip.wrong.replace("\\n", "\n"))
    pieces = slip.lines or (slip.wrong.strip(),)
    if slip.wrong == "":
        pieces = ("d = (thetas",)
    rows = enumerate(text.splitlines(), start=1)
    return text, {number for number, row in rows if any(piece in row for piece in pieces)}
