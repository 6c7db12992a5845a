"""Several mistakes at once, found step by step from the output layer back.

Each layer's gradient is held against Δ⁽ˡ⁾ = Σ δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ made with the right step or with one
wrong step of the catalogue, its weights and its bias column each with a factor of their own. The
first step that fits is taken, and what lies before it is judged from the δ that it gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..support.validation import Array
from .blocks import Slip, coefficients, near, slips
from .catalogue import MISTAKES, known_for
from .evidence import Case
from .mistake import ACCUMULATE, Mistake
from .model import Model, with_bias

__all__ = ["Link", "chained"]

OUTPUT, HIDDEN, INPUTS = {"output_delta", "targets"}, {"slope", "propagate"}, {"inputs"}
SLOPED, UNSLOPED = "output δ times g' (the squared-error form)", "g' missing in δ"

THETA_FOR_A = Mistake(
    "θ where a belongs in δaᵀ",
    "(1)",
    "∂J/∂θ_ij⁽ˡ⁾ = a_j⁽ˡ⁾ δ_i⁽ˡ⁺¹⁾",
    "∂J/∂θ_ij⁽ˡ⁾ = θ_ij⁽ˡ⁾ δ_i⁽ˡ⁺¹⁾",
    "θ_ij⁽ˡ⁾ multiplies a_j⁽ˡ⁾, so that a_j⁽ˡ⁾ is its factor in the gradient; θ itself is "
    "the factor when δ goes back to the layer before, equation (2).",
    {},
)
OTHER_LAYER = Mistake(
    "δ of another layer in the bias gradient",
    "(1)",
    ACCUMULATE,
    "D_i0⁽ˡ⁾ = (1/m) Σ of another layer's δ",
    "The bias weights of Θ⁽ˡ⁾ lead into layer l + 1, as its other weights do: they take δ⁽ˡ⁺¹⁾.",
    {},
)


@dataclass(frozen=True)
class Link:
    """What is wrong in the gradient of one Θ⁽ˡ⁾: catalogued steps, and factors.

    ``divided`` says that the δ⁽ˡ⁺¹⁾ in this gradient and the one that is sent back differ by one
    wrong step.
    """

    layer: int
    mistakes: tuple[Mistake, ...]
    slips: tuple[Slip, ...]
    divided: tuple[Mistake, ...] = ()


def chained(cases: Sequence[Case]) -> list[Link] | None:
    """The wrong steps that give the whole answer, layer by layer; None where a layer stays
    unexplained."""
    if not all(case.fits and np.any(part) for case in cases for part in case.parts):
        return None
    models = [case.model for case in cases]
    links = _links(cases, models, len(cases[0].net.thetas))
    return links and [link for link in links if link.mistakes or link.slips or link.divided]


def _links(cases: Sequence[Case], models: list[Model], l: int) -> list[Link] | None:
    """The links from Θ⁽ˡ⁾ back to Θ⁽¹⁾, where ``models`` hold what was found behind it."""
    if not l:
        return []
    for mistakes, tried in _candidates(models, l):
        found = [_fit(c, m, l, mistakes) for c, m in zip(cases, tried, strict=True)]
        made = [f for f in found if f is not None]
        if len(made) == len(cases) and _consistent(cases, made):
            for divided, passed in _passed_on(models, tried, l, mistakes):
                rest = _links(cases, passed, l - 1)
                if rest is not None:
                    return [Link(l, () if divided else mistakes, made[0], divided), *rest]
            return None
    return None


def _passed_on(
    models: list[Model], tried: list[Model], l: int, mistakes: tuple[Mistake, ...]
) -> Iterator[tuple[tuple[Mistake, ...], list[Model]]]:
    """What goes back from layer l + 1: the δ of the gradient, else another one, which differs by
    the mistake that is made there, or by g′ forgotten on one of the two ways."""
    yield (), tried
    if l == 1:
        return
    if tried[0].deltas[l + 1] is not models[0].deltas[l + 1]:
        yield mistakes, models
    elif not mistakes:
        for mistake in MISTAKES.values():
            if mistake.name == (SLOPED if l + 1 == models[0].last else UNSLOPED):
                yield (mistake,), _adopted(models, mistake, l + 1)


def _adopted(models: list[Model], mistake: Mistake, l: int) -> list[Model]:
    """The models with δ⁽ˡ⁾ as the mistake makes it."""
    return [replace(m, adopted={**m.adopted, ("delta", l): _delta(mistake, m, l)}) for m in models]


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
    """What may have been made of layer l, the simplest first."""
    yield from _whole(models, l)
    yield from _blockwise(models, l)


def _whole(models: list[Model], l: int) -> Iterator[tuple[tuple[Mistake, ...], list[Model]]]:
    """The right steps first, then one wrong step of δ⁽ˡ⁺¹⁾ or of what it is multiplied with."""
    last = models[0].last
    yield (), models
    for mistake in known_for(models[0].hidden, models[0].output):
        replaced = set(mistake.steps)
        if replaced == INPUTS:
            yield (mistake,), models
        elif replaced <= (OUTPUT if l + 1 == last else HIDDEN):
            try:
                tried = _adopted(models, mistake, l + 1)
            except (ValueError, IndexError):
                continue
            both = zip(tried, models, strict=True)
            if all(t.deltas[l + 1].shape == m.deltas[l + 1].shape for t, m in both):
                yield (mistake,), tried


def _blockwise(models: list[Model], l: int) -> Iterator[tuple[tuple[Mistake, ...], list[Model]]]:
    """One wrong step in the weights' gradient or in the bias gradient only; δ itself is right."""
    for mistakes, tried in _whole(models, l):
        if mistakes and tried is not models:
            for name, block in (("weights'", np.s_[:, 1:]), ("bias", np.s_[:, :1])):
                Deltas = [_sums(t, l) for t in tried]
                said = f"{mistakes[0].name}, in the {name} gradient only"
                yield _block(replace(mistakes[0], name=said), models, l, Deltas, block)
    sums = [m.deltas[l + 1].sum(axis=0)[:, np.newaxis] for m in models]
    products = [s * m.thetas[l - 1] for s, m in zip(sums, models, strict=True)]
    yield _block(THETA_FOR_A, models, l, products, np.s_[:, 1:])
    for other in range(2, models[0].last + 1):
        if other != l + 1 and models[0].deltas[other].shape == models[0].deltas[l + 1].shape:
            wrong = [m.deltas[other].sum(axis=0)[:, np.newaxis] for m in models]
            yield _block(OTHER_LAYER, models, l, wrong, np.s_[:, :1])


