"""check_backprop: right gradients in every accepted form pass, wrong ones are named or, if no
formula of the catalogue gives their numbers, called wrong and left unnamed."""

import io
import json
from itertools import pairwise

import numpy as np
import pytest
from scipy.io import savemat

from micrograd_bp import (
    Diagnosis,
    SigmoidNetwork,
    autodiff_gradient,
    check_backprop,
    reshape,
    unroll,
)
from micrograd_bp.grading.catalogue import COST_MISTAKES, MISTAKES, CostTerms, Mistake, Steps

from ..conftest import random_case
from .students_at_work import module

G_MISSING = "g' missing in δ"


def network(thetas):
    return SigmoidNetwork(thetas=thetas)


def right(thetas, X, Y, lambda_):
    """By the scalar graph, which shares nothing with what it is compared with."""
    return autodiff_gradient(network(thetas), X, Y, lambda_).D


def wide(steps):
    """The steps in extended precision: their rounding is never that of the catalogue."""

    def gradient(thetas, X, Y, lambda_):
        long = [np.asarray(part, np.longdouble) for part in (*thetas, X, Y)]
        D = steps.gradient(long[:-2], long[-2], long[-1], lambda_)
        return [d.astype(float) for d in D]

    return gradient


def shapes(sizes):
    return [(after, before + 1) for before, after in pairwise(sizes)]


def as_vector(gradient):
    def function(theta, sizes, X, Y, lambda_):
        thetas = reshape(theta, shapes(sizes))
        J = network(thetas).cost(X, Y, lambda_)
        return J, unroll(gradient(thetas, X, Y, lambda_))

    return function


def wrong(name):
    return wide(MISTAKES[name])


# Right gradients, however they are handed in


def matrices_only(thetas, X, Y, lambda_):
    return right(thetas, X, Y, lambda_)


def cost_and_vector(theta, sizes, X, Y, lambda_):
    return as_vector(right)(theta, sizes, X, Y, lambda_)


def cost_and_column(theta, sizes, X, Y, lambda_):
    J, gradient = as_vector(right)(theta, sizes, X, Y, lambda_)
    return [[J]], gradient[:, np.newaxis]


def vector_alone(theta, sizes, X, Y, lambda_):
    return as_vector(right)(theta, sizes, X, Y, lambda_)[1]


def nested_lists(thetas, X, Y, lambda_):
    return [d.tolist() for d in right(thetas, X, Y, lambda_)]


def cost_and_matrices(thetas, X, Y, lambda_):
    return network(thetas).cost(X, Y, lambda_), *right(thetas, X, Y, lambda_)


def keywords_in_another_order(X, Y, *, lam, weights):
    return right(weights, X, Y, lam)


def with_an_option(thetas, X, Y, verbose=False, lambda_=0.0):
    assert verbose is False
    return right(thetas, X, Y, lambda_)


def unknown_names(p, q, r, s):
    return right(p, q, r, s)


def without_lambda(thetas, X, Y):
    return right(thetas, X, Y, 0.0)


def two_matrices(Theta1, Theta2, X, y, lam):
    return right([Theta1, Theta2], X, y, lam)


def labels_from_0(thetas, X, y, lambda_):
    assert y.ndim == 1
    return right(thetas, X, y, lambda_)


def labels_from_1(thetas, X, y, lambda_):
    Y = np.zeros((len(X), len(thetas[-1])))
    Y[np.arange(len(X)), y - 1] = 1  # one-hot y: not an index
    return right(thetas, X, Y, lambda_)


def any_arguments(*arguments):
    return right(*arguments)


def single_precision(thetas, X, Y, lambda_):
    thetas, X, Y = [t.astype(np.float32) for t in thetas], np.float32(X), np.float32(Y)
    return [d.astype(np.float32) for d in Steps().gradient(thetas, X, Y, np.float32(lambda_))]


@pytest.mark.parametrize(
    "function",
    [
        matrices_only,
        cost_and_vector,
        cost_and_column,
        vector_alone,
        nested_lists,
        cost_and_matrices,
        keywords_in_another_order,
        with_an_option,
        unknown_names,
        without_lambda,
        two_matrices,
        labels_from_0,
        labels_from_1,
        any_arguments,
        single_precision,
    ],
)
def test_a_right_gradient_passes_in_every_form(function):
    diagnosis = check_backprop(function)
    assert diagnosis.passed
    assert diagnosis
    assert diagnosis.mistakes == ()
    assert str(diagnosis).startswith("RIGHT")


