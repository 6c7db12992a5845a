"""All wrong steps of a run, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..support.validation import Array
from .evidence import Case
from .factors import blocks_off
from .faults import Step, described, expected
from .flow import Flow, Node
from .guess import guessed
from .model import Model, over
from .quantities import key_of
from .reading import Reading, fitted, squared
from .trace import Event
from .wording import step_words

__all__ = ["Judgement", "differing", "judged", "sinks_of", "wrong_cost"]

BLOCKS = (slice(1, None), slice(0, 1))  # weights and bias column, which many keep apart
MOST = 8  # mistakes that are looked for in one file


@dataclass(frozen=True)
class Judgement:
    """The wrong steps of one run under one model, and its readings before and after them."""

    found: tuple[Step, ...]
    first: Reading
    last: Reading

    @property
    def spoiled(self) -> tuple[dict[str, Any], ...]:
        """The quantities that came out wrong, the student's beside the right ones.

        A model may hold what the code never computed: of that nothing is said.
        """
        right, yours = self.first.model, self.last.model
        computed = np.unique(
            np.concatenate([[], *(node.value.ravel() for node in self.last.flow.nodes)])
        )
        if not computed.size:
            return ()  # a code that computes nothing
        made = []
        for l in range(1, right.last + 1):
            both: list[tuple[str, str, Any, Any]] = []
            if l > 1:
                both += [("z", over("z", l), yours.za[0][l], right.za[0][l])]
                both += [("delta", over("δ", l), yours.deltas[l], right.deltas[l])]
            both += [("a", over("a", l), yours.za[1][l], right.za[1][l])]
            if l < right.last:
                both += [("D", over("D", l), yours.gradient(l), right.gradient(l))]
            for kind, name, one, other in both:
                if not np.allclose(one, other, rtol=1e-9, atol=1e-12) and _among(computed, one):
                    entry = {"symbol": name, "kind": kind, "layer": l}
                    made.append(entry | {"yours": one.tolist(), "right": other.tolist()})
        return tuple(made)


def _among(numbers: Array, values: Array) -> bool:
    """Whether every value is one of the sorted numbers, to rounding."""
    place = np.searchsorted(numbers, values.ravel())
    nearest = numbers[np.clip([place - 1, place], 0, len(numbers) - 1)]
    return bool(np.all(np.isclose(nearest, values.ravel(), rtol=1e-9, atol=1e-12).any(axis=0)))


def judged(flow: Flow, base: Model, case: Case, gradient_wrong: bool) -> Judgement:
    """The judgement under the cost that leaves the fewest wrong steps, but some."""
    model = fitted(flow, base)
    if not gradient_wrong:
        reading = Reading(flow, model, set())
        return Judgement((), reading, reading)
    models = [model]
    if (other := squared(flow, model)) is not None:
        models.append(other)
    if (model.hidden, model.output) != (base.hidden, base.output):
        models.append(base)  # units that fit each other, but are not the course's
    found = [_judged(flow, candidate, case, candidate is not base) for candidate in models]
    best = min(found, key=_unexplained)
    return best if best.found else _put_together(flow, best, case)


def _unexplained(judgement: Judgement) -> tuple[bool, int, int]:
    """The less, the better: nothing found, the wrong steps, and those of no known purpose."""
    found = judgement.found
    return not found, len(found), sum(not step.expected for step in found)


def _judged(flow: Flow, model: Model, case: Case, fit: bool) -> Judgement:
    sinks = sinks_of(flow, case, model)
    tainted: set[Any] = set()
    found: list[Step] = []
    total = sum(theta.size for theta in model.thetas)
    reading = first = Reading(flow, model, tainted)
    for _ in range(MOST):
        frontier = reading.frontier(sinks)
        if not frontier:
            break
        node = frontier[0]
        if node.value.size == total and any(blocks_off(reading, case)):
            break  # unrolled parts, of which some are wrong
        guess = guessed(reading, node)
        found.append(described(reading, node, guess))
        if guess is None:
            tainted.add(node.key)
        else:
            adopted = {**model.adopted, (guess.kind, guess.layer): guess.value}
            model = replace(model, adopted=adopted)
            model = fitted(flow, model, model.output) if fit else model
        reading = Reading(flow, model, tainted)
        if reading.state(node) is False:
            tainted.add(node.key)
    # what a wrong step leads to is no mistake of its own
    for l, blamed, symbol, name in () if found else blocks_off(reading, case):
        found.append(Step(reading.blamed(blamed), symbol, expected("D", l, model), name))
    return Judgement(tuple(found), first, reading)


def _put_together(flow: Flow, judgement: Judgement, case: Case) -> Judgement:
    """The last step, where all of it is known, but put together in another way."""
    reading, model = judgement.last, judgement.last.model
    sinks = sinks_of(flow, case, model)
    if not sinks:
        return judgement
    node = max((flow.origin(sink) for sink in sinks), key=lambda one: one.number)
    known = reading.match(node)
    layer = (known.quantity.layer if known is not None else 0) or model.last - 1
    wanted = expected("D", layer, model)
    if not case.fits:
        wanted += ", {}×{} as Θ⁽ˡ⁾".format(*model.thetas[layer - 1].shape)
        shapes = {part.shape for part in case.answer.parts}
        turned = [n for n in flow.nodes if n.key == node.key and n.value.shape in shapes]
        if turned and node.value.shape not in shapes:
            node = turned[0]
        elif node.place.role == "target" and node.place.unit.operator:
            node = flow.assigned(node.place.unit.target, node.number) or node
    step = Step(reading.blamed(node), step_words(reading, node), wanted)
    return replace(judgement, found=(step,))


def sinks_of(flow: Flow, case: Case, model: Model) -> list[Node]:
    """The nodes that hold the wrong gradient: the answer's own arrays, else what leads nowhere."""
    wanted = [*case.answer.parts]
    if case.fits:
        errors = case.errors()
        wanted = [p for p, e in zip(case.parts, errors, strict=True) if np.max(e) > 1.0] or wanted
        if case.answer.is_vector:
            wanted.append(np.concatenate([np.ravel(p) for p in case.answer.parts]))
    keys = {key_of(np.asarray(part, dtype=np.float64)) for part in wanted}
    found = [flow.nodes[i] for key, i in flow.first.items() if key in keys]
    if not found:
        blocks = [part[:, rest] for part in wanted if part.ndim == 2 for rest in BLOCKS]
        keys = {key_of(np.asarray(part, dtype=np.float64)) for part in blocks}
        found = [flow.nodes[i] for key, i in flow.first.items() if key in keys]
    if found:
        return found
    sizes = {block.size for theta in model.thetas for block in (theta, theta[:, 1:], theta[:, 0])}
    sizes.add(sum(theta.size for theta in model.thetas))
    leaves = [flow.nodes[i] for key, i in flow.first.items() if not flow.consumers[key]]
    leaves = [node for node in leaves if node.value.size > 1]
    return [node for node in leaves if node.value.size in sizes] or leaves


