"""The parts of a diagnosis' page: its network, what it marks there, and the student's own code."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..gradients import backprop_gradient
from ..grading.catalogue import MISTAKES
from ..grading.diagnosis import Diagnosis
from ..grading.lines import Listing
from ..grading.model import over
from ..grading.steps import Steps
from ..network.sigmoid import SigmoidNetwork
from ..support.validation import Array

__all__ = ["Played", "listing_of", "places", "played", "strike", "strike_words"]

# Relative to the layer's largest: far above rounding, far below a mistake.
ROUNDING, IN_SINGLE = 1e-9, 1e-5  # of float64, and of float32

# The steps of backpropagation that one example's graph shows; the others come after it.
IN_GRAPH = {"targets", "bias", "hidden", "output", "output_delta", "propagate", "slope", "inputs"}


@dataclass(frozen=True)
class Played:
    """The network and the example of a diagnosis' page: those of the traced run if there is one.

    ``row`` is that of the example among those of the run; ``D`` the gradient that the code gave
    for it alone, None where it gave none.
    """

    net: SigmoidNetwork
    x: Array
    y: Array
    row: int = 0
    D: list[Array] | None = None


def played(diagnosis: Diagnosis) -> Played:
    """One example of the student's own run; without a run, one of a network as large.

    Where no layer was judged, the network is 4-5-3.
    """
    example = diagnosis.lines.example if diagnosis.lines else None
    if example is not None:
        D = None if example["D"] is None else [np.array(part) for part in example["D"]]
        net = SigmoidNetwork(thetas=example["thetas"])
        return Played(net, np.array(example["x"]), np.array(example["y"]), example["row"], D)
    rows = [verdict.entries // verdict.columns for verdict in diagnosis.layers]
    sizes = [diagnosis.layers[0].columns - 1, *rows] if rows else [4, 5, 3]
    net = SigmoidNetwork(sizes, seed=0)
    x = np.random.default_rng(0).uniform(-1.0, 1.0, sizes[0])
    return Played(net, x, np.eye(sizes[-1])[0])


def strike(diagnosis: Diagnosis, shown: Played, nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """What the page marks: formulas that run beside the right ones, or numbers that were wrong.

    ``parts`` are the catalogue's mistakes that were found, if together they give the student's
    gradient of this very example. If they do not, ``seen`` has the student's own wrong numbers
    with the right ones. ``weights`` are those whose gradient the diagnosis calls wrong.
    """
    wrong = {(v.layer, j) for v in diagnosis.layers for j in v.wrong_columns}
    parts = [name for finding in diagnosis.gradient_findings[:1] for name in finding.parts]
    explained = bool(parts) and _explained(parts, diagnosis, shown)
    unknown = explained or diagnosis.gradient_passed or diagnosis.unstable
    return {
        "parts": parts if explained else [],
        "seen": [] if unknown else _seen(diagnosis, shown),
        "weights": [
            k
            for k, node in enumerate(nodes)
            if node["kind"] == "theta" and (node["layer"], node["indices"][1]) in wrong
        ],
    }


def _explained(parts: list[str], diagnosis: Diagnosis, shown: Played) -> bool:
    """Whether the catalogue's steps give the student's gradient of the example that is shown.

    Where the student's is not known, the layers that they spoil must be those found wrong.
    """
    if not all(name in MISTAKES and name in _played_by_the_page() for name in parts):
        return False
    steps = replace(Steps(), **{k: v for name in parts for k, v in MISTAKES[name].steps.items()})
    x, y = shown.x[np.newaxis], shown.y[np.newaxis]
    try:
        given = steps.gradient(shown.net.thetas, x, y)
    except (ValueError, IndexError):
        return shown.D is None
    right = backprop_gradient(shown.net, x, y).D
    if [D.shape for D in given] != shown.net.shapes:
        return shown.D is None
    if shown.D is not None:
        return not any(_differing(*both).any() for both in zip(given, shown.D, strict=True))
    spoiled = [l for l, both in enumerate(zip(given, right, strict=True), start=1)
               if _differing(*both).any()]  # fmt: skip
    return set(spoiled) <= {v.layer for v in diagnosis.layers if not v.passed}


@cache
def _played_by_the_page() -> frozenset[str]:
    """The mistakes that the page's script can run beside the right formulas."""
    script = Path(__file__).with_name("mistakes.js").read_text("utf-8")
    return frozenset(re.findall(r'^  "([^"]+)": \{', script, re.MULTILINE))


