"""What a submission holds, and what the referee's small programs do with it."""

import ast
import contextlib
import sys

import numpy as np
import pytest

from micrograd_bp.grading import wire
from micrograd_bp.grading.wire import Result, matrix
from micrograd_bp.grading.workshop import FailedStepError, Workshop, signature

SOURCE = """
import sys, os
import numpy as np
from functools import wraps
from math import exp

RATE = 0.5
TABLE = [1, 2]
missing.name
total = 0

def traced(function):
    @wraps(function)
    def inner(*values):
        return function(*values)
    return inner

def plain(a, b=2, *, c="text", d=0.25):
    text = "mode"
    return a, total

@traced
def wrapped(a):
    return a + 1

def early(a):
    if a:
        return a
    return a, b

def nothing(a):
    pass

class Net:
    count = 0
    def __init__(self, n=3):
        self.W = np.zeros((n, n))
        self.layers = [Layer(1.0), (Layer(2.0),), {"in": Layer(3.0), 4: "words"}]
        self.maker, self.name = Layer, "net"
        self._hidden = np.ones(2)

    def __call__(self):
        return self.W

    def step(self, x):
        self.count += 1
        return x * 2

    @staticmethod
    def slope(z):
        return z

class Layer:
    def __init__(self, b):
        self.b = b

net = Net()
weights = np.arange(6.0).reshape(2, 3)
pair = (1.0, 2.0)
for k in range(3):
    total += k
while total < 0:
    weights += 1
for x, y in zip([1.0, 2.0], [3.0, 4.0]):
    if x > 1.5:
        continue
    weights = weights * x
    total = total + y

if __name__ == "__main__":
    raise SystemExit
"""


@pytest.fixture
def shop(tmp_path):
    made = Workshop(str(tmp_path / "file.py"))
    made.load(ast.parse(SOURCE))
    yield made
    sys.modules.pop("submission", None)


def test_what_fails_is_kept_with_its_line_and_the_rest_is_loaded(shop):
    (failure,) = shop.failures
    assert failure == {
        "line": 9, "kind": "NameError", "text": "name 'missing' is not defined", "exit": False
    }  # fmt: skip
    assert shop.namespace["total"] == 3 + 3.0  # the loops ran, the main part did not
    assert sys.modules["submission"] is shop.module


def test_every_statement_is_guarded(tmp_path):
    entered = []

    @contextlib.contextmanager
    def guard():
        entered.append(True)
        yield

    made = Workshop(str(tmp_path / "file.py"), {"given": 7})
    made.load(ast.parse("a = given\nimport sys\nsys.exit(3)\nb = 2"), guard)
    assert len(entered) == 4
    assert (made.namespace["a"], made.namespace["b"]) == (7, 2)
    assert made.failures[0]["exit"]


def test_the_inventory_tells_functions_classes_data_and_loops(shop):
    found = shop.inventory()
    functions = {one["name"]: one for one in found["functions"]}
    assert set(functions) == {"traced", "plain", "wrapped", "early", "nothing"}  # none imported
    assert {name: one["line"] for name, one in functions.items()} == {
        "traced": 12, "plain": 18, "wrapped": 22, "early": 26, "nothing": 31
    }  # fmt: skip
    assert functions["plain"]["returns"] == ["a", "total"]
    assert functions["early"]["returns"] == ["a", "b"]
    assert functions["nothing"]["returns"] == functions["traced"]["returns"] == []
    assert functions["plain"]["file"] == shop.filename
    assert "mode" in functions["plain"]["strings"]
    assert {"total", "text", "a"} <= set(functions["plain"]["reads"])
    assert functions["plain"]["parameters"] == [
        {"name": "a", "kind": "POSITIONAL_OR_KEYWORD", "optional": False, "default": None},
        {"name": "b", "kind": "POSITIONAL_OR_KEYWORD", "optional": True, "default": 2},
        {"name": "c", "kind": "KEYWORD_ONLY", "optional": True, "default": None},
        {"name": "d", "kind": "KEYWORD_ONLY", "optional": True, "default": 0.25},
    ]
    classes = {one["name"]: one["methods"] for one in found["classes"]}
    assert set(classes) == {"Net", "Layer"}
    assert {m["name"]: m["static"] for m in classes["Net"]} == {
        "__init__": False, "step": False, "slope": True
    }  # fmt: skip
    assert set(found["data"]) == {"RATE", "TABLE", "total", "weights", "pair", "k", "x", "y"}
    assert found["instances"] == [{"name": "net", "class": "Net"}]
    lines = [k for k, line in enumerate(SOURCE.splitlines(), 1) if line[:4] in ("for ", "whil")]
    names = ["total"], ["weights"], ["total", "weights"]  # in the order in which they stood before
    assert found["loops"] == [
        {"index": k, "line": line, "names": stored}
        for k, (line, stored) in enumerate(zip(lines, names, strict=True))
    ]
    assert found["failures"] == shop.failures


