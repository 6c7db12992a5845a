"""The interactive page: a comparison or a diagnosis as one HTML file that needs no network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup, escape

from ..comparison.compare import TITLES, Comparison
from ..comparison.equations import EquationCheck, verify_equations
from ..comparison.rounding import rounding_bounds
from ..grading.diagnosis import Diagnosis
from ..network.sigmoid import SigmoidNetwork, unroll
from ..support.result import Result
from ..support.validation import Array
from .chart import Curve, Guide, loglog
from .mathml import EQUATIONS, Numbers
from .measure import EpsilonErrors, Times, epsilon_errors, method_times
from .numbers import aligned, written
from .story import story

if TYPE_CHECKING:
    from jinja2 import Environment


__all__ = ["comparison_page", "diagnosis_page", "page_of"]

FOLDER = Path(__file__).parent
PLAYED_PARAMETERS = 5000  # above, the page would have tens of megabytes and no reader
LISTED_PARAMETERS = 3000

INDEX = re.compile(r"(?<=\w)_(\{[^}]*\}|\([^)]*\)|\w+)")

# The equations of the graph's links that a finding's place in the source stands for.
STRUCK = {
    "(1)": ["(1)"],
    "(2)": ["(2)", "(4)"],
    "(4)": ["(2)", "(4)"],
    "output layer": ["δ⁽ᴸ⁾ = h − y"],
}


def page_of(result: Result, **options: Any) -> str:
    """The page of a result, by its type; ``options`` are those of that kind of page.

    A result of another kind gets a page with its report.
    """
    if isinstance(result, Comparison):
        return comparison_page(result, **options)
    if isinstance(result, Diagnosis):
        return diagnosis_page(result, **options)
    raise NotImplementedError(type(result).__name__)


def comparison_page(
    comparison: Comparison,
    example: int = 0,
    *,
    features: Sequence[str] = (),
    classes: Sequence[str] = (),
) -> str:
    """The page of a comparison: verdict, table, graph of one example, equations, charts.

    ``example`` is the row of X whose graph is played; ``features`` and ``classes`` name the
    inputs and outputs. Raises ValueError if there is no such example.

    >>> from micrograd_bp import SigmoidNetwork, compare_gradients
    >>> c = compare_gradients(SigmoidNetwork([2, 1], seed=0), [[1.0, 2.0]], [1])
    >>> comparison_page(c).startswith("<!doctype html>")
    True
    """
    net, X, Y = comparison.network, comparison.X, comparison.Y
    if not 0 <= example < len(X):
        raise ValueError(f"example: got {example}, expected 0 to {len(X) - 1}")
    return _page(
        title="Backpropagation, checked three ways",
        passed=comparison.passed,
        verdict=comparison.verdict,
        comparison=comparison,
        methods=[(TITLES[g.method], g) for g in comparison.gradients],
        rows=_parameter_rows(comparison),
        parameters=net.theta.size,
        layers=range(1, len(net.sizes)),
        equations=_equation_cards(net, X[example], Y[example]),
        epsilon_chart=_epsilon_chart(
            epsilon_errors(net, X, Y, comparison.lambda_), comparison.epsilon
        ),
        time_chart=_time_chart(method_times()),
        **_played(net, X[example], Y[example], example, features, classes),
    )


def diagnosis_page(diagnosis: Diagnosis) -> str:
    """The page of a diagnosis: each mistake, the formula meant and the one used, and its place.

    The graph is that of a network of the same shape with weights of its own; the steps that the
    mistake spoils and the weights whose gradient came out wrong are marked in it.
    """
    net = _network_like(diagnosis)
    x = np.random.default_rng(0).uniform(-1.0, 1.0, net.sizes[0])
    y = np.eye(net.sizes[-1])[0]
    played = _played(net, x, y, 0, (), ())
    if played["story"] is not None:
        played["story"]["strike"] = _strike(diagnosis, played["story"]["nodes"])
    return _page(
        title="A gradient, judged",
        passed=diagnosis.passed,
        verdict=diagnosis.verdict,
        diagnosis=diagnosis,
        alternatives=[  # of the gradient's mistake, and of the cost's: the best first
            found
            for found in (
                [finding for finding in diagnosis.mistakes if finding.layers],
                [finding for finding in diagnosis.mistakes if not finding.layers],
            )
            if found
        ],
        **played,
    )


def _page(**context: Any) -> str:
    style, script = ((FOLDER / name).read_text("utf-8") for name in ("page.css", "page.js"))
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            style=style,
            script=script,
            # Only this very style and script may act, and nothing may be loaded.
            policy=f"default-src 'none'; img-src data:; style-src {_digest(style)}; "
            f"script-src {_digest(script)}; base-uri 'none'; form-action 'none'",
            **context,
        )
    )


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "written": written,
        "aligned": aligned,
        "embedded": _embedded,
        "subscripted": _subscripted,
    }
    return environment


def _subscripted(formula: str) -> Markup:
    """A formula in plain text with its indices set below: θ_ij, s_{l+1}, y_(k+1).

    >>> _subscripted("s_{l+1} < y_k")
    Markup('s<sub>l+1</sub> &lt; y<sub>k</sub>')
    """
    return Markup(INDEX.sub(lambda found: f"<sub>{found[1].strip('{}')}</sub>", escape(formula)))


def _digest(text: str) -> str:
    """The hash by which a content security policy recognizes an inline element."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _embedded(data: Any) -> str:
    """JSON that cannot end its <script> element, whatever its strings hold."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _played(
    net: SigmoidNetwork,
    x: Any,
    y: Any,
    example: int,
    features: Sequence[str],
    classes: Sequence[str],
) -> dict[str, Any]:
    """What the player needs; no story where the network is too large to be read."""
    if net.theta.size > PLAYED_PARAMETERS:
        return {"story": None, "example": example, "network": net}
    told = story(net, x, y)
    outputs = list(classes) if len(classes) == net.sizes[-1] else []
    return {
        "story": told | {"features": list(features), "classes": outputs},
        "example": example,
        "network": net,
    }


def _network_like(diagnosis: Diagnosis) -> SigmoidNetwork:
    """A network with as many units as the one that was judged (where no layer was, 4-5-3)."""
    layers = diagnosis.layers
    if not layers:
        return SigmoidNetwork([4, 5, 3], seed=0)
    rows = [verdict.entries // verdict.columns for verdict in layers]
    return SigmoidNetwork([layers[0].columns - 1, *rows], seed=0)


def _strike(diagnosis: Diagnosis, nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """Where in the graph a mistake strikes: equations, the forward pass, and wrong weights."""
    places = "; ".join(finding.equation for finding in diagnosis.mistakes[:1])
    wrong = {(v.layer, j) for v in diagnosis.layers for j in v.wrong_columns}
    return {
        "equations": [e for place, found in STRUCK.items() if place in places for e in found],
        "forward": "forward propagation" in places,
        "weights": [
            k
            for k, node in enumerate(nodes)
            if node["kind"] == "theta" and (node["layer"], node["indices"][1]) in wrong
        ],
    }


def _parameter_rows(comparison: Comparison) -> list[dict[str, Any]]:
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
    for p in np.argsort(-severity, kind="stable")[:LISTED_PARAMETERS].tolist():
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


def _equation_cards(net: SigmoidNetwork, x: Any, y: Any) -> list[dict[str, Any]]:
    """The checks of ``verify_equations``, one card for each number of the source.

    None for a network too large to be played: there the check of (4) takes long.
    """
    if net.theta.size > PLAYED_PARAMETERS:
        return []
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


def _epsilon_chart(found: EpsilonErrors, used: float) -> dict[str, Any]:
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


def _time_chart(times: Times) -> dict[str, Any]:
    counts = [float(count) for count in times.parameters]
    curves = [Curve(method, counts, seconds) for method, seconds in times.seconds.items()]
    chart = loglog("time", "parameters", "seconds", curves)
    slower = times.seconds["numerical"][-1] / times.seconds["backprop"][-1]
    return chart | {"examples": times.examples, "largest": times.parameters[-1], "slower": slower}
