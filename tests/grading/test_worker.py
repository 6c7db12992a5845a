"""The process of a file: what the file finds there, what it may not do, and what ends it."""

import builtins
import signal
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from micrograd_bp.grading import sandbox, stubs, worker
from micrograd_bp.grading.process import MARK, Process
from micrograd_bp.grading.sandbox import grade_file
from micrograd_bp.grading.submission import UserError


@pytest.fixture
def loaded(tmp_path):
    """Loads a source in a process of its own; gives the answer and the process."""
    with Process("file.py", 60.0, 2000) as process:

        def load(source):
            return process.ask(
                do="load", source=source, filename=str(tmp_path / "file.py")
            ), process

        yield load


FOUND = """
import argparse, os, resource, sys, warnings
import numpy as np
import absent, absent.part
from utils.helper import sigmoid
import matplotlib.pyplot as plt
plt.figure(); absent.part.draw(3)
half = float(sigmoid(0.0))
asked = [input("n?"), *sys.argv]
parsed = [argparse.ArgumentParser().error("no")]
warnings.warn("it is old")
old = [np.float is float, np.int is int, np.bool_ is not None, np.product([2, 3]),
       type(np.mat([[1]])).__name__, np.asfarray([1]).dtype.name, np.float_ is np.float64]
try:
    exec(compile("import lacking", "/elsewhere/library.py", "exec"))
except ImportError:
    told = 1
limits = [resource.getrlimit(resource.RLIMIT_AS)[0], resource.getrlimit(resource.RLIMIT_FSIZE)[1],
          resource.getrlimit(resource.RLIMIT_CORE)[0]]
place = [os.getcwd(), os.environ.get("PYTHONPATH", ""), os.environ["OMP_NUM_THREADS"]]
marked = [key for key in os.environ if key == "%s"]
def f(x): return x + 1, {"k": [x]}
def big(): return np.zeros(9_000_000)
def wrong(): return [][1]
class Net: pass
net = Net()
1 / 0
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits and marks are Linux's")
def test_a_file_finds_what_it_asks_for_and_its_steps_are_carried_out(loaded, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    answer, process = loaded(FOUND % MARK)
    inventory, data = answer["inventory"], answer["inventory"]["data"]
    assert answer["missing"] == ["absent", "utils"]
    assert (data["half"], data["told"], data["asked"]) == (0.5, 1, ["1", "submission.py"])
    assert data["old"] == [True, True, True, 6, "matrix", "float64", True]
    assert data["limits"] == [2000 * 2**20, 2**28, 0]
    assert data["place"] == [str(tmp_path), "", "1"]
    assert data["marked"] == [MARK]
    assert [f["name"] for f in inventory["functions"]] == ["f", "big", "wrong"]
    assert inventory["instances"] == [{"name": "net", "class": "Net"}]
    (failure,) = inventory["failures"]
    assert failure["kind"] == "ZeroDivisionError"
    assert failure["line"] == FOUND.count("\n")
    x = np.ones((2, 2))
    first, second = process.run([["call", "f", [x], {}], ["call", "f", [1], {}]])
    assert np.array_equal(first[0], 2 * x)
    assert np.array_equal(first[1]["k"][0], x)
    assert second == (2, {"k": [1]})
    with pytest.raises(UserError, match=r"^file\.py: ValueError: more than 67108864 bytes$"):
        process.run([["call", "big", [], {}]])
    line = FOUND.split("\n").index("def wrong(): return [][1]") + 1
    with pytest.raises(UserError, match=rf"^file\.py, line {line}: IndexError: list index out"):
        process.run([["call", "wrong", [], {}]])
    process.source = FOUND
    trace = process.trace([["call", "f", [2.0], {}]])
    assert [float(value) for _, value in trace.events] == [2.0, 3.0, 2.0]
    assert [float(value) for _, value in trace.again] == [2.0, 3.0, 2.0]
    assert trace.results == [(3.0, {"k": [2.0]})]
    assert not process.referee


REFUSED = [
    ("import os; os.fork()", "os.fork"),
    ("import os; os.kill(1, 0)", "os.kill"),
    ("import os; os.system('true')", "os.system"),
    ("import subprocess; subprocess.run(['true'])", "subprocess.Popen"),
    ("open('/proc/1/environ')", "open"),
    ("import os; os.listdir(r'REFEREE')", "os.listdir"),
    ("open(r'REFEREE/__init__.py')", "open"),
    ("import ctypes; ctypes.CDLL(None).kill", "ctypes.dlsym"),
]


@pytest.mark.skipif(sys.platform != "linux", reason="names of Linux")
def test_what_a_file_may_not_do_is_refused_and_told(loaded):
    tries = "".join(
        f"try:\n    {code.replace('REFEREE', worker.REFEREE)}\n    done.append({number})\n"
        "except PermissionError as error: said.append(str(error))\n"
        for number, (code, _) in enumerate(REFUSED)
    )
    allowed = "import os\nos.listdir('.'); open('mine.txt', 'w').close(); os.remove('mine.txt')\n"
    answer, process = loaded(f"done, said = [], []\n{tries}{allowed}")
    data = answer["inventory"]["data"]
    assert data["done"] == []
    assert answer["inventory"]["failures"] == []
    assert process.refused == [event for _, event in REFUSED]
    assert set(data["said"]) == {
        "a submission may start or end no process",
        "a submission may not look into a process",
        "micrograd_bp is out of a submission's reach",
    }


def test_of_many_refusals_the_first_twenty_are_kept(monkeypatch):
    monkeypatch.setattr(sys, "addaudithook", lambda hook: None)
    watch = worker.Watch(stubs.RefusedError)
    for _ in range(25):
        with pytest.raises(stubs.RefusedError):
            watch._hook("os.fork", ())
    assert len(watch.refused) == 20
    watch._hook("os.mkdir", (b"/elsewhere", 3))
    watch._hook("import", (worker.REFEREE,))
    with pytest.raises(stubs.RefusedError, match="out of a submission's reach"):
        watch._hook("shutil.rmtree", (worker.REFEREE.encode(),))


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs timers")
@pytest.mark.parametrize(
    ("limit", "spent", "statement"),
    [
        ("STATEMENT_SECONDS", 0.0, lambda: [None for _ in iter(int, 1)]),
        ("WAITING_SECONDS", 0.0, lambda: time.sleep(30)),
        ("LOAD_SECONDS", 10.0, lambda: [None for _ in iter(int, 1)]),
    ],
)
def test_a_statement_that_takes_too_long_is_ended(monkeypatch, limit, spent, statement):
    monkeypatch.setattr(worker, limit, 0.1 if not spent else -1.0)
    if spent:
        monkeypatch.setattr(worker, "STATEMENT_SECONDS", 1.0)  # a tenth of it is left
    clock = worker.Clock()
    with clock():
        end = time.process_time() + (0.02 if spent else 0.0)
        while time.process_time() < end:  # a short one may still run
            pass
    started = time.process_time()
    with pytest.raises(worker.Overtime), clock():
        statement()
    assert time.process_time() - started < 0.9
    assert (
        signal.getitimer(signal.ITIMER_REAL) == signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
    )


def test_names_that_libraries_once_had_are_there_again(monkeypatch):
    class Frame:
        def to_numpy(self):
            return 7

    class Encoder:
        def __init__(self, *, sparse_output=True, drop=None):
            self.sparse, self.drop = sparse_output, drop

    monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace(DataFrame=Frame))
    library = SimpleNamespace(OneHotEncoder=Encoder)
    monkeypatch.setitem(sys.modules, "sklearn.preprocessing", library)
    for _ in range(2):
        stubs.keep_old_names()
        assert Frame().as_matrix() == 7
        assert not Encoder(sparse=False, drop="first").sparse
        assert Encoder(sparse=False, drop="first").drop == "first"
        assert Encoder().sparse
    assert not hasattr(Encoder.__init__.__wrapped__, "__wrapped__")
    monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace())
    monkeypatch.delitem(sys.modules, "sklearn.preprocessing")
    stubs.keep_old_names()
    assert builtins.input is not None


def test_what_was_replaced_and_refused_is_in_the_report(tmp_path):
    (tmp_path / "f.py").write_text(
        "import numpy as np, micrograd_bp, absent\n"
        "try: open('/proc/1/environ')\nexcept PermissionError: pass\n"
        "def backprop(T1, T2, X, Y, lam):\n"
        "    one = lambda a: np.c_[np.ones(len(a)), a]\n"
        "    a = one(1 / (1 + np.exp(-one(X) @ T1.T)))\n"
        "    d = 1 / (1 + np.exp(-a @ T2.T)) - Y\n"
        "    e = d @ T2[:, 1:] * a[:, 1:] * (1 - a[:, 1:])\n"
        "    R = [lam * np.c_[0 * T[:, :1], T[:, 1:]] for T in (T1, T2)]\n"
        "    return (e.T @ one(X) + R[0]) / len(X), (d.T @ a + R[1]) / len(X)\n"
        "x = 1 / 0\ny = 2 / 0\n"
    )
    diagnosis = grade_file(tmp_path / "f.py")
    assert diagnosis.outcome == "right"
    assert diagnosis.notes[:4] == (
        "not installed, and replaced by something that does nothing: absent.",
        "the file imports micrograd_bp, which a submission cannot use.",
        "refused: open.",
        "outside functions it fails, which was no obstacle: line 11: ZeroDivisionError: division "
        "by zero, and 1 more.",
    )


@pytest.mark.parametrize(
    ("data", "sizes"),
    [
        ({"layer_sizes": [4, 5, 3]}, [4, 5, 3]),
        ({"layer_sizes": (4, 5.5, 3)}, None),
        ({"input_size": 4, "hidden_size": 5, "num_labels": 3}, [4, 5, 3]),
        ({"input_size": 4, "hidden_size": True, "num_labels": 3}, None),
        ({"input_size": 4, "hidden_size": 10_000, "num_labels": 3}, None),
        ({"Theta1": np.ones((5, 5)), "Theta2": np.ones((3, 6))}, [4, 5, 3]),
        ({"Theta1": np.ones(5)}, None),
        ({}, None),
    ],
)
def test_the_sizes_of_a_files_own_network_are_told_by_names_or_weights(data, sizes):
    assert sandbox._own_sizes(data) == sizes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class Adam:\n    def step(self, X, y): self.m = moment(X)\n", "its steps are not α"),
        ("import sys\nx = 1\nsys.exit()\n", r"the file calls exit\(\) and ends before it can be"),
        ("class A:\n    pass\n", r"which function\? Write f\.py:A; found A$"),
    ],
)  # fmt: skip
def test_why_there_is_nothing_to_judge_is_one_line(tmp_path, text, message):
    (tmp_path / "f.py").write_text(text)
    with pytest.raises(UserError, match=message):
        grade_file(tmp_path / "f.py")


@pytest.mark.parametrize(
    ("body", "message"),
    [("import os; os._exit(3)", r"process ended without a result \(3\)$"),
     ("import os; os._exit(0)", r"process ended without a result \(0\)$"),
     ("import ctypes; ctypes.string_at(0)", r"process ended without a result \(signal 11\)$"),
     ("\n        while True: pass", r"no result within 1 s; is there an endless loop\?$")],
)  # fmt: skip
def test_an_object_that_ends_its_process_when_it_is_made_is_told(tmp_path, body, message):
    (tmp_path / "f.py").write_text(
        f"class Net:\n    def __init__(self, n, h, k): {body}\n    def train(self, X, y): pass\n"
    )
    with pytest.raises(UserError, match=message):
        grade_file(tmp_path / "f.py", timeout=1.0)


def test_which_else_may_be_meant_is_told_where_there_is_a_choice(tmp_path):
    source = sandbox.Source(tmp_path / "f.py", "")
    functions = [{"name": name} for name in ("backprop", "sigmoid", "gradient")]
    inventory = {"functions": functions, "classes": [{"name": "Net"}]}
    assert sandbox._other_names(source, inventory) == (
        "; if another is meant, write f.py:NAME (backprop, gradient, Net)"
    )
    assert sandbox._other_names(source, inventory | {"functions": functions[1:2]}) == ""


def test_limits_that_are_none_are_told():
    for limits, message in (((0.0, 1), "timeout: got 0"), ((1.0, 0), "memory: got 0, expected")):
        with pytest.raises(ValueError, match=message):
            sandbox.check_limits(*limits)
    sandbox.check_limits(0.1, 1)
    with pytest.raises(FileNotFoundError, match=r"^nowhere\.py: no such file$"):
        grade_file(sandbox.Path("nowhere.py"))
