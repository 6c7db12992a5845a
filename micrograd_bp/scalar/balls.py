"""The same graph in ball arithmetic: every number is a midpoint with a radius that holds the truth.

A ball is an interval, written as its middle and half its width. Each operation on balls returns
a ball that is certain to hold the exact result for every choice of numbers in its operands
(F. Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic", IEEE
Transactions on Computers 66, 2017); the package ``python-flint`` computes them. The table of
rules in ``ops.py`` is plain arithmetic, so its lines serve balls as they serve floats: with them
a recorded graph gives not an approximation of its derivatives but an enclosure of them.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from numbers import Integral
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from . import ops
from .engine import Value
from .recorded import Recorded

__all__ = [
    "Ball",
    "Balls",
    "Enclosure",
    "array_namespace",
    "ball_array",
    "balls_available",
    "enclose",
    "namespace",
    "precision",
]

BITS = 106  # twice the bits of a float: what floats round off lies far inside

# g′ at z = −10⁹ is 2^(−1.4·10⁹): as a fraction it would take 200 MB. Far below every float.
MOST_EXPONENT = 2**14

# FLINT keeps its precision in one place for all threads; whoever needs another takes turns.
_TURN = threading.RLock()


def balls_available() -> bool:
    """Whether python-flint is installed; it has no wheels for some platforms."""
    try:
        import flint  # noqa: F401
    except ImportError:
        return False
    return True


@contextmanager
def precision(bits: int) -> Iterator[Any]:
    """Ball arithmetic with ``bits`` bits for as long as the block runs; gives the type of balls.

    Raises ImportError with one line if python-flint is not installed.

    >>> with precision(106) as arb:
    ...     print(arb(1) / 3)
    [0.3333333333333333333333333333333 +/- 3.54e-32]
    """
    try:
        import flint
    except ImportError:
        raise ImportError(
            "balls: python-flint is not installed; pip install python-flint"
        ) from None
    ops.MATH.setdefault(flint.arb, namespace())
    with _TURN:
        before, flint.ctx.prec = flint.ctx.prec, bits
        try:
            yield flint.arb
        finally:
            flint.ctx.prec = before


@lru_cache(maxsize=1)
def namespace() -> Any:
    """What the rules of ``ops.py`` find under ``m``: FLINT's own functions.

    Where a ball straddles a kink, ``maximum``, ``minimum``, abs and ``heaviside`` give a ball
    that holds both sides. A function that is not listed, say ``m.erf``, is FLINT's of that name
    (``m.arctan`` is its atan).
    """
    from flint import arb

    class Namespace(SimpleNamespace):
        def __getattr__(self, name: str) -> Any:
            return getattr(arb, f"a{name[3:]}" if name.startswith("arc") else name)

    return Namespace(
        log=lambda x: arb(x).log(),
        log2=lambda x: arb(x).log() / arb(2).log(),
        log10=lambda x: arb(x).log() / arb(10).log(),
        exp2=lambda x: arb(2) ** x,
        cbrt=lambda x: x.root(3) if x > 0 else -(-x).root(3),
        hypot=lambda x, y: (x * x + y * y).sqrt(),
        power=lambda x, n: arb(x) ** arb(n),
        lowered=lambda x, n, k: arb(x) ** (arb(n) - k),
        maximum=lambda x, y: arb(x).max(arb(y)),
        minimum=lambda x, y: arb(x).min(arb(y)),
        heaviside=_heaviside,
        greater=lambda x, y: _heaviside(arb(x) - arb(y), 0.0),
    )


@lru_cache(maxsize=1)
def array_namespace() -> Any:
    """The same for arrays of balls: what the matrix formulas find under ``xp``."""
    from flint import arb

    return SimpleNamespace(
        exp=np.frompyfunc(arb.exp, 1, 1),
        log1p=np.frompyfunc(arb.log1p, 1, 1),
        maximum=np.frompyfunc(lambda x, y: arb(x).max(arb(y)), 2, 1),
        minimum=np.frompyfunc(lambda x, y: arb(x).min(arb(y)), 2, 1),
        logaddexp=np.frompyfunc(lambda x, y: arb(x) + (y - x).exp().log1p(), 2, 1),
    )


def ball_array(numbers: npt.ArrayLike) -> npt.NDArray[Any]:
    """An array of floats as one of exact balls."""
    from flint import arb

    made: npt.NDArray[Any] = np.frompyfunc(arb, 1, 1)(np.asarray(numbers, dtype=object))
    return made


def _heaviside(x: Any, at_zero: float) -> Any:
    ball = type(x)
    if x > 0.0 or x < 0.0 or x == 0.0:
        return ball(1.0 if x > 0.0 else 0.0 if x < 0.0 else at_zero)
    return ball(0.0).union(ball(1.0)).union(ball(at_zero))


class Exact(Fraction):
    """An end of a ball: a whole number times a power of two, that mpmath takes as a number too."""

    @property
    def _mpf_(
        self,
    ) -> tuple[int, int, int, int]:  # mpmath's form: sign, odd mantissa, exponent, bits
        size = abs(self.numerator)
        zeros = (size & -size).bit_length() - 1 if size else 0
        mantissa = size >> zeros
        exponent = zeros - (self.denominator.bit_length() - 1)
        return int(self < 0), mantissa, exponent if size else 0, mantissa.bit_length()


@dataclass(frozen=True, eq=False)
class Ball:
    """A number known to lie within ``radius`` of ``mid``, that is from ``low`` to ``high``.

    The four are exact fractions, so they compare and compute without rounding (±∞ and NaN
    where nothing is known); ``float()`` rounds one. ``str()`` prints the digits that are proved.
    """

    low: Exact | float
    high: Exact | float
    mid: Exact | float
    radius: Exact | float
    text: str

    @classmethod
    def of(cls, ball: Any, bits: int) -> Ball:
        """The ball of python-flint's ``arb`` (or an exact float), read out at ``bits`` bits."""
        with precision(4 * bits) as arb:  # the ends of a ball take more bits than its middle
            ball = arb(ball)
            digits = int(bits * math.log10(2.0)) + 2
            text = ball.str(digits, radius=False)
            if ball.is_finite() and ball.contains(0.0) and not ball.is_zero():
                text = f"0 ± {float(ball.abs_upper()):.1e}"  # not one digit is
            low, high = _exact(ball.lower(), -1), _exact(ball.upper(), 1)
        if isinstance(low, float) or isinstance(high, float):
            return cls(low, high, math.nan, math.inf, text)
        return cls(low, high, Exact((low + high) / 2), Exact((high - low) / 2), text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Ball({self.text})"

    def __float__(self) -> float:
        return float(self.mid)

    def __contains__(self, number: Any) -> bool:
        return bool(self.low <= number <= self.high)


def _exact(end: Any, side: int) -> Exact | float:
    """One end of a ball as a fraction; outward to a multiple of 2⁻¹⁶³⁸⁴ where it is finer."""
    if not end.is_finite():
        return side * math.inf
    mantissa, exponent = map(int, end.man_exp())
    if exponent > MOST_EXPONENT:
        return side * math.inf
    if exponent < -MOST_EXPONENT:
        finer = -MOST_EXPONENT - exponent
        if finer > mantissa.bit_length():
            mantissa = side if mantissa * side > 0 else 0
        else:
            mantissa = mantissa >> finer if side < 0 else -(-mantissa >> finer)
        exponent = -MOST_EXPONENT
    return Exact(mantissa * Fraction(2) ** exponent)


class Balls(tuple[Ball, ...]):
    """Balls in the order of the nodes they belong to, read by position or by node."""

    nodes: tuple[Value, ...]

    def __new__(cls, balls: Iterable[Ball], nodes: Iterable[Value]) -> Balls:
        made = super().__new__(cls, balls)
        made.nodes = tuple(nodes)
        return made

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(self.nodes.index(key) if isinstance(key, Value) else key)


@dataclass(frozen=True)
class Enclosure:
    """The value of an expression and its derivatives as balls, computed with ``bits`` bits.

    ``gradients`` holds ∂value/∂node in the order of ``wrt``; it is read by position or by node.
    """

    value: Ball
    gradients: Balls
    bits: int

    def __str__(self) -> str:
        names = [f"∂/∂{v.label or f'x{i}'}" for i, v in enumerate(self.gradients.nodes)]
        width = max(map(len, [*names, "value"]))
        rows = zip(["value", *names], [self.value, *self.gradients], strict=True)
        return "\n".join(f"{name:{width}}  {ball}" for name, ball in rows)


def enclose(
    value: Value, wrt: Iterable[Value] | Value | None = None, bits: int = BITS
) -> Enclosure:
    """Prove the value of an expression and its derivatives to as many digits as are wanted.

    The recorded graph is run again, forward and backward, in ball arithmetic: its leaves are the
    floats that they hold, exactly, and every ball is certain to contain the true number.

    Parameters
    ----------
    value : Value
        The expression; neither its data nor its gradients are changed.
    wrt : Value or iterable of Value, optional
        The nodes of its graph to differentiate by (None: all its leaves).
    bits : int
        The precision of the balls' middles; 106 bits are 31 decimal digits.

    Returns
    -------
    Enclosure
        Its ``value`` and ``gradients`` are balls with ``low``, ``high``, ``mid``, ``radius``.

    Raises
    ------
    TypeError, ValueError
        If an argument is none of these, or an operation of one's own, made with ``Op(...)``,
        does not compute through the namespace ``m`` that it is given.
    ImportError
        If python-flint is not installed.

    Examples
    --------
    >>> x = Value(0.5, label="x")
    >>> print(enclose(x.sin() * 2.0, wrt=x))
    value  0.9588510772084060005465758704311
    ∂/∂x   1.7551651237807454322325631652076
    """
    if not isinstance(value, Value):
        raise TypeError(f"value: got {type(value).__name__}, expected a Value")
    if isinstance(bits, bool) or not isinstance(bits, Integral) or not 2 <= bits <= 2**20:
        raise ValueError(f"bits: got {bits!r}, expected a whole number from 2 to {2**20}")
    bits = int(bits)
    graph = Recorded(value)
    nodes = _chosen(graph, wrt)
    with precision(bits) as arb:
        numbers = [arb(node.data) for node in graph.nodes]
        _require_rules(graph, numbers)
        graph.forward(numbers, namespace())
        slopes = graph.backward(numbers, [graph.place[node] for node in nodes])
    gradients = Balls([Ball.of(slope, bits) for slope in slopes], nodes)
    return Enclosure(Ball.of(numbers[-1], bits), gradients, bits)


def _chosen(graph: Recorded, wrt: Iterable[Value] | Value | None) -> list[Value]:
    if wrt is None:
        return [node for node in graph.nodes if not node.inputs]
    nodes = [wrt] if isinstance(wrt, Value) else list(wrt)
    for i, node in enumerate(nodes):
        if not isinstance(node, Value):
            raise TypeError(f"wrt[{i}]: got {type(node).__name__}, expected a Value")
        if node not in graph.place:
            raise ValueError(f"wrt[{i}]: got {node!r}, expected a node of the expression")
    return nodes


def _require_rules(graph: Recorded, numbers: Sequence[Any]) -> None:
    """ValueError for an operation of the user's own that leaves ball arithmetic.

    ``math.erf(x)`` takes the middle of a ball and forgets its radius: what comes out is a float.
    A rule may state a constant as a float, but that is the same at other inputs.
    """
    tried: set[Any] = set()
    for _, op, inputs in graph.steps:
        if op in tried or _in_table(op):
            continue
        tried.add(op)
        here = [numbers[j] for j in inputs]
        there = [x + abs(x) / 1024 + 1.0 / 1024 for x in here]
        try:
            outs = [op.forward(namespace(), *xs) for xs in (here, there)]
            lists = [
                list(op.partials(out, *xs)) for out, xs in zip(outs, (here, there), strict=True)
            ]
        except (TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"{op.symbol}: does not compute with balls: {error}") from error
        floats = [pair for pair in zip(*lists, strict=True) if isinstance(pair[0], float)]
        if isinstance(outs[0], float) or any(a != b for a, b in floats):
            raise ValueError(
                f"{op.symbol}: computes with floats, expected the functions of the namespace m, "
                "as in forward=lambda m, x: m.exp(x)"
            )


def _in_table(op: ops.Op) -> bool:
    try:
        return ops.by_symbol(op.symbol) is op
    except ValueError:
        return False
