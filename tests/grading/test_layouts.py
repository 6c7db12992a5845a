"""Weights, examples and labels in the layouts of people's code, and back again."""

from itertools import product

import numpy as np
import pytest

from micrograd_bp.grading.blocks import Coefficients, coefficients, slips
from micrograd_bp.grading.delivery import Delivery, deliveries
from micrograd_bp.grading.layouts import (
    COURSE,
    EXAMPLES,
    LABELS,
    Layout,
    gather,
    gathered,
    leaves,
    random_problem,
)
from micrograd_bp.grading.quantities import factor_text
from micrograd_bp.grading.submission import UserError

THETAS = [np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]),
          np.array([[-1.0, -2.0, -3.0, -4.0], [-5.0, -6.0, -7.0, -8.0]])]  # fmt: skip
LAYOUTS = [Layout(kind, turned, bias, last)
           for kind, turned, bias in product(("apart", "theta"), (False, True), ("flat", "column"))
           for last in ((False, True) if kind == "theta" else (False,))]  # fmt: skip


def same(one, other):
    return len(one) == len(other) and all(map(np.array_equal, one, other))


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_what_is_handed_over_in_a_layout_comes_back_as_it_was(layout):
    assert same(layout.matrices(*layout.pieces(THETAS), []), THETAS)


def test_each_layout_is_what_its_words_say():
    weights, biases = Layout("apart", True, "column").pieces(THETAS)
    assert weights[0].tolist() == [[2.0, 5.0, 8.0], [3.0, 6.0, 9.0]]
    assert biases[1].tolist() == [[-1.0], [-5.0]]
    assert Layout("apart", False, "row").pieces(THETAS)[1][0].tolist() == [[1.0, 4.0, 7.0]]
    last, none = Layout("theta", last=True).pieces(THETAS)
    assert (last[0][0].tolist(), none) == ([2.0, 3.0, 1.0], [])
    without = Layout("none", True)
    weights, none = without.pieces(THETAS)
    assert (weights[1].shape, none) == ((3, 2), [])
    exact = [theta + 0.5 for theta in THETAS]  # lends the biases, which are not there
    assert without.matrices(weights, [], exact)[0][0].tolist() == [1.5, 2.0, 3.0]
    assert Layout("none", True).words == "no biases, weights as (in, out)"
    assert Layout("theta", last=True).words == "the bias weight last"
    assert (COURSE.words, Layout("apart").words) == ("", "W and b apart")


def test_without_biases_the_problem_has_none():
    problem = random_problem([3, 2], 4, 0.5)
    for layout, zero in ((Layout("none"), True), (COURSE, False)):
        theta = layout.problem(problem).net.thetas[0]
        assert np.all(theta[:, 0] == 0.0) == zero
        assert np.array_equal(theta[:, 1:], problem.net.thetas[0][:, 1:])


CLASSES = np.eye(3)[[1, 0, 2]]
ONE = np.array([[1.0], [0.0]])


@pytest.mark.parametrize(
    ("words", "made"),
    [
        ("", CLASSES.tolist()),
        ("y as class numbers from 0", [1, 0, 2]),
        ("y as class labels from 1", [2, 1, 3]),
        ("y as (m, 1) class labels from 1", [[2], [1], [3]]),
        ("y as (m, 1) class numbers from 0", [[1], [0], [2]]),
        ("y as class labels with K for 0", [1, 3, 2]),
        ("y as (m, 1) class labels with K for 0", [[1], [3], [2]]),
        ("Y with examples in columns", [[0, 1, 0], [1, 0, 0], [0, 0, 1]]),
        ("y as (1, m) class labels from 1", [[2, 1, 3]]),
        ("y as (1, m) class numbers from 0", [[1, 0, 2]]),
        ("Y as (m, 1, K)", [[[0, 1, 0]], [[1, 0, 0]], [[0, 0, 1]]]),
        ("y of one example as (K,)", [0, 1, 0]),
        ("y of one example as (K, 1)", [[0], [1], [0]]),
        ("y of one example as its class number", 1),
    ],
)
def test_labels_are_what_their_words_say(words, made):
    assert np.asarray(LABELS[words](CLASSES)).tolist() == made


