"""Which parameter of a function is given what, and how what comes back is read.

Bindings are made in the order of their likelihood; the ones that run are judged, and the one that
explains most is kept and told in the report.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from ..network.sigmoid import reshape
from ..support.validation import Array
from . import wire
from .delivery import Delivery
from .layouts import (
    COURSE,
    EXAMPLES,
    LABEL_WORDS,
    LABELS,
    SINGLE,
    Layout,
    Problem,
    gather,
    gathered,
    leaves,
)
from .names import COST, roles_of
from .submission import Answer, Trace, UserError, answer_of

__all__ = ["Binding", "Runner", "number_in"]

Step = Sequence[Any]


class Runner(Protocol):
    """What carries out programs: a submission's process, or this one."""

    @property
    def alive(self) -> bool: ...
    def run(self, program: Sequence[Step]) -> list[Any]: ...
    def trace(self, program: Sequence[Step]) -> Trace | None: ...


@dataclass(frozen=True)
class Binding:
    """A function, what its parameters are given, and how its answer is read."""

    function: str
    assignment: tuple[tuple[str, str, bool], ...]  # parameter, role, whether by name only
    delivery: Delivery
    x: str = ""
    y: str = ""
    old_matrix: bool = False  # hand over np.matrix
    stepped: bool = False  # the answer is the weights after a step
    unrolled: str = "F"  # a vector that comes back from matrices
    cost: str | None = None  # the function beside it that gives J
    forward: str | None = None  # the function whose result is handed on
    extra: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def words(self) -> str:
        """What the function was given, in one line."""
        matrix = "as np.matrix" if self.old_matrix else ""
        strange = [
            f"{name} as {_ROLE_WORDS[role]}"
            for name, role, _ in self.assignment
            if role in _ROLE_WORDS and name[:1] != "*" and role not in roles_of(name)[:1]
        ]
        strange += [f"the file's {key[7:]} as λ" for key in self.extra if key[:7] == "global:"]
        parts = [self.delivery.words, self.x, self.y, matrix, *strange]
        return ", ".join(filter(None, parts))

    @property
    def name(self) -> str:
        return self.function

    @property
    def layout(self) -> Layout:
        return self.delivery.layout

    @property
    def sizes(self) -> tuple[int, ...] | None:
        """The only network that it is for; a function takes any that it admits."""
        return None

    @property
    def examples(self) -> int | None:
        """The only number of examples that it is for."""
        return None

    def admits(self, sizes: Sequence[int]) -> bool:
        """Whether such a network can be handed over in this way."""
        roles = [role for _, role, _ in self.assignment]
        if self.forward is not None:
            roles += [role for _, role, _ in self.extra_assignment("forward")]
        numbered = len({role for role in roles if re.fullmatch(r"W\d+", role)})
        if (numbered and numbered != len(sizes) - 1) or ("hidden" in roles and len(sizes) != 3):
            return False
        if len(sizes) == 2 and not numbered:  # no hidden layer: a vector, and no sizes
            if self.delivery.kind not in ("F", "C", "one") or "sizes" in roles:
                return False
            if self.old_matrix or self._holds_several:
                return False
        elif self.delivery.kind == "one":
            return False
        if len(set(sizes)) == 1 and not self.delivery.plain:
            return False  # square networks are for what can be wrong in the course's own layout
        if sizes[-1] == 1:
            return "class" not in self.y or self.y == "y as class numbers from 0"
        return self.y != "y of one example as a number"

    @property
    def _holds_several(self) -> bool:
        """Whether the weights' name says that there are several matrices."""
        name = next((name for name, role, _ in self.assignment if role == "weights"), "")
        return name.lower() in ("thetas", "weights", "matrices", "ws") and not any(
            role == "biases" for _, role, _ in self.assignment
        )

    def worth_after(self, other: Any) -> bool:
        """Whether to try it when ``other`` ran with the right shapes: no matrix and no data fit
        in two layouts, but vectors and labels do."""
        if not isinstance(other, Binding) or self.function != other.function:
            return True
        if self.assignment != other.assignment:
            return True
        vectors = {self.delivery.kind, other.delivery.kind} <= {"F", "C"}
        vectors = vectors or not other.delivery.plain
        if self.stepped != other.stepped or self.old_matrix != other.old_matrix:
            return self.delivery == other.delivery
        return self.x == other.x and (vectors or self.delivery == other.delivery)

    @property
    def y_name(self) -> str:
        """What the parameter with the labels is called."""
        return next((name for name, role, _ in self.assignment if role == "Y"), "")

    @property
    def takes_lambda(self) -> bool:
        at_hand = [v for key, v in self.extra.items() if key.startswith("global:")]
        return "lambda" in [*at_hand, *(role for _, role, _ in self.assignment)]

    @property
    def single(self) -> bool:
        """Whether it is given one example at a time."""
        return self.x in SINGLE

    @property
    def from_labels(self) -> bool:
        """Whether it gets class labels, from which it may derive the number of classes."""
        return self.y in LABEL_WORDS

    @property
    def course_form(self) -> bool:
        """Whether it takes Θ with bias columns and λ, as the course's exercise does."""
        bound = len(self.assignment) == 1
        takes = self.takes_lambda and not self.single
        return self.delivery.layout.kind == "theta" and (takes or bound)

    @property
    def first(self) -> int:
        """The number of steps that set variables of the file, before anything is called."""
        return sum(key.startswith("global:") for key in self.extra)

    def answer(self, runner: Runner, problem: Problem) -> Answer:
        """Run it; UserError if it fails or gives nothing that can be read as a gradient."""
        problem = self.delivery.layout.problem(problem)
        return self.read_back(runner.run(self.program(problem)[0]), problem)

    def read_back(self, results: Sequence[Any], problem: Problem) -> Answer:
        """The gradient in the course's layout, from what the program's steps gave."""
        try:
            return self._read(problem, results, self.first + (self.forward is not None))
        except ValueError as error:
            raise error if isinstance(error, UserError) else _shapeless() from error

    def program(self, problem: Problem) -> tuple[list[Step], int]:
        """The steps, and the number of the one whose result is the answer."""
        values = self.values(problem)
        steps: list[Step] = [
            ["set", None, [key.partition(":")[2]], values[role]]
            for key, role in self.extra.items()
            if key.startswith("global:")
        ]
        if self.forward is not None:
            arguments, named = _arguments(self.extra_assignment("forward"), values)
            steps.append(["call", self.forward, arguments, named])
            values |= self._handed_on(self.first)
        positional, named = _arguments(self.assignment, values)
        at = len(steps)
        steps.append(["value", {"positional": positional, "named": named}])
        inputs = [wire.Result(at, ["positional"]), wire.Result(at, ["named"])]
        steps += [["call", self.function, *inputs], ["get", at, []]]
        if self.cost is not None:
            arguments, named = _arguments(self.extra_assignment("cost"), values)
            steps.append(["call", self.cost, arguments, named])
        return steps, at

    def extra_assignment(self, which: str) -> tuple[tuple[str, str, bool], ...]:
        made = []
        for key, role in self.extra.items():
            place, _, name = key.partition(":")
            if place == which:
                made.append((name, role, False))
        return tuple(made)

    def _handed_on(self, step: int) -> dict[str, Any]:
        """What a forward function gave in this step, for the parameters that ask for it."""
        made = {}
        for name, role, _ in (*self.assignment, *self.extra_assignment("cost")):
            if role == "forward":
                made[f"forward:{name}"] = wire.Result(
                    step, self.extra.get(f"path:{name}", "").split()
                )
        return made

    def values(self, problem: Problem) -> dict[str, Any]:
        """What stands for each role."""
        net, layout = problem.net, self.delivery.layout
        weights, biases = layout.pieces(net.thetas)
        wrap = wire.matrix if self.old_matrix else np.asarray
        values: dict[str, Any] = {
            "X": wrap(EXAMPLES[self.x](problem.X)),
            "Y": _targets(LABELS[self.y](problem.Y), wrap),
            "lambda": float(problem.lambda_),
            "sizes": [int(size) for size in net.sizes],
            "input": int(net.sizes[0]),
            "output": int(net.sizes[-1]),
            "m": len(problem.X),
            "rate": 0.5,
            "once": 1,
            "batch": len(problem.X),
            "off": False,
            "activation": self._function("activation", "sigmoid"),
            "slope": self._function("slope", "sigmoid_prime"),
            "biases": _alone(biases) if self.delivery.kind == "one" else biases,
            "weights": self._delivered(weights, biases, net.theta, problem),
        }
        if len(net.sizes) == 3:
            values["hidden"] = int(net.sizes[1])
        first = self._firstnumber_in()
        for l, piece in enumerate(weights, start=first):
            values[f"W{l}"] = wrap(piece)
        for l, piece in enumerate(biases, start=first):
            values[f"b{l}"] = wrap(piece)
        return values

    def _function(self, role: str, word: str) -> Any:
        """The file's own function for this role; its usual name where there is none."""
        found = self.extra.get(f"function:{role}")
        return wire.Result(None, [found]) if found else word

    def _firstnumber_in(self) -> int:
        return 0 if any(role in ("W0", "b0") for _, role, _ in self.assignment) else 1

    def _delivered(
        self, weights: list[Array], biases: list[Array], theta: Array, problem: Problem
    ) -> Any:
        kind = self.delivery.kind
        if kind == "F":
            return wire.matrix(theta[np.newaxis]) if self.old_matrix else theta.copy()
        if kind == "C":
            return np.concatenate([W.ravel() for W in weights])
        if kind == "dict":
            made = {f"{self.delivery.keys}{l}": W for l, W in enumerate(weights, start=1)}
            return made | {f"b{l}": b for l, b in enumerate(biases, start=1)}
        if kind == "one":
            return weights[0]
        if kind == "pairs":
            return [tuple(pair) for pair in zip(weights, biases, strict=True)]
        return [wire.matrix(W) for W in weights] if self.old_matrix else weights

    def _read(self, problem: Problem, results: Sequence[Any], at: int) -> Answer:
        returned, after = results[at + 1], results[at + 2]
        changed = not _same(results[at], after)
        cost = number_in(results[-1]) if self.cost is not None else None
        if returned is None and changed:  # it works on what it was given
            returned, stepped = after, True
        else:
            stepped = self.stepped
        layout, like = self.delivery.layout, problem.net.thetas
        if stepped:
            after_step = gather(returned, layout, like)
            if after_step is None:
                raise UserError("function: returned no weights of the shapes that it was given")
            parts = [b - np.asarray(a, float) for b, a in zip(like, after_step, strict=True)]
            return Answer(parts, False, cost, changed, scaled=True)
        answer = self._gradient(returned, problem)
        return Answer(
            answer.parts, answer.is_vector, answer.cost if cost is None else cost, changed,
            answer.scaled,
        )  # fmt: skip

    def _gradient(self, returned: Any, problem: Problem) -> Answer:
        layout, like = self.delivery.layout, problem.net.thetas
        course = layout == COURSE and self.delivery.kind in ("list", "F", "numbered")
        exact = problem.exact
        sets = list(gathered(returned, layout, exact.D if layout.kind == "none" else like))
        matched = min(sets, key=lambda parts: _off(parts, exact.D)) if sets else None
        scalars = [float(a.ravel()[0]) for _, a in leaves(returned) if a.size == 1]
        several = len(list(leaves(returned))) > 1
        first = min(scalars, key=lambda J: abs(J - exact.cost)) if scalars and several else None
        if course and self.unrolled == "F":
            try:
                answer = answer_of(returned)
            except UserError:
                if matched is None:
                    raise
            else:
                ordered = self.delivery.kind == "list" and len(answer.parts) == len(like)
                if matched is None or ordered or answer.fits([np.shape(T) for T in like]):
                    return answer
        if matched is not None:
            return Answer(matched, False, _leading_cost(returned, first))
        vector = _vector(
            returned, sum(piece.size for part in layout.pieces(like) for piece in part)
        )
        if vector is None:
            return answer_of(returned)
        return Answer(self._unpacked(vector, problem), False, _leading_cost(returned, first))

    def _unpacked(self, vector: Array, problem: Problem) -> list[Array]:
        layout, like = self.delivery.layout, problem.net.thetas
        weights, biases = layout.pieces(like)
        if self.unrolled == "F" and self.delivery.kind == "F":
            parts = reshape(vector, [piece.shape for piece in weights])
        else:
            order = "F" if self.unrolled == "F" and self.delivery.kind != "C" else "C"
            parts, at = [], 0
            for piece in (*weights, *biases):
                chunk = vector[at : at + piece.size]
                parts.append(chunk.reshape(piece.shape, order=order))  # type: ignore[call-overload]
                at += piece.size
        return layout.matrices(parts[: len(weights)], parts[len(weights) :], problem.exact.D)


