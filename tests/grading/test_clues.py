"""Where to look when no known formula gives the numbers, and who else may have such mistakes."""

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork, autodiff_gradient, check_backprop
from micrograd_bp.grading.catalogue import MISTAKES, known_for
from micrograd_bp.grading.model import HIDDEN, OUTPUTS
from micrograd_bp.grading.names import assignments, parameters_of
from micrograd_bp.grading.workshop import signature

REGULARIZATION = "It is right for λ = 0: only the regularization"
SUM = "It is right for a single example and wrong for several"
BIAS = "Only bias columns are wrong"
ACTIVATION = "Bias columns are right, so every δ is"
BACK = "Θ⁽³⁾ is right, so forward propagation and δ⁽ᴸ⁾ are"
OUTPUT = "The output layer's own weights are wrong"
NOT_FINITE = "Some entries are NaN or infinite"
ZERO = "Every entry is 0"


@pytest.mark.parametrize(
    ("places", "when", "clue"),
    [
        ([(1, 2, 3)], lambda m, lambda_: lambda_ > 0.0, REGULARIZATION),
        ([(2, 0, 0), (2, 0, 1)], lambda m, lambda_: lambda_ > 0.0, REGULARIZATION),
        ([(2, 0, 0), (2, 0, 1)], lambda m, lambda_: m > 1, SUM),
        ([(0, 1, 0)], lambda m, lambda_: m > 1, SUM),
        ([(0, 1, 0)], lambda m, lambda_: True, BIAS),
        ([(2, 1, 0), (0, 3, 0)], lambda m, lambda_: True, BIAS),
        ([(1, 1, 5)], lambda m, lambda_: True, ACTIVATION),
        ([(1, 1, 5)], lambda m, lambda_: m == 1 or lambda_ > 0.0, ACTIVATION),
        ([(1, 1, 0), (0, 1, 1)], lambda m, lambda_: True, BACK),
        ([(1, 1, 0), (2, 1, 1)], lambda m, lambda_: True, OUTPUT),
    ],
)
def test_which_entries_are_wrong_on_which_data_says_where_to_look(places, when, clue):
    """A number is added to single entries, which no formula gives."""

    def function(thetas, X, Y, lambda_):
        D = autodiff_gradient(SigmoidNetwork(thetas=thetas), X, Y, lambda_).D
        for l, i, j in places:
            D[l][i, j] += 0.1234 * when(len(X), lambda_)
        return D

    diagnosis = check_backprop(function)
    assert diagnosis.mistakes == ()
    assert len(diagnosis.clues) == 1
    assert diagnosis.clues[0].startswith(clue)


@pytest.mark.parametrize(
    ("value", "entry", "clue"),
    [(0.0, 0.0, ZERO), (0.0, 0.5, OUTPUT), (0.0, np.inf, NOT_FINITE), (0.25, np.nan, NOT_FINITE)],
)
def test_numbers_that_are_none_and_zeros_are_told(value, entry, clue):
    def function(thetas, X, Y, lambda_):
        D = [np.full(T.shape, value) for T in thetas]
        D[2][1, 0] = entry
        return D

    clues = check_backprop(function).clues
    assert len(clues) == 1
    assert clues[0].startswith(clue)


# Which mistakes a network of such units can have


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("output", OUTPUTS)
def test_no_mistake_is_known_twice_or_that_of_other_units(hidden, output):
    known = known_for(hidden, output)
    names = [mistake.name for mistake in known]
    assert len(set(names)) == len(names)
    course = (hidden, output) == ("sigmoid", "sigmoid")
    assert any("instead of the sigmoid's" in name for name in names) == course
    squared = "g' missing in the output δ, which the squared error asks for" in names
    assert squared == ("squared" in output)


def s(z):
    return 1.0 / (1.0 + np.exp(-z))


UNITS = {"sigmoid": s, "tanh": np.tanh, "relu": lambda z: z * (z > 0),
         "leaky relu": lambda z: z * np.where(z > 0, 1.0, 0.01)}  # fmt: skip
