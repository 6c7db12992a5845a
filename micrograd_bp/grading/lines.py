"""Which line of somebody's backpropagation is wrong, and what each line computed.

The recorded values are matched with the quantities that backpropagation computes. Going back from
the wrong gradient through values that are none of them, one comes to a step all of whose inputs
are known and whose result is not: there the mistake is. What that step should have computed is
then taken to be what it did compute, and the rest is judged anew, so that each of several mistakes
is found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ..support.validation import Array
from .blocks import Slip, coefficients, slips
from .evidence import Case
from .flow import Flow, Node
from .mistakes import MISTAKES, Mistake
from .quantities import HIDDEN, OUTPUTS, Model, key_of, over
from .reading import Guess, Reading, fitted, squared
from .trace import Event, places

__all__ = ["Line", "Listing", "Wrong", "explain_lines"]

BLOCKS = (slice(1, None), slice(0, 1))  # weights and bias column, which many keep apart
MOST = 8  # mistakes that are looked for in one file


@dataclass(frozen=True)
class Line:
    """One line of the file: what it computed, and whether that is right."""

    number: int
    code: str
    computed: str = ""
    status: str = ""  # "right", "wrong", "follows" from a wrong one, "unknown", or ""
    shape: str = ""
    values: str = ""


@dataclass(frozen=True)
class Wrong:
    """A step that went wrong: its line, what it computed and what was expected."""

    file: str
    line: int
    code: str
    computed: str
    expected: str
    name: str = ""


@dataclass(frozen=True)
class Listing:
    """A file line by line, with what each line computed, and its wrong lines.

    ``spoiled`` holds, for every quantity that came out wrong, the student's numbers beside the
    right ones: symbol, kind, layer, line, yours, right.
    """

    lines: tuple[Line, ...] = ()
    wrong: tuple[Wrong, ...] = ()
    spoiled: tuple[dict[str, Any], ...] = ()

    @property
    def where(self) -> dict[str, Any] | None:
        """The first wrong line: file, line, code, computed, expected, name; None without one."""
        return asdict(self.wrong[0]) if self.wrong else None

    def __str__(self) -> str:
        width = min(72, max((len(line.code) for line in self.lines), default=0))
        return "\n".join(self._row(line, width) for line in self.lines)

    def _row(self, line: Line, width: int) -> str:
        marks = {"right": "✓ ", "wrong": "✗ ", "follows": "~ ", "unknown": "? "}
        note = marks.get(line.status, "") + line.computed
        return f"{line.number:>4}  {line.code:<{width}}  {note}".rstrip()

    def to_dict(self) -> dict[str, Any]:
        """The lines, the wrong ones and the spoiled quantities."""
        return asdict(self)


def explain_lines(
    source: str,
    events: Sequence[Event],
    case: Case,
    *,
    file: str = "",
    again: Sequence[Event] | None = None,
    gradient_wrong: bool = True,
    cost_wrong: bool = False,
) -> Listing:
    """The listing of ``source`` from the ``events`` that its instrumented run on ``case`` recorded.

    ``again`` are the events of a second call, where that one answered differently;
    ``gradient_wrong`` and ``cost_wrong`` say what was judged wrong, so that no line is accused
    where nothing is.
    """
    try:
        flow = Flow(places(source), events)
    except (SyntaxError, IndexError):
        return Listing()
    base = Model(case.net.thetas, case.X, case.Y, case.lambda_)
    judged = _judgement(flow, base, case, gradient_wrong)
    found = list(judged.found)
    if again is not None and (different := _difference(flow, again)) is not None:
        found = [different]
    if cost_wrong:
        found += _wrong_cost(flow, judged.first.model, case)
    lines = source.splitlines()
    wrong = [_wrong(step, file, lines) for step in sorted(found, key=lambda step: step.node.number)]
    unique = {(step.line, step.expected): step for step in reversed(wrong)}
    kept = tuple(step for step in wrong if unique[step.line, step.expected] is step)
    return Listing(_annotated(judged, lines, {step.line for step in kept}), kept, judged.spoiled)


@dataclass(frozen=True)
class Step:
    """A step that went wrong, before it is told in words."""

    node: Node
    computed: str
    expected: str
    name: str = ""


@dataclass(frozen=True)
class Judgement:
    """The wrong steps of one run under one model, and its readings before and after them."""

    found: tuple[Step, ...]
    first: Reading
    last: Reading

    @property
    def spoiled(self) -> tuple[dict[str, Any], ...]:
        """The quantities that came out wrong, the student's beside the right ones."""
        right, yours = self.first.model, self.last.model
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
                if not np.allclose(one, other, rtol=1e-9, atol=1e-12):
                    entry = {"symbol": name, "kind": kind, "layer": l}
                    made.append(entry | {"yours": one.tolist(), "right": other.tolist()})
        return tuple(made)


