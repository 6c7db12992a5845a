"""The gradient of an object, a script or a training that makes its weights itself.

What each code returns, keeps or changes is held against the scalar graph.
"""

from dataclasses import replace

import numpy as np
import pytest

from micrograd_bp.grading.chains import chains
from micrograd_bp.grading.layouts import COURSE, Layout
from micrograd_bp.grading.objects import ObjectBinding
from micrograd_bp.grading.submission import UserError
from micrograd_bp.grading.training import Trained

from .test_bindings import ONE, exact, running

MODEL = """
class Net:
    def __init__(self, n, h, k, rate=0.5):
        self.W1, self.b1 = np.zeros((h, n)), np.zeros(h)
        self.W2, self.b2, self.rate = np.zeros((k, h)), np.zeros(k), rate
    def D(self, X, Y): return right(joined([self.W1, self.W2], [self.b1, self.b2]), X, Y)
    def forward(self, X):
        self.X = X
        return g(g(X @ self.W1.T + self.b1) @ self.W2.T + self.b2)
    def gradient(self, X, Y):
        (P, Q), (p, q) = apart(self.D(X, Y))
        return P, p, Q, q
    def step(self, X, Y):
        P, p, Q, q = self.gradient(X, Y)
        self.W1 -= self.rate * P; self.b1 -= self.rate * p
        self.W2 -= self.rate * Q; self.b2 -= self.rate * q
    def stepped(self, X, Y):
        self.step(X, Y)
        return self.W1, self.b1, self.W2, self.b2
    def kept(self, X, Y): self.dW1, self.db1, self.dW2, self.db2 = self.gradient(X, Y)
    def after(self, Y): return self.gradient(self.X, Y)
    def sent(self, e): return self.gradient(self.X, self.forward(self.X) - e * len(e))
    def nothing(self, X, Y): return None
    def other(self, X, Y):
        self.W1 = self.W1[:1]
made = Net(3, 4, 3)
"""
MAKE = (("n", "input", False), ("h", "hidden", False), ("k", "output", False))
DATA_CALL = (("X", "X", False), ("Y", "Y", False))
HERE = {"W1": np.zeros((4, 3)), "b1": np.zeros(4), "W2": np.zeros((3, 4)), "b2": np.zeros(3)}
CHAIN = next(chains(HERE))


def of_net(method, call=DATA_CALL, **options):
    return ObjectBinding("Net", method, CHAIN, MAKE, call, "", "", **options)


@pytest.mark.parametrize(
    ("binding", "factor"),
    [
        (of_net("gradient"), 1.0),
        (of_net("kept"), 1.0),
        (of_net("step"), 0.5),
        (of_net("stepped"), 0.5),
        (of_net("after", DATA_CALL[1:], before=("forward", DATA_CALL[:1])), 1.0),
        (of_net("sent", (("e", "error", False),), before=("forward", DATA_CALL[:1])), 1.0),
        (ObjectBinding("made", "gradient", CHAIN, (), DATA_CALL, "", "", at_hand=True), 1.0),
    ],
    ids=lambda b: getattr(b, "name", ""),
)
def test_the_gradient_of_an_object_is_returned_kept_or_what_its_weights_lose(binding, factor):
    answer = binding.answer(running(MODEL), ONE)
    assert answer.scaled == (factor != 1.0)
    for a, b in zip(answer.parts, exact(ONE, 0.0).D, strict=True):
        assert np.allclose(a, factor * b, rtol=1e-9, atol=1e-14)
    assert binding.words == "weights set in W1, W2, W and b apart"


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("nothing", r"^Net\.nothing neither returns a gradient nor changes the weights$"),
        ("other", r"^Net\.other leaves arrays of other shapes than the weights$"),
        ("lacking", "AttributeError"),
    ],
)
def test_an_object_that_gives_no_gradient_is_told(method, message):
    with pytest.raises(UserError, match=message):
        of_net(method).answer(running(MODEL), ONE)


@pytest.mark.parametrize("turned", [False, True])
def test_a_step_of_an_object_without_biases_is_that_of_its_weights(turned):
    T = ".T" if turned else ""
    source = (
        "class Net:\n    def __init__(self): self.p = [0.0, 0.0]\n    def step(self, X, Y):\n"
        f"        D = right([np.c_[np.zeros(len(M{T})), M{T}] for M in self.p], X, Y)\n"
        f"        self.p = [M - 0.5 * d[:, 1:]{T} for M, d in zip(self.p, D)]\n"
    )
    shapes = [(3, 4), (4, 3)] if turned else [(4, 3), (3, 4)]
    layout = Layout("none", turned)
    chain = next(c for c in chains({"p": [np.zeros(s) for s in shapes]}) if c.layout == layout)
    binding = ObjectBinding("Net", "step", chain, (), DATA_CALL, "", "")
    answer = binding.answer(running(source), ONE)
    assert answer.scaled
    for a, b in zip(answer.parts, exact(ONE, 0.0, layout).D, strict=True):
        assert np.allclose(a[:, 1:], 0.5 * b[:, 1:], rtol=1e-9, atol=1e-14)


