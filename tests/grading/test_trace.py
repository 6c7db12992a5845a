"""The recorder sees every expression's value, and the code does not notice it."""

import numpy as np
import pytest

from micrograd_bp.grading.trace import RECORD, Recorder, instrument, places

CODE = """
import numpy as np

class Net:
    def __init__(self, w): self.w = w
    def step(self, x, rate=0.5):
        self.h = x @ self.w; self.w -= rate * self.h
        return [row * 2 for row in self.h]

def twice(x):
    for i in range(2): x = x + 1; y = x * 2
    return y

def store(n):
    D = [np.zeros(n), np.zeros(n)]
    D[0][1:], D[1][:1] = np.ones(n - 1), 7
    D[1] += [v ** 2 for v in range(n)]
    return D
"""


def run(call, *arguments):
    """What the plain and the instrumented code answer, and [(line, text, value)]."""
    answers = []
    recorder = Recorder()
    for code in (compile(CODE, "plain", "exec"), instrument(CODE)):
        names = {RECORD: recorder, "__name__": "student"}
        exec(code, names)
        recorder.start()
        answers.append(eval(call, names, dict(zip("abc", arguments, strict=False))))
    known = places(CODE)
    seen = [(known[i].line, known[i].text, value) for i, value in recorder.stop()]
    return answers, seen


def test_the_answer_is_that_of_the_untouched_code():
    w = np.eye(2)
    (plain, traced), _ = run("Net(a.copy()).step(b)", w, np.ones((1, 2)))
    assert np.array_equal(plain, traced)


def test_several_statements_on_one_line_are_told_apart():
    _, seen = run("Net(a.copy()).step(b)", np.eye(2), np.array([[3.0, 4.0]]))
    on_line = {text: value for line, text, value in seen if line == 7}
    assert on_line["x @ self.w"].tolist() == [[3.0, 4.0]]
    assert on_line["rate * self.h"].tolist() == [[1.5, 2.0]]


def test_every_pass_of_a_loop_and_of_a_comprehension_is_recorded():
    _, seen = run("twice(a)", np.array([1.0]))
    assert [float(v[0]) for _, text, v in seen if text == "x * 2"] == [4.0, 6.0]
    _, seen = run("Net(a.copy()).step(b)", np.eye(2), np.array([[3.0, 4.0], [5.0, 6.0]]))
    assert [v.tolist() for _, text, v in seen if text == "row * 2"] == [[6.0, 8.0], [10.0, 12.0]]


def test_items_are_recorded_after_they_are_stored():
    _, seen = run("store(a)", 3)
    last = {text: value for _, text, value in seen}
    assert last["D[0]"].tolist() == [0.0, 1.0, 1.0]
    assert last["D[1]"].tolist() == [7.0, 1.0, 4.0]


def test_what_is_recorded_does_not_change_with_the_array():
    _, seen = run("Net(a.copy()).step(b)", np.eye(2), np.ones((1, 2)))
    first = next(value for _, text, value in seen if text == "self.w")
    assert first.tolist() == [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize("limits", [{"limit_events": 3}, {"limit_bytes": 300.0}])
def test_the_recorder_is_bounded(limits):
    recorder = Recorder(**limits)
    recorder.start()
    for _ in range(10):
        recorder(0, np.ones(2))
    assert not recorder.on
    assert len(recorder.events) <= 3


@pytest.mark.parametrize("value", [None, "text", [[1.0], [1.0, 2.0]], {"a": 1.0}, np.array("x")])
def test_what_is_no_number_passes_unrecorded(value):
    recorder = Recorder()
    recorder.start()
    assert recorder(0, value) is value
    assert recorder.events == []
