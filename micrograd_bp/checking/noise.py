"""The rounding noise of a function, measured from its values.

A difference table of neighbouring values tells noise from signal: the differences of a smooth
function vanish with their order, those of noise do not (Moré & Wild, Estimating Computational
Noise, SIAM J. Sci. Comput. 33, 2011).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ..support.validation import Array

__all__ = ["EPSILON", "POSITIONS", "TINIEST", "noise_at", "noise_of", "precision", "table_noise"]

EPSILON = float(np.finfo(np.float64).eps)
TINIEST = float(np.finfo(np.float64).tiny)
TABLE_POINTS = 7  # values in a noise table, as Moré & Wild advise
# Not at 0 itself, where a kink or a jump would stand in every table.
POSITIONS = np.arange(TABLE_POINTS, dtype=np.float64) + 1.37
FIRST_SPACING = 1e-12  # of these values, in units of the line
CLOSER = 0.137  # the second spacing, in units of the first: no period fits both
MOST_TABLES = 14
GROW, SHRINK = 60.0, 7.0
WIDER = 7.3
SAME_NOISE = 8.0  # seven values know σ to a factor of about two


def table_noise(values: Array) -> tuple[Array, Array]:
    """The standard deviation of the noise in equally spaced values, (n,) or (n, k) for k functions.

    Returns it and, for each function, whether it can be believed. The k-th differences of a
    smooth function vanish, those of noise σ have variance σ² (2k)!/(k!)²: where three successive
    orders give the same σ, it is noise (Moré & Wild 2011, section 3).

    >>> noise, known = table_noise(np.random.default_rng(0).normal(5.0, 1e-3, size=9))
    >>> bool(known), bool(5e-4 < noise < 2e-3)
    (True, True)
    """
    differences = np.asarray(values, dtype=np.float64)
    unit = np.maximum(np.max(np.abs(differences), axis=0), TINIEST)  # squares neither over- nor
    differences = differences / unit  # underflow
    levels, signs = [], []
    for k in range(1, len(differences)):
        differences = np.diff(differences, axis=0)
        gamma = math.factorial(k) ** 2 / math.factorial(2 * k)
        levels.append(np.sqrt(gamma * np.mean(differences**2, axis=0)))
        signs.append((differences.min(axis=0) < 0.0) & (differences.max(axis=0) > 0.0))
    noise, known = np.array(levels[-1]), np.zeros(differences.shape[1:], dtype=bool)
    for k in reversed(range(len(levels) - 2)):
        three = np.array(levels[k : k + 3])
        steady = (three.max(axis=0) <= 4.0 * three.min(axis=0)) & signs[k]
        noise = np.where(steady, levels[k], noise)
        known = known | steady
    return noise * unit, known


def noise_of(along: Callable[[Array], Array]) -> float:
    """The noise of a function near t = 0: the standard deviation of its rounding errors.

    ``along`` takes positions t and gives the values there. The spacing grows while most values
    are equal and shrinks while they are not yet noise. Noise does not depend on the spacing, so
    it must show at a smaller one too; otherwise it was signal. Where no spacing shows noise, the
    last difference is an upper bound.
    """
    spacing, bound = FIRST_SPACING, math.inf
    for _ in range(MOST_TABLES):
        if not 1e-17 < spacing < 1.0:
            break
        values = along(spacing * POSITIONS)
        if not np.all(np.isfinite(values)):
            spacing /= SHRINK
            continue
        noise, known = table_noise(values)
        if _stands_still(values):
            spacing *= GROW
        elif known:
            level, settled = _believed(along, spacing, float(noise))
            if settled:
                return level
            bound = min(bound, level)
            spacing /= SHRINK
        else:
            bound = min(bound, float(noise))
            spacing /= SHRINK
    return 0.0 if math.isinf(bound) else bound


def _believed(along: Callable[[Array], Array], spacing: float, noise: float) -> tuple[float, bool]:
    """What other spacings say of noise that shows at one, and whether that settles it.

    Values that stand still at a smaller spacing are stairs, whose noise is the same at a larger
    one; that of a flat piece with a kink beyond is not. Other noise shows at smaller spacings
    too, unless these step by luck from stair to stair; signal does not.
    """
    levels = [noise]
    for closer in (-CLOSER, CLOSER**2):
        values = along(closer * spacing * POSITIONS)
        if _stands_still(values):
            wider = float(table_noise(along(WIDER * spacing * POSITIONS))[0])
            return (max(noise, wider), True) if wider <= SAME_NOISE * noise else (0.0, True)
        levels.append(float(table_noise(values)[0]))
        if noise / SAME_NOISE <= levels[-1] <= SAME_NOISE * noise:
            return max(noise, levels[-1]), True
    level = sorted(levels)[1]
    return level, level >= noise / SAME_NOISE


def _stands_still(values: Array) -> bool:
    """Whether most neighbouring values are equal: too close to tell anything."""
    return bool(np.count_nonzero(np.diff(values) == 0.0) * 2 >= len(values))


def noise_at(along: Callable[[Array], Array], step: float, expected: float) -> float:
    """An upper bound of the noise within ``step`` of t = 0: what a seventh part of it shows.

    A function that is smooth at this step has differences of high order below its noise, so
    this is the noise; of any other function it is what the step does not resolve. Of two sides
    the quieter counts, as a kink at or beside 0 shows on one side only; the other is looked at
    only if the first shows more than was ``expected``.
    """
    level = math.inf
    for side in (step, -step):
        values = along(side / TABLE_POINTS * POSITIONS)
        if np.all(np.isfinite(values)):
            level = min(level, float(table_noise(values)[0]))
        if level <= SAME_NOISE * expected:
            break
    return level


def precision(numbers: npt.ArrayLike) -> float:
    """The rounding unit of numbers: float32's if they are float32 numbers of full length.

    A function that computes in float32 is recognized by that, whatever type it returns. Numbers
    of 16 bits or fewer, such as small whole ones, prove nothing.
    """
    mantissa, _ = np.frexp(np.asarray(numbers, dtype=np.float64))
    mantissa = mantissa[np.isfinite(mantissa)]
    short, tiny = mantissa * 2.0**24, mantissa * 2.0**16
    if np.all(short == np.floor(short)) and np.any(tiny != np.floor(tiny)):
        return float(np.finfo(np.float32).eps)
    return EPSILON
