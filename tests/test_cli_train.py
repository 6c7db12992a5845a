"""micrograd-bp train and predict as their user runs them."""

import csv
import io
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from micrograd_bp.cli import run
from micrograd_bp.training.classifier import load_model
from micrograd_bp.training.data import iris


def lines(capsys, arguments, status):
    assert run(arguments) == status
    out, err = capsys.readouterr()
    return out, err


def test_train_without_arguments_learns_iris(capsys):
    out, err = lines(capsys, ["train"], 0)
    assert err == ""  # no progress bar where there is no terminal
    accuracy = [float(value) for value in re.findall(r"([\d.]+)%", out)]
    assert len(accuracy) == 2
    assert min(accuracy) > 85
    table = [re.findall(r"\d+", row) for row in out.splitlines() if row.startswith(("  s", "  v"))]
    confusion = np.array([row for row in table if len(row) == 3], dtype=int)
    assert confusion.sum() == 36  # the test set, a quarter of each class
    assert np.trace(confusion) / 36 == pytest.approx(accuracy[1] / 100, abs=1e-3)
    assert re.search(r"J fell from 2\.\d+ to 0\.\d+ in \d+ epochs and [\d.]+ s", out)


@pytest.mark.parametrize("method", [["gd"], ["sgd", "--batch", "10"], ["lbfgs"], ["cg"]])
def test_resuming_gives_the_model_of_uninterrupted_training(tmp_path, capsys, method):
    options = ["train", "--method", *method, "--lambda", "0.01", "--seed", "3"]
    whole, part = tmp_path / "whole.npz", tmp_path / "part.npz"
    lines(capsys, [*options, "--epochs", "25", "--save", str(whole)], 0)
    lines(capsys, [*options, "--epochs", "11", "--save", str(part)], 0)
    resume = ["train", "--resume", str(part), "--epochs", "25", "--save", str(part)]
    lines(capsys, resume, 0)
    a, b = load_model(whole), load_model(part)
    assert a.training.costs == b.training.costs
    np.testing.assert_array_equal(a.net.theta, b.net.theta)
    np.testing.assert_array_equal(a.training.theta, b.training.theta)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
def test_ctrl_c_saves_the_model_and_resuming_ends_as_if_nothing_had_happened(tmp_path, capsys):
    """Stopped in the middle by a real signal, at whatever epoch it comes."""
    whole, part = tmp_path / "whole.npz", tmp_path / "part.npz"
    options = ["train", "--method", "sgd", "--batch", "20", "--epochs", "1000000"]
    for seconds in (2.0, 8.0, 30.0):  # the slower the machine, the later training begins
        process = subprocess.Popen(
            [sys.executable, "-m", "micrograd_bp.cli", *options, "--save", str(part)],
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        message = re.fullmatch(r"interrupted after epoch (\d+); the best θ, .* is kept\n", err)
        if message and int(message[1]) >= 1:
            break
    assert process.returncode == 130
    assert message, err
    assert int(message[1]) >= 1
    assert load_model(part).training.epoch in (int(message[1]) - 1, int(message[1]))
    epochs = str(int(message[1]) + 20)
    lines(capsys, [*options[:-1], epochs, "--save", str(whole)], 0)
    lines(capsys, ["train", "--resume", str(part), "--epochs", epochs, "--save", str(part)], 0)
    a, b = load_model(whole), load_model(part)
    assert a.training.costs == b.training.costs
    np.testing.assert_array_equal(a.net.theta, b.net.theta)


def test_predict_writes_a_line_for_each_example(tmp_path, capsys):
    model = tmp_path / "m.npz"
    lines(capsys, ["train", "--save", str(model)], 0)
    out, err = lines(capsys, ["predict", str(model), "--data", "iris"], 0)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["example"] for row in rows] == [str(i) for i in range(1, 151)]
    data = iris()
    assert [row["actual"] for row in rows] == [data.classes[c] for c in data.y]
    right = sum(row["predicted"] == row["actual"] for row in rows)
    assert err == f"{right} of 150 right ({right / 150:.1%})\n"
    assert right > 135
    assert all(0 < float(row["output"]) < 1 for row in rows)


