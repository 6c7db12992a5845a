"""What the referee asks of a submission, and what is said of what it finds."""

import json
import re

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork, autodiff_gradient, check_backprop, reshape
from micrograd_bp.grading import examine
from micrograd_bp.grading.evidence import Case, relative_difference
from micrograd_bp.grading.flow import Flow
from micrograd_bp.grading.judgement import judged
from micrograd_bp.grading.layouts import COURSE, Layout, Problem, random_problem
from micrograd_bp.grading.model import Model
from micrograd_bp.grading.own_cost import confirmed
from micrograd_bp.grading.precision import Digits, written_decimals, written_digits
from micrograd_bp.grading.search import EXAMPLES, distance, problems_for, unforeseen
from micrograd_bp.grading.submission import Answer

from .in_process import in_process

NET = SigmoidNetwork([3, 2, 2], seed=0)
X, Y = NET.data([[1.0, -2.0, 0.5], [0.3, 0.0, 2.0], [0.1, 1.0, -1.0]], [0, 1, 1])


def right(thetas, X, Y, lambda_):
    return autodiff_gradient(SigmoidNetwork(thetas=thetas), X, Y, lambda_).D


def cost(thetas, X, Y, lambda_):
    return SigmoidNetwork(thetas=thetas).cost(X, Y, lambda_)


# What is asked

VECTORIZED = """
import numpy as np

def gradients(Theta1, Theta2, X, Y, lam):
    m = len(X)
    a1 = np.c_[np.ones(m), X]
    a2 = np.c_[np.ones(m), 1 / (1 + np.exp(-a1 @ Theta1.T))]
    d3 = 1 / (1 + np.exp(-a2 @ Theta2.T)) - Y
    d2 = (d3 @ Theta2 * a2 * (1 - a2))[:, 1:]
    {}
    D1, D2 = d2.T @ a1 / m, d3.T @ a2 / m
    D1[:, 1:] += lam / m * Theta1[:, 1:]
    D2[:, 1:] += lam / m * Theta2[:, 1:]
    return D1, D2
"""


@pytest.mark.parametrize(
    ("line", "outcome", "note"),
    [
        ("", "right", None),
        ("d2 = d2 if m <= 7 else 2 * d2", "wrong", "the gradient is another than elsewhere"),
        ("assert m <= 7", "wrong", "the function fails: submission.py, line 10: AssertionError"),
    ],
)
def test_what_is_right_on_the_usual_data_only_is_wrong(tmp_path, monkeypatch, line, outcome, note):
    path = tmp_path / "submission.py"
    path.write_text(VECTORIZED.format(line))
    diagnosis = in_process(monkeypatch)(path)
    assert diagnosis.outcome == outcome
    if note:
        (said,) = [one for one in diagnosis.notes if note in one]
        m = int(re.search(r"with m = (\d+) example", said)[1])
        assert 8 <= m <= 14
    if "assert" in line:
        assert f"fails with m = {m} example(s); elsewhere its gradient is right" in (
            diagnosis.verdict
        )
    elif line:
        assert len(diagnosis.networks) == 4
        assert not diagnosis.gradient_passed


def test_a_function_that_fails_without_a_penalty_is_wrong_and_right_elsewhere():
    def function(thetas, X, Y, lambda_):
        1.0 / lambda_
        return right(thetas, X, Y, lambda_)

    diagnosis = check_backprop(function)
    assert diagnosis.outcome == "wrong"
    assert diagnosis.verdict == (
        "WRONG: the function fails with m = 7 example(s) and λ = 0; elsewhere its gradient is right"
    )
    assert len(diagnosis.networks) == 1


def test_a_cost_that_is_given_for_some_data_only_confirms_nothing():
    def function(thetas, X, Y, lambda_):
        D = [2.0 * d for d in right(thetas, X, Y, lambda_)]
        return (2.0 * cost(thetas, X, Y, lambda_), D) if lambda_ else D

    assert check_backprop(function).outcome == "wrong"