def _seen(diagnosis: Diagnosis, shown: Played) -> list[dict[str, Any]]:
    """The parts whose numbers came out wrong in the student's own run, with both numbers."""
    if diagnosis.lines is None or diagnosis.lines.example is None:
        return []
    x, y = shown.x[np.newaxis], shown.y[np.newaxis]
    passes, gradient = shown.net.forward(x), backprop_gradient(shown.net, x, y)
    deltas = [np.ravel(delta) for delta in (gradient.deltas or []) if delta is not None]
    right: dict[str, Any] = {"z": passes.z, "a": passes.a}
    pairs: list[tuple[str, int, Array, Array]] = [
        (entry["kind"], entry["layer"], np.array(entry["yours"])[shown.row], exact[0])
        for entry in diagnosis.lines.spoiled
        if entry["kind"] in right
        and (exact := right[entry["kind"]][entry["layer"] - 1]) is not None
    ]
    for l, (mine, exact) in enumerate(zip(shown.D or [], gradient.D, strict=False), start=1):
        pairs.append(("theta", l, mine, exact))
        if _only_delta(mine, passes.a[l - 1][0]) and not _has_right(diagnosis, over("δ", l + 1)):
            pairs.append(("delta", l + 1, mine[:, 0], deltas[l - 1]))
    return [
        {
            "kind": kind,
            "layer": layer,
            "indices": [place[0] + 1, *place[1:]],
            "right": float(exact[tuple(place)]),
            "yours": float(yours[tuple(place)]),
        }
        for kind, layer, yours, exact in pairs
        for place in np.argwhere(_differing(yours, exact)).tolist()
    ]


def _only_delta(D: Array, a: Array) -> bool:
    """Whether D = δ [1; a]ᵀ for some δ, which then is the student's and stands in column 0."""
    return not _differing(D, np.outer(D[:, 0], [1.0, *a])).any()


def _has_right(diagnosis: Diagnosis, symbol: str) -> bool:
    """Whether some line of the code computes this quantity, and rightly."""
    lines = diagnosis.lines.lines if diagnosis.lines else ()
    return any(l.status == "right" and symbol in l.computed.split(", ") for l in lines)


def _differing(yours: Array, right: Array) -> npt.NDArray[np.bool_]:
    """Where two arrays differ by more than the order of the same sum explains."""
    short = np.array_equal(yours, yours.astype(np.float32))
    scale = (IN_SINGLE if short else ROUNDING) * np.max(np.abs(right))
    close: npt.NDArray[np.bool_] = np.abs(yours - right) <= scale
    return ~close


def strike_words(diagnosis: Diagnosis, struck: dict[str, Any]) -> str:
    """What the graph of a diagnosis shows, in one sentence."""
    if diagnosis.differences:
        return "These are the course's steps; yours are right for a cost of their own."
    if diagnosis.hint != "full":
        return "These are the right steps, to be held beside your own."
    if diagnosis.gradient_passed:
        return "Your gradient is right, so these are the steps as you have them."
    if struck["seen"]:
        return (
            "One example of your own run: where a number of yours came out wrong, the step shows "
            "it beside the right one; “Next wrong step” goes from one to the next."
        )
    known = [MISTAKES[name] for name in struck["parts"]]
    if not known:
        return "One example by the right steps; marked are the weights whose gradient is wrong."
    if not any(IN_GRAPH & set(mistake.steps) for mistake in known):
        where = diagnosis.gradient_findings[0].equation
        return f"On one example all is right; the mistake strikes outside this graph: {where}."
    return (
        "One example, and your mistake beside the right formulas: where their numbers part, the "
        "step shows both; “Next wrong step” goes from one to the next."
    )


def listing_of(diagnosis: Diagnosis) -> Listing | None:
    """The student's code with what its lines computed; None where no code was traced."""
    listing = diagnosis.lines
    return listing if listing is not None and listing.lines else None


def places(diagnosis: Diagnosis) -> list[dict[str, Any]]:
    """Each wrong line with what it computed and what was expected, as far as the hint tells."""
    listing = listing_of(diagnosis)
    if diagnosis.passed:
        return []
    if listing is not None and listing.wrong:
        # a line that goes wrong in every layer is told once
        return list({wrong.line: asdict(wrong) for wrong in reversed(listing.wrong)}.values())[::-1]
    return [diagnosis.where] if diagnosis.where else []