SLOPES = {  # as they are written, from z or a
    "sigmoid": lambda z, a: a * (1.0 - a),
    "tanh": lambda z, a: 1.0 - a * a,
    "relu": lambda z, a: z > 0,
    "leaky relu": lambda z, a: np.where(z > 0, 1.0, 0.01),
}
T = [np.random.default_rng(l).normal(size=(4, 5)) for l in range(3)]
X = np.random.default_rng(7).normal(size=(6, 4))
Y = np.eye(4)[[0, 1, 2, 3, 1, 0]]


def gradient(hidden, back, output=lambda h: h - Y):
    """Backpropagation through three layers, with ``back`` for what makes δ of e = Θᵀδ, the
    layers' weighted inputs z and activations a, and l."""
    z, a = [X], [X]
    for l, Theta in enumerate(T):
        z.append(a[-1] @ Theta[:, 1:].T + Theta[:, 0])
        a.append(UNITS[hidden](z[-1]) if l < 2 else s(z[-1]))
    delta, D = output(a[-1]), []
    for l in (2, 1, 0):
        D.insert(0, np.c_[delta.sum(axis=0), delta.T @ a[l]] / len(X))
        if l:
            delta = back(delta @ T[l][:, 1:], z, a, l)
    return D


def of_slope(name, by=0):
    return lambda e, z, a, l: e * SLOPES[name](z[l + by], a[l + by])


WRONG = [
    *[
        (hidden, f"{hidden} units with the slope of {other}", of_slope(other))
        for hidden in ("tanh", "relu", "leaky relu")
        for other in UNITS
        if other != hidden
    ],
    *[("relu", f"g' of the {word} layer", of_slope("relu", by))
      for word, by in (("next", 1), ("previous", -1))],
    ("tanh", "g′ of tanh taken as 1 − a, the square missing",
     lambda e, z, a, l: e * (1.0 - a[l])),
    ("tanh", "g′ of tanh taken as 1 − z², for 1 − a²", lambda e, z, a, l: e * (1.0 - z[l] ** 2)),
    ("sigmoid", "g' taken as a(1 + a), for a(1 − a)",
     lambda e, z, a, l: e * a[l] * (1.0 + a[l])),
    ("sigmoid", "g' taken of the error (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ instead of the activation",
     lambda e, z, a, l: e * (e * (1.0 - e))),
    ("relu", "the mask of ReLU taken from the error instead of z", lambda e, z, a, l: e * (e > 0)),
]  # fmt: skip


@pytest.mark.parametrize(("hidden", "name", "back"), WRONG, ids=[name for _, name, _ in WRONG])
def test_a_mistake_of_other_units_gives_what_its_words_say(hidden, name, back):
    (mistake,) = [one for one in known_for(hidden, "sigmoid") if one.name == name]
    found = mistake.procedure(hidden, "sigmoid").gradient(T, X, Y)
    for yours, theirs in zip(found, gradient(hidden, back), strict=True):
        np.testing.assert_allclose(yours, theirs, rtol=1e-12, atol=1e-14)


def test_the_squared_error_without_its_slope_is_h_minus_y():
    (mistake,) = [
        one
        for one in known_for("tanh", "sigmoid, squared error")
        if "missing in the out" in one.name
    ]
    found = mistake.procedure("tanh", "sigmoid, squared error").gradient(T, X, Y)
    for yours, theirs in zip(found, gradient("tanh", of_slope("tanh")), strict=True):
        np.testing.assert_allclose(yours, theirs, rtol=1e-12, atol=1e-14)


FACTORS = {  # of A = ∂J/∂Θ without a penalty and of P, the penalty's; m = 6, K = 4
    "no 1/m": (6, 1),
    "no 1/m anywhere, regularization included": (6, 6),
    "1/m twice": (1 / 6, 1),
    "1/m twice everywhere, regularization included": (1 / 6, 1 / 6),
    "averaged over the outputs too": (1 / 4, 1),
    "every example accumulated twice": (2, 1),
    "regularization left out": (1, 0),
    "regularization without 1/m": (1, 6),
    "regularization twice": (1, 2),
    "λ/2m instead of λ/m": (1, 1 / 2),
    "regularization subtracted": (1, -1),
    "ascent instead of descent sign overall": (-1, -1),
    "whole gradient counted twice": (2, 2),
    "sign of h − y": (-1, 1),
}


