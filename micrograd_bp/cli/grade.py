"""micrograd-bp grade."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .options import HtmlOption, JsonOption, keep, try_targets
from .streams import print_json, show

__all__ = ["grade"]


class Hint(StrEnum):
    """How much of a mistake is told."""

    WHERE = "where"
    WHICH = "which"
    FULL = "full"


def grade(
    submission: Annotated[
        str, typer.Argument(metavar="FILE.py[:NAME] | FILE.ipynb | FILE.m | RESULTS | FOLDER")
    ],
    hint: Annotated[
        Hint, typer.Option(help="where: the line only; which: its formula too; full: everything")
    ] = Hint.FULL,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 for all but an exactly right gradient")
    ] = False,
    timeout: Annotated[float, typer.Option(help="Seconds that the code may run")] = 30.0,
    memory: Annotated[int, typer.Option(help="MB of memory that the code may take")] = 4096,
    jobs: Annotated[int, typer.Option(min=1, help="Submissions of a FOLDER at a time")] = 2,
    as_json: JsonOption = False,
    html: HtmlOption = None,
) -> int:
    """Judge your own gradient, point at the wrong line and name the mistake in it.

    The code is executed, with all your rights, in a process of its own: a function, a class, a
    method, a notebook, a training script or an Octave function. RESULTS are the arrays X, y,
    Theta1, Theta2, ... and grad, optionally lambda and J, in a .mat, .npz or .json file. A FOLDER
    gives a table with a line for each submission (CSV where the output is no terminal).

    Exit status: 0 right, nearly right, or right for its own cost; 1 wrong, with --strict all but
    right; 2 nothing that can be judged.
    """
    try_targets(html=html)
    if Path(submission).is_dir():
        return _folder(Path(submission), hint.value, strict, timeout, memory, jobs, as_json, html)
    from ..grading.sandbox import grade_submission

    diagnosis = grade_submission(submission, timeout, memory).hinted(hint.value)
    if as_json:
        print_json(diagnosis.to_dict())
    else:
        show(*diagnosis.report())
    failed = keep(html, diagnosis.to_html)
    if failed:
        raise failed
    return 0 if diagnosis.outcome == "right" or (diagnosis.passed and not strict) else 1


def _folder(
    folder: Path, hint: str, strict: bool, timeout: float, memory: int, jobs: int,
    as_json: bool, html: Path | None,
) -> int:  # fmt: skip
    """One line for each submission; 0 if all passed, 1 if one is wrong, 2 if one is unusable."""
    from ..grading.folder import as_csv, grade_folder, table_html
    from ..support.tables import table

    rows = grade_folder(folder, timeout, memory, jobs, hint)
    if as_json:
        print_json([row.to_dict() for row in rows])
    elif sys.stdout.isatty():
        columns = ["submission", "outcome", ">line", "mistake or reason"]
        show(table("Submissions", columns, [row.cells() for row in rows]))
    else:
        print(as_csv(rows))
    failed = keep(html, lambda path: table_html(path, folder.name, rows))
    if failed:
        raise failed
    if any(row.outcome == "unusable" for row in rows):
        return 2
    passed = ("right",) if strict else ("right", "nearly right", "right for its own cost")
    return 0 if all(row.outcome in passed for row in rows) else 1