@pytest.mark.parametrize("seed", range(20))
def test_right_gradients_of_given_networks_pass(seed):
    case = random_case(seed)
    assert check_backprop(right, case.net, case.X, case.y, case.lambda_).passed


def test_a_function_of_theta_alone_is_bound_to_the_network_and_data():
    case = random_case(3)

    def cost_function(theta):
        net = network(case.net.thetas)
        net.theta = theta
        g = autodiff_gradient(net, case.X, case.y, case.lambda_)
        return g.cost, g.vector

    assert check_backprop(cost_function, case.net, case.X, case.y, case.lambda_).passed
    with pytest.raises(ValueError, match="pass net, X and Y too"):
        check_backprop(cost_function)


def test_a_function_that_knows_its_sizes_needs_its_network():
    def cost_function(theta, X, Y, lambda_):
        return cost_and_vector(theta, [3, 4, 2], X, Y, lambda_)

    assert check_backprop(cost_function, SigmoidNetwork([3, 4, 2], seed=0)).passed
    with pytest.raises(ValueError, match="takes θ as one vector and no sizes"):
        check_backprop(cost_function)


def test_saturated_networks_pass():
    net = SigmoidNetwork([3, 4, 2], init=200.0, seed=0)
    X = np.random.default_rng(0).normal(size=(5, 3))
    assert check_backprop(right, net, X, [0, 1, 1, 0, 1], 0.5).passed


# Wrong gradients


ROWS_FIRST = "rows first in both directions"  # consistent, so it is a way to unroll and no mistake


@pytest.mark.parametrize("name", [name for name in MISTAKES if name != ROWS_FIRST])
def test_every_mistake_is_named_first_and_alone(name):
    gradient = wrong(name)
    form = MISTAKES[name].form
    function = as_vector(gradient) if form == "vector" else gradient
    diagnosis = check_backprop(function)
    assert not diagnosis.passed
    assert [found.name for found in diagnosis.mistakes] == [name]
    found = diagnosis.mistakes[0]
    assert (found.meant, found.used) == (MISTAKES[name].meant, MISTAKES[name].used)
    assert found.residual < 1e-14
    report = str(diagnosis)
    assert report.startswith("WRONG")
    assert name in report


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (G_MISSING, "no 1/m"),
        ("sign of h − y", "bias column regularized"),
        ("bias column kept in Θᵀδ", "λ/2m instead of λ/m"),
        ("z used where a belongs in δaᵀ", "one path of several lost (= where += belongs)"),
        ("labels shifted up by one class", "last example only"),
        ("g' evaluated at a instead of z", "gradient transposed"),
    ],
)
def test_two_mistakes_in_different_steps_are_both_named(one, two):
    both = Mistake("", "", "", "", "", {**MISTAKES[one].steps, **MISTAKES[two].steps})
    diagnosis = check_backprop(wide(both))
    assert set(diagnosis.mistakes[0].parts) == {one, two}
    for name in (one, two):
        assert name in diagnosis.verdict
        assert MISTAKES[name].remedy[:40] in str(diagnosis)


def test_a_mistake_in_one_layer_only_is_named_with_its_layer():
    def function(thetas, X, Y, lambda_):
        D = right(thetas, X, Y, lambda_)
        return [D[0], wrong("bias column regularized")(thetas, X, Y, lambda_)[1], *D[2:]]

    diagnosis = check_backprop(function)
    assert diagnosis.mistakes[0].name == "bias column regularized"
    assert diagnosis.mistakes[0].layers == (2,)
    assert diagnosis.verdict.endswith("only in Θ⁽²⁾")
    assert [verdict.passed for verdict in diagnosis.layers] == [True, False, True]
    assert diagnosis.layers[1].wrong_columns == (0,)


