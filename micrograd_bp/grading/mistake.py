"""One mistake of the catalogue: the steps it replaces, and what a tutor would say about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ..support.validation import Array
from .steps import Matrices, Steps, steps_of

__all__ = ["Mistake"]


@dataclass(frozen=True)
class Mistake:
    """One mistake: which steps it replaces, and what a tutor would say about it.

    ``meant`` and ``used`` are the two formulas, ``equation`` where the source states the right
    one. ``form`` limits a mistake to gradients handed in as one "vector" or as "matrices",
    where only one of the two can show it.

    >>> from micrograd_bp.grading.catalogue import MISTAKES
    >>> MISTAKES["g' missing in δ"].used
    'δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾'
    """

    name: str
    equation: str
    meant: str
    used: str
    remedy: str
    steps: Mapping[str, Callable[..., Any]] = field(repr=False)
    form: Literal["vector", "matrices"] | None = None

    def gradient(
        self, thetas: Sequence[Array], X: Array, Y: Array, lambda_: float = 0.0
    ) -> Matrices:
        """The gradient that this mistake gives, one matrix for each of ``thetas``.

        Raises ValueError or IndexError where the mistake does not fit the network's shapes.
        """
        return self.procedure().gradient(thetas, X, Y, lambda_)

    def procedure(self, hidden: str = "sigmoid", output: str = "sigmoid") -> Steps:
        """Backpropagation with this mistake, for such units by their names in ``model``."""
        return replace(steps_of(hidden, output, Steps()), **self.steps)


DELTA = "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* a⁽ˡ⁾ .* (1 − a⁽ˡ⁾)"
PROPAGATE = "δ⁽ˡ⁾ = Θ⁽ˡ⁾(:, 2:end)ᵀ δ⁽ˡ⁺¹⁾ .* g'(z⁽ˡ⁾)"
OUTPUT = "δ⁽ᴸ⁾ = h_θ(x) − y"
ACCUMULATE = "Δ⁽ˡ⁾ ← Δ⁽ˡ⁾ + δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ for every example"
AVERAGE = "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + …"
REGULARIZE = "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + (λ/m) θ_ij⁽ˡ⁾ for j ≥ 1"
FORWARD = "z⁽ˡ⁺¹⁾ = Θ⁽ˡ⁾ [1; a⁽ˡ⁾], a⁽ˡ⁺¹⁾ = g(z⁽ˡ⁺¹⁾)"
UNROLL = "gradient = [D⁽¹⁾(:); D⁽²⁾(:); …], column after column"
READ = "Θ⁽¹⁾ = reshape(theta(1 : …), s₂, s₁ + 1), filled column after column"

IN_FORWARD = "forward propagation"
IN_OUTPUT = "output layer, from equation (3)"
IN_AVERAGE = "the algorithm: D from Δ"
IN_REGULARIZATION = "the algorithm: D from Δ"
IN_UNROLLING = "unrolling parameters"
