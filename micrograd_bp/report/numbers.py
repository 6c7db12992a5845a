"""How the page writes numbers: four significant digits, −1.234×10⁻⁵ for the very small."""

from __future__ import annotations

import math

__all__ = ["aligned", "written"]

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def written(value: float, digits: int = 4) -> str:
    """A number for people; ``page.js`` writes the same.

    >>> [written(v) for v in (0.0, 1.0, -0.0123456, 1.5e-7, 12345.6)]
    ['0', '1', '−0.01235', '1.5×10⁻⁷', '1.235×10⁴']
    """
    if value == 0.0:
        return "0"
    if not math.isfinite(value):
        return str(value)
    mantissa, _, exponent = f"{abs(value):.{digits - 1}e}".partition("e")
    power = int(exponent)
    sign = "−" if value < 0 else ""
    if -3 <= power < digits:
        plain = f"{abs(value):.{digits - 1 - power}f}"
        return sign + (plain.rstrip("0").rstrip(".") if "." in plain else plain)
    mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{sign}{mantissa}×10{str(power).translate(_RAISED)}"


def aligned(value: float) -> str:
    """A number with ten decimals, so that a column can be compared digit by digit.

    >>> aligned(-0.25), aligned(1.5e-7)
    ('−0.2500000000', '1.5×10⁻⁷')
    """
    if value == 0.0 or abs(value) >= 1e-4:
        return f"{value:.10f}".replace("-", "−")
    return written(value, digits=8)
