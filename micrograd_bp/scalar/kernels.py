"""What NumPy computes in one place: shortcuts beside the table of rules, and tested against it.

``UFUNCS`` are operations that are one of NumPy's functions, which writes where one likes. Of g and
log g, the units of every network here, ``KERNELS`` compute value and derivative from the same
e⁻ˣ: ``value(x, out, e)`` fills both arrays, ``slope(out, e)`` puts the derivative in the place of
e⁻ˣ. ``SLOPES`` are derivatives, ``slope(x, out)``. What has none of these runs by its rule in
``ops.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..support.validation import Array
from .ops import ABS, COS, DIV, EXP, LOG, LOG_SIGMOID, MUL, SIGMOID, SIN, SQRT, TANH, Op, power

__all__ = ["KERNELS", "SLOPES", "UFUNCS", "Kernel"]

LARGEST_EXPONENT = 709.0  # e⁷¹⁰ overflows


class Kernel(NamedTuple):
    """Value and derivative of an operation that keep a number between them."""

    value: Callable[[Array, Array, Array], None]
    slope: Callable[[Array, Array], None]


def _exponential(x: Array, e: Array) -> bool:
    """e⁻ˣ into ``e``, capped where it would overflow, which raises; whether that was nowhere."""
    np.negative(x, out=e)
    try:
        np.exp(e, out=e)
    except FloatingPointError:
        np.minimum(-x, LARGEST_EXPONENT, out=e)
        np.exp(e, out=e)
        return False
    return True


def _sigmoid(x: Array, out: Array, e: Array) -> None:
    small = _exponential(x, e)
    np.add(e, 1.0, out=out)
    np.divide(1.0, out, out=out)
    if not small:  # g(x) = eˣ, and e⁻ˣ is no float: ∞, which the slope takes for 1/g(x)
        far = x < -LARGEST_EXPONENT
        np.copyto(out, np.exp(np.minimum(x, 0.0)), where=far)
        np.copyto(e, np.where(out > 0.0, np.inf, 0.0), where=far)


def _sigmoid_slope(out: Array, e: Array) -> None:
    e *= out  # g(−x) = e⁻ˣ g(x), which 1 − g(x) is to few digits where g(x) is near 1
    np.minimum(e, 1.0, out=e)
    e *= out


def _log_sigmoid(x: Array, out: Array, e: Array) -> None:
    small = _exponential(x, e)
    np.log1p(e, out=out)
    np.negative(out, out=out)
    if not small:
        np.copyto(out, x, where=x < -LARGEST_EXPONENT)  # log g(x) = x − log(1 + eˣ)


def _log_sigmoid_slope(out: Array, e: Array) -> None:
    np.divide(e, e + 1.0, out=e)  # g(−x)


def _tanh_slope(x: Array, out: Array) -> None:
    try:
        np.cosh(x, out)
    except FloatingPointError:
        with np.errstate(over="ignore"):  # 1/∞ is what is left of the slope there
            np.cosh(x, out)
    np.divide(1.0, out, out)
    np.multiply(out, out, out)


def _cos_slope(x: Array, out: Array) -> None:
    np.sin(x, out)
    np.negative(out, out)


UFUNCS: dict[Op, Any] = {
    MUL: np.multiply,
    DIV: np.divide,
    EXP: np.exp,
    LOG: np.log,
    SQRT: np.sqrt,
    SIN: np.sin,
    COS: np.cos,
    TANH: np.tanh,
    ABS: np.abs,
    power(2.0): np.square,
}
KERNELS: dict[Op, Kernel] = {
    SIGMOID: Kernel(_sigmoid, _sigmoid_slope),
    LOG_SIGMOID: Kernel(_log_sigmoid, _log_sigmoid_slope),
}
SLOPES: dict[Op, Callable[[Array, Array], Any]] = {TANH: _tanh_slope, SIN: np.cos, COS: _cos_slope}
