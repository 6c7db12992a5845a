"""What a wrong step was to compute, what it computed instead, and the name of that mistake."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

import numpy as np

from ..support.validation import Array
from .blocks import coefficients, slips
from .catalogue import Mistake, known_for
from .factors import factor_enters, odd_number, unfinished
from .flow import Node
from .guess import Guess
from .model import Model, over
from .reading import Reading
from .wording import step_words

__all__ = ["Step", "described", "expected"]

BARE = "bias weights set to 0 before the forward pass"
NO_SIGMOID = "no sigmoid at the output layer"
ADDING = {"accumulate", "inputs"}  # steps of a mistake that stand where Δ is added up


@dataclass(frozen=True)
class Step:
    """A step that went wrong, before it is told in words."""

    node: Node
    computed: str
    expected: str
    name: str = ""


def described(reading: Reading, node: Node, guess: Guess | None) -> Step:
    """The wrong step at ``node`` in words, from what it was to compute."""
    blamed = reading.blamed(node)
    model = reading.model
    special = _special(reading, node, guess)
    if guess is not None and guess.kind == "z" and (bare := _bare(reading, node)):
        words = step_words(reading, bare)
        return Step(bare, words, expected("z", guess.layer, model), BARE)
    if guess is None:
        return Step(blamed, step_words(reading, blamed), "", special)
    wanted = expected(guess.kind, guess.layer, model)
    if special:
        return Step(blamed, step_words(reading, blamed), wanted, special)
    if _equal(guess.value, model.za[0][model.last] - model.Y) and (
        alias := _weighted_output(reading, node)
    ):
        return Step(alias, step_words(reading, alias), expected("a", model.last, model), NO_SIGMOID)
    mistake = _catalogued(guess, model)
    if guess.kind in ("Delta", "D") and (found := _slipped(reading, node, guess, mistake)):
        return found
    if mistake is not None and "inside the loop" in mistake.name:
        blamed = _divided(reading, node) or blamed
    elif mistake is not None and ADDING & set(mistake.steps):
        blamed = reading.blamed(_added(reading, node))
    if mistake is not None:
        if "left out" in mistake.name and "accumulate" in mistake.steps:
            blamed = reading.flow.short_range(blamed)
        return Step(blamed, mistake.used, wanted, mistake.name)
    if guess.kind in ("Delta", "D") and (few := _too_few(reading, node, guess.layer)):
        return Step(*few[:2], wanted, few[2])
    last = guess.node if guess.node.line == blamed.line else blamed
    return Step(blamed, step_words(reading, last), wanted, "")


def _bare(reading: Reading, node: Node) -> Node | None:
    """Where Θ lost its bias weights, if ``node`` was computed with such a Θ."""
    for one in reading.inputs(node):
        found = reading.match(one)
        if found is not None and found.quantity.symbol.endswith("without its bias column"):
            return reading.blamed(one)
    return None


def _weighted_output(reading: Reading, node: Node) -> Node | None:
    """Where z⁽ᴸ⁾ was given another name, if ``node`` takes it for h."""
    for i in node.operands:
        one = reading.flow.nodes[i]
        found = reading.match(one)
        if found is not None and (found.kind, found.quantity.layer) == ("z", reading.model.last):
            given = reading.flow.assigned(one.place.text, node.number)
            if given is not None and isinstance(given.place.node, (ast.Name, ast.Subscript)):
                return given
    return None


def _too_few(reading: Reading, node: Node, l: int) -> tuple[Node, str, str] | None:
    """Where Δ was left with too few examples, if that is what ``node`` was made of."""
    for one in reading.inputs(node):
        found = reading.match(one)
        if found is not None and found.kind in ("outer", "partial", "mixed"):
            value = _shaped(one, reading.model, l)
            for _, place, words, name in unfinished(reading, l, value, reading.model.gradient(l)):
                return reading.blamed(place), words, name
    return None


def _shaped(node: Node, model: Model, l: int) -> Array:
    """A gradient's value in the shape of Θ⁽ˡ⁾; zeros for a bias column that it does not have."""
    rows, columns = model.thetas[l - 1].shape
    value = node.value if node.value.shape[0] == rows else node.value.T
    missing = columns - value.shape[1]
    return np.hstack([np.ones((rows, missing)), value])


def _added(reading: Reading, node: Node) -> Node:
    """Where the Δ that ``node`` was made of was added up."""
    kinds = ("outer", "partial", "Delta", "mixed")
    while True:
        known = [(one, reading.match(one)) for one in reading.inputs(node)]
        sums = [one for one, found in known if found is not None and found.kind in kinds]
        if not sums or sums[0].number >= node.number:
            return node
        node = sums[0]


def _divided(reading: Reading, node: Node) -> Node | None:
    """The division among what a sum was made of."""
    for one in reading.inputs(node):
        place = one.place
        divides = isinstance(place.node, ast.BinOp) and isinstance(place.node.op, ast.Div)
        if divides or place.unit.operator == "/":
            return one
    return None


