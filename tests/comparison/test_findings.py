"""What a comparison concludes, each ground for it alone."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from micrograd_bp import (
    SigmoidNetwork,
    autodiff_gradient,
    backprop_gradient,
    compare_gradients,
    numerical_gradient,
)
from micrograd_bp.comparison import proof
from micrograd_bp.comparison.equations import EquationCheck, Equations
from micrograd_bp.comparison.words import _contradiction
from micrograd_bp.scalar.balls import array_namespace, ball_array, balls_available

needs_balls = pytest.mark.skipif(not balls_available(), reason="needs python-flint")
NET = SigmoidNetwork([2, 2, 1], seed=0)
X, Y = np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([0, 1])


@needs_balls
@pytest.mark.parametrize("ground", ["contradictions", "misfits"])
def test_one_ground_is_enough_for_wrong(ground):
    found = compare_gradients(NET, X, Y, 1.0)
    assert found.outcome == "right"
    name = NET.parameter_name(0)
    said = (name,) if ground == "contradictions" else (f"autodiff: {name}",)
    other = replace(found, proof=replace(found.proof, **{ground: said}))
    assert other.outcome == "wrong"
    assert not other.passed
    assert other.verdict.startswith("FAILED")
    assert name in other.verdict
    assert other.parameters[0] != found.parameters[0]
    assert other.parameters[1:] == found.parameters[1:]


def test_where_rounding_hides_every_derivative_nothing_is_decided():
    found = compare_gradients(NET, X, Y, 1.0, prove="off")
    assert found.outcome == "right"
    assert replace(found, lost=True).outcome == "undecided"


def test_slowdown_is_for_all_parameters_though_some_were_estimated():
    """6 s for 3 of 9 parameters are 18 s for all, beside 2 s."""
    found = compare_gradients(NET, X, Y, parameters=[0, 4, 8], prove="off")
    autodiff, backprop, numerical = found.gradients
    timed = autodiff, replace(backprop, seconds=2.0), replace(numerical, seconds=6.0)
    assert replace(found, gradients=timed).slowdown == 9.0


@needs_balls
@pytest.mark.parametrize(("wrong", "runs"), [(False, 1), (True, 2)])
def test_a_contradiction_must_show_at_two_precisions(monkeypatch, wrong, runs):
    """With 128 bits a plain network is decided; who contradicts is asked once more with 384."""
    asked = []

    def in_balls(*data):
        from flint import ctx

        asked.append(ctx.prec)
        graph, matrices = made(*data)
        if wrong:
            matrices = matrices._replace(gradient=matrices.gradient + 1)
        return graph, matrices

    made = proof.in_balls
    monkeypatch.setattr(proof, "in_balls", in_balls)
    found = compare_gradients(NET, X, Y, 1.0)
    assert asked == [128, 384][:runs]
    assert found.outcome == ("wrong" if wrong else "right")


@needs_balls
def test_arrays_of_balls_have_the_least_and_the_largest():
    xp = array_namespace()
    a, b = ball_array([1.0, -2.0, 0.5]), ball_array([0.0, 3.0, 0.5])
    assert [float(x.mid()) for x in xp.minimum(a, b)] == [0.0, -2.0, 0.5]
    assert [float(x.mid()) for x in xp.maximum(a, b)] == [1.0, 3.0, 0.5]
    found = [float(x.mid()) for x in xp.logaddexp(a, b)]
    assert np.allclose(found, np.logaddexp([1.0, -2.0, 0.5], [0.0, 3.0, 0.5]), rtol=1e-15)


@needs_balls
def test_prove_takes_one_example_and_none_is_no_number_of_them():
    assert compare_gradients(NET, X, Y, prove=1).proof.examples == 1
    with pytest.raises(ValueError, match=r"^prove: got 0, expected at least 1 example"):
        compare_gradients(NET, X, Y, prove=0)


def test_an_equation_that_does_not_hold_is_named_and_digits_are_shown():
    good = EquationCheck("(2)", "s", "a | b", 17, 1e-16, 1e-15, True)
    bad = EquationCheck("(4)", "s", "a | b", None, 1.0, 1e-15, False)
    assert Equations([good]).verdict == "PASSED: every equation holds, to 17 digits"
    checks = Equations([good, bad, bad])
    assert checks.outcome == "wrong"
    assert checks.verdict == "FAILED: equation (4) does not hold on the first example"
    assert " 17 " in str(checks)


def test_what_is_not_said_is_no_regularization_and_a_step_of_one_ten_thousandth():
    """For J = f(ε) the error of the two-sided estimate is ε²/6 · f‴: ε shows in the numbers."""
    for method in (autodiff_gradient, backprop_gradient):
        assert np.array_equal(method(NET, X, Y).vector, method(NET, X, Y, 0.0).vector)
        assert not np.array_equal(method(NET, X, Y).vector, method(NET, X, Y, 1.0).vector)
    said = numerical_gradient(NET, X, Y, 0.0, 1e-4).vector
    assert np.array_equal(numerical_gradient(NET, X, Y).vector, said)
    assert not np.array_equal(numerical_gradient(NET, X, Y, epsilon=1e-6).vector, said)


@pytest.mark.parametrize(("count", "listed"), [(3, "a, b, c"), (4, "a, b, c, …")])
def test_of_many_contradictions_three_are_named(count, listed):
    proof = SimpleNamespace(contradictions=tuple("abcd")[:count], blamed=None)
    assert _contradiction(proof).endswith(f"the cost, at {listed}")


def test_each_parameter_stands_with_its_layer():
    found = compare_gradients(NET, X, Y, prove="off").parameters
    assert [parameter.layer for parameter in found] == [1] * 6 + [2] * 3
    assert [parameter.name for parameter in found] == [NET.parameter_name(p) for p in range(9)]


def test_who_is_to_blame_is_named_where_that_is_known():
    proof = SimpleNamespace(contradictions=("a",), blamed="backprop")
    assert _contradiction(proof) == "backprop contradicts the other formulas and the cost, at a"


def test_a_replay_that_is_not_confirmed_is_wrong_and_said():
    found = replace(compare_gradients(NET, X, Y), replay_confirmed=False)
    assert found.outcome == "wrong"
    assert "autodiff's replay contradicts the graph that it was recorded from" in found.verdict