def test_a_neighbours_functions_are_the_files_own_and_others_are_not(tmp_path, monkeypatch):
    (tmp_path / "beside.py").write_text("def helper(a):\n    return a\n")
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "away.py").write_text("def distant(a):\n    return a\n")
    for place in (tmp_path, tmp_path / "far"):
        monkeypatch.syspath_prepend(str(place))
    made = Workshop(str(tmp_path / "file.py"))
    made.load(ast.parse("from beside import helper\nfrom away import distant\nimport beside"))
    assert [one["name"] for one in made.inventory()["functions"]] == ["helper"]
    for name in ("beside", "away"):
        sys.modules.pop(name)


def test_a_function_without_a_signature_has_no_parameters():
    assert signature("f", dict.fromkeys) == {
        "name": "f", "line": None, "file": None, "strings": [], "reads": [],
        "parameters": signature("f", dict.fromkeys)["parameters"],
    }  # fmt: skip
    assert signature("f", type) == {"name": "f", "line": None, "parameters": None}


def test_programs_are_carried_out_step_by_step(shop):
    program = [
        ["value", [np.ones(2), {"a": 1.0}]],
        ["call", "plain", [Result(0, [0])], {"c": "other"}],
        ["call", "Net", [2], {}],
        ["call", (Result(2), "step"), [Result(0, [0])], {}],
        ["get", 2, ["W"]],
        ["get", 0, [1, "a"]],
        ["get", None, ["weights", 1]],
        ["set", 2, ["W"], Result(0, [0])],
        ["get", 2, ["W"]],
        ["minus", Result(0, [0]), Result(3), 0.5],
        ["value", matrix(np.eye(2))],
        ["call", "net.step", [3.0], {}],
    ]
    one, called, _, doubled, zeros, a, row, _, after, less, eye, six = shop.perform(program, wire)
    assert np.array_equal(one[0], [1.0, 1.0])
    assert np.array_equal(called[0], [1.0, 1.0])
    assert np.array_equal(doubled, [2.0, 2.0])
    assert np.array_equal(zeros, np.zeros((2, 2)))
    assert a == 1.0
    assert np.array_equal(row, [3.0, 4.0, 5.0])
    assert np.array_equal(after, [1.0, 1.0])
    assert np.array_equal(less, [-0.5, -0.5])
    assert np.array_equal(eye, np.eye(2))
    assert six == 6.0


def test_what_is_handed_over_is_a_copy_and_a_matrix_where_it_is_meant(shop):
    given = np.ones(2)
    shop.load(
        ast.parse(
            "def double(a):\n    a *= 2\n    return a\ndef kind(a):\n    return type(a).__name__"
        )
    )
    assert shop.perform([["call", "double", [given], {}]], wire)[0].tolist() == [2.0, 2.0]
    assert given.tolist() == [1.0, 1.0]
    shared = [["value", given], ["call", "double", [Result(0)], {}], ["get", 0, []]]
    assert shop.perform(shared, wire)[2].tolist() == [2.0, 2.0]
    assert shop.perform([["call", "kind", [matrix(np.eye(2))], {}]], wire) == ["matrix"]
    assert shop.perform([["call", "kind", [(1, 2)], {}]], wire) == ["tuple"]


def test_parts_are_set_where_they_stand(shop):
    shop.load(ast.parse("d = {1: 5.0, 'k': 2.0}\nlist_ = [1.0, [2.0]]\nt = (1.0,)"))
    steps = [["set", None, path, value] for path, value in [
        (["d", "1"], 7.0), (["d", "new"], 8.0), (["list_", "1", 0], 9.0), (["RATE"], 0.1),
        (["net", "count"], 4), (["weights", 0], 6.0),
    ]]  # fmt: skip
    shop.perform(steps, wire)
    names = shop.namespace
    assert names["d"] == {1: 7.0, "k": 2.0, "new": 8.0}
    assert names["list_"] == [1.0, [9.0]]
    assert (names["RATE"], names["net"].count) == (0.1, 4)
    assert names["weights"][0].tolist() == [6.0, 6.0, 6.0]
    assert shop.perform([["get", None, ["d", "1"]], ["get", None, ["d", "k"]]], wire) == [7.0, 2.0]
    with pytest.raises(FailedStepError) as error:
        shop.perform([["set", None, ["t", 0], 1.0]], wire)
    assert (error.value.kind, error.value.text) == ("TypeError", "a tuple cannot be changed")