def _slipped(reading: Reading, node: Node, guess: Guess, mistake: Mistake | None) -> Step | None:
    """A gradient made of Δ and Θ with a wrong coefficient, told where that enters."""
    model, l = reading.model, guess.layer
    m, K = model.Y.shape
    Delta = model.scale * model.accumulated(l)
    found = coefficients(guess.value, Delta, model.thetas[l - 1], m, model.lambda_)
    slipped = slips(found, m, K, model.lambda_) if found is not None else []
    if not slipped:
        return None
    first = slipped[0]
    place = (
        factor_enters(reading, l, first, before=node) if first.step in ("average", "bias") else None
    )
    unit = node.place.unit
    changed = unit.operator and node.place.role == "target"
    if first.name == "no 1/m" and (changed or unit.target.endswith((")", "]"))):
        place = reading.flow.assigned(unit.target, node.number)
    if place is not None and (number := odd_number(reading, place)) is not None:
        return Step(*number[:2], expected("D", l, model), number[2])
    place = reading.blamed(place or node)
    names = "; and ".join(slip.name for slip in slipped)
    if mistake is not None and len(slipped) == 1:
        names = mistake.name
    return Step(place, step_words(reading, place), expected("D", l, model), names)


def _special(reading: Reading, node: Node, guess: Guess | None) -> str:
    """What the catalogue's formulas do not say: shapes, order of the lines, other units."""
    m, K = reading.model.Y.shape
    inputs = [reading.match(i) for i in reading.inputs(node)]
    sizes = [i.value.size for i in reading.inputs(node)]
    if node.value.shape == (m, m) and K == 1 and m > 1 and node.elementwise and sizes == [m, m]:
        return "h − y of shapes (m, 1) and (m,) is an array (m, m)"
    for found in inputs:
        if found is not None and found.kind == "updated":
            name = over("Θ", found.quantity.layer)
            what = over("δ", guess.layer) if guess and guess.kind == "delta" else "a later step"
            return f"{name} changed before {what} is computed with it"
    return "" if guess is None else _uncatalogued(guess, reading.model)


def _uncatalogued(guess: Guess, model: Model) -> str:
    """The name of a wrong step that only its own inputs show, not the gradient's."""
    l, value = guess.layer, guess.value
    a = model.za[1]
    if guess.kind == "delta" and l == model.last:
        targets = (a[l] - value)[:, np.newaxis]
        found = np.max(np.abs(targets - model.Y), axis=2) < 1e-9
        return "h compared with the y of another example" if np.all(np.any(found, axis=1)) else ""
    if guess.kind == "D":
        return _of_weights(value, model.thetas[l - 1])
    return ""


def _of_weights(value: Array, theta: Array) -> str:
    """Whether θ stands where a belongs."""
    with np.errstate(all="ignore"):
        ratio = value[:, 1:] / theta[:, 1:]
    same = _equal(ratio, np.broadcast_to(ratio[:, :1], ratio.shape))
    return "θ where a belongs in δaᵀ" if same else ""


def _equal(one: Array, other: Array) -> bool:
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-9, atol=0.0))


def _catalogued(guess: Guess, model: Model) -> Mistake | None:
    """The mistake of the catalogue that this step makes, from the values it was given."""
    guesses = [guess, replace(guess, kind="D")] if guess.kind == "Delta" else [guess]
    for mistake in known_for(model.hidden, model.output):
        for one in guesses:
            try:
                with np.errstate(all="ignore"):
                    value = _stepped(mistake, one, model)
            except (ValueError, IndexError, KeyError):
                continue
            if value is not None and value.shape == one.value.shape:
                size, factor = np.max(np.abs(value)), 1.0
                if one.kind == "Delta" and size:  # it may have been divided by m already
                    factor = float(np.sum(one.value * value) / np.sum(value * value))
                if np.max(np.abs(factor * value - one.value)) <= 1e-9 * abs(factor) * size:
                    return mistake
    return None


def _stepped(mistake: Mistake, guess: Guess, model: Model) -> Array | None:
    """The value of one step as the mistake computes it."""
    steps = mistake.procedure(model.hidden, model.output)
    l = guess.layer
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
    l, delta, theta = layer, over("δ", layer), over("Θ", layer)
    slopes = {
        "sigmoid": f"{over('a', l)} .* (1 − {over('a', l)})",
        "tanh": f"(1 − ({over('a', l)})²)",
    }
    penalty = f" + (λ/m) {theta}, its bias column left out" if model.lambda_ else ""
    output = "h − y" if "squared" not in model.output else "(h − y) .* g′(z)"
    slope = slopes.get(model.hidden, f"g′({over('z', l)})")
    formulas = {
        "z": f"{over('z', l)} = {over('Θ', l - 1)} [1; {over('a', l - 1) if l > 2 else 'x'}]",
        "a": f"{over('a', l)} = g({over('z', l)})" if l > 1 else "a⁽¹⁾ = x",
        "delta": f"{delta} = {theta}(:, 1:)ᵀ {over('δ', l + 1)} .* {slope}",
        "slope": f"g′({over('z', l)}) = {slope}",
        "Delta": f"{over('Δ', l)} = Σ {over('δ', l + 1)} [1; {over('a', l)}]ᵀ",
        "D": f"{over('D', l)} = {over('Δ', l)} / m{penalty}",
        "J": "J = (1/m) Σ −y log h − (1 − y) log(1 − h) + (λ/2m) Σ θ², biases left out",
        "Y": "y, 1 for the example's class and 0 for the others",
    }
    return f"{delta} = {output}" if (kind, l) == ("delta", model.last) else formulas[kind]
