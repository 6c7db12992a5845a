"""The catalogue of mistakes in the cost J."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..support.validation import Array
from .model import logistic

__all__ = ["COST_MISTAKES", "CostMistake", "CostTerms"]


@dataclass(frozen=True)
class CostTerms:
    """The sums that J is made of: ``ones`` Σ −y log h, ``zeros`` Σ −(1 − y) log(1 − h), over
    all m examples and K outputs, ``weights`` Σ θ² for j ≥ 1 and ``biases`` Σ θ² for j = 0.
    ``crossed`` is Σ −(1 − y) log h, ``every`` Σ −log(1 − h), ``ones_twice`` and ``zeros_twice``
    are the first two with g(h) for h."""

    ones: float
    zeros: float
    crossed: float
    every: float
    ones_twice: float
    zeros_twice: float
    squares: float
    weights: float
    biases: float
    lambda_: float
    m: int
    K: int

    @classmethod
    def of(cls, thetas: Sequence[Array], X: Array, Y: Array, lambda_: float) -> CostTerms:
        """The sums for thetas (s_{l+1}, s_l + 1), X (m, s_1) and one-hot Y (m, K)."""
        a, z = X, X
        for Theta in thetas:
            z = a @ Theta[:, 1:].T + Theta[:, 0]
            a = logistic(z)
        return cls(
            float(np.sum(Y * np.logaddexp(0.0, -z))),
            float(np.sum((1.0 - Y) * np.logaddexp(0.0, z))),
            float(np.sum((1.0 - Y) * np.logaddexp(0.0, -z))),
            float(np.sum(np.logaddexp(0.0, z))),
            float(np.sum(Y * np.logaddexp(0.0, -a))),
            float(np.sum((1.0 - Y) * np.logaddexp(0.0, a))),
            float(np.sum((a - Y) ** 2)),
            sum(float(np.sum(Theta[:, 1:] ** 2)) for Theta in thetas),
            sum(float(np.sum(Theta[:, 0] ** 2)) for Theta in thetas),
            lambda_,
            *Y.shape,
        )

    @property
    def data(self) -> float:
        """The sum over the examples of equation (3)."""
        return self.ones + self.zeros

    @property
    def penalty(self) -> float:
        """(λ/2m) Σ θ² for j ≥ 1."""
        return self.lambda_ / (2 * self.m) * self.weights


@dataclass(frozen=True)
class CostMistake:
    """One mistake in J: the formula used, the remedy, and its value from the sums.

    >>> COST_MISTAKES[0].name
    'J without regularization'
    """

    name: str
    used: str
    remedy: str
    cost: Callable[[CostTerms], float] = field(repr=False)
    equation: str = "(3)"
    meant: str = "J = (1/m) Σ_i Σ_k [−y_k log h_k − (1 − y_k) log(1 − h_k)] + (λ/2m) Σ_{j≥1} θ_ij²"


DATA = "Σ_i Σ_k [−y_k log h_k − (1 − y_k) log(1 − h_k)]"


def _mean_of(data: Callable[[CostTerms], float]) -> Callable[[CostTerms], float]:
    return lambda t: data(t) / t.m + t.penalty


SIGNS = "Both terms have the minus sign, for both logarithms are negative."
TWICE = "h is g(z) already: no g belongs into J."
TERMS: list[tuple[str, str, str, Callable[[CostTerms], float]]] = [
    (
        "sign of the term of 1 − y in J",
        "−y_k log h_k + (1 − y_k) log(1 − h_k)",
        SIGNS,
        lambda t: t.ones - t.zeros,
    ),
    (
        "sign of the term of y in J",
        "y_k log h_k − (1 − y_k) log(1 − h_k)",
        SIGNS,
        lambda t: t.zeros - t.ones,
    ),
    (
        "log h in both terms of J, for log(1 − h) in the second",
        "−y_k log h_k − (1 − y_k) log h_k",
        "Where y is 0, h is to be near 0: the logarithm is that of 1 − h.",
        lambda t: t.ones + t.crossed,
    ),
    (
        "log(1 − h) in J without its factor 1 − y",
        "−y_k log h_k − log(1 − h_k)",
        "The second term counts where y is 0 only.",
        lambda t: t.ones + t.every,
    ),
    (
        "g applied twice in J",
        "−y_k log g(h_k) − (1 − y_k) log(1 − g(h_k))",
        TWICE,
        lambda t: t.ones_twice + t.zeros_twice,
    ),
    (
        "g applied twice in the term of 1 − y of J",
        "−y_k log h_k − (1 − y_k) log(1 − g(h_k))",
        TWICE,
        lambda t: t.ones + t.zeros_twice,
    ),
    (
        "g applied twice in the term of y of J",
        "−y_k log g(h_k) − (1 − y_k) log(1 − h_k)",
        TWICE,
        lambda t: t.ones_twice + t.zeros,
    ),
]

COST_MISTAKES = [
    CostMistake(
        "J without regularization",
        f"J = (1/m) {DATA}",
        "Add (λ/2m) Σ θ² over all weights but those of the bias units.",
        lambda t: t.data / t.m,
    ),
    CostMistake(
        "J regularizes the bias weights",
        f"J = (1/m) {DATA} + (λ/2m) Σ_{{j≥0}} θ_ij²",
        "Leave the first column of every Θ out of the sum of squares.",
        lambda t: t.data / t.m + t.penalty + t.lambda_ / (2 * t.m) * t.biases,
    ),
    CostMistake(
        "J with λ/m instead of λ/2m",
        f"J = (1/m) {DATA} + (λ/m) Σ_{{j≥1}} θ_ij²",
        "The factor is λ/2m; its ½ cancels the 2 of the derivative.",
        lambda t: t.data / t.m + 2.0 * t.penalty,
    ),
    CostMistake(
        "J with λ/2 instead of λ/2m",
        f"J = (1/m) {DATA} + (λ/2) Σ_{{j≥1}} θ_ij²",
        "The regularization is divided by m like the rest of J.",
        lambda t: t.data / t.m + t.m * t.penalty,
    ),
    CostMistake(
        "J without 1/m",
        f"J = {DATA} + (λ/2m) Σ_{{j≥1}} θ_ij²",
        "J is the mean over the examples: divide the sum by m.",
        lambda t: t.data + t.penalty,
    ),
    CostMistake(
        "J averaged over the outputs too",
        f"J = (1/mK) {DATA} + (λ/2m) Σ_{{j≥1}} θ_ij²",
        "Add the K outputs and divide by m only; a mean() over everything divides by K too.",
        lambda t: t.data / (t.m * t.K) + t.penalty,
    ),
    CostMistake(
        "J without the term of 1 − y",
        "J = (1/m) Σ_i Σ_k −y_k log h_k + (λ/2m) Σ_{j≥1} θ_ij²",
        "Every output is a yes-or-no of its own: where y is 0, −log(1 − h) counts.",
        lambda t: t.ones / t.m + t.penalty,
    ),
    CostMistake(
        "sign of J",
        "J = (1/m) Σ_i Σ_k [y_k log h_k + (1 − y_k) log(1 − h_k)] + (λ/2m) Σ_{j≥1} θ_ij²",
        "The logarithms of numbers below 1 are negative; the minus sign makes J a cost.",
        lambda t: -t.data / t.m + t.penalty,
    ),
    *[
        CostMistake(
            name,
            f"J = (1/m) Σ_i Σ_k [{used}] + (λ/2m) Σ_{{j≥1}} θ_ij²",
            remedy,
            _mean_of(data),
        )
        for name, used, remedy, data in TERMS
    ],
    CostMistake(
        "the penalty of J subtracted",
        f"J = (1/m) {DATA} − (λ/2m) Σ_{{j≥1}} θ_ij²",
        "Regularization makes large weights dear: its term is added.",
        lambda t: t.data / t.m - t.penalty,
    ),
    CostMistake(
        "squared error instead of the logarithms",
        "J = (1/2m) Σ_i Σ_k (h_k − y_k)² + (λ/2m) Σ_{j≥1} θ_ij²",
        "Equation (3) is the logarithmic cost; h − y is the output δ for that one only.",
        lambda t: t.squares / (2 * t.m) + t.penalty,
    ),
]
