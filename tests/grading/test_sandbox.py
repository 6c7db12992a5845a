"""micrograd-bp grade: students' files and stored results, from the command line."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from scipy.io import savemat

from micrograd_bp import SigmoidNetwork, autodiff_gradient
from micrograd_bp.cli import run
from micrograd_bp.grading.catalogue import COST_MISTAKES, MISTAKES
from micrograd_bp.grading.sandbox import grade_submission

from .students_at_work import STUDENTS

COSTS = {mistake.name for mistake in COST_MISTAKES}
FUNCTIONS = ("backprop", "gradient", "backpropagation", "costFunction", "nnCostFunction")


def test_a_right_file_exits_0(capsys):
    assert run(["grade", str(STUDENTS / "right_nn_cost.py")]) == 0
    assert capsys.readouterr().out.startswith("RIGHT")


def test_a_wrong_file_exits_1_with_verdict_table_formulas_and_remedy(capsys):
    assert run(["grade", str(STUDENTS / "slope_of_a.py")]) == 1
    out = capsys.readouterr().out
    assert out.startswith("WRONG: g' evaluated at a instead of z\n")
    rows = [line.split() for line in out.splitlines() if line.startswith("  Θ")]
    assert [row[:3] for row in rows] == [
        ["Θ⁽¹⁾", "wrong", "wrong"],
        ["Θ⁽²⁾", "wrong", "wrong"],
        ["Θ⁽³⁾", "right", "right"],
    ]
    mistake = MISTAKES["g' evaluated at a instead of z"]
    assert any(mistake.meant in line and mistake.used in line for line in out.splitlines())
    assert mistake.remedy.split()[-1] in out
    assert "equation (2)" in out


def test_what_a_file_prints_stays_out_of_the_json(capfd):
    assert run(["grade", str(STUDENTS / "prints_garbage.py"), "--json"]) == 1
    out, err = capfd.readouterr()
    report = json.loads(out)
    assert report["passed"] is False
    assert report["mistakes"][0]["name"] == "g' missing in δ"
    assert "delta" not in err


def test_an_exception_is_one_line_with_the_students_own_line_number(capsys):
    path = STUDENTS / "crashes.py"
    number = next(
        n for n, line in enumerate(path.read_text().splitlines(), 1) if "np.ones(7)" in line
    )
    assert run(["grade", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"error: crashes.py, line {number}: ValueError: matmul:")
    assert err.count("\n") == 1


def test_an_endless_loop_is_ended_in_time(capsys):
    started = time.perf_counter()
    assert run(["grade", str(STUDENTS / "endless.py"), "--timeout", "2"]) == 2
    assert time.perf_counter() - started < 8
    assert "no result within 2 s; is there an endless loop?" in capsys.readouterr().err


WHOLE = """
import os, sys
import numpy as np
def sigmoid(z): return 1 / (1 + np.exp(-z))
def forward(thetas, X):
    a = [X]
    for T in thetas:
        a.append(sigmoid(np.c_[np.ones(len(X)), a[-1]] @ T.T))
    return a
def my_own(thetas, X, Y, lambda_):
    a = forward(thetas, X)
    d, D = a[-1] - Y, []
    for T, b in zip(thetas[::-1], a[-2::-1]):
        R = lambda_ * T / len(X)
        R[:, 0] = 0
        D.insert(0, d.T @ np.c_[np.ones(len(X)), b] / len(X) + R)
        d = d @ T[:, 1:] * b * (1 - b)
    return D
