"""A run read with the quantities of one model: what is known in it, and where it first is not."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from ..support.validation import Array
from .flow import Flow, Key, Node
from .model import HIDDEN, OUTPUTS, Model, logistic, over
from .quantities import AGREEMENT, Match, Quantities, Quantity

__all__ = ["BLOCKS", "FORWARD", "WEIGHTS", "Reading", "fitted", "squared"]

FORWARD = {"a", "z"}
BLOCKS = (np.s_[:, 1:], np.s_[:, :1])  # of a gradient: weights and bias column
BACKWARD = {"Y", "delta", "back", "error", "outer", "partial", "Delta", "D", "J", "slope"}
WEIGHTS = {"Delta", "D", "outer", "partial"}
SMALL = 3  # steps of a helper function: sigmoid, its slope, the column of ones

# Functions of one array that a helper may compute rightly, whatever it is called with.
ELEMENTARY = (
    logistic,
    lambda x: logistic(x) * (1.0 - logistic(x)),
    lambda x: x * (1.0 - x),
    np.tanh,
    lambda x: 1.0 - np.tanh(x) ** 2,
    lambda x: 1.0 - x**2,
    lambda x: np.maximum(x, 0.0),
    lambda x: (x > 0.0) * 1.0,
    lambda x: np.hstack([np.ones((len(x), 1)), x]),
    lambda x: np.vstack([np.ones((1, x.shape[1])), x]),
)


def fitted(flow: Flow, model: Model, output: str | None = None) -> Model:
    """The model with the units that the run shows: those whose activations are seen in it."""
    if model.last > 2 and not _shows(flow, model, "a", 2):
        for hidden in HIDDEN:
            candidate = replace(model, hidden=hidden)
            if hidden != "linear" and _shows(flow, candidate, "a", 2):
                model = candidate
                break
    if output is not None:
        return replace(model, output=output)
    if not _shows(flow, model, "a", model.last):
        for output in OUTPUTS:
            candidate = replace(model, output=output)
            if _shows(flow, candidate, "a", model.last):
                return candidate
    return model


def squared(flow: Flow, model: Model) -> Model | None:
    """The same with the squared error for its cost, if the run shows the slope of its outputs."""
    if model.output != "sigmoid":
        return None
    candidate = replace(model, output="sigmoid, squared error")
    shown = any(_shows(flow, candidate, kind, model.last) for kind in ("delta", "slope"))
    return candidate if shown else None


def _shows(flow: Flow, model: Model, kind: str, layer: int) -> bool:
    """Whether a quantity of this kind and layer is computed, whole or (δ, g′) in part."""
    known = Quantities(model)
    for node in flow.arrays:
        found = known.match(node.value)
        if found is None or (kind == "a" and found.quantity.part):
            continue
        if (found.kind, found.quantity.layer) == (kind, layer):
            return True
    return False


class Reading:
    """The nodes of a run with the names of a model's quantities."""

    def __init__(self, flow: Flow, model: Model, tainted: set[Key], scalars: bool = False) -> None:
        self.flow, self.model, self.tainted, self.scalars = flow, model, tainted, scalars
        self.known = Quantities(model)
        self._state: dict[Key, Match | bool] = {}
        for node in flow.nodes:  # in this order what a state depends on is there already
            self.state(node)

    def match(self, node: Node) -> Match | None:
        """The quantity that a node's value is."""
        state = self.state(node)
        return state if isinstance(state, Match) else None

    def state(self, node: Node) -> Match | bool:
        """Its quantity, True if there is nothing to know about it, False if it is unknown."""
        if node.key not in self._state:
            self._state[node.key] = self._decided(node)
        return self._state[node.key]

    def _decided(self, node: Node) -> Match | bool:
        value = node.value
        found = self.known.match(value) if value.size > 1 or self._counts(node) else None
        if found is None:
            found = self._updated(value)
        if found is not None:
            if found.kind == "J" and value.size > 1 and not self.scalars and self._sent_back(node):
                return False
            scaled = abs(abs(found.factor) - 1.0) > 1e-9
            if found.kind in FORWARD and not found.quantity.part and scaled:
                return False
            incomplete = found.quantity.part and self._left_incomplete(node, found)
            return False if incomplete else found
        if value.size == 1:
            spoiled = any(self.state(i) is False for i in self.inputs(node))
            return not spoiled and not self._counts(node)
        if np.array_equal(value, np.round(value)):
            return not self._like_targets(value)
        one = any(self.flow.nodes[i].value.size == 1 for i in node.operands)
        filling = one and node.place.role == "target" and self._partly_filled(value)
        return filling or self._in_blocks(value) or self._taken_from_known(node)

    def _taken_from_known(self, node: Node) -> bool:
        """Whether it is a row, a column or a block of an array that is known."""
        if node.place.role != "load" or (
            node.key in self.flow.producers
            and not isinstance(self.flow.origin(node).place.node, ast.Subscript)
        ):
            return False
        return any(isinstance(self.state(i), Match) for i in self.inputs(node)[:1])

    def _partly_filled(self, value: Array) -> bool:
        """Whether every entry is a gradient's, or still without its penalty, or still 0."""
        model = self.model
        for l in range(1, model.last):
            D = model.gradient(l)
            data = model.scale / len(model.X) * model.accumulated(l)
            limit = AGREEMENT * np.max(np.abs(D))
            for turned in (lambda M: M, np.transpose, np.ravel, lambda M: np.ravel(M, order="F")):
                if np.shape(turned(D)) == value.shape:
                    steps = (turned(D), turned(data), 0.0)
                    off = np.min([np.abs(value - step) for step in steps], axis=0)
                    if np.all(off <= limit):
                        return True
        return False

    def _in_blocks(self, value: Array) -> Match | None:
        """A gradient of which the bias column and the weights are known each for itself."""
        for l, theta in enumerate(self.model.thetas, start=1):
            for form in (value, value.T):
                if form.shape != theta.shape:
                    continue
                found = [self.known.match(form[block]) for block in BLOCKS]
                made = [f for f in found if f is not None and _of_gradient(f, l)]
                zero = [not np.any(form[block]) for block in BLOCKS]
                if made and len(made) + sum(zero) == len(BLOCKS):
                    name = f"parts of {over('Δ', l)}"
                    return Match(Quantity(name, "mixed", l, value, None, True), 1.0, False)
        return None

    def _counts(self, node: Node) -> bool:
        """Whether a single number is a sum of the cost's, and no size, rate or index."""
        return self.scalars and self.derived(node)

    def _like_targets(self, value: Array) -> bool:
        m, K = self.model.Y.shape
        few = np.all(np.abs(value) <= 1.0)
        return (
            bool(few)
            and bool(np.any(value))
            and K > 1
            and value.shape in ((m, K), (K, m), (1, K), (K,), (K, 1))
        )

    def _updated(self, value: Array) -> Match | None:
        """Θ⁽ˡ⁾ after a step of gradient descent, whole or by bias column and weights."""
        for l, theta in enumerate(self.model.thetas, start=1):
            for block in (theta, theta[:, 1:], theta[:, :1]):
                for form in (block, block.T):
                    if form.shape != value.shape and form.size != value.size:
                        continue
                    step = value.reshape(form.shape) - form
                    if not np.any(step) or np.max(np.abs(step)) < 1e-12:
                        continue
                    found = self.known.match(step)
                    if found and found.kind in ("D", "Delta") and found.quantity.layer == l:
                        name = f"{over('Θ', l)} already changed"
                        return Match(
                            found.quantity._replace(symbol=name, kind="updated"), 1.0, False
                        )
        return None

    def _sent_back(self, node: Node) -> bool:
        """Whether a term of the cost is used as if it were δ: multiplied with Θ or a."""
        users = (self.flow.nodes[i] for i in self.flow.consumers[node.key])
        return any(
            other.key != node.key and (known := self.known.match(other.value)) is not None
            and known.kind in {"theta"} | FORWARD and user.value.size > 1
            and not user.elementwise
            for user in users for other in self.inputs(user)
        )  # fmt: skip

    def _left_incomplete(self, node: Node, found: Match) -> bool:
        """Whether a part of δ is used as if it were δ, which is nowhere completed."""
        if found.kind == "weighted":
            return ("z", found.quantity.layer) not in self.seen
        if found.kind not in ("back", "delta"):
            return False
        users = [self.flow.nodes[i] for i in self.flow.consumers[node.key]]
        if not users or any(self._continues(user, node) for user in users):
            return False
        return ("delta", found.quantity.layer) not in self.seen

    def _continues(self, user: Node, node: Node) -> bool:
        """Whether a step goes on with a value entry by entry, and does not only store it."""
        if user.place.role == "target":
            operands = [self.flow.nodes[i] for i in user.operands]
            held = any(o.place.role == "before" and o.key == node.key for o in operands)
            unit = user.place.unit
            some = unit.target.endswith("]") and not unit.operator  # by a mask
            return held and (some or unit.operator in ("*", "/"))
        kind = user.place.node
        if isinstance(kind, ast.BinOp) and isinstance(kind.op, ast.Add):
            others = [i for i in self.inputs(user) if i.key != node.key]
            known = [self.known.match(i.value) for i in others]
            return any(k is not None and k.kind not in WEIGHTS | {"back", "delta"} for k in known)
        whole = user.value.size > 1  # not one unit's number
        return user.elementwise or (whole and isinstance(kind, ast.Subscript))

    @cached_property
    def seen(self) -> set[tuple[str, int]]:
        """The kinds and layers of the quantities that the run computed for all examples."""
        whole: set[tuple[str, int]] = set()
        each: dict[tuple[str, int], set[int]] = defaultdict(set)
        for node in self.flow.arrays:
            found = self.known.match(node.value)
            if found is None or found.quantity.part:
                continue
            name, example = (found.kind, found.quantity.layer), found.quantity.example
            if example is None:
                whole.add(name)
            else:
                each[name].add(example)
        m = len(self.model.X)
        return whole | {name for name, examples in each.items() if len(examples) == m}

    # Where it goes wrong

    def frontier(self, sinks: Sequence[Node]) -> list[Node]:
        """The unknown steps behind ``sinks`` whose inputs are all known."""
        found: dict[Key, Node] = {}
        done: dict[Key, bool] = {}
        stack = [(self.flow.origin(sink), False) for sink in sinks]
        while stack:
            node, ready = stack.pop()
            inputs = self.inputs(node)
            if ready:
                unknown = [i for i in inputs if self.state(i) is False]
                done[node.key] = any(done.get(i.key, False) for i in unknown)
                if node.key in self.tainted:
                    done[node.key] = True
                elif not unknown and self.state(node) is False:
                    found[node.key] = node
                continue
            if node.key in done or self.state(node) is not False:
                continue
            done[node.key] = False
            stack.append((node, True))
            if node.key not in self.tainted:
                stack += [(i, False) for i in inputs if self.state(i) is False]
        return sorted(found.values(), key=lambda node: node.number)

    def inputs(self, node: Node) -> list[Node]:
        """The nodes that a value was computed from, or of which it is a row."""
        found = [i for i in self.flow.inputs(node) if i.key != node.key]
        if not found and node.value.size > 1:
            held = self.flow.holder(node)
            found = [held] if held is not None and held.key != node.key else []
        return found

    def blamed(self, node: Node) -> Node:
        """The node, or the call of a helper function that is right for what it was given."""
        if node.place.role == "load" and node.operands and isinstance(node.place.node, ast.Name):
            node = self.flow.nodes[node.operands[-1]]
        node = self._last_assigned(node)
        sums = self._sums_of(node)
        while sums:  # one sum where every unit has its own
            node = sums[0]
            sums = self._sums_of(node)
        summed = (known := self.match(node)) is not None and known.kind in WEIGHTS
        for _ in range(0 if summed else 3):  # what makes a whole gradient is no helper
            caller = self.flow.caller(node) if self._helper(node) else None
            if caller is None:
                return node
            node = caller
        return node

    def derived(self, node: Node) -> bool:
        """Whether a single number was summed up from arrays."""
        return self.flow.origin(node).number in self.flow.summed

    def _sums_of(self, node: Node) -> list[Node]:
        """The single numbers among its inputs that were summed up from whole arrays."""
        if self.scalars or (node.value.size == 1 and node.number not in self.flow.summed):
            return []
        if node.value.size > 1 and not self._broadcasts(node):
            return []
        return [one for one in self.inputs(node) if self.derived(one) and one.number < node.number]

    def _broadcasts(self, node: Node) -> bool:
        """Whether a single number is spread over an array, not stored as one of its items."""
        if node.place.role == "target":
            unit = node.place.unit
            return bool(unit.operator) and node.place.text == unit.target
        return isinstance(node.place.node, ast.BinOp)

    def _last_assigned(self, node: Node) -> Node:
        """Where a part of δ was given the name under which it is used as δ."""
        found = self.known.match(node.value) if node.value.size > 1 else None
        if found is None or found.kind != "back":
            return node
        users = self.flow.consumers[node.key]
        end = users[0] if users else len(self.flow.nodes)
        for later in reversed(self.flow.nodes[node.number : end]):
            same = later.key == node.key and later.place.role == "value"
            if same and later.place.unit.target and not isinstance(later.place.node, ast.Name):
                return later
        return node

    def _helper(self, node: Node) -> bool:
        name = node.place.unit.function
        units = {n.place.unit.number for n in self.flow.nodes if n.place.unit.function == name}
        if not name or len(units) > SMALL:
            return False
        results = [
            other
            for other in self.flow.nodes
            if other.place.unit.number == node.place.unit.number and other.place.role == "value"
        ]
        if any(isinstance(self.state(other), Match) for other in results):
            return True
        later = next((n for n in results if n.number >= node.number), None)
        arguments = [n for n in self.flow.nodes[: node.number] if n.place.unit.function == name]
        return later is not None and any(_elementary(a.value, later.value) for a in arguments[-6:])


def _of_gradient(found: Match, layer: int) -> bool:
    """Whether it belongs to the gradient of Θ⁽ˡ⁾: a sum of δaᵀ, or one example's δ."""
    of = {"delta": layer + 1}.get(found.kind, layer)
    return found.kind in WEIGHTS | {"delta"} and found.quantity.layer == of


def _elementary(x: Array, result: Array) -> bool:
    with np.errstate(all="ignore"):
        for function in ELEMENTARY:
            try:
                value = np.asarray(function(x))
            except (IndexError, ValueError, TypeError):
                continue
            if value.shape == result.shape and np.allclose(value, result, rtol=1e-9, atol=0.0):
                return value.size > 1
    return False