# The cost, and what differs from call to call


def wrong_cost(flow: Flow, model: Model, case: Case) -> list[Step]:
    """The first step of J whose inputs are known and whose result is not."""
    cost = case.answer.cost
    sinks = [n for n in flow.nodes if n.value.size == 1 and float(n.value.ravel()[0]) == cost]
    if not sinks:
        return []
    reading = Reading(flow, model, set(), scalars=True)
    frontier = reading.frontier(sinks[:1])
    node = frontier[0] if frontier else flow.origin(sinks[0])
    K = model.Y.shape[1]
    for one in reading.inputs(node):  # not divided by m before the penalty was added
        known = reading.match(one)
        if known is not None and known.kind == "summed":
            node = flow.nodes[one.operands[-1]] if one.place.role == "before" else one
    product = node.value.shape == (K, K) and K > 1
    name = "J by a matrix product: terms off its diagonal are summed too" if product else ""
    return [
        Step(
            reading.blamed(node),
            step_words(reading, reading.blamed(node)),
            expected("J", 0, model),
            name,
        )
    ]


def differing(flow: Flow, again: Sequence[Event], sinks: Sequence[Node] = ()) -> Step | None:
    """The first value that a second call computed otherwise, of those behind ``sinks``."""
    behind = flow.behind(sinks)
    for node, (number, value) in zip(flow.nodes, again, strict=False):
        if node.place.number != number:
            return None
        if behind and node.key not in behind:
            continue
        if node.value.shape != value.shape or not np.array_equal(node.value, value, equal_nan=True):
            random = "rand" in node.place.unit.text or "shuffle" in node.place.unit.text
            name = "random numbers" if random else "a value kept from the call before"
            used = f"{node.place.text}, another value in a second call"
            return Step(node, used, "the same numbers in every call", name)
    return None