def test_different_mistakes_in_different_layers_are_named_with_their_layers():
    def function(thetas, X, Y, lambda_):
        D = right(thetas, X, Y, lambda_)
        D[0] = wrong("regularization left out")(thetas, X, Y, lambda_)[0]
        D[2] = wrong("regularization twice")(thetas, X, Y, lambda_)[2]
        return D

    diagnosis = check_backprop(function)
    assert diagnosis.mistakes[0].parts == ("regularization left out", "regularization twice")
    assert "(in Θ⁽¹⁾)" in diagnosis.verdict
    assert "(in Θ⁽³⁾)" in diagnosis.verdict


def test_theta_row_by_row_in_both_directions_is_right_and_told():
    diagnosis = check_backprop(module("rows_both_ways").nnCostFunction)
    assert diagnosis.outcome == "right"
    assert "row by row" in diagnosis.form


@pytest.mark.parametrize("relative", [1e-12, 1e-6, 1e-2])
@pytest.mark.parametrize("name", [None, G_MISSING, "no 1/m", "regularization twice"])
def test_noise_on_a_known_gradient_leaves_it_unnamed(name, relative):
    rng = np.random.default_rng(1)
    seen = {}

    def function(thetas, X, Y, lambda_):
        key = X.tobytes() + bytes(str(lambda_), "ascii")
        gradient = wide(MISTAKES[name] if name else Steps())
        if key not in seen:
            D = gradient(thetas, X, Y, lambda_)
            seen[key] = [d * (1 + relative * rng.standard_normal(d.shape)) for d in D]
        return seen[key]

    diagnosis = check_backprop(function)
    assert diagnosis.mistakes == ()
    if name is None and relative < 1e-3:  # it agrees to so many digits
        assert diagnosis.outcome == "nearly right"
        assert diagnosis.digits == pytest.approx(-np.log10(relative), abs=1)
    else:
        assert diagnosis.outcome == "wrong"
        assert diagnosis.clues


@pytest.mark.parametrize(
    ("steps", "clue"),
    [
        ({"average": lambda Delta, m, K: Delta / m**1.7}, "right for a single example"),
        ({"slope": lambda z, a, l: (a[l] * (1 - a[l])) ** 2}, "equation (2)"),
        ({"inputs": lambda z, a, l: np.insert(a[l] ** 3, 0, 1.0, axis=1)}, "Bias columns are ri"),
        ({"output_delta": lambda h, Y: (h - Y) ** 3}, "begin with δ⁽ᴸ⁾"),
        ({"arrange": lambda D: [0.0 * d for d in D]}, "Every entry is 0"),
        ({"arrange": lambda D: [d[:-1] for d in D]}, "The matrices are 4×4 and 3×6 and 2×5"),
        ({"arrange": lambda D: [np.vstack([d[:1], d]) for d in D]}, "A row too many"),
        ({"arrange": lambda D: [np.nan * d for d in D]}, "NaN"),
    ],
)
def test_an_unknown_mistake_is_unnamed_with_a_clue_where_to_look(steps, clue):
    diagnosis = check_backprop(wide(Steps(**steps)))
    assert not diagnosis.passed
    assert diagnosis.mistakes == ()
    assert clue in str(diagnosis)


def test_a_list_that_begins_with_a_one_by_one_matrix_has_no_cost():
    net = SigmoidNetwork([1, 1, 3], seed=0)
    diagnosis = check_backprop(wrong("bias column missing from the gradient"), net)
    assert diagnosis.mistakes[0].name == "bias column missing from the gradient"
    assert diagnosis.cost is None


def test_a_vector_of_a_wrong_length_is_told_so():
    diagnosis = check_backprop(lambda theta, sizes, X, Y, lambda_: theta[1:])
    assert "The gradient has 58 entries; θ has 59" in str(diagnosis)


def test_a_matrix_that_fits_square_layers_only_is_found_and_noted():
    diagnosis = check_backprop(wrong("Θ transposed in Θᵀδ"))
    assert diagnosis.mistakes[0].name == "Θ transposed in Θᵀδ"
    assert "only where all layers are of one size" in diagnosis.notes[-1]


