"""micrograd-bp grade."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import HtmlOption, JsonOption, keep, try_targets
from .streams import print_json, show

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

    try_targets(html=html)
    diagnosis = grade_submission(submission, timeout)
    if as_json:
        print_json(diagnosis.to_dict())
    else:
        show(*diagnosis.report())
    failed = keep(html, diagnosis.to_html)
    if failed:
        raise failed
    return 0 if diagnosis else 1
