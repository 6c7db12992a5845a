"""Every file of tests/students gets its outcome, its mistake's name and its line."""

import json

import pytest

from micrograd_bp import check_backprop
from micrograd_bp.grading.catalogue import COST_MISTAKES

from .students_at_work import PLANTED, STUDENTS, module

COSTS = {mistake.name for mistake in COST_MISTAKES}
FUNCTIONS = ("backprop", "gradient", "backpropagation", "costFunction", "nnCostFunction")
# By hand: a piece of each line where a tutor would say that the mistake stands.
LINES = json.loads((STUDENTS / "lines.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def diagnosed():
    """The diagnosis of a student's function, made once."""
    made = {}

    def diagnosis(stem):
        if stem not in made:
            student = module(stem)
            function = next(getattr(student, name) for name in FUNCTIONS if hasattr(student, name))
            made[stem] = check_backprop(function)
        return made[stem]

    return diagnosis


@pytest.mark.parametrize("stem", [s for s in PLANTED if s not in ("crashes", "endless")])
def test_every_student_gets_the_right_answer(diagnosed, stem, capfd):
    diagnosis = diagnosed(stem)
    planted = PLANTED[stem]
    if planted.startswith("none: this one is right") or stem == "rows_both_ways":
        assert diagnosis.outcome == "right"
        assert diagnosis.where is None
    elif planted == "none of the catalogue":
        assert not diagnosis.passed
        assert not diagnosis.mistakes
    else:
        assert not diagnosis.passed
        assert diagnosis.gradient_passed == (planted in COSTS)
        assert [found.name for found in diagnosis.mistakes] == [planted]


@pytest.mark.parametrize("stem", LINES)
def test_every_student_is_shown_the_line(diagnosed, stem, capfd):
    where = diagnosed(stem).where
    assert where is not None
    assert any(piece in where["code"] for piece in LINES[stem]), where


def test_every_wrong_student_has_a_line():
    right = {"crashes", "endless", "rows_both_ways"}
    right |= {stem for stem, name in PLANTED.items() if name.startswith("none: this one is right")}
    assert set(LINES) == set(PLANTED) - right
