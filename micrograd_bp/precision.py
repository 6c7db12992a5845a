"""With how many digits numbers were written down, told from the numbers themselves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .network import Array

__all__ = ["SINGLE", "last_digit_error"]

DIGITS = range(3, 10)  # fewer tell nothing, more are not worth an allowance
SINGLE = 2.0**-24  # unit roundoff of single precision
FEWEST = 4  # numbers that must agree on their digits before anything is concluded from it


def last_digit_error(values: npt.NDArray[np.floating]) -> Array:
    """Half a unit in the last place that ``values`` were rounded to, entry by entry; 0 if exact.

    Recognized are a fixed number of decimals, of significant digits, and single precision.

    >>> last_digit_error(np.array([0.1235, 1.7512, 0.9999, 0.25]))
    array([5.e-05, 5.e-05, 5.e-05, 5.e-05])
    """
    x = np.asarray(values, dtype=np.float64)
    size = np.abs(x[(x != 0.0) & np.isfinite(x)])
    if size.size < FEWEST:
        return np.zeros(x.shape)
    for places in DIGITS:
        if _same(size, np.round(size, places)):
            return np.full(x.shape, 0.5 * 10.0**-places)
    exponent = np.floor(np.log10(size))
    for digits in DIGITS:
        unit = 10.0 ** (exponent - digits + 1)
        if _same(size, np.round(size / unit) * unit):
            error = np.zeros(x.shape)
            error[(x != 0.0) & np.isfinite(x)] = 0.5 * unit
            return error
    if np.array_equal(size, size.astype(np.float32)):
        return np.asarray(SINGLE * np.abs(x))
    return np.zeros(x.shape)


def _same(a: Array, b: Array) -> bool:
    return bool(np.all(np.abs(a - b) <= 4.0 * np.finfo(np.float64).eps * a))
