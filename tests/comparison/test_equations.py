"""The source's equations hold on correct networks, and a broken formula is told by its number."""

import numpy as np
import pytest

import micrograd_bp.comparison.equations
from micrograd_bp import SigmoidNetwork, backprop_gradient, verify_equations
from micrograd_bp.comparison.quantities import quantities_in_balls
from micrograd_bp.gradients import Gradient

from ..conftest import random_case

NUMBERS = ["(1)", "(1)", "δ⁽ᴸ⁾", "(2)", "(2)", "(4)", "(4)", "(3)", "D"]


@pytest.mark.parametrize("seed", range(40))
def test_all_equations_hold_on_random_networks(seed):
    case = random_case(seed)
    checks = verify_equations(case.net, case.X[0], case.y[0])
    assert all(check.passed for check in checks), checks
    hidden = len(case.net.sizes) > 2
    assert [c.number for c in checks] == [n for n in NUMBERS if hidden or n not in ("(2)", "(4)")]


@pytest.mark.parametrize("z", [-700.0, 40.0, 700.0])
def test_equations_hold_where_units_saturate(z):
    net = SigmoidNetwork(thetas=[[[z, 1.0], [1.0, -z]], [[z, 1.0, -z]]])
    assert all(check.passed for check in verify_equations(net, [0.9], 1))


def broken_backprop(change):
    """backprop_gradient with its δ or D changed, as if a formula in it were wrong."""

    def gradient(net, X, Y, lambda_=0.0):
        g = backprop_gradient(net, X, Y, lambda_)
        deltas = [None if d is None else d.copy() for d in g.deltas]
        change(deltas)
        return Gradient(g.method, g.cost, g.D, deltas, g.seconds)

    return gradient


@pytest.mark.parametrize(
    ("layer", "broken"),
    [(2, {"(1)", "(2)", "(4)", "D"}), (1, {"(1)", "(2)", "(4)", "D"})],
)
def test_a_wrong_delta_breaks_the_equations_it_enters(monkeypatch, layer, broken):
    def change(deltas):
        deltas[layer] *= 1.0 + 1e-10

    monkeypatch.setattr(
        micrograd_bp.comparison.equations, "backprop_gradient", broken_backprop(change)
    )
    checks = verify_equations(SigmoidNetwork([3, 4, 2], seed=1), [0.3, -1.0, 2.0], 1)
    wrong = {check.number for check in checks if not check.passed}
    assert wrong
    assert wrong <= broken
    assert {c.number for c in checks if c.passed} >= {"δ⁽ᴸ⁾", "(3)"}  # these do not use it
    assert checks.outcome == "wrong"
    assert checks.verdict.startswith("FAILED: equation ")
    assert all(number in checks.verdict for number in wrong)


def test_where_the_last_precision_is_too_small_it_is_used_all_the_same(monkeypatch):
    pytest.importorskip("flint")
    monkeypatch.setattr(micrograd_bp.comparison.equations, "PRECISIONS", (64,))
    checks = verify_equations(SigmoidNetwork([10] * 9, seed=0), np.linspace(-1, 1, 10), 3)
    assert checks.passed
    assert all(check.digits is not None for check in checks)
    cells = [row.split()[-3] for row in str(checks).splitlines() if row.endswith(" yes")]
    assert cells == [str(check.digits) for check in checks]


def test_each_row_compares_with_numbers_of_its_own_size():
    checks = verify_equations(SigmoidNetwork([3, 4, 2], seed=1), [0.3, -1.0, 2.0], 1)
    for check in checks:
        assert check.max_error < 1e-15
        assert 0.0 <= check.tolerance < 1e-12


@pytest.mark.parametrize(("layers", "enough"), [(3, 128), (40, 384)])
def test_balls_begin_with_the_bits_that_the_depth_needs(monkeypatch, layers, enough):
    """A layer of ten units costs 1.5 bits: n products of either sign lose log₂ √n of their sum."""
    ctx = pytest.importorskip("flint").ctx
    begun = []

    def counted(*given):
        begun.append(ctx.prec)
        return quantities_in_balls(*given)

    monkeypatch.setattr(micrograd_bp.comparison.equations, "quantities_in_balls", counted)
    checks = verify_equations(SigmoidNetwork([10] * layers, seed=0), np.linspace(-1, 1, 10), 3)
    assert checks.passed
    assert begun == [enough]


def test_the_table_names_each_equation():
    text = str(verify_equations(SigmoidNetwork([2, 2, 1], seed=0), [1, 2], 1))
    for number in NUMBERS:
        assert number in text
    assert "NO" not in text


def test_a_whole_data_set_is_refused_with_one_clear_line():
    with pytest.raises(ValueError, match=r"x: got shape \(2, 2\), expected \(2,\)"):
        verify_equations(SigmoidNetwork([2, 1], seed=0), np.ones((2, 2)), [1, 0])


def test_the_cost_as_the_source_writes_it_is_granted_what_one_minus_h_loses():
    """At z = 8 that is some 2⁻⁵³/(1 − h) = 3e-13 of the cost."""
    for z in np.linspace(7.0, 8.0, 30):
        checks = verify_equations(SigmoidNetwork(thetas=[[[float(z), 1.0]]]), [0.0], 0)
        (cost,) = [check for check in checks if check.number == "(3)"]
        assert cost.passed
        assert cost.tolerance <= 1e-11


def test_log_h_of_an_h_near_1_is_granted_some_roundings_of_h():
    """J = log(1 + e⁻³⁰) is 1e-13, h is off by up to 2⁻⁵⁴."""
    checks = verify_equations(SigmoidNetwork(thetas=[[[30.0, 0.0]]]), [0.0], 1)
    (cost,) = [check for check in checks if check.number == "(3)"]
    assert 2.0**-53 <= cost.tolerance <= 20.0 * 2.0**-53
