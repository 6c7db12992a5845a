"""What a step computed, in the symbols of what it was computed from."""

from __future__ import annotations

import ast

from .flow import Node, called
from .quantities import Match, factor_text
from .reading import Reading

__all__ = ["step_words", "symbol", "words"]


def words(reading: Reading, node: Node) -> str:
    """What a node computed, in the symbols of what it was computed from."""
    return _expression(reading, node.place.node, node)


def step_words(reading: Reading, node: Node) -> str:
    """What the whole step of a node computed: "D1[:, 0] = mean(δ⁽²⁾ / m)"."""
    unit = node.place.unit
    if node.place.role == "target":
        for i in node.operands:
            other = reading.flow.nodes[i]
            if other.place.role == "value":
                return f"{unit.target} {unit.operator}= {words(reading, other)}"
        return unit.target
    for later in reading.flow.nodes[node.number :]:
        if later.place.unit.number == unit.number and later.place.role == "value":
            return words(reading, later)
    return words(reading, node)


def _expression(reading: Reading, expression: ast.expr, node: Node) -> str:
    inner = {reading.flow.nodes[i].place.text: reading.flow.nodes[i] for i in node.operands}

    def word(part: ast.expr) -> str:
        text = ast.unparse(part)
        for written, operand in inner.items():
            if _same_text(written, text):
                match = reading.match(operand)
                found = words(reading, operand) if match is None else symbol(reading, match)
                loose = any(sign in found for sign in (" + ", " − ")) and found[0] != "["
                tight = isinstance(expression, ast.BinOp) and not isinstance(
                    expression.op, (ast.Add, ast.Sub)
                )
                return f"({found})" if loose and tight else found
        if isinstance(part, ast.BinOp):
            return _expression(reading, part, node)
        return text

    if isinstance(expression, ast.BinOp):
        signs = {"Add": " + ", "Sub": " − ", "Mult": " .* ", "Div": " / ", "MatMult": " "}
        sign = signs.get(type(expression.op).__name__)
        if sign is not None:
            return word(expression.left) + sign + word(expression.right)
        if isinstance(expression.op, ast.Pow):
            return f"({word(expression.left)})^{word(expression.right)}"
    if isinstance(expression, ast.UnaryOp) and isinstance(expression.op, ast.USub):
        return f"−{word(expression.operand)}"
    if isinstance(expression, ast.Call):
        arguments = ", ".join(word(part) for part in expression.args)
        return f"{called(expression)}({arguments})"
    return node.place.text


def symbol(reading: Reading, found: Match) -> str:
    """The symbol with its factor: "−δ⁽³⁾ / m"."""
    m, K = reading.model.Y.shape
    before, after = factor_text(found.factor, m, K, reading.model.lambda_)
    name = found.quantity.symbol
    if (before or after) and " " in name and not name.startswith(("[", "the ")):
        name = f"({name})"
    return f"{before}{name}{after}"


def _same_text(one: str, other: str) -> bool:
    return "".join(one.split()) == "".join(other.split()) or one.strip("()") == other.strip("()")
