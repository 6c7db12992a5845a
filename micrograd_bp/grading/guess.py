"""What a wrong step was to compute: told by what it was computed from, and by its shape."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..support.validation import Array
from .flow import Node, called
from .reading import FORWARD, WEIGHTS, Reading

__all__ = ["Guess", "guessed"]


@dataclass(frozen=True)
class Guess:
    """What a wrong step was to compute: the kind and layer of a quantity, and what came instead."""

    kind: str
    layer: int
    value: Array
    node: Node


def guessed(reading: Reading, node: Node) -> Guess | None:
    """The quantity that an unknown step was to compute, and what it did compute."""
    steps = _in_one_step(reading, node)
    kinds = {kind for one in steps for kind in _kinds_behind(reading, one)}
    names = {kind for kind, _ in kinds}
    if names and names <= FORWARD | {"theta"} and (names & FORWARD or _product(node)):
        return _forward_guess(reading, node, steps, kinds)
    return _backward_guess(reading, node, kinds)


def _in_one_step(reading: Reading, node: Node) -> list[Node]:
    """The chain from ``node`` to the end of the expression that it belongs to."""
    unit = reading.blamed(node).place.unit
    chain = list(_chain(reading, node))
    inside = [one for one in chain if reading.blamed(one).place.unit is unit]
    return inside or [node]


def _kinds_behind(reading: Reading, node: Node) -> set[tuple[str, int]]:
    matches = [reading.match(i) for i in reading.inputs(node)]
    return {(m.kind, m.quantity.layer) for m in matches if m is not None}


def _forward_guess(
    reading: Reading, node: Node, steps: list[Node], kinds: set[tuple[str, int]]
) -> Guess | None:
    z, a = reading.model.za
    layers = [l for kind, l in kinds if kind == "theta"]
    last = steps[-1]
    if layers:
        options = [("z", l + 1, list(_chain(reading, node, (ast.Add,)))[-1]) for l in layers]
    else:
        options = [("a", l, last) for kind, l in kinds if kind == "z"]
        options += [("a", l, last) for kind, l in kinds if kind == "a"]
        options += [
            ("z", l + 1, last) for kind, l in kinds if kind == "a" and l < reading.model.last
        ]
        options += [("slope", l, last) for _, l in kinds if 1 < l < reading.model.last]
    output = reading.model.last
    if any(l == output for _, l in kinds):  # the slope of the outputs, on the way to δ
        options.append(("delta", output, list(_chain(reading, node))[-1]))
    for kind, l, end in options:
        value = _as_rows(reading, end, (z if kind == "z" else a)[l].shape[1])
        if value is not None and (kind, l) not in reading.seen | set(reading.model.adopted):
            return Guess(kind, l, value, end)
    return None


def _backward_guess(reading: Reading, node: Node, kinds: set[tuple[str, int]]) -> Guess | None:
    chain = list(_chain(reading, node))
    behind = kinds | {k for n in chain for k in _kinds_behind(reading, n)}
    names = {kind for kind, _ in behind}
    layers = _layers_by_use(reading, behind)
    if names & {"delta", "back"} and names & {"theta", "back", "slope", "updated"}:
        layers = layers if names & WEIGHTS else []
    adopted = reading.model.adopted
    for l in layers:
        kind = "D" if behind & {("D", l), ("Delta", l), ("theta", l)} else "Delta"
        if ("D", l) in adopted or (kind, l) in adopted:
            continue
        for last in reversed(chain):
            value = _gradient(reading, last, l, kind)
            if value is not None:
                return Guess(kind, l, value, last)
    for last in reversed(_before_sums(reading, chain)):
        for l in _delta_layers(reading, behind):
            if ("delta", l) in reading.seen or ("delta", l) in adopted:
                continue
            rows = _as_rows(reading, last, reading.model.deltas[l].shape[1])
            if rows is not None:
                return Guess("delta", l, rows, last)
    return _output_delta(reading, chain, behind)


def _output_delta(
    reading: Reading, chain: list[Node], behind: set[tuple[str, int]]
) -> Guess | None:
    """δ of the outputs, where h − y goes on when it should be δ already."""
    output = reading.model.last
    layers = {l for _, l in behind - {("Y", 0)}}
    if layers == {output} and ("delta", output) not in reading.model.adopted:
        for last in reversed(chain):
            rows = _as_rows(reading, last, reading.model.Y.shape[1])
            if rows is not None:
                return Guess("delta", output, rows, last)
    return None


def _gradient(reading: Reading, node: Node, l: int, kind: str) -> Array | None:
    """Its value as Δ⁽ˡ⁾ or D⁽ˡ⁾, perhaps turned; weights alone get the right bias column."""
    model = reading.model
    theta = model.thetas[l - 1]
    flat = node.value[np.newaxis] if node.value.ndim == 1 and len(theta) == 1 else node.value
    for value in (flat, flat.T):
        if value.shape == theta.shape and value.size > 1:
            return value
    for value in (flat, flat.T):
        if value.shape == theta[:, 1:].shape and value.size > 1:
            right = model.gradient(l) if kind == "D" else model.accumulated(l)
            return np.hstack([right[:, :1], value])
    return None


def _before_sums(reading: Reading, chain: list[Node]) -> list[Node]:
    """The chain up to where it is added to something in another step, or stored away."""
    made = chain[:1]
    for node in chain[1:]:
        kind = node.place.node
        adds = isinstance(kind, ast.BinOp) and isinstance(kind.op, ast.Add)
        own = node.place.unit.number == chain[0].place.unit.number
        if (adds and not own) or (node.place.role == "target" and not node.place.unit.operator):
            break
        made.append(node)
    return made


def _delta_layers(reading: Reading, kinds: set[tuple[str, int]]) -> list[int]:
    """The l that a δ⁽ˡ⁾ made of these may have, the likeliest first."""
    score = Counter[int]()
    for kind, layer in kinds:
        if kind in ("delta", "back", "slope", "theta", "updated", "error", "Y"):
            score[{"delta": layer - 1, "Y": reading.model.last}.get(kind, layer)] += 1
    layers = range(reading.model.last, 1, -1)
    return sorted(layers, key=lambda l: -score[l])


def _layers_by_use(reading: Reading, kinds: set[tuple[str, int]]) -> list[int]:
    """The l whose Θ⁽ˡ⁾ a gradient made of these may be of, the likeliest first."""
    score = Counter(layer - 1 if kind == "delta" else layer for kind, layer in kinds)
    return sorted(range(reading.model.last - 1, 0, -1), key=lambda l: -score[l])


def _chain(
    reading: Reading, node: Node, operators: tuple[type, ...] | None = None
) -> Iterator[Node]:
    """The node and what is made of it entry by entry, as far as that is unknown too."""
    while True:
        yield node
        following = None
        for i in reading.flow.consumers[node.key]:
            user = reading.flow.nodes[i]
            kind = user.place.node
            allowed = user.elementwise or isinstance(kind, ast.Subscript)
            if operators is not None:
                allowed = isinstance(kind, ast.BinOp) and isinstance(kind.op, operators)
            if allowed and reading.state(user) is False and user.value.size >= node.value.size / 2:
                following = user
                break
        if following is None or following.number <= node.number:
            return
        node = following


def _as_rows(reading: Reading, node: Node, units: int) -> Array | None:
    """Its value as (m, units): turned, without the bias unit, example by example."""
    m = len(reading.model.X)
    found = _rows(node.value, m, units)
    if found is not None or m == 1:
        return found
    place = node.place.number
    sizes = (node.value.size, units, units + 1)
    same = [n for n in reading.flow.nodes if n.place.number == place and n.value.size in sizes]
    turns = len(same) // m  # of a loop over the layers inside that over the examples
    if not turns or len(same) != turns * m:
        return None
    each = [_rows(n.value, 1, units) for n in same[same.index(node) % turns :: turns]]
    fitting = [value for value in each if value is not None]
    return np.vstack(fitting) if len(fitting) == m else None


def _product(node: Node) -> bool:
    """Whether it multiplies matrices."""
    kind = node.place.node
    if isinstance(kind, ast.BinOp):
        return isinstance(kind.op, ast.MatMult)
    return isinstance(kind, ast.Call) and called(kind) in ("dot", "matmul", "einsum", "inner")


def _rows(value: Array, m: int, units: int) -> Array | None:
    """``value`` as an array (m, units), turned or without a bias unit where that makes it fit."""
    if value.ndim < 2:
        value = value.reshape(1, -1) if m == 1 else value.reshape(-1, 1)
    if value.ndim != 2:
        return None
    for form in (value, value.T):
        if form.shape == (m, units):
            return form
        if form.shape == (m, units + 1):
            return form[:, 1:]
    return None
