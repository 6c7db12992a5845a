"""Weights found among other numbers, and gradients of costs that nothing states."""

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork, check_backprop
from micrograd_bp.grading.catalogue import COST_MISTAKES, CostTerms
from micrograd_bp.grading.chains import chains
from micrograd_bp.grading.layouts import Problem
from micrograd_bp.grading.own_cost import OwnCost


def shaped(tree):
    """Numbers of these shapes."""
    return {k: shaped(v) if isinstance(v, dict) else np.ones(v) for k, v in tree.items()}


def names(paths):
    return " ".join(".".join(path) for path in paths)


@pytest.mark.parametrize(
    ("tree", "weights", "biases", "layout", "sizes"),
    [
        (dict(W1=(5, 4), W2=(3, 5), b1=5, b2=3), "W1 W2", "b1 b2", "apart flat", (4, 5, 3)),
        (dict(W1=(4, 5), W2=(5, 3), b1=(1, 5), b2=(1, 3)), "W1 W2", "b1 b2", "apart turned row",
         (4, 5, 3)),
        (dict(W1=(4, 5), W2=(5, 3), b1=(5, 1), b2=(3, 1)), "W1 W2", "b1 b2",
         "apart turned column", (4, 5, 3)),
        (dict(W1=(5, 4), W2=(1, 5), b1=(5, 1), b2=(1, 1)), "W1 W2", "b1 b2", "apart column",
         (4, 5, 1)),
        (dict(W1=(4, 5), W2=(5, 1), b1=(1, 5), b2=(1, 1)), "W1 W2", "b1 b2", "apart turned row",
         (4, 5, 1)),
        (dict(w=(1, 4), b=(1, 1)), "w", "b", "apart column", (4, 1)),
        (dict(Theta1=(5, 5), Theta2=(3, 6)), "Theta1 Theta2", "", "theta flat", (4, 5, 3)),
        (dict(syn0=(3, 4), syn1=(4, 1)), "syn0 syn1", "", "none turned flat", (3, 4, 1)),
        (dict(T2=(3, 6), T1=(5, 5)), "T1 T2", "", "theta flat", (4, 5, 3)),
        (dict(X=(7, 4), y=(7, 3), W1=(5, 4), W2=(3, 5), dW1=(5, 4), a1=(7, 5), z2=(7, 3), delta=3,
              grads=(3, 5), nabla_w=(5, 4)), "W1 W2", "", "none flat", (4, 5, 3)),
        (dict(one=(5, 4), two=(3, 5), x=(7, 4)), "one two", "", "none flat", (4, 5, 3)),
        (dict(memory=(5, 4), W1=(5, 4), W2=(3, 5)), "W1 W2", "", "none flat", (4, 5, 3)),
        (dict(W1=(5, 4), W2=(3, 5), last=3, rest=5, b1=5, b2=3), "W1 W2", "b1 b2", "apart flat",
         (4, 5, 3)),
        (dict(W1=(5, 4), W2=(3, 5), p=5, q=3), "W1 W2", "p q", "apart flat", (4, 5, 3)),
        (dict(W1=(5, 4), W2=(3, 5), p=5), "W1 W2", "", "none flat", (4, 5, 3)),
        (dict(biases=dict(one=5, two=3), extra=5, W1=(5, 4), W2=(3, 5)), "W1 W2",
         "biases.one biases.two", "apart flat", (4, 5, 3)),
        (dict(layer=dict(b_in=5, b_out=3), extra=5, W1=(5, 4), W2=(3, 5)), "W1 W2",
         "layer.b_in layer.b_out", "apart flat", (4, 5, 3)),
        (dict(W1=(6, 4), W2=(3, 6), b0=(2, 3), bx=(6, 2), b1=6, b2=3), "W1 W2", "b1 b2",
         "apart flat", (4, 6, 3)),
        ({"weights": {"0": (5, 4), "1": (3, 5)}, "biases": {"0": (5, 1), "1": (3, 1)}},
         "weights.0 weights.1", "biases.0 biases.1", "apart column", (4, 5, 3)),
    ],
)  # fmt: skip
def test_the_likeliest_chain_of_weights(tree, weights, biases, layout, sizes):
    found = next(chains(shaped(tree)))
    said = [found.layout.kind, "turned" * found.layout.turned, found.layout.bias]
    assert (names(found.weights), names(found.biases)) == (weights, biases)
    assert " ".join(filter(None, said)) == layout
    assert found.sizes == sizes


