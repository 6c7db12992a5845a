"""After grading the page marks what the student has wrong, by the student's own numbers."""

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork, backprop_gradient, check_backprop
from micrograd_bp.grading.catalogue import MISTAKES
from micrograd_bp.report.diagnosis import network_like, strike

from ..grading.students_at_work import on_any_network

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

MARKS = """([parts, layers]) => {
    player.wrong.choose(parts, layers);
    return player.story.steps(null).flatMap((step) => {
        const both = player.wrong.at(step);
        if (!both) return [];
        const part = step.kind === 'value' ? step.node : step.link.from;
        return [{kind: part.kind, layer: part.layer, indices: part.indices, both}];
    });
}"""
# Mistakes in these steps leave ∂J/∂θ_i0 = δ_i, so that the student's δ can be read off.
ONLY_DELTA = {"slope", "propagate", "output_delta", "targets"}


@pytest.fixture(scope="module")
def played(browser, pages):
    """Pages of diagnoses by the sizes of their network, with it and its example in Python."""
    opened = {}
    for name in ("lost", "square"):
        page = browser.new_page()
        page.goto((pages / f"{name}.html").as_uri())
        thetas, x, y = page.evaluate(
            "[player.state.thetas(false), player.state.vector('x'), player.state.vector('y')]"
        )
        net = SigmoidNetwork(thetas=thetas)
        opened[tuple(net.sizes)] = page, net, np.array([x]), np.array([y])
    yield opened
    for page, *_ in opened.values():
        page.close()


def differs(yours, right):
    return np.abs(yours - right) > 1e-9 * np.max(np.abs(right))


@pytest.mark.parametrize(("name", "function"), on_any_network())
def test_marked_are_the_students_wrong_numbers_and_no_other(played, name, function):
    diagnosis = check_backprop(function)
    sizes = tuple(network_like(diagnosis).sizes)
    page, net, x, y = played.get(sizes, played[3, 5, 4, 3])
    struck = strike(diagnosis, [])
    marks = page.evaluate(MARKS, [struck["parts"], struck["layers"]])
    right = backprop_gradient(net, x, y)
    yours = [np.asarray(D) for D in function(net.thetas, x, y, 0.0)]
    if [D.shape for D in yours] != net.shapes:
        assert marks == []  # another shape: not to be compared entry by entry
        return
    for l, (mine, exact) in enumerate(zip(yours, right.D, strict=True), start=1):
        expected = {(int(i) + 1, int(j)) for i, j in np.argwhere(differs(mine, exact))}
        found = {tuple(m["indices"]) for m in marks if (m["kind"], m["layer"]) == ("theta", l)}
        assert found == expected
        if set(MISTAKES[name].steps) <= ONLY_DELTA:
            wrong = np.flatnonzero(differs(mine[:, 0], exact[:, 0]))
            spoiled = {m["indices"][0] for m in marks if (m["kind"], m["layer"]) == ("z", l + 1)}
            assert spoiled == {int(i) + 1 for i in wrong}
    for mark in marks:
        if mark["kind"] == "theta":
            i, j = mark["indices"]
            theirs = yours[mark["layer"] - 1][i - 1, j]
            assert mark["both"][1] == pytest.approx(theirs, rel=1e-9, abs=1e-15)