def test_a_function_for_one_hidden_layer_is_judged_with_one_and_told_so():
    def unpacks_two(thetas, X, Y, lambda_):
        Theta1, Theta2 = thetas
        return right([Theta1, Theta2], X, Y, lambda_)

    def takes_the_first_two(thetas, X, Y, lambda_):
        return wrong("no 1/m")(thetas[:2], X, np.resize(Y, (len(X), len(thetas[1]))), lambda_)

    diagnosis = check_backprop(unpacks_two)
    assert diagnosis.passed
    assert diagnosis.networks[0].startswith("4-5-3")
    assert "only where one layer is hidden; elsewhere: test_grade.py, line" in diagnosis.notes[0]
    diagnosis = check_backprop(takes_the_first_two)
    assert diagnosis.mistakes[0].name == "no 1/m"
    assert "has not the shapes" in diagnosis.notes[0]


# What the data cannot show


def test_one_example_cannot_show_a_missing_average():
    case = random_case(3)
    X, y = case.X[:1], case.y[:1]
    diagnosis = check_backprop(wrong("no 1/m"), case.net, X, y, 0.5)
    assert diagnosis.passed
    assert "no 1/m" in diagnosis.unseen
    assert "no 1/m" in str(diagnosis)
    assert check_backprop(wrong("no 1/m")).mistakes[0].name == "no 1/m"


def test_mistakes_that_the_data_cannot_tell_apart_are_all_listed():
    net = SigmoidNetwork([3, 4, 2], seed=1)
    X, Y = np.random.default_rng(0).normal(size=(3, 3)), [0, 1, 1]
    diagnosis = check_backprop(wrong("ascent instead of descent sign overall"), net, X, Y, 0.0)
    names = {found.name for found in diagnosis.mistakes}
    assert names == {"sign of h − y", "ascent instead of descent sign overall"}
    assert "cannot tell apart" in str(diagnosis)


# The cost


@pytest.mark.parametrize("mistake", COST_MISTAKES, ids=lambda mistake: mistake.name)
def test_a_wrong_cost_is_named_beside_a_right_gradient(mistake):
    def function(thetas, X, Y, lambda_):
        J = mistake.cost(CostTerms.of(thetas, X, Y, lambda_))
        return J, right(thetas, X, Y, lambda_)

    diagnosis = check_backprop(function)
    assert not diagnosis.passed
    assert diagnosis.gradient_passed
    assert [found.name for found in diagnosis.mistakes] == [mistake.name]
    assert mistake.remedy.split()[0] in str(diagnosis)


def test_an_unknown_cost_is_wrong_and_unnamed():
    diagnosis = check_backprop(
        lambda thetas, X, Y, lambda_: (
            1.0001 * network(thetas).cost(X, Y, lambda_),
            right(thetas, X, Y, lambda_),
        )
    )
    assert diagnosis.verdict == "WRONG: the gradient is right, but the cost J is not"
    assert "it should be" in str(diagnosis)


# Functions that misbehave


def test_gradients_that_pile_up_between_calls_are_noticed():
    total = {}

    def function(thetas, X, Y, lambda_):
        D = total.setdefault(len(X) + lambda_, [np.zeros(t.shape) for t in thetas])
        for have, more in zip(D, right(thetas, X, Y, lambda_), strict=True):
            have += more
        return [d.copy() for d in D]

    diagnosis = check_backprop(function)
    assert not diagnosis.passed
    assert "set every Δ to 0" in diagnosis.notes[0]


def test_arguments_that_are_overwritten_do_no_harm():
    def function(thetas, X, Y, lambda_):
        D = right(thetas, X, Y, lambda_)
        for part in (*thetas, X, Y):
            part[:] = 7.0
        return D

    case = random_case(4)
    before = case.net.theta
    assert check_backprop(function).passed
    assert check_backprop(function, case.net, case.X, case.y).passed
    np.testing.assert_array_equal(case.net.theta, before)


def unpacks_and_crashes(thetas, X, Y, lambda_):
    Theta1, Theta2 = thetas
    return Theta1 @ Theta2


