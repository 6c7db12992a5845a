"""The exercises of the course's scripts: right answers pass, the usual wrong ones do not."""

import math
from pathlib import Path

import numpy as np
import pytest

from micrograd_bp import (
    SigmoidNetwork,
    Value,
    backprop_gradient,
    check_backprop,
    check_expression,
    example_graph,
    numerical_gradient,
)
from micrograd_bp.scalar.ops import SIGMOID, Op, apply

COURSE = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(COURSE.glob("0*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_each_script_ends_with_two_exercises_that_the_package_judges(script):
    text = script.read_text(encoding="utf-8").partition("\nExercises")[2]
    assert "  1. " in text
    assert "  2. " in text
    assert "  3. " not in text
    assert "check_expression(" in text or "micrograd-bp grade" in text


def test_tanh_from_exponentials():
    x = Value(0.5, label="x")
    mine = (x.exp() - (-x).exp()) / (x.exp() + (-x).exp())
    assert check_expression(mine).passed
    assert x.grad == 0.0
    mine.backward()
    assert x.grad == pytest.approx(1 - math.tanh(0.5) ** 2, rel=1e-14)


@pytest.mark.parametrize(
    ("slope", "outcome"),
    [
        (lambda out, x: (apply(SIGMOID, x),), "right"),
        (lambda out, x: (apply(SIGMOID, -x),), "wrong"),
        (lambda out, x: (1.0,), "wrong"),
    ],
)
def test_the_derivative_of_softplus(slope, outcome):
    softplus = Op("softplus", lambda m, x: m.log1p(m.exp(x)), slope)
    x = Value(0.5, label="x")
    assert check_expression(Value.apply(softplus, x)).outcome == outcome


def layer(matrix, units):
    before = [Value(1.0), *units]
    return [Value.sum(w * a for w, a in zip(row, before, strict=True)).sigmoid() for row in matrix]


def weights(*matrices):
    return [[[Value(w, label="θ") for w in row] for row in matrix] for matrix in matrices]


def test_a_second_hidden_layer_by_hand():
    thetas = weights(
        [[0.1, 0.8, -0.5], [-0.3, 0.4, 0.9]],
        [[0.3, -0.2, 0.6], [0.5, 0.1, -0.4]],
        [[0.2, -1.1, 0.7]],
    )
    units = [Value(0.5), Value(2.0)]
    for matrix in thetas:
        units = layer(matrix, units)
    cost = -units[0].log()
    assert check_expression(cost).passed


def test_delta_of_the_squared_error_is_not_h_minus_y():
    (theta,) = weights([[0.1, 0.8, -0.5]])
    (h,) = layer(theta, [Value(0.5), Value(2.0)])
    (z,) = h.inputs
    cost = (h - 1.0) ** 2 / 2.0
    assert check_expression(cost, wrt=theta[0]).passed
    cost.backward()
    assert z.grad == pytest.approx((h.data - 1) * h.data * (1 - h.data), rel=1e-14)


def loop_backprop(thetas, X, Y, lambda_, accumulate=True, outputs=slice(None)):
    """(1) and (2) for one example after the other."""
    m = len(X)
    totals = [np.zeros_like(theta) for theta in thetas]
    for x, y in zip(X, Y, strict=True):
        a = [x]
        for theta in thetas:
            a.append(1 / (1 + np.exp(-theta @ [1.0, *a[-1]])))
        delta = a[-1] - y
        for l in range(len(thetas) - 1, -1, -1):
            D = np.outer(delta, [1.0, *a[l]])
            totals[l] = totals[l] + D if accumulate else D
            last = outputs if l == len(thetas) - 1 else slice(None)
            delta = thetas[l][last, 1:].T @ delta[last] * a[l] * (1 - a[l])
    for total, theta in zip(totals, thetas, strict=True):
        total[:, 1:] += lambda_ * theta[:, 1:]
    return [total / m for total in totals]


def test_a_loop_over_the_examples_is_right_and_its_two_slips_are_wrong():
    assert check_backprop(loop_backprop).outcome == "right"

    def overwritten(thetas, X, Y, lambda_):
        return loop_backprop(thetas, X, Y, lambda_, accumulate=False)

    def one_path(thetas, X, Y, lambda_):
        return loop_backprop(thetas, X, Y, lambda_, outputs=slice(0, 1))

    diagnosis = check_backprop(overwritten)
    assert diagnosis.outcome == "wrong"
    assert diagnosis.mistakes[0].name == "last example only"
    assert check_backprop(one_path).outcome == "wrong"


def test_the_cost_of_a_flower_has_all_its_slopes_right():
    net = SigmoidNetwork([4, 5, 3], seed=0)
    graph = example_graph(net, [5.1, 3.5, 1.4, 0.2], 0)
    every = [theta for matrix in graph.thetas for row in matrix for theta in row]
    check = check_expression(graph.cost, wrt=every)
    assert check.passed
    assert len(check.parameters) == 43


def test_an_estimate_handed_in_is_not_called_right():
    def mine(thetas, X, Y, lambda_):
        net = SigmoidNetwork(thetas=thetas)
        return numerical_gradient(net, X, Y, lambda_, 1e-3).D

    assert check_backprop(mine).outcome != "right"


def test_the_five_point_formula():
    x, e = 1.0, 1e-3
    f = math.sin
    five = (f(x - 2 * e) - 8 * f(x - e) + 8 * f(x + e) - f(x + 2 * e)) / (12 * e)
    (slope,) = check_expression(Value(x, label="x").sin()).parameters
    assert slope.numeric == pytest.approx(five, rel=1e-11)
    assert five == pytest.approx(math.cos(x), rel=1e-11)


def test_second_derivatives_of_a_product():
    x = Value(0.7, label="x")
    check = check_expression(x**3 * x.sin(), order=2)
    assert check.passed
    second = 6 * 0.7 * math.sin(0.7) + 6 * 0.7**2 * math.cos(0.7) - 0.7**3 * math.sin(0.7)
    assert check.parameters[1].analytic == pytest.approx(second, rel=1e-13)


def test_newton_for_the_root_of_two():
    at = 1.0
    for _ in range(6):
        x = Value(at, label="x")
        f = x**2 - 2.0
        f.backward()
        at -= f.data / x.grad
    assert at == pytest.approx(math.sqrt(2), rel=1e-15)
    assert check_expression(f).passed


def test_a_value_used_in_three_places():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    y = a * b + b * a + a
    assert check_expression(y).passed
    y.backward()
    assert a.grad == 2 * -3.0 + 1


def test_rows_in_and_rows_out_is_another_network_and_no_mistake_of_its_own():
    """Unrolled consistently, order is a convention: the same numbers, in other places."""
    net = SigmoidNetwork([2, 2, 1], seed=0)
    X, y = [[0.5, -1.0]], [1]
    by_columns = backprop_gradient(net, X, y).vector
    by_rows = np.concatenate([D.ravel() for D in backprop_gradient(net, X, y).D])
    assert sorted(by_columns) == sorted(by_rows)
    assert not np.array_equal(by_columns, by_rows)
