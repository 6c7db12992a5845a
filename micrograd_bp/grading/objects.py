"""Objects and scripts: their weights are set, something is called, and the weights are read back.

Which attributes are the weights is told by their shapes alone: a chain of matrices from the
inputs to the outputs, with or without biases. What a call returns is the gradient if it has the
weights' shapes; else the weights' own change is, (before − after), up to the step α.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np

from . import wire
from .binding import Binding, Runner, number_in
from .chains import Chain, Path, chains
from .delivery import Delivery
from .functions import FORWARD
from .layouts import EXAMPLES, LABELS, Layout, Numbers, Problem, gather, random_problem
from .names import Parameter, assignments, parameters_of, roles_of
from .search import Bound
from .submission import Answer, UserError
from .ways import IN_COLUMNS

__all__ = ["ObjectBinding", "class_candidates", "script_candidates"]

METHODS = re.compile(
    r"(?i)back_?prop|backward|grad|prime|deriv|train|fit|update|step|learn|cost|loss|sgd"
)
ONLINE = re.compile(r"(?i)train|fit|sgd|learn")
NUMERIC = re.compile(r"(?i)numer|approx|check|predict|plot|test|score|accuracy")


@dataclass(frozen=True)
class ObjectBinding:
    """A method of an object (or the body of a script's loop) with all that it is given."""

    holder: str  # the class; "" for a script
    method: str
    chain: Chain
    make: tuple[tuple[str, str, bool], ...]  # how the object is made: parameter, role, by name
    call: tuple[tuple[str, str, bool], ...]
    x: str
    y: str
    before: tuple[str, tuple[tuple[str, str, bool], ...]] | None = None  # forward, called first
    loss: tuple[str, tuple[tuple[str, str, bool], ...]] | None = None  # what gives J
    loop: int | None = None
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
        if self.holder:
            steps.append(["call", self.holder, *_given(self.make, values)])
            holder = 0
        weights, biases = self.layout.pieces(problem.net.thetas)
        for path, piece in zip(
            (*self.chain.weights, *self.chain.biases), (*weights, *biases), strict=True
        ):
            steps.append(["set", holder, list(path), piece])
        for name, role in self.data.items():
            steps.append(["set", None, [name], values[role]])
        target = wire.Result(0)
        if self.loss is not None:
            steps.append(["call", [target, self.loss[0]], *_given(self.loss[1], values)])
        if self.before is not None:
            steps.append(["call", [target, self.before[0]], *_given(self.before[1], values)])
            values["forward"] = wire.Result(len(steps) - 1)
        at = len(steps)
        if self.loop is not None:
            steps.append(["body", self.loop])
        else:
            steps.append(["call", [target, self.method], *_given(self.call, values)])
        steps.append(["arrays", holder])
        return steps, at

    def _values(self, problem: Problem) -> dict[str, Any]:
        binding = Binding("", (), Delivery("numbered", self.layout), self.x, self.y)
        values = binding.values(problem)
        values["hidden list"] = [int(size) for size in problem.net.sizes[1:-1]]
        values["pairs"] = list(zip([problem.X[0]], [problem.Y[0]], strict=True))
        return values

    def _read(self, results: Sequence[Any], at: int, problem: Problem) -> Answer:
        returned, after = results[at], results[at + 1]
        like = problem.net.thetas
        cost = None
        if self.loss is not None:
            cost = number_in(results[at - 1 - (self.before is not None)])
        gradient = gather(returned, self.layout, like)
        weights = [np.asarray(_at(after, path), float) for path in self.chain.weights]
        biases = [np.asarray(_at(after, path), float) for path in self.chain.biases]
        moved = self.layout.matrices(weights, biases, [0.0 * theta for theta in like])
        step = [theta - np.asarray(M) for theta, M in zip(like, moved, strict=True)]
        if self.layout.kind == "none":
            step = self.layout.matrices(
                [part.T if self.layout.turned else part for part in (s[:, 1:] for s in step)],
                [], problem.exact.D,
            )  # fmt: skip
        changed = any(np.any(part[:, 1:]) for part in step)
        if gradient is not None and not (changed and _same(gradient, moved)):
            return Answer(gradient, False, cost)
        if changed:
            return Answer(step, False, cost, scaled=True)
        kept = {name: v for name, v in after.items() if _LEFT.match(name)}
        gradient = gather(kept, self.layout, like)
        if gradient is None:
            raise UserError(f"{self.name} neither returns a gradient nor changes the weights")
        return Answer(gradient, False, cost)


_LEFT = re.compile(r"(?i)d_?[wb]|d_?theta|.*grad|nabla|delta_?[wb]|dj")


def _same(one: Sequence[Numbers], other: Sequence[Numbers]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def _at(tree: Any, path: Path) -> Any:
    for key in path:
        tree = tree[int(key)] if isinstance(tree, (list, tuple, np.ndarray)) else tree[key]
    return tree


def _given(
    assignment: Sequence[tuple[str, str, bool]], values: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    positional, named = [], {}
    for name, role, by_name in assignment:
        if role not in values:
            raise UserError(f"function: its parameters do not fit ({name})")
        if by_name:
            named[name] = values[role]
        else:
            positional.append(values[role])
    return positional, named


# Classes

SIZES = ([3, 5, 4, 3], [4, 5, 3], [4, 5, 1], [3, 5, 4, 1], [4, 3], [4, 1])
X_FORMS = list(EXAMPLES)
MOST = 12  # ways to make an object or to call a method that are tried


def class_candidates(
    described: Mapping[str, Any], method: str | None, runner: Runner
) -> Iterator[Bound]:
    """The methods of a class that may give a gradient or a step, on objects of our making."""
    methods = {str(m["name"]): m for m in described["methods"]}
    chosen = [m for m in methods.values() if m["name"] != "__init__" and METHODS.search(m["name"])]
    chosen = [m for m in chosen if not NUMERIC.search(m["name"])]
    order = sorted(chosen, key=lambda m: _rank(str(m["name"])))
    if method is not None:
        order = [methods[method]] if method in methods else []
    made = list(_objects(described, methods, runner))
    for target in order:
        for make, chain, x, y in made:
            for call in _calls(target, make):
                for forms in [(x, y)] if x is not None else _forms(chain):
                    yield from _with_helpers(described, target, make, call, chain, forms)


def _rank(name: str) -> int:
    patterns = ("back_?prop", "backward|prime", "grad|deriv", "update|step", "train|fit|learn", "")
    return next(i for i, pattern in enumerate(patterns) if re.search(pattern, name, re.IGNORECASE))


Roles = tuple[tuple[str, str, bool], ...]


def _objects(
    described: Mapping[str, Any], methods: Mapping[str, Any], runner: Runner
) -> Iterator[tuple[Roles, Chain, Any, Any]]:
    """The ways to make an object that has a chain of weights, and X's and y's form if it takes
    the data when it is made."""
    init = methods.get("__init__")
    parameters = _without_self(init) if init else []
    seen = set()
    for count, roles in enumerate(_roles(parameters)):
        if count >= MOST:
            return
        with_data = any(role in ("X", "Y") for _, role, _ in roles)
        for sizes in SIZES:
            for x, y in _data_pairs() if with_data else [("", "")]:
                problem = random_problem(sizes, 6, 0.0)
                values = Binding("", (), Delivery("numbered"), x, y)
                try:
                    given = values.values(problem)
                    given["hidden list"] = list(sizes[1:-1])
                    steps = [["call", described["name"], *_given(roles, given)], ["arrays", 0]]
                    attributes = runner.run(steps)[1]
                except (UserError, ValueError):
                    continue
                for chain in chains(attributes):
                    free = not with_data and not any(role in SIZE_ROLES for _, role, _ in roles)
                    fits = free or (chain.sizes[0] == sizes[0] and chain.sizes[-1] == sizes[-1])
                    key = (roles, chain.layout, chain.sizes, x, y)
                    if fits and key not in seen:
                        seen.add(key)
                        yield roles, chain, x if with_data else None, y


SIZE_ROLES = ("sizes", "input", "hidden", "hidden list", "output")


def _data_pairs() -> list[tuple[str, str]]:
    return [("", ""), ("", "y as class numbers from 0"), (X_FORMS[2], IN_COLUMNS[0])]


def _without_self(method: Mapping[str, Any]) -> list[Parameter]:
    parameters = parameters_of(method["parameters"]) or []
    return parameters if method.get("static") else parameters[1:]


def _roles(parameters: Sequence[Parameter]) -> Iterator[Roles]:
    """The roles that the parameters of a method may have; weights are none of them."""
    options = [p for p in parameters if not p.optional]
    if not options:
        yield ()
    named = [p for p in parameters if not p.optional or _role_of_size(p)]
    if named:
        for roles in assignments(named, essential=()):
            for lists in (False, True):
                made = []
                for p in named:
                    role = roles.get(p.name, "")
                    role = {"hidden": "hidden list"}.get(role, role) if lists else role
                    made.append((p.name, role, p.optional or p.keyword))
                if all(role for _, role, _ in made):
                    yield tuple(made)
                if not any(role == "hidden list" for _, role, _ in made):
                    break


def _role_of_size(p: Parameter) -> bool:
    return bool({"sizes", "input", "hidden", "output"} & set(roles_of(p.name)[:1]))


def _calls(target: Mapping[str, Any], make: Roles) -> Iterator[Roles]:
    """The ways to call a method."""
    parameters = _without_self(target)
    required = [p for p in parameters if not p.optional]
    once = [p for p in parameters if p.optional and p.name and _once(p)]
    extra = tuple((p.name, "once", True) for p in once)
    if not required:
        yield extra
        return
    count = 0
    for roles in assignments(required, essential=("X", "Y")):
        if set(roles.values()) & {"weights", "biases", "sizes"}:
            continue
        yield (*((p.name, roles[p.name], p.keyword) for p in required), *extra)
        count += 1
        if count >= MOST:
            return


def _once(p: Parameter) -> bool:
    return roles_of(p.name)[:1] == ("once",)


def _forms(chain: Chain) -> Iterator[tuple[str, str]]:
    rows = list(
        product(["", X_FORMS[1]], [words for words in LABELS if "one example" not in words])
    )
    columns = list(product(X_FORMS[2:4], IN_COLUMNS))
    single = list(product(X_FORMS[4:], [words for words in LABELS if "one example" in words]))
    columns_first = chain.layout.bias == "column" and not chain.layout.turned
    yield from (*columns, *single, *rows) if columns_first else (*rows, *columns, *single)


def _with_helpers(
    described: Mapping[str, Any], target: Mapping[str, Any], make: Roles, call: Roles,
    chain: Chain, forms: tuple[str, str],
) -> Iterator[Bound]:  # fmt: skip
    """The method alone, or after a forward pass whose result it may ask for; with the loss."""
    base = ObjectBinding(
        described["name"], str(target["name"]), chain, make, call, *forms,
        takes_lambda=any(role == "lambda" for _, role, _ in (*call, *make)),
    )  # fmt: skip
    forwards = [
        (str(m["name"]), tuple((p.name, "X", False) for p in _without_self(m) if not p.optional))
        for m in described["methods"]
        if FORWARD.search(m["name"]) and m["name"] != target["name"]
    ]
    forwards = [(name, roles) for name, roles in forwards if len(roles) <= 1]
    asks = any(role == "forward" for _, role, _ in call)
    made = [replace(base, before=before) for before in forwards[:2]]
    if not asks:
        made.append(base)
    yield from made
    if ONLINE.search(base.method) and not base.single:  # an update for each example, perhaps
        yield from (replace(bound, examples=1) for bound in made)


# Scripts


def script_candidates(inventory: Mapping[str, Any], runner: Runner) -> Iterator[Bound]:
    """The bodies of the top-level loops that change the weights of a chain."""
    data = inventory["data"]
    names = {
        role: [n for n, v in data.items() if role in roles_of(n)[:1] and np.ndim(v) in (1, 2)]
        for role in ("X", "Y")
    }
    for loop in reversed(inventory["loops"]):
        changed = {name: np.asarray(data[name]) for name in loop["names"] if name in data
                   and isinstance(data[name], np.ndarray)}  # fmt: skip
        for chain in chains(changed):
            for x, y in product(names["X"], names["Y"]):
                m = len(data[y]) if np.ndim(data[y]) == 1 or len(data[y]) > 1 else None
                for count, (x_form, y_form) in product(dict.fromkeys([m, 1]), _forms(chain)):
                    yield ObjectBinding(
                        "",
                        f"the loop in line {loop['line']}",
                        chain,
                        (),
                        (),
                        x_form,
                        y_form,
                        loop=int(loop["index"]),
                        data={x: "X", y: "Y"},
                        examples=count,
                    )
