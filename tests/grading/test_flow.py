"""Which value was computed from which, as a reader of the code would say it."""

import numpy as np
import pytest

from micrograd_bp.grading.flow import Flow
from micrograd_bp.grading.trace import RECORD, Recorder, instrument, places

X = np.array([[1.0, 2.0], [3.0, 5.0], [7.0, 11.0]])
W = np.array([[0.1, 0.2], [0.3, 0.5], [0.7, 1.1], [1.3, 1.7]])


def flow_of(source, **names):
    recorder = Recorder()
    names = {"X": X.copy(), "W": W.copy(), "np": np, RECORD: recorder} | names
    recorder.start()
    exec(instrument(source), names)
    return Flow(places(source), recorder.stop())


def last(flow, text, role=None):
    return next(n for n in reversed(flow.nodes)
                if n.place.text == text and role in (None, n.place.role))  # fmt: skip


def behind(flow, node):
    """The texts of what a value was computed from, where each was first computed."""
    return {one.place.text for one in flow.inputs(flow.origin(node))}


@pytest.mark.parametrize(
    ("source", "text", "inputs"),
    [
        ("z = X @ W.T", "z", {"X", "W"}),
        ("z = X @ W.T\na = np.exp(z)", "a", {"X @ W.T"}),
        ("z = X @ W.T\na = z.T\nb = a * 2", "a * 2", {"X @ W.T"}),
        ("def f(v): return v * 2\ny = f(X)\ny + 1", "y", {"X"}),
        ("def f(v):\n    u = v * 2\n    return u\ny = f(X) + 1", "f(X) + 1", {"v * 2"}),
        ("D = np.zeros(2)\nv = X[0] * 2\nD[:] = v\nD * 3", "D * 3", {"X[0] * 2"}),
        ("D = X * 2\nD += X\nD * 3", "D * 3", {"D"}),
        ("L = []\nL.append(X * 2)\nL.append(X * 3)\nnp.array(L) * 4", "np.array(L) * 4",
         {"np.array(L)"}),
        ("a, b = X * 2, X * 3\nb + a", "b + a", {"X * 2", "X * 3"}),
    ],
)  # fmt: skip
def test_a_value_is_computed_from_what_stands_in_its_expression(source, text, inputs):
    flow = flow_of(source + f"\n{text}")
    assert behind(flow, last(flow, text)) == inputs


def test_what_was_stored_into_an_array_is_behind_it():
    flow = flow_of(
        "D = [np.zeros(2), X[2] * 1]\nv = X[0] * 2\nD[0] = v\nD[1] += X[1]\nE = D[0] * 5"
    )
    stored = last(flow, "D[0]", "target")
    assert "X[0] * 2" in behind(flow, stored) | {flow.origin(stored).place.text}
    changed = last(flow, "D[1]", "target")
    texts = {flow.nodes[i].place.text for i in changed.operands}
    assert "X[1]" in texts | behind(flow, changed)


def test_what_an_item_held_is_of_the_array_that_holds_it():
    flow = flow_of("D = X * 2\nD[1] += X[0]")
    assert behind(flow, last(flow, "D[1]", "before")) == {"X * 2"}


def test_everything_behind_a_result_is_found_and_nothing_else():
    flow = flow_of("a = X * 2\nb = a + 1\nc = W * 3\nd = b - a")
    found = flow.behind([last(flow, "b - a")])
    for text, there in (("X", True), ("X * 2", True), ("a + 1", True), ("W * 3", False)):
        assert (last(flow, text).key in found) == there


def test_an_array_and_its_transpose_are_one_value_first_seen_where_it_was_computed():
    flow = flow_of("a = X * 2\nb = a.T\nc = b")
    assert last(flow, "b").key == last(flow, "X * 2").key
    assert flow.origin(last(flow, "b")).place.text == "X * 2"
    assert [n.place.text for n in flow.arrays] == ["X", "X * 2"]


