"""micrograd's own code runs on our Value, with the same numbers as on its own."""

import importlib
import random
import sys

import pytest

import micrograd_bp.scalar.engine

micrograd_engine = pytest.importorskip("micrograd.engine")
import micrograd.nn  # noqa: E402


@pytest.fixture
def nn_on_our_value(monkeypatch):
    """The module micrograd.nn, unchanged, loaded with our Value in place of micrograd's."""
    monkeypatch.setitem(sys.modules, "micrograd.engine", micrograd_bp.scalar.engine)
    monkeypatch.delitem(sys.modules, "micrograd.nn")
    return importlib.import_module("micrograd.nn")


def train(nn, steps=5):
    """micrograd's demo in small: hinge loss, L2 penalty, gradient descent; losses and weights."""
    random.seed(7)
    model = nn.MLP(2, [5, 5, 1])
    points = [(random.uniform(-1, 1), random.uniform(-1, 1)) for _ in range(12)]
    labels = [1 if x * y > 0 else -1 for x, y in points]
    losses = []
    for _ in range(steps):
        scores = [model(point) for point in points]
        margins = [(1 + -label * s).relu() for label, s in zip(labels, scores, strict=True)]
        loss = sum(margins) * (1.0 / len(margins))
        loss = loss + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= 0.1 * p.grad
        losses.append(loss.data)
    return losses, [p.data for p in model.parameters()]


def test_nn_trains_to_the_same_numbers(nn_on_our_value):
    assert nn_on_our_value.Value is micrograd_bp.scalar.engine.Value
    ours, theirs = train(nn_on_our_value), train(micrograd.nn)
    assert ours[0] == pytest.approx(theirs[0], rel=1e-12)
    assert ours[1] == pytest.approx(theirs[1], rel=1e-12)
    assert ours[0][-1] < ours[0][0]


@pytest.mark.parametrize("seed", range(20))
def test_random_expressions_agree(seed):
    def build(cls):
        rng = random.Random(seed)
        nodes = [cls(rng.uniform(-2, 2)) for _ in range(4)]
        leaves = list(nodes)
        for _ in range(40):
            a, b = rng.choice(nodes), rng.choice(nodes)
            kind = rng.choice("+-*/pr")
            if kind == "+":
                node = a + b * 0.5
            elif kind == "-":
                node = 1 - a - b
            elif kind == "*":
                node = a * b * 0.1
            elif kind == "/":
                node = a / (b**2 + 2)
            elif kind == "p":
                node = (a * 0.1) ** 3
            else:
                node = a.relu() - 0.3
            nodes.append(node)
        total = sum(nodes)
        total.backward()
        return total.data, [leaf.grad for leaf in leaves]

    ours, theirs = build(micrograd_bp.scalar.engine.Value), build(micrograd_engine.Value)
    assert ours[0] == pytest.approx(theirs[0], rel=1e-12, abs=1e-12)
    assert ours[1] == pytest.approx(theirs[1], rel=1e-12, abs=1e-12)


def test_a_tracer_that_walks_prev_and_op_sees_the_whole_graph():
    a, b = micrograd_bp.scalar.engine.Value(2.0), micrograd_bp.scalar.engine.Value(3.0)
    out = (a * b + a).relu()
    nodes, edges = set(), set()

    def walk(v):  # as micrograd's trace_graph notebook does
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                walk(child)

    walk(out)
    assert len(nodes) == 5
    assert sorted(v._op for v in nodes) == ["", "", "*", "+", "relu"]
    assert len(edges) == 5
