"""A log-log chart as SVG elements with classes, coloured by the page in light and in dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..network.symbols import symbol

__all__ = ["Curve", "Guide", "loglog"]

WIDTH, HEIGHT = 460, 400
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 12, 50  # margins, for the axes and their names


@dataclass(frozen=True)
class Curve:
    """A measured curve: a name, positive x, and y of which those ≤ 0 are drawn at the bottom."""

    name: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True)
class Guide:
    """A dashed line of one slope through a point, and what it means."""

    name: str
    slope: float
    through: tuple[float, float]
    x: tuple[float, float]  # from, to
    label_at: float  # x where the name stands
    below: bool = False


@dataclass(frozen=True)
class _Axis:
    first: int  # power of ten
    last: int
    start: float  # in the drawing
    stop: float

    def __call__(self, value: float) -> float:
        share = (math.log10(value) - self.first) / (self.last - self.first)
        return self.start + share * (self.stop - self.start)

    def ticks(self) -> list[dict[str, Any]]:
        step = max(1, math.ceil((self.last - self.first) / 8))
        powers = range(self.first, self.last + 1, step)
        return [{"at": self(10.0**k), "name": _power_of_ten(k)} for k in powers]


def loglog(
    name: str,
    x_name: str,
    y_name: str,
    curves: Sequence[Curve],
    guides: Sequence[Guide] = (),
    marked_x: tuple[float, str] | None = None,
    band: str | None = None,
) -> dict[str, Any]:
    """Where everything of a chart stands, for the template that writes the SVG.

    ``marked_x`` is a place on the x axis and its name; ``band`` the name of a curve that is drawn
    wide and pale because another lies on it.

    >>> chart = loglog("t", "x", "y", [Curve("c", [1, 100], [1e-3, 10])])
    >>> chart["curves"][0]["points"][0] == (LEFT, HEIGHT - BOTTOM)
    True
    """
    x = _Axis(*_powers(curves, "x"), LEFT, WIDTH - RIGHT)
    y = _Axis(*_powers(curves, "y"), HEIGHT - BOTTOM, TOP)
    floor = 10.0**y.first
    return {
        "name": name,
        "width": WIDTH,
        "height": HEIGHT,
        "plot": {"x": LEFT, "y": TOP, "width": x.stop - x.start, "height": y.start - y.stop},
        "x": {"name": x_name, "ticks": x.ticks()},
        "y": {"name": y_name, "ticks": y.ticks()},
        "curves": [
            {
                "name": curve.name,
                "points": [
                    (round(x(u), 1), round(y(max(v, floor)), 1))
                    for u, v in zip(curve.x, curve.y, strict=True)
                ],
            }
            for curve in curves
        ],
        "guides": [_drawn_guide(guide, x, y) for guide in guides],
        "band": band,
        "marked": marked_x and {"at": x(marked_x[0]), "name": marked_x[1]},
        "rows": [(u, *(curve.y[k] for curve in curves)) for k, u in enumerate(curves[0].x)],
    }


def _drawn_guide(guide: Guide, x: _Axis, y: _Axis) -> dict[str, Any]:
    def on_line(u: float) -> tuple[float, float]:
        x0, y0 = guide.through
        return x(u), y(y0 * (u / x0) ** guide.slope)

    (x1, y1), (x2, y2) = map(on_line, guide.x)
    label_x, label_y = on_line(guide.label_at)
    return {
        "name": guide.name,
        "line": [round(v, 1) for v in (x1, y1, x2, y2)],
        "angle": round(math.degrees(math.atan2(y2 - y1, x2 - x1)), 1),
        "at": (round(label_x, 1), round(label_y, 1)),
        "below": guide.below,
    }


def _powers(curves: Sequence[Curve], axis: str) -> tuple[int, int]:
    """The whole powers of ten around all positive values."""
    values = [v for curve in curves for v in getattr(curve, axis) if v > 0] or [1.0]
    first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return first, max(last, first + 1)


def _power_of_ten(exponent: int) -> str:
    return "10" + symbol("", exponent).translate(_RAISED)


_RAISED = str.maketrans("₀₁₂₃₄₅₆₇₈₉-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
