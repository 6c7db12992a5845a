"""The interactive page: a result as one HTML file that needs no network."""

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
from ..grading.diagnosis import Diagnosis
from ..network.sigmoid import SigmoidNetwork
from ..support.result import Result, plain
from ..support.validation import Array
from .comparison import epsilon_chart, equation_cards, parameter_rows, time_chart
from .diagnosis import listing_of, places, played, strike, strike_words
from .measure import epsilon_errors, method_times
from .numbers import aligned, written
from .story import story

if TYPE_CHECKING:
    from jinja2 import Environment
    from rich.table import Table


__all__ = ["comparison_page", "diagnosis_page", "page_of", "result_page"]

FOLDER = Path(__file__).parent
PLAYED_PARAMETERS = 5000  # above, the page would have tens of megabytes and no reader
LISTED_PARAMETERS = 400
EXAMPLE_NUMBERS = 4000  # of the data that the page carries, to choose another example from

# The page's script, in the order in which its parts need each other.
SCRIPTS = [
    *("numbers", "engine", "story", "words", "bars", "explain", "picture", "camera", "state"),
    *("mistakes", "wrong", "hand", "descent", "predict", "glossary", "table", "code", "player"),
    *("controls", "main"),
]

# The words of the page: each is defined here alone, and shown wherever it stands.
GLOSSARY = [
    ("weight", "θ_ij⁽ˡ⁾, by which unit i of layer l + 1 multiplies what unit j of layer l sends."),
    ("bias unit", "A unit that is always 1, so that its weight shifts z by itself."),
    ("weighted input", "z, the sum of all that arrives at a unit, each times its weight."),
    ("activation", "a = g(z), what a unit sends on; that of an output is h, the guess."),
    ("sigmoid", "g(z) = 1 / (1 + e⁻ᶻ); its slope is g′(z) = a(1 − a)."),
    ("target", "y, what the output should have been: 1 for the right class, 0 for the others."),
    ("cost", "J, large where an output is confidently wrong, by equation (3)."),
    ("slope", "∂J/∂p: how much J changes for each unit by which p is changed, for small changes."),
    (
        "error",
        "δ = ∂J/∂z, the slope of J in the weighted input of a unit: its part of the blame.",
    ),
    ("local derivative", "How a value changes with one of its direct inputs, all else fixed."),
    ("share", "What one use of a value passes back: the slope above, times the local derivative."),
    ("saturated", "A unit whose a is near 0 or 1: g′ is near 0, and almost no error gets through."),
]

INDEX = re.compile(r"(?<=\w)_(\{[^}]*\}|\([^)]*\)|\w+)")


def page_of(result: Result, **options: Any) -> str:
    """The page of a result, by its type; ``options`` are those of that kind of page.

    A comparison and a diagnosis have a graph to be touched; any other result has its verdict
    and its tables.
    """
    if isinstance(result, Comparison):
        return comparison_page(result, **options)
    if isinstance(result, Diagnosis):
        return diagnosis_page(result, **options)
    return result_page(result, **options)


def result_page(result: Result, *, title: str = "") -> str:
    """The page of any result: its verdict, and its tables as tables.

    >>> from micrograd_bp import Value, check_expression
    >>> page = result_page(check_expression(Value(2.0, label="a") ** 2))
    >>> page.startswith("<!doctype html>"), 'class="verdict good"' in page
    (True, True)
    """
    return _page(
        title=title or _title(type(result).__name__),
        passed=result.passed,
        verdict=result.verdict,
        report=[part if isinstance(part, str) else _cells(part) for part in result.tables()],
    )


