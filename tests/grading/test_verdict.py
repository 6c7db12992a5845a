"""The words of a verdict, and the numbers and notes that they are made of."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from micrograd_bp import Diagnosis, SigmoidNetwork, autodiff_gradient
from micrograd_bp.grading import examine
from micrograd_bp.grading.answers import cost_beside, number_in, read_answer
from micrograd_bp.grading.catalogue import MISTAKES
from micrograd_bp.grading.delivery import Delivery
from micrograd_bp.grading.diagnosis import Finding, LayerVerdict, theta_names
from micrograd_bp.grading.evidence import Case
from micrograd_bp.grading.explain import _rank, explanations, judge_cost, unseen
from micrograd_bp.grading.layouts import COURSE, Layout, Problem
from micrograd_bp.grading.own_cost import gradient_scale
from micrograd_bp.grading.submission import Answer, StepError, UserError

NET = SigmoidNetwork([3, 2, 2], seed=0)
X, Y = NET.data([[1.0, -2.0, 0.5], [0.3, 0.0, 2.0], [0.1, 1.0, -1.0]], [0, 1, 1])
PROBLEM = Problem(NET, X, Y, 0.7)
D = autodiff_gradient(NET, X, Y, 0.7).D
J = NET.cost(X, Y, 0.7)


def layer(l, wrong=(), columns=4):
    return LayerVerdict(l, columns, 2 * columns, len(wrong), wrong, "θ₁₂⁽¹⁾", 0.25, -1.5)


def finding(name, layers=(1, 2), parts=None, residual=1e-9):
    formulas = [("(1)", "meant", "used", "remedy")] * len(parts or [name])
    return Finding.of(name, parts or [name], formulas, layers, residual)


RIGHT = Diagnosis(
    "right", True, (), (layer(1), layer(2)), None, 0.0, (), (), (), ("one network",), "as given"
)
WRONG = replace(
    RIGHT, result="wrong", gradient_passed=False, layers=(layer(1, (0, 2)), layer(2)), residual=0.5
)
COST = {"cost": (1.0, 2.0, False), "gradient_passed": True}


@pytest.mark.parametrize(
    ("diagnosis", "verdict"),
    [
        (RIGHT, "RIGHT: the gradient is exact, up to rounding, on this network"),
        (replace(RIGHT, networks=("a", "b")),
         "RIGHT: the gradient is exact, up to rounding, on both networks"),
        (replace(RIGHT, networks=("a", "b", "c")),
         "RIGHT: the gradient is exact, up to rounding, on all 3 networks"),
        (replace(RIGHT, result="nearly right", digits=6),
         "NEARLY RIGHT: it agrees with the exact gradient to 6 digits"),
        (replace(RIGHT, result="nearly right", digits=6, single=True),
         "RIGHT in single precision: it agrees with the exact one to 6 digits"),
        (replace(RIGHT, result="right for its own cost", differences=("no biases", "tanh")),
         "RIGHT FOR ITS OWN COST, which has no biases; tanh"),
        (WRONG, "WRONG in the gradient of Θ⁽¹⁾: no mistake of the catalogue gives these numbers"),
        (replace(WRONG, layers=()), "WRONG: no mistake of the catalogue gives these numbers"),
        (replace(WRONG, mistakes=(finding("no 1/m"),)), "WRONG: no 1/m"),
        (replace(WRONG, mistakes=(finding("no 1/m", (1,)),)), "WRONG: no 1/m, only in Θ⁽¹⁾"),
        (replace(WRONG, mistakes=(finding("one; and other", (1,), ["one", "other"]),)),
         "WRONG: one; and other"),
        (replace(WRONG, **COST), "WRONG: the gradient is right, but the cost J is not"),
        (replace(WRONG, **COST, mistakes=(finding("sign of J", ()),)),
         "WRONG: the gradient is right, but the cost J is not: sign of J"),
        (replace(WRONG, unstable=True),
         "WRONG: another gradient in every call with the same θ and data"),
        (replace(WRONG, unstable=True, gradient_passed=True),
         "WRONG: right at first, but not every time"),
        (replace(WRONG, crashed="with m = 1", gradient_passed=True),
         "WRONG: the function fails with m = 1; elsewhere its gradient is right"),
        (replace(WRONG, crashed="with m = 1", mistakes=(finding("no 1/m"),)), "WRONG: no 1/m"),
        (replace(WRONG, hint="where", where={"file": "f", "line": 7, "code": ""}),
         "WRONG: look at line 7"),
        (replace(WRONG, hint="which"), "WRONG"),
    ],
)  # fmt: skip
def test_a_verdict_is_one_line(diagnosis, verdict):
    assert diagnosis.verdict == verdict
    assert diagnosis.report()[0] == verdict


def test_of_two_diagnoses_that_which_leaves_less_to_explain_is_better():
    named = replace(WRONG, mistakes=(finding("a"),))
    two = replace(WRONG, mistakes=(finding("a; b", parts=["a", "b"]),))
    order = [RIGHT, replace(WRONG, **COST), named, two, WRONG]
    ranks = [one.unexplained for one in order]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == 5
    assert [one.one_mistake for one in order] == [False, False, True, False, False]
    assert [one.cost_wrong for one in order] == [False, True, False, False, False]
    assert not replace(RIGHT, cost=(1.0, 2.0, False)).cost_wrong
    assert not replace(WRONG, cost=(1.0, 1.0, True)).cost_wrong


def test_a_hint_keeps_of_the_line_what_it_may_tell():
    where = {"file": "f.py", "line": 7, "code": "d = 1", "computed": "δ", "expected": "h − y"}
    told = replace(WRONG, where=where)
    assert told.hinted("which").where == where
    assert told.hinted("where").where == {"file": "f.py", "line": 7, "code": "d = 1"}


def test_plain_types_hold_the_listing_and_each_layer_with_its_verdict():
    plain = WRONG.to_dict()
    assert plain["lines"] is None
    assert [one["passed"] for one in plain["layers"]] == [False, True]
    assert "result" not in plain
    listing = SimpleNamespace(to_dict=lambda: {"lines": [1, 2]})
    assert replace(WRONG, lines=listing).details()["lines"] == {"lines": [1, 2]}


def test_the_report_says_what_is_known_and_no_more():
    where = {"file": "f.py", "line": 7, "code": "  d = 1 ", "computed": "δ", "expected": ""}
    full = replace(
        WRONG, cost=(1.25, 2.5, False), where=where, notes=("beware",), unseen=("no 1/m",),
        clues=("look",), judged="f",
        mistakes=(finding("first", (1,)), finding("second", (2,)), finding("of J", ())),
    )  # fmt: skip
    text = str(full)
    for said in (
        "Your gradient, layer by layer", "Your J is 1.25; it should be 2.5.",
        "These data cannot tell apart: first; second. The first of them:", "first — equation (1)",
        "of J — equation (1)", "remedy", "f.py, line 7: d = 1\n", "  computes  δ\n", "\nlook\n",
        "Not to be seen in these data: no 1/m.", "Note: beware",
        "(Relative difference from your numbers: 1e-09 with the formula used, 0.5 with the one "
        "meant.)", "Judged: f, as given; one network.",
    ):  # fmt: skip
        assert said in text
    assert "expected" not in text
    assert "second — " not in text
    assert text.count("Relative difference") == 1  # J has none
    plain = str(replace(full, mistakes=(), judged="", clues=(), notes=(), unseen=(), cost=None))
    assert "Judged: as given; one network." in plain
    for word in ("apart", "Your J", "Note", "Not to be seen"):
        assert word not in plain
    passed = str(replace(full, result="nearly right", gradient_passed=True))
    for word in ("Your gradient", "Your J", "f.py"):
        assert word not in passed
    assert "0 with the one meant" in str(replace(full, residual=1e-17))


@pytest.mark.parametrize(
    ("verdict", "cells"),
    [
        (layer(1), ["right", "right", "", "", ""]),
        (layer(1, (0,)), ["wrong", "right", "θ₁₂⁽¹⁾", "0.25", "-1.5"]),
        (layer(1, (2, 3)), ["right", "wrong in 2, 3", "θ₁₂⁽¹⁾", "0.25", "-1.5"]),
        (layer(1, (0, 1, 2, 3)), ["wrong", "wrong", "θ₁₂⁽¹⁾", "0.25", "-1.5"]),
    ],
)
def test_a_row_of_the_table_tells_bias_and_weights_apart(verdict, cells):
    from micrograd_bp.grading.diagnosis import _layer_row

    assert _layer_row(verdict) == ["Θ⁽¹⁾", *cells]
    assert theta_names([1, 3]) == "Θ⁽¹⁾, Θ⁽³⁾"


# What is read from an answer


@pytest.mark.parametrize(
    ("returned", "cost"),
    [
        ({"cost": 3.0, "W1": D[0]}, 3.0),
        ({"W1": D[0], "total_loss": [2.5]}, 2.5),
        ({"W1": D[0], "b": 4.0}, None),
        ((5.0, *D), 5.0),
        ((*D, np.array([[5.0]])), 5.0),
        (tuple(D), None),
        (5.0, None),
        ([J + 3.0, J + 0.5, D[0]], J + 0.5),
    ],
)
def test_a_number_beside_a_gradient_is_its_cost(returned, cost):
    assert cost_beside(returned, PROBLEM) == (cost if cost is None else pytest.approx(cost))


def test_the_bias_of_a_single_output_is_no_cost():
    net = SigmoidNetwork([3, 2, 1], seed=0)
    problem = Problem(net, X, Y[:, :1], 0.0)
    pieces = [np.ones((2, 3)), np.ones(2), np.ones((1, 2)), np.ones(1)]
    apart = Layout("apart")
    assert cost_beside(pieces, problem, apart) is None
    assert cost_beside([0.75, *pieces], problem, apart) in (0.75, 1.0)
    assert cost_beside([problem.exact.cost, *pieces], problem, apart) == problem.exact.cost


@pytest.mark.parametrize(
    ("value", "number"),
    [(3.0, 3.0), ((2.0, D[0]), 2.0), (np.array([[4.0]]), 4.0), (D[0], None), ([D[0], 1.0], None),
     ("words", None), ([], None)],
)  # fmt: skip
def test_a_value_is_a_number_or_begins_with_one(value, number):
    assert number_in(value) == number


THETAS = [theta.copy() for theta in NET.thetas]
ONE_COST = (0.5, *D)


def read(kind, returned, after=None, layout=COURSE, cost=None, stepped=False):
    given = [theta.copy() for theta in THETAS]
    results = given, returned, given if after is None else after
    return read_answer(Delivery(kind, layout), PROBLEM, results, cost, stepped)


def test_a_gradient_is_read_in_the_courses_layout():
    vector = np.concatenate([part.ravel(order="F") for part in D])
    rows = np.concatenate([part.ravel() for part in D])
    apart = Layout("apart")
    weights, biases = apart.pieces(D)
    pieces = np.concatenate([part.ravel(order="F") for part in (*weights, *biases)])
    for answer in (
        read("list", ONE_COST), read("F", (0.5, vector)), read("C", (0.5, rows)),
        read("numbered", (*weights, *biases, 0.5), layout=apart),
        read("F", (pieces, 0.5), layout=apart), read("F", (0.5, pieces[:, None]), layout=apart),
        read("dict", {"J": 0.5, "dW1": weights[0], "dW2": weights[1], "db1": biases[0],
                      "db2": biases[1]}, layout=apart),
    ):  # fmt: skip
        parts = answer.parts
        if answer.is_vector:
            parts = Case(NET, X, Y, 0.7, answer).parts
        assert all(np.array_equal(a, b) for a, b in zip(parts, D, strict=True))
        assert (answer.cost, answer.changed, answer.scaled) == (0.5, False, False)
    assert read("list", ONE_COST, cost=0.25).cost == 0.25  # another function gave it
    assert read("list", list(D), after=[2.0 * T for T in THETAS]).changed
    with pytest.raises(UserError, match="expected"):
        read("C", "nothing")


def test_a_step_is_what_the_weights_lost():
    step = [theta - 0.1 * part for theta, part in zip(THETAS, D, strict=True)]
    vector = np.concatenate([part.ravel(order="F") for part in step])
    for answer in (
        read("list", step, stepped=True), read("F", vector, stepped=True),
        read("list", None, after=step),
    ):  # fmt: skip
        assert answer.scaled
        for lost, part in zip(answer.parts, D, strict=True):
            np.testing.assert_allclose(lost, 0.1 * part, rtol=1e-12, atol=1e-15)
    with pytest.raises(UserError, match="returned no weights of the shapes that it was given"):
        read("list", [np.ones((5, 5))], stepped=True)
    bare = Layout("none")
    answer = read("list", [theta[:, 1:] for theta in step], layout=bare, stepped=True)
    assert all(np.array_equal(a[:, 0], b[:, 0]) for a, b in zip(answer.parts, PROBLEM.exact.D,
                                                               strict=True))  # fmt: skip


# What an examination notes


def attempt(sizes, skipped=None, misshapen=False):
    net = SimpleNamespace(net=SimpleNamespace(sizes=sizes))
    return SimpleNamespace(skipped=skipped, problem=net, misshapen_before=misshapen)


@pytest.mark.parametrize(
    ("sizes", "only"),
    [
        ([4, 4, 4, 4], "all layers are of one size"),
        ([4, 5, 1], "there is one output unit"),
        ([4, 3], "no layer is hidden"),
        ([4, 5, 3], "one layer is hidden"),
        ([4, 4, 4], "one layer is hidden"),
        ([3, 4, 4, 4], "hidden layers are of one size"),
    ],
)
def test_where_a_function_runs_is_noted(sizes, only):
    bound = SimpleNamespace(takes_lambda=True, words="function")
    runs = SimpleNamespace(cases=[SimpleNamespace(answer=Answer(D, False))])
    failed = StepError("f.py, line 3: ValueError", 3)
    note = f"the function runs only where {only}; elsewhere: f.py, line 3: ValueError."
    assert examine._binding_notes(attempt(sizes, failed), bound, runs) == [note]
    assert examine._binding_notes(attempt(sizes, UserError("no")), bound, runs) == []
    (note,) = examine._binding_notes(attempt(sizes, misshapen=True), bound, runs)
    assert note == "with two hidden layers its gradient has not the shapes of Θ."
    runs.cases.append(SimpleNamespace(answer=Answer(D, False, changed=True)))
    (note,) = examine._binding_notes(attempt(sizes), bound, runs)
    assert note.startswith("the function changes the arrays that it is given")
    bound.takes_lambda = False
    (note, _) = examine._binding_notes(attempt(sizes), bound, runs)
    assert note.startswith("the function takes no λ")
    bound.words = "θ as one vector, bound"
    assert len(examine._binding_notes(attempt(sizes), bound, runs)) == 1


@pytest.mark.parametrize(
    ("off", "cost", "scaled", "words"),
    [
        (0.0, J + 1e-9, False, "only J differs"),
        (0.0, None, False, "in a step that is divided by α again"),
        (1e-8, None, True, "in a step that is divided by α again"),
        (1e-8, None, False, "single precision (float32) goes, or a numerical estimate"),
        (4e-5, None, False, "a numerical estimate of the gradient goes; is it one?"),
        (1e-8, J + 1e-9, False, "single precision"),
        (1e-11, J + 1e-9, False, "single precision"),
        (1e-11, None, False, "single precision"),
    ],
)
def test_the_likely_reason_for_the_last_digits(off, cost, scaled, words):
    answer = Answer([part * (1.0 + off) for part in D], False, cost, scaled=scaled)
    if scaled:
        answer = replace(answer, parts=[part + 1e-9 for part in D])
    case = Case(NET, X, Y, 0.7, answer)
    (note,) = examine._nearly_notes([case], [PROBLEM], "nearly right")
    assert words in note
    assert examine._nearly_notes([case], [PROBLEM], "right") == ()


def test_a_run_is_right_if_every_entry_of_every_case_and_its_cost_are():
    exact = Case(NET, X, Y, 0.7, Answer(list(D), False, J))
    one = [D[0], D[1] + 1e-9 * np.eye(2, 3)]
    assert examine._right([exact, exact])
    assert not examine._right([exact, replace(exact, answer=Answer(one, False))])
    assert not examine._right([exact, replace(exact, answer=Answer(list(D), False, J + 1e-9))])
    assert examine._right([replace(exact, answer=Answer(list(D), False))])


def test_digits_are_the_least_of_gradient_and_cost():
    exact = Case(NET, X, Y, 0.7, Answer(list(D), False, J))
    rough = replace(exact, answer=Answer([D[0] * (1 + 2e-7), D[1] * (1 + 2e-7)], False, J))
    costly = replace(exact, answer=Answer(list(D), False, J * (1.0 + 2e-5)))
    assert examine._digits([exact], [PROBLEM]) == 15 or examine._digits([exact], [PROBLEM]) == 16
    assert examine._digits([exact, rough], [PROBLEM] * 2) == 6
    assert examine._digits([exact, rough, costly], [PROBLEM] * 3) == 4


def test_each_layer_tells_its_wrong_entries_and_the_worst_of_them():
    one, two = [part.copy() for part in D], [part.copy() for part in D]
    one[0][0, 1] += 0.25
    two[0][1, 3] -= 50.0
    cases = [Case(NET, X, Y, 0.7, Answer(parts, False)) for parts in (one, two)]
    first, second = examine.layer_verdicts(cases)
    assert (first.layer, first.columns, first.entries, first.wrong) == (1, 4, 8, 2)
    assert (first.wrong_columns, first.worst) == ((1, 3), "θ₂₃⁽¹⁾")
    assert first.right - first.yours == pytest.approx(50.0)
    assert (second.layer, second.passed, second.wrong_columns) == (2, True, ())


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda d: d, True),
        (lambda d: d * (1.0 + 1e-10), True),
        (lambda d: d * (1.0 + 1e-7), False),
        (lambda d: d[:1], False),
        (lambda d: np.where(d == d[0, 0], np.nan, d), False),
    ],
)
def test_an_answer_is_the_same_to_rounding(change, same):
    one = Answer(list(D), False)
    other = Answer([change(D[0]), D[1]], False)
    assert examine.same_answer(one, other) == examine.same_answer(other, one) == same
    assert not examine.same_answer(one, Answer(D[:1], False))
    for size, off, alike in [(1e-6, 5e-10, False), (1e6, 1e-4, True)]:
        pair = [Answer([np.array([[size, entry]])], False) for entry in (0.0, off)]
        assert examine.same_answer(*pair) == examine.same_answer(*pair[::-1]) == alike
    nan = Answer([np.full((2, 2), np.nan)], False)
    assert examine.same_answer(nan, nan)


def test_a_rate_is_told_from_the_whole_or_from_what_fits_best():
    steps = [0.3 * part for part in D]
    assert examine._alpha(steps, D) == pytest.approx(0.3)
    spoiled = [steps[0], steps[1] + 0.7]  # the first layer tells it
    assert examine._alpha(spoiled, D) == pytest.approx(0.3)
    biases = [part.copy() for part in steps]
    for part in biases:
        part[:, 0] += 0.7  # the weights tell it
    assert examine._alpha(biases, D) == pytest.approx(0.3)
    rng = np.random.default_rng(0)
    assert examine._alpha([rng.normal(size=part.shape) * 1e9 for part in D], D) != 0.0
    factor, left = gradient_scale([2.0 * D[0]], [D[0]])
    assert (factor, left) == (pytest.approx(2.0), pytest.approx(0.0, abs=1e-15))
    factor, left = gradient_scale([np.array([2.0, 4.4])], [np.array([1.0, 2.0])])
    assert (factor, left) == (pytest.approx(10.8 / 5), pytest.approx(0.16 / 4.32))
    assert gradient_scale([D[0]], [0.0 * D[0]]) == (0.0, np.inf)
    assert gradient_scale([np.nan * D[0]], [D[0]]) == (0.0, np.inf)
    assert gradient_scale([0.0 * D[0]], [D[0]]) == (0.0, np.inf)


# What explains


def test_all_that_is_within_a_tenth_of_rounding_is_equally_near():
    assert _rank(SimpleNamespace(noise=0.01)) == _rank(SimpleNamespace(noise=0.1)) == 0.1
    assert _rank(SimpleNamespace(noise=0.5)) == 0.5


def test_a_cost_is_right_where_every_one_that_was_given_is():
    def case(cost, lambda_=0.7):
        return Case(NET, X, Y, lambda_, Answer(list(D), False, cost))

    plain = NET.cost(X, Y, 0.0)
    assert judge_cost([case(None)]) == (None, [])
    (yours, right, agree), found = judge_cost([case(None), case(J)])
    assert (yours, right, agree, found) == (J, pytest.approx(J), True, [])
    (yours, right, agree), found = judge_cost([case(J), case(plain, 0.0), case(plain)])
    assert (yours, right, agree) == (plain, pytest.approx(J), False)
    assert found == []  # the first has its penalty
    (_, _, agree), found = judge_cost([case(plain), case(plain, 0.0)])
    assert [one.name for one in found] == ["J without regularization"]
    assert not agree
    assert found[0].layers == ()
    assert found[0].residual < 1e-14
    assert found[0].noise < 1.0
    assert judge_cost([case(np.nan)])[0][2] is False
    tolerance = case(J).cost_tolerance
    assert judge_cost([case(J + 0.5 * tolerance)])[0][2]
    assert not judge_cost([case(J + 2.0 * tolerance)])[0][2]
    for part, named in [(0.5, True), (2.0, False)]:
        assert bool(judge_cost([case(plain + part * tolerance)])[1]) == named
    data = plain * len(X) + (J - plain)  # "J without 1/m", whose rounding is larger as it is
    for part, named in [(0.9, True), (1.5, False)]:
        (_, found) = judge_cost([case(data + part * tolerance * data / J)])
        assert [one.name for one in found] == ["J without 1/m"] * named


NONE, TWICE = "regularization left out", "regularization twice"


def off_by(part, *names):
    """A case whose layers have these mistakes (None: none), but for a part of what rounding
    explains, in one entry of each."""
    exact = Case(NET, X, Y, 0.7, Answer(list(D), False))
    parts = []
    for l, name in enumerate(names):
        wrong = D[l].copy() if name is None else MISTAKES[name].gradient(NET.thetas, X, Y, 0.7)[l]
        wrong[1, 2] += part * np.max(exact.tolerances[l])
        parts.append(wrong)
    return replace(exact, answer=Answer(parts, False))


@pytest.mark.parametrize("names", [(NONE, NONE), (None, NONE), (NONE, None), (NONE, TWICE)])
def test_a_mistake_is_named_as_closely_as_rounding_allows_and_no_further(names):
    (found,) = explanations([off_by(0.5, *names)])
    assert set(found.parts) == set(names) - {None}
    assert found.layers == tuple(l for l, name in enumerate(names, 1) if name)
    assert 0.3 < found.noise <= 0.51
    assert explanations([off_by(8.0, *names)]) == []
    assert explanations([off_by(0.5, *names), off_by(8.0, *names)]) == []


def test_what_is_left_is_that_of_the_worst_case():
    cases = [off_by(part, NONE, NONE) for part in (0.0, 0.5, 0.1)]
    wrong = MISTAKES[NONE].gradient(NET.thetas, X, Y, 0.7)
    size = max(np.max(np.abs(part)) for part in wrong)
    left = max(
        np.max(np.abs(a - b)) for a, b in zip(cases[1].parts, wrong, strict=True)
    ) / size  # fmt: skip
    for order in (cases, cases[::-1]):
        (found,) = explanations(order)
        assert found.residual == pytest.approx(left, rel=1e-6)
        assert 0.3 < found.noise <= 0.51


def test_two_steps_of_which_one_leaves_nothing_explain_nothing():
    zeros = Case(NET, X, Y, 0.7, Answer([0.0 * part for part in D], False))
    assert explanations([zeros]) == []
    assert explanations([replace(zeros, answer=Answer([np.inf * D[0], D[1]], False))]) == []


def test_unseen_is_what_gives_these_numbers_too():
    one = Case(NET, X[:1], Y[:1], 0.0, Answer(autodiff_gradient(NET, X[:1], Y[:1]).D, False))
    assert {"no 1/m", NONE, "last example only"} <= set(unseen([one]))
    assert "sign of h − y" not in unseen([one])
    three = Case(NET, X, Y, 0.0, Answer(autodiff_gradient(NET, X, Y).D, False))
    assert {"no 1/m", "last example only"}.isdisjoint(unseen([three]))
    assert NONE in unseen([three])
