"""What a comparison of three gradients finds: the data from which its words are made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..gradients import Gradient
from ..network.sigmoid import SigmoidNetwork
from ..support.validation import Array
from .proof import Proof

if TYPE_CHECKING:
    pass

__all__ = [
    "TITLES",
    "CostDifference",
    "DeltaDifference",
    "Findings",
    "Pair",
    "Parameter",
    "ParameterVerdict",
    "severities",
]

TITLES = {
    "autodiff": "autodiff (scalar graph)",
    "backprop": "backprop (matrix formulas)",
    "numerical": "numerical (two-sided)",
}


@dataclass(frozen=True)
class Parameter:
    """What each method says of ∂J/∂θ for one weight, and by how much two of them may differ."""

    name: str  # θ₂₃⁽¹⁾
    index: int  # into the unrolled θ
    layer: int  # l of Θ⁽ˡ⁾
    values: dict[str, float]  # by method, of those that estimated it
    difference: float
    tolerance: float

    @property
    def severity(self) -> float:
        """The difference in units of its tolerance; above 1 the two contradict."""
        return float(severities(np.array(self.difference), np.array(self.tolerance)))


@dataclass(frozen=True)
class ParameterVerdict:
    """All that is known about ∂J/∂θ of one weight; what was not computed is None."""

    name: str
    index: int
    layer: int
    weight: float
    values: dict[str, float]  # by method
    exact_difference: float  # of autodiff and backprop, in floating point
    difference: float | None  # the larger one of the estimate from the two
    error_bar: float | None  # of the estimate; None also where its series does not converge
    severity: float  # the largest difference in units of what explains it
    status: str  # "agrees", "contradicts" or "undecided"
    digits: int | None  # to which the balls of graph and matrix formulas agree
    ulps: dict[str, float]  # by method: the error in floating point
    truncation: float | None  # the estimate's error at ε, part by part, from the balls
    rounding: float | None


@dataclass(frozen=True)
class Pair:
    """How two methods compare on the weights of one layer."""

    methods: tuple[str, str]
    layer: int  # l of Θ⁽ˡ⁾
    difference: float  # the largest |a − b|
    relative: float  # the course's ‖a − b‖ / ‖a + b‖
    worst: Parameter  # the largest |a − b| / tolerance
    contradictions: tuple[str, ...]  # the parameters that differ by more than their tolerance
    undecided: int

    @property
    def passed(self) -> bool:
        """Whether no parameter differs by more than its tolerance."""
        return not self.contradictions


@dataclass(frozen=True)
class DeltaDifference:
    """How δ of one layer differs between the graph and the matrix formulas."""

    layer: int
    difference: float  # the largest over examples and units
    worst: str  # the unit where it is, δ₂⁽³⁾
    example: int
    passed: bool


@dataclass(frozen=True)
class CostDifference:
    """How the cost J differs between two methods."""

    methods: tuple[str, str]
    difference: float
    tolerance: float
    passed: bool


@dataclass(frozen=True, repr=False)
class Findings:
    """All that was found about three gradients, and the outcome that follows from it.

    It is "right" where nothing contradicts, "wrong" where anything does, and "undecided" as
    ``comparison/compare.py`` states. Arrays have an entry for each parameter of the unrolled θ.
    """

    gradients: tuple[Gradient, Gradient, Gradient]  # autodiff, backprop, numerical
    pairs: tuple[Pair, ...]  # every pair of methods, layer by layer
    deltas: tuple[DeltaDifference, ...]
    costs: tuple[CostDifference, ...]  # every pair of methods
    replay_confirmed: bool  # autodiff's replay gives what the full graph of some examples does
    undecided: tuple[Parameter, ...]  # on which neither proof nor estimate decides
    lost: bool  # whether ε is so small that rounding hides every derivative
    advice: float | None  # an ε that would do where this one does not
    error_bars: Array  # of the estimate: NaN where not estimated, ∞ where its series diverges
    exact_bounds: Array  # what rounding explains between autodiff and backprop
    proof: Proof | None
    unproved: str  # why there is no proof; "" if there is one
    network: SigmoidNetwork
    X: Array
    Y: Array
    lambda_: float
    epsilon: float

    @property
    def outcome(self) -> str:
        """ "right", "wrong" or "undecided"."""
        parts: list[Pair | DeltaDifference | CostDifference] = [
            *self.pairs,
            *self.deltas,
            *self.costs,
        ]
        contradicted = self.proof is not None and (self.proof.contradictions or self.proof.misfits)
        if contradicted or not self.replay_confirmed or not all(part.passed for part in parts):
            return "wrong"
        if self.lost or (self.proof is not None and self.undecided):
            return "undecided"
        return "undecided" if len(self.undecided) == self.estimated else "right"

    @property
    def estimated(self) -> int:
        """How many parameters were estimated numerically."""
        return int(np.count_nonzero(~np.isnan(self.error_bars)))

    @property
    def worst(self) -> Parameter:
        """The parameter with the largest difference in units of its tolerance."""
        return max((pair.worst for pair in self.pairs), key=lambda worst: worst.severity)

    @property
    def slowdown(self) -> float:
        """How many times longer a numerical estimate of all parameters takes than backprop."""
        _, backprop, numerical = self.gradients
        estimated = np.count_nonzero(~np.isnan(numerical.vector))
        return numerical.seconds / backprop.seconds * numerical.vector.size / estimated

    @cached_property
    def parameters(self) -> tuple[ParameterVerdict, ...]:
        """Every weight in the order of the unrolled θ, with all that was found about it."""
        values = np.array([gradient.vector for gradient in self.gradients])
        autodiff, backprop, numerical = values
        exact = np.abs(autodiff - backprop)
        from_exact = np.maximum(np.abs(numerical - backprop), np.abs(numerical - autodiff))
        severity = np.fmax(
            severities(exact, self.exact_bounds),
            severities(from_exact, self.exact_bounds + self.error_bars),
        )
        contradicted = {name for pair in self.pairs for name in pair.contradictions}
        if self.proof is not None:
            contradicted |= {*self.proof.contradictions}
            contradicted |= {misfit.partition(": ")[2] for misfit in self.proof.misfits}
        undecided = {parameter.name for parameter in self.undecided}
        ends = np.cumsum([theta.size for theta in self.network.thetas])
        layers = np.searchsorted(ends, np.arange(exact.size), side="right") + 1
        theta, proof = self.network.theta, self.proof
        names = [self.network.parameter_name(p) for p in range(exact.size)]
        return tuple(
            ParameterVerdict(
                name=name,
                index=p,
                layer=int(layers[p]),
                weight=float(theta[p]),
                values={
                    g.method: float(v)
                    for g, v in zip(self.gradients, values[:, p], strict=True)
                    if not np.isnan(v)
                },
                exact_difference=float(exact[p]),
                difference=_finite(from_exact[p]),
                error_bar=_finite(self.error_bars[p]),
                severity=float(severity[p]),
                status="contradicts"
                if name in contradicted
                else "undecided"
                if name in undecided
                else "agrees",
                digits=None
                if proof is None or np.isnan(proof.parameter_digits[p])
                else int(proof.parameter_digits[p]),
                ulps={}
                if proof is None
                else {
                    method: float(e[p]) for method, e in proof.errors.items() if not np.isnan(e[p])
                },
                truncation=None if proof is None else _finite(proof.truncation[p]),
                rounding=None if proof is None else _finite(proof.rounding[p]),
            )
            for p, name in enumerate(names)
        )


def severities(differences: Array, tolerances: Array) -> Array:
    """Differences in units of what is explained; 0 where there is none to explain."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(differences > 0.0, differences / tolerances, 0.0)


def _finite(number: Any) -> float | None:
    return float(number) if np.isfinite(number) else None