def five_unknown_names(eins, zwei, drei, vier, fünf):
    thetas = reshape(eins, [(zwei[l + 1], zwei[l] + 1) for l in range(len(zwei) - 1)])
    return np.concatenate([d.ravel(order="F") for d in right(thetas, drei, vier, fünf)])


def one_output_in_a_column(Theta1, Theta2, X, y):
    (_, outputs) = y.shape
    assert outputs == 1
    return right([Theta1, Theta2], X, y, 0.0)


def no_hidden_layer(theta, X, Y, lambda_):
    (D,) = right([theta.reshape((3, -1), order="F")], X, Y, lambda_)
    return D.ravel(order="F")


@pytest.mark.parametrize(
    ("function", "net", "note"),
    [
        (five_unknown_names, None, None),
        (one_output_in_a_column, None, None),
        (no_hidden_layer, None, "only where no layer is hidden; elsewhere: "),
        (lambda thetas, X, Y: right(thetas, X, Y, 0.0), NET, "takes no λ: it was judged for λ = 0"),
    ],
)
def test_a_right_gradient_is_found_to_be_so_and_where_it_runs_is_told(function, net, note):
    diagnosis = check_backprop(function, net)
    assert diagnosis.outcome == "right"
    assert note is None or any(note in one for one in diagnosis.notes)