def _judgement(flow: Flow, base: Model, case: Case, gradient_wrong: bool) -> Judgement:
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
    judged = [_judged(flow, candidate, case, candidate is not base) for candidate in models]
    return min(judged, key=lambda one: (not one.found, len(one.found)))


def _judged(flow: Flow, model: Model, case: Case, fit: bool) -> Judgement:
    sinks = _sinks(flow, case, model)
    tainted: set[Any] = set()
    found: list[Step] = []
    reading = first = Reading(flow, model, tainted)
    for _ in range(MOST):
        frontier = reading.frontier(sinks)
        if not frontier:
            break
        node = frontier[0]
        guess = reading.guess(node)
        found.append(_described(reading, node, guess))
        if guess is None:
            tainted.add(node.key)
        else:
            adopted = {**model.adopted, (guess.kind, guess.layer): guess.value}
            model = replace(model, adopted=adopted)
            model = fitted(flow, model, model.output) if fit else model
        reading = Reading(flow, model, tainted)
        if reading.state(node) is False:
            tainted.add(node.key)
    found = found or list(_factors(reading, case))
    return Judgement(tuple(found), first, reading)


def _sinks(flow: Flow, case: Case, model: Model) -> list[Node]:
    """The nodes that hold the wrong gradient: the answer's own arrays, else what leads nowhere."""
    wanted = [*case.answer.parts]
    if case.fits:
        errors = case.errors()
        wanted = [p for p, e in zip(case.parts, errors, strict=True) if np.max(e) > 1.0] or wanted
        wanted += [p[:, 1:] for p in wanted if p.ndim == 2] + [
            p[:, :1] for p in wanted if p.ndim == 2
        ]
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


def _described(reading: Reading, node: Node, guess: Guess | None) -> Step:
    blamed = reading.blamed(node)
    model = reading.model
    special = _special(reading, node, guess)
    if guess is None:
        return Step(blamed, reading.step_words(blamed), "", special)
    wanted = expected(guess.kind, guess.layer, model)
    mistake = _catalogued(guess, model)
    if guess.kind in ("Delta", "D") and not special:
        slipped = _slipped(reading, node, guess, mistake)
        if slipped is not None:
            return slipped
    last = guess.node if guess.node.line == blamed.line else blamed
    computed = reading.step_words(last)
    if mistake is not None and not special:
        return Step(blamed, mistake.used, wanted, mistake.name)
    return Step(blamed, computed, wanted, special)


def _slipped(reading: Reading, node: Node, guess: Guess, mistake: Mistake | None) -> Step | None:
    """A gradient made of Δ and Θ with a wrong coefficient, told where that enters."""
    model = reading.model
    m, K = model.Y.shape
    l = guess.layer
    found = coefficients(guess.value, model.accumulated(l), model.thetas[l - 1], m, model.lambda_)
    slipped = slips(found, m, K, model.lambda_) if found is not None else []
    if not slipped:
        return None
    slip = slipped[0]
    place = reading.blamed(node)
    if slip.step in ("average", "bias"):
        place = reading.blamed(_enters(reading, guess, node, slip))
    names = "; and ".join(slip.name for slip in slipped)
    if mistake is not None and len(slipped) == 1:
        names = mistake.name
    used = reading.step_words(place)
    return Step(place, used, expected("D", l, model), names)


