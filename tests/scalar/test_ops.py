"""The table of operations against mpmath at 50 digits: values and derivatives."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_bp import Value
from micrograd_bp.scalar.ops import ADD, MUL, OPS, SCALAR, SUM, Op, by_symbol, exponential, power

mpmath.mp.dps = 50

TRUTH = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "neg": lambda x: -x,
    "Σ": lambda *xs: mpmath.fsum(xs),
    "**": lambda x, y: x**y,
    "exp": mpmath.exp,
    "exp2": lambda x: mpmath.mpf(2) ** x,
    "expm1": mpmath.expm1,
    "log": mpmath.log,
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "log10": lambda x: mpmath.log(x) / mpmath.log(10),
    "log1p": mpmath.log1p,
    "sqrt": mpmath.sqrt,
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "hypot": lambda x, y: mpmath.sqrt(x * x + y * y),
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "1-x²": lambda x: 1 - x * x,
    "arcsin": mpmath.asin,
    "arccos": mpmath.acos,
    "arctan": mpmath.atan,
    "arctan2": mpmath.atan2,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "arcsinh": mpmath.asinh,
    "arccosh": mpmath.acosh,
    "arctanh": mpmath.atanh,
    "sech²": lambda x: mpmath.sech(x) ** 2,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "log_sigmoid": lambda x: -mpmath.log(1 + mpmath.exp(-x)),
    "step": lambda x: mpmath.mpf(x > 0),
    "relu": lambda x: max(x, mpmath.mpf(0)),
    "abs": abs,
    ">": lambda x, y: mpmath.mpf(x > y),
    "max": lambda *xs: max(xs),
    "min": lambda *xs: min(xs),
    "**3": lambda x: x**3,
    "**2": lambda x: x**2,
    "**0": lambda x: mpmath.mpf(1),
    "**-1": lambda x: 1 / x,
    "**0.5": lambda x: x ** mpmath.mpf("0.5"),
    "2**": lambda x: mpmath.mpf(2) ** x,
}
ARITY = {"Σ": 3, "max": 3, "min": 3}
ARITY |= dict.fromkeys(("+", "-", "*", "/", "**", ">", "hypot", "arctan2"), 2)
# Where an operation is not defined for all numbers: any number taken into its domain.
DOMAIN = {
    **dict.fromkeys(("log", "log2", "log10", "sqrt", "**", "**0.5"), abs),
    **dict.fromkeys(("arcsin", "arccos", "arctanh"), lambda x: x / (1 + abs(x))),
    "log1p": lambda x: abs(x) - 0.5,
    "arccosh": lambda x: 1 + abs(x),
}
POINTS = [-30.25, -2.5, -0.3, 0.01, 0.7, 3.0, 25.5]


def close(a, b):
    return abs(a - float(b)) <= 1e-14 * abs(float(b)) + 1e-300


def ulps(a, b):
    """How many units in the last place of ``b`` the float ``a`` lies from it."""
    return float(abs(mpmath.mpf(a) - b) / math.ulp(float(b)))


def arguments(symbol):
    """Points of the operation's domain, away from kinks and poles."""
    count = ARITY.get(symbol, 1)
    points = [DOMAIN.get(symbol, float)(p) for p in POINTS]
    return [[points[(i + 2 * j) % len(points)] for j in range(count)] for i in range(len(points))]


def test_every_operation_of_the_table_has_a_truth_to_be_held_against():
    assert set(OPS) <= set(TRUTH)


@pytest.mark.parametrize("symbol", TRUTH)
def test_value_is_that_of_mpmath_for_floats_and_arrays(symbol):
    op = by_symbol(symbol)
    for xs in arguments(symbol):
        exact = TRUTH[symbol](*map(mpmath.mpf, xs))
        assert close(op.forward(SCALAR, *xs), exact), xs
        assert close(float(op.forward(np, *[np.array([x]) for x in xs])[0]), exact), xs


@pytest.mark.parametrize("symbol", TRUTH)
def test_partials_are_the_derivatives_of_mpmath_for_floats_arrays_and_values(symbol):
    op = by_symbol(symbol)
    for xs in arguments(symbol):
        exact = [
            mpmath.diff(TRUTH[symbol], tuple(map(mpmath.mpf, xs)), order)
            for order in np.eye(len(xs), dtype=int).tolist()
        ]
        out = op.forward(SCALAR, *xs)
        floats = op.partials(out, *xs)
        arrays = op.partials(np.array([out]), *[np.array([x]) for x in xs])
        nodes = [Value(x) for x in xs]
        values = op.partials(Value.apply(op, *nodes), *nodes)
        for d, f, a, v in zip(exact, floats, arrays, values, strict=True):
            room = 1e-13 * abs(float(d))
            for got in (f, np.ravel(a)[0], v.data if isinstance(v, Value) else v):
                assert abs(got - float(d)) <= room, (symbol, xs)


@pytest.mark.parametrize("z", [-700.0, -40.0, 40.0, 700.0])
def test_sigmoid_and_its_logarithm_keep_their_digits_when_saturated(z):
    for symbol in ("sigmoid", "log_sigmoid"):
        exact = TRUTH[symbol](mpmath.mpf(z))
        assert close(OPS[symbol].forward(SCALAR, z), exact)
        assert close(float(OPS[symbol].forward(np, np.array(z))), exact)
        assert math.isfinite(OPS[symbol].partials(OPS[symbol].forward(SCALAR, z), z)[0])


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=5))
def test_shortcuts_of_the_engine_equal_the_table(numbers):
    x, y = numbers[:2]
    for op, shortcut in (
        (ADD, lambda v: v[0] + v[1]),
        (MUL, lambda v: v[0] * v[1]),
        (SUM, Value.sum),
    ):
        data = numbers if op is SUM else [x, y]
        through_table = [Value(n) for n in data]
        short = [Value(n) for n in data]
        a, b = Value.apply(op, *through_table), shortcut(short)
        assert a.data == b.data
        assert a.op is b.op
        b.backward()
        assert list(op.partials(a.data, *data)) == [v.grad for v in short]