def test_of_one_output_there_are_no_labels_but_0_and_1():
    assert LABELS["y as class numbers from 0"](ONE).tolist() == [1, 0]
    assert LABELS["y of one example as a number"](ONE) == 1.0
    others = [
        words for words in LABELS if "class" in words and words != "y as class numbers from 0"
    ]
    for words in others:
        with pytest.raises(UserError, match="no other labels than 0 and 1"):
            LABELS[words](ONE)


@pytest.mark.parametrize(
    ("words", "made"),
    [
        ("", [[1, 2], [3, 4], [5, 6]]),
        ("X with its column of ones", [[1, 1, 2], [1, 3, 4], [1, 5, 6]]),
        ("examples in columns", [[1, 3, 5], [2, 4, 6]]),
        ("examples in columns with a row of ones", [[1, 1, 1], [1, 3, 5], [2, 4, 6]]),
        ("one example as (n,)", [1, 2]),
        ("one example as (n, 1)", [[1], [2]]),
        ("examples as (m, 1, n)", [[[1, 2]], [[3, 4]], [[5, 6]]]),
        ("X with a column of ones behind", [[1, 2, 1], [3, 4, 1], [5, 6, 1]]),
    ],
)
def test_examples_are_what_their_words_say_and_a_copy(words, made):
    X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    given = EXAMPLES[words](X)
    assert given.tolist() == made
    assert not np.shares_memory(given, X)


@pytest.mark.parametrize(("sizes", "m"), [([3, 4], 6), ([3, 4, 1], 4), ([3, 3], 5), ([2, 3], 9)])
def test_a_random_problem_has_every_class_and_other_labels_first_and_last(sizes, m):
    problem = random_problem(sizes, m, 0.5)
    assert problem.X.shape == (m, sizes[0])
    assert problem.lambda_ == 0.5
    labels = problem.Y.argmax(axis=1) if sizes[-1] > 1 else problem.Y[:, 0]
    assert set(labels) == set(range(max(2, sizes[-1])))
    assert labels[0] != labels[-1] or m > 6
    other = random_problem(sizes, m, 0.5, seed=7)
    assert not np.array_equal(problem.X, other.X)


# What a function returns


def test_numbers_are_found_in_whatever_holds_them():
    tree = {"a": [np.ones(2), (1.5, True)], "b": [[1, 2], [3, 4]], "c": "text",
            "d": np.array(["x"]), "e": [[1, 2], [3]], "f": [], "g": [np.float64(1), 2]}  # fmt: skip
    found = {"/".join(path): value.tolist() for path, value in leaves(tree)}
    assert found == {"a/0": [1.0, 1.0], "a/1": [1.5, 1.0], "b": [[1.0, 2.0], [3.0, 4.0]],
                     "e/0": [1.0, 2.0], "e/1": [3.0], "g": [1.0, 2.0]}  # fmt: skip


APART = Layout("apart", bias="column")
W, B = APART.pieces(THETAS)
BIAS = [b.ravel() for b in B]


@pytest.mark.parametrize(
    "tree",
    [
        (W[0], B[0], W[1], B[1]),
        {"dW2": W[1], "db2": BIAS[1], "dW1": W[0], "db1": BIAS[0]},
        {"W1": 0 * W[0], "b1": 0 * B[0], "W2": W[1], "b2": B[1], "dW1": W[0], "db1": B[0],
         "dW2": W[1], "db2": B[1]},
        [0.25, {"grads": [W[0], W[1], BIAS[0][np.newaxis], B[1]]}],
    ],
    ids=["in turn", "by number", "under a gradient's name", "deep"],
)  # fmt: skip
def test_a_gradient_is_found_by_shapes_names_and_numbers(tree):
    assert same(gather(tree, APART, THETAS), THETAS)


@pytest.mark.parametrize("tree", [None, [W[0]], (*W, B[0]), [W[0].T, W[1], *B], 0.5])
def test_what_lacks_a_matrix_is_no_gradient(tree):
    assert gather(tree, APART, THETAS) is None


def test_the_bias_of_one_unit_may_be_a_plain_number():
    theta = [np.array([[0.5, 1.0, 2.0]])]
    assert same(gather({"db": 0.5, "dw": np.array([[1.0, 2.0]])}, APART, theta), theta)