"""


@pytest.mark.parametrize(
    ("text", "function", "message"),
    [
        ("x = 1\ndef f(:\n", "", r"^file\.py, line 2: SyntaxError: "),
        ("x = 1\n\nx / 0\n", "", r"^file\.py, line 3: ZeroDivisionError: division by zero$"),
        ("import sys\nsys.exit(0)\n", "", r"^file\.py: the file calls exit"),
        ("import os\nos._exit(3)\n", "", r"^file\.py: the process ended without a result \(3\)"),
        ("x = 1\n", "", r"^file\.py: which function\? .* found none"),
        (WHOLE, ":nothing", r"^file\.py: no function nothing; found sigmoid, forward, my_own"),
        (WHOLE, ":sigmoid", r"^file\.py: sigmoid takes θ as one vector and no sizes, so"),
        (WHOLE, ":forward", r"^file\.py: function: got parameters \(thetas, X\), expected"),
        ("def backprop(thetas, X, Y, lambda_):\n    exit()\n", "", r"^file\.py: the file calls e"),
        ("def f(thetas, X, Y):\n    return f(thetas, X, Y)\n", "", r"line 2: RecursionError"),
    ],
)
def test_what_cannot_be_judged_is_one_line(tmp_path, text, function, message):
    (tmp_path / "file.py").write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        grade_submission(f"{tmp_path / 'file.py'}{function}")
    assert "\n" not in str(error.value)


def test_of_several_functions_the_likeliest_is_judged_and_named(tmp_path):
    wrong = WHOLE.replace("my_own", "backprop").replace("b * (1 - b)", "b")
    (tmp_path / "file.py").write_text(WHOLE + wrong)
    diagnosis = grade_submission(str(tmp_path / "file.py"))
    assert diagnosis.judged == "backprop"
    assert diagnosis.outcome == "wrong"
    assert grade_submission(f"{tmp_path / 'file.py'}:my_own").outcome == "right"


def test_the_only_function_that_takes_weights_and_labels_is_meant(tmp_path):
    (tmp_path / "file.py").write_text(WHOLE)
    assert grade_submission(str(tmp_path / "file.py")).passed
    assert grade_submission(f"{tmp_path / 'file.py'}:my_own").passed


def test_a_file_may_import_its_neighbour_and_its_main_part_is_not_run(tmp_path):
    (tmp_path / "helpers_of_mine.py").write_text(WHOLE)
    (tmp_path / "file.py").write_text(
        "from helpers_of_mine import my_own\n"
        "def backprop(thetas, X, Y, lambda_):\n    return my_own(thetas, X, Y, 2 * lambda_)\n"
        "if __name__ == '__main__':\n    raise SystemExit('ran')\n"
    )
    diagnosis = grade_submission(str(tmp_path / "file.py"))
    assert [found.name for found in diagnosis.mistakes] == ["regularization twice"]


def test_a_cost_function_of_theta_alone_is_judged_on_the_files_own_data(tmp_path):
    (tmp_path / "file.py").write_text(
        WHOLE
        + """
rng = np.random.default_rng(0)
X, y = rng.normal(size=(6, 3)), np.array([0, 1, 1, 0, 2, 2])
Theta1, Theta2 = rng.normal(size=(4, 4)), rng.normal(size=(3, 5))
lambda_ = 0.5
def costFunction(theta):
    thetas = [theta[:16].reshape(4, 4, order="F"), theta[16:].reshape(3, 5, order="F")]
    D = my_own(thetas, X, np.eye(3)[y], 0.0)
    return 0.0, np.concatenate([d.ravel(order="F") for d in D])
"""
    )
    diagnosis = grade_submission(f"{tmp_path / 'file.py'}:costFunction")
    names = [found.name for found in diagnosis.mistakes]
    assert "regularization left out" in names
    assert diagnosis.cost is not None
    assert not diagnosis.cost[2]


def test_stored_results_exit_0_or_1(tmp_path, capsys):
    rng = np.random.default_rng(0)
    net, X, y = SigmoidNetwork([3, 4, 3], seed=0), rng.normal(size=(5, 3)), [0, 1, 2, 1, 0]
    D = autodiff_gradient(net, X, y, 1.0)
    arrays = {"X": X, "y": np.array(y) + 1, "lambda": 1.0, "grad": D.vector}
    arrays |= {"Theta1": net.thetas[0], "Theta2": net.thetas[1]}
    path = tmp_path / "results.mat"
    savemat(path, arrays)
    assert run(["grade", str(path)]) == 0
    savemat(path, arrays | {"grad": -D.vector})
    assert run(["grade", str(path), "--json"]) == 1
    report = json.loads(capsys.readouterr().out.partition("\n\nJudged")[2].partition("\n")[2])
    assert report["mistakes"][0]["name"] == "ascent instead of descent sign overall"


@pytest.mark.parametrize("file", ["missing.py", "missing.py:f", "missing.mat", "essay.txt"])
def test_a_file_that_is_not_there_or_no_submission_exits_2(file, capsys):
    assert run(["grade", file]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf"])
def test_a_time_limit_that_is_none_exits_2(seconds, capsys):
    path = str(STUDENTS / "right_loops.py")
    assert run(["grade", path, "--timeout", seconds]) == 2
    assert "timeout: got" in capsys.readouterr().err


def test_the_page_of_a_diagnosis_is_written(tmp_path):
    page = tmp_path / "page.html"
    assert run(["grade", str(STUDENTS / "output_delta_sign.py"), "--html", str(page)]) == 1
    assert "sign of h − y" in page.read_text(encoding="utf-8")


def test_the_help_says_that_the_file_is_executed(capsys):
    assert run(["grade", "--help"]) == 0
    assert "is executed" in " ".join(capsys.readouterr().out.split())


def test_ctrl_c_ends_the_students_process_too(tmp_path):
    mark = tmp_path / "alive"
    (tmp_path / "file.py").write_text(
        f"import pathlib, time\nwhile True:\n    pathlib.Path({str(mark)!r}).touch()\n"
        "    time.sleep(0.05)\n"
    )
    command = [sys.executable, "-m", "micrograd_bp.cli", "grade", str(tmp_path / "file.py")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    while not mark.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (130, "interrupted\n")
    mark.unlink()
    time.sleep(0.3)
    assert not mark.exists()
