"""micrograd-bp draw: what it writes, what it says, what it refuses."""

import re
import xml.etree.ElementTree as ET

import pytest

from micrograd_bp import SigmoidNetwork, backprop_gradient
from micrograd_bp.cli import run
from micrograd_bp.drawing.style import THEMES
from micrograd_bp.training.data import iris


def drawn(tmp_path, *arguments):
    target = tmp_path / "picture.svg"
    assert run(["draw", str(target), *arguments]) == 0
    root = ET.parse(target).getroot()
    return "\n".join("".join(text.itertext()) for text in root.iter() if text.tag.endswith("}text"))


def test_the_first_flower_of_iris_when_the_layers_fit_it(tmp_path, capsys):
    text = drawn(tmp_path, "--layers", "4-5-3", "--seed", "3")
    for length in iris().X[0]:
        assert f"{length:g}" in text
    net = SigmoidNetwork([4, 5, 3], seed=3)
    delta = backprop_gradient(net, iris().X[:1], iris().y[:1]).deltas[2][0, 0]
    shown = re.search(r"δ₁⁽³⁾ = (\S+)", text)[1].replace("−", "-")
    assert float(shown) == pytest.approx(delta, rel=5e-3)
    notes = capsys.readouterr().err
    assert notes.startswith("note: 142 nodes are too many to read: drawn unit by unit")


def test_another_example_of_the_data(tmp_path):
    text = drawn(tmp_path, "--layers", "4-2-3", "--example", "149", "--view", "unit")
    for length in iris().X[149]:
        assert f"{length:g}" in text


def test_a_file_of_data(tmp_path):
    data = tmp_path / "and.csv"
    data.write_text("p,q,and\n0,0,0\n0,1,0\n1,0,0\n1,1,1\n")
    text = drawn(tmp_path, "--data", str(data), "--layers", "2-1", "--example", "3")
    assert "y₁ log a₁⁽²⁾" in text


def test_two_two_one_is_drawn_by_default_and_the_same_each_time(tmp_path):
    assert drawn(tmp_path) == drawn(tmp_path, "--layers", "2-2-1", "--seed", "0")


def test_a_path_is_marked(tmp_path):
    text = drawn(tmp_path, "--path", "theta1[2,0]")
    assert re.search(r"θ₂₀⁽¹⁾ → θ₂₀⁽¹⁾x₀ → z₂⁽²⁾ →", text)
    assert "Σ of 2 paths" in text


def test_the_dark_theme(tmp_path):
    drawn(tmp_path, "--theme", "dark")
    assert THEMES["dark"].background in (tmp_path / "picture.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["p.jpg"], "path: got 'p.jpg', expected a name that ends in .svg, .png, .pdf, .dot"),
        (["p.svg", "--view", "x"], "view: got 'x', expected one of scalar, unit, layer"),
        (["p.svg", "--theme", "x"], "theme: got 'x', expected light or dark"),
        (["p.svg", "--path", "x"], "--path: got 'x', expected a weight such as theta1[2,3]"),
        (["p.svg", "--path", "theta3[1,1]"], "got 'theta3[1,1]', expected theta1 to theta2"),
        (["p.svg", "--path", "theta1[3,1]"], "expected theta1[1..2, 0..2]"),
        (["p.svg", "--path", "theta1[0,1]"], "expected theta1[1..2, 0..2]"),
        (["p.svg", "--layers", "two"], "--layers: got 'two'"),
        (["p.svg", "--layers", "4-5-3", "--example", "150"], "--example: got 150, expected 0"),
        (["p.svg", "--layers", "4-5-3", "--example", "-1"], "--example: got -1, expected 0"),
        (["p.svg", "--layers", "4-5-3", "--target", "x"], "--target: got 'x' without --data"),
        (["p.svg", "--data", "missing.csv"], "missing.csv: no such file"),
        (["missing/p.svg"], "missing/p.svg: No such file or directory"),
        (["p.svg", "--view", "layer", "--path", "theta1[1,1]"], "path: the layer view has no"),
    ],
)
def test_bad_input_gets_one_line_and_status_2(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert run(["draw", *arguments]) == 2
    output = capsys.readouterr()
    assert message in output.err
    assert output.err.count("\n") == 1
    assert not output.out
    assert not list(tmp_path.iterdir())


def test_an_option_that_would_be_ignored_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for option in ["--example", "3"], ["--target", "x"]:
        assert run(["draw", "p.svg", "--layers", "2-2-1", *option]) == 2
        assert f"{option[0]}: got " in capsys.readouterr().err
