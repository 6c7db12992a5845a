"""Which mistakes of the catalogue give a user's numbers: alone, in some layers, or together.

A mistake is named only if its formula gives the numbers as closely as rounding allows: the
nearest formula is not enough. What no formula gives stays unnamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from .blocks import Slip
from .chain import chained
from .diagnosis import Finding, theta_names
from .evidence import Case, relative_difference
from .mistake import AVERAGE, IN_AVERAGE, IN_REGULARIZATION, REGULARIZE
from .mistakes import COST_MISTAKES, MISTAKES, CostMistake, CostTerms, Mistake, Steps, pairs

__all__ = ["explanations", "judge_cost", "unseen"]


def explanations(cases: Sequence[Case]) -> list[Finding]:
    """The mistakes that give the user's numbers: alone, in some layers only, or by pairs."""
    if not all(np.all(np.isfinite(part)) for case in cases for part in case.parts):
        return []
    form = "vector" if cases[0].answer.is_vector else "matrices"
    known = [mistake for mistake in MISTAKES.values() if mistake.form in (None, form)]
    singles = [((mistake,), replace(Steps(), **mistake.steps)) for mistake in known]
    whole = _whole(cases, singles)
    if whole:
        return whole
    by_layer = {mistake.name: _layers_explained(cases, mistake) for mistake in known}
    partly = _in_some_layers(cases, known, by_layer)
    if partly:
        return partly
    fitting = [mistake for mistake in known if cases[0].admits(mistake)]
    found = _whole(cases, (((one, two), steps) for one, two, steps in pairs(fitting)))
    return found or _mixed_layers(cases, known, by_layer) or _step_by_step(cases)


def unseen(cases: Sequence[Case]) -> list[str]:
    """Mistakes that would give the same numbers on these data."""
    form = "vector" if cases[0].answer.is_vector else "matrices"
    candidates = (
        ((mistake,), replace(Steps(), **mistake.steps))
        for mistake in MISTAKES.values()
        if mistake.form in (None, form)
    )
    return [finding.name for finding in _whole(cases, candidates)]


def judge_cost(
    cases: Sequence[Case],
) -> tuple[tuple[float, float, bool] | None, list[Finding]]:
    """Yours, the right one and whether they agree; and the mistake in J, if it is known."""
    given = [(case, case.answer.cost) for case in cases if case.answer.cost is not None]
    wrong = [
        (case, cost)
        for case, cost in given
        if not abs(cost - case.exact.cost) <= case.cost_tolerance
    ]
    if not wrong:
        return ((given[0][1], given[0][0].exact.cost, True) if given else None), []
    case, cost = wrong[0]
    found = []
    for mistake in COST_MISTAKES:
        theirs = [mistake.cost(CostTerms.of(c.net.thetas, c.X, c.Y, c.lambda_)) for c, _ in given]
        noises = [
            abs(yours - value) / (c.cost_tolerance * max(1.0, abs(value / c.exact.cost)))
            for (c, yours), value in zip(given, theirs, strict=True)
        ]
        if max(noises) <= 1.0:
            residual = max(abs(1.0 - y / t) for (_, y), t in zip(given, theirs, strict=True))
            found.append(_cost_finding(mistake, residual, max(noises)))
    return (cost, case.exact.cost, False), found


def _whole(
    cases: Sequence[Case], candidates: Iterable[tuple[tuple[Mistake, ...], Steps]]
) -> list[Finding]:
    """The candidates that give all the user's numbers, best first."""
    found = []
    for mistakes, steps in candidates:
        local = not any({"read", "arrange"} & set(mistake.steps) for mistake in mistakes)
        noise = 0.0
        for case in cases:
            parts = case.agreement(steps, local)
            if parts is None:
                break
            noise = max(noise, *parts)
        else:
            layers = tuple(range(1, len(cases[0].net.thetas) + 1))
            residual = max(case.residual(steps) for case in cases)
            found.append(_finding(mistakes, [layers] * len(mistakes), residual, noise))
    return sorted(found, key=_rank)


def _rank(finding: Finding) -> float:
    """By closeness; below a tenth of what rounding explains all are equal, in catalogue order."""
    return max(finding.noise, 0.1)


def _layers_explained(cases: Sequence[Case], mistake: Mistake) -> list[float] | None:
    """Layer by layer how far the mistake is from the user's numbers, in units of the noise."""
    steps = replace(Steps(), **mistake.steps)
    worst: list[float] | None = None
    for case in cases:
        parts = case.agreement(steps, True, every_layer=True)
        if parts is None:
            return None
        worst = parts if worst is None else [max(pair) for pair in zip(worst, parts, strict=True)]
    return worst


def _right_layers(cases: Sequence[Case]) -> list[bool]:
    errors = [[float(np.max(error)) <= 1.0 for error in case.errors()] for case in cases]
    return [all(right) for right in zip(*errors, strict=True)]


