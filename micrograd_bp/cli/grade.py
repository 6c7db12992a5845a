"""micrograd-bp grade."""

from __future__ import annotations

from typing import Annotated

import typer

from ..support.result import json_text
from .options import HtmlOption, JsonOption, show

__all__ = ["grade"]


def grade(
    submission: Annotated[
        str, typer.Argument(metavar="FILE.py[:FUNCTION] | RESULTS.mat|.npz|.json")
    ],
    timeout: Annotated[float, typer.Option(help="Seconds that a .py file may run")] = 30.0,
    as_json: JsonOption = False,
    html: HtmlOption = None,
) -> int:
    """Judge your own gradient and name the mistake in it: exit 0 if it is right, else 1.

    A .py file is executed, with all your rights, in a process of its own. Results are the arrays
    X, y, Theta1, Theta2, ... and grad, optionally lambda and J.
    """
    from ..grading.sandbox import grade_submission

    diagnosis = grade_submission(submission, timeout)
    if html is not None:
        diagnosis.to_html(html)
    if as_json:
        print(json_text(diagnosis.to_dict()))
    else:
        show(*diagnosis.report())
    return 0 if diagnosis else 1
