"""Objects and scripts: their weights are set, something is called, and the weights are read back.

Which attributes are the weights is told by their shapes alone: a chain of matrices from the
inputs to the outputs, with or without biases. What a call returns is the gradient if it has the
weights' shapes; else the weights' own change is, (before − after), up to the step α.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import wire
from .answers import cost_beside
from .binding import Binding, Runner
from .chains import Chain, Path, name_of
from .delivery import Delivery
from .layouts import Layout, Problem, gather, leaves
from .submission import Answer, UserError

__all__ = ["ObjectBinding", "Roles", "at_path", "given_values"]

Roles = tuple[tuple[str, str, bool], ...]  # parameter, role, whether by name only


@dataclass(frozen=True)
class ObjectBinding:
    """A method of an object (or the body of a script's loop) with all that it is given."""

    holder: str  # the class, or the file's own object; "" for a script and its variables
    method: str
    chain: Chain
    make: tuple[tuple[str, str, bool], ...]  # how the object is made: parameter, role, by name
    call: tuple[tuple[str, str, bool], ...]
    x: str
    y: str
    before: tuple[str, tuple[tuple[str, str, bool], ...]] | None = None  # forward, called first
    loop: int | None = None
    at_hand: bool = False  # the holder is an object that the file made
    examples: int | None = None  # of a script, whose other variables may depend on their number
    data: dict[str, str] = field(default_factory=dict, compare=False)  # a script's X and y
    takes_lambda: bool = False
    course_form: bool = False

    @property
    def name(self) -> str:
        return f"{self.holder}.{self.method}" if self.holder else self.method

    @property
    def words(self) -> str:
        first = f"weights set in {', '.join('.'.join(path) for path in self.chain.weights)}"
        return ", ".join(filter(None, [first, self.layout.words, self.x, self.y]))

    @property
    def layout(self) -> Layout:
        return self.chain.layout

    @property
    def single(self) -> bool:
        return "one example" in self.x

    @property
    def from_labels(self) -> bool:
        return ("class" in self.y or self.loop is not None) and self.examples != 1

    @property
    def sizes(self) -> tuple[int, ...]:
        """The network that its weights, as they stand, are those of."""
        return self.chain.sizes

    def admits(self, sizes: Sequence[int]) -> bool:
        """Whether its weights are those of such a network."""
        return tuple(sizes) == self.chain.sizes

    def worth_after(self, other: Any) -> bool:
        """Whether to try it when ``other`` ran with the right shapes."""
        return not isinstance(other, ObjectBinding) or self.method == other.method

    def problem(self, problem: Problem, runner: Runner) -> Problem:
        """The problem that its weights can hold."""
        return self.layout.problem(problem)

    def answer(self, runner: Runner, problem: Problem) -> Answer:
        """Run it; UserError if it fails or neither gives nor changes anything."""
        problem = self.layout.problem(problem)
        return self.read_back(runner.run(self.program(problem)[0]), problem)

    def read_back(self, results: Sequence[Any], problem: Problem) -> Answer:
        """The gradient in the course's layout, from what the program's steps gave."""
        try:
            return self._read(results, len(results) - 2, problem)
        except ValueError as error:
            if isinstance(error, UserError):
                raise
            raise UserError(f"{self.name} leaves arrays of other shapes than the weights") from None

    def program(self, problem: Problem) -> tuple[list[Sequence[Any]], int]:
        """Make the object, set its weights, call, and read everything again."""
        values = self._values(problem)
        steps: list[Sequence[Any]] = []
        holder = None
        if self.holder and self.at_hand:
            steps.append(["get", None, [self.holder]])
        elif self.holder:
            steps.append(["call", self.holder, *given_values(self.make, values)])
        holder = 0 if self.holder else None
        weights, biases = self.layout.pieces(problem.net.thetas)
        for path, piece in zip(
            (*self.chain.weights, *self.chain.biases), (*weights, *biases), strict=True
        ):
            steps.append(["set", holder, list(path), piece])
        for name, role in self.data.items():
            steps.append(["set", None, [name], values[role]])
        if self.before is not None:
            given = given_values(self.before[1], values)
            steps.append(["call", self._target(self.before[0]), *given])
            values["forward"] = wire.Result(len(steps) - 1)
            if any(role == "error" for _, role, _ in self.call):
                steps.append(["minus", values["forward"], values["Y"], 1.0 / len(problem.X)])
                values["error"] = wire.Result(len(steps) - 1)
        at = len(steps)
        if self.loop is not None:
            steps.append(["body", self.loop])
        else:
            steps.append(["call", self._target(self.method), *given_values(self.call, values)])
        steps.append(["arrays", holder])
        return steps, at

    def _target(self, method: str) -> Any:
        """What is called: a method of the holder, or a function of the file."""
        return [wire.Result(0), method] if self.holder else method

    def _values(self, problem: Problem) -> dict[str, Any]:
        binding = Binding("", (), Delivery("numbered", self.layout), self.x, self.y)
        values = binding.values(problem)
        values["hidden list"] = [int(size) for size in problem.net.sizes[1:-1]]
        values["pairs"] = list(zip([problem.X[0]], [problem.Y[0]], strict=True))
        return values

    def _read(self, results: Sequence[Any], at: int, problem: Problem) -> Answer:
        returned, after = results[at], results[at + 1]
        like = problem.net.thetas
        gradient = gather(returned, self.layout, like)
        cost = None if gradient is None else cost_beside(returned, problem, self.layout)
        weights = [np.asarray(at_path(after, path), float) for path in self.chain.weights]
        biases = [np.asarray(at_path(after, path), float) for path in self.chain.biases]
        moved = self.layout.matrices(weights, biases, [0.0 * theta for theta in like])
        step = [theta - np.asarray(M) for theta, M in zip(like, moved, strict=True)]
        if self.layout.kind == "none":
            step = self.layout.matrices(
                [part.T if self.layout.turned else part for part in (s[:, 1:] for s in step)],
                [], problem.exact.D,
            )  # fmt: skip
        changed = any(np.any(part[:, 1:]) for part in step)
        if gradient is not None and not (changed and np.array_equal(gradient[0], moved[0])):
            return Answer(gradient, False, cost)
        if changed:
            return Answer(step, False, cost, scaled=True)
        kept = {"/".join(path): a for path, a in leaves(after) if _LEFT.match(name_of(path))}
        gradient = gather(kept, self.layout, like)
        if gradient is None:
            raise UserError(f"{self.name} neither returns a gradient nor changes the weights")
        return Answer(gradient, False, cost)


_LEFT = re.compile(r"(?i)d_?[wb]|d_?theta|.*grad|nabla|delta_?[wb]|dj")


def at_path(tree: Any, path: Path) -> Any:
    """What stands in nested lists and dicts at the end of ``path``."""
    for key in path:
        tree = tree[int(key)] if isinstance(tree, (list, tuple, np.ndarray)) else tree[key]
    return tree


def given_values(
    assignment: Sequence[tuple[str, str, bool]], values: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments by place and by name. Raises UserError where a role has no value."""
    positional, named = [], {}
    for name, role, by_name in assignment:
        if role not in values:
            raise UserError(f"function: its parameters do not fit ({name})")
        if by_name:
            named[name] = values[role]
        else:
            positional.append(values[role])
    return positional, named