# The first and second derivatives of the saturating functions, in closed form.
SECH2 = TRUTH["sech²"]
SLOPES = {
    "tanh": SECH2,
    "sigmoid": lambda x: SECH2(x / 2) / 4,
    "log_sigmoid": lambda x: 1 / (1 + mpmath.exp(x)),
}
CURVATURES = {
    "tanh": lambda x: -2 * SECH2(x) * mpmath.tanh(x),
    "sigmoid": lambda x: -SECH2(x / 2) * mpmath.tanh(x / 2) / 4,
    "log_sigmoid": lambda x: -SECH2(x / 2) / 4,
}
MAGNITUDES = np.r_[
    np.geomspace(1e-300, 1e-3, 25),
    np.linspace(0.005, 40.0, 400),
    np.linspace(41.0, 760.0, 200),
    1e300,
]
WHOLE_RANGE = np.r_[MAGNITUDES, -MAGNITUDES].tolist()


@pytest.mark.parametrize("symbol", SLOPES)
def test_saturating_functions_have_slopes_and_curvatures_exact_to_4_ulp(symbol):
    op, xs = OPS[symbol], np.array(WHOLE_RANGE)
    arrays = op.partials(op.forward(np, xs), xs)[0]
    worst = 0.0
    for x, array in zip(WHOLE_RANGE, arrays.tolist(), strict=True):
        slope, curvature = SLOPES[symbol](mpmath.mpf(x)), CURVATURES[symbol](mpmath.mpf(x))
        node = Value(x)
        out = Value.apply(op, node)
        out.backward(create_graph=True)
        derivative = node.grad
        out.zero_grad()
        derivative.backward()
        worst = max(
            worst,
            ulps(op.partials(out.data, x)[0], slope),
            ulps(array, slope),
            ulps(derivative.data, slope),
            ulps(node.grad, curvature),
        )
    assert 0.5 < worst <= 4.0  # roundings there are; a hundredth of the bound would not hold


ROOT = lambda x: mpmath.sqrt((1 - x) * (1 + x))  # noqa: E731
SECONDS = {
    "arcsin": lambda x: x / ROOT(x) ** 3,
    "arccos": lambda x: -x / ROOT(x) ** 3,
    "arctanh": lambda x: 2 * x / ROOT(x) ** 4,
    "cbrt": lambda x: -2 * mpmath.sign(x) / (9 * mpmath.cbrt(abs(x)) ** 5),
    "arctan": lambda x: -2 * x / (1 + x * x) ** 2,
    "arcsinh": lambda x: -x / mpmath.sqrt(1 + x * x) ** 3,
    "log1p": lambda x: -1 / (1 + x) ** 2,
}


@pytest.mark.parametrize("symbol", SECONDS)
def test_curvatures_keep_their_digits_near_zero_and_near_one(symbol):
    small = np.geomspace(1e-150, 1e-3, 30)
    for x in [*small, *-small, *(1.0 - np.geomspace(1e-15, 0.5, 30))]:
        node = Value(float(x))
        out = Value.apply(OPS[symbol], node)
        out.backward(create_graph=True)
        slope = node.grad
        out.zero_grad()
        slope.backward()
        assert ulps(node.grad, SECONDS[symbol](mpmath.mpf(float(x)))) <= 6.0, x


def test_power_and_exponential_are_found_by_symbol():
    assert by_symbol("**3") is power(3.0)
    assert by_symbol("2**") is exponential(2.0)
    with pytest.raises(ValueError, match="_op: got 'nope'"):
        by_symbol("nope")


@pytest.mark.parametrize("name", ["ReLU", "RELU", "relu", "Tanh"])
def test_micrograds_spelling_serves(name):
    assert by_symbol(name) is OPS[name.lower()]


@pytest.mark.parametrize(
    ("x", "y", "by_x", "by_y"),
    [
        (0.0, 2.0, 0.0, 0.0),  # 0ʸ stays 0
        (0.0, 1.0, 1.0, 0.0),
        (-2.0, 3.0, 12.0, math.nan),  # (−2)ʸ is no real number beside y = 3
        (2.0, 0.0, 0.0, math.log(2.0)),
        (3.0, -1.0, -1 / 9, math.log(3.0) / 3),
    ],
)
def test_the_two_derivatives_of_a_power(x, y, by_x, by_y):
    arrays = [np.array([v]) for v in (x**y, x, y)]
    with np.errstate(invalid="ignore"):
        found = np.ravel(OPS["**"].partials(*arrays))
    np.testing.assert_allclose(found, [by_x, by_y], rtol=1e-15)


def test_an_operation_equals_its_symbol_and_no_other_operation():
    node = Value(2.0) * Value(3.0)
    assert node.op == "*"
    assert node.op in {"+", "*"}
    assert node.op != "+"
    twin = Op("*", MUL.forward, MUL.partials)
    assert twin != MUL
    assert len({twin, MUL}) == 2
