"""The parts of a diagnosis' page: its network, what it marks there, and the student's own code."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from ..grading.catalogue import MISTAKES
from ..grading.diagnosis import Diagnosis
from ..grading.lines import Listing
from ..network.sigmoid import SigmoidNetwork

__all__ = ["listing_of", "network_like", "places", "strike", "strike_words"]

# The steps of backpropagation that one example's graph shows; the others come after it.
IN_GRAPH = {"targets", "bias", "hidden", "output", "output_delta", "propagate", "slope", "inputs"}

KINDS = {"D": "theta"}  # what the page calls a quantity of the listing, where the names differ


def network_like(diagnosis: Diagnosis) -> SigmoidNetwork:
    """A network with as many units as the one that was judged (where no layer was, 4-5-3)."""
    layers = diagnosis.layers
    if not layers:
        return SigmoidNetwork([4, 5, 3], seed=0)
    rows = [verdict.entries // verdict.columns for verdict in layers]
    return SigmoidNetwork([layers[0].columns - 1, *rows], seed=0)


def strike(diagnosis: Diagnosis, nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """Which mistakes run beside the right formulas, in which layers, and the wrong weights."""
    found = diagnosis.gradient_findings[:1]
    wrong = {(v.layer, j) for v in diagnosis.layers for j in v.wrong_columns}
    return {
        "parts": [name for finding in found for name in finding.parts],
        "layers": [v.layer for v in diagnosis.layers if not v.passed],
        "seen": _seen(diagnosis),
        "weights": [
            k
            for k, node in enumerate(nodes)
            if node["kind"] == "theta" and (node["layer"], node["indices"][1]) in wrong
        ],
    }


def strike_words(diagnosis: Diagnosis) -> str:
    if diagnosis.differences:
        return "these are the course's steps; yours are right for a cost of their own."
    if diagnosis.hint != "full":
        return "these are the right steps, to be held beside your own."
    if diagnosis.gradient_passed:
        return "your gradient is right, so these are the steps as you have them."
    if not diagnosis.gradient_findings:
        return "marked are the weights whose gradient came out wrong, and the steps at fault."
    found = diagnosis.gradient_findings[0]
    known = [MISTAKES[name] for name in found.parts if name in MISTAKES]
    if known and not any(IN_GRAPH & set(mistake.steps) for mistake in known):
        return f"the mistake strikes outside this graph: {found.equation}."
    return (
        "the mistake that was found runs beside the right formulas. Where their numbers part, the "
        "step shows yours and the right one; “Next wrong step” goes from one to the next."
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


def _seen(diagnosis: Diagnosis) -> list[dict[str, Any]]:
    """The parts whose numbers came out wrong in the student's own run, with both numbers.

    Of several examples the first in which a part is wrong stands for it.
    """
    listing = listing_of(diagnosis)
    found = []
    for entry in listing.spoiled if listing else ():
        yours, right = np.asarray(entry["yours"]), np.asarray(entry["right"])
        wrong = ~np.isclose(yours, right, rtol=1e-9, atol=1e-12)
        of_weights = entry["kind"] == "D"
        for unit in np.argwhere(wrong if of_weights else wrong.any(axis=0)).tolist():
            place = tuple(unit) if of_weights else (int(np.argmax(wrong[:, unit[0]])), unit[0])
            indices = [unit[0] + 1, *unit[1:]]
            part = {"kind": KINDS.get(entry["kind"], entry["kind"]), "layer": entry["layer"]}
            both = {"right": float(right[place]), "yours": float(yours[place])}
            found.append(part | {"indices": indices} | both)
    return found