def divides_by_zero(thetas, X, Y, lambda_):
    return 1 / 0


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (divides_by_zero, r"^test_grade\.py, line \d+: ZeroDivisionError: division by zero$"),
        (unpacks_and_crashes, r"ValueError: matmul: .*\(size 3 is different from 5\)"),
        (lambda thetas, X, Y, lambda_: None, "returned None; is its return statement missing"),
        (lambda thetas, X, Y, lambda_: "D", "returned str, expected the list of matrices"),
        (lambda thetas, X, Y, lambda_: 3.0, "returned one number, expected a gradient"),
        (lambda thetas, X, Y, lambda_: np.zeros((2, 2, 2, 2)), "array of shape"),
    ],
)
def test_a_function_that_gives_no_gradient_raises_one_line(function, message):
    with pytest.raises(ValueError, match=message):
        check_backprop(function)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((3,), TypeError, "function: got int"),
        ((lambda a, b: a,), TypeError, r"got parameters \(a, b\), expected \(thetas"),
        ((right, None, [[1.0]], [1]), ValueError, "net: got None"),
        ((right, SigmoidNetwork([1, 1], seed=0), [[1.0]]), ValueError, "Y: got None"),
        ((right, None, None, None, -1.0), ValueError, "lambda_"),
        ((right, SigmoidNetwork([1, 1], seed=0), [[1.0]], [2]), ValueError, "Y: got 2"),
        (("nothing.mat",), FileNotFoundError, "no such file"),
        (("results.txt",), ValueError, "expected a file of type"),
    ],
)
def test_bad_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        check_backprop(*arguments)


# Stored results


@pytest.fixture
def stored():
    """What a student has in the workspace at the end, as Octave names it."""
    rng = np.random.default_rng(8)
    net = SigmoidNetwork([4, 5, 3], seed=2)
    X, y = rng.normal(size=(7, 4)), np.array([0, 2, 1, 1, 2, 0, 2])
    D = autodiff_gradient(net, X, y, 0.6)
    return {
        "X": X,
        "y": (y + 1.0)[:, np.newaxis],
        "Theta1": net.thetas[0],
        "Theta2": net.thetas[1],
        "lambda": 0.6,
        "grad": D.vector[:, np.newaxis],
    }


def gradient_of(arrays, name, lambda_=0.6):
    Y = np.eye(3)[arrays["y"].ravel().astype(int) - 1]
    thetas = [arrays["Theta1"], arrays["Theta2"]]
    return unroll(wrong(name)(thetas, arrays["X"], Y, lambda_))


def octave_text(arrays):
    text = "# Created by Octave 8.4.0, Mon Nov 23 20:59:52 2026 UTC <student@home>\n"
    for name, value in arrays.items():
        if np.ndim(value) == 0:
            text += f"# name: {name}\n# type: scalar\n{float(value)!r}\n\n\n"
        else:
            rows = "".join(" " + " ".join(map(repr, row)) + "\n" for row in value.tolist())
            text += f"# name: {name}\n# type: matrix\n# rows: {len(value)}\n"
            text += f"# columns: {value.shape[1]}\n{rows}\n\n"
    return text + "# name: note\n# type: string\n# elements: 1\n# length: 2\nhi\n"


def save(path, arrays):
    if path.suffix == ".mat" and path.stem == "text":
        path.write_text(octave_text(arrays))
    elif path.suffix == ".mat":
        savemat(path, arrays)
    elif path.suffix == ".npz":
        np.savez(path, **arrays)
    else:
        path.write_text(json.dumps({key: np.asarray(v).tolist() for key, v in arrays.items()}))
    return path


@pytest.mark.parametrize("file", ["binary.mat", "text.mat", "results.npz", "results.json"])
def test_stored_results_are_judged_without_code(stored, tmp_path, file):
    assert check_backprop(save(tmp_path / file, stored)).passed
    stored["grad"] = gradient_of(stored, G_MISSING)[:, np.newaxis]
    diagnosis = check_backprop(str(save(tmp_path / file, stored)))
    assert [found.name for found in diagnosis.mistakes] == [G_MISSING]


@pytest.mark.parametrize("shape", [(0,), (0, 0), (0, 3), (3, 0), (0, 0, 0), (2, 0, 3)])
def test_a_gradient_without_a_number_is_none(stored, tmp_path, shape):
    """``grad = []`` in Octave, where the assignment was not done: 0×0, and no gradient."""
    stored["grad"] = np.empty(shape)
    with pytest.raises(ValueError, match=r"^results\.npz: grad is an array of shape \("):
        check_backprop(save(tmp_path / "results.npz", stored))
    with pytest.raises(ValueError, match=r"^function: returned an array of shape \("):
        check_backprop(lambda net, X, Y, lambda_: (0.0, np.empty(shape)))