def _enters(reading: Reading, guess: Guess, node: Node, slip: Slip) -> Node:
    """Where a factor of Δ comes in: before ``node``, if the sum was wrong already there."""
    m = len(reading.model.X)
    for one in reading._inputs(node):
        known = reading.match(one)
        if known is None or known.kind not in ("Delta", "D", "outer", "partial"):
            continue
        stray = known.factor * (1.0 if known.kind == "D" else m)
        if abs(stray / slip.factor - 1.0) < 1e-9 if slip.factor else False:
            return _factor_enters(reading, one, stray) if stray != m else node
    return node


def _special(reading: Reading, node: Node, guess: Guess | None) -> str:
    """What the catalogue's formulas do not say: shapes, order of the lines, other units."""
    m, K = reading.model.Y.shape
    inputs = [reading.match(i) for i in reading._inputs(node)]
    sizes = [i.value.size for i in reading._inputs(node)]
    if node.value.shape == (m, m) and K == 1 and m > 1 and node.elementwise and sizes == [m, m]:
        return "h − y of shapes (m, 1) and (m,) is an array (m, m)"
    for found in inputs:
        if found is not None and found.kind == "updated":
            name = over("Θ", found.quantity.layer)
            what = over("δ", guess.layer) if guess and guess.kind == "delta" else "a later step"
            return f"{name} changed before {what} is computed with it"
    if guess is not None and guess.kind == "delta" and guess.layer < reading.model.last:
        return _slope_of_another(guess, reading.model)
    return ""


def _slope_of_another(guess: Guess, model: Model) -> str:
    z, a = model.za
    back = model.deltas[guess.layer + 1] @ model.thetas[guess.layer - 1][:, 1:]
    for name, (_, slope) in HIDDEN.items():
        used = back * slope(z[guess.layer], a[guess.layer])
        other = name not in (model.hidden, "linear") and model.hidden != "sigmoid"
        if other and np.allclose(guess.value, used, rtol=1e-9):
            return f"{model.hidden} units with the slope of {name}"
    return ""


def _catalogued(guess: Guess, model: Model) -> Mistake | None:
    """The mistake of the catalogue that this step makes, from the values it was given."""
    for mistake in MISTAKES.values():
        try:
            with np.errstate(all="ignore"):
                value = _stepped(mistake, guess, model)
        except (ValueError, IndexError, KeyError):
            continue
        if value is not None and value.shape == guess.value.shape:
            size = np.max(np.abs(value))
            if np.max(np.abs(value - guess.value)) <= 1e-9 * size:
                return mistake
    return None


def _stepped(mistake: Mistake, guess: Guess, model: Model) -> Array | None:
    """The value of one step as the mistake computes it."""
    steps, l = mistake.procedure, guess.layer
    replaced = set(mistake.steps)
    thetas = list(model.thetas)
    zs, as_ = model.za
    z = [model.X, *(zs[k] for k in range(2, model.last + 1))]
    a = [as_[k] for k in range(1, model.last + 1)]
    if guess.kind == "delta" and l == model.last and replaced <= {"output_delta", "targets"}:
        return np.asarray(steps.output_delta(a[-1], steps.targets(model.Y)), dtype=np.float64)
    if guess.kind == "delta" and l < model.last and replaced <= {"slope", "propagate"}:
        return np.asarray(
            steps.propagate(thetas, l - 1, model.deltas[l + 1]) * steps.slope(z, a, l - 1)
        )
    if guess.kind == "a" and replaced & {"hidden", "output"}:
        return np.asarray((steps.output if l == model.last else steps.hidden)(z[l - 1]))
    if guess.kind == "z" and replaced <= {"bias"}:
        return np.asarray(steps.bias(a[l - 2]) @ thetas[l - 2].T)
    if guess.kind in ("Delta", "D") and not replaced & {"hidden", "output", "bias", "read"}:
        Delta = steps.accumulate(model.deltas[l + 1], steps.inputs(z, a, l - 1))
        if guess.kind == "Delta":
            return np.asarray(Delta)
        m, K = model.Y.shape
        penalty = steps.rate(model.lambda_, m) * steps.regularized(thetas[l - 1])
        return np.asarray(steps.finish(steps.average(Delta, m, K) + penalty))
    return None


