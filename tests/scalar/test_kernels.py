"""NumPy's shortcuts give what the table of rules gives, and what mpmath gives."""

import mpmath
import numpy as np
import pytest

from micrograd_bp import Tape, Value
from micrograd_bp.scalar.kernels import KERNELS, SLOPES, UFUNCS
from micrograd_bp.scalar.ops import LOG_SIGMOID, SIGMOID, TANH

U = 2.0**-53
EVERYWHERE = np.concatenate(
    [np.linspace(-40, 40, 161), [1e-300, -1e-300, 1e-9, -1e-9, 300.5, -300.5, 700.0, -700.0]]
)[np.newaxis]
BEYOND = np.array([[-710.0, -720.5, -744.0, -1e4, -1e300, 710.0, 745.2, 1e4, 1e300]])
POSITIVE = np.abs(EVERYWHERE)


def kernel(op, x):
    out, e = np.empty_like(x), np.empty_like(x)
    with np.errstate(over="raise", divide="raise", invalid="raise", under="ignore"):
        KERNELS[op].value(x, out, e)
        KERNELS[op].slope(out, e)
    return out, e


@pytest.mark.parametrize("op", UFUNCS, ids=lambda op: op.symbol)
def test_a_function_of_numpy_gives_the_bits_of_the_rule(op):
    x = POSITIVE + 1e-3 if op.symbol in ("log", "sqrt", "/") else EVERYWHERE
    x = np.clip(x, -700.0, 700.0)
    arguments = [x, x[:, ::-1] + 1.0] if op.symbol in ("*", "/") else [x]
    out = np.empty_like(x)
    UFUNCS[op](*arguments, out)
    assert out.tobytes() == np.asarray(op.forward(np, *arguments)).tobytes()


SIDES = {
    SIGMOID: (lambda x: 1 / (1 + mpmath.exp(-x)), lambda x: mpmath.sech(x / 2) ** 2 / 4),
    LOG_SIGMOID: (lambda x: -mpmath.log1p(mpmath.exp(-x)), lambda x: 1 / (1 + mpmath.exp(x))),
}


@pytest.mark.parametrize("op", KERNELS, ids=lambda op: op.symbol)
def test_value_and_slope_have_all_their_digits_as_those_of_the_table_have(op):
    value, slope = kernel(op, EVERYWHERE)
    rule = np.asarray(op.partials(op.forward(np, EVERYWHERE), EVERYWHERE)[0])
    with mpmath.workdps(400):
        exact = [[f(mpmath.mpf(v)) for v in EVERYWHERE[0]] for f in SIDES[op]]
        for found, numbers in zip((value, slope), exact, strict=True):
            for a, b in zip(found[0].tolist(), numbers, strict=True):
                assert abs(a - b) <= 8 * U * abs(b) + mpmath.mpf(2) ** -1074
    np.testing.assert_allclose(slope, rule, rtol=16 * U, atol=2.0**-1074)


@pytest.mark.parametrize("op", KERNELS, ids=lambda op: op.symbol)
def test_where_the_exponential_overflows_the_table_decides_to_the_smallest_float(op):
    value, slope = kernel(op, BEYOND)
    expected = op.forward(np, BEYOND)
    np.testing.assert_allclose(value, expected, rtol=4 * U, atol=2.0**-1072)
    expected = op.partials(expected, BEYOND)[0]
    np.testing.assert_allclose(slope, expected, rtol=4 * U, atol=2.0**-1072)


def test_the_slope_of_tanh_keeps_its_digits_where_tanh_rounds_to_one():
    x = np.concatenate([EVERYWHERE, BEYOND], axis=1)
    with np.errstate(under="ignore", over="raise"):  # as a program runs
        slope = np.empty_like(x)
        SLOPES[TANH](x, slope)
    with mpmath.workdps(60):
        for a, v in zip(slope[0].tolist(), x[0].tolist(), strict=True):
            exact = mpmath.sech(mpmath.mpf(v)) ** 2
            # twice |x| rounds in the exponent, relative to 1 where e⁻²ˣ is no subnormal
            assert abs(a - exact) <= 8 * U * exact + mpmath.mpf(2) ** -1072


def test_an_operation_of_ones_own_is_not_taken_for_the_one_of_the_same_name():
    from micrograd_bp.scalar.ops import Op

    own = Op("sigmoid", lambda m, x: 3.0 * x, lambda out, x: (3.0,))
    x = Value(1.0)
    costs, _ = Tape(Value.apply(own, x), [x], []).gradient([[2.0]], [])
    assert costs.tolist() == [6.0]