def _block(
    mistake: Mistake, models: list[Model], l: int, wrong: list[Array], block: Any
) -> tuple[tuple[Mistake, ...], list[Model]]:
    """The models with one block of Δ⁽ˡ⁾ taken from ``wrong``."""
    made = []
    for model, values in zip(models, wrong, strict=True):
        Delta = _sums(model, l)
        Delta[:, block[1]] = values[:, block[1]]
        made.append(replace(model, adopted={**model.adopted, ("Delta", l): Delta}))
    return (mistake,), made


def _sums(model: Model, l: int) -> Array:
    return model.deltas[l + 1].T @ with_bias(model.za[1][l])


def lists(model: Model) -> tuple[list[Array], list[Array], list[Array]]:
    """Θ, z and a in lists as ``Steps`` takes them, z beginning with X."""
    zs, activations = model.za
    layers = range(2, model.last + 1)
    z = [model.X, *(zs[l] for l in layers)]
    return list(model.thetas), z, [activations[1], *(activations[l] for l in layers)]


def _delta(mistake: Mistake, model: Model, l: int) -> Array:
    """δ⁽ˡ⁾ with the wrong step, from the δ⁽ˡ⁺¹⁾ that came before."""
    steps = mistake.procedure(model.hidden, model.output)
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
    if mistakes and set(mistakes[0].steps) == INPUTS:
        _, z, a = lists(model)
        inputs = mistakes[0].steps["inputs"](z, a, l - 1)
        if inputs.shape[1] != Delta.shape[1]:
            return None
        Delta = model.deltas[l + 1].T @ inputs
    m, K = model.Y.shape
    theta = model.thetas[l - 1]
    part = case.parts[l - 1]
    size = float(np.max(np.abs(part)))
    tolerance = float(np.max(case.tolerances[l - 1])) / size if size else 0.0
    sums = model.scale * Delta
    found = coefficients(part, sums, theta, m, model.lambda_, tolerance, biases=case.biases)
    if found is None:
        return None
    made = tuple(slips(found, m, K, model.lambda_))
    return made if all(np.isfinite(slip.factor) for slip in made) else None