def test_the_users_of_a_value_are_those_that_compute_with_it():
    flow = flow_of("a = X * 2\nb = a + 1\nc = a @ W.T\nd = a")
    users = {flow.nodes[i].place.text for i in flow.consumers[last(flow, "X * 2").key]}
    assert users == {"a + 1", "a @ W.T"}


def test_single_numbers_are_told_by_where_they_stand():
    flow = flow_of("a = 1.5 + 0\nb = 1.0 + 0.5\ns = (X * 0.3).sum()\nm = len(X) * 1.0\nt = s * 2")
    assert last(flow, "1.5 + 0").key != last(flow, "1.0 + 0.5").key
    summed = {flow.nodes[i].place.text for i in flow.summed}
    assert {"(X * 0.3).sum()", "s * 2"} <= summed
    assert not {"1.5 + 0", "len(X) * 1.0"} & summed


def test_names_know_the_values_that_they_were_given():
    flow = flow_of("a = X * 2\na = X * 3\nb = a")
    assert len(flow.targets["a"]) == 2
    assert flow.targets["b"] == {last(flow, "X * 3").key}
    assert flow.assigned("a[0]", len(flow.nodes)).place.text == "X * 3"
    second = last(flow, "X * 3").number
    assert flow.assigned("a", second).place.text == "X * 2"
    assert flow.assigned("c", len(flow.nodes)) is None


def test_the_call_that_a_function_returns_to_is_found():
    flow = flow_of("def f(v):\n    return v * 2\ndef g(v):\n    return f(v) + 1\ny = g(X)")
    inner = last(flow, "v * 2")
    assert flow.caller(inner).place.text == "f(v)"
    assert flow.caller(flow.caller(inner)).place.text == "g(X)"
    assert flow.caller(last(flow, "g(X)")) is None


@pytest.mark.parametrize(
    ("head", "text"),
    [
        ("range(1, 3)", "range(1, 3)"), ("range(3 - 1)", "range(3 - 1)"),
        ("range(len(X))", "X[i] * 2"), ("range(3)", "X[i] * 2"), ("(0, 1)", "X[i] * 2"),
    ],
)  # fmt: skip
def test_a_range_that_leaves_out_an_end_is_found(head, text):
    source = f"n = np.arange(1)\nfor i in {head}:\n    v = X[i] * 2\nfor j in range(1, 2): u = j\n"
    flow = flow_of(source)
    assert flow.short_range(last(flow, "X[i] * 2")).place.text == text


def test_a_row_belongs_to_the_array_that_a_loop_hands_out():
    flow = flow_of("A = X * 2\nfor r in A:\n    v = r * 3\nfor c in zip(*A.T): pass\nu = W[0] * 1")
    rows = [n for n in flow.nodes if n.place.text == "r"]
    assert all(flow.holder(n).place.text == "X * 2" for n in rows)
    assert flow.holder(last(flow, "W[0]")).place.text == "W"
    between = flow_of("A = X * 2\nfor r in A:\n    B = W.T * 1\n    v = r * 3")
    row = [n for n in between.nodes if n.place.text == "r"][-1]
    assert between.holder(row).place.text == "X * 2"
    lonely = flow_of("a = np.array([4.0, 9.0])\nb = a * 2")
    assert lonely.holder(last(lonely, "a * 2")) is None


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("X * 2", True), ("X - X", True), ("X / 2", True), ("X ** 2", True), ("-X", True),
        ("X > 2", True), ("np.multiply(X, 2)", True), ("np.exp(X)", True), ("X @ W.T", False),
        ("np.dot(X, W.T)", False), ("X.sum(axis=0)", False), ("X[:1]", False),
    ],
)  # fmt: skip
def test_what_works_entry_by_entry_is_told(text, entry):
    flow = flow_of(f"y = {text}")
    assert last(flow, text).elementwise == entry
