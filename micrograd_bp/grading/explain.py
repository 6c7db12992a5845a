"""Which mistakes of the catalogue give a user's numbers: alone, in some layers, or together.

A mistake is named only if its formula gives the numbers as closely as rounding allows: the
nearest formula is not enough. What no formula gives stays unnamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from .blocks import ASCENT, Slip
from .catalogue import (
    COST_MISTAKES,
    MISTAKES,
    CostMistake,
    CostTerms,
    Mistake,
    Steps,
    known_for,
    pairs,
)
from .chain import chained
from .diagnosis import Finding, theta_names
from .evidence import Case, relative_difference
from .mistake import AVERAGE, IN_AVERAGE, IN_REGULARIZATION, REGULARIZE

__all__ = ["explanations", "judge_cost", "unseen"]


def explanations(cases: Sequence[Case]) -> list[Finding]:
    """The mistakes that give the user's numbers: alone, in some layers only, or by pairs."""
    known = _known(cases[0])
    whole = _whole(cases, _singly(cases[0], known))
    if whole:
        return whole
    if not any(np.any(part) for case in cases for part in case.parts):
        return []  # two mistakes of which one leaves nothing are no explanation
    by_layer = {mistake.name: _layers_explained(cases, mistake) for mistake in known}
    wrong = _wrong_layers(cases)
    partly = _in_some_layers(cases, known, by_layer, wrong)
    if partly:
        return partly
    fitting = [mistake for mistake in known if cases[0].admits(mistake)]
    both = (((one, two), cases[0].steps(one, two)) for one, two in pairs(fitting))
    found = _whole(cases, both)
    return found or _mixed_layers(cases, known, by_layer, wrong) or _step_by_step(cases)


def unseen(cases: Sequence[Case]) -> list[str]:
    """Mistakes that would give the same numbers on these data."""
    return [finding.name for finding in _whole(cases, _singly(cases[0], _known(cases[0])))]


def _known(case: Case) -> list[Mistake]:
    """The mistakes that answers of this form can have: those of its units, the catalogue's."""
    form = "vector" if case.answer.is_vector else "matrices"
    units = (case.model.hidden, case.model.output)
    return [mistake for mistake in known_for(*units) if mistake.form in (None, form)]


def _singly(case: Case, known: Sequence[Mistake]) -> Iterator[tuple[tuple[Mistake, ...], Steps]]:
    for mistake in known:
        yield (mistake,), case.steps(mistake)


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
            found.append(_finding([mistake], [()], residual, max(noises)))
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
    steps = cases[0].steps(mistake)
    worst: list[float] | None = None
    for case in cases:
        parts = case.agreement(steps, True, every_layer=True)
        if parts is None:
            return None
        worst = parts if worst is None else [max(pair) for pair in zip(worst, parts, strict=True)]
    return worst


def _wrong_layers(cases: Sequence[Case]) -> tuple[int, ...]:
    """The l of the Θ⁽ˡ⁾ whose gradient is wrong in some case; none where shapes do not fit."""
    if not all(case.fits for case in cases):
        return ()
    errors = [[float(np.max(error)) for error in case.errors()] for case in cases]
    worst = enumerate(zip(*errors, strict=True), start=1)
    return tuple(l for l, found in worst if not all(error <= 1.0 for error in found))


def _in_some_layers(
    cases: Sequence[Case],
    known: Sequence[Mistake],
    by_layer: Mapping[str, list[float] | None],
    wrong: tuple[int, ...],
) -> list[Finding]:
    """One mistake in the layers that are wrong, the others being right."""
    if not wrong:
        return []
    found = []
    for mistake in known:
        noise = by_layer[mistake.name]
        if noise is not None and max(noise[l - 1] for l in wrong) <= 1.0:
            residual = _layer_residual(cases, mistake, wrong)
            last = len(noise)
            if "output_delta" in mistake.steps and len(wrong) < last:
                mistake = _divided(mistake, last, last)
            found.append(_finding((mistake,), [wrong], residual, max(noise[l - 1] for l in wrong)))
    return sorted(found, key=_rank)


def _mixed_layers(
    cases: Sequence[Case],
    known: Sequence[Mistake],
    by_layer: Mapping[str, list[float] | None],
    wrong: tuple[int, ...],
) -> list[Finding]:
    """Another mistake in each wrong layer."""
    if not wrong:
        return []
    chosen: dict[str, tuple[Mistake, list[int]]] = {}
    noises, residuals = [], []
    for l in wrong:
        for mistake in known:
            noise = by_layer[mistake.name]
            if noise is not None and noise[l - 1] <= 1.0:
                chosen.setdefault(mistake.name, (mistake, []))[1].append(l)
                noises.append(noise[l - 1])
                residuals.append(_layer_residual(cases, mistake, (l,)))
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
    last = len(cases[0].net.thetas)
    for link in links:
        named = [*link.mistakes, *(_slipped(slip) for slip in link.slips)]
        named += [_divided(mistake, link.layer, last) for mistake in link.divided]
        for mistake in named:
            where.setdefault(mistake.name, (mistake, []))[1].append(link.layer)
    slips = {slip.name: slip for link in links for slip in link.slips}
    if len(slips) == 1 and cases[0].answer.rate != 1.0:
        # how long a step is, is for its α to say: only its direction can be wrong
        ((name, slip),) = slips.items()
        if slip.stray and len(where[name][1]) == last:
            _, layers = where.pop(name)
            if slip.factor < 0.0:
                where[ASCENT] = MISTAKES[ASCENT], layers
    mistakes = [mistake for mistake, _ in where.values()]
    shown = [tuple(sorted(found)) for _, found in where.values()]
    return [_finding(mistakes, shown, 0.0, 0.0)] if mistakes else []


def _divided(mistake: Mistake, layer: int, last: int) -> Mistake:
    """A wrong step that is in one of two: δ as it stands in a gradient, and as it goes back."""
    which = "of the output layer" if layer == last else "of one layer"
    wrong = mistake.used.partition(" = ")[2]
    right = mistake.meant.partition(" = ")[2]
    return replace(
        mistake,
        name=f"two different δ {which}: {wrong} and {right}, one in the gradient and one sent back",
        used=f"both {mistake.used} and {mistake.meant}",
        remedy="There is one δ⁽ˡ⁾ for each layer, ∂J/∂z⁽ˡ⁾: the same that is multiplied with a to "
        f"give the gradient is sent back to the layer before. {mistake.remedy}",
    )


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
        theirs = case.steps(mistake).gradient(case.net.thetas, case.X, case.Y, case.lambda_)
        chosen = [(case.parts[l - 1], theirs[l - 1]) for l in layers]
        worst = max(worst, relative_difference([a for a, _ in chosen], [b for _, b in chosen]))
    return worst


def _finding(
    mistakes: Sequence[Mistake | CostMistake],
    layers: Sequence[tuple[int, ...]],
    residual: float,
    noise: float,
) -> Finding:
    """One finding for mistakes that act together, each in the given layers (none for J)."""
    everywhere = {l for where in layers for l in where}
    names = [
        mistake.name if len(mistakes) == 1 or set(where) == everywhere else
        f"{mistake.name} (in {theta_names(where)})"
        for mistake, where in zip(mistakes, layers, strict=True)
    ]  # fmt: skip
    return Finding.of(
        name="; and ".join(names),
        parts=[mistake.name for mistake in mistakes],
        formulas=[(m.equation, m.meant, m.used, m.remedy) for m in mistakes],
        layers=sorted(everywhere),
        residual=residual,
        noise=noise,
    )
