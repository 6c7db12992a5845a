"""Right codes in further forms that people write, and a twin of each with one slip.

No right code is called wrong, and no twin right. What makes a code right is mathematics that its
author can check by hand; the twins differ by one factor.
"""

import pytest

from micrograd_bp.grading.folder import grade_folder

START = "import numpy as np\ndef sigmoid(z): return 1 / (1 + np.exp(-z))\n"
THETAS = """    m = len(X)
    A1 = np.c_[np.ones(m), X]; Z2 = A1 @ T1.T
    A2 = np.c_[np.ones(m), sigmoid(Z2)]; d3 = sigmoid(A2 @ T2.T) - Y
    d2 = d3 @ T2[:, 1:] * sigmoid(Z2) * (1 - sigmoid(Z2))
    G1, G2 = d2.T @ A1 / m, d3.T @ A2 / m
    G1[:, 1:] += lam / m * T1[:, 1:]; G2[:, 1:] += lam / m * T2[:, 1:]
"""
STEP = """        a1 = sigmoid(X @ W1 + b1)
        d2 = (sigmoid(a1 @ W2 + b2) - y) / len(X)
        d1 = d2 @ W2.T * a1 * (1 - a1)
        W2 -= rate * a1.T @ d2; b2 -= rate * d2.sum(0)
        W1 -= rate * X.T @ d1; b1 -= rate * d1.sum(0)
"""
DENSE = """class Dense:
    def __init__(self, a, b): self.W = np.random.randn(a, b); self.b = np.zeros(b)
    def forward(self, x): self.x = x; return x @ self.W + self.b
    def backward(self, grad):
        self.dW, self.db = self.x.T @ grad, grad.sum(axis=0)
        return grad @ self.W.T
class Squash:
    def forward(self, z): self.a = sigmoid(z); return self.a
    def backward(self, grad): return grad * self.a * (1 - self.a)
"""

