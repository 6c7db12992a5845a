"""The words of a comparison: its verdict in one sentence, and its tables; nothing is decided."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..network.symbols import symbol
from .findings import TITLES, Findings, Pair, Parameter
from .proof import Proof

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["tables", "verdict"]

LISTED = 50  # parameters in the table of the proof, the worst estimates first


def verdict(c: Findings) -> str:
    """What was found, in one sentence that begins with PROVED, PASSED, UNDECIDED or FAILED."""
    if c.outcome == "wrong":
        return f"FAILED: {_failure(c)}{_disproof(c.proof, c.network.theta.size)}"
    if c.lost:
        return (
            f"UNDECIDED: {len(c.undecided)} undecided of {c.estimated} parameters: rounding hides "
            f"every derivative at ε = {c.epsilon:g}; ε = {c.advice:g} would do"
        )
    if c.proof is not None and c.outcome == "right":
        return _proved(c, c.proof)
    word = "PASSED" if c.outcome == "right" else "UNDECIDED"
    line = f"{word}: the three methods agree on {c.estimated - len(c.undecided)}"
    line += f" of {c.estimated} parameters"
    if c.undecided:
        line += f"; {len(c.undecided)} undecided, with error bars above their gradient"
    if c.advice is not None:
        line += f" (ε = {c.epsilon:g} is too large for some: ε = {c.advice:g} would do)"
    return line + (f"; not proved: {c.unproved}" if c.proof is None else "")


def _proved(c: Findings, proof: Proof) -> str:
    count, size = int(np.count_nonzero(proof.proved)), proof.proved.size
    digits = int(proof.parameter_digits[proof.proved].min()) if count else 0
    some = "" if proof.examples == len(c.X) else f" on {proof.examples} of {len(c.X)} examples"
    floats = [_ulps(proof.ulps[method].largest) for method in ("autodiff", "backprop")]
    errors = np.abs(proof.truncation + proof.rounding)
    asked = int(np.count_nonzero(~np.isnan(errors)))
    of = "" if asked == size else f" of {asked} of them"
    off = ""
    if asked:
        worst = int(np.nanargmax(errors))
        larger = abs(proof.truncation[worst]) >= abs(proof.rounding[worst])
        which = "truncation" if larger else "rounding"
        off = f", the estimate{of} by {errors[worst]:.1e}, which is its {which}"
    return (
        f"PROVED: graph and matrix formulas give the same ∂J/∂θ to {digits} digits for {count} of "
        f"{size} parameters{some}; in floating point they are off by at most {floats[0]} and "
        f"{floats[1]} ulp{off}"
    )


def _ulps(error: float) -> str:
    return f"{math.ceil(error)}" if error < 1e5 else f"{error:.1e}"


def _failure(c: Findings) -> str:
    guilty = [pair for pair in c.pairs if not pair.passed]
    if guilty:
        worst = max((pair.worst for pair in guilty), key=lambda worst: worst.severity)
        numbers = sorted({pair.layer for pair in guilty})
        layers = ", ".join(symbol("Θ", layer=layer) for layer in numbers)
        return (
            f"{_suspect([pair.methods for pair in guilty], c.proof)} in {layers}; "
            f"worst at {worst.name}, "
            f"off by {worst.difference:.2g} where {worst.tolerance:.1g} is explained"
        )
    costs = [cost for cost in c.costs if not cost.passed]
    if costs:
        values = ", ".join(f"{g.method} {g.cost:.9g}" for g in c.gradients)
        return f"{_suspect([cost.methods for cost in costs], c.proof)} on the cost J: {values}"
    layers = ", ".join(str(delta.layer) for delta in c.deltas if not delta.passed)
    if layers:
        return f"graph and matrices contradict on δ of layer {layers}"
    if not c.replay_confirmed:
        return "autodiff's replay contradicts the graph that it was recorded from"
    assert c.proof is not None
    if c.proof.contradictions:
        return _contradiction(c.proof)
    method, _, name = c.proof.misfits[0].partition(": ")
    others = len(c.proof.misfits) - 1
    return f"{method} in floating point is farther from its ball than rounding goes, at {name}" + (
        f" and {others} others" if others else ""
    )


def _contradiction(proof: Proof) -> str:
    names = proof.contradictions
    listed = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    if proof.blamed is not None:
        return f"{proof.blamed} contradicts the other formulas and the cost, at {listed}"
    return f"graph and matrix formulas contradict each other or the cost, at {listed}"


def _disproof(proof: Proof | None, size: int) -> str:
    """What the balls add to a failure."""
    if proof is None or not proof.contradictions:
        return ""
    count = sum(name.startswith("θ") for name in proof.contradictions)
    where = f"at {count} of {size} parameters" if count else f"for {proof.contradictions[0]}"
    line = f"; DISPROVED: the balls are disjoint {where}"
    other = {"autodiff": "matrix formulas", "backprop": "graph"}
    return line + (f", and the cost sides with the {other[proof.blamed]}" if proof.blamed else "")


def _suspect(found: Sequence[tuple[str, str]], proof: Proof | None) -> str:
    """The method that all contradictions have in common, if there is one."""
    pairs = set(found)
    if pairs == {("autodiff", "backprop")} and proof is not None and proof.blamed is not None:
        return f"{proof.blamed} contradicts the other formulas and the cost"
    common = set.intersection(*(set(methods) for methods in pairs))
    if len(pairs) > 1 and len(common) == 1:
        return f"{common.pop()} contradicts the other two methods"
    if len(pairs) == 1:
        return "{} and {} contradict each other".format(*pairs.pop())
    return "all three methods contradict each other"


def tables(c: Findings) -> list[Table | str]:
    """Methods, pairs by layer, the worst parameter of each pair, δ, and the proof."""
    made: list[Table | str] = [_methods(c), _pairs(c), _worst(c), _deltas(c)]
    if c.proof is not None:
        made += [_floats(c, c.proof), _errors(c, c.proof)]
    return made


def _methods(c: Findings) -> Table:
    from ..support.tables import table

    backprop = c.gradients[1]
    return table(
        f"∂J/∂θ three ways ({len(c.X)} examples, {'-'.join(map(str, c.network.sizes))}, "
        f"λ = {c.lambda_:g}, ε = {c.epsilon:g})",
        ["method", ">cost J", ">‖∂J/∂θ‖", ">time", ">× backprop"],
        [
            [
                TITLES[g.method],
                f"{g.cost:.12g}",
                f"{math.hypot(*g.vector[~np.isnan(g.vector)]):.9g}",
                f"{1e3 * g.seconds:.3g} ms",
                f"{g.seconds / backprop.seconds:.3g}",
            ]
            for g in c.gradients
        ],
    )


def _pairs(c: Findings) -> Table:
    from ..support.tables import table

    return table(
        "Agreement, layer by layer",
        ["", "methods", ">max |a−b|", ">‖a−b‖/‖a+b‖", ">worst", ">|a−b|/tolerance", "verdict"],
        [
            [
                symbol("Θ", layer=pair.layer),
                " − ".join(pair.methods),
                f"{pair.difference:.1e}",
                f"{pair.relative:.1e}",
                pair.worst.name,
                f"{pair.worst.severity:.2g}",
                _pair_verdict(pair),
            ]
            for pair in c.pairs
        ],
    )


def _pair_verdict(pair: Pair) -> str:
    if not pair.passed:
        return f"{len(pair.contradictions)} CONTRADICT"
    return f"agree, {pair.undecided} undecided" if pair.undecided else "agree"


def _worst(c: Findings) -> Table:
    from ..support.tables import table

    by_methods: dict[tuple[str, str], list[Parameter]] = {}
    for pair in c.pairs:
        by_methods.setdefault(pair.methods, []).append(pair.worst)
    return table(
        "The worst parameter of each pair of methods",
        ["methods", "θ", *(f">{g.method}" for g in c.gradients), ">tolerance"],
        [
            [
                " − ".join(methods),
                parameter.name,
                *(
                    f"{parameter.values[g.method]:.10f}" if g.method in parameter.values else ""
                    for g in c.gradients
                ),
                f"{parameter.tolerance:.1e}",
            ]
            for methods, candidates in by_methods.items()
            for parameter in [max(candidates, key=lambda worst: worst.severity)]
        ],
    )


def _deltas(c: Findings) -> Table:
    from ..support.tables import table

    return table(
        "δ, graph − matrices",
        ["layer", ">max |a−b|", ">worst", ">example", "verdict"],
        [
            [
                str(delta.layer),
                f"{delta.difference:.1e}",
                delta.worst,
                str(delta.example),
                "agree" if delta.passed else "CONTRADICT",
            ]
            for delta in c.deltas
        ],
    )


def _floats(c: Findings, proof: Proof) -> Table:
    from ..support.tables import table

    return table(
        f"The proof: balls of {proof.bits} bits, {proof.examples} of {len(c.X)} examples; graph "
        f"and matrix formulas agree to {proof.digits} digits, the cost to {proof.witness_digits}",
        ["∂J/∂θ in floating point", ">largest error, ulp", ">median"],
        [[TITLES[m], f"{u.largest:.3g}", f"{u.median:.3g}"] for m, u in proof.ulps.items()],
    )


def _errors(c: Findings, proof: Proof) -> str:
    """A line for each parameter, the worst estimate first; plain text, as it may be long."""
    errors = np.nan_to_num(np.abs(proof.truncation + proof.rounding), nan=-1.0)
    worst = np.argsort(-errors, kind="stable")[:LISTED]
    rows = [c.parameters[p] for p in worst.tolist() if errors[p] >= 0.0]
    some = f": the {LISTED} largest" if len(rows) < c.network.theta.size else ""
    heading = ("θ", "∂J/∂θ", "digits proved", "truncation", "rounding", "rounding explained")
    lines = [heading] + [
        (
            row.name,
            f"{row.values['backprop']:.9g}",
            "" if row.digits is None else str(row.digits),
            f"{row.truncation:.1e}",
            f"{row.rounding:.1e}",
            "" if row.error_bar is None else f"{row.error_bar - abs(row.truncation or 0):.1e}",
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    shown = [
        "  " + line[0].ljust(widths[0]) + "".join(
            cell.rjust(width + 3) for cell, width in zip(line[1:], widths[1:], strict=True)
        )
        for line in lines
    ]  # fmt: skip
    rule = " " + "─" * (len(shown[0]) + 1)
    title = f"The error of the estimate, split by the same difference on balls{some}"
    return "\n".join([title, "", shown[0], rule, *shown[1:], ""])