@pytest.mark.parametrize("name", FACTORS)
def test_a_mistake_in_a_factor_is_that_factor(name):
    net = SigmoidNetwork(thetas=T)
    both, data = autodiff_gradient(net, X, Y, 0.7).D, autodiff_gradient(net, X, Y, 0.0).D
    one, other = FACTORS[name]
    for found, A, D in zip(MISTAKES[name].gradient(T, X, Y, 0.7), data, both, strict=True):
        np.testing.assert_allclose(found, one * A + other * (D - A), rtol=1e-11, atol=1e-13)


# What parameters may be


def first(source):
    """The likeliest roles of a function's parameters, and how many ways are tried."""
    names = {}
    exec(f"def f({source}): ...", names)
    made = list(assignments(parameters_of(signature("f", names["f"])["parameters"])))
    return " ".join(made[0].values()) if made else None, len(made)


@pytest.mark.parametrize(
    ("parameters", "roles"),
    [
        ("thetas, X, y, lam", "weights X Y lambda"),
        ("X, Y, *, lam, weights", "X Y lambda weights"),
        ("wh, bh, wo, bo, x, t", "W1 b1 W2 b2 X Y"),
        ("q1, q2, X, Y", "W1 W2 X Y"),
        ("q_1, q_2, r_1, r_2, X, Y", "W1 W2 b1 b2 X Y"),
        ("weights, X, y, q1", "weights X Y lambda"),
        ("weights, X, y, q1, q2", "weights X Y lambda sizes"),
        ("Theta1, Theta2, X, y, lambda_, q1", "W1 W2 X Y lambda sizes"),
        ("pp, qq, rr", "weights X Y"),
        ("pp, qq, rr, ss", "weights X Y lambda"),
        ("pp, qq, rr, ss, tt", "weights sizes X Y lambda"),
        ("pp, X, Y", "weights X Y"),
        ("W1, W2, pp, qq", "W1 W2 X Y"),
        ("nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, reg",
         "weights input hidden output X Y lambda"),
        ("pp, qq, rr, ss, tt, uu", "weights X Y lambda sizes rate"),
        ("anything", "weights"),
        ("theta, extra=None", "weights"),
        ("thetas, X, Y, w=None, lam=0.0, verbose=False", "weights X Y lambda off"),
        ("thetas, X, Y, epochs=3, sizes=None", "weights X Y once sizes"),
        ("thetas, X=None, Y=None", "weights X Y"),
        ("*values", "weights X Y lambda"),
        ("thetas, X, Y, *rest, **more", "weights X Y"),
        ("params, cache, X, Y", "weights forward X Y"),
        ("W, X, Y, alpha", "weights X Y rate"),
        ("W1, b1, X, k, y", "W1 b1 X output Y"),
    ],
)  # fmt: skip
def test_names_tell_what_parameters_are_and_what_they_do_not_is_filled_in(parameters, roles):
    assert first(parameters)[0] == roles


@pytest.mark.parametrize("parameters", ["pp, qq", "X", "X, X_train", "W1, pp", "**named"])
def test_what_cannot_be_a_gradients_parameters_is_not_tried(parameters):
    found, _ = first(parameters)
    assert found is None or "weights X Y" not in found


def test_what_a_name_leaves_open_is_tried_in_every_way_but_not_forever():
    assert first("pp, qq, rr")[1] == 6  # all orders
    assert first("thetas, X, Y, pp")[1] == 8  # λ, the sizes, a rate, …
    assert first("pp, qq, rr, ss, tt, uu")[1] == 40
    ways = [set(w.values()) for w in assignments(parameters_of(None))]
    assert ways == [{"weights", "X", "Y", "lambda"}]