def test_predict_reads_columns_by_name_with_or_without_classes(tmp_path, capsys):
    model = tmp_path / "m.npz"
    lines(capsys, ["train", "--save", str(model)], 0)
    data = iris()
    expected = load_model(model).predict(data.X[::10])
    turned = data.X[::10, ::-1]
    header = ",".join(data.features[::-1])
    cells = "\n".join(",".join(map(str, row)) for row in turned)
    (tmp_path / "new.csv").write_text(f"{header}\n{cells}\n")
    np.savez(tmp_path / "new.npz", X=data.X[::10])
    for name in ("new.csv", "new.npz"):
        out, err = lines(capsys, ["predict", str(model), "--data", str(tmp_path / name)], 0)
        rows = list(csv.DictReader(io.StringIO(out)))
        assert [row["predicted"] for row in rows] == [data.classes[c] for c in expected]
        assert "actual" not in rows[0]
        assert err == ""


def test_two_classes_take_one_output_and_its_complement(tmp_path, capsys):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2))
    names = np.where(X.sum(axis=1) > 0, "above", "below")
    np.savez(tmp_path / "d.npz", X=X, y=names)
    model, data = str(tmp_path / "m.npz"), str(tmp_path / "d.npz")
    lines(capsys, ["train", "--data", data, "--layers", "2-1", "--save", model], 0)
    out, _ = lines(capsys, ["predict", model, "--data", data], 0)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["predicted"] for row in rows} == {"above", "below"}
    assert all(float(row["output"]) >= 0.5 for row in rows)


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_plot_is_written(tmp_path, capsys, ending):
    path = tmp_path / f"p.{ending}"
    lines(capsys, ["train", "--epochs", "5", "--plot", str(path)], 0)
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert path.read_bytes().startswith(start)
    assert list(tmp_path.iterdir()) == [path]  # nothing is left beside it


def test_plots_show_regions_of_two_features_and_images_of_pixels(tmp_path, capsys):
    rng = np.random.default_rng(0)
    y = np.arange(30) % 2
    np.savez(tmp_path / "two.npz", X=rng.normal(size=(30, 2)) + y[:, None], y=y)
    np.savez(tmp_path / "nine.npz", X=rng.normal(size=(30, 9)) + y[:, None], y=y)
    for name, scaling, text in (
        ("two", "each", "Decision regions"),
        ("nine", "common", "Weights into each unit of layer 2"),
        ("nine", "each", None),
    ):
        options = ["--data", str(tmp_path / f"{name}.npz"), "--scaling", scaling]
        path = tmp_path / "p.svg"
        lines(capsys, ["train", *options, "--epochs", "3", "--plot", str(path)], 0)
        titles = re.findall(r"<!-- (.*?) -->", path.read_text(encoding="utf-8"))
        assert "Cost" in titles
        assert ("Decision regions" in titles) == (text == "Decision regions")
        assert any(t.startswith("Weights into") for t in titles) == bool(text and text[0] == "W")


def test_names_in_a_plot_are_data_not_formulas(tmp_path, capsys):
    rows = "\n".join(f"{i},{i % 3},{'$^$' if i % 2 else 'b'}" for i in range(12))
    (tmp_path / "d.csv").write_text(f"$\\frac$,<b>,kind\n{rows}\n")
    path = tmp_path / "p.svg"
    options = ["--data", str(tmp_path / "d.csv"), "--epochs", "2", "--plot", str(path)]
    lines(capsys, ["train", *options], 0)
    text = path.read_text(encoding="utf-8")
    assert "$\\frac$" in text
    assert "&lt;b&gt;" in text or "<!-- <b> -->" in text


def test_digits_are_learned(capsys):
    pytest.importorskip("sklearn", reason="the digits come with scikit-learn")
    options = ["--data", "digits", "--layers", "64-25-10", "--lambda", "1", "--epochs", "100"]
    out, _ = lines(capsys, ["train", *options], 0)
    assert float(re.findall(r"([\d.]+)%", out)[1]) >= 95.0