def test_sums_before_and_after_the_penalty_are_both_found():
    before, after = THETAS, [2 * theta for theta in THETAS]
    found = list(gathered([*before, *after], COURSE, THETAS))
    assert [same(*pair) for pair in zip(found, [before, after], strict=True)] == [True, True]
    assert len(list(gathered(before, COURSE, THETAS))) == 1


# How weights are handed over


def test_a_dict_has_the_keys_that_the_function_reads():
    one, two = (np.ones(1), np.ones(2)), (np.zeros(1), np.zeros(2))
    made = Delivery("dict", APART, ("weight_", "bias_")).as_dict(one, two)
    assert list(made) == ["weight_1", "weight_2", "bias_1", "bias_2"]
    assert (made["weight_2"] is one[1], made["bias_1"] is two[0]) == (True, True)
    assert Delivery("lists", APART, ("W", "b")).as_dict(one, two) == {"W": [*one], "b": [*two]}
    keys = ("hidden", "output", "hidden_bias", "output_bias")
    assert list(Delivery("dict", APART, keys).as_dict(one, two)) == list(keys)
    with pytest.raises(UserError, match="reads the weights hidden, output"):
        Delivery("dict", APART, keys).as_dict(one[:1], two[:1])


@pytest.mark.parametrize(
    ("assignment", "strings", "first"),
    [
        ({"thetas": "weights", "lam": "lambda"}, (), Delivery("list")),
        ({"nn_params": "weights"}, (), Delivery("F")),
        ({"w": "weights"}, (), Delivery("F")),
        ({"Theta1": "W1", "Theta2": "W2"}, (), Delivery("numbered")),
        ({"W1": "W1", "b1": "b1"}, (), Delivery("numbered", Layout("apart", False, "column"))),
        ({"W": "weights", "b": "biases"}, (), Delivery("list", Layout("apart", False, "column"))),
        ({"network": "weights", "row": "rows"}, (), Delivery("neurons")),
    ],
)  # fmt: skip
def test_the_likeliest_way_to_hand_over_weights_is_tried_first(assignment, strings, first):
    assert deliveries(assignment, strings)[0] == first


@pytest.mark.parametrize(
    ("strings", "keys"),
    [
        ((), ("W", "b")),
        (("W1", "b1", "dW1"), ("W", "b")),
        (("Theta1", "bias1"), ("Theta", "bias")),
    ],
)
def test_the_keys_of_a_dict_are_those_in_the_function(strings, keys):
    ways = deliveries({"parameters": "weights"}, strings)
    assert {way.keys for way in ways if way.kind == "dict" and way.layout.kind == "apart"} == {keys}


# Factors and coefficients


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (1.0, ("", "")), (-1.0, ("−", "")), (1 / 7, ("", " / m")), (1 / 49, ("", " / m²")),
        (7.0, ("m ", "")), (1.3, ("λ ", "")), (1.3 / 7, ("λ ", " / m")), (0.65, ("½ λ ", "")),
        (1.3 / 14, ("λ ", " / 2m")), (1 / 3, ("", " / K")), (-1 / 21, ("−", " / mK")),
        (2.0, ("2 ", "")), (4 / 7, ("4 ", " / m")), (0.123456, ("0.1235 ", "")),
        (1.0 + 1e-7, ("1 ", "")),
    ],
)  # fmt: skip
def test_a_factor_is_told_in_the_letters_of_the_algorithm(factor, words):
    assert factor_text(factor, 7, 3, 1.3) == words


M, K, RATE = 6, 3, 0.9


def named(alpha, beta, alpha0, beta0=0.0, ones=0.0):
    found = slips(Coefficients(alpha, beta, alpha0, beta0, ones), M, K, RATE)
    assert all(slip.stray == ("stray" in slip.name) for slip in found)
    return [slip.name for slip in found]


