"""The student's own code on the page: every line, what it computed, and which one is wrong."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from micrograd_bp import check_backprop
from micrograd_bp.grading.lines import Line, Listing, Wrong
from micrograd_bp.report.diagnosis import strike
from micrograd_bp.report.page import diagnosis_page

from ..grading.students_at_work import module
from .test_report import Outline

HOSTILE = "</code><script>alert(1)</script>"
LINES = (
    Line(1, "def backprop(thetas, X, Y, lambda_):"),
    Line(2, "    delta = h - Y", "δ⁽⁴⁾", "right", "(7, 3)", "[0.1, …]"),
    Line(3, "    delta = delta @ T[:, 1:]  # " + HOSTILE, "δ⁽³⁾", "wrong", "(7, 4)", "[0.2, …]"),
)
WRONG = (Wrong("student.py", 3, LINES[2].code, "Θ⁽³⁾ᵀ δ⁽⁴⁾", "δ⁽³⁾"),)
RIGHT = [[0.5, -1.0, 2.0, 0.0], [1.0, 1.0, 1.0, 1.0]]
YOURS = [[0.5, -1.0, 2.5, 0.0], [1.0, 3.0, 1.5, 1.0]]
SPOILED = ({"symbol": "δ⁽³⁾", "kind": "delta", "layer": 3, "yours": YOURS, "right": RIGHT},)


@pytest.fixture
def diagnosis():
    judged = check_backprop(module("one_path_lost").backprop)
    return replace(judged, lines=Listing(LINES, WRONG, SPOILED))


def test_each_line_stands_with_what_it_computed_and_the_wrong_one_is_marked(diagnosis):
    page = diagnosis_page(diagnosis)
    outline = Outline(page)
    lines = [attrs for tag, attrs in outline.elements if tag == "li" and "data-computed" in attrs]
    assert [line["value"] for line in lines] == ["1", "2", "3"]
    assert [line["class"] for line in lines] == ["", "right", "wrong"]
    assert lines[1]["title"] == "(7, 3) [0.1, …]"
    assert "".join(text for tag, text in outline.texts if tag == "code").count(HOSTILE) == 2
    assert HOSTILE not in page


def test_marked_parts_are_those_that_differ_in_the_students_own_run(diagnosis):
    seen = strike(diagnosis, [])["seen"]
    assert [(s["kind"], s["layer"], s["indices"]) for s in seen] == [
        ("delta", 3, [2]),
        ("delta", 3, [3]),
    ]
    # of the two examples the first in which the unit is wrong
    assert [(s["right"], s["yours"]) for s in seen] == [(1.0, 3.0), (2.0, 2.5)]


def test_weights_are_marked_one_by_one(diagnosis):
    right = np.arange(6.0).reshape(2, 3)
    yours = right + np.array([[0, 0, 1.0], [0, 0, 0]])
    spoiled = {"symbol": "D⁽¹⁾", "kind": "D", "layer": 1, "yours": yours, "right": right}
    (seen,) = strike(replace(diagnosis, lines=Listing(LINES, WRONG, (spoiled,))), [])["seen"]
    assert seen == {"kind": "theta", "layer": 1, "indices": [1, 2], "right": 2.0, "yours": 3.0}


def test_without_a_traced_run_there_is_no_code(diagnosis):
    assert 'id="code"' not in diagnosis_page(replace(diagnosis, lines=None))


def test_a_hint_tells_no_more_on_the_page_than_in_the_terminal(diagnosis):
    full = replace(diagnosis, where=asdict(WRONG[0]))
    line = diagnosis_page(full.hinted("where"))
    assert "Line 3: " in line
    assert 'id="code"' not in line
    for told in (WRONG[0].expected, diagnosis.mistakes[0].remedy):
        assert told in diagnosis_page(full)
    visible = line[line.index('id="verdict"') : line.index('id="words"')]
    assert WRONG[0].computed not in visible
    assert diagnosis.mistakes[0].remedy not in line
    assert "expected is δ⁽³⁾" in diagnosis_page(full.hinted("which"))


@pytest.mark.browser
def test_an_unnamed_mistake_is_marked_where_the_students_own_numbers_are_wrong(
    browser, diagnosis, tmp_path
):
    unnamed = replace(diagnosis, mistakes=())
    (tmp_path / "page.html").write_text(diagnosis_page(unnamed), "utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    marked = page.evaluate(
        "player.steps.flatMap((s) => player.wrong.at(s) ? [s.link.from.slope] : [])"
    )
    assert marked == ["δ₂⁽³⁾", "δ₃⁽³⁾"]
    page.get_by_role("button", name="Next wrong step").click()
    assert page.locator("#spoiled").inner_text() == "right: 1 | yours: 3"
    assert page.locator("#code li.lit").all_inner_texts()[0].startswith("    delta = delta @")
    page.close()
