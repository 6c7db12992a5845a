"""Plain-text tables, drawn by rich, for terminals, files and error messages alike."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

__all__ = ["console", "render", "table"]

WIDTH = 100


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

    made = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for heading in columns:
        made.add_column(
            heading.lstrip(">="),
            justify="right" if heading.startswith(">") else "left",
            overflow="fold",
            no_wrap=heading.startswith("="),
        )
    for row in rows:
        made.add_row(*[Text(cell) for cell in row])  # Text: a name is never read as markup
    return made


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