@pytest.mark.parametrize(
    ("blocks", "names"),
    [
        ((1 / M, RATE / M, 1 / M), []),
        ((1, RATE / M, 1 / M), ["weights' gradient not divided by m"]),
        ((1 / M**2, RATE / M, 1 / M), ["weights' gradient divided by m twice"]),
        ((-1 / M, RATE / M, 1 / M), ["weights' gradient with the wrong sign"]),
        ((1 / M / K, RATE / M, 1 / M), ["weights' gradient averaged over the outputs too"]),
        ((3.7 / M, RATE / M, 1 / M), ["weights' gradient times a stray factor 3.7"]),
        ((1 / M, RATE / M, 1), ["bias gradient not divided by m"]),
        ((1 / M, RATE / M, -1 / M), ["bias gradient with the wrong sign"]),
        ((1 / M, RATE / M, 0), ["bias unit missing in δaᵀ (0 instead of 1)"]),
        ((1 / M, 0, 1 / M), ["regularization left out"]),
        ((1 / M, RATE, 1 / M), ["regularization without 1/m"]),
        ((1 / M, 2 * RATE / M, 1 / M), ["regularization twice"]),
        ((1 / M, RATE / 2 / M, 1 / M), ["λ/2m instead of λ/m"]),
        ((1 / M, -RATE / M, 1 / M), ["regularization subtracted"]),
        ((1 / M, 0.31 * RATE / M, 1 / M), ["regularization times a stray factor 0.31"]),
        ((1 / M, RATE / M, 1 / M, RATE / M), ["bias column regularized"]),
        ((1 / M, RATE / M, 1 / M, 1e-10 / M, 1e-10 / M), []),
        ((1 / M, RATE / M, 1 / M, 0, 0.2), ["ones for the bias column in the penalty"]),
        ((2 / M, RATE / M, 2 / M), ["every example accumulated twice"]),
        ((5.5 / M, RATE / M, 5.5 / M), ["a stray factor 5.5"]),
        ((5.5 / M, 5.5 * RATE / M, 5.5 / M), ["the whole gradient times a stray factor 5.5"]),
        ((5.5 / M, RATE / M, 1 / M, RATE / M),
         ["weights' gradient times a stray factor 5.5", "bias column regularized"]),
    ],
)  # fmt: skip
def test_each_coefficient_of_a_gradient_has_a_name_where_it_is_wrong(blocks, names):
    assert named(*blocks) == names


@pytest.mark.parametrize(
    ("bias", "found"),
    [
        (lambda sums, thetas: sums / 6, (1 / 6, 0.0, 0.0)),
        (lambda sums, thetas: 0 * sums, (0.0, 0.0, 0.0)),
        (lambda sums, thetas: sums / 6 + 0.1 * thetas, (1 / 6, 0.1, 0.0)),
        (lambda sums, thetas: sums / 36 + 0.1 * thetas, (1 / 36, 0.1, 0.0)),
        (lambda sums, thetas: sums + 0.1, (1.0, 0.0, 0.1)),
        (lambda sums, thetas: 2.5 * sums, (2.5, 0.0, 0.0)),
    ],
)
def test_the_bias_column_has_coefficients_of_its_own(bias, found):
    rng = np.random.default_rng(3)
    Delta, Theta = rng.normal(size=(2, 3, 5))
    value = np.c_[bias(Delta[:, 0], Theta[:, 0]), Delta[:, 1:] / 6 + 0.1 * Theta[:, 1:]]
    made = coefficients(value, Delta, Theta, 6, 0.6)
    assert np.allclose([made.alpha, made.beta], [1 / 6, 0.1])
    assert np.allclose([made.alpha0, made.beta0, made.ones], found, atol=1e-12)


def test_what_is_no_sum_of_delta_and_theta_has_no_coefficients():
    rng = np.random.default_rng(3)
    Delta, Theta, other = rng.normal(size=(3, 3, 5))
    assert coefficients(other, Delta, Theta, 6, 0.6) is None
    assert coefficients(Delta[:, 1:], Delta, Theta, 6, 0.6) is None
    assert coefficients(np.nan * Delta, Delta, Theta, 6, 0.6) is None
    assert coefficients(np.c_[other[:, :1], Delta[:, 1:]], Delta, Theta, 6, 0.6) is None
    assert coefficients(Delta + Theta, Delta, Theta, 6, 0.0) is None  # without λ no Θ is looked for
    few = [[1.0, 2.0, 3.0]]  # as many unknowns as equations: anything would do
    assert coefficients(np.array(few), np.array(few) ** 2, np.array(few) ** 3, 6, 0.6) is None
