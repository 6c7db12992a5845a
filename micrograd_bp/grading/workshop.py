"""Where a submission is executed: its definitions, and then what the referee asks of them.

The referee asks by small programs: make an object, set its weights, call this function with
these arrays, read those attributes. The file is loaded by its path in the submission's own
process (``worker.py``), and imported where a function is judged in this process; it imports
NumPy and the standard library only.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import itertools
import random
import sys
import traceback
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["FailedStepError", "Workshop", "signature"]

Guard = Callable[[], "contextlib.AbstractContextManager[None]"]


class FailedStepError(Exception):
    """A step of a program raised an exception: what it was, and the submission's own line."""

    def __init__(self, error: BaseException, filename: str) -> None:
        frames = [f for f in _frames(error) if f.filename == filename]
        self.line = frames[-1].lineno if frames else None
        self.kind = type(error).__name__
        self.text = " ".join(str(error).split())[:300]
        self.calls_exit = isinstance(error, SystemExit)
        super().__init__(self.kind)

    def plain(self) -> dict[str, Any]:
        return {
            "line": self.line, "kind": self.kind, "text": self.text, "exit": self.calls_exit
        }  # fmt: skip


def _frames(error: BaseException) -> list[traceback.FrameSummary]:
    """The frames of an exception; of an endless recursion the first few."""
    made: list[traceback.FrameSummary] = []
    trace = error.__traceback__
    while trace is not None and len(made) < 200:
        code = trace.tb_frame.f_code
        name, line = code.co_filename, trace.tb_lineno or 0
        made.append(traceback.FrameSummary(name, line, code.co_name, lookup_line=False))
        trace = trace.tb_next
    return made


