"""With how many digits numbers were written down, told from the numbers themselves."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ..support.validation import Array

__all__ = ["SINGLE", "Digits", "written_digits"]

COUNTS = range(3, 10)  # fewer digits tell nothing, more need no allowance
FEWEST = 4  # numbers that must agree on their digits before anything is concluded from it
SINGLE = 2.0**-24  # unit roundoff of single precision


class Digits(NamedTuple):
    """A rounding: to ``places`` decimals, to ``places`` significant digits, or single precision."""

    kind: Literal["decimals", "significant", "single"]
    places: int

    def error(self, values: npt.ArrayLike) -> Array:
        """Half a unit in the last place of each of ``values``, in their shape."""
        size = np.abs(np.asarray(values, dtype=np.float64))
        if self.kind == "single":
            return np.asarray(SINGLE * size)
        if self.kind == "decimals":
            return np.full(size.shape, 0.5 * 10.0**-self.places)
        return np.asarray(np.where(size > 0.0, 0.5 * _last_place(size, self.places), 0.0))

    @np.errstate(over="ignore", invalid="ignore")  # of 1e308 in tiny units
    def keeps(self, values: npt.ArrayLike) -> bool:
        """Whether ``values`` show no more digits than these."""
        size = np.abs(np.asarray(values, dtype=np.float64))
        if self.kind == "single":
            return bool(np.array_equal(size, size.astype(np.float32)))
        unit = 10.0**-self.places if self.kind == "decimals" else _last_place(size, self.places)
        rounded = np.round(size / unit) * unit
        return bool(np.all(np.abs(size - rounded) <= 4.0 * np.finfo(np.float64).eps * size))

    def rounded(self, values: npt.ArrayLike) -> bool:
        """Whether ``values`` were rounded so, and are not coarser numbers such as 0.5 or 3."""
        few = np.count_nonzero(values) < FEWEST
        return self.keeps(values) and bool(few or written_digits(values) == self)


def written_digits(values: npt.ArrayLike) -> Digits | None:
    """How ``values`` were rounded as they were written down; None if they have all their digits.

    Of two readings, a number of decimals and a number of significant digits, the one that needs
    fewer digits in all is taken.

    >>> written_digits([0.1235, 1.7512, 0.9999, 0.25])
    Digits(kind='decimals', places=4)
    >>> written_digits(np.sqrt([2.0, 3.0, 5.0, 7.0]))
    """
    x = np.asarray(values, dtype=np.float64)
    size = np.abs(x[(x != 0.0) & np.isfinite(x)])
    if size.size < FEWEST:
        return None
    needed: dict[Digits, float] = {}
    for count in reversed(COUNTS):
        decimals, significant = Digits("decimals", count), Digits("significant", count)
        if decimals.keeps(size):
            needed[decimals] = float(np.mean(count + 1 + np.floor(np.log10(size))))
        if significant.keeps(size):
            needed[significant] = float(count)
    if needed:
        return min(needed, key=lambda digits: needed[digits])
    single = Digits("single", 24)
    return single if single.keeps(size) else None


def written_decimals(value: float) -> float:
    """Half a unit in the last decimal of one number written with fewer than ten, else 0.

    >>> written_decimals(7.407), written_decimals(2.0**0.5)
    (0.0005, 0.0)
    """
    places = len(repr(float(value)).partition(".")[2])
    return 0.5 * 10.0**-places if places < COUNTS.stop else 0.0


def _last_place(size: Array, digits: int) -> Array:
    exponent = np.floor(np.log10(size, where=size > 0.0, out=np.zeros_like(size)))
    return np.asarray(10.0 ** (exponent - digits + 1))
