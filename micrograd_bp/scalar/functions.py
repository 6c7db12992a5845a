"""The operators and functions of a Value: a line each, as in the table of ``ops.py``.

The functions bear NumPy's names, since an array of Values looks for a method of that name.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from numbers import Real
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np

from ..support.validation import finite_number
from . import ops

__all__ = ["Functions", "Number"]

T = TypeVar("T", bound="Functions")  # Value
Number = float | np.floating[Any] | np.integer[Any]


def _operator(op: ops.Op) -> Callable[[T, T | Number], T]:
    def operator(self, other: Functions | Number) -> Any:  # type: ignore[no-untyped-def]
        node = self._operand(other)
        return node if node is NotImplemented else self.apply(op, self, node)

    return operator


def _reflected(op: ops.Op) -> Callable[[T, T | Number], T]:
    """The operator that Python asks where the left operand is a number."""

    def reflected(self, other: Functions | Number) -> Any:  # type: ignore[no-untyped-def]
        node = self._operand(other)
        return node if node is NotImplemented else self.apply(op, node, self)

    return reflected


def _function(op: ops.Op, doc: str) -> Callable[[T], T]:
    """The method that applies an operation of one input."""

    def function(self: T) -> T:
        node: T = self.apply(op, self)
        return node

    function.__name__, function.__doc__ = op.symbol, doc
    return function


def _function_of_two(op: ops.Op, doc: str) -> Callable[[T, Any], T]:
    def function(self: T, other: Any) -> T:
        node: T = self.apply(op, self, other)
        return node

    function.__name__, function.__doc__ = op.symbol, doc
    return function


def _function_of_several(op: ops.Op, doc: str) -> Callable[..., Any]:
    def function(*values: Any) -> Any:
        if len(values) == 1 and not isinstance(values[0], Functions):
            values = tuple(values[0])
        if not values:
            raise ValueError("values: got none, expected at least one")
        nodes = [value for value in values if isinstance(value, Functions)]
        if not nodes:
            raise TypeError("values: got numbers only, expected at least one Value")
        return nodes[0].apply(op, *values)

    function.__name__, function.__doc__ = op.symbol, doc
    return function


def _comparison(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def comparison(self: Any, other: Any) -> bool:
        try:
            return compare(self.data, getattr(other, "data", other))
        except TypeError:
            return NotImplemented  # type: ignore[no-any-return]

    return comparison


class Functions:
    """The operators and functions that ``Value`` inherits.

    >>> from micrograd_bp import Value
    >>> x, y = Value(1.0), Value(1.0)
    >>> Value.max([x, y, 0.0]).backward()
    >>> x.grad, y.grad
    (0.5, 0.5)
    """

    __slots__ = ()

    if TYPE_CHECKING:
        apply: Callable[..., Any]

    def _operand(self: Any, other: Any) -> Any:
        """What stands beside this node, as a node; NotImplemented if it is no number."""
        if isinstance(other, Functions):
            return other
        # float first: to ask whether something else is a Real takes ten times as long
        return type(self)(other) if isinstance(other, (float, Real)) else NotImplemented

    __add__, __radd__ = _operator(ops.ADD), _reflected(ops.ADD)
    __sub__, __rsub__ = _operator(ops.SUB), _reflected(ops.SUB)
    __mul__, __rmul__ = _operator(ops.MUL), _reflected(ops.MUL)
    __truediv__, __rtruediv__ = _operator(ops.DIV), _reflected(ops.DIV)

    def __pow__(self, exponent: Functions | Number) -> Self:
        node: Self
        if isinstance(exponent, Functions):
            node = self.apply(ops.POW, self, exponent)
        else:
            node = self.apply(ops.power(finite_number("exponent", exponent)), self)
        return node

    def __rpow__(self, base: Number) -> Self:
        if not isinstance(base, (float, Real)) or not base > 0:
            raise TypeError(f"base: got {base!r}, expected a positive number")
        node: Self = self.apply(ops.exponential(finite_number("base", base)), self)
        return node

    __neg__ = _function(ops.NEG, "−x.")
    __abs__ = abs = fabs = _function(ops.ABS, "The absolute value, with derivative 0 at 0.")
    relu = _function(ops.RELU, "max(x, 0), with derivative 0 at 0.")
    exp = _function(ops.EXP, "eˣ.")
    exp2 = _function(ops.EXP2, "2ˣ.")
    expm1 = _function(ops.EXPM1, "eˣ − 1, exact also near 0.")
    log = _function(ops.LOG, "The natural logarithm. Raises ValueError unless x > 0.")
    log2 = _function(ops.LOG2, "The logarithm to base 2. Raises ValueError unless x > 0.")
    log10 = _function(ops.LOG10, "The logarithm to base 10. Raises ValueError unless x > 0.")
    log1p = _function(ops.LOG1P, "log(1 + x), exact also near 0. Raises ValueError unless x > −1.")
    sqrt = _function(ops.SQRT, "√x. Raises ValueError if x < 0.")
    cbrt = _function(ops.CBRT, "The cube root.")
    sin = _function(ops.SIN, "sin x, x in radians.")
    cos = _function(ops.COS, "cos x, x in radians.")
    tan = _function(ops.TAN, "tan x, x in radians.")
    arcsin = _function(ops.ARCSIN, "The angle of sine x. Raises ValueError unless −1 ≤ x ≤ 1.")
    arccos = _function(ops.ARCCOS, "The angle of cosine x. Raises ValueError unless −1 ≤ x ≤ 1.")
    arctan = _function(ops.ARCTAN, "The angle of tangent x.")
    sinh = _function(ops.SINH, "The hyperbolic sine.")
    cosh = _function(ops.COSH, "The hyperbolic cosine.")
    tanh = _function(ops.TANH, "The hyperbolic tangent.")
    arcsinh = _function(ops.ARCSINH, "The inverse of sinh.")
    arccosh = _function(ops.ARCCOSH, "The inverse of cosh. Raises ValueError if x < 1.")
    arctanh = _function(ops.ARCTANH, "The inverse of tanh. Raises ValueError unless −1 < x < 1.")
    sigmoid = _function(ops.SIGMOID, "g(x) = 1 / (1 + e⁻ˣ).")
    log_sigmoid = _function(ops.LOG_SIGMOID, "log g(x), exact also where g(x) rounds to 0 or 1.")

    hypot = _function_of_two(ops.HYPOT, "√(x² + y²).")
    arctan2 = _function_of_two(
        ops.ARCTAN2, "The angle of the point (y, x), called as y.arctan2(x)."
    )
    maximum = _function_of_two(ops.MAX, "max(x, y), at x = y with the slopes ½ and ½.")
    minimum = _function_of_two(ops.MIN, "min(x, y), at x = y with the slopes ½ and ½.")
    max = _function_of_several(
        ops.MAX,
        "The largest of some values, or of an iterable of them; equal ones share the slope.",
    )
    min = _function_of_several(ops.MIN, "The smallest, as ``max``.")

    @classmethod
    def sum(cls, values: Iterable[Functions | Number]) -> Self:
        """One Σ node over any number of values (numbers become leaves).

        >>> from micrograd_bp import Value
        >>> Value.sum([Value(1.0), Value(2.0), 3]).data
        6.0
        """
        node: Self = cls.apply(ops.SUM, *values)
        return node

    # Comparisons look at the data; which way they went is no part of the graph. Python's own max
    # and NumPy's maximum compare: they pick a node, at a tie the first, and a tape keeps that one.
    __lt__ = _comparison(operator.lt)
    __le__ = _comparison(operator.le)
    __gt__ = _comparison(operator.gt)
    __ge__ = _comparison(operator.ge)

    def __pos__(self: T) -> T:
        return self

    conjugate = __pos__  # np.var and np.vecdot ask for it
