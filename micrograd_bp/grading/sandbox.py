"""Submissions graded: a file in a process of its own, or a folder of them in parallel.

The process keeps endless loops, crashes and print statements away from the report, and the
verdict is found outside it. It is no protection against malicious code: the file runs with all
rights of whoever starts it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from .binding import Binding, Runner
from .classes import class_candidates, other_steps, script_candidates, variable_candidates
from .diagnosis import Diagnosis
from .examine import asked_again
from .forms import CODE, Source, open_source
from .functions import function_candidates, needs_network
from .grade import check_backprop, judge, with_lines
from .layouts import Problem, random_problem
from .names import Parameter, assignments, parameters_of, roles_of
from .process import MEMORY, Process
from .search import EXAMPLES, LAMBDA, Bound
from .stored import stored_data
from .submission import UserError
from .training import trained_candidates

__all__ = ["grade_file", "grade_submission"]

# Which function is tried first: by its name, then by what its parameters are called.
GRADIENT = re.compile(r"(?i)back_?prop|backward|grad|nn_?cost|cost_?function|delta|update|deriv")
COST = re.compile(r"(?i)cost|loss|objective|train|fit|step|learn")
HELPER = re.compile(
    r"(?i)numer|approx|check|estimat|sigmoid|activ|relu|tanh|softmax|plot|load|test"
)


def grade_submission(submission: str, timeout: float = 30.0, memory: int = MEMORY) -> Diagnosis:
    """Judge a file of code, "FILE:NAME" for one function or class of it, or stored results.

    Parameters
    ----------
    submission
        A .py, .ipynb or .m file, with ":NAME" after it if one function, class or method is
        meant; or a .mat, .npz or .json file of results.
    timeout
        Seconds that the code may run.
    memory
        MB of memory that it may take.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        In one line, if there is nothing that can be judged.
    """
    check_limits(timeout, memory)
    file, colon, name = submission.rpartition(":")
    if colon and Path(file).suffix in CODE:
        return grade_file(Path(file), name, timeout, memory)
    if Path(submission).suffix in CODE:
        return grade_file(Path(submission), None, timeout, memory)
    return check_backprop(Path(submission))


def grade_file(
    path: Path, name: str | None = None, timeout: float = 30.0, memory: int = MEMORY
) -> Diagnosis:
    """Judge the code of one file, as ``grade_submission`` does."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    check_limits(timeout, memory)
    source = open_source(path)
    if path.suffix == ".m":
        from .octave import grade_octave

        return grade_octave(source, timeout, memory)
    with Process(source.name, timeout, memory) as process:
        return _grade_python(source, name, process)


def check_limits(timeout: float, memory: int) -> None:
    if not 0.0 < timeout < float("inf"):
        raise ValueError(f"timeout: got {timeout:g}, expected a number of seconds above 0")
    if memory < 1:
        raise ValueError(f"memory: got {memory}, expected a number of MB above 0")


def _grade_python(source: Source, name: str | None, process: Process) -> Diagnosis:
    filename = str(source.path.resolve())
    loaded = process.ask(do="load", source=source.text, filename=filename)
    inventory = loaded["inventory"]
    process.source = source.text
    judged = None
    failure: UserError | None = None
    from_file = False  # the file's own data, which are what it answers for
    for candidates, given in _groups(inventory, name, source, process):
        try:
            found = judge(candidates, process, given, 0.0, inventory)
        except UserError as error:
            if not process.alive:
                raise
            failure = failure or error
            continue
        if found is None or not (found[0].passed or _may_be_wrong(found[1].bound, bool(name))):
            continue
        judged = judged or found
        from_file = given is not None
        if found[1].fits or found[0].mistakes:
            judged = found
            break
    if not process.alive:
        raise process.late()
    if judged is None:
        if failure is not None and not name:
            raise UserError(f"{failure}{_other_names(source, inventory)}")
        raise failure or _nothing(source, name, inventory)
    diagnosis, runs = judged if from_file else asked_again(*judged, process, source.text)
    notes = [*source.notes, *_notes(loaded, process), *diagnosis.notes]
    return with_lines(replace(diagnosis, notes=tuple(notes)), runs, process)


