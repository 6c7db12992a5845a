"""One attempt examined, step by step: what is asked, what is noticed, and in which words."""

from types import SimpleNamespace

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork, autodiff_gradient, check_backprop
from micrograd_bp.grading import examine
from micrograd_bp.grading.blocks import coefficients
from micrograd_bp.grading.evidence import Case
from micrograd_bp.grading.layouts import COURSE, Problem
from micrograd_bp.grading.model import Model
from micrograd_bp.grading.quantities import Quantities
from micrograd_bp.grading.sandbox import grade_file
from micrograd_bp.grading.submission import Answer, UserError

NET = SigmoidNetwork([3, 2, 2], seed=0)
X, Y = NET.data([[1.0, -2.0, 0.5], [0.3, 0.0, 2.0]], [0, 1])
PROBLEM = Problem(NET, X, Y, 0.7)
D = autodiff_gradient(NET, X, Y, 0.7).D


def right(thetas, X, Y, lambda_):
    return autodiff_gradient(SigmoidNetwork(thetas=thetas), X, Y, lambda_).D


def unstable(thetas, X, Y, lambda_):
    unstable.calls += 1
    return [part * (1.0 + 1e-3 * unstable.calls) for part in right(thetas, X, Y, lambda_)]


unstable.calls = 0


def too_short(thetas, X, Y, lambda_):
    return [part[:, 1:] for part in right(thetas, X, Y, lambda_)]


@pytest.mark.parametrize("function", [right, unstable, too_short])
def test_only_a_steady_and_wrong_gradient_is_held_against_other_costs(monkeypatch, function):
    def refused(*_):
        raise AssertionError("asked")

    monkeypatch.setattr(examine, "own_cost_of", refused)
    assert check_backprop(function, NET, X, Y, 0.7).outcome == (
        "right" if function is right else "wrong"
    )


def test_what_did_not_pass_is_not_asked_again():
    diagnosis, runs = SimpleNamespace(passed=False), SimpleNamespace(bound=object())
    assert examine.asked_again(diagnosis, runs, None, "") == (diagnosis, runs)


class Asked:
    """A binding whose answers are given in advance."""

    layout, words, name = COURSE, "function", "f"

    def __init__(self, *answers):
        self.answers = iter(answers)

    def answer(self, runner, problem):
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_one_step_among_the_answers_is_a_step():
    plain, step = Answer(D, False), Answer(D, False, scaled=True)
    assert examine._run(Asked(plain, plain, step), None, [PROBLEM, PROBLEM]).stepped
    assert not examine._run(Asked(plain, plain, plain), None, [PROBLEM, PROBLEM]).stepped


def test_the_first_data_on_which_the_function_fails_are_named():
    few = Problem(NET, X[:1], Y[:1], 0.0)
    answers = Answer(D, False), Answer(D, False), UserError("f: no"), UserError("f: neither")
    found = examine._run(Asked(*answers), None, [PROBLEM, few, PROBLEM])
    assert found.crashed == "with m = 1 example(s) and λ = 0"
    assert found.notes == [
        "with m = 1 example(s) and λ = 0 the function fails: f: no",
        "with m = 2 example(s) and λ = 0.7 the function fails: f: neither",
    ]


def test_a_step_is_divided_by_the_size_of_its_rate_and_keeps_its_sign():
    other = Answer([part + 1.0 for part in D], False)
    steps = [Answer([rate * part for part in D], False, scaled=True) for rate in (-0.5, 2.0)]
    made = examine.descaled([steps[0], other, steps[1]], [D] * 3, [2] * 3, COURSE)
    for answer, factor in ((made[0], -1.0), (made[2], 4.0)):  # one rate for equally many examples
        assert not answer.scaled
        assert all(np.allclose(a, factor * b) for a, b in zip(answer.parts, D, strict=True))
    assert made[1] is other


@pytest.mark.parametrize(
    ("single", "words"),
    [((True, True), "single precision"), ((True, False), "numerical estimate of the gradient")],
)
def test_single_precision_must_explain_every_case(monkeypatch, single, words):
    cases = [Case(NET, X, Y, 0.7, Answer([d * (1 + 1e-6) for d in D], False)) for _ in single]
    said = iter(single)
    monkeypatch.setattr(examine, "_in_single", lambda case: next(said))
    (note,) = examine._nearly_notes(cases, [PROBLEM, PROBLEM], "nearly right")
    assert words in note


def test_numbers_as_written_to_four_decimals_are_within_what_that_explains():
    for seed in range(5):
        net = SigmoidNetwork([3, 2, 2], seed=seed)
        exact = autodiff_gradient(net, X, Y, 0.7)
        answer = Answer([part.round(4) for part in exact.D], False, round(exact.cost, 4))
        case = Case(net, X, Y, 0.7, answer, stored=True)
        assert abs(answer.cost - exact.cost) <= case.cost_tolerance <= 1e-3
        assert all(np.all(error <= 1.0) for error in case.errors())
        assert all(5e-5 <= t.min() <= t.max() <= 1e-3 for t in case.tolerances)


@pytest.mark.parametrize(("part", "decidable"), [(0.01, True), (0.2, False)])
def test_a_tolerance_of_a_twentieth_of_the_gradient_decides_nothing(part, decidable):
    case = SimpleNamespace(
        exact=SimpleNamespace(D=[np.array([1.0, -5.0])]), tolerances=[5.0 * part]
    )
    assert Case.decidable.fget(case) == decidable


@pytest.mark.parametrize(("off", "found"), [(1e-10, True), (3e-8, False)])
def test_what_agrees_to_nine_digits_is_a_sum_of_delta_and_theta(off, found):
    rng = np.random.default_rng(0)
    Delta, Theta = rng.normal(size=(2, 3, 5))
    value = Delta / 6.0
    value[1, 2] += off * np.max(np.abs(value))
    assert (coefficients(value, Delta, Theta, 6, 0.0) is not None) == found


def test_code_of_gigabytes_is_refused_unread(tmp_path):
    file = tmp_path / "f.py"
    with file.open("wb") as stream:
        stream.truncate(5 * 10**9)
    with pytest.raises(ValueError, match=r"^f\.py: got 5000 MB, expected code of up to 100$"):
        grade_file(file)


@pytest.mark.parametrize(("off", "found"), [(1e-10, True), (3e-8, False)])
def test_a_quantity_is_known_to_nine_digits(off, found):
    known = Quantities(Model(NET.thetas, X, Y, 0.7))
    value = D[0] * (1.0 + off * np.array([[1, -1, 1, -1], [-1, 1, -1, 1]]))
    match = known.match(value)
    assert (match is not None) == found
    assert not found or (match.kind, match.quantity.layer) == ("D", 1)


def test_float32_has_its_own_rounding():
    case = Case(NET, X, Y, 0.7, Answer([part.astype(np.float32) for part in D], False))
    assert case.unit == np.finfo(np.float32).eps / 2.0


@pytest.mark.parametrize(("off", "outcome"), [(1e-5, "nearly right"), (1e-3, "wrong")])
def test_nearly_right_is_so_to_four_digits_of_the_largest_entry(off, outcome):
    def function(thetas, X, Y, lambda_):
        made = right(thetas, X, Y, lambda_)
        made[0] = made[0] + off * max(np.max(np.abs(part)) for part in made)
        return made

    assert check_backprop(function, NET, X, Y, 0.7).outcome == outcome
