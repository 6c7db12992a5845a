"""After grading the page marks what the student has wrong, by the student's own numbers."""

import json
import re

import numpy as np
import pytest

from micrograd_bp import backprop_gradient
from micrograd_bp.report.diagnosis import played
from micrograd_bp.report.page import diagnosis_page

from ..grading.in_process import Inside, in_process
from ..grading.students_at_work import PLANTED, STUDENTS

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

# What the page marks, as it would on the page of this diagnosis.
MARKS = """(data) => {
    const story = new Story(data);
    const wrong = new Wrong(story, new State(story));
    wrong.chooseFound();
    return story.steps(null).flatMap((step) => {
        const both = wrong.at(step);
        if (!both) return [];
        const part = step.kind === 'value' ? step.node : step.link.from;
        const kind = step.kind === 'pass' && part.kind === 'z' ? 'delta' : part.kind;
        return [{kind, forward: step.kind === 'value', layer: part.layer, indices: part.indices,
                 right: both[0], yours: both[1]}];
    });
}"""
FILES = [f"{stem}.py" for stem in PLANTED if stem not in ("crashes", "endless")]
FILES += sorted(
    str(path.relative_to(STUDENTS))
    for path in STUDENTS.glob("wild/*/*")
    if path.suffix in (".py", ".ipynb")
)


def computed():
    """Every number that the last run computed, which is that of the example on the page."""
    inside, program = Inside.last
    values = [np.ravel(value) for _, value in inside.trace(program).events]
    return np.unique(np.concatenate(values))


@pytest.fixture(scope="module")
def shell(browser, pages):
    page = browser.new_page()
    page.goto((pages / "lost.html").as_uri())
    yield page
    page.close()


@pytest.fixture
def graded(monkeypatch):
    """Judge a file of tests/students in this process."""
    grade = in_process(monkeypatch)
    return lambda name: grade(STUDENTS / name)


def marks_of(shell, diagnosis):
    data = re.search(r'id="data">(.*?)</script>', diagnosis_page(diagnosis), re.DOTALL)[1]
    return shell.evaluate(MARKS, json.loads(data))


def off(yours, right):
    """Where two arrays differ by more than rounding, relative to the largest entry."""
    return np.abs(yours - right) > 1e-9 * np.max(np.abs(right))


@pytest.mark.parametrize("name", FILES)
def test_marked_are_the_students_wrong_numbers_and_no_other(shell, graded, name):
    diagnosis = graded(name)
    marks = marks_of(shell, diagnosis)
    if diagnosis.gradient_passed or diagnosis.unstable:
        assert marks == []  # of what is right there is nothing, of what varies nothing certain
        return
    shown = played(diagnosis)
    right = backprop_gradient(shown.net, [shown.x], [shown.y])
    for l, mine in enumerate(shown.D or (), start=1):
        wrong = off(mine, right.D[l - 1])
        found = [m for m in marks if (m["kind"], m["layer"]) == ("theta", l)]
        places = {(i - 1, j): m["yours"] for m in found for i, j in [m["indices"]]}
        assert set(places) == {tuple(place) for place in np.argwhere(wrong).tolist()}
        for place, yours in places.items():
            assert not off(np.array(yours), np.array([mine[place]])).any()
    if shown.D is not None:
        numbers = computed()
        for mark in marks:
            if mark["forward"] or mark["kind"] == "delta":
                assert among(numbers, mark["yours"]), mark


def among(numbers, value):
    """Whether the student's code computed this number, or turned its sign at the end."""
    return any(np.min(np.abs(numbers - v)) <= 1e-9 * abs(v) for v in (value, -value))
