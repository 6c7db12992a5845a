"""What each statement of a function in Octave's language computed.

Octave has no trace, so a copy of the file writes the value of each assignment, and of the
variables that it is made of, into the referee's pipe as it runs. What is no plain assignment
stays as it is.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from .trace import Place, Unit, parsed

__all__ = ["NOTE", "instrumented"]

NOTE = r"""function referee_note(number, value)
global referee_out referee_left
if (! (isnumeric(value) || islogical(value)) || iscomplex(value) || referee_left < 1) return; end
referee_left -= 1 + numel(value);
fprintf(referee_out, "event %d\n", number);
referee_show(referee_out, value);
end
function referee_seen(number, name)
if (evalin("caller", ["exist(\"" name "\", \"var\")"]) == 1)
  referee_note(number, evalin("caller", name));
end
end
"""
ASSIGNMENT = re.compile(
    r"\s*(?P<left>(?P<name>[A-Za-z]\w*)\s*(?P<index>\(.*?\))?)\s*"
    r"(?P<operator>\.?[-+*/])?=(?!=)\s*(?P<right>.*?)\s*$",
    re.DOTALL,
)
KEYWORDS = re.compile(
    r"\s*(function|for|parfor|while|if|elseif|else|switch|case|otherwise|do|until|return|break"
    r"|continue|global|persistent|try|catch|unwind_protect|end\w*)\b"
)
FUNCTION = re.compile(r"\s*function\b(?:[^=(]*=)?\s*(\w+)")
NAME = re.compile(r"(?<![\w.'])[A-Za-z]\w*")
OPENING, CLOSING = "([{", ")]}"


def instrumented(text: str) -> tuple[str, list[Place]]:
    """The copy that writes what it computes, and the places by the numbers it writes."""
    places: list[Place] = []
    made, at, function = [], 0, ""
    for start, end in _statements(text):
        if head := FUNCTION.match(text[start:end]):
            function = head[1]
        found = ASSIGNMENT.match(text[start:end])
        if found is None or KEYWORDS.match(text[start:end]) or not found["right"].strip("[] "):
            continue
        lead = len(text[start:end]) - len(text[start:end].lstrip())
        line = text.count("\n", 0, start + lead) + 1
        made += [text[at:start], _noted(found, line, function, places)]
        at = end
    return "".join([*made, text[at:]]), places


def _noted(found: re.Match[str], line: int, function: str, places: list[Place]) -> str:
    """One assignment with what notes its variables, its right side and its target."""
    right, name, operator = found["right"], found["name"], found["operator"] or ""
    target = "".join(found["left"].split())
    unit = Unit(line, line, right, target, operator.strip("."), function)
    value = Place(len(places), line, right, "value", unit, None, _expression(right))
    places.append(value)
    before = []
    for word in dict.fromkeys(NAME.findall(right)):
        load = ast.Name(word, ast.Load())
        child = replace(value, number=len(places), text=word, role="load", node=load)
        places.append(replace(child, parent=value.number))
        before.append(f'referee_seen({places[-1].number}, "{word}");')
    whole = target if not found["index"] and not operator else ""
    if not whole:
        held = ast.Name(name, ast.Load())
        roles: tuple[Literal["before"], Literal["target"]] = ("before", "target")
        for role in roles:
            places.append(replace(value, number=len(places), text=name, role=role, node=held))
        before.append(f'referee_seen({places[-2].number}, "{name}");')
    lines = " ".join(right.split("...\n"))
    after = f"{found['left']} {operator}= referee_value;"
    if not whole:
        after += f" referee_note({places[-1].number}, {name})"
    note = f"referee_value = {lines}; referee_note({value.number}, referee_value);"
    return " ".join([*before, note, after])


def _statements(text: str) -> Iterator[tuple[int, int]]:
    """Where statements begin and end, comments and the separators left out."""
    depth, start, i, size = 0, 0, 0, len(text)
    while i < size:
        c = text[i]
        if c in "%#":
            yield start, i
            i = _after_comment(text, i)
            start = i
            continue
        if c in "\"'" and (c == '"' or not _transposes(text, i)):
            i = _after_string(text, i)
            continue
        if text.startswith("...", i):
            i = text.find("\n", i) + 1 or size
            continue
        depth += (c in OPENING) - (c in CLOSING)
        if depth == 0 and c in ";,\n":
            yield start, i
            start = i + 1
        i += 1
    yield start, size


def _after_comment(text: str, i: int) -> int:
    """The end of a comment: of its line, or of a block between %{ and %}."""
    line = text[text.rfind("\n", 0, i) + 1 : i]
    if text[i + 1 : i + 2] == "{" and not line.strip():
        end = re.search(r"(?m)^\s*[%#]\}\s*$", text[i:])
        return i + end.end() if end else len(text)
    end_of_line = text.find("\n", i)
    return len(text) if end_of_line < 0 else end_of_line


def _after_string(text: str, i: int) -> int:
    end = i + 1
    while end < len(text) and text[end] not in (text[i], "\n"):
        end += 2 if text[end] == "\\" and text[i] == '"' else 1
    return end + 1


def _transposes(text: str, i: int) -> bool:
    """Whether the quote at i turns a matrix, and begins no string."""
    before = text[i - 1 : i]
    return before.isalnum() or before in ("_", ")", "]", "}", "'", ".")


def _expression(right: str) -> ast.expr:
    """The expression as Python would write it, for its operators; where it cannot be, a call."""
    text = re.sub(r"\.\.\.[^\n]*\n", " ", right)
    text = re.sub(r"(?<=[\w)\]}])\.?'", ".T", text)
    text = re.sub(r"(?<![.*])\*(?!\*)", "@", text).replace(".*", "*").replace("./", "/")
    text = text.replace(".^", "**").replace("^", "**").replace("~=", "!=")
    text = re.sub(r"\(:\)", "[:]", text)
    text = re.sub(r"\b(\w+)\(([^()[\]]*:[^()[\]]*)\)", r"\1[\2]", text)
    try:
        (statement,) = parsed(text.strip()).body
    except (SyntaxError, ValueError):
        statement = ast.Pass()
    if not isinstance(statement, ast.Expr):
        return ast.Call(ast.Name("octave", ast.Load()), [], [])
    found = statement.value
    # (A * B) / m is no step entry by entry: A * (B / m)
    while isinstance(found, ast.BinOp) and isinstance(found.op, ast.Div):
        product = found.left
        if not isinstance(product, ast.BinOp) or not isinstance(product.op, ast.MatMult):
            break
        found = ast.BinOp(product.left, product.op, ast.BinOp(product.right, found.op, found.right))
    return found
