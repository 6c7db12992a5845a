"""Where a wrong factor comes into a gradient that is otherwise made of the right quantities."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import numpy as np

from ..support.validation import Array
from .blocks import Coefficients, Slip, coefficients, slips
from .evidence import Case
from .flow import Node
from .quantities import Match, key_of
from .reading import BLOCKS, Reading
from .wording import symbol

__all__ = ["blocks_off", "factor_enters", "odd_number", "unfinished"]

SUMS = {"Delta", "D", "outer", "partial", "mixed"}
ERRORS = {"delta", "back", "error"}
AGREEMENT = 1e-7  # of an answer with a quantity: it may have been divided by a rate once more

Off = tuple[int, Node, str, str]  # layer, where, what it is, the mistake's name


def blocks_off(reading: Reading, case: Case) -> Iterator[Off]:
    """The blocks of the answer that the model does not give: a factor, a sum left unfinished."""
    if not case.fits:
        return
    model = reading.model
    m, K = model.Y.shape
    rate = case.answer.rate
    for l, yours in enumerate(case.parts, start=1):
        right = model.gradient(l)
        if _close(yours, right):
            continue
        sums, theta = model.scale * model.accumulated(l), model.thetas[l - 1]
        found = coefficients(yours, sums, theta, m, model.lambda_, AGREEMENT, biases=case.biases)
        if found is not None and max(abs(found.alpha), abs(found.alpha0)) < AGREEMENT / m:
            node = next((n for n in reading.flow.nodes if _zeros_like(n, yours)), None)
            if node is not None:  # nothing was added to what was set up, but a penalty perhaps
                yield l, node, "0", "gradient left at 0"
                continue
        slipped = slips(found, m, K, model.lambda_) if found is not None else []
        for slip in slipped:
            node = factor_enters(reading, l, slip) or _last(reading, l, slip, found, rate)
            if node is not None and (number := odd_number(reading, node)) is not None:
                yield l, *number
            elif node is not None:
                known = reading.match(node)
                yield l, node, symbol(reading, known) if known else "", slip.name
        if not slipped:
            yield from unfinished(reading, l, yours, right)


def unfinished(reading: Reading, l: int, yours: Array, right: Array) -> Iterator[Off]:
    """Blocks that hold zeros, or the sum over too few examples; the whole where it is one sum."""
    whole = reading.known.match(yours)
    one_sum = whole is not None and whole.kind in ("outer", "partial")
    for block in (np.s_[:, :],) if one_sum else BLOCKS:
        if _close(yours[:, block[1]], right[:, block[1]]):
            continue
        part = yours[:, block[1]]
        known = reading.known.match(part)
        if known is not None and known.kind in ("a", "z", "slope", "theta"):
            node = next((n for n in reversed(reading.flow.nodes) if _given(n, part)), None)
            if node is not None:
                what = "bias gradient" if block[1] == BLOCKS[1][1] else "weights' gradient"
                yield l, node, symbol(reading, known), f"{what} given as {known.quantity.symbol}"
        if known is None or known.kind not in ("outer", "partial", "delta"):
            continue
        example = known.quantity.example
        last = example == len(reading.model.X) - 1
        name = "last example only" if last else "first example only" if not example else ""
        if known.kind == "partial":
            name = "last example left out" if example == len(reading.model.X) - 2 else ""
        node = None
        for one in reading.flow.nodes:
            match = reading.match(one)
            stored = one.place.role in ("target", "value") and one.value.size >= part.size
            if stored and match is not None and _same(match, known):
                node = one if node is None or one.place.unit.target else node
        if node is not None:
            yield l, node, symbol(reading, known), name


def odd_number(reading: Reading, node: Node) -> tuple[Node, str, str] | None:
    """Where a variable that ``node`` divides by was given a number of units instead of m, with
    its text and the mistake's name."""
    kind, flow = node.place.node, reading.flow
    if not isinstance(kind, ast.BinOp) or not isinstance(kind.op, ast.Div):
        return None
    units = {theta.shape[i] - i for theta in reading.model.thetas for i in (0, 1)}
    for i in node.operands:
        value = flow.nodes[i].value
        number = float(value.ravel()[0])
        if value.size == 1 and number in units - {len(reading.model.X)}:
            given = flow.assigned(flow.nodes[i].place.text, node.number)
            name = f"divided by {number:g}, a number of units, instead of m"
            return None if given is None else (given, given.place.text, name)
    return None