def _groups(
    inventory: Mapping[str, Any], name: str | None, source: Source, runner: Runner
) -> Iterator[tuple[Iterator[Bound], Sequence[Problem] | None]]:
    """What is tried: each function, the classes, the script's loops; or what ``name`` says."""
    functions = _ranked(inventory["functions"], name)
    for function in functions:
        if len(parameters_of(function["parameters"]) or (1, 2)) > 1:
            yield function_candidates(inventory, [function], runner), None
        given = _own_problems(inventory, function, source)
        if given is not None:
            yield function_candidates(inventory, [function], runner), given
    wanted, _, method = (name or "").partition(".")
    instances = inventory["instances"]
    for deep in (True, False):  # a layer by itself only where there is no network
        for described in reversed(inventory["classes"]):
            own = [i["name"] for i in instances if i["class"] == described["name"]]
            if not name or wanted in (described["name"], *own):
                for instance in ("", *own):
                    yield class_candidates(described, method or None, runner, deep, instance), None
        if deep and not name:
            yield variable_candidates(inventory, runner), None
            yield script_candidates(inventory, runner), None
            yield trained_candidates(inventory, runner), None


def _ranked(functions: Sequence[Mapping[str, Any]], name: str | None) -> list[Mapping[str, Any]]:
    """The functions that may be meant, the likeliest first."""
    if name:
        return [function for function in functions if function["name"] == name]
    scores = []
    for place, function in enumerate(functions):
        score = 0
        parameters = parameters_of(function["parameters"])
        roles = set(next(assignments(parameters), {}).values())
        called = str(function["name"])
        needed = any(pair <= roles for pair in ({"X", "Y"}, {"forward", "Y"}, {"weights", "rows"}))
        if not needed and not (len(roles) == 1 and GRADIENT.search(called)):
            continue
        if not _says_gradient(parameters or [], called):
            continue
        score += 4 * bool(GRADIENT.search(called)) + 2 * bool(COST.search(called))
        score -= 8 * bool(HELPER.search(called))
        scores.append((-score, place, function))
    return [function for _, _, function in sorted(scores, key=lambda entry: entry[:2])]


def _says_gradient(parameters: Sequence[Parameter], called: str) -> bool:
    """Whether a name says that weights are taken, or that a gradient or a cost is given; or if no
    name says anything, so that only trying can tell. Shuffling examples is no gradient."""
    roles = [role for p in parameters for role in roles_of(p.name)[:1]]
    weights = any(role in ("weights", "forward") or role[1:].isdigit() for role in roles)
    return weights or not roles or bool(GRADIENT.search(called) or COST.search(called)) or (
        len(roles) < len([p for p in parameters if not p.optional]) - 1
    )  # fmt: skip


def _may_be_wrong(bound: Bound | None, meant: bool) -> bool:
    """Whether what was judged may be called wrong: a function that nobody ``meant`` and whose name
    and parameters do not say that it is about a network may be anything."""
    if not isinstance(bound, Binding) or meant or GRADIENT.search(bound.function):
        return True
    named = [role for name, role, _ in bound.assignment if role in roles_of(name)]
    return len(named) > 1 and not other_steps([bound.function])


def _own_problems(
    inventory: Mapping[str, Any], function: Mapping[str, Any], source: Source
) -> list[Problem] | None:
    """The file's own network and data, for a function that knows their sizes."""
    parameters = parameters_of(function["parameters"])
    if not needs_network(parameters):
        return None
    data = inventory["data"]
    if len(parameters or ()) == 1:
        try:
            own = stored_data(source.name, data)
        except (ValueError, TypeError):
            return None
        return [Problem(own.net, own.X, own.Y, own.lambda_ or 0.0)]
    sizes = _own_sizes(data)
    if sizes is None:
        return None
    made = random_problem(sizes, EXAMPLES, LAMBDA)
    return [made, replace(made, lambda_=0.0)]