def test_the_referees_own_gradient_is_confirmed_by_the_graph(monkeypatch):
    def off(net, X, Y, lambda_):
        graph = autodiff_gradient(net, X, Y, lambda_)
        for part in graph.D:
            part *= 1.0 + 2e-9
        return graph

    monkeypatch.setattr(examine, "autodiff_gradient", off)
    with pytest.raises(ArithmeticError, match="two gradients disagree"):
        check_backprop(right, NET, X, Y, 0.0)
    many = np.zeros((200_000 // 14 + 1, 3))  # too large a graph
    assert examine._confirm_by_the_graph(Problem(NET, many, np.ones((len(many), 2)), 0.0)) is None


class Plain:
    """A binding that leaves the data as they are."""

    single = from_labels = False
    examples = None
    takes_lambda = True

    def __init__(self, **changed):
        vars(self).update(changed)


@pytest.mark.parametrize(
    ("bound", "given", "asked"),
    [
        (Plain(), 0.0, [(7, 1.3), (7, 0.0), (1, 0.0)]),
        (Plain(), 0.5, [(7, 0.5), (7, 0.0), (1, 0.0)]),
        (Plain(takes_lambda=False), 0.5, [(7, 0.0), (1, 0.0)]),
        (Plain(from_labels=True), 0.0, [(7, 1.3), (7, 0.0)]),
        (Plain(single=True), 0.0, [(1, 1.3), (1, 0.0)]),
        (Plain(examples=1), 0.0, [(1, 1.3), (1, 0.0)]),
        (Plain(examples=4), 0.0, [(4, 1.3), (4, 0.0), (1, 0.0)]),
    ],
)
def test_several_examples_and_one_with_a_penalty_and_without(bound, given, asked):
    problems = problems_for(bound, [3, 2, 2], given)
    assert [(len(p.X), p.lambda_) for p in problems] == asked
    if bound.single or bound.examples == 1:  # two examples that are not the same
        assert not np.array_equal(problems[0].X, problems[1].X)


def test_every_class_has_an_example_and_one_more():
    (several, *_) = problems_for(Plain(), [2, 10], 0.0)
    assert len(several.X) == 12 > EXAMPLES
    assert np.all(several.Y.sum(axis=0) > 0)


@pytest.mark.parametrize(
    ("bound", "examples", "lambda_"),
    [
        (Plain(), range(8, 15), 1.3),
        (Plain(takes_lambda=False), range(8, 15), 0.0),
        (Plain(single=True), [1], 1.3),
        (Plain(examples=1), [1], 1.3),
    ],
)
def test_what_is_asked_once_more_follows_from_the_text_alone(bound, examples, lambda_):
    asked = [unforeseen(bound, [3, 2, 2], text) for text in map(str, range(60))]
    assert {len(p.X) for p in asked} == set(examples)
    assert {p.lambda_ for p in asked} == {lambda_}
    assert len({p.X.tobytes() for p in asked}) == len(asked)
    assert np.array_equal(asked[0].X, unforeseen(bound, [3, 2, 2], "0").X)
    assert unforeseen(Plain(examples=4), [3, 2, 2], "a") is None


def test_the_distance_is_that_of_the_worst_entry_in_units_of_the_largest():
    problem = Problem(NET, X, Y, 0.0)
    D = problem.exact.D
    size = max(np.max(np.abs(part)) for part in D)
    off = [D[0], D[1] + 0.25 * size * np.eye(2, 3)]
    assert distance(Answer(D, False), problem) == 0.0
    assert distance(Answer(off, False), problem) == pytest.approx(0.25)
    vector = np.concatenate([part.ravel(order="F") for part in off])
    assert distance(Answer([vector], True), problem) == pytest.approx(0.25)
    assert distance(Answer([D[0]], False), problem) == np.inf
    assert distance(Answer([np.nan * D[0], D[1]], False), problem) == np.inf
    for factor, left in [(3.0, 0.0), (-3.0, np.inf)]:  # a step has an α, and a direction
        step = Answer([factor * part for part in D], False, scaled=True)
        assert distance(step, problem) == pytest.approx(left, abs=1e-14)


# What is said


def test_hints_tell_less_and_other_words_are_refused():
    diagnosis = check_backprop(
        lambda thetas, X, Y, lambda_: [d * 2 for d in right(thetas, X, Y, lambda_)]
    )
    assert diagnosis.hinted("full") is diagnosis
    for hint in ("where", "which"):
        told = diagnosis.hinted(hint)
        assert (told.mistakes, told.clues, told.lines, told.layers) == ((), (), None, ())
        assert (told.hint, told.outcome) == (hint, "wrong")
    with pytest.raises(ValueError, match="hint: got 'all', expected where, which or full"):
        diagnosis.hinted("all")
    passed = check_backprop(right, NET, X, Y, 0.0)
    assert passed.hinted("where") is passed


def test_the_cost_stands_in_the_report_in_plain_types():
    def function(thetas, X, Y, lambda_):
        return 2.0 * cost(thetas, X, Y, lambda_), right(thetas, X, Y, lambda_)

    diagnosis = check_backprop(function, NET, X, Y, 0.0)
    J = NET.cost(X, Y, 0.0)
    plain = json.loads(json.dumps(diagnosis.to_dict()))["cost"]
    assert plain == {"yours": pytest.approx(2 * J), "right": pytest.approx(J), "passed": False}


@pytest.mark.parametrize("factor", [2.5, -0.2])
def test_a_factor_of_too_few_weights_to_tell_it_is_a_clue(factor):
    net = SigmoidNetwork([1, 1], seed=0)
    given = np.array([[0.5], [-1.0], [2.0]]), [1, 0, 1]
    diagnosis = check_backprop(lambda *problem: [factor * d for d in right(*problem)], net, *given)
    assert diagnosis.mistakes == ()
    assert diagnosis.clues == (
        f"Every entry is {factor:g} times the right one: look for a factor.",
    )
    off = [np.array([[0.0, 1e-6]])]
    diagnosis = check_backprop(
        lambda *problem: [factor * d + o for d, o in zip(right(*problem), off, strict=True)],
        net, *given,
    )  # fmt: skip
    assert "begin with δ⁽ᴸ⁾" in diagnosis.clues[0]


def test_factors_that_differ_from_case_to_case_are_no_clue():
    def function(thetas, X, Y, lambda_):
        factor = 2.5 if lambda_ else 2.6 if len(X) > 1 else 2.7
        return [factor * d for d in right(thetas, X, Y, lambda_)]

    (clue,) = check_backprop(function, SigmoidNetwork([1, 1], seed=0)).clues
    assert "begin with δ⁽ᴸ⁾" in clue


def stored(D, lambda_=None):
    results = {"X": X, "y": Y, "Theta1": NET.thetas[0], "Theta2": NET.thetas[1]}
    results |= {"Theta1_grad": D[0], "Theta2_grad": D[1]}
    return results if lambda_ is None else results | {"lambda": lambda_}


@pytest.mark.parametrize(
    ("fitted", "note"), [(0.6, True), (0.0, False), (-0.6, False), (1e-4, True)]
)
def test_a_penalty_that_is_not_stored_is_found_if_it_is_one(fitted, note):
    exact, plain = (autodiff_gradient(NET, X, Y, value).D for value in (abs(fitted), 0.0))
    D = exact if fitted >= 0.0 else [2.0 * b - a for a, b in zip(exact, plain, strict=True)]
    diagnosis = check_backprop(stored(D))
    assert diagnosis.passed == (fitted >= 0.0)
    said = f"λ is not stored; the gradient is right for λ = {fitted:g}. Is that the λ you used?"
    assert (said in diagnosis.notes) == note


@pytest.mark.parametrize("given", [{"lambda_": 0.3}, {}])
def test_a_penalty_that_is_given_or_stored_is_the_one_that_counts(given):
    results = stored(autodiff_gradient(NET, X, Y, 0.6).D, None if given else 0.3)
    diagnosis = check_backprop(results, **given)
    assert diagnosis.outcome == "wrong"
    assert diagnosis.mistakes[0].name == "regularization twice"


def test_a_stored_gradient_of_other_shapes_is_told_by_them():
    D = autodiff_gradient(NET, X, Y, 0.6).D
    diagnosis = check_backprop(stored([D[0][:, :-1], D[1]]))
    assert diagnosis.outcome == "wrong"
    assert "The matrices are 2×3 and 2×3; those of Θ are 2×4 and 2×3." in diagnosis.clues


def test_code_that_computes_nothing_has_no_wrong_step():
    case = Case(NET, X, Y, 0.0, Answer([0.0 * part for part in NET.thetas], False))
    assert judged(Flow([], []), Model(NET.thetas, X, Y, 0.0), case, True).found == ()


# What confirms a cost


def J(problem):
    return problem.net.cost(problem.X, problem.Y)


def J_of_one_layer(problem):
    """A cost in which the first layer has no part, though its gradient is right: 0."""
    return float(np.sum(problem.net.thetas[1] ** 2) * np.sum(problem.X) * np.sum(problem.Y[:, 0]))


def only_here(problem):
    """No number, but on the line through all weights at once."""
    moved = np.count_nonzero(problem.net.theta != NET.theta)
    return J(problem) if moved in (0, NET.theta.size) else np.nan


def test_a_cost_confirms_the_gradient_that_is_its_own_on_all_layers():
    problem = Problem(NET, X, Y, 0.0)
    D = autodiff_gradient(NET, X, Y).D
    assert confirmed(J, problem, D, COURSE, stepped=False)
    assert not confirmed(lambda _: 1.0, problem, D, COURSE, stepped=False)
    assert not confirmed(only_here, problem, D, COURSE, stepped=False)
    assert not confirmed(J, problem, [np.nan * D[0], D[1]], COURSE, stepped=False)
    factor = np.sum(X) * np.sum(Y[:, 0])
    first = [0.0 * D[0], 2.0 * factor * NET.thetas[1]]
    assert not confirmed(J_of_one_layer, problem, first, COURSE, stepped=False)
    for rate, passed in [(0.3, True), (-0.3, False)]:
        step = [rate * part for part in D]
        assert confirmed(J, problem, step, COURSE, stepped=True) == passed
        assert not confirmed(J, problem, step, COURSE, stepped=False)


def test_what_does_not_depend_on_examples_and_labels_is_no_cost():
    problem, T = Problem(NET, X, Y, 0.0), NET.thetas

    def penalty(problem):
        return sum(float(np.sum(theta**2)) for theta in problem.net.thetas)

    for cost in (penalty, lambda p: penalty(p) * np.sum(p.X), lambda p: penalty(p) * p.Y[0, 0]):
        D = [2.0 * cost(problem) / penalty(problem) * theta for theta in T]
        assert not confirmed(cost, problem, D, COURSE, stepped=False)


@pytest.mark.parametrize(
    "layout", [COURSE, Layout("apart"), Layout("apart", True, "row"), Layout("none")]
)
def test_a_cost_confirms_a_gradient_in_any_layout(layout):
    problem = layout.problem(random_problem([3, 2, 2], 4, 0.0))
    D = autodiff_gradient(problem.net, problem.X, problem.Y).D
    assert confirmed(J, problem, D, layout, stepped=False)
    turned = [D[0], D[1] * [[1.0, 1.0, 1.0], [1.0, 1.0, 1.01]]]
    assert not confirmed(J, problem, turned, layout, stepped=False)


# With how many digits numbers were written down


LONG = [0.123456789123, 1.987654321987, 23.45678912345, 0.098765432198]


@pytest.mark.parametrize("places", range(3, 10))
def test_digits_are_told_from_the_numbers(places):
    assert written_digits(np.round(LONG, places)) == Digits("decimals", places)
    few = [
        float(f"{x:.{places}g}")
        for x in (12345.6789123, 0.0123456789123, 3.19876543219, 77.7123456789)
    ]
    assert written_digits(few) == Digits("significant", places)


def test_numbers_that_are_too_few_or_have_all_their_digits_tell_none():
    assert written_digits(LONG) is None
    assert written_digits([0.5, 0.25, 0.125, 0.0]) is None
    assert written_digits([0.125, 0.375, 0.625, 0.0, np.nan]) is None
    assert written_digits([0.125, 0.375, 0.625, 0.875]) == Digits("decimals", 3)
    assert written_digits(np.float32(LONG)) == Digits("single", 24)
    assert written_digits(np.round(LONG, 11)) is None


def test_a_rounding_errs_by_half_a_unit_in_the_last_place():
    values = [0.0, 0.0123, -45.6]
    assert np.allclose(Digits("decimals", 4).error(values), 5e-5, rtol=1e-12)
    assert np.allclose(Digits("significant", 3).error(values), [0.0, 5e-5, 0.05], rtol=1e-12)
    assert np.array_equal(Digits("single", 24).error(values), 2.0**-24 * np.abs(values))
    rng = np.random.default_rng(0)
    for x in rng.normal(size=50) * 10.0 ** rng.integers(-6, 6, 50):
        assert abs(float(f"{x:.5g}") - x) <= Digits("significant", 5).error([x])[0] * (1 + 1e-9)
        assert abs(round(x, 4) - x) <= Digits("decimals", 4).error([x])[0] * (1 + 1e-9)


def test_coarser_numbers_were_not_rounded_so():
    four = Digits("decimals", 4)
    assert four.rounded([0.0, *np.round(LONG, 4)])
    assert not four.rounded(LONG)
    assert not four.rounded(np.round(LONG, 3))
    assert four.rounded([0.1234, 0.5, 3.0])  # too few to tell
    assert not four.rounded([0.5, 0.25, 3.0, 2.0])


@pytest.mark.parametrize(
    ("value", "half"), [(7.407, 5e-4), (0.1, 0.05), (0.123456789, 5e-10), (0.1234567891, 0.0)]
)
def test_the_last_decimal_of_one_number(value, half):
    assert written_decimals(value) == pytest.approx(half, rel=1e-12)


def test_differences_are_in_units_of_the_largest_entry_of_the_second():
    one, other = (
        [np.array([[1.0, 2.0]]), np.array([[3.0]])],
        [np.array([[1.0, 2.5]]), np.array([[-5.0]])],
    )
    assert relative_difference(one, other) == 8.0 / 5.0
    assert relative_difference(one, [0.0 * part for part in one]) == 3.0