def test_few_matrices_are_tried_in_every_choice_and_many_all_together():
    """Of n square matrices 2ⁿ − 1 choices, of several in both orders; each as (out, in) and (in,
    out); one alone may have its biases first or last, which others of its size would not fit."""
    several, many = ({f"W{k}": (4, 4) for k in range(n)} for n in (7, 8))
    assert len(list(chains(shaped(several)))) == 2 * (127 + 120) + 7 * 4
    assert len(list(chains(shaped(many)))) == 2 * 2
    assert {c.sizes for c in chains(shaped({"W": (3, 1)}))} == {(1, 3), (3, 1), (2, 1)}
    (column,) = [c.layout for c in chains(shaped({"w": (4, 1), "b": (1, 1)})) if c.biases]
    assert (column.turned, column.bias) == (True, "row")
    first, last = [c.layout.last for c in chains(shaped({"T1": (5, 5), "T2": (3, 6)}))][:2]
    assert (first, last) == (False, True)


# Costs that nothing states


def apart(own, factor, off=0.0):
    """A gradient in W and b apart, in the shapes of PyTorch's, of a cost times a factor."""

    def function(W1, b1, W2, b2, X, Y):
        thetas = [np.c_[b1, W1], np.c_[b2, W2]]
        model = own.model(Problem(SigmoidNetwork(thetas=thetas), X, Y, 0.0))
        D = [factor(len(X), Y.shape[1]) * model.gradient(l) for l in (1, 2)]
        D[0][1, 2] += off
        return D[0][:, 1:], D[0][:, 0], D[1][:, 1:], D[1][:, 0]

    return function


def turned(own, factor):
    """The same of Θ with its bias first, as (in + 1, out)."""

    def function(Theta1, Theta2, X, Y):
        thetas = [Theta1.T, Theta2.T]
        model = own.model(Problem(SigmoidNetwork(thetas=thetas), X, Y, 0.0))
        return [factor(len(X), Y.shape[1]) * model.gradient(l).T for l in (1, 2)]

    return function


COURSE, SQUARES, RELU = OwnCost(), OwnCost("sigmoid", "sigmoid, squared error"), OwnCost("relu")
SQUARED = "squared error instead of the cross-entropy"
SUM, OUTPUTS = "a sum over the examples instead of the mean", "a mean over the outputs too"
HALF = "the square without its ½"


@pytest.mark.parametrize(
    ("form", "own", "factor", "differences"),
    [
        (apart, COURSE, lambda m, K: 1.0, ()),
        (apart, COURSE, lambda m, K: m, (SUM,)),
        (apart, COURSE, lambda m, K: 1 / K, (OUTPUTS,)),
        (apart, COURSE, lambda m, K: 2.0, None),
        (apart, COURSE, lambda m, K: 2.0 * m, None),
        (apart, COURSE, lambda m, K: -1.0, None),
        (apart, COURSE, lambda m, K: 1 / m, None),
        (apart, SQUARES, lambda m, K: 1.0, (SQUARED,)),
        (apart, SQUARES, lambda m, K: 2.0, (SQUARED, HALF)),
        (apart, SQUARES, lambda m, K: 2.0 * m, (SQUARED, "a sum over the examples, " + HALF)),
        (apart, SQUARES, lambda m, K: 2.0 / K, (SQUARED, f"{OUTPUTS}, {HALF}")),
        (apart, SQUARES, lambda m, K: 2.5, None),
        (apart, RELU, lambda m, K: 1.0, ("ReLU in the hidden layers instead of the sigmoid",)),
        (turned, COURSE, lambda m, K: 1.0, ()),
        (turned, COURSE, lambda m, K: m, None),
        (turned, COURSE, lambda m, K: 1 / K, None),
        (turned, SQUARES, lambda m, K: 1.0, (SQUARED,)),
        (turned, SQUARES, lambda m, K: 2.0, (SQUARED, HALF)),
        (turned, SQUARES, lambda m, K: m, None),
    ],
)
def test_a_gradient_of_a_usual_cost_is_right_for_it(form, own, factor, differences):
    diagnosis = check_backprop(form(own, factor))
    outcome = {None: "wrong", (): "right"}.get(differences, "right for its own cost")
    assert diagnosis.outcome == outcome
    assert diagnosis.differences == (differences or ())


def test_it_is_so_to_rounding_only():
    assert check_backprop(apart(SQUARES, lambda m, K: 1.0, off=1e-3)).outcome == "wrong"


def test_a_little_more_than_nearly_right_is_no_cost_of_its_own():
    """A factor 1 + 4·10⁻⁵ and an error of 4·10⁻⁵ of the largest entry, which is 8·10⁻⁵."""

    def function(W1, b1, W2, b2, X, Y):
        made = apart(COURSE, lambda m, K: 1.0 + 4e-5)(W1, b1, W2, b2, X, Y)
        largest = max(made, key=lambda part: np.max(np.abs(part)))
        place = np.unravel_index(np.argmax(np.abs(largest)), largest.shape)
        largest[place] *= 1.0 + 4e-5
        return made

    assert check_backprop(function).outcome == "wrong"


