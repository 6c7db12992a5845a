"""A gradient's blocks as multiples of what they are made of: Δ, Θ and ones.

D⁽ˡ⁾ = Δ⁽ˡ⁾/m + (λ/m) Θ⁽ˡ⁾, the bias column not regularized. Whatever stands in the place of 1/m
and λ/m, in the weights and in the bias column each for itself, is told from the numbers, and with
it every stray factor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..support.validation import Array

__all__ = ["ASCENT", "Coefficients", "Slip", "coefficients", "near", "slips"]

AGREEMENT = 1e-9
ASCENT = "ascent instead of descent sign overall"  # in the catalogue


@dataclass(frozen=True)
class Coefficients:
    """Weights = ``alpha`` Δ + ``beta`` Θ, bias column = ``alpha0`` Δ + ``beta0`` Θ + ``ones``."""

    alpha: float
    beta: float
    alpha0: float
    beta0: float
    ones: float = 0.0


@dataclass(frozen=True)
class Slip:
    """One coefficient that is not the right one: the step it belongs to, and words for it."""

    step: str  # "average", "bias", "penalty", "bias penalty"
    name: str
    used: str
    remedy: str
    factor: float  # how many times the right one, where that is what is wrong
    stray: bool = False  # a number that no m, K or λ explains


def coefficients(
    value: Array,
    Delta: Array,
    Theta: Array,
    m: int,
    lambda_: float,
    tolerance: float = AGREEMENT,
    *,
    biases: bool = True,
) -> Coefficients | None:
    """The coefficients of one layer's gradient, all (s_{l+1}, s_l + 1); None if it is no such sum.

    ``tolerance`` is relative to the largest entry. Without λ no Θ is looked for;
    without ``biases`` their column is what the weights make it.
    """
    if value.shape != Delta.shape or not np.all(np.isfinite(value)):
        return None
    columns = [Delta[:, 1:].ravel(), Theta[:, 1:].ravel()] if lambda_ else [Delta[:, 1:].ravel()]
    solved = _solved(value[:, 1:].ravel(), columns, tolerance)
    if solved is None:
        return None
    alpha, beta = [*solved, 0.0][:2]
    if not biases:
        return Coefficients(alpha, beta, alpha, 0.0)
    bias, sums, thetas = value[:, 0], Delta[:, 0], Theta[:, 0]
    alone = _solved(bias, [sums], tolerance) if len(bias) > 1 else None
    if alone is not None:
        return Coefficients(alpha, beta, alone[0], 0.0)
    for alpha0 in (alpha, 1.0 / m, 1.0, 1.0 / m**2):
        rest = bias - alpha0 * sums
        size = float(np.max(np.abs(bias)))
        if np.max(np.abs(rest)) <= tolerance * size:
            return Coefficients(alpha, beta, alpha0, 0.0)
        if not lambda_ or len(bias) < 2:
            continue
        if np.max(np.abs(rest - rest[0])) <= tolerance * size:
            return Coefficients(alpha, beta, alpha0, 0.0, float(rest[0]))
        beta0 = float(rest @ thetas / (thetas @ thetas)) if np.any(thetas) else 0.0
        if np.max(np.abs(rest - beta0 * thetas)) <= tolerance * size:
            return Coefficients(alpha, beta, alpha0, beta0)
    return None


def _solved(value: Array, columns: list[Array], tolerance: float) -> list[float] | None:
    """c with value = Σ c_i columns_i, if there is one and more equations than unknowns."""
    matrix = np.column_stack(columns)
    if len(value) <= len(columns) or not np.all(np.isfinite(matrix)):
        return None
    found, _, rank, _ = np.linalg.lstsq(matrix, value, rcond=None)
    if rank < len(columns):
        return None
    terms = np.abs(matrix) @ np.abs(found)
    size = max(float(np.max(np.abs(value))), float(np.max(terms)))
    if np.max(np.abs(matrix @ found - value)) > tolerance * size:
        return None
    return [float(c) for c in found]


def near(value: float, wanted: float) -> bool:
    """Whether two coefficients are one."""
    return abs(value - wanted) <= 1e-7 * max(abs(wanted), abs(value))


def slips(found: Coefficients, m: int, K: int, lambda_: float) -> list[Slip]:
    """What is not right in the coefficients, each with its name; none if D is right."""
    if (whole := _whole(found, m, lambda_)) is not None:
        return [whole]
    made: list[Slip] = []
    size = max(abs(found.alpha), abs(found.alpha0))
    negligible = 1e-9 * size
    right = 1.0 / m
    c, c0 = found.alpha * m, found.alpha0 * m
    if near(found.alpha, found.alpha0):
        if not near(found.alpha, right):
            made.append(_average(c, m, K))
    else:
        if not near(found.alpha, right):
            made.append(_stray("average", "weights' gradient", c, m, K, "(:, 1:)"))
        if abs(found.alpha0) <= negligible:
            made.append(_no_bias())
        elif not near(found.alpha0, right):
            made.append(_stray("bias", "bias gradient", c0, m, K, "(:, 0)"))
    if lambda_:
        made += _penalty(found, m, lambda_)
    return made


def _whole(found: Coefficients, m: int, lambda_: float) -> Slip | None:
    """One factor of everything, the penalty included."""
    c = found.alpha * m
    same = near(found.alpha, found.alpha0) and near(found.beta * m, c * lambda_)
    if not lambda_ or not same or near(c, 1.0) or found.beta0 or found.ones:
        return None
    named = {
        2.0: "whole gradient counted twice",
        -1.0: ASCENT,
        float(m): "no 1/m anywhere, regularization included",
        1.0 / m: "1/m twice everywhere, regularization included",
    }
    name = next((name for value, name in named.items() if near(c, value)), "")
    return Slip(
        "average",
        name or f"the whole gradient times a stray factor {c:.6g}",
        f"gradient = {c:.6g} · ∂J/∂Θ",
        f"Everything, the penalty too, is {c:.6g} times what it should be: look for that factor, "
        "a learning rate perhaps.",
        c,
        not name,
    )


def _average(c: float, m: int, K: int) -> Slip:
    named = (
        (-1.0, "sign of h − y"),
        (float(m), "no 1/m"),
        (1.0 / m, "1/m twice"),
        (1.0 / K if K > 1 else np.nan, "averaged over the outputs too"),
        (2.0, "every example accumulated twice"),
    )
    for value, name in named:
        if near(c, value):
            return Slip("average", name, "", "", c)
    return Slip(
        "average",
        f"a stray factor {c:.6g}",
        f"D_ij⁽ˡ⁾ = {c:.6g} · (1/m) Δ_ij⁽ˡ⁾ + …",
        f"The sum over the examples is {c:.6g} times what it should be: look for that factor, a "
        "learning rate perhaps, or a number of units.",
        c,
        True,
    )


def _stray(step: str, what: str, c: float, m: int, K: int, block: str) -> Slip:
    named = {
        float(m): "not divided by m",
        1.0 / m: "divided by m twice",
        -1.0: "with the wrong sign",
        1.0 / K: "averaged over the outputs too",
    }
    stray = f"times a stray factor {c:.6g}"
    words = next((words for value, words in named.items() if near(c, value)), stray)
    return Slip(
        step,
        f"{what} {words}",
        f"D⁽ˡ⁾{block} = {c:.6g} · (1/m) Δ⁽ˡ⁾{block}",
        f"The {what} is {c:.6g} times the right one, and only that block: divide the sum over the "
        "examples by m once, as in the other block.",
        c,
        words == stray,
    )


def _no_bias() -> Slip:
    return Slip("bias", "bias unit missing in δaᵀ (0 instead of 1)", "", "", 0.0)


def _penalty(found: Coefficients, m: int, lambda_: float) -> list[Slip]:
    made = []
    b = found.beta * m / lambda_
    named = (
        (0.0, "regularization left out"),
        (float(m), "regularization without 1/m"),
        (2.0, "regularization twice"),
        (0.5, "λ/2m instead of λ/m"),
        (-1.0, "regularization subtracted"),
    )
    if not near(b, 1.0):
        for value, name in named:
            if near(b, value) or (value == 0.0 and abs(b) < 1e-9):
                made.append(Slip("penalty", name, "", "", b))
                break
        else:
            used = f"D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + {b:.6g} · (λ/m) θ_ij⁽ˡ⁾ for j ≥ 1"
            remedy = f"The penalty is {b:.6g} times (λ/m) Θ: look for that factor."
            name = f"regularization times a stray factor {b:.6g}"
            made.append(Slip("penalty", name, used, remedy, b, True))
    if abs(found.beta0) > 1e-9 * max(abs(found.beta), abs(found.alpha0)):
        made.append(Slip("bias penalty", "bias column regularized", "", "", 1.0))
    if abs(found.ones) > 1e-9 * abs(found.alpha0):
        made.append(
            Slip(
                "bias penalty",
                "ones for the bias column in the penalty",
                "D_i0⁽ˡ⁾ = (1/m) Δ_i0⁽ˡ⁾ + (λ/m) · 1",
                "In the penalty the bias column of Θ is replaced by zeros, not by the ones that "
                "stand before activations.",
                1.0,
            )
        )
    return made