def test_octaves_label_10_is_the_tenth_output():
    """Digit 0 is stored as 10 there; nothing needs to be translated but the count from 1."""
    rng = np.random.default_rng(0)
    net = SigmoidNetwork([3, 4, 10], seed=0)
    X, labels = rng.normal(size=(6, 3)), np.array([10, 1, 2, 9, 10, 5])
    arrays = {"X": X, "y": labels, "Theta1": net.thetas[0], "Theta2": net.thetas[1]}
    arrays["grad"] = autodiff_gradient(net, X, labels - 1).vector
    assert check_backprop(arrays).passed


def test_labels_of_a_mat_file_count_from_1_even_if_the_last_class_is_missing(stored, tmp_path):
    y = np.array([0, 1, 1, 0, 1, 0, 0])
    net = network([stored["Theta1"], stored["Theta2"]])
    stored |= {"y": y + 1.0, "grad": autodiff_gradient(net, stored["X"], y, 0.6).vector}
    assert check_backprop(save(tmp_path / "r.mat", stored)).passed
    stored["y"] = y
    assert check_backprop(stored).passed


def test_labels_in_a_row_of_as_many_as_outputs_are_labels(tmp_path):
    """SciPy saves a vector as a row: (1, 3) for three examples, and here three outputs too."""
    rng = np.random.default_rng(0)
    net, X, y = SigmoidNetwork([2, 3], seed=0), rng.normal(size=(3, 2)), np.array([3, 1, 1])
    arrays = {"X": X, "y": y, "Theta1": net.thetas[0]}
    arrays["grad"] = autodiff_gradient(net, X, y - 1).vector
    assert check_backprop(save(tmp_path / "r.mat", arrays)).passed


def test_a_layer_that_is_lacking_is_not_passed_over(stored):
    """Its other layers could be a network of their own, with another gradient."""
    del stored["Theta1"]
    with pytest.raises(ValueError, match="results: got Theta2, expected one for each layer"):
        check_backprop(stored)


def test_inputs_saved_with_their_bias_unit_are_recognized(stored):
    stored["X"] = np.insert(stored["X"], 0, 1.0, axis=1)
    assert check_backprop(stored).passed


def test_a_lambda_that_was_not_stored_is_found(stored):
    del stored["lambda"]
    diagnosis = check_backprop(stored)
    assert diagnosis.passed
    assert "the gradient is right for λ = 0.6" in diagnosis.notes[0]
    stored["grad"] = gradient_of(stored, G_MISSING)
    assert not check_backprop(stored).passed
    assert check_backprop(stored, lambda_=0.6).mistakes[0].name == G_MISSING


def test_matrices_and_a_cost_may_be_stored_too(stored):
    net = network([stored["Theta1"], stored["Theta2"]])
    D = reshape(stored.pop("grad").ravel(), net.shapes)
    Y = stored["y"].ravel() - 1
    stored |= {"Theta1_grad": D[0], "Theta2_grad": D[1], "J": net.cost(stored["X"], Y, 0.6)}
    assert check_backprop(stored).passed
    stored["J"] = net.cost(stored["X"], Y, 0.0)
    assert check_backprop(stored).mistakes[0].name == "J without regularization"


def test_network_and_data_that_are_not_stored_may_be_given(stored):
    net = network([stored["Theta1"], stored["Theta2"]])
    y = stored["y"].ravel() - 1
    diagnosis = check_backprop({"grad": stored["grad"]}, net, stored["X"], y, 0.6)
    assert diagnosis.passed


@pytest.mark.parametrize("kind", ["4 decimals", "5 decimals", "6 digits", "single"])
@pytest.mark.parametrize("name", [None, G_MISSING, "bias column regularized", "no 1/m"])
def test_results_with_few_digits_are_judged_by_those(stored, kind, name):
    if name is not None:
        stored["grad"] = gradient_of(stored, name)
    lose = {
        "4 decimals": lambda v: np.round(v, 4),
        "5 decimals": lambda v: np.round(v, 5),
        "6 digits": np.vectorize(lambda x: float(f"{x:.6g}")),
        "single": np.float32,
    }[kind]
    for key in ("X", "Theta1", "Theta2", "grad"):
        stored[key] = lose(stored[key])
    diagnosis = check_backprop(stored)
    assert diagnosis.passed == (name is None)
    assert [found.name for found in diagnosis.mistakes][:1] == [name] * (name is not None)


