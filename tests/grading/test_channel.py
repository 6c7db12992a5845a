"""What passes between the referee and a file's process, and what is said when nothing does."""

import os
import threading
from pathlib import Path

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork
from micrograd_bp.grading import process, wire
from micrograd_bp.grading.evidence import Case
from micrograd_bp.grading.folder import Row, as_csv, grade_folder, table_html
from micrograd_bp.grading.forms import open_source
from micrograd_bp.grading.lines import Listing, explain_lines
from micrograd_bp.grading.local import Local
from micrograd_bp.grading.process import Channel, Process, crowded
from micrograd_bp.grading.submission import Answer, UserError, answer_of


@pytest.mark.parametrize(
    ("load", "cores", "longer"), [(0.5, 2, 1.0), (2.0, 2, 1.0), (4.0, 2, 2.0), (80.0, 2, 3.0)]
)
def test_a_crowded_machine_gives_more_time_up_to_three_times(monkeypatch, load, cores, longer):
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0), raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert crowded() == longer


def test_where_the_load_is_not_known_no_more_time_is_given(monkeypatch):
    def unknown():
        raise OSError

    monkeypatch.setattr(os, "getloadavg", unknown, raising=False)
    assert crowded() == 1.0


@pytest.fixture
def channel(monkeypatch):
    """A channel to itself: what is sent into it is received from it."""
    monkeypatch.setattr(process, "crowded", lambda: 1.0)
    inward, outward = os.pipe()
    made = Channel("file.py", inward, outward, 0.2)
    yield made
    made.close()


def test_a_long_message_arrives_whole(channel):
    channel.left = channel.timeout = 60.0
    message = os.urandom(3_000_000)
    sender = threading.Thread(target=channel.send, args=(message,))
    sender.start()
    assert channel.receive(len(message)) == message
    sender.join()
    assert channel.alive


def test_nothing_in_time_is_told_with_the_time(channel):
    with pytest.raises(UserError, match=r"^file\.py: no result within 0\.2 s; is there an endless"):
        channel.receive(1)
    assert not channel.alive
    assert channel.left <= 0.0


def test_a_reader_that_reads_nothing_is_not_waited_for(channel):
    with pytest.raises(UserError, match="no result within"):
        channel.send(bytes(10_000_000))


def test_the_time_is_that_of_all_messages_together(channel):
    channel.left = channel.timeout = 60.0
    threading.Timer(0.3, channel.send, [b"x"]).start()
    channel.receive(1)
    assert 0.0 < channel.left < 59.8


@pytest.mark.parametrize("side", ["_in", "_out"])
def test_an_end_that_is_closed_is_told(side):
    inward, outward = os.pipe()
    os.close(outward if side == "_in" else inward)
    spare = os.open(os.devnull, os.O_RDONLY)
    ends = (inward, spare) if side == "_in" else (spare, outward)
    channel = Channel("file.py", *ends, 5.0)
    with pytest.raises(UserError, match=r"^file\.py: the process ended without a result$"):
        channel.receive(1) if side == "_in" else channel.send(b"x")
    assert not channel.alive
    channel.close()
    channel.close()  # a second time does no harm


ANSWERS = {
    "not a dict": [1],
    "no results": {},
    "results that are no list": {"results": 3},
    "too few results": {"results": []},
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_is_none_is_told(monkeypatch, answer):
    with Process("file.py", 20.0) as asked:
        message = wire.encode(answer)
        parts = iter([message[: wire.header_size], message[wire.header_size :], b""])
        monkeypatch.setattr(asked._channel, "send", lambda message: None)
        monkeypatch.setattr(asked._channel, "receive", lambda size: next(parts))
        with pytest.raises(UserError, match=r"^file\.py: the process gave no readable answer$"):
            asked.run([["get", None, []]])


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        ({"line": 3, "text": "no", "exit": False}, "f.py, line 3: E: no"),
        ({"line": None, "text": "", "exit": False}, "f.py: E"),
        ({"line": 1, "text": "", "exit": True},
         "f.py: the file calls exit() instead of giving a gradient"),
        ({"line": 1}, "f.py: the process gave no readable answer"),
    ],
)  # fmt: skip
def test_a_failure_of_the_file_is_one_line(failure, message):
    with Process("f.py", 1.0) as asked:
        assert str(asked._failed({"kind": "E", **failure})) == message


# Arrays on their way


@pytest.mark.parametrize("value", [3, -2.5, "text", None, True, [], {"k": [1, (2.0, None)]}])
def test_plain_values_come_back_as_they_were(value):
    message = wire.encode(value)
    first, _ = wire.lengths(message[: wire.header_size])
    body = message[wire.header_size :]
    assert wire.decode(body[:first], body[first:]) == value
    assert wire.plain_tree(value) == value