def test_digits_without_scikit_learn_is_one_clear_line(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    out, err = lines(capsys, ["train", "--data", "digits"], 2)
    assert err == (
        "error: digits: the data come with scikit-learn, which is not installed "
        "(pip install scikit-learn)\n"
    )
    assert out == ""


def test_diverging_training_exits_1_with_advice_and_keeps_the_best(tmp_path, capsys):
    model = tmp_path / "m.npz"
    options = ["--method", "gd", "--rate", "1000", "--save", str(model)]
    _, err = lines(capsys, ["train", *options], 1)
    assert err.count("\n") == 1
    assert "try rate 1 instead of 1000" in err
    kept = load_model(model)
    assert kept.training.cost == kept.training.costs[0]


CSV = {
    "constant.csv": "a,b,kind\n" + "\n".join(f"{i},5,{i % 2}" for i in range(8)),
    "one.csv": "a,b,kind\n" + "\n".join(f"{i},{i},only" for i in range(8)),
    "four.csv": "a,b,kind\n" + "\n".join(f"{i},{i * i},{i % 4}" for i in range(16)),
}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--data", "constant.csv"], "X: feature 'b' is 5 in every training example"),
        (["train", "--data", "one.csv"], "got the single class only, expected two or more"),
        (["train", "--data", "four.csv", "--layers", "2-3"], "got 2-3, expected 2 inputs and 4"),
        (["train", "--data", "missing.csv"], "missing.csv: no such file"),
        (["train", "--data", "iris", "--target", "x"], "--target: got 'x', but iris has no"),
        (["train", "--method", "adam"], "method: got 'adam', expected one of gd, sgd, lbfgs, cg"),
        (["train", "--rate", "1"], "rate: got 1.0, but lbfgs finds its own steps"),
        (["train", "--method", "gd", "--rate", "nan"], "rate: got nan, expected a finite number"),
        (["train", "--epochs", "0"], "epochs: got 0, expected at least 1"),
        (["train", "--lambda", "-1"], "lambda_: got -1.0, expected a finite number ≥ 0"),
        (["train", "--test", "1"], "test_share: got 1.0, expected 0 ≤ share < 1"),
        (["train", "--gradient", "guess"], "gradient: got 'guess'"),
        (["train", "--scaling", "guess"], "scaling: got 'guess', expected each or common"),
        (["train", "--plot", "p.doc"], "p.doc: got the ending 'doc', expected png, svg, pdf"),
        (["train", "--save", "m.mat"], "--save: got m.mat, expected a .npz file"),
        (["train", "--save", "nowhere/m.npz"], "there is no folder nowhere"),
        (["train", "--resume", "missing.npz"], "missing.npz: No such file"),
        (["train", "--resume", "broken.npz"], "broken.npz: not a readable model file"),
        (["train", "--resume", "good.npz", "--data", "four.csv"], "trained on other data than"),
        (["train", "--resume", "good.npz", "--rate", "3"], "rate: got 3.0, but the model to"),
        (["train", "--resume", "good.npz"], "epochs: got 3, but 3 are already done"),
        (["predict", "broken.npz", "--data", "iris"], "broken.npz: not a readable model file"),
        (["predict", "good.npz", "--data", "four.csv"], "expected a column 'sepal_length'"),
        (["predict", "good.npz", "--data", "nothing.csv"], "nothing.csv: no such file"),
    ],
)
def test_a_mistake_is_one_clear_line_and_exit_2(tmp_path, capsys, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    for name, text in CSV.items():
        (tmp_path / name).write_text(text)
    if any("npz" in argument for argument in arguments):
        lines(capsys, ["train", "--method", "gd", "--epochs", "3", "--save", "good.npz"], 0)
        (tmp_path / "broken.npz").write_bytes((tmp_path / "good.npz").read_bytes()[:-60])
    out, err = lines(capsys, arguments, 2)
    assert message in err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert out == ""
