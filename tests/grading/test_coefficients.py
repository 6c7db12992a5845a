"""What is read from the numbers of a wrong gradient, each where it is decided."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import expit

from micrograd_bp import SigmoidNetwork, backprop_gradient
from micrograd_bp.grading.blocks import Coefficients, coefficients, near, slips
from micrograd_bp.grading.evidence import Case, _growth
from micrograd_bp.grading.examine import Runs
from micrograd_bp.grading.judgement import _among
from micrograd_bp.grading.layouts import random_problem
from micrograd_bp.grading.model import HIDDEN
from micrograd_bp.grading.own_cost import (
    PENALTIES,
    OwnCost,
    Stated,
    _along_one_line,
    family,
    scales,
    stated_cost,
)
from micrograd_bp.grading.submission import Answer


def test_two_coefficients_are_one_to_seven_digits():
    assert near(1.0 + 5e-8, 1.0)
    assert not near(1.0 + 5e-7, 1.0)
    assert not near(5e-7, 0.0)


M, K = 6, 3


@pytest.mark.parametrize(
    ("factor", "name"),
    [
        (1.0, None),
        (-1.0, "sign of h − y"),
        (M, "no 1/m"),
        (1 / M, "1/m twice"),
        (1 / K, "averaged over the outputs too"),
        (2.0, "every example accumulated twice"),
    ],
)
def test_a_factor_of_the_sum_has_the_name_of_its_cause(factor, name):
    alpha = factor / M
    found = slips(Coefficients(alpha, 0.0, alpha, 0.0), M, K, 0.0)
    assert [slip.name for slip in found] == ([] if name is None else [name])


@pytest.mark.parametrize(
    ("factor", "name"),
    [
        (2.0, "whole gradient counted twice"),
        (-1.0, "ascent instead of descent sign overall"),
        (M, "no 1/m anywhere, regularization included"),
        (1 / M, "1/m twice everywhere, regularization included"),
    ],
)
def test_a_factor_of_the_penalty_too_is_one_of_the_whole(factor, name):
    lambda_ = 0.7
    alpha = factor / M
    found = slips(Coefficients(alpha, alpha * lambda_, alpha, 0.0), M, K, lambda_)
    assert [slip.name for slip in found] == [name]


def test_coefficients_are_found_where_every_entry_agrees_and_only_there():
    rng = np.random.default_rng(0)
    Delta, Theta = rng.normal(size=(2, 3, 5))
    penalty = np.c_[np.zeros(3), Theta[:, 1:]]
    value = Delta / 6 + 0.1 * penalty
    found = coefficients(value, Delta, Theta, 6, 0.6)
    assert np.allclose([found.alpha, found.beta, found.alpha0, found.beta0], [1 / 6, 0.1, 1 / 6, 0])
    for place in [(0, 1), (2, 4), (1, 0)]:
        off = value.copy()
        off[place] += 1e-6
        assert coefficients(off, Delta, Theta, 6, 0.6) is None


def test_the_factors_of_a_cost_that_are_no_mistake():
    assert [scale.factor for scale in scales(6, 4, free=False)] == [1, 2, 1 / 4, 2 / 4]
    assert [scale.factor for scale in scales(6, 4, free=True)] == [1, 2, 1 / 4, 2 / 4, 6, 12]


@pytest.mark.parametrize("size", [1e-4, 1.0, 1e4])
def test_the_first_look_along_a_line_turns_at_one_percent(size):
    slopes = np.array([1.0, -2.0, 3.0])
    for factor, agrees in [(1.0, True), (1.005, True), (0.995, True), (1.02, False), (0.9, False)]:
        looked = _along_one_line(lambda t: size * (slopes @ t), np.zeros(3), size * factor * slopes)
        assert looked == agrees


def test_the_cost_as_the_source_writes_it_is_explained_where_a_unit_saturates():
    """log(1 − h) of an h near 1 loses what 1 − h loses: 2⁻⁵³/(1 − h)."""
    z = 25.0
    net = SigmoidNetwork(thetas=[[[0.0, z]]])
    h = 1.0 / (1.0 + np.exp(-z))
    case = Case(net, np.ones((1, 1)), np.zeros((1, 1)), 0.0, Answer([np.zeros((1, 2))], False))
    exact = backprop_gradient(net, case.X, case.Y).cost
    assert abs(exact - (z + np.exp(-z))) < 1e-14
    assert 1e-7 < abs(-np.log(1.0 - h) - exact) <= case.cost_tolerance
    lost = 2.0**-53 / (1.0 - h)
    assert lost / 2.0 <= case.cost_tolerance <= 100.0 * lost


@pytest.mark.parametrize("y", [0.0, 1.0])
@pytest.mark.parametrize("z", [-25.0, -6.0, 0.5, 6.0, 25.0])
def test_the_tolerance_of_a_cost_is_what_rounding_does_to_it(y, z):
    """(3) as it is written, for h from 1e-11 to 1 − 1e-11: never beyond, and no 100 times less."""
    worst = 0.0
    for w in z + np.linspace(-0.5, 0.5, 101):
        net = SigmoidNetwork(thetas=[[[0.0, w]]])
        answer = Answer([np.zeros((1, 2))], False)
        case = Case(net, np.ones((1, 1)), np.array([[y]]), 0.0, answer)
        h = 1.0 / (1.0 + np.exp(-w))
        off = abs(-y * np.log(h) - (1.0 - y) * np.log(1.0 - h) - np.logaddexp(0.0, w - 2 * y * w))
        worst = max(worst, off / case.cost_tolerance)
    assert 0.01 < worst <= 1.0


def test_runs_fit_if_every_case_does():
    cases = [SimpleNamespace(fits=fits) for fits in (True, False)]
    assert Runs(cases[:1], [], "function", []).fits
    assert not Runs(cases, [], "function", []).fits


def test_values_are_among_numbers_if_every_one_is_to_rounding():
    numbers = np.array([-2.0, 0.5, 3.0])
    assert _among(numbers, np.array([[3.0, -2.0], [0.5, 0.5]]))
    assert _among(numbers, numbers * (1.0 + 2.0**-40))
    for value in (-2.1, 0.500001, 0.0, 3.1):
        assert not _among(numbers, np.array([0.5, value]))


def test_growth_is_how_many_times_larger_a_part_is_and_at_least_one():
    assert _growth(np.array([2.0, -6.0]), 3.0) == 2.0
    assert _growth(np.array([1.0]), 2.0) == 1.0
    assert _growth(np.array([1.0]), 0.0) == 1.0


def test_units_are_the_functions_that_they_are_named_after():
    z = np.array([-3.0, -0.5, 0.25, 2.0])
    wanted = {
        "sigmoid": expit(z),
        "tanh": np.tanh(z),
        "relu": [0.0, 0.0, 0.25, 2.0],
        "linear": z,
        "leaky relu": [-0.03, -0.005, 0.25, 2.0],
        "softplus": np.log1p(np.exp(z)),
    }
    assert wanted.keys() == HIDDEN.keys()
    for name, values in wanted.items():
        unit, slope = HIDDEN[name]
        assert np.allclose(unit(z), values, rtol=1e-14, atol=0.0)
        differences = (unit(z + 1e-5) - unit(z - 1e-5)) / 2e-5
        assert np.allclose(slope(z, unit(z)), differences, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("own", list(family(3, 3)), ids=lambda own: f"{own.hidden}, {own.output}")
def test_the_gradient_of_a_known_cost_is_its_slope_by_model_and_by_steps(own):
    problem = random_problem([3, 5, 4, 3], 7, 1.3)
    thetas = problem.net.thetas
    rng = np.random.default_rng(3)
    directions = [rng.normal(size=theta.shape) for theta in thetas]
    for scale, penalty in [(0, ""), (1, "λ instead of λ/2m"), (2, "bias weights regularized too"),
                           (4, "λ/2 instead of λ/2m")]:  # fmt: skip
        stated = Stated(own, scale, penalty)

        def J(t, stated=stated):
            moved = [theta + t * part for theta, part in zip(thetas, directions, strict=True)]
            return stated.model(replace(problem, net=SigmoidNetwork(thetas=moved))).cost

        model = stated.model(problem)
        D = [model.gradient(l) for l in (1, 2, 3)]
        claimed = sum(float(np.sum(a * b)) for a, b in zip(D, directions, strict=True))
        assert (J(1e-6) - J(-1e-6)) / 2e-6 == pytest.approx(claimed, rel=1e-7)
        for one, other in zip(stated.steps.gradient(thetas, problem.X, problem.Y, 1.3), D,
                              strict=True):  # fmt: skip
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)
        known = stated_cost([problem], [model.cost])
        assert known is not None
        assert known.model(problem).cost == pytest.approx(model.cost, rel=1e-9)


def test_penalties_are_what_their_names_say():
    """J with λ = 1.3 and without differ by the penalty: (1.3/2m) Σ θ² and what replaces it."""
    problem = random_problem([4, 5, 3], 7, 1.3)
    squares = sum(float(np.sum(theta[:, 1:] ** 2)) for theta in problem.net.thetas)
    everything = sum(float(np.sum(theta**2)) for theta in problem.net.thetas)
    wanted = {
        "": 1.3 / 14 * squares, "no regularization": 0.0, "λ/2 instead of λ/2m": 0.65 * squares,
        "bias weights regularized too": 1.3 / 14 * everything,
        "λ/m instead of λ/2m": 1.3 / 7 * squares, "λ instead of λ/2m": 1.3 * squares,
        "λ/2 instead of λ/2m, bias weights regularized too": 0.65 * everything,
    }  # fmt: skip
    assert wanted.keys() == PENALTIES.keys()
    for name, value in wanted.items():
        stated = Stated(OwnCost(), 0, name)
        plain = replace(problem, lambda_=0.0)
        found = stated.model(problem).cost - stated.model(plain).cost
        assert found == pytest.approx(value, rel=1e-9, abs=1e-12)
