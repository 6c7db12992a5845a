"""What each expression of somebody's code computed, with its place in the file.

The syntax tree is rewritten so that every expression passes its value to a recorder and goes on
unchanged: that sees inside expressions, comprehensions and several statements on one line, which
a line trace does not. The process that runs the code loads this file by its path, so it imports
nothing but the standard library and NumPy. Places are numbered as the tree is walked, always in
the same order, so whoever holds the source can tell them from the numbers alone.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import types
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

__all__ = ["RECORD", "Event", "Place", "Recorder", "Unit", "instrument", "parsed", "places"]

_ONE_AT_A_TIME = Lock()

RECORD = "__trace__"  # the global name under which the rewritten code finds its recorder
LARGEST = 100_000  # entries of an array that is still recorded

Event = tuple[int, npt.NDArray[np.float64]]


@dataclass(frozen=True)
class Unit:
    """What stands for one step: an assigned, returned or listed expression with its target."""

    number: int
    line: int
    text: str
    target: str  # "d3", "self.W1", "" where nothing is assigned
    operator: str = ""  # of an augmented assignment, as "+"
    function: str = ""  # the function or lambda whose body it belongs to
    result: bool = False  # whether the function returns it


@dataclass(frozen=True)
class Place:
    """One recorded expression: its text, where it stands, and the expression that uses it.

    ``role`` is "value" for a whole right side, "load" for a name, attribute or item, "part" for
    what is computed inside, "before" and "target" for what is stored into.
    """

    number: int
    line: int
    text: str
    role: Literal["value", "load", "part", "before", "target"]
    unit: Unit
    parent: int | None
    node: ast.expr = field(repr=False, compare=False)


class Recorder:
    """Keeps copies of the numbers that pass through it, up to a number and a size."""

    def __init__(self, limit_events: int = 50_000, limit_bytes: float = 5e7) -> None:
        self.limit_events, self.limit_bytes = limit_events, limit_bytes
        self.events: list[Event] = []
        self.on = False
        self._bytes = 0

    def start(self) -> None:
        """Forget what was recorded, and record from now on."""
        self.events, self._bytes, self.on = [], 0, True

    def stop(self) -> list[Event]:
        """Record no longer; what was recorded."""
        self.on = False
        return self.events

    def __call__(self, number: int, value: Any) -> Any:
        """Record ``value`` if it is numbers, and return it as it came."""
        if self.on:
            array = _numbers(value)
            if array is not None:
                self._bytes += array.nbytes + 100
                self.on = len(self.events) < self.limit_events and self._bytes <= self.limit_bytes
                if self.on:
                    self.events.append((number, array))
        return value


def _numbers(value: Any) -> npt.NDArray[np.float64] | None:
    """A float copy of an array, a number or a list of lists of numbers; None for all else."""
    kind = type(value)
    if kind is list or kind is tuple:
        inner: Any = value
        while type(inner) in (list, tuple) and inner:
            inner = inner[0]
        if not isinstance(inner, (int, float, np.number)) or len(value) > LARGEST:
            return None
    elif not isinstance(value, (np.ndarray, np.number, np.bool_, int, float)):
        return None
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf" or array.size > LARGEST or not array.size:
            return None
        return np.array(array, dtype=np.float64)
    except Exception:  # ragged lists, objects with ways of their own
        return None


def instrument(source: str, filename: str = "<student>") -> types.CodeType:
    """Compile ``source`` so that each expression passes its value to the global ``__trace__``.

    >>> recorder = Recorder()
    >>> names = {RECORD: recorder}
    >>> exec(instrument("def f(x): return x * x + 1"), names)
    >>> recorder.start(), names["f"](3.0)
    (None, 10.0)
    >>> [(places("def f(x): return x * x + 1")[i].text, float(v)) for i, v in recorder.stop()]
    [('x', 3.0), ('x', 3.0), ('x * x', 9.0), ('x * x + 1', 10.0)]
    """
    return compile(_rewritten(source)[0], filename, "exec", dont_inherit=True)


def places(source: str) -> list[Place]:
    """The places of ``instrument(source)`` by their numbers."""
    return _rewritten(source)[1]


def parsed(source: str) -> ast.Module:
    """As ``ast.parse``, in one thread at a time; raises SyntaxError.

    CPython counts the depth of trees for all threads together (its issue 106905), those too of
    NumPy's headers: a SystemError says nothing about the source.
    """
    with _ONE_AT_A_TIME:
        with contextlib.suppress(SystemError):
            return ast.parse(source)
        return ast.parse(source)


def _rewritten(source: str) -> tuple[ast.Module, list[Place]]:
    rewriter = _Rewriter(source)
    tree = rewriter.visit(parsed(source))
    return ast.fix_missing_locations(tree), rewriter.places


CONTAINERS = (ast.Tuple, ast.List)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp)
LOADS = (ast.Name, ast.Attribute, ast.Subscript)
RECORDED = (*LOADS, ast.BinOp, ast.UnaryOp, ast.Call, ast.Compare, ast.IfExp, ast.BoolOp)


class _Rewriter(ast.NodeTransformer):
    """Wraps the expressions of a module, statement by statement."""

    def __init__(self, source: str) -> None:
        # as the parser counts them: a form feed ends no line
        self.lines = source.encode().replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self.places: list[Place] = []
        self.units = 0
        self.unit: Unit | None = None
        self.parent: int | None = None
        self.functions: list[str] = []

    # Statements

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.functions.append(node.name)
        node.body = self._block(node.body)
        self.functions.pop()
        return node

    def _block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        for statement in body:
            new = self.visit(statement)
            made += new if isinstance(new, list) else [new]
        return made

    def visit_Assign(self, node: ast.Assign) -> Any:
        before = [s for target in node.targets for s in self._held(target)]
        self._assigned(node, node.value, node.targets)
        return [*before, node, *(s for target in node.targets for s in self._stored(target))]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if node.value is None:
            return node
        self._assigned(node, node.value, [node.target])
        return [node, *self._stored(node.target)]

    def _assigned(self, node: ast.Assign | ast.AnnAssign, value: Any, targets: Any) -> None:
        first = targets[0]
        both = isinstance(value, CONTAINERS) and isinstance(first, CONTAINERS)
        if both and len(value.elts) == len(first.elts):
            pairs = zip(value.elts, first.elts, strict=True)
            value.elts = [self._unit(v, self._text(t)) for v, t in pairs]
            return
        node.value = self._unit(value, self._text(first))

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        operator = self._text(node)[len(self._text(node.target)) :].split("=")[0].strip()
        node.value = self._unit(node.value, self._text(node.target), operator)
        if not _plain(node.target):
            return node
        unit, self.unit = self.unit, self._new_unit(node, self._text(node.target), operator)
        before = self._record(_loaded(node.target), "before", node.target)
        held = self._held(node.target)
        after = self._stored(node.target, whole=True)
        self.unit = unit
        return [*held, _statement(before, node), node, *after]

    def visit_Return(self, node: ast.Return) -> ast.AST:
        if node.value is not None:
            node.value = self._unit(node.value, "", result=True)
        return node

    def visit_Expr(self, node: ast.Expr) -> Any:
        call: Any = node.value
        method = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        if method and _plain(call.func.value):  # D.append(d): what it does is done to D
            changed = call.func.value
            call.args = [self._unit(part, self._text(changed)) for part in call.args]
            return [node, *self._stored(changed, whole=True)]
        if not isinstance(call, ast.Constant):
            node.value = self._unit(call, "")
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        node.iter = self._unit(node.iter, "")
        node.body, node.orelse = self._block(node.body), self._block(node.orelse)
        return node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Statements without a rule of their own: what they hold is rewritten, they are not."""
        for name in ("body", "orelse", "finalbody"):
            if isinstance(block := getattr(node, name, None), list):
                setattr(node, name, self._block(block))
        for handler in getattr(node, "handlers", ()):
            self.generic_visit(handler)
        return node

    def _held(self, target: ast.expr) -> list[ast.stmt]:
        """Statements that record what an array held before an assignment to its items."""
        if isinstance(target, CONTAINERS):
            return [s for element in target.elts for s in self._held(element)]
        made: list[ast.stmt] = []
        if not _plain(target):
            return made
        outer, self.unit = self.unit, self.unit or self._new_unit(target, self._text(target))
        chain = target
        while isinstance(chain, ast.Subscript):
            chain = chain.value
            made.append(_statement(self._record(_loaded(chain), "before", chain), target))
        self.unit = outer
        return made

    def _stored(self, target: ast.expr, whole: bool = False) -> list[ast.stmt]:
        """Statements that record what an assignment left in an array, a list or an object."""
        if isinstance(target, CONTAINERS):
            return [s for element in target.elts for s in self._stored(element)]
        if not _plain(target) or not (whole or isinstance(target, (ast.Subscript, ast.Attribute))):
            return []
        outer, self.unit = self.unit, self.unit or self._new_unit(target, self._text(target))
        made, chain = [], target
        while True:
            made.append(_statement(self._record(_loaded(chain), "target", chain), target))
            if not isinstance(chain, ast.Subscript):
                break
            chain = chain.value
        self.unit = outer
        return made

    # Expressions

    def _new_unit(self, node: Any, target: str, operator: str = "", result: bool = False) -> Unit:
        self.units += 1
        text, function = self._text(node), self.functions[-1] if self.functions else ""
        return Unit(self.units, node.lineno, text, target, operator, function, result)

    def _unit(self, node: ast.expr, target: str, operator: str = "", result: bool = False) -> Any:
        """One step; the elements of a display or a comprehension are steps of their own."""
        if isinstance(node, CONTAINERS):
            node.elts = [self._unit(element, "", operator, result) for element in node.elts]
            return node
        if isinstance(node, ast.Dict):
            node.values = [self._unit(value, "") for value in node.values]
            return node
        outer = self.unit
        self.unit = self._new_unit(node, target, operator, result)
        made = self._expression(node, "value")
        self.unit = outer
        return made

    def _expression(self, node: Any, role: Any = "part") -> Any:
        if isinstance(node, (*COMPREHENSIONS, ast.DictComp)):
            for part in node.generators:
                part.iter = self._expression(part.iter)
                part.ifs = [self._expression(test) for test in part.ifs]
            target = self.unit.target if self.unit is not None else ""
            if isinstance(node, ast.DictComp):
                node.value = self._unit(node.value, target)
            else:
                node.elt = self._unit(node.elt, target)
            return node
        if isinstance(node, ast.Lambda):
            name = self.unit.target if self.unit is not None and role == "value" else "lambda"
            self.functions.append(name)
            outer, self.parent = self.parent, None
            node.body = self._unit(node.body, "", result=True)
            self.parent = outer
            self.functions.pop()
            return node
        if isinstance(node, (ast.JoinedStr, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)):
            return node
        if not isinstance(node, RECORDED):
            return self._inside(node)
        if isinstance(node, ast.Name) and role == "part":
            return self._record(node, "load", node)
        number = self._reserve(node, "load" if isinstance(node, LOADS) and role == "part" else role)
        outer, self.parent = self.parent, number
        original = self._inside(node)
        self.parent = outer
        return self._call(number, original, node)

    def _inside(self, node: Any) -> Any:
        """The same expression with its operands recorded; a function that is called is not."""
        for name, value in ast.iter_fields(node):
            if isinstance(node, ast.Call) and name == "func":
                if isinstance(value, ast.Attribute):
                    value.value = self._expression(value.value)
                elif not isinstance(value, ast.Name):
                    node.func = self._expression(value)
            elif isinstance(value, ast.expr):
                setattr(node, name, self._expression(value))
            elif isinstance(value, list):
                value[:] = [self._operand(item) for item in value]
        return node

    def _operand(self, item: Any) -> Any:
        if isinstance(item, (ast.keyword, ast.Starred)):
            item.value = self._expression(item.value)
            return item
        return self._expression(item) if isinstance(item, ast.expr) else item

    def _reserve(self, node: Any, role: Any) -> int:
        assert self.unit is not None
        number = len(self.places)
        own = copy.deepcopy(node)  # this tree is going to be rewritten
        text = self._text(node)
        place = Place(number, node.lineno, text, role, self.unit, self.parent, own)
        self.places.append(place)
        return number

    def _record(self, load: ast.expr, role: Any, node: ast.expr) -> ast.Call:
        return self._call(self._reserve(node, role), load, node)

    def _call(self, number: int, value: ast.expr, node: ast.expr) -> ast.Call:
        name = ast.Name(RECORD, ast.Load())
        call = ast.Call(name, [ast.Constant(number), value], [])
        return ast.copy_location(call, node)

    def _text(self, node: ast.AST) -> str:
        """The source of a node; its columns count bytes."""
        place: Any = node
        rows = self.lines[place.lineno - 1 : place.end_lineno]
        rows[-1] = rows[-1][: place.end_col_offset]
        rows[0] = rows[0][place.col_offset :]
        return b"\n".join(rows).decode()


def _plain(node: ast.expr) -> bool:
    """Whether reading it once more has no effect: names, attributes, items, no calls."""
    return not any(isinstance(part, (ast.Call, ast.NamedExpr)) for part in ast.walk(node))


def _loaded(target: ast.expr) -> Any:
    """A copy of a target that is read instead of stored into."""
    (statement,) = parsed(ast.unparse(target)).body
    assert isinstance(statement, ast.Expr)
    return statement.value


def _statement(expression: ast.expr, node: ast.AST) -> ast.stmt:
    made = ast.Expr(expression)
    for part in ast.walk(made):
        ast.copy_location(part, node)
    return made