def test_a_loop_of_a_script_runs_once_on_the_referees_weights_and_data():
    source = (
        "x, t = np.ones((2, 3)), np.ones((2, 3))\nW1, W2 = np.ones((4, 4)), np.ones((3, 5))\n"
        "for _ in range(10):\n    P, Q = right([W1, W2], x, t)\n    W1 -= 0.1 * P; W2 -= 0.1 * Q\n"
    )
    chain = next(c for c in chains({"W1": np.ones((4, 4)), "W2": np.ones((3, 5))})
                 if c.layout == COURSE)  # fmt: skip
    binding = ObjectBinding("", "the loop in line 4", chain, (), (), "", "", loop=0,
                            data={"x": "X", "t": "Y"})  # fmt: skip
    answer = binding.answer(running(source), ONE)
    assert answer.scaled
    assert np.allclose(answer.parts[1], 0.1 * exact(ONE, 0.0).D[1], rtol=1e-9, atol=1e-14)
    assert (binding.name, binding.from_labels, binding.admits((3, 4, 3))) == (
        "the loop in line 4", True, True,
    )  # fmt: skip
    assert not replace(binding, examples=1).from_labels  # one tells nothing of the classes


# Training that makes its weights itself

TRAIN = """
def train(X, Y, hidden, passes, biases=True):
    A = np.random.randn(hidden, X.shape[1] + biases)
    B = np.random.randn(Y.shape[1], hidden + biases)
    for _ in range(passes):
        P, Q = (A, B) if biases else (np.c_[np.zeros(len(M)), M] for M in (A, B))
        P, Q = right([P, Q], X, Y)
        if not biases: P, Q = P[:, 1:], Q[:, 1:]
        A, B = A - 0.2 * P, B - 0.2 * Q
    return {"W1": A, "W2": B}
def plain(X, Y, hidden, passes): return train(X, Y, hidden, passes, False)
def idle(X, Y, hidden, passes): return train(X, Y, hidden, 0)
def odd(X, Y, hidden, passes): return train(X, Y, hidden, 0) if passes else {"W1": X}
def fitting(X, Y, hidden, passes): return train(X[:, 1:], Y, hidden, passes)
class Fit:
    def __init__(self, hidden): self.hidden, self.passes = hidden, 5
    def fit(self, X, Y): self.kept = train(X, Y, self.hidden, self.passes)
"""
CALL = (*DATA_CALL, ("hidden", "hidden", False), ("passes", "once", False))


def trained(name="train", layout=COURSE, **options):
    extra = layout.kind == "theta"
    tree = {"W1": np.ones((4, 3 + extra)), "W2": np.ones((3, 4 + extra))}
    chain = next(c for c in chains(tree) if c.layout == layout)
    return Trained(name, None, CALL, (), "", "", chain=chain, **options)


@pytest.mark.parametrize("name", ["train", "plain"])
@pytest.mark.parametrize("passes", [(0, 1), (1, 2)])
def test_the_step_of_a_training_is_between_one_pass_more_and_one_less(name, passes):
    layout = COURSE if name == "train" else Layout("none")
    binding, runner = trained(name, layout=layout, passes=passes), running(TRAIN)
    problem = binding.problem(ONE, runner)
    wanted = exact(problem, 0.0, layout).D
    answer = binding.answer(runner, problem)
    assert answer.scaled
    for a, b in zip(answer.parts, wanted, strict=True):
        assert np.allclose(a[:, 1:], 0.2 * b[:, 1:], rtol=1e-9, atol=1e-13)
        if name == "train":
            assert np.allclose(a[:, 0], 0.2 * b[:, 0], rtol=1e-9, atol=1e-13)
    assert binding.words.startswith("one pass of training")
    assert binding.admits((3, 4, 3))
    assert not binding.admits((3, 5, 3))


def test_an_object_that_is_fitted_is_read_after_no_pass_and_after_one():
    chain = next(c for c in chains({"kept": {"W1": np.ones((4, 4)), "W2": np.ones((3, 5))}})
                 if c.layout == COURSE)  # fmt: skip
    binding = Trained("fit", ("Fit", (("hidden", "hidden", False),)), DATA_CALL,
                      (("passes", "once"),), "", "", chain=chain)  # fmt: skip
    runner = running(TRAIN)
    problem = binding.problem(ONE, runner)
    answer = binding.answer(runner, problem)
    assert np.allclose(answer.parts[0], 0.2 * exact(problem, 0.0).D[0], rtol=1e-9, atol=1e-13)


def test_a_training_that_shows_no_step_is_told():
    runner = running(TRAIN)
    with pytest.raises(UserError, match=r"^idle does not change the weights in one pass$"):
        trained("idle").answer(runner, trained("idle").problem(ONE, runner))
    with pytest.raises(UserError, match=r"^odd gives other weights in each run$"):
        trained("odd").problem(ONE, runner)
    assert not trained("odd").shows_weights(runner.run(trained("odd").program(ONE)[0]))
    assert trained().shows_weights(runner.run(trained().program(ONE)[0]))
    tree = {"W1": np.ones((4, 3)), "W2": np.ones((3, 5))}
    chain = next(c for c in chains(tree) if c.layout == COURSE)
    small = Trained("fitting", None, CALL, (), "", "", chain=chain)
    with pytest.raises(UserError, match=r"^fitting makes a network that does not fit its data$"):
        small.problem(ONE, runner)