def test_the_arrays_of_an_object_are_told_by_their_names(shop):
    (of_net, of_file) = shop.perform(
        [["call", "Net", [2], {}], ["arrays", 0], ["arrays", None]], wire
    )[1:]
    assert set(of_net) == {"W", "layers", "_hidden"}
    assert of_net["layers"] == [{"b": 1.0}, [{"b": 2.0}], {"in": {"b": 3.0}, "4": None}]
    assert {"weights", "net", "RATE", "TABLE"} <= set(of_file)
    assert not any(name.startswith("__") for name in of_file)
    assert "plain" not in of_file
    shop.load(ast.parse("a = [[[[[[1.0]]]]]]\nb = [[[[1.0]]]]\nmany = list(range(1200))"))
    (found,) = shop.perform([["arrays", None]], wire)
    assert found["b"] == [[[[1.0]]]]
    assert found["a"] == [[[[[None]]]]]
    assert len(found["many"]) == 1000


def test_a_loops_body_runs_once_with_its_first_value(shop):
    before = shop.namespace["weights"].copy()
    shop.namespace["total"] = 10.0
    shop.perform([["body", 0]], wire)
    assert shop.namespace["total"] == 10.0  # k is 0
    shop.perform([["body", 2]], wire)
    assert (shop.namespace["x"], shop.namespace["total"]) == (1.0, 13.0)
    shop.perform([["body", 1]], wire)  # whatever a while's condition is
    assert np.array_equal(shop.namespace["weights"], before + 1.0)


def test_random_numbers_are_the_same_from_a_seed_on(shop):
    names = ast.parse("""
import random
def draw():
    rng, other = np.random.default_rng, np.random.default_rng()
    drawn = [random.random(), np.random.rand(), rng().random(), other.random()]
    return [*drawn, rng(5).random()]
""")
    original = np.random.default_rng
    shop.load(names)
    try:
        first, second = (shop.perform([["seed"], ["call", "draw", [], {}]], wire)[1] for _ in "ab")
    finally:
        np.random.default_rng = original
    assert first == second
    assert len(set(first)) == 5
    assert first[4] == np.random.default_rng(5).random()


@pytest.mark.parametrize(
    ("step", "kind", "text"),
    [
        (["call", "early", [], {}], "TypeError", "missing 1 required positional argument"),
        (["call", "unknown", [], {}], "KeyError", "unknown"),
        (["call", "Net.unknown", [], {}], "AttributeError", "unknown"),
        (["fly"], "ValueError", "unknown step fly"),
        (["get", None, ["unknown"]], "AttributeError", "unknown"),
    ],
)
def test_a_step_that_fails_says_so(shop, step, kind, text):
    with pytest.raises(FailedStepError) as error:
        shop.perform([step], wire)
    assert error.value.kind == kind
    assert text in error.value.text
    assert error.value.line is None


def test_the_line_of_a_failure_is_the_submissions_own_and_the_last_one(shop):
    shop.load(
        ast.parse("""
def f(a):
    return g(a)
def g(a):
    return np.linalg.inv(a)
def r(a):
    return r(a)
def q():
    raise ValueError("a\\n b" + "c" * 400)
""")
    )
    for call, line, kind in [("f", 5, "LinAlgError"), ("r", 7, "RecursionError")]:
        with pytest.raises(FailedStepError) as error:
            shop.perform([["call", call, [np.zeros((2, 2))], {}]], wire)
        assert (error.value.line, error.value.kind, error.value.calls_exit) == (line, kind, False)
    with pytest.raises(FailedStepError) as error:
        shop.perform([["call", "q", [], {}]], wire)
    assert error.value.text == "a b" + "c" * 297


def test_ctrl_c_is_no_failure_of_the_submission(shop):
    shop.load(ast.parse("def f():\n    raise KeyboardInterrupt\ndef e():\n    raise SystemExit(2)"))
    with pytest.raises(KeyboardInterrupt):
        shop.perform([["call", "f", [], {}]], wire)
    with pytest.raises(FailedStepError) as error:
        shop.perform([["call", "e", [], {}]], wire)
    assert error.value.calls_exit
