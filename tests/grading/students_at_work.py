"""The files of tests/students: wrong (and right) gradients as students write them.

The first line of each names the mistake that its author made.
"""

import importlib.util
from pathlib import Path

import pytest

STUDENTS = Path(__file__).parents[1] / "students"
PLANTED = {
    path.stem: path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
    for path in sorted(STUDENTS.glob("*.py"))
}


def module(stem):
    spec = importlib.util.spec_from_file_location(stem, STUDENTS / f"{stem}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def on_any_network():
    """The functions that take a list of matrices, each with the catalogue's mistake it makes."""
    from micrograd_bp.grading.catalogue import MISTAKES

    made = []
    for stem, name in PLANTED.items():
        if name in MISTAKES and stem != "prints_garbage":
            loaded = module(stem)
            for function in ("backprop", "gradient", "backpropagation"):
                if hasattr(loaded, function):
                    made.append(pytest.param(name, getattr(loaded, function), id=stem))
    return made
