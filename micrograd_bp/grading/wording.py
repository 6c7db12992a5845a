"""What a step computed, in the symbols of what it was computed from."""

from __future__ import annotations

import ast

from .flow import Node, called
from .quantities import Match, factor_text
from .reading import Reading

__all__ = ["step_words", "symbol", "words"]


SIGNS = {  # how an operator is written, and how tightly it binds
    ast.Add: (" + ", 1.0),
    ast.Sub: (" − ", 1.0),
    ast.Mult: (" .* ", 2.0),
    ast.Div: (" / ", 2.0),
    ast.MatMult: (" ", 2.0),
}
ALONE = 3.0  # what needs no parentheses anywhere


def words(reading: Reading, node: Node) -> str:
    """What a node computed, in the symbols of what it was computed from."""
    return _told(reading, node.place.node, node)[0]


def step_words(reading: Reading, node: Node) -> str:
    """What the whole step of a node computed: "D1[:, 0] = mean(δ⁽²⁾ / m)"."""
    unit, nodes = node.place.unit, reading.flow.nodes
    stored = node.place.role == "target"
    for other in reversed(nodes[: node.number]) if stored else nodes[node.number :]:
        same = (other.place.unit.line, other.place.unit.target) == (unit.line, unit.target)
        if same and other.place.role == "value":
            told = words(reading, other)
            return f"{unit.target} {unit.operator}= {told}" if stored else told
    return unit.target if stored else words(reading, node)


def _told(reading: Reading, expression: ast.expr, node: Node) -> tuple[str, float]:
    """An expression of a node in words, and how tightly they bind."""
    operands = [reading.flow.nodes[i] for i in node.operands]
    inner = {ast.unparse(one.place.node): one for one in operands}

    def operand(part: ast.expr) -> tuple[str, float]:
        text = ast.unparse(part)
        one = inner.get(text)
        if one is None:
            return _told(reading, part, node) if isinstance(part, ast.BinOp) else (text, ALONE)
        found = reading.match(one)
        if found is None:
            return _told(reading, one.place.node, one)
        said = symbol(reading, found)
        return said, 1.0 if "−" in said else 2.0 if " / " in said else ALONE

    def word(part: ast.expr, outer: float = 0.0) -> str:
        said, binds = operand(part)
        return f"({said})" if binds < outer and said[0] != "[" else said

    if isinstance(expression, ast.BinOp) and type(expression.op) in SIGNS:
        sign, binds = SIGNS[type(expression.op)]
        after = binds + isinstance(expression.op, (ast.Sub, ast.Div)) / 2  # a − (b − c)
        return word(expression.left, binds) + sign + word(expression.right, after), binds
    if isinstance(expression, ast.BinOp) and isinstance(expression.op, ast.Pow):
        return f"({word(expression.left)})^{word(expression.right, ALONE)}", ALONE
    if isinstance(expression, ast.UnaryOp) and isinstance(expression.op, ast.USub):
        return f"−{word(expression.operand, 2.0)}", 1.0
    if isinstance(expression, ast.Call):
        of, taken = expression.func, expression.args
        if isinstance(of, ast.Attribute) and ast.unparse(of.value) in inner:  # a method
            taken = [of.value, *taken]
        return f"{called(expression)}({', '.join(map(word, taken))})", ALONE
    return node.place.text, ALONE


def symbol(reading: Reading, found: Match) -> str:
    """The symbol with its factor: "−δ⁽³⁾ / m"."""
    m, K = reading.model.Y.shape
    before, after = factor_text(found.factor, m, K, reading.model.lambda_)
    name = found.quantity.symbol
    if (before or after) and " " in name and not name.startswith(("[", "the ")):
        name = f"({name})"
    return f"{before}{name}{after}"
