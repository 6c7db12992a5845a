"""Plain-text tables, drawn by rich, for terminals, files and error messages alike."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

__all__ = ["ascii_names", "console", "encodes", "render", "shown", "table"]

WIDTH = 100

# The symbols of the tables for terminals and pipes that lack them: θ₂₃⁽¹⁾ is theta1[2,3], as the
# command line writes it.
SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"
SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺"
INDEXED = re.compile(
    rf"(?P<letter>[^\W\d_])(?P<below>[{SUBSCRIPTS}]+(?:,[{SUBSCRIPTS}]+)*)?"
    rf"(?:⁽(?P<layer>[{SUPERSCRIPTS}]+)⁾)?"
)
TO_DIGITS = str.maketrans(SUBSCRIPTS + SUPERSCRIPTS, "01234567890123456789-+")
OF_A_WEIGHT = "θΘDΔ"  # letters whose two indices stand side by side: to a unit, from a unit
IN_ASCII = str.maketrans(
    {
        "−": "-", "–": "-", "—": "-", "─": "-", "×": "x", "·": "*", "≤": "<=", "≥": ">=",
        "≠": "!=", "≈": "~", "±": "+-", "∂": "d", "√": "sqrt", "∞": "inf", "…": "...", "╲": "\\",
        "′": "'", "ᵀ": "^T", "→": "->", "←": "<-", "½": "1/2", "∈": "in", "‖": "||",
    }
)  # fmt: skip


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table; a column whose heading starts with ">" is set flush right, with "=" never broken.

    >>> print(render(table("Sums", ["term", ">value"], [["a", "1"], ["b", "20"]])))
    Sums
    <BLANKLINE>
      term   value
     ──────────────
      a          1
      b         20
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(
        title=Text(shown(title)), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD
    )
    for heading in columns:
        made.add_column(
            Text(shown(heading.lstrip(">="))),
            justify="right" if heading.startswith(">") else "left",
            overflow="fold",
            no_wrap=heading.startswith("="),
        )
    for row in rows:
        made.add_row(*[Text(shown(cell)) for cell in row])  # Text: a name is never read as markup
    return made


def shown(text: str) -> str:
    """``text`` with control characters shown instead of obeyed; lines stay lines.

    >>> print(shown("a\\x1b[2Jb"))
    a\\x1b[2Jb
    """
    controls: dict[str, str | int | None] = {
        letter: letter.encode("unicode_escape").decode("ascii")
        for letter in set(text)
        if letter != "\n" and unicodedata.category(letter)[0] in "CZ" and letter != " "
    }
    return text.translate(str.maketrans(controls)) if controls else text


def encodes(file: TextIO, text: str) -> bool:
    """Whether a stream can write this text."""
    try:
        text.encode(getattr(file, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def ascii_names(text: str) -> str:
    """``text`` in ASCII, with symbols as the command line and Python write them.

    >>> ascii_names("θ₂₃⁽¹⁾ ≥ θ₁₂,₃⁽²⁾, δ₁⁽²⁾, λ/2m Σ θ², 2⁻⁵³")
    'theta1[2,3] >= theta2[12,3], delta2[1], lambda/2m Sigma theta^2, 2^-53'
    """
    text = INDEXED.sub(_indexed, text)
    text = re.sub("⁽([^⁽⁾]*)⁾", lambda m: f"({m[1].translate(TO_DIGITS)})", text)
    text = re.sub(f"[{SUPERSCRIPTS}]+", lambda m: "^" + m[0].translate(TO_DIGITS), text)
    text = re.sub(f"[{SUBSCRIPTS}]+", lambda m: "_" + m[0].translate(TO_DIGITS), text)
    return "".join(map(_in_ascii, text.translate(IN_ASCII)))


def _indexed(match: re.Match[str]) -> str:
    letter, below, layer = match["letter"], match["below"], match["layer"]
    if below is None and layer is None:
        return letter
    name = _in_ascii(letter) + ("" if layer is None else layer.translate(TO_DIGITS))
    if below is None:
        return name
    indices = below.translate(TO_DIGITS)
    if letter in OF_A_WEIGHT and len(indices) == 2:
        indices = ",".join(indices)
    return f"{name}[{indices}]"


def _in_ascii(letter: str) -> str:
    if letter.isascii():
        return letter
    kind = unicodedata.name(letter, "")
    if kind.startswith("GREEK"):
        name = kind.rpartition(" ")[2].lower().replace("lamda", "lambda")  # as Unicode spells it
        return name.capitalize() if " CAPITAL " in kind else name
    if kind.startswith("BOX DRAWINGS"):
        return "|" if "VERTICAL" in kind else "-"
    plain = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode("ascii")
    return plain or letter.encode("unicode_escape").decode("ascii")


def console(file: TextIO) -> Console:
    """Where tables are printed: as wide as the terminal, or 100 columns where there is none."""
    from rich.console import Console

    width = None if file.isatty() else WIDTH
    return Console(file=file, width=width, emoji=False, markup=False, highlight=False)


def render(*parts: RenderableType) -> str:
    """The parts one below the other as plain text without colours or trailing spaces."""
    from rich.console import Console

    text = io.StringIO()
    # colours off and no display of its own, whatever FORCE_COLOR or a notebook asks of rich
    plain = Console(
        file=text, width=WIDTH, color_system=None, force_jupyter=False, emoji=False, markup=False,
        highlight=False,
    )  # fmt: skip
    for part in parts:
        plain.print(part, soft_wrap=isinstance(part, str))  # a sentence is one line
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()).rstrip()
