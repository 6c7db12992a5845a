"""The course scripts in order: each runs alone, and what it says holds by another method."""

import math
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize

from micrograd_bp import SigmoidNetwork, backprop_gradient
from micrograd_bp.training.data import iris

from .scripts import run_script

COURSE = Path(__file__).parents[1] / "examples"
NAMES = [path.stem for path in sorted(COURSE.glob("0*.py"))]
COLUMNS = 100


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run a script once, as from the command line; its variables, its output and its folder."""
    done = {}

    def run_once(name):
        if name not in done:
            folder = tmp_path_factory.mktemp("course")
            done[name] = *run_script(COURSE / f"{name}.py", folder), folder
        return done[name]

    return run_once


def sigmoid(z):
    return 1 / (1 + np.exp(-np.asarray(z)))


def test_the_course_has_nine_scripts_in_order():
    assert [name[:2] for name in NAMES] == [f"{i:02}" for i in range(1, 10)]


@pytest.mark.parametrize("name", NAMES)
def test_script_ends_with_a_conclusion_and_fits_the_screen(run, name):
    _, text, folder = run(name)
    assert text.splitlines()[-1].startswith("Conclusion: ")
    assert [line for line in text.splitlines() if len(line) > COLUMNS] == []
    for picture in folder.iterdir():
        assert picture.name in text.splitlines()[-1]
        if picture.suffix == ".svg":
            assert ET.parse(picture).getroot().tag.endswith("svg")
        else:
            assert picture.read_bytes().startswith(b"\x89PNG")
    drawn = {path.name for path in (COURSE / "pictures").glob(f"{name}.*")}
    assert drawn == {path.name for path in folder.iterdir()}


def test_chain_rule_on_three_nodes(run):
    script, _, _ = run("01_chain_rule")
    assert script["theta"].grad == pytest.approx(1.5 * (sigmoid(1.2) - 1), rel=1e-14)
    g = sigmoid(0.8)
    assert script["t"].grad == pytest.approx(g + 0.8 * g * (1 - g), rel=1e-14)


def test_node_by_node_is_the_matrix_gradient(run):
    script, text, _ = run("02_node_by_node")
    net = SigmoidNetwork(thetas=[script["THETA_1"], script["THETA_2"]])
    gradient = backprop_gradient(net, [script["X"]], [1])
    rows = np.concatenate([D.ravel() for D in gradient.D])
    np.testing.assert_allclose(script["by_hand"], rows, rtol=1e-13)
    np.testing.assert_allclose(script["named"], rows, rtol=1e-13)
    assert f"∂J/∂θ₁₂⁽²⁾ = {gradient.D[1][0, 2]:+.6f}" in text
    assert script["twice"] == pytest.approx(2 * script["again"], rel=1e-15)


def test_one_delta_followed_to_an_input_weight(run):
    script, _, _ = run("03_equations")
    x, y = np.array(script["x"]), np.array(script["y"])
    theta1, theta2 = np.array(script["THETA_1"]), np.array(script["THETA_2"])

    def cost(weight):
        matrix = theta1.astype(complex)
        matrix[0, 2] = weight
        h = sigmoid(theta2 @ [1.0, *sigmoid(matrix @ [1.0, *x])])
        return -np.where(y == 1, np.log(h), np.log(1 - h))

    parts = cost(theta1[0, 2] + 1e-20j).imag / 1e-20  # of J₁ and of J₂
    np.testing.assert_allclose(x[1] * np.array(script["shares"]), parts, rtol=1e-13)
    assert script["theta"].label == "θ₁₂⁽¹⁾"
    assert script["theta"].grad == pytest.approx(parts.sum(), rel=1e-13)
    assert len(script["checks"]) == 9
    assert all(check.passed for check in script["checks"])


def test_unrolling_goes_by_columns_and_the_slip_is_found(run):
    script, text, _ = run("04_unrolling")
    assert script["theta_vec"].size == 118
    assert script["theta_vec"][(7 - 1) * 10 + 3 - 1] == pytest.approx(3.07)
    # where row-major and column-major order have the same entry at the same place
    places = [
        np.arange(rows * columns).reshape(rows, columns) for rows, columns in ((5, 5), (3, 6))
    ]
    assert script["stayed"] == sum(np.sum(p.ravel() == p.ravel(order="F")) for p in places)
    assert "by columns  passed, 0 of 43 parameters wrong" in text
    assert "by rows     FAILED" in text
    assert script["by_columns"][-1] < script["by_columns"][0] < script["by_rows"][-1]


def test_three_gradients_agree_within_their_own_bars(run):
    script, text, _ = run("05_three_gradients")
    data = iris()
    assert script["comparison"].passed
    assert "Beyond its own bar: 0 of 43 parameters" in text
    assert script["by_rounding"].max() < 1e-14
    assert script["numerical"] == pytest.approx(
        backprop_gradient(script["net"], data.X, data.y, 1.0).vector, abs=1e-8
    )


def test_orders_of_the_numerical_estimates(run):
    script, _, _ = run("06_choosing_epsilon")
    assert script["one"] == pytest.approx(1, abs=0.05)
    assert script["two"] == pytest.approx(2, abs=0.05)
    assert script["imaginary"] == pytest.approx(2, abs=0.05)
    assert script["noise"] == pytest.approx(-1, abs=0.1)
    assert script["start"] == pytest.approx(script["exact"].cost, rel=1e-13)
    assert script["errors"]["complex step"][script["STEPS"] < 1e-8].max() < 1e-14


def test_diagnoses_name_what_was_planted(run):
    script, _, _ = run("07_reading_a_diagnosis")
    named = [[part for f in d.mistakes for part in f.parts] for d in script["verdicts"]]
    assert named == [
        ["g' evaluated at a instead of z", "regularization without 1/m"],
        ["regularization without 1/m"],
        [],
        [],
    ]
    assert [d.passed for d in script["verdicts"]] == [False, False, True, False]


def test_newton_reaches_scipys_minimum_with_the_textbook_hessian(run):
    script, _, _ = run("08_second_derivatives")
    x, sign = script["PETALS"], np.where(script["LABELS"] == 1, -1.0, 1.0)
    found = minimize(
        lambda theta: np.mean(np.logaddexp(0, sign * (theta[0] + theta[1] * x))), [-20.0, 12.0],
        tol=1e-12,
    )  # fmt: skip
    assert script["optimum"] == pytest.approx(found.x, rel=1e-4)
    assert len(script["path"]) - 1 == 8
    np.testing.assert_allclose(script["hessian"], script["by_formula"], rtol=1e-11)
    assert script["check"].passed
    low, high = np.linalg.eigvalsh(script["by_formula"])
    falls = script["falls"]["petal width"]
    assert (falls[-1] / falls[-101]) ** 0.01 == pytest.approx(1 - low / high, abs=1e-4)
    assert math.isclose(script["rates"]["petal width"], 1 / high, rel_tol=1e-9)


def test_what_accumulates(run):
    script, text, _ = run("09_accumulation")
    assert script["a"].grad == pytest.approx(2 * 1.5 + math.cos(1.5), rel=1e-15)
    assert script["twice"] == pytest.approx(2 * script["once"], rel=1e-15)
    x, t = np.array([1.0, 2.0, -1.0]), np.array([0.5, 0.1, 0.3])
    expected = np.sum(2 * (0.4 * x - t) * x)
    assert script["batch"] == pytest.approx(expected, rel=1e-14)
    assert script["w"].grad == pytest.approx(expected, rel=1e-14)
    assert list(script["patterns"].values()) == [(10.0, 10.0), (-20.0, 30.0), (10.0, 0.0)]
    for z, slope in script["listening"].items():
        assert slope == pytest.approx(1 / (2 + 2 * math.cosh(z)), rel=1e-14)
    assert "10.0    0.999955    0.000045   no: saturated" in text