class Workshop:
    """A submission's namespace, and the programs that are carried out in it."""

    def __init__(self, filename: str, namespace: dict[str, Any] | None = None) -> None:
        self.filename = filename
        self.module = types.ModuleType("submission")
        self.module.__file__ = filename
        self.namespace = vars(self.module)
        self.namespace.update(namespace or {})
        self.failures: list[dict[str, Any]] = []
        self.tree: ast.Module | None = None

    # Loading

    def load(self, tree: ast.Module, guard: Guard = contextlib.nullcontext) -> None:
        """Execute the file's statements one by one; one that fails is no obstacle to the next.

        The main part, ``if __name__ == "__main__":``, does not run, since the file is imported.
        """
        sys.modules["submission"] = self.module
        self.tree = tree
        for statement in tree.body:
            code = compile(ast.Module([statement], []), self.filename, "exec")
            try:
                with guard():
                    exec(code, self.namespace)
            except BaseException as error:
                self.failures.append(FailedStepError(error, self.filename).plain())

    def inventory(self) -> dict[str, Any]:
        """What the file holds: functions, classes and loops with their lines, and its data."""
        functions, classes, data, instances = [], [], {}, []
        for name, value in list(self.namespace.items()):
            if name.startswith("__"):
                continue
            if inspect.isfunction(value) and self._own(value):
                functions.append(signature(name, value) | {"returns": self._returned(name)})
            elif inspect.isclass(value) and self._own(value):
                classes.append(_class(name, value))
            elif isinstance(value, (int, float, list, tuple, dict, np.ndarray, np.generic)):
                data[name] = value
            elif type(value).__module__ == self.module.__name__:
                instances.append({"name": name, "class": type(value).__name__})
        return {
            "functions": functions, "classes": classes, "data": data,
            "loops": list(self._loops()), "failures": self.failures, "instances": instances,
        }  # fmt: skip

    def _returned(self, name: str) -> list[str]:
        """The names in the last ``return a, b`` of a function; [] if it returns something else."""
        for statement in self.tree.body if self.tree else []:
            if isinstance(statement, ast.FunctionDef) and statement.name == name:
                ends = [node for node in ast.walk(statement) if isinstance(node, ast.Return)]
                last = max(ends, key=lambda end: end.lineno, default=None)
                parts = getattr(last.value, "elts", []) if last else []
                return [part.id if isinstance(part, ast.Name) else "" for part in parts]
        return []

    def _own(self, value: Any) -> bool:
        """Whether it is the file's own, or that of a file beside it."""
        if value.__module__ == self.module.__name__:
            return True
        file = getattr(sys.modules.get(value.__module__), "__file__", None) or ""
        folder = self.filename.rpartition("/")[0]
        return bool(folder) and file.rpartition("/")[0] == folder

    def _loops(self) -> Iterator[dict[str, Any]]:
        """The top-level loops by their numbers, which stay the same where other statements are put
        between them, with the names that they change and that stood before them."""
        before: list[str] = []
        index = -1
        for statement in self.tree.body if self.tree else []:
            stored = [
                node.id
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            ]
            if isinstance(statement, (ast.For, ast.While)):
                index += 1
                names = [name for name in dict.fromkeys(before) if name in stored]
                yield {"index": index, "line": statement.lineno, "names": names}
            elif not isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                before += sorted(stored, key=stored.index)

    # Carrying out programs

    def perform(self, program: Sequence[Sequence[Any]], wire: Any) -> list[Any]:
        """What the program's steps give, in plain values. Raises FailedStepError if one does."""
        results: list[Any] = []
        shown: list[Any] = []
        for step in program:
            try:
                with np.errstate(all="ignore"), warnings.catch_warnings():
                    warnings.simplefilter("ignore", PendingDeprecationWarning)  # of np.matrix
                    result = self._step(step, results, wire)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                raise FailedStepError(error, self.filename) from error
            results.append(result)
            shown.append(wire.plain_tree(result))
        return shown

    def _step(self, step: Sequence[Any], results: list[Any], wire: Any) -> Any:
        kind, *rest = step
        if kind == "call":  # name or (result, method), positional, by name
            target, positional, named = (self._value(part, results, wire) for part in rest)
            function = self._callable(target)
            return function(*positional, **named)
        if kind == "value":  # arrays that later steps share, and can be read again after a call
            return self._value(rest[0], results, wire)
        if kind == "set":
            return self._set(results, wire, *rest)
        if kind == "get":
            return self._at(rest[0], rest[1], results)
        if kind == "arrays":
            return self._arrays(results[rest[0]] if rest[0] is not None else None)
        if kind == "minus":  # a − b, times a factor
            one, other = (self._value(part, results, wire) for part in rest[:2])
            return (np.asarray(one) - np.asarray(other)) * rest[2]
        if kind == "seed":
            return _seed()
        if kind == "body":
            return self._body(int(rest[0]))
        raise ValueError(f"unknown step {kind}")

    def _callable(self, target: Any) -> Callable[..., Any]:
        if isinstance(target, str):
            found: Any = self.namespace
            for name in target.split("."):
                found = found[name] if found is self.namespace else getattr(found, name)
        else:
            holder, name = target
            found = getattr(holder, name)
        return found  # type: ignore[no-any-return]

    def _value(self, tree: Any, results: list[Any], wire: Any) -> Any:
        if type(tree).__name__ == "Result":
            return self._at(tree.step, tree.path, results)
        if type(tree).__name__ == "matrix":
            return np.asmatrix(tree.array)
        if isinstance(tree, (list, tuple)):
            return type(tree)(self._value(item, results, wire) for item in tree)
        if isinstance(tree, dict):
            return {key: self._value(item, results, wire) for key, item in tree.items()}
        return tree.copy() if isinstance(tree, np.ndarray) else tree

    def _at(self, step: int | None, path: Sequence[str | int], results: list[Any]) -> Any:
        value = self.module if step is None else results[step]
        for key in path:
            if isinstance(value, (Mapping, list, tuple, np.ndarray)):
                value = value[int(key) if _index_like(value, key) else key]  # type: ignore[index]
            else:
                value = getattr(value, str(key))
        return value

    def _set(
        self, results: list[Any], wire: Any, step: int | None, path: Sequence[Any], tree: Any
    ) -> None:
        holder, value = self._at(step, path[:-1], results), self._value(tree, results, wire)
        key = path[-1]
        if isinstance(holder, dict):
            found = next((k for k in holder if str(k) == str(key)), key)
            holder[found] = value
        elif isinstance(holder, (list, np.ndarray)):
            holder[int(key)] = value
        elif isinstance(holder, tuple):
            raise TypeError("a tuple cannot be changed")
        else:
            setattr(holder, str(key), value)

    def _arrays(self, holder: Any) -> dict[str, Any]:
        """The attributes of an object, or of the file, that are or hold numbers."""
        values = self.namespace if holder is None else _attributes(holder)
        made = {name: self._spread(v, 0) for name, v in values.items() if name[:2] != "__"}
        return {name: value for name, value in made.items() if value is not None}

    def _spread(self, value: Any, depth: int) -> Any:
        """Numbers and what holds them; an object of the file as a dict of its attributes."""
        if isinstance(value, (bool, int, float, np.ndarray, np.generic)):
            return value
        if depth > 4:
            return None
        if isinstance(value, (list, tuple)):
            return [self._spread(item, depth + 1) for item in value[:1000]]
        if isinstance(value, dict):
            return {str(key): self._spread(item, depth + 1) for key, item in value.items()}
        if type(value).__module__ == self.module.__name__ and not inspect.isclass(value):
            attributes = _attributes(value)
            return {name: self._spread(item, depth + 1) for name, item in attributes.items()}
        return None

    def _body(self, index: int) -> None:
        """Run the body of a top-level loop once, its variable standing at the first value."""
        assert self.tree is not None
        loop = [s for s in self.tree.body if isinstance(s, (ast.For, ast.While))][index]
        if isinstance(loop, ast.For):
            first = ast.Assign([loop.target], _first_of(loop.iter))
            statements: list[ast.stmt] = [ast.copy_location(first, loop), *loop.body]
        else:
            statements = list(loop.body)
        once = ast.For(
            ast.Name("_", ast.Store()), ast.Tuple([ast.Constant(0)], ast.Load()), statements, []
        )  # so that break and continue have a loop
        tree = ast.fix_missing_locations(ast.Module([ast.copy_location(once, loop)], []))
        exec(compile(tree, self.filename, "exec"), self.namespace)


