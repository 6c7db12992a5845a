"""The verdict on a gradient, slope by slope, and the tables that show it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..scalar.balls import Ball
from ..support.result import Result

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["GradientCheck", "SlopeCheck", "Status"]

Status = Literal["right", "wrong", "kink", "undecided"]

ROWS_SHOWN = 10


@dataclass(frozen=True)
class SlopeCheck:
    """One slope: what the gradient says, what the cost says, and whether they agree.

    ``status`` is "right", "wrong", "kink" (the cost bends at θ from slope ``left`` to ``right``,
    and the gradient lies between them) or "undecided". ``index`` is the parameter's place in
    the flattened theta, None for a random direction. ``kink_within`` is a step that reaches a
    kink beside θ, None if there is none: the slope is from smaller steps. ``doubtful`` says
    that an undecided slope is large enough to matter; ``block`` names the array of parameters
    that it belongs to, "" for a random direction of all. ``enclosure`` is a ball that is
    certain to hold the derivative that the rules give, and ``digits`` to how many
    digits the difference of the expression itself, on balls, confirms it (None: not asked).
    """

    label: str
    index: int | None
    analytic: float
    numeric: float
    error_bar: float
    status: Status
    left: float
    right: float
    kink_within: float | None = None
    doubtful: bool = False
    block: str = ""
    enclosure: Ball | None = None
    digits: int | None = None

    @property
    def name(self) -> str:
        """The label, under the name that every undecided thing has."""
        return self.label


@dataclass(frozen=True, repr=False)
class GradientCheck(Result):
    """The verdict on a gradient. True if it passed; ``str()`` is a table for people.

    ``parameters`` and ``directions`` hold a ``SlopeCheck`` each; ``wrong``, ``undecided`` and
    ``kinks`` pick from both. ``taylor_order`` is the order with which the Taylor remainder
    falls along the random directions (None if it is all noise: a linear cost), ``noise`` the
    measured standard deviation of the cost's rounding errors, ``size`` the number of all
    parameters and ``evaluations`` how often the cost was computed.
    """

    cost: float
    noise: float
    parameters: list[SlopeCheck]
    directions: list[SlopeCheck]
    taylor_order: float | None
    size: int
    evaluations: int
    notes: list[str] = field(default_factory=list)
    nondeterministic: bool = False

    @property
    def outcome(self) -> str:
        """ "right", "wrong", "undecided" or "nondeterministic".

        It is right if no slope is wrong, if what is undecided is too small to matter, and if in
        every block of parameters at least one slope is decided.
        """
        if self.nondeterministic:
            return "nondeterministic"
        if self.wrong:
            return "wrong"
        decided = {s.block for s in self._slopes if s.status in ("right", "kink")}
        blocks = {s.block for s in self.parameters} or {s.block for s in self.directions}
        doubtful = any(slope.doubtful for slope in self.undecided)
        return "right" if blocks <= decided and not doubtful else "undecided"

    @property
    def verdict(self) -> str:
        """One line: the outcome and how many parameters it rests on."""
        return f"Gradient check: {self._headline()}"

    @property
    def wrong(self) -> list[SlopeCheck]:
        """The slopes that contradict the cost: parameters, then directions, the worst first."""
        return sorted(self._with("wrong"), key=lambda s: (s.index is None, -_badness(s)))

    @property
    def undecided(self) -> list[SlopeCheck]:
        """The slopes too small for the cost's rounding noise to show."""
        return self._with("undecided")

    @property
    def kinks(self) -> list[SlopeCheck]:
        """The slopes at a kink of the cost, where any from left to right is a subgradient."""
        return self._with("kink")

    @property
    def factor(self) -> float | None:
        """The factor between a wrong gradient and the right one, None if no one factor fits.

        −1 is a wrong sign, the number of examples a forgotten mean.
        """
        slopes = np.array([(s.analytic, s.numeric, s.error_bar) for s in self.parameters])
        if len(slopes) < 2 or not self.wrong or not np.all(np.isfinite(slopes)):
            return None
        if not np.any(slopes[:, 1]):
            return None
        analytic, numeric, bar = slopes.T / np.max(np.abs(slopes[:, 1]))
        factor = float(analytic @ numeric / (numeric @ numeric))
        fits = np.all(np.abs(analytic - factor * numeric) <= bar * (1.0 + abs(factor)))
        return factor if fits else None

    @property
    def _slopes(self) -> list[SlopeCheck]:
        return self.parameters + self.directions

    def _with(self, status: Status) -> list[SlopeCheck]:
        return [slope for slope in self._slopes if slope.status == status]

    def details(self) -> dict[str, Any]:
        """The numbers of ``to_dict``."""
        return {
            "cost": self.cost,
            "noise": self.noise,
            "taylor_order": self.taylor_order,
            "factor": self.factor,
            "size": self.size,
            "evaluations": self.evaluations,
            "notes": self.notes,
            "parameters": self.parameters,
            "directions": self.directions,
        }

    def report(self) -> list[Table | str]:
        """The verdict first, then the tables."""
        return [self.verdict, *self.tables()]

    def tables(self) -> list[Table | str]:
        """Notes, the slopes worth reading, and the cost's own figures."""
        from ..support.tables import table

        lines: list[Table | str] = list(self.notes)
        if self.factor is not None:
            lines.append(f"Each analytic slope is {self.factor:.6g} times the numeric one.")
        if not self._slopes:
            return lines
        shown = self._shown()
        hidden = len(self._slopes) - len(shown)
        columns = ["", ">analytic", ">numeric", ">± error bar", ">difference", ""]
        costs = (
            f"Cost {self.cost:.10g}, rounding noise {self.noise:.1e} (measured), "
            f"{self.evaluations:,} evaluations."
        )
        return [
            *lines,
            table("", columns, [_row(slope) for slope in shown]),
            *[f"and {hidden:,} more" for _ in range(hidden > 0)],
            *self._enclosures(shown),
            costs,
            self._taylor(),
        ]

    def _enclosures(self, shown: list[SlopeCheck]) -> list[Table | str]:
        """What the balls say of the slopes that are shown, where they were asked."""
        from ..support.tables import table

        rows = [
            [slope.label, str(slope.enclosure), "" if slope.digits is None else str(slope.digits)]
            for slope in shown
            if slope.enclosure is not None
        ]
        columns = ["", "=in ball arithmetic", ">digits proved"]
        return [table("", columns, rows)] if rows else []

    def _headline(self) -> str:
        if self.outcome == "nondeterministic":
            return "NOT POSSIBLE, the same theta gives different values."
        checked = len(self.parameters)
        share = f"{checked:,}" if checked == self.size else f"{checked:,} sampled of {self.size:,}"
        counts = [f"{share} parameter{'s' * (self.size != 1)}"]
        for word, found in (
            ("wrong", self.wrong),
            ("at a kink", self.kinks),
            ("undecided", self.undecided),
        ):
            single = [slope for slope in found if slope.index is not None]
            if single:
                counts.append(f"{len(single)} {word}")
            elif found:
                counts.append(f"{len(found)} of {len(self.directions)} random directions {word}")
        return f"{self.outcome.upper()} ({', '.join(counts)})"

    def _shown(self) -> list[SlopeCheck]:
        """The rows worth reading: all that is not right, worst first, or else the closest calls."""
        right = sorted(self._with("right"), key=_badness, reverse=True)
        notable = self.wrong + self.kinks + self.undecided
        return (notable or right)[:ROWS_SHOWN]

    def _taylor(self) -> str:
        if self.taylor_order is None:
            return "Taylor remainder: no order to be seen (it is all noise, or kinks)."
        return (
            f"Taylor remainder: falls with order {self.taylor_order:.2f} "
            "(2 if the gradient is right, 1 if not)."
        )


def _badness(slope: SlopeCheck) -> float:
    """The difference in error bars, NaN as the worst of all."""
    difference = abs(slope.analytic - slope.numeric)
    return difference / max(slope.error_bar, 5e-324) if math.isfinite(difference) else math.inf


def _row(slope: SlopeCheck) -> list[str]:
    note: str = slope.status
    if slope.status == "kink":
        note = f"kink: {slope.left:.6g} left, {slope.right:.6g} right"
    elif slope.status == "undecided":
        known = math.isfinite(slope.error_bar)
        note = "undecided: bar too wide" if known else "undecided: one-sided cost"
    return [
        slope.label,
        f"{slope.analytic:.10g}",
        f"{slope.numeric:.10g}",
        f"{slope.error_bar:.1e}",
        f"{slope.analytic - slope.numeric:.1e}",
        note,
    ]