def expected(kind: str, layer: int, model: Model) -> str:
    """The formula of a quantity."""
    L, l = model.last, layer
    slope = {
        "sigmoid": f"{over('a', l)} .* (1 − {over('a', l)})",
        "tanh": f"(1 − ({over('a', l)})²)",
    }
    if kind == "z":
        before = over("a", l - 1) if l > 2 else "x"
        return f"{over('z', l)} = {over('Θ', l - 1)} [1; {before}]"
    if kind == "a":
        return f"{over('a', l)} = g({over('z', l)})" if l > 1 else "a⁽¹⁾ = x"
    if kind == "delta" and l == L:
        squares = (
            " .* g′(z)" if OUTPUTS[model.output][2] is OUTPUTS["sigmoid, squared error"][2] else ""
        )
        return (
            f"{over('δ', l)} = h − y"
            if not squares
            else f"{over('δ', l)} = (h − y) .* h .* (1 − h)"
        )
    if kind == "delta":
        factor = slope.get(model.hidden, f"g′({over('z', l)})")
        return f"{over('δ', l)} = {over('Θ', l)}(:, 1:)ᵀ {over('δ', l + 1)} .* {factor}"
    if kind == "Delta":
        return f"{over('Δ', l)} = Σ {over('δ', l + 1)} [1; {over('a', l)}]ᵀ"
    if kind == "D":
        penalty = f" + (λ/m) {over('Θ', l)}, its bias column left out" if model.lambda_ else ""
        return f"{over('D', l)} = {over('Δ', l)} / m{penalty}"
    if kind == "J":
        return "J = (1/m) Σ −y log h − (1 − y) log(1 − h) + (λ/2m) Σ θ², biases left out"
    return "y, 1 for the example's class and 0 for the others"


def _wrong(step: Step, file: str, lines: Sequence[str]) -> Wrong:
    number = step.node.line
    code = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    return Wrong(file, number, code, step.computed, step.expected, step.name)


# A gradient that is known but not what was asked for: a stray factor, a sum left unfinished


def _factors(reading: Reading, case: Case) -> Iterator[Step]:
    model, m = reading.model, len(case.X)
    for sink in _sinks(reading.flow, case, model):
        node = reading.flow.origin(sink)
        found = reading.match(node)
        if found is None:
            if not np.any(node.value):
                yield Step(reading.blamed(node), "0", "the gradient of every layer", "left at 0")
            continue
        if found.kind not in ("D", "Delta", "outer", "partial"):
            continue
        stray = found.factor * (1.0 if found.kind == "D" else m)
        unfinished = found.kind != "D" and model.lambda_ > 0.0
        if found.kind in ("D", "Delta") and abs(stray - 1.0) > 1e-9:
            node = _factor_enters(reading, node, stray)
        elif not unfinished and found.kind in ("D", "Delta"):
            continue
        layer = found.quantity.layer or model.last - 1
        yield Step(
            reading.blamed(node), reading.symbol(found), expected("D", layer, model),
            _factor_name(stray, m, unfinished, found.kind)
        )  # fmt: skip


def _factor_enters(reading: Reading, node: Node, stray: float) -> Node:
    """The last step on the way to ``node`` that brings in the factor, or the node itself."""
    stack, seen = [node], set()
    entering = []
    while stack:
        one = stack.pop()
        if one.number in seen:
            continue
        seen.add(one.number)
        inputs = [i for i in reading._inputs(one) if i.value.size > 1]
        factors = [match.factor for i in inputs if (match := reading.match(i)) is not None]
        mine = reading.match(one)
        if mine is not None and inputs:
            ratio = mine.factor / float(np.prod(factors))
            if abs(ratio / stray - 1.0) < 1e-9:
                entering.append(one)
        stack += [i for i in inputs if reading.match(i) is not None]
    return max(entering, key=lambda n: n.number) if entering else node