def factor_enters(reading: Reading, l: int, slip: Slip, before: Node | None = None) -> Node | None:
    """The step that brings a factor into the gradient of Θ⁽ˡ⁾, if it is one step."""
    if not slip.factor:
        return None
    end = before.number if before is not None else len(reading.flow.nodes)
    m = len(reading.model.X)
    wanted = {slip.factor} | ({slip.factor / m} if abs(slip.factor - m) > 1e-9 * m else set())
    entering = [
        node
        for node in reading.flow.nodes[:end]
        if (found := reading.match(node)) is not None
        and _concerns(found, l)
        and any(abs(_ratio(reading, node, found) / value - 1.0) < 1e-9 for value in wanted)
    ]
    fair = [node for node in entering if not _fair_elsewhere(reading, node, l)] or entering
    if not fair:
        return None
    return fair[0] if slip.factor < 0.0 else fair[-1]


def _concerns(found: Match, l: int) -> bool:
    if found.kind in SUMS:
        return found.quantity.layer in (l, 0)
    return found.kind in ERRORS and found.quantity.layer > l


def _ratio(reading: Reading, node: Node, mine: Match) -> float:
    """By how much its factor differs from those of what it was computed from."""
    if not reading.flow.computes(node):
        return 1.0
    inputs = [i for i in reading.inputs(node) if i.value.size > 1]
    found = [known for i in inputs if (known := reading.match(i)) is not None]
    if not found:
        return mine.factor if mine.kind in ERRORS else 1.0
    unit = len(reading.model.X)
    size = {"D": 1.0, "Delta": 1.0 * unit}

    def relative(known: Match) -> float:
        return known.factor * (size.get(known.kind, 1.0) if mine.kind == "D" else 1.0)

    return relative(mine) / float(np.prod([relative(known) for known in found]))


def _fair_elsewhere(reading: Reading, node: Node, l: int) -> bool:
    """Whether the same expression gave another layer's gradient as it should be."""
    for other in reading.flow.nodes:
        if other.place.number == node.place.number and other.key != node.key:
            known = reading.match(other)
            if known is not None and known.kind in SUMS and known.quantity.layer != l:
                m = len(reading.model.X)
                size = known.factor * (1.0 if known.kind == "D" else m)
                if abs(size - 1.0) < 1e-9:
                    return True
    return False


def _last(
    reading: Reading, l: int, slip: Slip, found: Coefficients | None, rate: float
) -> Node | None:
    """The last step that holds the gradient of Θ⁽ˡ⁾ as it was handed in, or α times it.

    The sign of a step is that of the assignment which takes it, ``-=`` or ``+=``.
    """
    assert found is not None
    bias = slip.step.startswith("bias")
    size = found.alpha0 if bias else found.alpha
    node = None
    for one in reading.flow.nodes:
        known = reading.match(one)
        if known is None or known.kind not in SUMS or known.quantity.layer != l:
            continue
        if known.quantity.symbol.endswith("(:, 1:)" if bias else "(:, 0)"):
            continue
        if not size:
            part = known.quantity.symbol.endswith("(:, 1:)") or known.kind == "mixed"
            if part and one.place.role in ("value", "target"):
                return one
            continue
        factor = known.factor / (len(reading.model.X) if known.kind == "D" else 1)
        named = (
            one.place.text in (assigned := reading.flow.targets)
            and one.key in assigned[one.place.text]
            and (rate == 1.0 or not one.place.unit.operator)
        )
        near = any(abs(abs(factor / size) / r - 1.0) < 1e-7 for r in (1.0, rate))
        signed = factor * size > 0.0 or rate != 1.0
        if one.place.role in ("value", "target") and near and signed and not named:
            node = one
    origin = reading.flow.origin(node) if node is not None else None
    apart = node is not None and origin is not None and (
        node.place.unit.function != origin.place.unit.function
    )  # fmt: skip
    return origin if apart else node  # the helper's step, not the call


def _same(one: Match, other: Match) -> bool:
    return one.quantity[1:3] == other.quantity[1:3] and (
        one.quantity.example == other.quantity.example
    )


def _close(one: Array, other: Array) -> bool:
    return bool(np.max(np.abs(one - other)) <= AGREEMENT * np.max(np.abs(other)))


def _given(node: Node, value: Array) -> bool:
    """Whether a variable or an item was given these numbers there."""
    named = node.place.role == "value" and bool(node.place.unit.target)
    return named and key_of(node.value) == key_of(value)


def _zeros_like(node: Node, value: Array) -> bool:
    """Whether a node holds zeros in the shape of ``value``."""
    return node.value.shape == value.shape and not np.any(node.value)
