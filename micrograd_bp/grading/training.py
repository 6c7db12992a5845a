"""Training that makes its own weights: they are read after no pass over the data and after one.

Functions such as ``train(X, y, epochs)`` and classes whose ``fit`` makes the weights leave no place
where weights could be handed in. Run twice from the same seed, with one pass more in the second
run, they show the weights before and after a step, and the step is the gradient up to its α.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np

from ..network.sigmoid import SigmoidNetwork
from . import wire
from .binding import Binding, Runner
from .chains import Chain, Path, chains
from .classes import made_ways, other_steps, without_self
from .delivery import Delivery
from .layouts import ROW_BY_ROW, Layout, Numbers, Problem, random_problem
from .names import Parameter, assignments, parameters_of, roles_of
from .objects import Roles, at_path, given_values
from .search import EXAMPLES, Bound
from .submission import Answer, UserError
from .ways import in_call_order

__all__ = ["Trained", "trained_candidates"]

TRAINS = re.compile(r"(?i)train|fit|model|descent|learn|optimi|sgd|run|main|network|back_?prop|^nn")
PASSES = ((0, 1), (1, 2))  # before and after one pass; some give no weights before the first
SIZES = ([4, 5, 3], [4, 5, 1], [3, 5, 4, 3], [2, 5, 2])
FORMS = [
    ("", ""), ("", "y as class numbers from 0"), ("", "y as (m, 1) class numbers from 0"),
    ("examples in columns", "Y with examples in columns"),
    ("examples in columns", "y as class numbers from 0"),
    ROW_BY_ROW,
]  # fmt: skip
SETTINGS = {"X", "Y", "input", "hidden", "output", "m", "once", "batch", "lambda", "sizes"}
MOST = 6  # ways to call one function that are tried


@dataclass(frozen=True)
class Trained:
    """A call that makes and trains a network, with where its weights are found afterwards."""

    name: str
    holder: tuple[str, Roles] | None  # the class and how it is made; None for a function
    call: Roles
    variables: tuple[tuple[str, str], ...]  # of the file, or of the object: name and role
    x: str
    y: str
    passes: tuple[int, int] = (0, 1)
    chain: Chain | None = None
    asked: tuple[int, ...] = ()  # the sizes it was given when it made this chain: not all, perhaps
    examples: int | None = EXAMPLES
    forward: None = None
    extra: dict[str, str] = field(default_factory=dict, compare=False)
    takes_lambda = False
    single = False
    from_labels = True  # a single example tells nothing of how many classes there are
    course_form = False

    @property
    def words(self) -> str:
        """What was called, in one line."""
        return ", ".join(filter(None, ["one pass of training", self.layout.words, self.x, self.y]))

    @property
    def layout(self) -> Layout:
        """How the weights are laid out that it makes."""
        return self.chain.layout if self.chain is not None else Layout()

    @property
    def sizes(self) -> tuple[int, ...] | None:
        """The network that it makes."""
        return self.chain.sizes if self.chain is not None else None

    def admits(self, sizes: Sequence[int]) -> bool:
        """Whether it makes such a network."""
        return self.chain is None or tuple(sizes) == self.chain.sizes

    def worth_after(self, other: Any) -> bool:
        """Whether to try it when ``other`` ran with the right shapes."""
        return not isinstance(other, Trained) or self.name == other.name

    def program(self, problem: Problem) -> tuple[list[Sequence[Any]], int]:
        """Two runs from one seed, with one pass more in the second."""
        steps: list[Sequence[Any]] = []
        for passes in self.passes:
            steps += self._once(problem, passes, len(steps))
        return steps, len(steps) - 1

    def _once(self, problem: Problem, passes: int, first: int) -> list[Sequence[Any]]:
        values = Binding("", (), Delivery("numbered", self.layout), self.x, self.y).values(problem)
        asked = [int(size) for size in self.asked or problem.net.sizes]
        values |= {"once": passes, "sizes": asked, "hidden list": asked[1:-1]}
        steps: list[Sequence[Any]] = [["seed"]]
        holder = None
        if self.holder is not None:
            holder = first + len(steps)
            steps.append(["call", self.holder[0], *given_values(self.holder[1], values)])
        for name, role in self.variables:
            steps.append(["set", holder, [name], values[role]])
        target: Any = self.name if holder is None else [wire.Result(holder), self.name]
        steps.append(["call", target, *given_values(self.call, values)])
        steps.append(
            ["arrays", holder] if holder is not None else ["get", first + len(steps) - 1, []]
        )
        return steps

    def problem(self, problem: Problem, runner: Runner) -> Problem:
        """The problem with the weights that the training makes itself."""
        results = runner.run(self.program(problem)[0])
        before, _ = self._weights(results)
        thetas = self.layout.matrices(*before, [0.0 * theta for theta in problem.net.thetas])
        net = SigmoidNetwork(thetas=thetas)
        if (net.sizes[0], net.sizes[-1]) != (problem.X.shape[1], problem.Y.shape[1]):
            raise UserError(f"{self.name} makes a network that does not fit its data")
        return replace(problem, net=net)

    def answer(self, runner: Runner, problem: Problem) -> Answer:
        """The step; UserError if it fails or changes nothing."""
        return self.read_back(runner.run(self.program(problem)[0]), problem)

    def read_back(self, results: Sequence[Any], problem: Problem) -> Answer:
        """(before − after), which is the gradient up to the factor α."""
        pieces = self._weights(results)
        exact = problem.exact.D
        rest = exact if self.layout.kind == "none" else [0.0 * theta for theta in exact]
        before, after = (self.layout.matrices(*one, rest) for one in pieces)
        step = [b - a for b, a in zip(before, after, strict=True)]
        if not any(np.any(part[:, 1:]) for part in step):
            raise UserError(f"{self.name} does not change the weights in one pass")
        if self.layout.kind == "none":
            step = [np.hstack([D[:, :1], part[:, 1:]]) for D, part in zip(exact, step, strict=True)]
        return Answer(step, False, None, scaled=True)

    def shows_weights(self, results: Sequence[Any]) -> bool:
        """Whether the weights are there after both runs."""
        try:
            self._weights(results)
        except UserError:
            return False
        return True

    def _weights(self, results: Sequence[Any]) -> list[tuple[list[Numbers], list[Numbers]]]:
        chain, trees = self.chain, (results[len(results) // 2 - 1], results[-1])
        assert chain is not None
        try:
            return [(_arrays(tree, chain.weights), _arrays(tree, chain.biases)) for tree in trees]
        except (KeyError, IndexError, TypeError, ValueError):
            raise UserError(f"{self.name} gives other weights in each run") from None


def _arrays(tree: Any, paths: Sequence[Path]) -> list[Numbers]:
    return [np.asarray(at_path(tree, path), float) for path in paths]


def trained_candidates(inventory: Mapping[str, Any], runner: Runner) -> Iterator[Bound]:
    """The functions and classes of a file that make weights of their own and train them."""
    for plain in _plain(inventory):
        for passes, sizes, (x, y) in product(PASSES, SIZES, FORMS):
            trained = replace(plain, passes=passes, x=x, y=y)
            problem = random_problem(sizes, EXAMPLES, 0.0)
            try:
                results = runner.run(trained.program(problem)[0])
            except (UserError, ValueError):
                continue
            for chain in _chains(results, sizes):
                bound = replace(trained, chain=chain, asked=tuple(sizes))
                if bound.shows_weights(results):
                    yield bound
                    yield replace(bound, examples=1)


def _chains(results: Sequence[Any], sizes: Sequence[int]) -> Iterator[Chain]:
    tree = results[-1] if isinstance(results[-1], dict) else {"": results[-1]}
    for chain in chains(tree):
        if chain.sizes[0] == sizes[0] and chain.sizes[-1] == sizes[-1] and len(chain.sizes) > 2:
            if "" in tree:
                chain = replace(chain, weights=tuple(p[1:] for p in chain.weights),
                                biases=tuple(p[1:] for p in chain.biases))  # fmt: skip
            yield chain


def _plain(inventory: Mapping[str, Any]) -> Iterator[Trained]:
    """The ways to call what may train, without the form of the data."""
    data = inventory["data"]
    for function in inventory["functions"]:
        names = function.get("reads", [])
        if not TRAINS.search(str(function["name"])) or other_steps(names):
            continue
        variables = tuple(
            (name, roles_of(name)[0]) for name in names
            if name in data and roles_of(name) and roles_of(name)[0] in SETTINGS
        )  # fmt: skip
        for call in _calls(parameters_of(function["parameters"]) or [], variables):
            yield Trained(str(function["name"]), None, call, variables, "", "")
    for described in inventory["classes"]:
        methods = {str(m["name"]): m for m in described["methods"]}
        if any(other_steps(m.get("reads", [])) for m in methods.values()):
            continue
        init = methods.get("__init__")
        for method in methods.values():
            if not re.search(r"(?i)train|fit|learn", str(method["name"])):
                continue
            counts = [n for n in (init or {}).get("reads", ()) if _role(n) == "once"]
            variables = tuple((name, "once") for name in dict.fromkeys(counts))[:1]
            for make in made_ways(without_self(init) if init else []):
                for call in _calls(without_self(method), variables):
                    yield Trained(
                        str(method["name"]), (str(described["name"]), make), call, variables, "", ""
                    )


def _role(name: str) -> str:
    return next(iter(roles_of(name)), "")


def _calls(
    parameters: Sequence[Parameter], variables: Sequence[tuple[str, str]]
) -> Iterator[Roles]:
    """The ways to call it with data, and with the number of passes given somewhere."""
    at_hand = {role for _, role in variables}
    chosen = [p for p in parameters if not p.optional or _role(p.name) in ("once", "sizes")]
    needed = [role for role in ("X", "Y") if role not in at_hand]
    count = 0
    for roles in assignments(chosen, essential=needed):
        given = set(roles.values())
        if not {"X", "Y", "once"} <= given | at_hand or given & {"weights", "biases", "forward"}:
            continue
        yield in_call_order(parameters, roles)
        count += 1
        if count >= MOST:
            return
