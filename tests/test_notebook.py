"""The notebook of the course runs from top to bottom, and its numbers are those of the formulas."""

import html
import json
import os
from pathlib import Path

import nbformat
import numpy as np
import pytest
from ipykernel.kernelspec import install as install_kernel
from nbclient import NotebookClient

import micrograd_bp

NOTEBOOK = Path(__file__).parents[1] / "examples" / "course.ipynb"
RESULTS = """
import json
print(json.dumps({
    "theta_vec": theta_vec.tolist(), "shares": shares, "slope": graph.thetas[0][0][2].grad,
    "compared": comparison.passed, "errors": errors, "curvature": curvature, "weight": weight,
    "named": [finding.name for finding in diagnosis.mistakes],
}))
"""


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook after a run by a kernel of this very Python, in an empty folder."""
    folder = tmp_path_factory.mktemp("notebook")
    install_kernel(prefix=str(folder))
    package = Path(micrograd_bp.__file__).parents[1]
    environment = {
        "JUPYTER_PATH": str(folder / "share" / "jupyter"),
        "PYTHONPATH": os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")]),
        "OMP_NUM_THREADS": "1",
    }
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(RESULTS))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        client = NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(folder)}})
        client.execute()
    return notebook


@pytest.fixture(scope="module")
def results(executed):
    return json.loads(executed.cells[-1].outputs[0].text)


def outputs(notebook, mime):
    return [
        output.data[mime]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if mime in output.get("data", {})
    ]


def test_every_cell_but_the_imports_shows_something(executed):
    code = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert [cell.source for cell in code if not cell.outputs] == [code[0].source]
    assert not [o for cell in code for o in cell.outputs if o.get("name") == "stderr"]


def test_comparison_and_diagnosis_show_themselves(executed):
    shown = outputs(executed, "text/html")
    assert len(shown) == 2
    comparison, diagnosis = (html.unescape(text) for text in shown)
    assert "PROVED: graph and matrix formulas give the same" in comparison
    assert "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* a⁽ˡ⁾ .* (1 − a⁽ˡ⁾)" in diagnosis  # the formula meant
    assert "g' taken as a, the factor 1 − a missing" in diagnosis
    assert "\x1b" not in comparison + diagnosis  # a kernel asks for colours (FORCE_COLOR)
    fallbacks = "".join(outputs(executed, "text/plain"))
    assert "<Comparison: PROVED: graph and matrix formulas" in fallbacks
    assert "<Diagnosis: WRONG: g' taken as a" in fallbacks


def test_pictures_are_shown(executed):
    drawn = outputs(executed, "image/svg+xml")
    assert len(drawn) == 3
    assert all("∂J/∂" in picture or "θ" in picture for picture in drawn)
    assert len(outputs(executed, "image/png")) == 1  # the plot


def test_sum_over_paths_is_equation_2(results):
    theta1 = np.array([[0.1, 0.8, -0.5], [-0.3, 0.4, 0.9]])
    theta2 = np.array([[0.2, 1.1, -0.7], [-0.4, -0.6, 0.5]])
    a2 = 1 / (1 + np.exp(-theta1 @ [1.0, 1.5, 2.0]))
    h = 1 / (1 + np.exp(-theta2 @ [1.0, *a2]))
    delta = theta2[:, 1:].T @ (h - [1.0, 0.0]) * a2 * (1 - a2)
    assert sum(results["shares"]) == pytest.approx(delta[0], rel=1e-13)
    assert results["slope"] == pytest.approx(2.0 * delta[0], rel=1e-13)


def test_unrolling_is_octaves(results):
    vector = results["theta_vec"]
    assert len(vector) == 118
    assert vector[62] == pytest.approx(3.07)  # Octave's thetaVec((7 - 1) * 10 + 3)
    assert vector[110:] == [101, 102, 103, 104, 105, 106, 107, 108]


def test_comparison_and_estimates(results):
    assert results["compared"] is True
    errors = {scheme: np.array(values) for scheme, values in results["errors"].items()}
    assert errors["one-sided"][1] / errors["one-sided"][2] == pytest.approx(10, rel=0.1)
    assert errors["two-sided"][1] / errors["two-sided"][2] == pytest.approx(100, rel=0.1)
    assert errors["complex-step"].max() < 1e-14


def test_diagnosis_names_the_planted_mistake(results):
    assert results["named"] == ["g' taken as a, the factor 1 − a missing"]


def test_newton_ends_where_scipys_minimum_is(results):
    from scipy.optimize import minimize_scalar

    inputs = np.array([1.0, 2.0, -0.5])
    minimum = minimize_scalar(lambda t: 0.05 * t**2 + np.logaddexp(0, -t * inputs).sum(), tol=1e-12)
    assert results["weight"] == pytest.approx(minimum.x, abs=1e-6)
    g = 1 / (1 + np.exp(-minimum.x * inputs))
    assert results["curvature"] == pytest.approx(0.1 + np.sum(inputs**2 * g * (1 - g)), rel=1e-6)


def test_the_stored_outputs_are_those_of_a_run(executed):
    """Numbers of time and the last bits apart, a reader without Python sees what a run shows."""
    stored = nbformat.read(NOTEBOOK, as_version=4).cells
    for before, now in zip(stored, executed.cells, strict=False):
        if before.cell_type == "code":
            assert [kinds(output) for output in before.outputs] == [
                kinds(output) for output in now.outputs
            ]
    verdicts = [html.unescape(text) for text in outputs(nbformat.read(NOTEBOOK, 4), "text/html")]
    assert "PROVED: graph and matrix formulas give the same" in verdicts[0]
    assert "WRONG" in verdicts[1]


def kinds(output):
    return output.output_type, sorted(output.get("data", {}))
