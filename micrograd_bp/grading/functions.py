"""The candidates among a file's functions, with the cost and forward functions beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .binding import Binding, Runner
from .delivery import deliveries
from .layouts import Problem, leaves, random_problem
from .names import COST, Parameter, assignments, parameters_of, roles_of
from .search import EXAMPLES, Bound
from .submission import UserError
from .ways import bindings

__all__ = ["FORWARD", "function_candidates", "needs_network", "parameter_names", "with_cost"]


def function_candidates(
    inventory: Mapping[str, Any], functions: Sequence[Mapping[str, Any]], runner: Runner
) -> Iterator[Bound]:
    """The bindings of these functions, with the file's own cost and forward functions."""
    everything = inventory["functions"]
    forwards = [f for f in everything if FORWARD.search(f["name"])]
    helpers = _helpers(everything)
    for function in functions:
        parameters = parameters_of(function["parameters"])
        strings = _strings(function, everything)
        for plain in bindings(str(function["name"]), parameters, strings):
            roles = {role for _, role, _ in plain.assignment}
            extra = {key: name for key, name in helpers.items() if key.partition(":")[2] in roles}
            binding = replace(plain, extra=extra | _globals(inventory, function, roles))
            if "forward" in roles:
                yield from _handed_on(binding, forwards, runner)
            else:
                yield binding


def _strings(function: Mapping[str, Any], functions: Sequence[Mapping[str, Any]]) -> list[str]:
    """The strings in a function, and in those that it calls or that compute what it is given."""
    beside = [f for f in functions if f["name"] in function.get("reads", ())]
    beside += [f for f in functions if FORWARD.search(f["name"])]
    return [s for f in (*beside, function) for s in f.get("strings", ())]