def _in_some_layers(
    cases: Sequence[Case], known: Sequence[Mistake], by_layer: Mapping[str, list[float] | None]
) -> list[Finding]:
    """One mistake in the layers that are wrong, the others being right."""
    if not all(case.fits for case in cases):
        return []
    right = _right_layers(cases)
    wrong = tuple(l for l, fine in enumerate(right, start=1) if not fine)
    found = []
    for mistake in known:
        noise = by_layer[mistake.name]
        if noise is not None and max(noise[l - 1] for l in wrong) <= 1.0:
            residual = _layer_residual(cases, mistake, wrong)
            found.append(_finding((mistake,), [wrong], residual, max(noise[l - 1] for l in wrong)))
    return sorted(found, key=_rank)


def _mixed_layers(
    cases: Sequence[Case], known: Sequence[Mistake], by_layer: Mapping[str, list[float] | None]
) -> list[Finding]:
    """Another mistake in each wrong layer."""
    if not all(case.fits for case in cases):
        return []
    right = _right_layers(cases)
    chosen: dict[str, tuple[Mistake, list[int]]] = {}
    noises, residuals = [], []
    for l, fine in enumerate(right):
        if fine:
            continue
        for mistake in known:
            noise = by_layer[mistake.name]
            if noise is not None and noise[l] <= 1.0:
                chosen.setdefault(mistake.name, (mistake, []))[1].append(l + 1)
                noises.append(noise[l])
                residuals.append(_layer_residual(cases, mistake, (l + 1,)))
                break
        else:
            return []
    mistakes = tuple(mistake for mistake, _ in chosen.values())
    layers = [tuple(where) for _, where in chosen.values()]
    return [_finding(mistakes, layers, max(residuals), max(noises))]


def _step_by_step(cases: Sequence[Case]) -> list[Finding]:
    """Several wrong steps and factors, from the output layer back."""
    links = chained(cases)
    if not links:
        return []
    where: dict[str, tuple[Mistake, list[int]]] = {}
    for link in links:
        named = [*link.mistakes, *(_slipped(slip) for slip in link.slips)]
        for mistake in named:
            where.setdefault(mistake.name, (mistake, []))[1].append(link.layer)
    mistakes = [mistake for mistake, _ in where.values()]
    layers = [tuple(sorted(found)) for _, found in where.values()]
    return [_finding(mistakes, layers, 0.0, 0.0)]


def _slipped(slip: Slip) -> Mistake:
    """A wrong factor as a mistake: the catalogue's, or one with that number in it."""
    if slip.name in MISTAKES:
        return MISTAKES[slip.name]
    place, meant = (IN_AVERAGE, AVERAGE) if slip.step in ("average", "bias") else (
        IN_REGULARIZATION, REGULARIZE
    )  # fmt: skip
    return Mistake(slip.name, place, meant, slip.used, slip.remedy, {})


def _layer_residual(cases: Sequence[Case], mistake: Mistake, layers: Sequence[int]) -> float:
    worst = 0.0
    for case in cases:
        theirs = mistake.gradient(case.net.thetas, case.X, case.Y, case.lambda_)
        chosen = [(case.parts[l - 1], theirs[l - 1]) for l in layers]
        worst = max(worst, relative_difference([a for a, _ in chosen], [b for _, b in chosen]))
    return worst


def _finding(
    mistakes: Sequence[Mistake],
    layers: Sequence[tuple[int, ...]],
    residual: float,
    noise: float,
) -> Finding:
    """One finding for mistakes that act together, each in the given layers."""
    everywhere = {l for where in layers for l in where}
    names = [
        mistake.name if len(mistakes) == 1 or set(where) == everywhere else
        f"{mistake.name} (in {theta_names(where)})"
        for mistake, where in zip(mistakes, layers, strict=True)
    ]  # fmt: skip
    return Finding(
        name="; and ".join(names),
        equation="; ".join(dict.fromkeys(mistake.equation for mistake in mistakes)),
        meant="\n".join(mistake.meant for mistake in mistakes),
        used="\n".join(mistake.used for mistake in mistakes),
        remedy="\n".join(mistake.remedy for mistake in mistakes),
        residual=residual,
        noise=noise,
        layers=tuple(sorted(everywhere)),
        parts=tuple(mistake.name for mistake in mistakes),
        formulas=tuple((m.equation, m.meant, m.used, m.remedy) for m in mistakes),
    )


def _cost_finding(mistake: CostMistake, residual: float, noise: float) -> Finding:
    return Finding(
        name=mistake.name,
        equation=mistake.equation,
        meant=mistake.meant,
        used=mistake.used,
        remedy=mistake.remedy,
        residual=residual,
        noise=noise,
        layers=(),
        parts=(mistake.name,),
        formulas=((mistake.equation, mistake.meant, mistake.used, mistake.remedy),),
    )
