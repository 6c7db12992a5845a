"""What the nodes of a graph are called in a picture, and how a formula is written."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..network.symbols import symbol
from ..scalar.engine import Value
from .style import number, plain

__all__ = ["gradient_name", "names_of", "short_operation", "title"]

# Operations as they are written between or before the names of what they are applied to.
_BETWEEN = {"+": " + ", "-": " − ", "*": " · ", "/": " ÷ "}
_FUNCTIONS = {"sigmoid": "g", "log_sigmoid": "log g", "sqrt": "√"}
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_ONE_SYMBOL = re.compile(r"[^\W\d_]['′]*[₀-₉,]*(⁽[⁰¹²³⁴-⁹]+⁾)?")
_LONGEST_TITLE = 26


def names_of(output: Value) -> dict[Value, str]:
    """A name for each node: its label, a leaf without one its number, else v₁, v₂, …

    They are counted in the order in which a reader meets them: what an operation is applied to
    from left to right, then the operation.

    >>> x = Value(2.0, label="x")
    >>> list(names_of((x + 1.0) * x).values())
    ['x', '1', 'v₁', 'v₂']
    """
    names: dict[Value, str] = {}
    unnamed = 0
    for node in _in_reading_order(output):
        if node.label:
            names[node] = plain(node.label)
        elif not node.inputs:
            names[node] = number(node.data)
        else:
            unnamed += 1
            names[node] = symbol("v", unnamed)
    return names


def _in_reading_order(output: Value) -> list[Value]:
    """Every node after its inputs, these from left to right."""
    order: dict[Value, None] = {}
    open_nodes = [(output, iter(output.inputs))]
    while open_nodes:
        node, rest = open_nodes[-1]
        child = next((child for child in rest if child not in order), None)
        if child is None:
            order[node] = None
            open_nodes.pop()
        else:
            open_nodes.append((child, iter(child.inputs)))
    return list(order)


def title(node: Value, names: Mapping[Value, str]) -> str:
    """The node's name and, where the name does not say it already, how it was computed.

    >>> y = -Value(-4.0)
    >>> title(y, names_of(y))
    'v₁ = −(−4)'
    """
    name = names[node]
    if node.op is None:
        return name
    formula = _formula(node.op.symbol, [names[child] for child in node.inputs])
    if _letters(formula) == _letters(name):
        return name
    whole = f"{name} = {formula}"
    return whole if len(whole) <= _LONGEST_TITLE else f"{name}: {short_operation(node)}"


def short_operation(node: Value) -> str:
    """The operation alone: + − · ÷ √ g exp ² …"""
    op = "" if node.op is None else node.op.symbol
    return f"x{_power(op[2:])}" if op.startswith("**") and op != "**" else _short(op)


def gradient_name(name: str, output: str, is_delta: bool) -> str:
    """δ₁⁽²⁾ at a weighted input z₁⁽²⁾, ∂J/∂x at what has a one-symbol name, else a plain ∂."""
    if is_delta:
        return name.replace("z", "δ", 1)
    short = all(n.isidentifier() or _ONE_SYMBOL.fullmatch(n) for n in (name, output))
    return f"∂{output}/∂{name}" if short and len(output) <= 2 else "∂"


def _formula(op: str, inputs: list[str]) -> str:
    if op in _BETWEEN:
        first, *rest = inputs
        return _BETWEEN[op].join([first, *map(_enclosed, rest)])
    if op == "neg":
        return f"−{_enclosed(inputs[0])}"
    if op.startswith("**") and len(inputs) == 1:
        return f"{_enclosed(inputs[0])}{_power(op[2:])}"
    if op == "**":
        return f"{_enclosed(inputs[0])}^{_enclosed(inputs[1])}"
    if op.endswith("**"):
        return f"{op[:-2]}^{_enclosed(inputs[0])}"
    if op == "Σ":
        return "Σ"
    return f"{_short(op)}({', '.join(inputs)})"


def _enclosed(name: str) -> str:
    """A negative number in parentheses: 2 · (−3), −(−4)."""
    return f"({name})" if name.startswith("−") else name


def _power(exponent: str) -> str:
    whole = exponent.lstrip("-").isdecimal()
    return exponent.translate(_SUPERSCRIPTS) if whole else f"^{exponent}"


def _short(op: str) -> str:
    return _BETWEEN[op].strip() if op in _BETWEEN else _FUNCTIONS.get(op, op)


def _letters(formula: str) -> str:
    return re.sub(r"[\s·()]", "", formula)