def test_too_few_digits_are_refused_and_full_ones_are_strict(stored):
    net = network([stored["Theta1"], stored["Theta2"]])
    near = net.forward(stored["X"]).a[-1] + 0.004  # hardly any error, so hardly any gradient
    rough = stored | {"y": near, "lambda": 0.0}
    rough["grad"] = np.round(autodiff_gradient(net, stored["X"], near).vector, 3)
    with pytest.raises(ValueError, match="too few digits"):
        check_backprop(rough)
    stored["grad"] = stored["grad"] * (1 + 1e-12)
    assert check_backprop(stored).outcome == "nearly right"


def test_the_published_results_of_the_course_are_right(course):
    arrays = {"y": course["labels"], "lambda": course["lambda_"], "J": course["cost"]}
    arrays |= {key: course[key] for key in ("X", "theta", "sizes")}
    diagnosis = check_backprop(arrays | {"grad": course["gradient"]})
    assert diagnosis.passed
    rows_first = np.concatenate(
        [d.ravel() for d in reshape(course["gradient"], shapes(course["sizes"]))]
    )
    diagnosis = check_backprop(arrays | {"grad": rows_first})
    assert diagnosis.mistakes[0].name == "row-major instead of column-major unrolling"


@pytest.mark.parametrize("key", ["X", "y", "Theta1", "grad"])
def test_what_is_missing_is_named(stored, key):
    del stored[key]
    if key == "Theta1":
        del stored["Theta2"]
    with pytest.raises(ValueError, match=rf"^results: got .*, expected {key}"):
        check_backprop(stored)


@pytest.mark.parametrize("suffix", [".mat", ".npz", ".json"])
def test_an_unreadable_file_is_one_line(tmp_path, suffix):
    path = tmp_path / f"results{suffix}"
    path.write_bytes(b"\x00\x01 no such format")
    with pytest.raises(ValueError, match=rf"not a readable {suffix} file") as error:
        check_backprop(path)
    assert "\n" not in str(error.value)


def test_a_gradient_that_is_no_array_is_named(stored):
    with pytest.raises(ValueError, match=r"^results: grad is"):
        check_backprop(stored | {"grad": "none yet"})


# The report


def test_the_report_in_plain_types_survives_json():
    diagnosis = check_backprop(wrong("bias column missing from the gradient"))
    assert isinstance(diagnosis, Diagnosis)
    plain = json.loads(json.dumps(diagnosis.to_dict(), allow_nan=False))
    assert plain["passed"] is False
    assert plain["verdict"] == diagnosis.verdict
    assert plain["mistakes"][0]["name"] == "bias column missing from the gradient"
    assert plain["residual"] is None  # there is none between different shapes


def test_the_report_shows_formulas_side_by_side_and_the_remedy():
    lines = str(check_backprop(wrong("sign of h − y"))).splitlines()
    assert lines[0] == "WRONG: sign of h − y"
    assert any("δ⁽ᴸ⁾ = h_θ(x) − y" in line and "δ⁽ᴸ⁾ = y − h_θ(x)" in line for line in lines)
    assert any("δ must be positive" in line for line in lines)
    assert max(len(line) for line in lines if line.startswith(" ")) <= 100  # of the tables


def test_the_worst_entry_of_each_layer_is_shown_with_both_values():
    def function(thetas, X, Y, lambda_):
        D = right(thetas, X, Y, lambda_)
        D[1][1, 2] += 0.25
        return D

    diagnosis = check_backprop(function)
    verdict = diagnosis.layers[1]
    assert (verdict.worst, verdict.wrong, verdict.wrong_columns) == ("θ₂₂⁽²⁾", 1, (2,))
    assert verdict.yours - verdict.right == pytest.approx(0.25)
    assert "wrong in 2" in str(diagnosis)


def test_a_npz_file_in_memory_is_not_taken_for_a_path():
    with pytest.raises(TypeError, match="function: got BytesIO"):
        check_backprop(io.BytesIO())
