"""The steps of a check: single parameters, then directions, and the result of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..support.validation import Array
from .directions import Found, confirmed, kinked, random_line
from .lines import Line, Problem, Verdict
from .locate import located
from .noise import POSITIONS, precision, table_noise
from .pytree import Parameters
from .result import GradientCheck, SlopeCheck
from .slope import Slope
from .ties import tied

__all__ = ["Judge"]

# The gradient under test is itself rounded: some units in the last place of itself and of the
# largest, or what its noise measures (ten standard deviations, as seven values know σ to a
# factor of about two).
GRADIENT_ULPS = 8.0
GRADIENT_NOISE = 10.0
GRADIENT_SPACINGS = (1e-13, 1e-11, 1e-9, 1e-7)
# Of a gradient that is known at θ only, noise cannot be measured; h − y at h = 1 − 1e-6 has lost
# six digits, so that many are granted.
ARRAY_PRECISION = 1e-9
LOUD = 1e-9  # noise in parts of the slope that is looked at twice
ENOUGH = 0.99  # of the entries
MOST_LOCATED = 4  # of the wrong parameters behind one direction
REST = 4.0  # bars: less is left to explain where the direction's alarm was raised once
SHORT_UNITS = 4.0  # a slope in bfloat16 is decided if it is known to so many of its units


class Judge:
    """The steps of a check: single parameters, then directions, and the result of both."""

    def __init__(
        self,
        problem: Problem,
        slopes: Array,
        gradients: Callable[[Array], Array] | None,
        rng: np.random.Generator,
        unit: float = 0.0,
    ) -> None:
        """``gradients`` gives the gradient at any θ; None if it is known at θ only.

        ``unit`` is the rounding unit of the type in which it came, if that is a short one.
        """
        self.problem = problem
        self.slopes = slopes
        self.gradients = gradients
        self.rng = rng
        problem.resolution = max(problem.resolution, SHORT_UNITS * unit)
        unit = max(unit, precision(slopes))
        relative = min(GRADIENT_ULPS * unit, max(unit, 1e-4))
        if gradients is None:
            relative = max(relative, ARRAY_PRECISION)
        with np.errstate(invalid="ignore"):
            self.allowance = np.nan_to_num(relative * np.abs(slopes), posinf=0.0)
        self._rounding = GRADIENT_ULPS * min(unit, 1e-7)
        self.beside: list[Verdict] = []  # of parameters that bent a direction
        self._largest = 0.0  # change of the cost that a parameter makes, by the gradient

    def singles(self, labels: dict[int, str]) -> list[Verdict]:
        """The slopes of single parameters, by index and name; then ties among kinked ones."""
        problem = self.problem
        lines = [
            problem.coordinate(p, label, self.slopes[p], self.allowance[p])
            for p, label in labels.items()
        ]
        verdicts = problem.judge(lines, self._finer)
        weights = [abs(v.slope.value) * v.slope.step for v in verdicts]
        largest = max((w for w in weights if np.isfinite(w)), default=0.0)
        decided = [v for v in verdicts if v.check.status != "undecided"]
        usual = float(np.median([v.slope.step / v.line.step for v in decided] or [1.0]))
        verdicts = [_weighed(verdict, largest, usual) for verdict in verdicts]
        kinked = [v for v in verdicts if v.check.status == "kink"]
        impossible = tied(problem, kinked, self.rng) if len(kinked) > 1 else set()
        return [_doubted(v) if v.check.index in impossible else v for v in verdicts]

    def along(
        self, count: int, found: Found, label: Callable[[int], str], *, locate: bool = False
    ) -> list[Verdict]:
        """The slopes along random directions; the first wrong one is enough to ``locate``.

        Of parameters that were not judged one by one every one must be in a direction that was
        decided; those at a kink are looked for, judged alone and left out.
        """
        verdicts: list[Verdict] = []
        for k in range(count):
            verdict = self._direction(f"direction {k + 1}", found, twice=not locate)
            if verdict is not None and verdict.slope.kink and not np.all(found.checked):
                bent = kinked(self.problem, verdict, self.rng)
                self.beside += self.singles({int(p): label(int(p)) for p in bent})
                found.out[bent] = found.checked[bent] = True
                if bent.size:
                    verdict = self._direction(f"direction {k + 1}", found, twice=not locate)
            if verdict is None:
                continue
            arguments = (verdict.line, self.slopes, self.allowance, found, self.rng)
            verdicts.append(confirmed(self.problem, verdict, *arguments))
            if locate and verdicts[-1].check.status == "wrong":
                break
        decided = [v for v in verdicts if v.check.status == "right"]
        if any(np.all(found.checked | (v.line.direction != 0.0)) for v in decided):
            return verdicts
        return [_doubted(v) if v.check.status == "right" else v for v in verdicts]

    def _direction(self, label: str, found: Found, *, twice: bool) -> Verdict | None:
        line = random_line(self.problem, label, self.slopes, self.allowance, found, self.rng)
        if line is None:
            return None
        return self.problem.judge([line], self._finer, twice=twice)[0]

    def located(self, along: list[Verdict], label: Callable[[int], str]) -> list[Verdict]:
        """The wrong parameters behind the last direction, if that is wrong.

        Where none is found, or it turns out not to be wrong, the direction is judged again; where
        one does not explain the direction, more are looked for.
        """
        found: list[Verdict] = []
        if not along or along[-1].check.status != "wrong":
            return found
        verdict, slopes = along[-1], self.slopes.copy()
        line = verdict.line
        assert line.direction is not None
        while len(found) < MOST_LOCATED:
            off = abs(line.analytic - verdict.slope.value)
            if found and off <= REST * (verdict.slope.bar + line.allowance):
                break
            single = self._one_located(line, verdict.slope, slopes, label)
            if single is None or single.check.index in [v.check.index for v in found]:
                break
            found.append(single)
            index, check = single.check.index or 0, single.check
            slopes[index] = check.numeric
            known = check.error_bar * abs(float(line.direction[index])) / self.problem.unit
            claimed = float(np.sum(slopes / self.problem.unit * line.direction))
            line = replace(line, analytic=claimed, allowance=line.allowance + known)
        if not found:
            along[-1:] = self.problem.judge([verdict.line], self._finer)
        return found

    def _one_located(
        self, line: Line, slope: Slope, slopes: Array, label: Callable[[int], str]
    ) -> Verdict | None:
        """One wrong parameter: by fifths, which errors of several may mislead, or by halves."""
        for halves in (False, True):
            index = located(self.problem, line, slope, slopes, self.rng, halves=halves)
            if index is None:
                return None
            (single,) = self.singles({index: label(index)})
            if single.check.status == "wrong":
                return single
        return None

    def _finer(self, lines: list[Line], steps: Array) -> list[Line]:
        """The lines of alarms with all that the rounding of the gradient allows.

        Its entries are sums whose terms may be as large as the largest entry, each in the unit
        in which its parameter moves; and its own noise is measured, if it is a function.
        """
        moves = np.array([abs(line.analytic) for line in lines]) * steps
        self._largest = max(self._largest, float(np.max(moves[np.isfinite(moves)], initial=0.0)))
        noise = (
            np.zeros(self.slopes.size)
            if self.gradients is None
            else self._measured / self.problem.unit
        )
        finer = []
        for line, step in zip(lines, steps.tolist(), strict=True):
            if line.direction is None:
                assert line.index is not None
                more = GRADIENT_NOISE * float(noise[line.index])
                more += self._rounding * self._largest / step if step > 0.0 else 0.0
            else:
                more = GRADIENT_NOISE * float(np.linalg.norm(noise * line.direction))
            finer.append(replace(line, allowance=line.allowance + more))
        return finer

    @cached_property
    def _measured(self) -> Array:
        """The noise of the gradient (P,), each at the smallest spacing at which it moves.

        Of two sides the quieter counts, as a kink on one side makes the gradient jump there.
        """
        theta = self.problem.theta
        size = np.abs(theta)
        size[size == 0.0] = np.min(size[size > 0.0], initial=1.0)
        direction = self.rng.standard_normal(size.size)
        direction *= size / np.linalg.norm(direction)
        noise, settled = np.zeros(size.size), np.zeros(size.size, dtype=bool)
        for spacing in GRADIENT_SPACINGS:
            level, moved = self._table(spacing * direction)
            if np.any(level > LOUD * np.abs(self.slopes)):  # a kink on this side, perhaps
                other, _ = self._table(-spacing * direction)
                level = np.minimum(level, other)
            now = moved & ~settled
            noise[now] = level[now]
            settled |= now
            if np.count_nonzero(settled) >= ENOUGH * size.size:
                break
        return noise

    def _table(self, step: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
        """The noise of the gradient in steps on one side, and which of its entries moved."""
        assert self.gradients is not None
        try:
            with np.errstate(all="ignore"):
                values = np.array(
                    [self.gradients(self.problem.theta + k * step) for k in POSITIONS]
                )
                level, known = table_noise(values)
                moved = np.count_nonzero(np.diff(values, axis=0), axis=0) * 2 >= len(POSITIONS)
        except (TypeError, ValueError):  # it may fail beside theta
            return np.zeros(step.size), np.zeros(step.size, dtype=bool)
        return np.where(known & np.isfinite(level), level, 0.0), moved

    def result(
        self,
        singles: list[Verdict],
        along: list[Verdict],
        evaluations: int,
        notes: list[str],
        tree: Parameters | None = None,
    ) -> GradientCheck:
        """All verdicts in one."""
        parameters = [verdict.check for verdict in singles]
        if tree is not None:
            parameters = [replace(c, block=tree.leaf(c.index or 0).name) for c in parameters]
        orders = [v.order for v in along if v.order is not None and not v.slope.kink]
        problem = self.problem
        return GradientCheck(
            problem.value * problem.unit,
            problem.noise * problem.unit,
            parameters,
            [verdict.check for verdict in along],
            min(orders, default=None),
            problem.theta.size,
            evaluations,
            notes + _kinks_beside([verdict.check for verdict in singles + along]),
        )


def _doubted(verdict: Verdict) -> Verdict:
    return replace(verdict, check=replace(verdict.check, status="undecided", doubtful=True))


def _weighed(verdict: Verdict, largest: float, usual: float) -> Verdict:
    """An undecided slope is doubtful if it may be a hundredth of the largest, or is unknown.

    It is known if its bar is below a thousandth of the largest. Both are changes of the cost over
    a step that is ``usual`` for this cost, in parts of the first: next to nothing is changed by a
    step of 1e-18, as far as one has to go down where the slope is infinite.
    """
    check, slope = verdict.check, verdict.slope
    if check.status != "undecided":
        return verdict
    step = max(slope.step, usual * verdict.line.step)
    small = abs(check.analytic) * step <= 1e-2 * largest
    known = check.error_bar * step <= 1e-3 * largest
    inside = abs(check.analytic - check.numeric) <= check.error_bar
    doubtful = not (small and known and inside)
    return replace(verdict, check=replace(check, doubtful=doubtful))


def _kinks_beside(slopes: list[SlopeCheck]) -> list[str]:
    steps = [slope.kink_within for slope in slopes if slope.kink_within is not None]
    if not steps:
        return []
    return [
        f"Kinks (relu, abs, max) beside theta on {len(steps)} of {len(slopes)} lines, "
        f"the nearest within {min(steps):.1g}; slopes are from smaller steps."
    ]
