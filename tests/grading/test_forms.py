"""Code in the forms in which people write it: bound by evidence, judged, and the line shown."""

import json

import pytest

from micrograd_bp.cli import run
from micrograd_bp.grading.folder import grade_folder
from micrograd_bp.grading.forms import open_source
from micrograd_bp.grading.names import roles_of
from micrograd_bp.grading.octave import Octave
from micrograd_bp.grading.octave_trace import instrumented
from micrograd_bp.grading.sandbox import grade_submission
from micrograd_bp.grading.submission import UserError

from .students_at_work import STUDENTS

WILD = STUDENTS / "wild"
EXPECTED = json.loads((WILD / "expected.json").read_text(encoding="utf-8"))
FILES = sorted(
    f"{folder}/{path.name}"
    for folder in ("forms", "bugs")
    for path in (WILD / folder).iterdir()
    if path.suffix in (".py", ".ipynb")
)


@pytest.fixture(scope="module")
def graded():
    """Every file of both folders, each in a process of its own."""
    return {
        f"{folder}/{row.submission}": row
        for folder in ("forms", "bugs")
        for row in grade_folder(WILD / folder)
    }


@pytest.mark.parametrize("name", FILES)
def test_the_outcome_is_one_that_a_tutor_would_give(graded, name):
    expected = EXPECTED.get(name, EXPECTED["forms/*"])
    assert graded[name].outcome in expected["outcome"], graded[name].verdict


@pytest.mark.parametrize(
    "name",
    [name for name in FILES if "line" in EXPECTED.get(name, {})],
)
def test_the_line_with_the_mistake_is_shown(graded, name):
    code = (WILD / name).read_text(encoding="utf-8").splitlines()
    assert graded[name].line is not None
    shown = code[graded[name].line - 1]
    assert any(piece in shown for piece in EXPECTED[name]["line"]), shown


@pytest.mark.parametrize("name", [name for name in FILES if "name" in EXPECTED.get(name, {})])
def test_the_mistake_is_named(graded, name):
    assert EXPECTED[name]["name"] in graded[name].verdict


def test_labels_are_told_by_trying_and_the_report_says_how():
    diagnosis = grade_submission(str(WILD / "forms/w04_K_for_0.py"))
    assert "y as class labels with K for 0" in diagnosis.form


def test_theta_row_by_row_is_told():
    diagnosis = grade_submission(str(WILD / "bugs/b28_rows_first_consistent.py"))
    assert "row by row" in diagnosis.form


@pytest.mark.parametrize(
    ("name", "role"),
    [
        *(
            ("lambda_", "lambda"),
            ("Lambda", "lambda"),
            ("lmbda", "lambda"),
            ("reg_param", "lambda"),
        ),
        *(
            ("Theta1", "W1"),
            ("W_2", "W2"),
            ("b1", "b1"),
            ("nn_params", "weights"),
            ("X_train", "X"),
        ),
    ],
)
def test_a_name_tells_the_role(name, role):
    assert roles_of(name)[0] == role


def test_python_2_is_told_as_such_in_one_sentence(tmp_path):
    (tmp_path / "old.py").write_text("def f(x):\n    print 'J', x\n    return x\n")
    with pytest.raises(UserError, match=r"^old\.py: this is Python 2"):
        grade_submission(str(tmp_path / "old.py"))


def test_a_notebooks_magic_and_broken_cells_are_left_out(tmp_path):
    cells = ["%matplotlib inline\nx = 1", "def f(:", "y = x + 1"]
    notebook = {"cells": [{"cell_type": "code", "source": cell} for cell in cells]}
    (tmp_path / "n.ipynb").write_text(json.dumps(notebook))
    source = open_source(tmp_path / "n.ipynb")
    names = {}
    exec(source.text, names)
    assert (names["x"], names["y"]) == (1, 2)
    assert source.notes[0].startswith("cell 2 was left out")


@pytest.mark.parametrize("content", [b"{}", b"[1]", b"\xff", b'{"cells": 3}'])
def test_what_is_no_notebook_is_one_line(tmp_path, content):
    (tmp_path / "n.ipynb").write_bytes(content)
    with pytest.raises(UserError, match="not a readable notebook"):
        open_source(tmp_path / "n.ipynb")


def test_a_method_can_be_named():
    diagnosis = grade_submission(str(WILD / "forms/w09_class_fit.py:MLP.fit"))
    assert diagnosis.judged == "MLP.fit"
    assert diagnosis.outcome == "nearly right"


def test_strict_and_hint_and_folder_on_the_command_line(capsys):
    path = str(WILD / "bugs/b37_three_slips.py")
    assert run(["grade", path, "--hint", "where", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert set(told["where"]) == {"file", "line", "code"}
    assert told["mistakes"] == []
    nearly = str(WILD / "bugs/b13a_float32_inside_float64_out.py")
    assert run(["grade", nearly]) == 0
    assert run(["grade", nearly, "--strict"]) == 1


def test_a_folder_is_one_table_and_a_bad_file_harms_no_other(tmp_path, capsys):
    for name in ("b00_right", "b20_J_by_matrix_product"):
        (tmp_path / f"{name}.py").write_text((WILD / f"bugs/{name}.py").read_text())
    (tmp_path / "broken.py").write_text("import os\nos._exit(3)\n")
    assert run(["grade", str(tmp_path), "--html", str(tmp_path / "t.html")]) == 2
    rows = [line.split(",")[:3] for line in capsys.readouterr().out.splitlines()[:4]]
    assert rows == [
        ["submission", "outcome", "line"],
        ["b00_right.py", "right", ""],
        ["b20_J_by_matrix_product.py", "wrong", "10"],
        ["broken.py", "unusable", ""],
    ]
    assert "b20_J" in (tmp_path / "t.html").read_text()


def test_octaves_functions_are_judged_by_octave():
    source = open_source(WILD / "octave/nnCostFunction.m")
    try:
        Octave(source, 2, 10.0, 4096).__exit__()
    except UserError as error:
        assert "install" in str(error)  # noqa: PT017 - where Octave is missing
        pytest.skip("needs Octave")
    assert grade_submission(str(WILD / "octave/nnCostFunction.m")).outcome == "right"
    wrong = grade_submission(str(WILD / "octave/wrongCost.m"))
    assert [found.name for found in wrong.mistakes] == ["g' missing in δ"]
    assert "d2 = (d3*Theta2(:,2:end));" in wrong.where["code"]
    assert {line.number: line.computed for line in wrong.lines.lines}[8] == "Θ⁽²⁾"


def test_octaves_assignments_are_told_from_strings_comments_and_transposes():
    text = (
        "function y = f(A, x)\n%{\nz = 1;\n%}\ny = A' * [x; 1]'; s = 'a;b = 2'; # w = 3\n"
        'if y == 1, y(1, :) += A(:, ...\n 2)\'; end\nt = "q = 4; % " ;\nend\n'
    )
    copy, places = instrumented(text)
    found = [(p.line, p.unit.target, p.text) for p in places if p.role == "value"]
    assert found == [
        (5, "y", "A' * [x; 1]'"), (5, "s", "'a;b = 2'"), (6, "y(1,:)", "A(:, ...\n 2)'"),
        (8, "t", '"q = 4; % "'),
    ]  # fmt: skip
    assert copy.count("referee_note(") == 5  # one more for what the item is stored in
    assert "%{\nz = 1;\n%}" in copy
