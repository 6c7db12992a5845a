"""Which parameter of a function is given what.

Bindings are made in the order of their likelihood; the ones that run are judged, and the one that
explains most is kept and told in the report.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from ..support.validation import Array
from . import wire
from .answers import number_in, read_answer
from .delivery import Delivery
from .layouts import EXAMPLES, LABEL_WORDS, LABELS, SINGLE, Layout, Problem
from .names import roles_of
from .submission import Answer, Trace, UserError

__all__ = ["Binding", "Runner"]

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
        """The only number of examples that it is for: one, where each changes the weights."""
        return 1 if self.delivery.kind == "neurons" else None

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
        if sizes[-1] == 1 and self.delivery.kind == "neurons":
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

    @property
    def _is_flat(self) -> bool:
        """Whether it hands over one vector and no sizes, as where there is no hidden layer."""
        roles = {role for _, role, _ in self.assignment}
        return self.delivery.kind == "F" and not roles & {"sizes", "hidden"}

    def worth_after(self, other: Any) -> bool:
        """Whether to try it when ``other`` ran with the right shapes: no matrix and no data fit
        in two layouts, but vectors, labels and single examples do."""
        if not isinstance(other, Binding) or self.function != other.function:
            return True
        if self.assignment != other.assignment or self._is_flat != other._is_flat:
            return True
        vectors = {self.delivery.kind, other.delivery.kind} <= {"F", "C"}
        vectors = vectors or not other.delivery.plain or self.layout.last
        if self.old_matrix != other.old_matrix:
            return self.delivery == other.delivery
        x = self.x == other.x or (other.single and not self.single)
        return x and (vectors or self.delivery == other.delivery)

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

    def problem(self, problem: Problem, runner: Runner) -> Problem:
        """The problem that such weights can hold."""
        return self.layout.problem(problem)

    def answer(self, runner: Runner, problem: Problem) -> Answer:
        """Run it; UserError if it fails or gives nothing that can be read as a gradient."""
        problem = self.delivery.layout.problem(problem)
        return self.read_back(runner.run(self.program(problem)[0]), problem)

    def read_back(self, results: Sequence[Any], problem: Problem) -> Answer:
        """The gradient in the course's layout, from what the program's steps gave."""
        at = self.first + (self.forward is not None)
        cost = number_in(results[-1]) if self.cost is not None else None
        try:
            return read_answer(self.delivery, problem, results[at : at + 3], cost, self.stepped)
        except UserError:
            raise
        except ValueError:
            raise UserError(
                "function: returned arrays that do not have the shapes of the weights"
            ) from None

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
            "rows": [
                [*x, int(label)]
                for x, label in zip(problem.X.tolist(), problem.Y.argmax(axis=1), strict=True)
            ],
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
        if kind in ("dict", "lists"):
            return self.delivery.as_dict(weights, biases)
        if kind == "in turn":
            return [piece for pair in zip(weights, biases, strict=True) for piece in pair]
        if kind == "W first":
            return [*weights, *biases]
        if kind == "one":
            return weights[0]
        if kind == "neurons":
            return [[{"weights": [*row[1:], row[0]]} for row in W.tolist()] for W in weights]
        if kind == "pairs":
            return [tuple(pair) for pair in zip(weights, biases, strict=True)]
        return [wire.matrix(W) for W in weights] if self.old_matrix else weights


_ROLE_WORDS = {
    "weights": "the weights", "X": "X", "Y": "y", "lambda": "λ", "rate": "the step α",
    "m": "m", "sizes": "the units per layer", "once": "the number of iterations",
}  # fmt: skip


def _alone(biases: list[Array]) -> Any:
    """The bias of a single unit is mostly a plain number."""
    return None if not biases else float(biases[0].ravel()[0]) if biases[0].size == 1 else biases[0]


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
