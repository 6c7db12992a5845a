"""micrograd-bp check as its user runs it: output, exit status, one line for each mistake."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import micrograd_bp
from micrograd_bp.cli import run
from micrograd_bp.training.classifier import load_model
from micrograd_bp.training.data import iris


def test_check_without_arguments_passes_on_iris(capsys):
    assert run(["check"]) == 0
    out, err = capsys.readouterr()
    verdict = out.rstrip().splitlines()[-1]
    assert verdict.startswith("PROVED: graph and matrix formulas give the same ∂J/∂θ to 3")
    assert "digits for 43 of 43 parameters; in floating point they are off by at most" in verdict
    for text in ("150 examples, 4-5-3, λ = 1", "autodiff", "backprop", "numerical", "(4)", "δ⁽ᴸ⁾"):
        assert text in out
    assert err == ""  # no progress bar where there is no terminal


def test_check_json_is_one_object_with_every_number(capsys):
    assert run(["check", "--json", "--layers", "4-3", "--lambda", "0", "--sample", "4"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["passed"] is True
    assert report["sizes"] == [4, 3]
    assert sum(v is not None for v in report["gradients"]["numerical"]["vector"]) == 4
    assert {e["number"] for e in report["equations"]} == {"(1)", "δ⁽ᴸ⁾", "(3)", "D"}


def test_prove_says_how_many_examples_are_proved(capsys):
    assert run(["check", "--prove", "5", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["proof"]["examples"] == 5
    assert report["proof"]["digits"] >= 28
    assert all(equation["digits"] >= 15 for equation in report["equations"])
    assert run(["check", "--prove", "off"]) == 0
    assert "not proved" in capsys.readouterr().out.rstrip().splitlines()[-1]


def test_data_that_come_with_the_package_are_called_by_name(tmp_path, capsys):
    assert run(["check", "--data", "iris", "--sample", "2", "--prove", "off"]) == 0
    assert "150 examples, 4-5-3" in capsys.readouterr().out
    assert run(["draw", str(tmp_path / "flower.svg"), "--data", "iris", "--example", "149"]) == 0
    assert "5.9" in (tmp_path / "flower.svg").read_text()  # the last flower's sepal
    assert run(["check", "--data", "iris", "--target", "species"]) == 2
    assert "--target: got 'species', but iris has no columns" in capsys.readouterr().err


def test_a_step_that_estimates_nothing_does_not_pass(capsys):
    assert run(["check", "--epsilon", "1e-300"]) == 1
    assert capsys.readouterr().out.rstrip().splitlines()[-1].startswith("UNDECIDED: 43 undecided")


def test_check_reads_csv_npz_and_mat(tmp_path, capsys):
    from scipy.io import savemat

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 3)), rng.integers(1, 3, 20)
    rows = "\n".join(f"{label},{a},{b},{c}" for label, (a, b, c) in zip(y, X, strict=True))
    (tmp_path / "d.csv").write_text(f"kind,a,b,c\n{rows}\n", encoding="utf-8")
    np.savez(tmp_path / "d.npz", X=X, y=y)
    savemat(tmp_path / "d.mat", {"X": X, "y": y})
    vectors = []
    for arguments in (["d.csv", "--target", "kind"], ["d.npz"], ["d.mat"]):
        assert run(["check", "--data", str(tmp_path / arguments[0]), *arguments[1:], "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        assert report["sizes"] == [3, 5, 1]  # two classes, one output
        vectors.append(report["gradients"]["backprop"]["vector"])
    assert vectors[0] == pytest.approx(vectors[1], rel=1e-12)
    assert vectors[1] == vectors[2]
    assert run(["check", "--data", str(tmp_path / "d.npz"), "--layers", "3-2"]) == 0


def test_a_sign_changed_in_backprop_fails_and_names_layer_and_parameter(tmp_path):
    """A copy of the package with one sign of (2) turned: check must exit 1 and say where."""
    copy = tmp_path / "micrograd_bp"
    shutil.copytree(Path(micrograd_bp.__file__).parent, copy)
    source = copy / "gradients" / "backprop.py"
    text = source.read_text(encoding="utf-8")
    formula = "* a[l] * (1.0 - a[l])"
    assert text.count(formula) == 1
    source.write_text(text.replace(formula, "* a[l] * (1.0 + a[l])"), encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-m", "micrograd_bp.cli", "check"],
        capture_output=True,
        encoding="utf-8",
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert result.returncode == 1, result.stderr
    verdict = result.stdout.rstrip().splitlines()[-1]
    assert verdict.startswith("FAILED: backprop contradicts the other two methods in Θ⁽¹⁾; worst")
    assert "θ" in verdict
    assert "(2)" in result.stdout.rstrip().splitlines()[-2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "--layers", "4-x-3"], "--layers: got '4-x-3', expected units per layer"),
        (["check", "--layers", "3-5-3"], "--layers: got 3-5-3, expected 4 inputs and 3 outputs"),
        (["check", "--layers", "4-5-2"], "--layers: got 4-5-2, expected 4 inputs and 3 outputs"),
        (["check", "--lambda", "-1"], "lambda_: got -1.0, expected a finite number"),
        (["check", "--lambda", "nan"], "lambda_: got nan, expected a finite number"),
        (["check", "--epsilon", "0"], "epsilon: got 0.0, expected a number > 0"),
        (["check", "--epsilon", "small"], "'--epsilon'"),
        (["check", "--sample", "0"], "parameters: got 0, expected at least 1"),
        (["check", "--prove", "0"], "prove: got 0, expected at least 1 example"),
        (["check", "--prove", "most"], 'prove: got \'most\', expected "auto", "all", "off"'),
        (["check", "--seed", "-1"], "--seed"),
        (["check", "--data", "gone.csv"], "gone.csv: no such file"),
        (["check", "--target", "x"], "--target: got 'x' without --data"),
        (["check", "--nonsense"], "--nonsense"),
        (["nonsense"], "nonsense"),
    ],
)
def test_bad_arguments_get_one_line_on_stderr_and_exit_2(capsys, arguments, message):
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.startswith("error: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n", "expected a header of two columns or more and rows"),
        ("a,b\n1,x\n?,y\n", "row 3, column 'a': got '?'"),
        ("a,b\nnan,x\n2,y\n", "row 2, column 'a': got 'nan'"),
    ],
)
def test_bad_data_gets_one_line_and_exit_2(tmp_path, capsys, text, message):
    file = tmp_path / "d.csv"
    file.write_text(text, encoding="utf-8")
    assert run(["check", "--data", str(file)]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1


def test_version_and_help(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"micrograd-bp {micrograd_bp.__version__}\n"
    assert run(["--help"]) == 0
    assert "check" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT is sent otherwise on Windows")
def test_ctrl_c_ends_in_a_second_with_one_line_and_130(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "big.npz", X=rng.normal(size=(3000, 200)), y=rng.integers(0, 3, 3000))
    ready = "import sys; from micrograd_bp.cli import run; print('ready', flush=True); "
    command = [sys.executable, "-c", ready + "sys.exit(run(sys.argv[1:]))", "check"]
    process = subprocess.Popen(
        [*command, "--data", "big.npz", "--layers", "200-60-3"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(micrograd_bp.__file__).parents[1])},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(1.5)
    assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    started = time.perf_counter()
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err == "interrupted\n"
    assert time.perf_counter() - started < 5  # a second, with room for a busy machine


def test_a_trained_model_is_checked_on_the_data_as_it_learned_them(tmp_path, capsys):
    model, page = tmp_path / "model.npz", tmp_path / "page.html"
    assert run(["train", "--epochs", "20", "--seed", "3", "--save", str(model)]) == 0
    assert run(["check", "--model", str(model), "--lambda", "0.1", "--html", str(page)]) == 0
    trained = load_model(model)
    data = iris()
    inputs = (data.X - trained.mean) / trained.scale
    told = json.loads(re.search(r'id="data">(.*?)</script>', page.read_text("utf-8"))[1])
    assert told["examples"][7]["x"] == inputs[7].tolist()
    h = [node["value"] for node in told["nodes"] if node["kind"] == "a" and node["layer"] == 3]
    assert h == pytest.approx(trained.net.forward(inputs[:1]).a[-1][0].tolist(), rel=1e-12)
    capsys.readouterr()
    assert run(["check", "--model", str(model), "--layers", "4-5-3"]) == 2
    assert capsys.readouterr().err == (
        "error: --layers: got 4-5-3 with --model, which has its own\n"
    )


def test_another_example_is_shown_on_the_page(tmp_path, capsys):
    page = tmp_path / "page.html"
    assert run(["check", "--example", "77", "--html", str(page)]) == 0
    told = json.loads(re.search(r'id="data">(.*?)</script>', page.read_text("utf-8"))[1])
    x = [node["value"] for node in told["nodes"] if node["kind"] == "x"]
    assert x == iris().X[77].tolist()
    assert told["example"] == 77
    capsys.readouterr()
    assert run(["check", "--example", "150"]) == 2
    assert capsys.readouterr().err == "error: --example: got 150, expected 0 to 149\n"