# name: (code, the piece that is replaced, by what in the twin)
FORMS = {
    "a_step_that_descends_a_squared_error": (
        START + "def forward(x, W1, W2): return W2 @ sigmoid(W1 @ x)\n"
        "def loss(y, out): return 0.5 * np.sum((y - out) ** 2)\n"
        "def update_weights(x, y, out, W1, W2, rate):\n"
        "    h = sigmoid(W1 @ x); e = out - y; d = (e.T @ W2).T * h * (1 - h)\n"
        "    return W1 - rate * d * x.T, W2 - rate * e @ h.T\n",
        " * h * (1 - h)", "",
    ),
    "one_output_with_a_flat_bias": (
        START + "def backprop(W1, b1, W2, b2, X, y):\n"
        "    m = len(y); A = sigmoid(X @ W1 + b1); h = sigmoid(A @ W2 + b2).ravel()\n"
        "    d = (h - np.ravel(y))[:, None]; dh = d @ W2.T * A * (1 - A)\n"
        "    return X.T @ dh / m, dh.mean(0), A.T @ d / m, d.mean(0)\n",
        "d.mean(0)\n", "d.sum(0)\n",
    ),
    "a_cache_of_the_forward_pass": (
        START + "def forward_propagation(X, parameters):\n"
        "    A1 = np.tanh(parameters['W1'] @ X + parameters['b1'])\n"
        "    A2 = sigmoid(parameters['W2'] @ A1 + parameters['b2'])\n"
        "    return A2, {'A1': A1, 'A2': A2}\n"
        "def backward_propagation(parameters, cache, X, Y):\n"
        "    m = X.shape[1]; A1 = cache['A1']; dZ2 = cache['A2'] - Y\n"
        "    dZ1 = parameters['W2'].T @ dZ2 * (1 - A1**2)\n"
        "    return {'dW1': dZ1 @ X.T / m, 'db1': dZ1.sum(1, keepdims=True) / m,\n"
        "            'dW2': dZ2 @ A1.T / m, 'db2': dZ2.sum(1, keepdims=True) / m}\n",
        "(1 - A1**2)", "A1 * (1 - A1)",
    ),
    "each_result_of_the_forward_pass": (
        START + "def forward_prop(W1, b1, W2, b2, X):\n"
        "    Z1 = W1 @ X + b1; A1 = np.maximum(Z1, 0); e = np.exp(W2 @ A1 + b2)\n"
        "    A2 = e / e.sum(axis=0)\n"
        "    return Z1, A1, A2\n"
        "def backward_prop(Z1, A1, A2, W2, X, Y):\n"
        "    m = Y.size; onehot = np.zeros((m, Y.max() + 1)); onehot[np.arange(m), Y] = 1\n"
        "    dZ2 = A2 - onehot.T; dZ1 = W2.T @ dZ2 * (Z1 > 0)\n"
        "    return (dZ1 @ X.T / m, dZ1.sum(1).reshape(-1, 1) / m,\n"
        "            dZ2 @ A1.T / m, dZ2.sum(1).reshape(-1, 1) / m)\n",
        " * (Z1 > 0)", "",
    ),
    "a_function_that_makes_its_weights": (
        START + "def train(X, y, hidden=5, rate=0.1, epochs=1000):\n"
        "    rng = np.random.default_rng(1)\n"
        "    W1, b1 = rng.normal(size=(X.shape[1], hidden)), np.zeros(hidden)\n"
        "    W2, b2 = rng.normal(size=(hidden, y.shape[1])), np.zeros(y.shape[1])\n"
        "    for _ in range(epochs):\n" + STEP + "    return W1, b1, W2, b2\n",
        "* a1 * (1 - a1)", "* a1",
    ),
    "layers_with_forward_and_backward": (
        START + DENSE + "class Network:\n"
        "    def __init__(self, sizes):\n"
        "        self.layers = []\n"
        "        for a, b in zip(sizes, sizes[1:]): self.layers += [Dense(a, b), Squash()]\n"
        "    def forward(self, x):\n"
        "        for layer in self.layers: x = layer.forward(x)\n"
        "        return x\n"
        "    def backward(self, grad):\n"
        "        for layer in self.layers[::-1]: grad = layer.backward(grad)\n",
        "grad * self.a * (1 - self.a)", "grad * self.a",
    ),
    "neurons_in_lists_of_dicts": (
        "from math import exp\n"
        "def out(n, x): return 1 / (1 + exp(-n['weights'][-1] - sum(w * v for w, v in "
        "zip(n['weights'], x))))\n"
        "def train_network(network, train, l_rate, n_epoch, n_outputs):\n"
        "    for row in train:\n"
        "        xs = [row[:-1]]\n"
        "        for layer in network: xs.append([out(n, xs[-1]) for n in layer])\n"
        "        errors = [o - (k == row[-1]) for k, o in enumerate(xs[-1])]\n"
        "        for l in reversed(range(len(network))):\n"
        "            ds = [e * o * (1 - o) for e, o in zip(errors, xs[l + 1])]\n"
        "            errors = [sum(n['weights'][j] * d for n, d in zip(network[l], ds))\n"
        "                      for j in range(len(xs[l]))]\n"
        "            for n, d in zip(network[l], ds):\n"
        "                for j, x in enumerate(xs[l]): n['weights'][j] -= l_rate * d * x\n"
        "                n['weights'][-1] -= l_rate * d\n",
        "e * o * (1 - o) for", "e * o for",
    ),
    "lambda_in_a_variable_of_the_file": (
        START + "lam = 0.7\ndef backprop(Theta1, Theta2, X, Y):\n    T1, T2 = Theta1, Theta2\n"
        + THETAS + "    return G1, G2\n",
        "G2[:, 1:] += lam / m", "G2[:, 1:] += lam",
    ),
    "the_activation_as_an_argument": (
        START + "def slope(z): return sigmoid(z) * (1 - sigmoid(z))\n"
        "def d_sigmoid(z): return slope(z)\n"
        "def backprop(weights, X, Y, activation, activation_prime):\n"
        "    m = len(X); zs, acts = [], [X]\n"
        "    for W in weights:\n"
        "        zs.append(np.c_[np.ones(m), acts[-1]] @ W.T); acts.append(activation(zs[-1]))\n"
        "    d, D = acts[-1] - Y, []\n"
        "    for l in range(len(weights) - 1, -1, -1):\n"
        "        D.insert(0, d.T @ np.c_[np.ones(m), acts[l]] / m)\n"
        "        if l: d = d @ weights[l][:, 1:] * activation_prime(zs[l - 1])\n"
        "    return D\n",
        " * activation_prime(zs[l - 1])", "",
    ),
    "one_layer_of_a_training_without_its_1_over_m": (
        START + "def train(X, y, hidden=5, rate=0.1, epochs=1000):\n"
        "    W1, b1 = np.random.randn(X.shape[1], hidden), np.zeros(hidden)\n"
        "    W2, b2 = np.random.randn(hidden, y.shape[1]), np.zeros(y.shape[1])\n"
        "    for epoch in range(epochs):\n" + STEP + "    return W1, b1, W2, b2\n",
        "W1 -= rate * X.T", "W1 -= rate * len(X) * X.T",
    ),
    "a_helper_file_that_is_missing": (
        "import numpy as np\nfrom nobodys_utils import sigmoid\n"
        "def backprop(Theta1, Theta2, X, Y, lam):\n    T1, T2 = Theta1, Theta2\n"
        + THETAS + "    return G1, G2\n",
        "d2.T @ A1 / m", "d2.T @ A1",
    ),
    "weights_in_variables_of_the_file": (
        START + "W1, b1 = np.random.randn(4, 5), np.zeros(5)\n"
        "W2, b2 = np.random.randn(5, 3), np.zeros(3)\n"
        "def train_step(X, y, rate):\n    global W1, b1, W2, b2\n    if True:\n" + STEP,
        "* a1 * (1 - a1)", "* (1 - a1)",
    ),
    "a_dataclass_that_is_returned": (
        START + "from dataclasses import dataclass\n@dataclass\nclass Result:\n    grads: list\n"
        "def backprop(Theta1, Theta2, X, Y, lam):\n    T1, T2 = Theta1, Theta2\n"
        + THETAS + "    return Result([G1, G2])\n",
        "sigmoid(Z2) * (1 - sigmoid(Z2))", "Z2 * (1 - Z2)",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Every code and its twin."""
    folder = tmp_path_factory.mktemp("written")
    for name, (code, piece, slip) in FORMS.items():
        assert code.count(piece) == 1, name
        (folder / f"{name}.py").write_text(code)
        (folder / f"{name}_slip.py").write_text(code.replace(piece, slip))
    return {row.submission.removesuffix(".py"): row for row in grade_folder(folder)}


@pytest.mark.parametrize("name", FORMS)
def test_a_right_code_is_right_at_least_for_its_own_cost(graded, name):
    row = graded[name]
    assert row.outcome in ("right", "nearly right", "right for its own cost"), row.verdict


@pytest.mark.parametrize("name", FORMS)
def test_its_twin_is_wrong(graded, name):
    assert graded[f"{name}_slip"].outcome == "wrong", graded[f"{name}_slip"].verdict
