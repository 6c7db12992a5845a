"""The table of scalar operations: each states its value and its local derivatives once.

``forward(m, *inputs)`` takes the namespace that holds exp, log, …: ``SCALAR`` for floats,
``numpy`` for arrays, another for balls. ``partials(out, *inputs)`` gives ∂out/∂input for each
input in plain arithmetic, so the same line serves floats (``Value.backward``), NumPy arrays
(``Tape``), Values themselves (``backward(create_graph=True)``) and balls (``enclose``).

To add an operation, add one entry.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, reduce
from types import SimpleNamespace
from typing import Any

import numpy as np

__all__ = ["MATH", "OPS", "Op", "apply", "by_symbol", "exponential", "power"]


@dataclass(frozen=True, eq=False, slots=True)
class Op:
    """One operation: its symbol, its value and its local derivatives.

    It equals its symbol, so that a walk over a graph can ask ``node.op == "*"``. ``recipe`` is
    the call that makes an operation with a constant in it once more, for pickle.
    """

    symbol: str
    forward: Callable[..., Any]
    partials: Callable[..., Sequence[Any]]
    recipe: tuple[Callable[..., Op], tuple[float, ...]] | None = None

    def __repr__(self) -> str:
        return f"Op({self.symbol!r})"

    def __eq__(self, other: object) -> bool:
        return self.symbol == other if isinstance(other, str) else self is other

    def __hash__(self) -> int:
        return hash(self.symbol)

    def __reduce__(self) -> tuple[Any, ...]:  # the rules of the table are lambdas: by name only
        if self.recipe or OPS.get(self.symbol) is self:
            return self.recipe or (by_symbol, (self.symbol,))
        return Op, (self.symbol, self.forward, self.partials)


SCALAR = SimpleNamespace(
    **vars(math),  # and NumPy's names for the others
    **{
        f"arc{x}": getattr(math, f"a{x}")
        for x in ["sin", "cos", "tan", "tan2", "sinh", "cosh", "tanh"]
    },
    power=math.pow,
    maximum=max,
    minimum=min,
    greater=lambda x, y: x > y,
    heaviside=lambda x, at_zero: 1.0 if x > 0.0 else 0.0 if x < 0.0 else at_zero,
)

# The namespace that holds exp, log, … for each type of number. A module that brings a further
# type (balls) enters its own; a type that is not here, as Value, records the operation.
MATH: dict[type, Any] = {float: SCALAR, np.float64: SCALAR, np.longdouble: np, np.ndarray: np}


def apply(op: Op, *xs: Any) -> Any:
    """The operation at floats, arrays, Values or balls: the type of the first of ``xs`` decides.

    >>> apply(OPS["sqrt"], 9.0)
    3.0
    """
    m = MATH.get(type(xs[0]))
    return xs[0].apply(op, *xs) if m is None else op.forward(m, *xs)


def _sigmoid(m: Any, x: Any) -> Any:
    # g(x) = 1 / (1 + e) for x ≥ 0, e / (1 + e) for x < 0, with e = exp(-|x|) that cannot overflow
    return m.exp(m.minimum(x, 0.0)) / (1.0 + m.exp(-abs(x)))


def _sech2(m: Any, x: Any) -> Any:
    # 1 / cosh² x = 4e / (1 + e)², with e = exp(-2|x|) that cannot overflow; the square is written
    # as 1 + e(2 + e), which for small e rounds once
    e = m.exp(-2.0 * abs(x))
    return 4.0 * e / (1.0 + e * (2.0 + e))


def _log_sigmoid(m: Any, x: Any) -> Any:
    # log g(x) = min(x, 0) - log(1 + exp(-|x|)): finite wherever x is
    return m.minimum(x, 0.0) - m.log1p(m.exp(-abs(x)))


def _log(base: float, x: Any) -> Any:
    """The constant log(base), to the precision of the numbers that ``x`` is one of."""
    return MATH.get(type(x), SCALAR).log(base)


def _shares(pairs: Iterable[tuple[Any, Any]]) -> Sequence[Any]:
    tied = [1.0 - apply(GREATER, above, below) for above, below in pairs]
    total = sum(tied)
    return [one / total for one in tied]


def _power_partials(out: Any, x: Any, y: Any) -> Sequence[Any]:
    # at x = 0, y > 0 the power stays 0 whatever y: its log x is taken as log 1
    zero = (1.0 - apply(STEP, x) - apply(STEP, -x)) * apply(STEP, y)
    return y * apply(POW, x, y - 1.0), out * apply(LOG, x + zero)


def _turn(y: Any, x: Any) -> Sequence[Any]:
    h = apply(HYPOT, y, x)  # h² may overflow where 1 / h² is a number
    return x / h / h, -y / h / h


ADD = Op("+", lambda m, x, y: x + y, lambda out, x, y: (1.0, 1.0))
SUB = Op("-", lambda m, x, y: x - y, lambda out, x, y: (1.0, -1.0))
MUL = Op("*", lambda m, x, y: x * y, lambda out, x, y: (y, x))
DIV = Op("/", lambda m, x, y: x / y, lambda out, x, y: (1.0 / y, -out / y))
NEG = Op("neg", lambda m, x: -x, lambda out, x: (-1.0,))
SUM = Op("Σ", lambda m, *xs: sum(xs), lambda out, *xs: (1.0,) * len(xs))
POW = Op("**", lambda m, x, y: m.power(x, y), _power_partials)

EXP = Op("exp", lambda m, x: m.exp(x), lambda out, x: (out,))
EXP2 = Op("exp2", lambda m, x: m.exp2(x), lambda out, x: (out * _log(2.0, x),))
EXPM1 = Op("expm1", lambda m, x: m.expm1(x), lambda out, x: (apply(EXP, x),))
LOG = Op("log", lambda m, x: m.log(x), lambda out, x: (1.0 / x,))
LOG2 = Op("log2", lambda m, x: m.log2(x), lambda out, x: (1.0 / x / _log(2.0, x),))
LOG10 = Op("log10", lambda m, x: m.log10(x), lambda out, x: (1.0 / x / _log(10.0, x),))
LOG1P = Op("log1p", lambda m, x: m.log1p(x), lambda out, x: (1.0 / (1.0 + x),))
SQRT = Op("sqrt", lambda m, x: m.sqrt(x), lambda out, x: (0.5 / out,))
CBRT = Op("cbrt", lambda m, x: m.cbrt(x), lambda out, x: (out / (3.0 * x),))
HYPOT = Op("hypot", lambda m, x, y: m.hypot(x, y), lambda out, x, y: (x / out, y / out))

SIN = Op("sin", lambda m, x: m.sin(x), lambda out, x: (apply(OPS["cos"], x),))
COS = Op("cos", lambda m, x: m.cos(x), lambda out, x: (-apply(SIN, x),))
TAN = Op("tan", lambda m, x: m.tan(x), lambda out, x: (1.0 + out * out,))
# 1 − x² in factors, exact near 1; their own slopes would cancel near 0
REST = Op("1-x²", lambda m, x: (1.0 - x) * (1.0 + x), lambda out, x: (-2.0 * x,))
ARCSIN = Op("arcsin", lambda m, x: m.arcsin(x), lambda out, x: (1.0 / apply(SQRT, apply(REST, x)),))
ARCCOS = Op("arccos", lambda m, x: m.arccos(x), lambda out, x: (-ARCSIN.partials(out, x)[0],))
ARCTAN = Op("arctan", lambda m, x: m.arctan(x), lambda out, x: (_turn(x, 1.0)[0],))
ARCTAN2 = Op("arctan2", lambda m, y, x: m.arctan2(y, x), lambda out, y, x: _turn(y, x))

SINH = Op("sinh", lambda m, x: m.sinh(x), lambda out, x: (apply(OPS["cosh"], x),))
COSH = Op("cosh", lambda m, x: m.cosh(x), lambda out, x: (apply(SINH, x),))
ARCSINH = Op("arcsinh", lambda m, x: m.arcsinh(x), lambda out, x: (1.0 / apply(HYPOT, x, 1.0),))
ARCCOSH = Op(
    "arccosh",
    lambda m, x: m.arccosh(x),
    lambda out, x: (1.0 / (apply(SQRT, x - 1.0) * apply(SQRT, x + 1.0)),),
)
ARCTANH = Op("arctanh", lambda m, x: m.arctanh(x), lambda out, x: (1.0 / apply(REST, x),))

# The slopes of tanh and g by the symmetric 1/cosh², since 1 − out² and out (1 − out) lose every
# digit where out rounds to 1: tanh′ = sech², g′(x) = g(x) g(−x) = sech²(x/2) / 4.
SECH2 = Op("sech²", _sech2, lambda out, x: (-2.0 * out * apply(OPS["tanh"], x),))
TANH = Op("tanh", lambda m, x: m.tanh(x), lambda out, x: (apply(SECH2, x),))
SIGMOID = Op("sigmoid", _sigmoid, lambda out, x: (0.25 * apply(SECH2, 0.5 * x),))
LOG_SIGMOID = Op("log_sigmoid", _log_sigmoid, lambda out, x: (apply(SIGMOID, -x),))

# Where a slope jumps: 0 for the step, relu and abs; of max and min equal inputs share the slope.
STEP = Op("step", lambda m, x: m.heaviside(x, 0.0), lambda out, x: (0.0,))
GREATER = Op(">", lambda m, x, y: m.greater(x, y) + 0.0, lambda out, x, y: (0.0, 0.0))
RELU = Op("relu", lambda m, x: m.maximum(x, 0.0), lambda out, x: (apply(STEP, x),))
ABS = Op("abs", lambda m, x: abs(x), lambda out, x: (apply(STEP, x) - apply(STEP, -x),))
MAX = Op("max", lambda m, *x: reduce(m.maximum, x), lambda out, *xs: _shares((out, x) for x in xs))
MIN = Op("min", lambda m, *x: reduce(m.minimum, x), lambda out, *xs: _shares((x, out) for x in xs))

OPS: dict[str, Op] = {op.symbol: op for op in vars().copy().values() if isinstance(op, Op)}


@lru_cache(maxsize=4096)
def power(n: float, less: int = 0) -> Op:
    """The operation x ↦ xⁿ for a constant exponent ``n``.

    ``less`` is taken off the exponent. A slope needs it where n − 1 is not a floating-point
    number, as of n = 0.3: balls then still know the exponent exactly.

    >>> power(3.0).partials(8.0, 2.0)
    (12.0,)
    """
    recipe = power, ((n, less) if less else (n,))
    if n == 0.0:
        return Op("**0", lambda m, x: x * 0.0 + 1.0, lambda out, x: (0.0,), recipe)
    if n == 2.0:
        return Op("**2", lambda m, x: x * x, lambda out, x: (2.0 * x,), recipe)
    exponent = n - less
    exact = Fraction(n) - less - 1 == Fraction(exponent - 1.0)

    def forward(m: Any, x: Any) -> Any:
        return m.lowered(x, n, less) if less and hasattr(m, "lowered") else m.power(x, exponent)

    def partials(out: Any, x: Any) -> Sequence[Any]:
        if exact:
            return (exponent * apply(power(exponent - 1.0), x),)
        lower = apply(power(n, less + 1), x)
        return (n * lower - less * lower if less else n * lower,)

    return Op(f"**{exponent:.17g}", forward, partials, recipe)


@lru_cache(maxsize=4096)
def exponential(base: float) -> Op:
    """The operation x ↦ baseˣ for a constant base > 0.

    >>> exponential(2.0).forward(SCALAR, 3.0)
    8.0
    """
    symbol, recipe = f"{base:.17g}**", (exponential, (base,))
    return Op(symbol, lambda m, x: m.power(base, x), lambda out, x: (out * _log(base, x),), recipe)


def by_symbol(symbol: str) -> Op:
    """The operation with this symbol, micrograd's spelling included; ValueError if there is none.

    >>> by_symbol("ReLU") is OPS["relu"], by_symbol("**3") is power(3.0)
    (True, True)
    """
    if op := OPS.get(symbol) or OPS.get(symbol.lower()):
        return op
    try:
        if symbol.startswith("**"):
            return power(float(symbol[2:]))
        if symbol.endswith("**"):
            return exponential(float(symbol[:-2]))
    except ValueError:
        pass
    raise ValueError(f"_op: got {symbol!r}, expected one of {' '.join(OPS)} or **n")
