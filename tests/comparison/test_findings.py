"""What a comparison concludes, each ground for it alone."""

from dataclasses import replace

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork, compare_gradients
from micrograd_bp.comparison import proof
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
