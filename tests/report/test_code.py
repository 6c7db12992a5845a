"""The student's own code on the page: every line, what it computed, and which one is wrong."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork, backprop_gradient, check_backprop
from micrograd_bp.grading.lines import Line, Listing, Wrong
from micrograd_bp.report.diagnosis import played, strike
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
THETAS = SigmoidNetwork([2, 3, 2], seed=5).thetas
EXAMPLE = {"row": 1, "x": [0.5, -1.0], "y": [0.0, 1.0], "thetas": [t.tolist() for t in THETAS]}


def example(wrong=()):
    """One example of a run whose gradient is right but for what is added in ``wrong`` places."""
    exact = backprop_gradient(SigmoidNetwork(thetas=THETAS), [EXAMPLE["x"]], [EXAMPLE["y"]])
    D = [layer.copy() for layer in exact.D]
    for (layer, *place), added in wrong:
        D[layer - 1][tuple(place)] += added
    return exact, EXAMPLE | {"D": [layer.tolist() for layer in D]}


@pytest.fixture
def diagnosis():
    judged = check_backprop(module("one_path_lost").backprop)
    return replace(judged, lines=Listing(LINES, WRONG, (), example([((1, 0, 2), 1.0)])[1]))


def test_each_line_stands_with_what_it_computed_and_the_wrong_one_is_marked(diagnosis):
    page = diagnosis_page(diagnosis)
    outline = Outline(page)
    lines = [attrs for tag, attrs in outline.elements if tag == "li" and "data-computed" in attrs]
    assert [line["value"] for line in lines] == ["1", "2", "3"]
    assert [line["class"] for line in lines] == ["", "right", "wrong"]
    assert lines[1]["title"] == "(7, 3) [0.1, …]"
    assert "".join(text for tag, text in outline.texts if tag == "code").count(HOSTILE) == 2
    assert HOSTILE not in page


def seen(diagnosis, given, spoiled=()):
    unnamed = replace(diagnosis, mistakes=(), lines=Listing(LINES, WRONG, spoiled, given))
    struck = strike(unnamed, played(unnamed), [])
    assert struck["parts"] == []
    return {
        (s["kind"], s["layer"], *s["indices"]): (s["right"], s["yours"]) for s in struck["seen"]
    }


def test_weights_are_marked_one_by_one(diagnosis):
    exact, given = example([((1, 0, 2), 1.0)])
    right = exact.D[0][0, 2]
    assert seen(diagnosis, given) == {("theta", 1, 1, 2): (right, right + 1.0)}


def test_a_delta_is_marked_where_the_students_gradient_is_made_of_it(diagnosis):
    a = [1.0, *EXAMPLE["x"]]
    exact, given = example([((1, 1, j), 0.5 * a[j]) for j in range(3)])  # δ₂⁽²⁾ off by a half
    found = seen(diagnosis, given)
    right = exact.deltas[1][0, 1]
    assert found.pop(("delta", 2, 2)) == pytest.approx((right, right + 0.5))
    assert set(found) == {("theta", 1, 2, 0), ("theta", 1, 2, 1), ("theta", 1, 2, 2)}


def test_a_delta_that_some_line_has_right_is_not_marked(diagnosis):
    _, given = example([((2, 0, j), 0.5) for j in range(4)])
    lines = (*LINES, Line(4, "    e = h - Y", "δ⁽³⁾", "right", "", ""))
    unnamed = replace(diagnosis, mistakes=(), lines=Listing(lines, WRONG, (), given))
    kinds = {s["kind"] for s in strike(unnamed, played(unnamed), [])["seen"]}
    assert kinds == {"theta"}


def test_a_weighted_input_is_that_of_the_example_shown(diagnosis):
    _, given = example()
    z = SigmoidNetwork(thetas=THETAS).forward([EXAMPLE["x"]]).z[1][0]
    rows = np.array([z, z + np.array([0.0, 2.0, 0.0])])
    entry = {"symbol": "z⁽²⁾", "kind": "z", "layer": 2, "yours": rows.tolist(), "right": []}
    assert seen(diagnosis, given, (entry,)) == {("z", 2, 2): (z[1], z[1] + 2.0)}


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
    _, given = example([((1, 0, 2), 1.0)])
    unnamed = replace(diagnosis, mistakes=(), lines=Listing(LINES, WRONG, (), given))
    (tmp_path / "page.html").write_text(diagnosis_page(unnamed), "utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    marked = "player.steps.flatMap((s) => player.wrong.at(s) ? [s.link.from.slope] : [])"
    assert page.evaluate(marked) == ["∂J/∂θ₁₂⁽¹⁾"]
    page.get_by_role("button", name="Next wrong step").click()
    assert "| yours: " in page.locator("#spoiled").inner_text()
    page.evaluate("player.pick(player.story.find('x', 1, 1).id); player.touch.move(3)")
    assert page.evaluate(marked) == []  # of other numbers nothing is known
    page.close()
