"""Several mistakes at once, found step by step from the output layer back.

Each layer's gradient is held against Δ⁽ˡ⁾ = Σ δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ made with the right step or with one
wrong step of the catalogue, its weights and its bias column each with a factor of their own. The
first step that fits is taken, and what lies before it is judged from the δ that it gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..support.validation import Array
from .blocks import Slip, coefficients, near, slips
from .delta_mistakes import DELTA_MISTAKES
from .evidence import Case
from .mistake import Mistake
from .quantities import Model

__all__ = ["Link", "chained"]

OUTPUT, HIDDEN, INPUTS = {"output_delta", "targets"}, {"slope", "propagate"}, {"inputs"}


@dataclass(frozen=True)
class Link:
    """What is wrong in the gradient of one Θ⁽ˡ⁾: catalogued steps, and factors."""

    layer: int
    mistakes: tuple[Mistake, ...]
    slips: tuple[Slip, ...]


def chained(cases: Sequence[Case]) -> list[Link] | None:
    """The wrong steps that give the whole answer, layer by layer; None where a layer stays
    unexplained."""
    if not all(case.fits and np.any(part) for case in cases for part in case.parts):
        return None
    models = [Model(case.net.thetas, case.X, case.Y, case.lambda_) for case in cases]
    links = []
    for l in range(len(cases[0].net.thetas), 0, -1):
        for mistakes, tried in _candidates(models, l):
            found = [_fit(c, m, l, mistakes) for c, m in zip(cases, tried, strict=True)]
            made = [f for f in found if f is not None]
            if len(made) == len(cases) and _consistent(cases, made):
                links.append(Link(l, mistakes, made[0]))
                models = tried
                break
        else:
            return None
    return [link for link in links if link.mistakes or link.slips]


def _consistent(cases: Sequence[Case], found: Sequence[tuple[Slip, ...]]) -> bool:
    """Whether every case shows the first one's slips, as far as its m and λ let it."""
    factors = {slip.step: slip for slip in found[0]}
    for case, slipped in zip(cases, found, strict=True):
        shown = {slip.step: slip.factor for slip in slipped}
        due = {
            step
            for step, slip in factors.items()
            if (len(case.X) > 1 or slip.stray) and (case.lambda_ or "penalty" not in step)
        }
        if not due <= set(shown) <= set(factors):
            return False
        if any(factors[s].stray and not near(shown[s], factors[s].factor) for s in due):
            return False
    return True


def _candidates(models: list[Model], l: int) -> Iterator[tuple[tuple[Mistake, ...], list[Model]]]:
    """The right steps first, then one wrong step of δ⁽ˡ⁺¹⁾ or of what it is multiplied with."""
    last = models[0].last
    yield (), models
    for mistake in DELTA_MISTAKES:
        replaced = set(mistake.steps)
        if replaced <= INPUTS:
            yield (mistake,), models
        elif replaced <= (OUTPUT if l + 1 == last else HIDDEN):
            try:
                deltas = [_delta(mistake, model, l + 1) for model in models]
            except (ValueError, IndexError):
                continue
            if all(d.shape == m.deltas[l + 1].shape for d, m in zip(deltas, models, strict=True)):
                yield (
                    (mistake,),
                    [
                        replace(m, adopted={**m.adopted, ("delta", l + 1): d})
                        for d, m in zip(deltas, models, strict=True)
                    ],
                )


def lists(model: Model) -> tuple[list[Array], list[Array], list[Array]]:
    """Θ, z and a in lists as ``Steps`` takes them, z beginning with X."""
    zs, activations = model.za
    layers = range(2, model.last + 1)
    z = [model.X, *(zs[l] for l in layers)]
    return list(model.thetas), z, [activations[1], *(activations[l] for l in layers)]


def _delta(mistake: Mistake, model: Model, l: int) -> Array:
    """δ⁽ˡ⁾ with the wrong step, from the δ⁽ˡ⁺¹⁾ that came before."""
    steps = mistake.procedure
    thetas, z, a = lists(model)
    with np.errstate(all="ignore"):
        if l == model.last:
            return np.asarray(steps.output_delta(a[-1], steps.targets(model.Y)), np.float64)
        back = steps.propagate(thetas, l - 1, model.deltas[l + 1])
        return np.asarray(back * steps.slope(z, a, l - 1), np.float64)


def _fit(
    case: Case, model: Model, l: int, mistakes: tuple[Mistake, ...]
) -> tuple[Slip, ...] | None:
    """The factors with which these steps give the answer's layer; None if none do."""
    Delta = model.accumulated(l)
    if mistakes and set(mistakes[0].steps) <= INPUTS:
        _, z, a = lists(model)
        inputs = mistakes[0].procedure.inputs(z, a, l - 1)
        if inputs.shape[1] != Delta.shape[1]:
            return None
        Delta = model.deltas[l + 1].T @ inputs
    m, K = model.Y.shape
    theta = model.thetas[l - 1]
    part = case.parts[l - 1]
    size = float(np.max(np.abs(part)))
    tolerance = float(np.max(case.tolerances[l - 1])) / size if size else 0.0
    found = coefficients(part, Delta, theta, m, case.lambda_, tolerance)
    if found is None:
        return None
    made = tuple(slips(found, m, K, case.lambda_))
    return made if all(np.isfinite(slip.factor) for slip in made) else None