def _seed() -> None:
    """Random numbers from here on are the same in every run, those of new generators too."""
    random.seed(0)
    np.random.seed(0)
    seeds = itertools.count(1)
    original = getattr(np.random.default_rng, "__wrapped__", np.random.default_rng)

    @functools.wraps(original)
    def default_rng(seed: Any = None) -> Any:
        return original(next(seeds) if seed is None else seed)

    np.random.default_rng = default_rng


def _attributes(value: Any) -> dict[str, Any]:
    return getattr(value, "__dict__", None) or {}


def _index_like(value: Any, key: str | int) -> bool:
    return not isinstance(value, Mapping) or (str(key).isdigit() and key not in value)


def _first_of(iterable: ast.expr) -> ast.expr:
    iterator = ast.Call(ast.Name("iter", ast.Load()), [iterable], [])
    return ast.Call(ast.Name("next", ast.Load()), [iterator], [])


def signature(name: str, function: Callable[..., Any]) -> dict[str, Any]:
    """A function's name, line and parameters, in plain values."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (ValueError, TypeError):
        return {"name": name, "line": None, "parameters": None}
    code = getattr(inspect.unwrap(function), "__code__", None)
    return {
        "name": name,
        "line": getattr(code, "co_firstlineno", None),
        "file": getattr(code, "co_filename", None),
        "strings": [s for s in getattr(code, "co_consts", ()) if isinstance(s, str)],
        "reads": [*getattr(code, "co_names", ()), *getattr(code, "co_varnames", ())],
        "parameters": [
            {
                "name": p.name,
                "kind": p.kind.name,
                "optional": p.default is not p.empty,
                "default": p.default if isinstance(p.default, (int, float)) else None,
            }
            for p in parameters
        ],
    }


def _class(name: str, value: type) -> dict[str, Any]:
    methods = [
        signature(key, method)
        for key, method in inspect.getmembers(value, inspect.isfunction)
        if key == "__init__" or not key.startswith("__")
    ]
    statics = {key for key in vars(value) if isinstance(vars(value)[key], staticmethod)}
    for method in methods:
        method["static"] = method["name"] in statics
    return {"name": name, "methods": methods}