def _factor_name(stray: float, m: int, unfinished: bool, kind: str) -> str:
    if kind in ("outer", "partial"):
        return "last example only" if kind == "outer" else "not all examples"
    for value, name in ((-1.0, "sign of h − y"), (m, "no 1/m"), (1.0 / m, "1/m twice")):
        if abs(stray / value - 1.0) < 1e-9:
            return name
    if abs(stray - 1.0) > 1e-9:
        return f"a stray factor {stray:.6g}"
    return "regularization left out" if unfinished else ""


# The cost, and what differs from call to call


def _wrong_cost(flow: Flow, model: Model, case: Case) -> list[Step]:
    """The first step of J whose inputs are known and whose result is not."""
    cost = case.answer.cost
    sinks = [n for n in flow.nodes if n.value.size == 1 and float(n.value.ravel()[0]) == cost]
    if not sinks:
        return []
    reading = Reading(flow, model, set(), scalars=True)
    frontier = reading.frontier(sinks[:1])
    node = frontier[0] if frontier else flow.origin(sinks[0])
    return [
        Step(
            reading.blamed(node), reading.step_words(reading.blamed(node)), expected("J", 0, model)
        )
    ]


def _difference(flow: Flow, again: Sequence[Event]) -> Step | None:
    """The first value that a second call computed otherwise."""
    for node, (number, value) in zip(flow.nodes, again, strict=False):
        if node.place.number != number:
            return None
        if node.value.shape != value.shape or not np.array_equal(node.value, value, equal_nan=True):
            random = "rand" in node.place.unit.text or "shuffle" in node.place.unit.text
            name = "random numbers" if random else "a value kept from the call before"
            used = f"{node.place.text}, another value in a second call"
            return Step(node, used, "the same numbers in every call", name)
    return None


# The listing


def _annotated(judged: Judgement, lines: Sequence[str], wrong: set[int]) -> tuple[Line, ...]:
    by_line: dict[int, list[Node]] = {}
    for node in judged.first.flow.nodes:
        if node.place.role in ("value", "target"):
            by_line.setdefault(node.place.unit.line, []).append(node)
    made = []
    for number, code in enumerate(lines, start=1):
        nodes = by_line.get(number, [])
        stored = {n.place.unit.target for n in nodes if n.place.role == "target"}
        results = [
            n for n in nodes if n.place.role == "target" or n.place.unit.target not in stored
        ]
        results = [n for n in results if n.value.size > 1 or judged.first.match(n) is not None]
        made.append(_line(judged, number, code, results, number in wrong))
    return tuple(made)


def _line(judged: Judgement, number: int, code: str, results: Sequence[Node], wrong: bool) -> Line:
    words: dict[str, str] = {}
    for node in results:
        right, follows = judged.first.match(node), judged.last.match(node)
        if right is not None:
            words.setdefault(judged.first.symbol(right), "right")
        elif follows is not None:
            words.setdefault(judged.last.symbol(follows), "follows")
        elif judged.first.state(node) is False:
            words.setdefault("", "unknown")
    named = [word for word in words if word]
    text = ", ".join(named[:4]) + (", …" if len(named) > 4 else "")
    status = "wrong" if wrong else next(
        (s for s in ("unknown", "follows", "right") if s in words.values()), ""
    )  # fmt: skip
    if status == "unknown" and named:
        status = "follows" if "follows" in words.values() else "right"
    if not results:
        return Line(number, code, text, status)
    value = results[-1].value
    shape = "×".join(map(str, value.shape))
    shown = np.array2string(value, precision=6, threshold=20, separator=", ")
    return Line(number, code, text, status, shape, shown)
