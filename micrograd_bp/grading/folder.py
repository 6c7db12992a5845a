"""A folder of submissions, each graded in a process of its own, as one table."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..support.arrays import ARRAY_FILES
from ..support.files import write_file
from .forms import CODE
from .process import MEMORY
from .sandbox import check_limits, grade_submission

__all__ = ["Row", "as_csv", "grade_folder", "table_html"]


@dataclass(frozen=True)
class Row:
    """One submission: what came out, in one line. ``outcome`` is "unusable" if nothing did."""

    submission: str
    outcome: str
    line: int | None
    verdict: str

    def cells(self) -> list[str]:
        """The row of the table."""
        return [self.submission, self.outcome, str(self.line or ""), self.verdict]

    def to_dict(self) -> dict[str, Any]:
        """The row in plain types."""
        return asdict(self)


def grade_folder(
    folder: Path, timeout: float = 30.0, memory: int = MEMORY, jobs: int = 2, hint: str = "full"
) -> list[Row]:
    """Grade every file of code or results in ``folder``, and every folder's nnCostFunction.m.

    ``jobs`` of them run at a time; one that crashes or takes too long costs its own row only.
    Raises ValueError if there is nothing to grade.
    """
    check_limits(timeout, memory)
    paths = sorted(path for path in folder.iterdir() if _is_submission(path))
    if not paths:
        raise ValueError(f"{folder}: got no file of type {', '.join((*CODE, *ARRAY_FILES))}")
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda path: _row(path, timeout, memory, hint), paths))


def _is_submission(path: Path) -> bool:
    return path.is_file() and path.suffix in (*CODE, *ARRAY_FILES) and path.name[:1] not in "._"


def _row(path: Path, timeout: float, memory: int, hint: str) -> Row:
    try:
        diagnosis = grade_submission(str(path), timeout, memory).hinted(hint)
    except (ValueError, TypeError, OSError, ArithmeticError) as error:
        return Row(path.name, "unusable", None, " ".join(str(error).split()))
    line = diagnosis.where["line"] if diagnosis.where else None
    return Row(path.name, diagnosis.outcome, line, diagnosis.verdict)


def as_csv(rows: Sequence[Row]) -> str:
    """The table as CSV with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["submission", "outcome", "line", "verdict"])
    writer.writerows(row.cells() for row in rows)
    return text.getvalue().rstrip("\n")


def table_html(path: Path, title: str, rows: Sequence[Row]) -> None:
    """Write the table as a page that loads nothing."""
    cells = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row.cells()) + "</tr>"
        for row in rows
    )
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title>"
        "<style>body{font:16px system-ui;margin:2em}td,th{padding:.3em .8em;text-align:left;"
        "border-bottom:1px solid #ccc}</style>"
        f"<h1>{html.escape(title)}</h1><table><tr><th>submission<th>outcome<th>line<th>verdict</tr>"
        f"\n{cells}\n</table></html>\n"
    )
    write_file(path, page.encode())