def test_on_given_data_a_stated_cost_is_known_too():
    net = SigmoidNetwork([4, 5, 3], seed=0)
    X, Y = net.data(np.random.default_rng(0).normal(size=(6, 4)), [0, 1, 2, 0, 1, 2])

    def function(thetas, X, Y, lambda_):
        model = RELU.model(Problem(SigmoidNetwork(thetas=thetas), X, Y, lambda_))
        return 2.0 * model.cost, [2.0 * model.gradient(l) for l in (1, 2)]

    diagnosis = check_backprop(function, net, X, Y)
    assert diagnosis.outcome == "right for its own cost"
    assert diagnosis.differences == (
        "ReLU in the hidden layers instead of the sigmoid", "J doubled"
    )  # fmt: skip


def test_a_wrong_gradient_of_a_known_cost_is_held_against_that_cost():
    net = SigmoidNetwork([4, 5, 3], seed=0)
    X, Y = net.data(np.random.default_rng(0).normal(size=(6, 4)), [0, 1, 2, 0, 1, 2])

    def function(thetas, X, Y, lambda_):
        model = RELU.model(Problem(SigmoidNetwork(thetas=thetas), X, Y, lambda_))
        delta = model.deltas[3] @ thetas[1][:, 1:]  # where a > 0 should be asked
        D = np.c_[delta.sum(axis=0), delta.T @ X] / len(X)
        return model.cost, [D, model.gradient(2)]

    diagnosis = check_backprop(function, net, X, Y)
    assert diagnosis.outcome == "wrong"
    assert [found.name for found in diagnosis.mistakes] == ["g' missing in δ"]
    yours, right, agree = diagnosis.cost
    assert (yours == right, agree) == (True, True)  # J is what it is meant to be


# A wrong J is what its words say, written out


THETAS = SigmoidNetwork([3, 4, 2], init=1.0, seed=3).thetas
INPUTS = np.random.default_rng(0).normal(size=(5, 3))
y = np.eye(2)[[0, 1, 1, 0, 1]]


def g(z):
    return 1.0 / (1.0 + np.exp(-z))


def costs(lambda_, m=5, K=2):
    a = g(INPUTS @ THETAS[0][:, 1:].T + THETAS[0][:, 0])
    h = g(a @ THETAS[1][:, 1:].T + THETAS[1][:, 0])
    one, zero = np.sum(-y * np.log(h)), np.sum(-(1 - y) * np.log(1 - h))
    one_g, zero_g = np.sum(-y * np.log(g(h))), np.sum(-(1 - y) * np.log(1 - g(h)))
    data = (one + zero) / m
    squares = sum(np.sum(T[:, 1:] ** 2) for T in THETAS)
    penalty = lambda_ / (2 * m) * squares
    return {
        "J without regularization": data,
        "J regularizes the bias weights":
            data + lambda_ / (2 * m) * sum(np.sum(T**2) for T in THETAS),
        "J with λ/m instead of λ/2m": data + lambda_ / m * squares,
        "J with λ/2 instead of λ/2m": data + lambda_ / 2 * squares,
        "J without 1/m": one + zero + penalty,
        "J averaged over the outputs too": data / K + penalty,
        "J without the term of 1 − y": one / m + penalty,
        "sign of J": -data + penalty,
        "sign of the term of 1 − y in J": (one - zero) / m + penalty,
        "sign of the term of y in J": (zero - one) / m + penalty,
        "log h in both terms of J, for log(1 − h) in the second":
            (one + np.sum(-(1 - y) * np.log(h))) / m + penalty,
        "log(1 − h) in J without its factor 1 − y": (one + np.sum(-np.log(1 - h))) / m + penalty,
        "g applied twice in J": (one_g + zero_g) / m + penalty,
        "g applied twice in the term of 1 − y of J": (one + zero_g) / m + penalty,
        "g applied twice in the term of y of J": (one_g + zero) / m + penalty,
        "the penalty of J subtracted": data - penalty,
        "squared error instead of the logarithms": np.sum((h - y) ** 2) / (2 * m) + penalty,
    }  # fmt: skip


def test_a_wrong_cost_is_what_its_name_says():
    terms = CostTerms.of(THETAS, INPUTS, y, 0.7)
    wanted = costs(0.7)
    assert wanted.keys() == {mistake.name for mistake in COST_MISTAKES}
    for mistake in COST_MISTAKES:
        assert mistake.cost(terms) == pytest.approx(wanted[mistake.name], rel=1e-12), mistake.name
