"""The parts of a comparison's page: a row for each weight, the equations' cards, the charts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..comparison.compare import Comparison
from ..comparison.equations import EquationCheck, verify_equations
from ..network.sigmoid import SigmoidNetwork
from .chart import Curve, Guide, loglog
from .mathml import EQUATIONS, Numbers
from .measure import EpsilonErrors, Times
from .story import story

__all__ = ["epsilon_chart", "equation_cards", "parameter_rows", "time_chart"]


def parameter_rows(comparison: Comparison, most: int) -> list[dict[str, Any]]:
    """A row for each parameter, the largest difference in units of its tolerance first."""
    methods = [gradient.method for gradient in comparison.gradients]
    worst_first = sorted(comparison.parameters, key=lambda p: -p.severity)[:most]
    return [
        asdict(p) | {"values": [p.values.get(method) for method in methods], "verdict": p.status}
        for p in worst_first
    ]


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