def _helpers(functions: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The file's activation and its slope, for parameters that ask for them."""
    plain = [f for f in functions if len(parameters_of(f["parameters"]) or ()) == 1]
    made: dict[str, str] = {}
    for function in plain:
        name = str(function["name"])
        if ACTIVATION.search(name):
            made.setdefault(f"function:{'slope' if SLOPE.search(name) else 'activation'}", name)
    return made


def _globals(
    inventory: Mapping[str, Any], function: Mapping[str, Any], roles: set[str]
) -> dict[str, str]:
    """The λ that a function reads from the file's variables instead of its parameters."""
    if "lambda" in roles:
        return {}
    data = inventory.get("data", {})
    names = [n for n in function.get("reads", []) if isinstance(data.get(n), (int, float))]
    return {f"global:{name}": "lambda" for name in names if roles_of(name)[:1] == ("lambda",)}


ACTIVATION = re.compile(r"(?i)sigm|logistic|tanh|relu|activ|^d?g$|^g_?prime$|act")
SLOPE = re.compile(r"(?i)prime|deriv|grad|slope|^d|back|diff|_d$")
FORWARD = re.compile(r"(?i)^(?!.*back).*(forward|feed|predict|hypothes|compute_h)")
GRADIENT = re.compile(r"(?i)grad|back|deriv|prime|delta|update|train|^d[A-Z_]")


def _handed_on(
    binding: Binding, forwards: Sequence[Mapping[str, Any]], runner: Runner
) -> Iterator[Binding]:
    """The binding with each forward function whose result has what the parameters ask for."""
    for function in forwards:
        for roles in assignments(parameters_of(function["parameters"])):
            known = {r for _, r, _ in binding.assignment} | {"off", "X", "weights", "activation"}
            if binding.delivery.kind == "numbered":
                known |= {role for role in roles.values() if role[1:].isdigit()}
            if not set(roles.values()) <= known:
                continue
            extra = binding.extra | {f"forward:{name}": role for name, role in roles.items()}
            plain = replace(binding, forward=str(function["name"]), extra=extra)
            asked = [name for name, role, _ in binding.assignment if role == "forward"]
            paths = _paths(plain, asked, runner, function)
            if paths is not None:
                yield replace(plain, extra=extra | paths)
                break


NETWORKS = ([4, 5, 3], [3, 5, 4, 3], [4, 5, 1], [4, 1])  # on one of which a forward function runs


def _paths(
    binding: Binding, asked: Sequence[str], runner: Runner, forward: Mapping[str, Any]
) -> dict[str, str] | None:
    """Where in the forward function's result the value of each parameter stands."""
    for sizes in NETWORKS:
        problem = binding.layout.problem(random_problem(sizes, EXAMPLES, 0.0))
        try:
            result = runner.run(binding.program(problem)[0][: binding.first + 1])[-1]
        except UserError:
            continue
        returns = forward.get("returns", [])
        return {f"path:{name}": _path(name, result, problem, returns, asked) for name in asked}
    return None


def _path(
    name: str, result: Any, problem: Problem, returns: Sequence[str], asked: Sequence[str]
) -> str:
    outputs = problem.Y.shape
    if isinstance(result, (tuple, list)) and len(result) == len(returns):
        same = [i for i, other in enumerate(returns) if other.lower() == name.lower()]
        if same:
            return str(same[0])
    if isinstance(result, (tuple, list)) and len(result) == len(asked) > 1:
        return str(list(asked).index(name))
    if "cache" in name.lower() or name.lower() in ("memory", "activations", "zs"):
        if isinstance(result, (tuple, list)):
            for index, item in enumerate(result):
                if isinstance(item, (dict, list, tuple)):
                    return str(index)
        return ""
    if isinstance(result, dict):
        keys = [key for key in result if key.lower() == name.lower()]
        if keys:
            return str(keys[0])
    fits: list[tuple[str, ...]] = [
        p for p, a in leaves(result) if a.shape in (outputs, outputs[::-1])
    ]
    fits = [p for p in fits if not p or p[-1][:1].lower() != "z"] or fits
    depths = [len(p) for p in fits[::-1]]
    return " ".join(fits[::-1][depths.index(min(depths))]) if fits else ""


def with_cost(
    binding: Binding, inventory: Mapping[str, Any], problem: Problem, runner: Runner
) -> Binding:
    """The binding with the cost function that stands beside it, if one runs on the same data."""
    beside = [
        f
        for f in inventory["functions"]
        if COST.search(f["name"]) and not GRADIENT.search(f["name"])
        and f["name"] != binding.function
    ]  # fmt: skip
    forwards = [f for f in inventory["functions"] if FORWARD.search(f["name"])]
    for function in beside:
        for roles in assignments(parameters_of(function["parameters"])):
            extra = binding.extra | {f"cost:{name}": role for name, role in roles.items()}
            plain = replace(binding, cost=str(function["name"]), extra=extra)
            asks = "forward" in roles.values()
            for made in _costs_forward(plain, roles, forwards, runner) if asks else [plain]:
                try:
                    if made.answer(runner, problem).cost is not None:
                        return made
                except UserError:
                    continue
    return binding


def _costs_forward(
    binding: Binding,
    roles: Mapping[str, str],
    forwards: Sequence[Mapping[str, Any]],
    runner: Runner,
) -> Iterator[Binding]:
    asked = [name for name, role in roles.items() if role == "forward"]
    for function in forwards:
        name = str(function["name"])
        if binding.forward not in (None, name):
            continue
        given = [{}] if binding.forward else assignments(parameters_of(function["parameters"]))
        for each in given:
            extra = binding.extra | {f"forward:{n}": role for n, role in each.items()}
            made = replace(binding, forward=name, extra=extra)
            paths = _paths(made, asked, runner, function)
            if paths is not None:
                yield replace(made, extra=made.extra | paths)


def needs_network(parameters: Sequence[Parameter] | None) -> bool:
    """Whether the function gets θ as one vector and no sizes, so that it must know them."""
    for roles in assignments(parameters):
        given = set(roles.values())
        vector = "weights" in given and (len(roles) == 1 or deliveries(roles)[0].kind == "F")
        return vector and not {"sizes", "hidden", "biases"} & given
    return False


def parameter_names(parameters: Sequence[Parameter] | None) -> str:
    """For messages: "thetas, X"."""
    return ", ".join(p.name for p in parameters or ())
