"""A run read with the quantities of one model: what is known in it, and where it first is not."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..support.validation import Array
from .flow import Flow, Key, Node, called
from .quantities import HIDDEN, OUTPUTS, Match, Model, Quantities, factor_text, logistic, over

__all__ = ["Guess", "Reading", "fitted", "squared"]

FORWARD = {"a", "z"}
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


@dataclass(frozen=True)
class Guess:
    """What a wrong step was to compute: the kind and layer of a quantity, and what came instead."""

    kind: str
    layer: int
    value: Array
    node: Node


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
    for node in flow.nodes:
        found = known.match(node.value) if node.value.size > 1 else None
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

    def match(self, node: Node) -> Match | None:
        """The quantity that a node's value is."""
        state = self.state(node)
        return state if isinstance(state, Match) else None

    def state(self, node: Node) -> Match | bool:
        """Its quantity, True if there is nothing to know about it, False if it is unknown."""
        if node.key not in self._state:
            self._state[node.key] = True  # while it is being decided
            self._state[node.key] = self._decided(node)
        return self._state[node.key]

    def _decided(self, node: Node) -> Match | bool:
        value = node.value
        found = self.known.match(value) if value.size > 1 or self._counts(node) else None
        if found is None:
            found = self._updated(value)
        if found is not None:
            incomplete = found.quantity.part and self._left_incomplete(node, found)
            return False if incomplete else found
        if value.size == 1:
            spoiled = any(self.state(i) is False for i in self._inputs(node))
            return not spoiled and not self._counts(node)
        if np.all(value == value.ravel()[0]):
            return True
        if np.array_equal(value, np.round(value)):
            return not self._like_targets(value)
        return False

    def _counts(self, node: Node) -> bool:
        """Whether a single number is a sum of the cost's, and no size, rate or index."""
        if not self.scalars or float(node.value.ravel()[0]).is_integer():
            return False
        origin = self.flow.origin(node)
        inputs = [self.flow.nodes[i] for i in origin.operands]
        return any(i.value.size > 1 or (i.key != node.key and self._counts(i)) for i in inputs)

    def _like_targets(self, value: Array) -> bool:
        m, K = self.model.Y.shape
        zero_one = np.all((value == 0.0) | (value == 1.0))
        return bool(zero_one) and K > 1 and value.shape in ((m, K), (K, m), (1, K), (K,), (K, 1))

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

    def _left_incomplete(self, node: Node, found: Match) -> bool:
        """Whether a part of δ is used as if it were δ, which is nowhere completed."""
        if found.kind not in ("back", "delta"):
            return False
        users = [self.flow.nodes[i] for i in self.flow.consumers[node.key]]
        if not users or any(
            u.elementwise or isinstance(u.place.node, ast.Subscript) for u in users
        ):
            return False
        return ("delta", found.quantity.layer) not in self.seen

    @cached_property
    def seen(self) -> set[tuple[str, int]]:
        """The kinds and layers of whole quantities that the run computed."""
        found = (self.known.match(node.value) for node in self.flow.nodes if node.value.size > 1)
        return {(m.kind, m.quantity.layer) for m in found if m and not m.quantity.part}

    # Where it goes wrong

    def frontier(self, sinks: Sequence[Node]) -> list[Node]:
        """The unknown steps behind ``sinks`` whose inputs are all known."""
        found: dict[Key, Node] = {}
        done: dict[Key, bool] = {}
        stack = [(self.flow.origin(sink), False) for sink in sinks]
        while stack:
            node, ready = stack.pop()
            inputs = self._inputs(node)
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

    def _inputs(self, node: Node) -> list[Node]:
        found = [i for i in self.flow.inputs(node) if i.key != node.key]
        if not found and node.key not in self.flow.producers:
            held = self.flow.holder(node)
            found = [held] if held is not None and held.key != node.key else []
        return found

    def blamed(self, node: Node) -> Node:
        """The node, or the call of a helper function that is right for what it was given."""
        if node.place.role == "load" and node.operands and isinstance(node.place.node, ast.Name):
            node = self.flow.nodes[node.operands[-1]]
        for _ in range(3):
            caller = self.flow.caller(node) if self._helper(node) else None
            if caller is None:
                return node
            node = caller
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

    # What it was to be

    def guess(self, node: Node) -> Guess | None:
        """The quantity that an unknown step was to compute, and what it did compute."""
        steps = self._in_one_step(node)
        kinds = {kind for one in steps for kind in self._kinds_behind(one)}
        names = {kind for kind, _ in kinds}
        if names and names <= FORWARD | {"theta"} and (names & FORWARD or _product(node)):
            return self._forward_guess(node, steps, kinds)
        return self._backward_guess(node, kinds)

    def _in_one_step(self, node: Node) -> list[Node]:
        """The chain from ``node`` to the end of the expression that it belongs to."""
        unit = self.blamed(node).place.unit
        chain = list(self._chain(node))
        inside = [one for one in chain if self.blamed(one).place.unit is unit]
        return inside or [node]

    def _kinds_behind(self, node: Node) -> set[tuple[str, int]]:
        matches = [self.match(i) for i in self._inputs(node)]
        return {(m.kind, m.quantity.layer) for m in matches if m is not None}

    def _forward_guess(
        self, node: Node, steps: list[Node], kinds: set[tuple[str, int]]
    ) -> Guess | None:
        z, a = self.model.za
        layers = [l for kind, l in kinds if kind == "theta"]
        last = steps[-1]
        if layers:
            options = [("z", l + 1, list(self._chain(node, (ast.Add,)))[-1]) for l in layers]
        else:
            options = [("a", l, last) for kind, l in kinds if kind == "z"]
            options += [("a", l, last) for kind, l in kinds if kind == "a"]
            options += [
                ("z", l + 1, last) for kind, l in kinds if kind == "a" and l < self.model.last
            ]
            options += [("slope", l, last) for _, l in kinds if 1 < l < self.model.last]
        for kind, l, end in options:
            value = self._as_rows(end, (z if kind == "z" else a)[l].shape[1])
            if value is not None and (kind, l) not in self.seen | set(self.model.adopted):
                return Guess(kind, l, value, end)
        return None

    def _backward_guess(self, node: Node, kinds: set[tuple[str, int]]) -> Guess | None:
        chain = list(self._chain(node))
        behind = kinds | {k for n in chain for k in self._kinds_behind(n)}
        names = {kind for kind, _ in behind}
        layers = self._layers_by_use(behind)
        if names & {"delta", "back"} and names & {"theta", "back", "slope", "updated"}:
            layers = layers if names & WEIGHTS else []
        adopted = self.model.adopted
        for last in reversed(chain):
            for l in layers:
                shape = self.model.thetas[l - 1].shape
                if last.value.shape in (shape, shape[::-1]) and last.value.size > 1:
                    kind = "D" if behind & {("D", l), ("Delta", l), ("theta", l)} else "Delta"
                    if ("D", l) not in adopted and (kind, l) not in adopted:
                        turned = last.value if last.value.shape == shape else last.value.T
                        return Guess(kind, l, turned, last)
            for l in self._delta_layers(behind):
                if ("delta", l) in self.seen or ("delta", l) in adopted:
                    continue
                value = self._as_rows(last, self.model.deltas[l].shape[1])
                if value is not None:
                    return Guess("delta", l, value, last)
        return None

    def _delta_layers(self, kinds: set[tuple[str, int]]) -> list[int]:
        """The l that a δ⁽ˡ⁾ made of these may have, the likeliest first."""
        score = Counter[int]()
        for kind, layer in kinds:
            if kind in ("delta", "back", "slope", "theta", "updated", "error", "Y"):
                score[{"delta": layer - 1, "Y": self.model.last}.get(kind, layer)] += 1
        layers = range(self.model.last, 1, -1)
        return sorted(layers, key=lambda l: -score[l])

    def _layers_by_use(self, kinds: set[tuple[str, int]]) -> list[int]:
        layers = list(range(self.model.last - 1, 0, -1))
        score = Counter[int]()
        for kind, layer in kinds:
            if kind in WEIGHTS | {"theta", "updated"}:
                score[layer] += 2
            if kind == "delta":
                score[layer - 1] += 2
            if kind in FORWARD:
                score[layer] += 1
        return sorted(layers, key=lambda l: -score[l])

    def _chain(self, node: Node, operators: tuple[type, ...] | None = None) -> Iterator[Node]:
        """The node and what is made of it entry by entry, as far as that is unknown too."""
        while True:
            yield node
            following = None
            for i in self.flow.consumers[node.key]:
                user = self.flow.nodes[i]
                kind = user.place.node
                allowed = user.elementwise or isinstance(kind, ast.Subscript)
                if operators is not None:
                    allowed = isinstance(kind, ast.BinOp) and isinstance(kind.op, operators)
                if allowed and self.state(user) is False and user.value.size >= node.value.size / 2:
                    following = user
                    break
            if following is None or following.number <= node.number:
                return
            node = following

    def _as_rows(self, node: Node, units: int) -> Array | None:
        """Its value as (m, units): turned, without the bias unit, example by example."""
        m = len(self.model.X)
        found = _rows(node.value, m, units)
        if found is not None or m == 1:
            return found
        same = [n for n in self.flow.nodes if n.place.number == node.place.number]
        turns = len(same) // m  # of a loop over the layers inside that over the examples
        if not turns or len(same) != turns * m:
            return None
        each = [_rows(n.value, 1, units) for n in same[same.index(node) % turns :: turns]]
        fitting = [value for value in each if value is not None]
        return np.vstack(fitting) if len(fitting) == m else None

    # Words

    def words(self, node: Node, depth: int = 0) -> str:
        """What a node computed, in the symbols of what it was computed from."""
        found = self.match(node)
        if found is not None and depth:
            return self.symbol(found)
        if depth > 6:
            return node.place.text
        return self._expression(node.place.node, node, depth)

    def step_words(self, node: Node) -> str:
        """What the whole step of a node computed: "D1[:, 0] = mean(δ⁽²⁾ / m)"."""
        unit = node.place.unit
        if node.place.role == "target":
            for i in node.operands:
                other = self.flow.nodes[i]
                if other.place.role == "value":
                    return f"{unit.target} {unit.operator}= {self.words(other)}"
            return unit.target
        for later in self.flow.nodes[node.number :]:
            if later.place.unit.number == unit.number and later.place.role == "value":
                return self.words(later)
        return self.words(node)

    def _expression(self, expression: ast.expr, node: Node, depth: int) -> str:
        inner = {self.flow.nodes[i].place.text: self.flow.nodes[i] for i in node.operands}

        def word(part: ast.expr) -> str:
            text = ast.unparse(part)
            for written, operand in inner.items():
                if _same_text(written, text):
                    found = self.words(operand, depth + 1)
                    loose = any(sign in found for sign in (" + ", " − ")) and found[0] != "["
                    tight = isinstance(expression, ast.BinOp) and not isinstance(
                        expression.op, (ast.Add, ast.Sub)
                    )
                    return f"({found})" if loose and tight else found
            if isinstance(part, ast.BinOp):
                return self._expression(part, node, depth + 1)
            return text

        if isinstance(expression, ast.BinOp):
            signs = {"Add": " + ", "Sub": " − ", "Mult": " .* ", "Div": " / ", "MatMult": " "}
            sign = signs.get(type(expression.op).__name__)
            if sign is not None:
                return word(expression.left) + sign + word(expression.right)
            if isinstance(expression.op, ast.Pow):
                return f"({word(expression.left)})^{word(expression.right)}"
        if isinstance(expression, ast.UnaryOp) and isinstance(expression.op, ast.USub):
            return f"−{word(expression.operand)}"
        if isinstance(expression, ast.Call):
            arguments = ", ".join(word(part) for part in expression.args)
            return f"{called(expression)}({arguments})"
        return node.place.text

    def symbol(self, found: Match) -> str:
        """The symbol with its factor: "−δ⁽³⁾ / m"."""
        m, K = self.model.Y.shape
        before, after = factor_text(found.factor, m, K, self.model.lambda_)
        name = found.quantity.symbol
        if found.bias and found.kind == "a" and not name.startswith("["):
            name = f"[1; {name}]"
        if (before or after) and " " in name and not name.startswith(("[", "the ")):
            name = f"({name})"
        return f"{before}{name}{after}"


def _product(node: Node) -> bool:
    """Whether it multiplies matrices."""
    kind = node.place.node
    if isinstance(kind, ast.BinOp):
        return isinstance(kind.op, ast.MatMult)
    return isinstance(kind, ast.Call) and called(kind) in ("dot", "matmul", "einsum", "inner")


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


def _same_text(one: str, other: str) -> bool:
    return "".join(one.split()) == "".join(other.split()) or one.strip("()") == other.strip("()")
