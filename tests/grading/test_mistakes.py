"""The catalogue: its right steps are right, its mistakes are all different, and each one gives
what a student gets who makes it (files of tests/students share no code with the package)."""

from dataclasses import replace

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork, autodiff_gradient, unroll
from micrograd_bp.grading.catalogue import COST_MISTAKES, MISTAKES, CostTerms, Steps, pairs

from ..conftest import random_case
from .students_at_work import PLANTED, on_any_network


def square_network():
    """All layers of one size, where every mistake can be made; five examples, three classes."""
    rng = np.random.default_rng(5)
    net = SigmoidNetwork([3, 3, 3, 3], init=1.0, seed=rng)
    return net.thetas, rng.normal(size=(5, 3)), np.eye(3)[[1, 0, 2, 2, 0]], 0.7


@pytest.mark.parametrize("seed", range(10))
def test_the_steps_without_a_mistake_are_the_gradient_of_the_graph(seed):
    case = random_case(seed)
    X, Y = case.net.data(case.X, case.y)
    D = Steps().gradient(case.net.thetas, X, Y, case.lambda_)
    exact = autodiff_gradient(case.net, X, Y, case.lambda_)
    np.testing.assert_allclose(unroll(D), exact.vector, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", MISTAKES)
def test_every_mistake_changes_the_gradient_and_reads_as_a_lesson(name):
    mistake = MISTAKES[name]
    right = Steps().gradient(*square_network())
    wrong = mistake.gradient(*square_network())
    same_shapes = [d.shape for d in wrong] == [d.shape for d in right]
    assert not same_shapes or np.max(np.abs(unroll(wrong) - unroll(right))) > 1e-3
    assert mistake.name == name
    assert mistake.meant != mistake.used
    assert mistake.remedy.endswith((".", '"F").', '"F")."'))
    assert len(mistake.remedy) > 60
    assert mistake.equation


def test_no_two_mistakes_give_the_same_gradient():
    gradients = {name: unroll(m.gradient(*square_network())) for name, m in MISTAKES.items()}
    names = list(gradients)
    alike = [
        (one, two)
        for i, one in enumerate(names)
        for two in names[i + 1 :]
        if gradients[one].shape == gradients[two].shape
        and np.allclose(gradients[one], gradients[two], rtol=1e-6)
    ]
    # rows and columns of a square matrix swapped, then unrolled: one of them as matrices only
    assert alike == [("gradient transposed", "row-major instead of column-major unrolling")]


@pytest.mark.parametrize(("name", "function"), on_any_network())
def test_a_mistake_is_what_a_student_gets_who_makes_it(name, function):
    thetas, X, Y, lambda_ = square_network()
    expected = MISTAKES[name].gradient(thetas, X, Y, lambda_)
    found = function([theta.copy() for theta in thetas], X, Y, lambda_)
    for yours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(yours, theirs, rtol=1e-11, atol=1e-14)


def test_a_student_has_made_each_mistake():
    assert set(MISTAKES) <= set(PLANTED.values())


def test_pairs_are_of_mistakes_in_different_steps():
    for one, two in pairs(list(MISTAKES.values())):
        assert not set(one.steps) & set(two.steps)
        steps = replace(Steps(), **one.steps, **two.steps)
        for step, function in {**one.steps, **two.steps}.items():
            assert getattr(steps, step) is function


def test_two_mistakes_together_do_both():
    steps = {**MISTAKES["sign of h − y"].steps, **MISTAKES["no 1/m"].steps}
    minus_and_no_average = replace(Steps(), **steps)
    thetas, X, Y, _ = square_network()
    right = autodiff_gradient(SigmoidNetwork(thetas=thetas), X, Y).vector
    wrong = unroll(minus_and_no_average.gradient(thetas, X, Y, 0.0))
    np.testing.assert_allclose(wrong, -5 * right, rtol=1e-12)


def test_the_squared_error_mistake_is_the_gradient_of_the_squared_error():
    """∂/∂θ (1/2m) Σ (h − y)², estimated from values of that cost."""
    thetas, X, Y, _ = square_network()
    net = SigmoidNetwork(thetas=thetas)
    name = "output δ times g' (the squared-error form)"
    wrong = unroll(MISTAKES[name].gradient(thetas, X, Y, 0.0))
    step, estimate = 1e-5, []
    for p in range(net.theta.size):
        costs = []
        for sign in (1, -1):
            moved = net.theta
            moved[p] += sign * step
            other = SigmoidNetwork(thetas=thetas)
            other.theta = moved
            costs.append(np.sum((other.forward(X).a[-1] - Y) ** 2) / (2 * len(X)))
        estimate.append((costs[0] - costs[1]) / (2 * step))
    np.testing.assert_allclose(wrong, estimate, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_sums_make_up_the_cost(seed):
    case = random_case(seed)
    X, Y = case.net.data(case.X, case.y)
    terms = CostTerms.of(case.net.thetas, X, Y, case.lambda_)
    assert terms.data / terms.m + terms.penalty == pytest.approx(
        case.net.cost(X, Y, case.lambda_), rel=1e-12
    )
    h = case.net.forward(X).a[-1]
    again = 1.0 / (1.0 + np.exp(-h))
    assert terms.crossed == pytest.approx(-np.sum((1.0 - Y) * np.log(h)), rel=1e-9)
    assert terms.every == pytest.approx(-np.sum(np.log1p(-h)), rel=1e-9)
    assert terms.ones_twice == pytest.approx(-np.sum(Y * np.log(again)), rel=1e-12)
    assert terms.zeros_twice == pytest.approx(-np.sum((1.0 - Y) * np.log1p(-again)), rel=1e-12)


def test_every_cost_mistake_changes_the_cost():
    thetas, X, Y, lambda_ = square_network()
    terms = CostTerms.of(thetas, X, Y, lambda_)
    costs = [SigmoidNetwork(thetas=thetas).cost(X, Y, lambda_)]
    costs += [mistake.cost(terms) for mistake in COST_MISTAKES]
    gaps = [abs(a - b) for i, a in enumerate(costs) for b in costs[i + 1 :]]
    assert min(gaps) > 1e-3


def test_a_mistake_that_does_not_fit_the_shapes_raises():
    net = SigmoidNetwork([3, 5, 4, 2], seed=0)
    X, Y = np.ones((2, 3)), np.eye(2)
    with pytest.raises(ValueError, match="matmul"):
        MISTAKES["Θ transposed in Θᵀδ"].gradient(net.thetas, X, Y, 0.0)


def test_a_mistake_that_fits_by_broadcasting_only_raises_too():
    """With one unit in layer 2, g' of the next layer would blow δ up to more units."""
    net = SigmoidNetwork([3, 1, 2], seed=0)
    with pytest.raises(ValueError, match="do not fit"):
        MISTAKES["g' of the next layer"].gradient(
            net.thetas, np.ones((4, 3)), np.eye(2)[[0, 1] * 2], 0.0
        )