_ROLE_WORDS = {
    "weights": "the weights", "X": "X", "Y": "y", "lambda": "λ", "rate": "the step α",
    "m": "m", "sizes": "the units per layer", "once": "the number of iterations",
}  # fmt: skip


def _shapeless() -> UserError:
    return UserError("function: returned arrays that do not have the shapes of the weights")


def _alone(biases: list[Array]) -> Any:
    """The bias of a single unit is mostly a plain number."""
    return None if not biases else float(biases[0].ravel()[0]) if biases[0].size == 1 else biases[0]


def _off(parts: Sequence[Any], exact: Sequence[Array]) -> float:
    return float(sum(np.sum(np.abs(a - b)) for a, b in zip(parts, exact, strict=True)))


def _targets(value: Any, wrap: Any) -> Any:
    return wrap(value) if isinstance(value, np.ndarray) and value.ndim == 2 else value


def _arguments(
    assignment: Sequence[tuple[str, str, bool]], values: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for name, role, by_name in assignment:
        value = values.get(f"forward:{name}") if role == "forward" else values.get(role)
        if value is None:
            raise UserError(f"function: its parameters do not fit this network ({name})")
        if by_name:
            named[name] = value
        else:
            positional.append(value)
    return positional, named


def _vector(returned: Any, size: int) -> Array | None:
    """The one array of so many entries."""
    fits = [a for _, a in leaves(returned) if a.size == size and (a.ndim == 1 or 1 in a.shape)]
    return np.asarray(fits[0], dtype=np.float64).ravel() if len(fits) == 1 else None


def _leading_cost(returned: Any, first: float | None) -> float | None:
    """J, if a single number is returned beside the gradient under no name or under a cost's."""
    if isinstance(returned, dict):
        return next((number_in(v) for k, v in returned.items() if COST.search(k)), None)
    return first


def number_in(value: Any) -> float | None:
    found = [a for _, a in leaves(value)]
    return float(found[0].ravel()[0]) if found and found[0].size == 1 else None


def _same(one: Any, other: Any) -> bool:
    return all(
        np.array_equal(a, b, equal_nan=True)
        for (_, a), (_, b) in zip(leaves(one), leaves(other), strict=False)
    )