def comparison_page(
    comparison: Comparison,
    example: int = 0,
    *,
    features: Sequence[str] = (),
    classes: Sequence[str] = (),
) -> str:
    """The page of a comparison: graph of one example, verdict, table, equations, charts.

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
    played = net.theta.size <= PLAYED_PARAMETERS
    return _page(
        title="Backpropagation, checked three ways",
        passed=comparison.passed,
        verdict=comparison.verdict,
        comparison=comparison,
        methods=[(TITLES[g.method], g) for g in comparison.gradients],
        rows=parameter_rows(comparison, LISTED_PARAMETERS),
        parameters=net.theta.size,
        layers=range(1, len(net.sizes)),
        equations=equation_cards(net, X[example], Y[example]) if played else [],
        epsilon_chart=epsilon_chart(
            epsilon_errors(net, X, Y, comparison.lambda_), comparison.epsilon
        ),
        time_chart=time_chart(method_times()),
        story=_played(net, X, Y, example, features, classes) if played else None,
        network=net,
    )


def diagnosis_page(diagnosis: Diagnosis) -> str:
    """The page of a diagnosis: each mistake, the formula meant and the one used, and its place.

    The graph is that of the first example of the student's own run, where the code could be
    traced. What came out wrong in it shows both numbers, and no other step is marked.
    """
    shown = played(diagnosis)
    told, words = None, ""
    if shown.net.theta.size <= PLAYED_PARAMETERS:
        told = _played(shown.net, shown.x[np.newaxis], shown.y[np.newaxis], 0, (), ())
        told["strike"] = strike(diagnosis, shown, told["nodes"])
        words = strike_words(diagnosis, told["strike"])
    return _page(
        title="A gradient, judged",
        passed=diagnosis.passed,
        verdict=diagnosis.verdict,
        diagnosis=diagnosis,
        strike_words=words,
        listing=listing_of(diagnosis),
        places=places(diagnosis),
        alternatives=[  # of the gradient's mistake, and of the cost's: the best first
            found for found in (diagnosis.gradient_findings, diagnosis.cost_findings) if found
        ],
        story=told,
        network=shown.net,
    )


def _page(**context: Any) -> str:
    style = (FOLDER / "page.css").read_text("utf-8")
    parts = [(FOLDER / f"{name}.js").read_text("utf-8") for name in SCRIPTS]
    script = '"use strict";\n' + "\n".join(parts) if "network" in context else ""
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            style=style,
            script=script,
            glossary=GLOSSARY,
            data=_compact(context.get("story")),
            # Only this very style and script may act, and nothing may be loaded.
            policy=f"default-src 'none'; img-src data:; style-src {digest(style)}; "
            f"script-src {digest(script) if script else repr('none')}; "
            "base-uri 'none'; form-action 'none'",
            **context,
        )
    )


def environment() -> Environment:
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


def digest(text: str) -> str:
    """The hash by which a content security policy recognizes an inline element."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _embedded(data: Any) -> str:
    """JSON that cannot end its <script> element, whatever its strings hold."""
    text = json.dumps(plain(data), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _title(name: str) -> str:
    """A title from the name of a class.

    >>> _title("GradientCheck")
    'Gradient check'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def _cells(table: Table) -> dict[str, Any]:
    columns = [[str(cell) for cell in column.cells] for column in table.columns]
    return {
        "title": str(table.title or ""),
        "headings": [str(column.header) for column in table.columns],
        "rows": list(zip(*columns, strict=True)),
    }


def _played(
    net: SigmoidNetwork,
    X: Array,
    Y: Array,
    example: int,
    features: Sequence[str],
    classes: Sequence[str],
) -> dict[str, Any]:
    """What the player needs: the story of one example, names, and other examples to choose."""
    listed = max(1, EXAMPLE_NUMBERS // (X.shape[1] + Y.shape[1]))
    rows = zip(X[:listed], Y[:listed], strict=True)
    return story(net, X[example], Y[example]) | {
        "features": list(features),
        "classes": list(classes) if len(classes) == net.sizes[-1] else [],
        "examples": [{"x": x, "y": y} for x, y in rows],
        "example": example,
        "strike": None,
    }


def _compact(told: dict[str, Any] | None) -> dict[str, Any] | None:
    """A story without what the page works out itself, so that thousands of weights stay small."""
    if told is None:
        return None
    nodes, links = told["nodes"], []
    for link in told["links"]:
        ends = {"from": link["from"], "to": link["to"]}
        if nodes[link["to"]]["kind"] != "z":
            names = ("symbol", "equation", "ways")
            ends |= {name: link[name] for name in names if link[name]}
        links.append(ends)
    kept = [{k: v for k, v in node.items() if k not in ("slope", "grad")} for node in nodes]
    return told | {"nodes": kept, "links": links}
