"""Which value was computed from which, from the recorded events of a run.

Values are told apart by their entries, not by the variables that hold them: an array and its
transpose are one, and so are an argument and what a function was given. What is left are the
computing steps, each with the values that it was computed from.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..support.validation import Array
from .quantities import key_of
from .trace import Event, Place

__all__ = ["Flow", "Node"]

Key = tuple[Any, ...]
ELEMENTWISE = {"multiply", "subtract", "add", "divide", "exp", "log", "power", "square", "negative"}
STEPWISE = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)


@dataclass(frozen=True)
class Node:
    """One recorded value, where it stood, and the nodes that it was computed from."""

    number: int
    place: Place
    value: Array
    key: Key
    operands: tuple[int, ...]

    @property
    def line(self) -> int:
        return self.place.line

    @property
    def elementwise(self) -> bool:
        """Whether each entry comes from the entries at the same place of its operands."""
        node = self.place.node
        if isinstance(node, ast.BinOp):
            return isinstance(node.op, STEPWISE)
        if isinstance(node, ast.Call):
            return called(node) in ELEMENTWISE
        return isinstance(node, (ast.UnaryOp, ast.Compare)) or self.place.role == "target"


def called(node: ast.Call) -> str:
    """The bare name of the function that is called."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


class Flow:
    """The recorded values of one run and how they follow from each other."""

    def __init__(self, places: Sequence[Place], events: Sequence[Event]) -> None:
        children: dict[int, list[int]] = defaultdict(list)
        for place in places:
            if place.parent is not None:
                children[place.parent].append(place.number)
        self.places = places
        self.nodes: list[Node] = []
        self.around: dict[int, int] = {}  # a stored item, and the array that it is stored in
        pending: dict[int, list[int]] = {}
        by_text: dict[tuple[str, str], int] = {}
        by_target: dict[str, int] = {}
        stored: dict[int, int] = {}
        seen: set[Key] = set()
        for number, value in events:
            place, index = places[number], len(self.nodes)
            # single numbers may agree by chance: each is told by where it stands
            key = key_of(value) if value.size > 1 else (1, index)
            if place.role == "target":
                operands = _stored_from(place, by_text, by_target)
                if stored.get(place.unit.number) == index - 1:  # D after D[0] was stored
                    self.around[index - 1] = index
                stored[place.unit.number] = index
            else:
                operands = tuple(sorted(_taken(number, children, pending)))
            read = place.role == "load" or (place.role == "before" and value.size == 1)
            put_together = read and key not in seen and place.text in by_target
            if not operands and put_together:
                operands = (by_target[place.text],)  # from its elements
            if not operands and place.role == "before" and isinstance(place.node, ast.Subscript):
                whole_array = by_target.get(place.text.split("[")[0])
                operands = () if whole_array is None else (whole_array,)
            seen.add(key)
            self.nodes.append(Node(index, place, value, key, operands))
            pending.setdefault(number, []).append(index)
            by_text[place.unit.function, place.text] = index
            whole = place.role == "target" and place.text == place.unit.target
            if place.role == "value" or whole:
                by_target[place.unit.target] = index

    @cached_property
    def producers(self) -> dict[Key, int]:
        """The node that first computed each value, if it was computed and not only read."""
        made: dict[Key, int] = {}
        for node in self.nodes:
            if node.key not in made and self.computes(node):
                made[node.key] = node.number
        return made

    @cached_property
    def consumers(self) -> dict[Key, list[int]]:
        """The nodes that were computed from each value."""
        made: dict[Key, list[int]] = defaultdict(list)
        for node in self.nodes:
            if self.computes(node) and self.producers.get(node.key) == node.number:
                for key in {self.nodes[i].key for i in node.operands} - {node.key}:
                    made[key].append(node.number)
                if node.number in self.around:
                    made[node.key].append(self.around[node.number])
        return made

    @cached_property
    def first(self) -> dict[Key, int]:
        """The node where each value was first seen."""
        made: dict[Key, int] = {}
        for node in self.nodes:
            made.setdefault(node.key, node.number)
        return made

    @cached_property
    def arrays(self) -> list[Node]:
        """Each array once, where it was first seen."""
        return [node for i in self.first.values() if (node := self.nodes[i]).value.size > 1]

    @cached_property
    def summed(self) -> set[int]:
        """The single numbers that were summed up from arrays: no sizes, rates or indices."""
        made: set[int] = set()
        for node in self.nodes:  # operands come first
            if node.value.size > 1 or float(node.value.ravel()[0]).is_integer():
                continue
            if any(self.nodes[i].value.size > 1 or i in made for i in node.operands):
                made.add(node.number)
        return made

    @cached_property
    def targets(self) -> dict[str, set[Key]]:
        """The values that each name was given."""
        made: dict[str, set[Key]] = defaultdict(set)
        for node in self.nodes:
            if node.place.role == "value" and node.place.unit.target:
                made[node.place.unit.target].add(node.key)
        return made

    def computes(self, node: Node) -> bool:
        """Whether it is more than a name, a transpose or a call for another node's value."""
        if not node.operands or node.place.role == "before":
            return False
        return all(self.nodes[i].key != node.key for i in node.operands)

    def inputs(self, node: Node) -> Iterator[Node]:
        """The nodes that a value was computed from, by whoever computed them first."""
        for i in node.operands:
            yield self.origin(self.nodes[i])

    def behind(self, sinks: Sequence[Node]) -> set[Key]:
        """The keys of all values that these were computed from, their own among them."""
        found: set[Key] = set()
        stack = list(sinks)
        while stack:
            node = stack.pop()
            if node.key not in found:
                found.add(node.key)
                stack += self.inputs(self.origin(node))
        return found

    def origin(self, node: Node) -> Node:
        """The node that computed this value first, or where it was first seen."""
        return self.nodes[self.producers.get(node.key, self.first[node.key])]

    def caller(self, node: Node) -> Node | None:
        """The call that the function in which ``node`` stands returned to."""
        name = node.place.unit.function
        for later in self.nodes[node.number + 1 :]:
            call = later.place.node
            outside = later.place.unit.function != name
            if isinstance(call, ast.Call) and outside and called(call) == name:
                return later
        return None

    def assigned(self, text: str, before: int) -> Node | None:
        """The last value that was given to the whole variable ``text`` names, before a node."""
        name = re.split(r"[\[(]", text)[0]
        for earlier in reversed(self.nodes[:before]):
            unit = earlier.place.unit
            given = unit.target == name and not unit.operator
            if given and earlier.place.role == "value":
                return earlier
        return None

    def short_range(self, node: Node) -> Node:
        """The node at the ``range`` before it that leaves out an end, if there is one."""
        function = node.place.unit.function
        for place in reversed(self.places):
            call = place.node
            inside = place.unit.function == function and place.line <= node.line
            if inside and isinstance(call, ast.Call) and called(call) == "range":
                stop = call.args[min(len(call.args), 2) - 1]
                if len(call.args) == 2 or isinstance(stop, ast.BinOp):
                    return replace(node, place=place)
        return node

    def holder(self, node: Node) -> Node | None:
        """An earlier array of which this value is a row or a column, as a loop hands them out."""
        flat = node.value.ravel()
        for earlier in reversed(self.nodes[: node.number]):
            value = earlier.value
            if value.ndim == 2 and value.size > flat.size:
                for rows in (value, value.T):
                    if rows.shape[1] == flat.size and np.any(np.all(rows == flat, axis=1)):
                        return self.origin(earlier)
        return None


def _taken(
    number: int, children: dict[int, list[int]], pending: dict[int, list[int]]
) -> Iterator[int]:
    """The latest values of the expressions inside this one; what held no numbers is seen through"""
    for child in children[number]:
        found = pending.pop(child, None)
        if found is not None:
            yield from found
            _drop(child, children, pending)
        else:
            yield from _taken(child, children, pending)


def _drop(number: int, children: dict[int, list[int]], pending: dict[int, list[int]]) -> None:
    for child in children[number]:
        pending.pop(child, None)


def _stored_from(
    place: Place,
    by_text: dict[tuple[str, str], int],
    by_target: dict[str, int],
) -> tuple[int, ...]:
    """What a target holds after a statement: what it held before, and what was stored in it."""
    found = (
        by_target.get(place.unit.target),
        by_text.get((place.unit.function, place.text)),
    )
    return tuple(sorted({i for i in found if i is not None}))
