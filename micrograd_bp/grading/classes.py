"""The candidates among a file's classes, its own objects, its variables and its loops."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from .binding import Binding, Runner
from .chains import Chain, chains
from .delivery import Delivery
from .functions import FORWARD
from .layouts import EXAMPLES, LABELS, ROW_BY_ROW, random_problem
from .names import Parameter, assignments, parameters_of, roles_of
from .objects import ObjectBinding, Roles, given_values
from .search import Bound
from .submission import UserError
from .ways import IN_COLUMNS

__all__ = [
    "class_candidates",
    "made_ways",
    "other_steps",
    "script_candidates",
    "variable_candidates",
    "without_self",
]

METHODS = re.compile(
    r"(?i)back_?prop|backward|grad|prime|deriv|train|fit|update|step|learn|cost|loss|sgd"
)
ONLINE = re.compile(r"(?i)train|fit|sgd|learn")
OTHER_STEPS = re.compile(r"(?i)adam|moment|veloc|rms_?prop|ada_?grad|dropout|decay_rate|^beta")
NUMERIC = re.compile(r"(?i)numer|approx|check|predict|plot|test|score|accuracy")
SIZES = ([3, 5, 4, 3], [4, 5, 3], [4, 5, 1], [3, 5, 4, 1], [4, 3], [4, 1])
X_FORMS = list(EXAMPLES)
MOST = 12  # ways to make an object or to call a method that are tried


def class_candidates(
    described: Mapping[str, Any],
    method: str | None,
    runner: Runner,
    deep: bool,
    instance: str = "",
) -> Iterator[Bound]:
    """The methods of a class that may give a gradient or a step, on objects of our making, or on
    the file's own ``instance``. ``deep`` asks for hidden layers; without it there must be none, as
    in a class for one layer of a network."""
    methods = {str(m["name"]): m for m in described["methods"]}
    chosen = [m for m in methods.values() if m["name"] != "__init__" and METHODS.search(m["name"])]
    chosen = [m for m in chosen if not NUMERIC.search(m["name"])]
    chosen = [m for m in chosen if not other_steps([m["name"], *m.get("reads", ())])]
    order = sorted(chosen, key=lambda m: _rank(str(m["name"])))
    if method is not None:
        order = [methods[method]] if method in methods else []
    if instance:
        attributes = runner.run([["get", None, [instance]], ["arrays", 0]])[1]
        made: list[Any] = [((), chain, None, "") for chain in chains(attributes)]
        described = {**described, "name": instance, "at_hand": True}
    else:
        made = list(_objects(described, methods, runner))
    made = [way for way in made if (len(way[1].sizes) > 2) == deep]
    for target in order:
        for make, chain, x, y in made:
            for call in _calls(target, make):
                for forms in [(x, y)] if x is not None else _forms(chain):
                    yield from _with_helpers(described, target, make, call, chain, forms)


def _rank(name: str) -> int:
    patterns = ("back_?prop", "backward|prime", "grad|deriv", "update|step", "train|fit|learn", "")
    return next(i for i, pattern in enumerate(patterns) if re.search(pattern, name, re.IGNORECASE))


def _objects(
    described: Mapping[str, Any], methods: Mapping[str, Any], runner: Runner
) -> Iterator[tuple[Roles, Chain, Any, Any]]:
    """The ways to make an object that has a chain of weights, and X's and y's form if it takes
    the data when it is made."""
    init = methods.get("__init__")
    parameters = without_self(init) if init else []
    seen = set()
    for count, roles in enumerate(made_ways(parameters)):
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
                    steps = [
                        ["call", described["name"], *given_values(roles, given)],
                        ["arrays", 0],
                    ]
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


def other_steps(names: Sequence[str]) -> bool:
    """Whether the names in a function say that a step of it is not α times the gradient."""
    return any(OTHER_STEPS.search(name) for name in names)


def without_self(method: Mapping[str, Any]) -> list[Parameter]:
    """The parameters of a method that a call gives."""
    parameters = parameters_of(method["parameters"]) or []
    return parameters if method.get("static") else parameters[1:]


def made_ways(parameters: Sequence[Parameter]) -> Iterator[Roles]:
    """The roles that the parameters of a method may have; weights are none of them."""
    options = [p for p in parameters if not p.optional]
    if not options:
        yield ()
    if len(options) == 3:  # whatever they are called
        sizes = zip(options, ("input", "hidden", "output"), strict=True)
        yield tuple((p.name, role, p.keyword) for p, role in sizes)
    named = [p for p in parameters if not p.optional or _role_of_size(p)]
    if named:
        for roles in assignments(named, essential=()):
            if all(p.name in roles for p in named):
                made = tuple((p.name, roles[p.name], p.optional or p.keyword) for p in named)
                yield made
                if "hidden" in roles.values():  # one layer's units, or a list of several
                    yield tuple((n, "hidden list" if r == "hidden" else r, k) for n, r, k in made)


def _role_of_size(p: Parameter) -> bool:
    return bool({"sizes", "input", "hidden", "output"} & set(roles_of(p.name)[:1]))


def _calls(target: Mapping[str, Any], make: Roles) -> Iterator[Roles]:
    """The ways to call a method."""
    parameters = without_self(target)
    data = {"X", "Y", "lambda"}  # given even where they have a default
    required = [p for p in parameters if not p.optional or data & set(roles_of(p.name)[:1])]
    once = [p for p in parameters if p.optional and p.name and _once(p)]
    extra = tuple((p.name, "once", True) for p in once)
    if not required:
        yield extra
        return
    count = 0
    error = [p for p in required if "error" in roles_of(p.name)]
    if error and len(required) - len(error) <= 1:  # the slope of the cost at the outputs
        others = {p.name: next(iter(roles_of(p.name)), "") for p in required}
        yield (
            *((p.name, "error" if p in error else others[p.name], False) for p in required),
            *extra,
        )
    for roles in assignments(required, essential=("X", "Y")):
        if set(roles.values()) & {"weights", "biases", "sizes"}:
            continue
        by_name = [p.keyword or p.optional for p in required]
        call = ((p.name, roles[p.name], named) for p, named in zip(required, by_name, strict=True))
        yield (*call, *extra)
        count += 1
        if count >= MOST:
            return


def _once(p: Parameter) -> bool:
    return roles_of(p.name)[:1] == ("once",)


def _forms(chain: Chain) -> Iterator[tuple[str, str]]:
    ones = X_FORMS[-1 if chain.layout.last else 1]
    many = [words for words in LABELS if "one example" not in words and words != ROW_BY_ROW[1]]
    rows = list(product(["", ones], many))
    columns = list(product(X_FORMS[2:4], IN_COLUMNS))
    single = list(product(X_FORMS[4:6], [words for words in LABELS if "one example" in words]))
    columns_first = chain.layout.bias == "column" and not chain.layout.turned
    yield from (*columns, *single, *rows) if columns_first else (*rows, *columns, *single)
    yield ROW_BY_ROW


def _with_helpers(
    described: Mapping[str, Any], target: Mapping[str, Any], make: Roles, call: Roles,
    chain: Chain, forms: tuple[str, str],
) -> Iterator[Bound]:  # fmt: skip
    """The method alone, or after a forward pass whose result it may ask for."""
    base = ObjectBinding(
        described["name"], str(target["name"]), chain, make, call, *forms,
        at_hand=bool(described.get("at_hand")),
        takes_lambda=any(role == "lambda" for _, role, _ in (*call, *make)),
    )  # fmt: skip
    forwards = [
        (str(m["name"]), tuple((p.name, "X", False) for p in without_self(m) if not p.optional))
        for m in described["methods"]
        if FORWARD.search(m["name"]) and m["name"] != target["name"]
    ]
    forwards = [(name, roles) for name, roles in forwards if len(roles) <= 1]
    asks = any(role in ("forward", "error") for _, role, _ in call)
    made = [replace(base, before=before) for before in forwards[:2]]
    if not asks:
        made.append(base)
    yield from made
    if ONLINE.search(base.method) and not base.single:  # an update for each example, perhaps
        yield from (replace(bound, examples=1) for bound in made)


# Scripts


def variable_candidates(inventory: Mapping[str, Any], runner: Runner) -> Iterator[Bound]:
    """The functions that take examples only, and find the weights in the file's variables."""
    forwards = [f for f in inventory["functions"] if FORWARD.search(f["name"])]
    for function in inventory["functions"]:
        name, reads = str(function["name"]), function.get("reads", [])
        if not METHODS.search(name) or NUMERIC.search(name):
            continue
        data = {k: v for k, v in inventory["data"].items() if k in reads}
        described = {"name": "", "methods": [dict(f, static=True) for f in forwards]}
        for chain in chains(data):
            for call in _calls(dict(function, static=True), ()):
                if not {"X", "error"} & {role for _, role, _ in call}:
                    continue
                for forms in _forms(chain):
                    target = dict(function, static=True)
                    yield from _with_helpers(described, target, (), call, chain, forms)


def script_candidates(inventory: Mapping[str, Any], runner: Runner) -> Iterator[Bound]:
    """The bodies of the top-level loops that change the weights of a chain."""
    data = inventory["data"]
    arrays = {name: value for name, value in data.items() if np.ndim(value) in (1, 2)}
    names = {role: [n for n in arrays if role in roles_of(n)[:1]] for role in ("X", "Y")}
    unknown = [n for n in arrays if not roles_of(n)]  # where no name says it
    names = {role: found or unknown for role, found in names.items()}
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
