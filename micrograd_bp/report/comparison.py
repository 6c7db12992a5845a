"""The parts of a comparison's page: a row for each weight, the equations' cards, the charts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..comparison.compare import Comparison
from ..comparison.equations import EquationCheck, verify_equations
from ..comparison.rounding import rounding_bounds
from ..network.sigmoid import SigmoidNetwork, unroll
from ..support.validation import Array
from .chart import Curve, Guide, loglog
from .mathml import EQUATIONS, Numbers
from .measure import EpsilonErrors, Times
from .story import story

__all__ = ["epsilon_chart", "equation_cards", "parameter_rows", "time_chart"]


def parameter_rows(comparison: Comparison, most: int) -> list[dict[str, Any]]:
    """A row for each parameter, the largest difference in units of its tolerance first."""
    net = comparison.network
    bounds = rounding_bounds(net, comparison.X, comparison.Y, comparison.lambda_)
    exact = 2.0 * unroll(bounds.D)
    by_method = np.array([gradient.vector for gradient in comparison.gradients])
    autodiff, backprop, numerical = by_method
    exact_difference = np.abs(autodiff - backprop)
    estimate_difference = np.maximum(np.abs(numerical - backprop), np.abs(numerical - autodiff))
    severity = np.fmax(
        _in_units(exact_difference, exact),
        _in_units(estimate_difference, exact + comparison.error_bars),
    )
    undecided = set(comparison.undecided)
    contradicted = {name for pair in comparison.pairs for name in pair.contradictions}
    layer_of = np.repeat(np.arange(1, len(net.sizes)), [theta.size for theta in net.thetas])
    theta = net.theta
    rows = []
    for p in np.argsort(-severity, kind="stable")[:most].tolist():
        name = net.parameter_name(p)
        rows.append(
            {
                "index": p,
                "name": name,
                "layer": int(layer_of[p]),
                "weight": float(theta[p]),
                "values": [None if np.isnan(v) else float(v) for v in by_method[:, p]],
                "exact_difference": float(exact_difference[p]),
                "difference": _number(estimate_difference[p]),
                "error_bar": _number(comparison.error_bars[p]),
                "severity": float(severity[p]),
                "verdict": "contradicts"
                if name in contradicted
                else "undecided"
                if name in undecided
                else "agrees",
            }
        )
    return rows


def _in_units(difference: Array, tolerance: Array) -> Array:
    """Differences in units of what is explained; 0 where there is none to explain."""
    found = np.zeros_like(difference)
    with np.errstate(divide="ignore"):
        np.divide(difference, tolerance, out=found, where=difference != 0.0)
    return found


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)


def equation_cards(net: SigmoidNetwork, x: Any, y: Any) -> list[dict[str, Any]]:
    """The checks of ``verify_equations``, one card for each number of the source."""
    numbers = Numbers(story(net, x, y))
    checks: dict[str, list[EquationCheck]] = {}
    for check in verify_equations(net, x, y):
        checks.setdefault(check.number, []).append(check)
    return [
        {
            "number": number,
            "words": words,
            "source": source,
            "here": here and here(numbers),
            "checks": checks[number],
            "passed": all(check.passed for check in checks[number]),
        }
        for number, (words, source, here) in EQUATIONS.items()
        if number in checks
    ]


def epsilon_chart(found: EpsilonErrors, used: float) -> dict[str, Any]:
    """The error of each scheme against ε, with the slopes that theory foretells."""
    epsilons = found.epsilons.tolist()
    curves = [Curve(name, epsilons, errors.tolist()) for name, errors in found.errors.items()]
    guides = [Guide("rounding, 2⁻⁵³ |J| / ε", -1, (1.0, found.rounding[0] * epsilons[0]),
                    (1e-15, 1e-1), 1e-13, True)]  # fmt: skip
    for scheme, slope, until in (("one-sided", 1, 1e-9), ("two-sided", 2, 1e-7)):
        error = float(found.errors[scheme][2])  # at ε = 10⁻²
        if error > 0:
            name = f"slope {slope}"
            guides.append(Guide(name, slope, (epsilons[2], error), (until, 1e-1), until * 3, True))
    return loglog("epsilon", "ε", "largest error of ∂J/∂θ", curves, guides, (used, "used here"),
                  band="complex-step")  # fmt: skip


def time_chart(times: Times) -> dict[str, Any]:
    """The time of one gradient against the number of weights."""
    counts = [float(count) for count in times.parameters]
    curves = [Curve(method, counts, seconds) for method, seconds in times.seconds.items()]
    chart = loglog("time", "parameters", "seconds", curves)
    slower = times.seconds["numerical"][-1] / times.seconds["backprop"][-1]
    return chart | {"examples": times.examples, "largest": times.parameters[-1], "slower": slower}
