"""The table of scalar operations: each states its value and its local derivatives once.

``forward(m, *inputs)`` takes the namespace that holds exp, log, …: ``SCALAR`` for floats,
``numpy`` for arrays, another for balls. ``partials(out, *inputs)`` gives ∂out/∂input for each
input in plain arithmetic, so the same line serves floats (``Value.backward``), NumPy arrays
(``Tape``), Values themselves (``backward(create_graph=True)``) and balls (``enclose``).

To add an operation, add one entry.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np

__all__ = ["OPS", "Op", "apply", "by_symbol", "exponential", "power"]


@dataclass(frozen=True, eq=False, slots=True)
class Op:
    """One operation: its symbol, its value and its local derivatives.

    It equals its symbol, so that a walk over a graph can ask ``node.op == "*"``.
    """

    symbol: str
    forward: Callable[..., Any]
    partials: Callable[..., Sequence[Any]]

    def __repr__(self) -> str:
        return f"Op({self.symbol!r})"

    def __eq__(self, other: object) -> bool:
        return self.symbol == other if isinstance(other, str) else self is other

    def __hash__(self) -> int:
        return hash(self.symbol)

    def __reduce__(self) -> tuple[Any, ...]:  # identity survives pickling: rules are lambdas
        return by_symbol, (self.symbol,)


SCALAR = SimpleNamespace(
    **{name: getattr(math, name) for name in ("exp", "log", "log1p", "sqrt", "sin", "cos", "tanh")},
    power=math.pow,
    maximum=max,
    minimum=min,
    heaviside=lambda x, at_zero: 1.0 if x > 0.0 else 0.0 if x < 0.0 else at_zero,
)


# The namespace that holds exp, log, … for each type of number. A module that brings a further
# type (balls) enters its own; a type that is not here, as Value, records the operation.
MATH: dict[type, Any] = {float: SCALAR, np.float64: SCALAR, np.ndarray: np}


def apply(op: Op, *xs: Any) -> Any:
    """The operation at ``xs``, whatever they are: floats, arrays, Values or balls.

    The type of the first decides.

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


ADD = Op("+", lambda m, x, y: x + y, lambda out, x, y: (1.0, 1.0))
SUB = Op("-", lambda m, x, y: x - y, lambda out, x, y: (1.0, -1.0))
MUL = Op("*", lambda m, x, y: x * y, lambda out, x, y: (y, x))
DIV = Op("/", lambda m, x, y: x / y, lambda out, x, y: (1.0 / y, -out / y))
NEG = Op("neg", lambda m, x: -x, lambda out, x: (-1.0,))
SUM = Op("Σ", lambda m, *xs: sum(xs), lambda out, *xs: (1.0,) * len(xs))
EXP = Op("exp", lambda m, x: m.exp(x), lambda out, x: (out,))
LOG = Op("log", lambda m, x: m.log(x), lambda out, x: (1.0 / x,))
SQRT = Op("sqrt", lambda m, x: m.sqrt(x), lambda out, x: (0.5 / out,))
SIN = Op("sin", lambda m, x: m.sin(x), lambda out, x: (apply(OPS["cos"], x),))
COS = Op("cos", lambda m, x: m.cos(x), lambda out, x: (-apply(SIN, x),))
# The slopes of tanh and g by the symmetric 1/cosh², since 1 − out² and out (1 − out) lose every
# digit where out rounds to 1: tanh′ = sech², g′(x) = g(x) g(−x) = sech²(x/2) / 4.
SECH2 = Op("sech²", _sech2, lambda out, x: (-2.0 * out * apply(OPS["tanh"], x),))
TANH = Op("tanh", lambda m, x: m.tanh(x), lambda out, x: (apply(SECH2, x),))
SIGMOID = Op("sigmoid", _sigmoid, lambda out, x: (0.25 * apply(SECH2, 0.5 * x),))
LOG_SIGMOID = Op("log_sigmoid", _log_sigmoid, lambda out, x: (apply(SIGMOID, -x),))
STEP = Op("step", lambda m, x: m.heaviside(x, 0.0), lambda out, x: (0.0,))
RELU = Op("relu", lambda m, x: m.maximum(x, 0.0), lambda out, x: (apply(STEP, x),))
ABS = Op("abs", lambda m, x: abs(x), lambda out, x: (apply(STEP, x) - apply(STEP, -x),))

OPS: dict[str, Op] = {
    op.symbol: op
    for op in (
        *(ADD, SUB, MUL, DIV, NEG, SUM),
        *(EXP, LOG, SQRT, SIN, COS, TANH, SECH2, SIGMOID, LOG_SIGMOID, STEP, RELU, ABS),
    )
}


@lru_cache(maxsize=4096)
def power(n: float) -> Op:
    """The operation x ↦ xⁿ for a constant exponent ``n``.

    >>> power(3.0).partials(8.0, 2.0)
    (12.0,)
    """
    if n == 0.0:
        return Op("**0", lambda m, x: x * 0.0 + 1.0, lambda out, x: (0.0,))
    if n == 2.0:
        return Op("**2", lambda m, x: x * x, lambda out, x: (2.0 * x,))
    return Op(
        f"**{n:.17g}", lambda m, x: m.power(x, n), lambda out, x: (n * apply(power(n - 1), x),)
    )


@lru_cache(maxsize=4096)
def exponential(base: float) -> Op:
    """The operation x ↦ baseˣ for a constant base > 0.

    >>> exponential(2.0).forward(SCALAR, 3.0)
    8.0
    """
    slope = math.log(base)
    return Op(f"{base:.17g}**", lambda m, x: m.power(base, x), lambda out, x: (out * slope,))


def by_symbol(symbol: str) -> Op:
    """The operation with this symbol (micrograd's spelling is understood too).

    Raises ValueError if there is none.

    >>> by_symbol("ReLU") is OPS["relu"], by_symbol("**3") is power(3.0)
    (True, True)
    """
    if symbol in OPS:
        return OPS[symbol]
    if symbol.lower() in OPS:
        return OPS[symbol.lower()]
    try:
        if symbol.startswith("**"):
            return power(float(symbol[2:]))
        if symbol.endswith("**"):
            return exponential(float(symbol[:-2]))
    except ValueError:
        pass
    raise ValueError(f"_op: got {symbol!r}, expected one of {' '.join(OPS)} or **n")