def test_lists_twelve_deep_pass_and_deeper_ones_do_not():
    deep = 1
    for _ in range(12):
        deep = [deep]
    assert wire.plain_tree(deep) == deep
    inner = wire.plain_tree([deep])
    for _ in range(13):
        (inner,) = inner
    assert inner.name == "nested too deeply"
    endless = np.empty((), dtype=object)
    endless[()] = endless
    assert wire.plain_tree(endless).name == "nested too deeply"


def test_a_message_has_64_megabytes_at_most():
    limit = 64 * 2**20
    assert wire.lengths(wire.LENGTHS.pack(limit, 0)) == (limit, 0)
    with pytest.raises(ValueError, match=f"a message of {limit + 1} bytes, more than {limit}"):
        wire.lengths(wire.LENGTHS.pack(1, limit))


# Functions at hand


def test_a_function_that_raises_is_told_with_its_line_and_what_it_calls_without():
    def function(x):
        raise KeyError(x)

    line = function.__code__.co_firstlineno + 1
    step = ["call", "function", ["k"], {}]
    with pytest.raises(UserError, match=rf"^test_channel\.py, line {line}: KeyError: 'k'$"):
        Local(function).run([step])
    with pytest.raises(UserError, match=r"^function: ValueError"):
        Local(int).run([step])


def test_what_has_no_source_or_closes_over_variables_has_no_trace():
    seen = []
    step = [["call", "function", [2.0], {}]]
    assert Local(lambda x: seen.append(x)).trace(step) is None
    assert Local(abs).trace(step) is None
    names = {}
    exec("def function(x): return x", names)
    assert Local(names["function"]).trace(step) is None
    traced = Local(plain).trace(step)
    assert traced.results == [6.0]
    assert [float(value) for _, value in traced.events] == [2.0, 6.0]
    assert len(traced.again) == len(traced.events)
    line = plain.__code__.co_firstlineno + 1
    assert traced.source.splitlines()[line - 1].strip() == "return 3.0 * x"


def plain(x):
    return 3.0 * x


# What functions return


@pytest.mark.parametrize(
    ("returned", "cost", "shapes"),
    [
        ((0.5, [np.ones((2, 3)), np.ones((1, 3))]), 0.5, [(2, 3), (1, 3)]),
        ((0.5, np.ones((2, 3)), np.ones((1, 3))), 0.5, [(2, 3), (1, 3)]),
        ((np.array([[0.5]]), np.ones(9)), 0.5, [(9,)]),
        ([0.5, np.ones((9, 1))], 0.5, [(9,)]),
        ([np.ones((1, 1)), np.ones((3, 2))], None, [(1, 1), (3, 2)]),
        ([[1.0, 2.0], [3.0, 4.0]], None, [(2, 2)]),
        (np.array([np.ones((2, 2)), np.ones((1, 3))], dtype=object), None, [(2, 2), (1, 3)]),
        ((np.ones((2, 3)), np.ones((2, 3))), None, [(2, 3), (2, 3)]),
    ],
)
def test_a_cost_before_the_gradient_is_told_from_a_first_matrix(returned, cost, shapes):
    answer = answer_of(returned)
    assert (answer.cost, [part.shape for part in answer.parts]) == (cost, shapes)
    assert answer.fits([(3, 3)]) == (shapes == [(9,)])


def test_single_precision_stays_and_whole_numbers_become_floats():
    assert answer_of(np.ones(3, np.float32)).parts[0].dtype == np.float32
    assert answer_of([1, 2, 3]).parts[0].dtype == np.float64
    assert Answer([np.array([[1, 2], [3, 4]])], False).vector.tolist() == [1, 3, 2, 4]


# Files


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("é = 1\r\nx = 2\r".encode(), "é = 1\nx = 2\n"),
        ("\ufeffx = 1\n".encode(), "x = 1\n"),
        ("x = 'é'\n".encode("latin-1"), "x = 'é'\n"),
        ("# coding: cp1252\nx = '€'\n".encode("cp1252"), "# coding: cp1252\nx = '€'\n"),
        ("x = 1\n".encode("utf-16"), "x = 1\n"),
    ],
)
def test_a_file_is_read_in_its_own_coding(tmp_path, content, text):
    (tmp_path / "f.py").write_bytes(content)
    assert open_source(tmp_path / "f.py").text == text


