"""The forms in which code comes: Python files, notebooks and Octave's, opened as source text.

A notebook becomes one text, cell below cell; what is no Python in it is left out. Python 2 is
told as such. Nothing is executed here.
"""

from __future__ import annotations

import io
import json
import re
import tokenize
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..support.arrays import read_file
from .submission import UserError
from .trace import parsed

__all__ = ["CODE", "Source", "octave_signature", "open_source"]

CODE = (".py", ".ipynb", ".m")
# Statements that only Python 2 reads; a line that begins with one of them settles it.
PYTHON_2 = re.compile(
    r"^\s*(?:print\s+(?![=(.,\[:+*/%-])\S|print\s*$|except\s+[\w.]+\s*,\s*\w+\s*:|exec\s+[\"'\w]"
    r"|raise\s+\w+\s*,\s*[\"'\w]|print\s*>>)|<>|\bur[\"']|\b0[0-7]+L\b",
    re.MULTILINE,
)
MAGIC = re.compile(r"^\s*[%!?]|^\s*\w+\?\s*$")


LARGEST = 100_000_000  # bytes, of a notebook with its pictures


@dataclass(frozen=True)
class Source:
    """The text of a submission; lines are counted in it."""

    path: Path
    text: str
    notes: list[str] = field(default_factory=list)
    broken: str | None = None  # the line that says where it stops being Python

    @property
    def name(self) -> str:
        return self.path.name


def open_source(path: Path) -> Source:
    """The source text of a .py, .ipynb or .m file. Raises OSError, and UserError in one line."""
    if path.stat().st_size > LARGEST:
        size = f"{path.stat().st_size / 1e6:.0f} MB, expected code of up to {LARGEST / 1e6:.0f}"
        raise UserError(f"{path.name}: got {size}")
    content = read_file(path)
    if path.suffix == ".ipynb":
        return _notebook(path, content)
    text = _decoded(content)
    return Source(path, text) if path.suffix == ".m" else _python(path, text)


def _decoded(content: bytes) -> str:
    """By the file's own coding line or mark, else UTF-8, else the bytes one by one."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")


def _python(path: Path, text: str) -> Source:
    """The text as far as it is Python: a broken end is no obstacle to what stands before it."""
    error = _syntax_error(text)
    if error is None:
        return Source(path, text)
    if PYTHON_2.search(text):
        raise UserError(
            f"{path.name}: this is Python 2, which ended in 2020; run `2to3 -w {path.name}`, or "
            "write print(...) with parentheses, and grade it again"
        )
    line = error.lineno or 1
    broken = f"{path.name}, line {line}: {type(error).__name__}: {error.msg}"
    lines = text.split("\n")
    for end in range(min(line, len(lines)) - 1, 0, -1):
        if lines[end][:1] not in ("", " ", "\t", "#", ")"):  # where a statement begins
            kept = "\n".join(lines[:end])
            if _syntax_error(kept) is None:
                return Source(
                    path, kept, [f"only what stands before it was read: {broken}"], broken
                )
    raise UserError(broken)


def _syntax_error(text: str) -> SyntaxError | None:
    try:
        parsed(text)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError) as error:  # a NUL, nested too deeply
        return SyntaxError(str(error) or type(error).__name__)
    return None


def _notebook(path: Path, content: bytes) -> Source:
    """The code cells one below the other, each under a comment with its number."""
    try:
        cells = json.loads(content)
        cells = cells["cells"] if "cells" in cells else cells["worksheets"][0]["cells"]
        codes = [_cell(cell) for cell in cells if cell.get("cell_type") == "code"]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise UserError(f"{path.name}: not a readable notebook") from None
    notes, kept = [], []
    for number, code in enumerate(codes, start=1):
        lines = [f"# {line}" if MAGIC.match(line) else line for line in code.split("\n")]
        text = "\n".join(lines)
        error = _syntax_error(text)
        if error is not None and PYTHON_2.search(text):
            raise UserError(f"{path.name}: cell {number} is Python 2, which ended in 2020")
        if error is not None:
            notes.append(f"cell {number} was left out: {type(error).__name__}: {error.msg}")
            text = "\n".join(f"# {line}" for line in lines)
        kept.append(f"# cell {number}\n{text}\n")
    return Source(path, "\n".join(kept), notes)


def _cell(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    return source if isinstance(source, str) else "".join(map(str, source))


OCTAVE_FUNCTION = re.compile(
    r"^[ \t]*function\s+(?:(?P<out>\[[^\]]*\]|\w+)\s*=\s*)?(?P<name>\w+)\s*(?:\((?P<in>[^)]*)\))?",
    re.MULTILINE,
)


def octave_signature(text: str) -> tuple[str, list[str], int] | None:
    """The first function of an .m file: its name, its parameters, how many values it returns.

    >>> octave_signature("function [J grad] = nnCost(nn_params, X, y, ...\\n  lambda)")
    ('nnCost', ['nn_params', 'X', 'y', 'lambda'], 2)
    """
    joined = re.sub(r"\.\.\.[^\n]*\n", " ", re.sub(r"(?m)^\s*[%#].*$", "", text))
    found = OCTAVE_FUNCTION.search(joined)
    if found is None:
        return None
    parameters = [part.partition("=")[0].strip() for part in (found["in"] or "").split(",")]
    returned = re.findall(r"\w+", found["out"] or "")
    return found["name"], [part for part in parameters if part], len(returned)