def _own_sizes(data: Mapping[str, Any]) -> list[int] | None:
    """Units per layer from the file's own variables, by their names or from its weights."""
    found: dict[str, int] = {}
    for name, value in data.items():
        roles = roles_of(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10_000:
            for role in set(roles) & {"input", "hidden", "output"}:
                found.setdefault(role, value)
        whole = isinstance(value, (list, tuple)) and all(isinstance(v, int) for v in value)
        if "sizes" in roles and whole and len(value) > 1:
            return [int(size) for size in value]
    if set(found) == {"input", "hidden", "output"}:
        return [found["input"], found["hidden"], found["output"]]
    thetas = [
        np.shape(data[f"Theta{l}"]) for l in range(1, 9) if np.ndim(data.get(f"Theta{l}", 0)) == 2
    ]
    if thetas:
        return [thetas[0][1] - 1, *(shape[0] for shape in thetas)]
    return None


def _other_names(source: Source, inventory: Mapping[str, Any]) -> str:
    """Which else may be meant, for the end of a message; "" where there is no choice."""
    likely = [str(f["name"]) for f in inventory["functions"] if GRADIENT.search(f["name"])]
    names = [*likely, *(str(described["name"]) for described in inventory["classes"])]
    if len(names) < 2:
        return ""
    return f"; if another is meant, write {source.name}:NAME ({', '.join(names[:6])})"


def _nothing(source: Source, name: str | None, inventory: Mapping[str, Any]) -> UserError:
    """Why there is nothing to judge."""
    functions = [str(function["name"]) for function in inventory["functions"]]
    names = [*functions, *(str(described["name"]) for described in inventory["classes"])]
    there = ", ".join(names) or "none"
    if name and name.partition(".")[0] not in names:
        return UserError(f"{source.name}: no function {name}; found {there}")
    if name and name in functions:
        function = inventory["functions"][functions.index(name)]
        parameters = parameters_of(function["parameters"])
        if needs_network(parameters):
            return UserError(
                f"{source.name}: {name} takes θ as one vector and no sizes, so the file must hold "
                "Theta1, Theta2, …, X and y for it"
            )
        taken = ", ".join(parameter.name for parameter in parameters or ())
        return UserError(
            f"{source.name}: function: got parameters ({taken}), expected (thetas, X, Y, lambda_), "
            "(theta, sizes, X, Y, lambda_) or (theta)"
        )
    if source.broken is not None:
        return UserError(source.broken)
    for failure in inventory["failures"]:
        if failure["exit"]:
            return UserError(
                f"{source.name}: the file calls exit() and ends before it can be judged"
            )
        where = f"{source.name}, line {failure['line']}" if failure["line"] else source.name
        return UserError(f"{where}: {failure['kind']}: {failure['text']}".rstrip(": "))
    methods = [m for described in inventory["classes"] for m in described["methods"]]
    if any(other_steps([m["name"], *m.get("reads", ())]) for m in methods):
        return UserError(
            f"{source.name}: its steps are not α times the gradient (momentum, Adam, dropout); "
            "expected a function or method that gives the gradient, or takes a plain step"
        )
    return UserError(
        f"{source.name}: which function? Write {source.name}:{names[0] if names else 'NAME'}; "
        f"found {there}"
    )


def _notes(loaded: Mapping[str, Any], process: Process) -> list[str]:
    """What was noticed while the file was loaded."""
    made = []
    if loaded["missing"]:
        names = ", ".join(map(str, loaded["missing"]))
        made.append(f"not installed, and replaced by something that does nothing: {names}.")
    if process.referee:
        made.append("the file imports micrograd_bp, which a submission cannot use.")
    if process.refused:
        made.append(f"refused: {', '.join(dict.fromkeys(process.refused))}.")
    failures = loaded["inventory"]["failures"]
    if failures:
        first = failures[0]
        at = f"line {first['line']}: " if first["line"] else ""
        more = f", and {len(failures) - 1} more" if len(failures) > 1 else ""
        made.append(
            f"outside functions it fails, which was no obstacle: {at}{first['kind']}: "
            f"{first['text']}{more}."
        )
    return made