@pytest.mark.parametrize(
    "line",
    ["print 'J'", "print", "print >>f, x", "exec 'x'", "raise ValueError, 'x'", "x = 1 <> 2",
     "try: pass\nexcept E, e: pass", "x = ur'a'", "x = 017L"],
)  # fmt: skip
def test_what_only_python_2_reads_is_told_as_such(tmp_path, line):
    (tmp_path / "f.py").write_text(f"x = 0\n{line}\ndef f(:\n")
    with pytest.raises(UserError, match=r"^f\.py: this is Python 2"):
        open_source(tmp_path / "f.py")


def test_what_stands_before_a_broken_end_is_read(tmp_path):
    (tmp_path / "f.py").write_text("def f(x):\n    return x\n\n\ny = f(1)\ndef g(:\n    pass\n")
    source = open_source(tmp_path / "f.py")
    assert source.text == "def f(x):\n    return x\n\n\ny = f(1)"
    assert source.broken.startswith("f.py, line 6: SyntaxError: ")
    assert source.notes == [f"only what stands before it was read: {source.broken}"]


def test_a_file_with_a_nul_or_nested_too_deeply_is_one_line(tmp_path):
    for text in ("x = 1\0", "x = " + "(" * 10_000, "x = " + "-" * 1_000_000 + "1"):
        (tmp_path / "f.py").write_text(text)
        with pytest.raises(UserError, match=r"^f\.py, line 1: SyntaxError: "):
            open_source(tmp_path / "f.py")


def test_old_notebooks_and_cells_of_one_text_are_read(tmp_path):
    path = tmp_path / "n.ipynb"
    path.write_text('{"worksheets": [{"cells": [{"cell_type": "markdown", "source": "x = 0"}, '
                    '{"cell_type": "code", "input": ["x = 1\\n", "x?"]}]}]}')  # fmt: skip
    assert open_source(path).text == "# cell 1\nx = 1\n# x?\n"


def test_a_python_2_cell_is_told_with_its_number(tmp_path):
    path = tmp_path / "n.ipynb"
    path.write_text('{"cells": [{"cell_type": "code", "source": "x = 1"}, '
                    '{"cell_type": "code", "source": "print \'J\'"}]}')  # fmt: skip
    with pytest.raises(UserError, match=r"^n\.ipynb: cell 2 is Python 2"):
        open_source(path)


# The table of a folder


def test_a_table_escapes_what_stands_in_it(tmp_path):
    rows = [Row("<a>.py", "wrong", 3, 'says "no", twice'), Row("b.py", "unusable", None, "none")]
    assert as_csv(rows).splitlines()[1:] == [
        '<a>.py,wrong,3,"says ""no"", twice"', "b.py,unusable,,none",
    ]  # fmt: skip
    table_html(tmp_path / "t.html", "A & B", rows)
    page = (tmp_path / "t.html").read_text(encoding="utf-8")
    assert "<title>A &amp; B</title>" in page
    assert "<td>&lt;a&gt;.py</td><td>wrong</td><td>3</td>" in page
    assert rows[1].to_dict()["line"] is None


def test_only_submissions_are_graded_and_hidden_files_are_none(tmp_path):
    for name in (".hidden.py", "_helper.py", "notes.txt"):
        (tmp_path / name).write_text("x = 1\n")
    Path(tmp_path / "folder.py").mkdir()
    with pytest.raises(ValueError, match=r"got no file of type \.py, \.ipynb, \.m, "):
        grade_folder(tmp_path)
    (tmp_path / "b.py").write_text("x = 1\n")
    (tmp_path / "a.json").write_text("{}")
    assert [(row.submission, row.outcome) for row in grade_folder(tmp_path, jobs=1)] == [
        ("a.json", "unusable"), ("b.py", "unusable"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "answer", [{}, {"events": 3}, {"events": [[0]], "again": [], "results": []}]
)
def test_a_trace_that_is_none_is_told(monkeypatch, answer):
    with Process("file.py", 20.0) as asked:
        monkeypatch.setattr(asked, "ask", lambda **question: answer)
        with pytest.raises(UserError, match=r"^file\.py: the process gave no readable answer$"):
            asked.trace([])


def test_events_of_no_place_have_no_listing():
    """A submission's process may send whatever it likes."""
    net = SigmoidNetwork([2, 1], seed=0)
    X, Y = net.data([[1.0, 2.0]], [1])
    case = Case(net, X, Y, 0.0, Answer([np.ones((1, 3))], False))
    assert explain_lines("x = 1\n", [(9, np.ones(3))], case) == Listing()


def test_a_table_of_another_library_is_read_as_an_array():
    frame = type("DataFrame", (), {"__array__": lambda self, *_: np.eye(2)})
    frame.__module__ = "pandas.core.frame"
    assert wire.plain_tree(frame()).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    frame.__module__ = "elsewhere"
    assert wire.plain_tree(frame()).name == "DataFrame"
