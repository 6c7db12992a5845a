"""Functions in Octave's language, run by Octave: what goes in, what comes back, what is said."""

import shutil

import numpy as np
import pytest

from micrograd_bp.grading import octave, wire
from micrograd_bp.grading.forms import open_source
from micrograd_bp.grading.octave import Octave, grade_octave
from micrograd_bp.grading.submission import UserError

with_octave = pytest.mark.skipif(
    not (shutil.which("octave-cli") or shutil.which("octave")), reason="needs Octave"
)
HEAD = "function [J, grad] = cost(nn_params, input_size, hidden_size, num_labels, X, y, lambda)\n"
BODY = """Theta1 = reshape(nn_params(1:hidden_size * (input_size+1)), hidden_size, input_size + 1);
Theta2 = reshape(nn_params(1 + hidden_size * (input_size + 1):end), num_labels, hidden_size + 1);
m = size(X, 1); Y = eye(num_labels)(y, :);
a1 = [ones(m, 1) X]; a2 = [ones(m, 1) sigmoid(a1 * Theta1')]; h = sigmoid(a2 * Theta2');
J = sum(sum(-Y .* log(h) - (1 - Y) .* log(1 - h))) / m;
J = J + lambda / (2 * m) * (sumsq(Theta1(:, 2:end)(:)) + sumsq(Theta2(:, 2:end)(:)));
d3 = h - Y;
d2 = d3 * Theta2(:, 2:end) .* a2(:, 2:end) .* (1 - a2(:, 2:end));
G1 = d2' * a1 / m;
G2 = d3' * a2 / m;
G1(:, 2:end) += lambda / m * Theta1(:, 2:end);
G2(:, 2:end) += lambda / m * Theta2(:, 2:end);
grad = [G1(:); G2(:)];
end
"""


def judged(folder, text, name="cost.m"):
    (folder / name).write_text(text)
    return grade_octave(open_source(folder / name), 60.0, 4096)


@with_octave
def test_a_function_under_another_name_than_its_files_is_judged_with_the_courses_helpers(tmp_path):
    diagnosis = judged(tmp_path, HEAD + BODY, "mine.m")
    assert diagnosis.outcome == "right"
    assert diagnosis.notes[0] == "not beside the file, and taken to be the course's: sigmoid.m."
    assert diagnosis.cost is not None
    assert diagnosis.cost[2]


@with_octave
@pytest.mark.parametrize(
    ("right", "wrong", "name"),
    [
        ("d3 = h - Y;", "d3 = Y - h;", "sign of h − y"),
        ("G1(:, 2:end) += lambda / m", "G1(:, 2:end) -= lambda / m", "regularization subtracted"),
        (" .* (1 - a2(:, 2:end))", "", "g' taken as a, the factor 1 − a missing"),
    ],
)
def test_the_line_with_the_mistake_is_shown(tmp_path, right, wrong, name):
    helper = "function g = sigmoid(z)\ng = 1 ./ (1 + exp(-z));\nend\n"
    (tmp_path / "sigmoid.m").write_text(helper)
    diagnosis = judged(tmp_path, HEAD + BODY.replace(right, wrong))
    assert diagnosis.mistakes[0].name == name
    assert wrong.split(" .*")[0] in diagnosis.where["code"] or "d2 =" in diagnosis.where["code"]
    assert not any("beside the file" in note for note in diagnosis.notes)
    by_line = {line.number: line.computed for line in diagnosis.lines.lines}
    assert (by_line[2], by_line[3], by_line[5]) == ("Θ⁽¹⁾", "Θ⁽²⁾", "[1; x], [1; a⁽²⁾], h")


@with_octave
def test_values_come_back_from_octave_as_they_are(tmp_path):
    text = (
        "function [a, b, c, d] = f(x, y, z)\na = [x; 1 2]; b = {y + 1, 'text'};\n"
        "c = x > 1; d = [NA NaN Inf -Inf];\nend\n"
    )
    (tmp_path / "f.m").write_text(text)
    with Octave(open_source(tmp_path / "f.m"), 4, 60.0, 4096) as running:
        given = [np.array([[3.0, 0.1]]), 2, [np.eye(1)]]
        values = ["value", {"positional": given, "named": {}}]
        call = ["call", "f", wire.Result(0, ["positional"]), {}]
        _, (a, b, c, d), again = running.run([values, call, ["get", 1, []]])
        assert a.tolist() == [[3.0, 0.1], [1.0, 2.0]]
        assert b[0].tolist() == [[3.0]]
        assert b[1].name == "char"
        assert c.tolist() == [[1.0, 0.0]]
        assert np.array_equal(d, [[np.nan, np.nan, np.inf, -np.inf]], equal_nan=True)
        assert again[0] is a
        with pytest.raises(UserError, match=r"^f\.m: this form is not for Octave$"):
            running.run([["call", "f", [1], {"named": 2}]])
        with pytest.raises(UserError, match=r"^f\.m, line 2: error: vertical dimensions mismatch"):
            running.run([["call", "f", [np.ones((1, 3)), 2, 3], {}]])
        assert running.alive


@with_octave
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1;\n", r"^cost\.m: no function; expected function \[J grad\] = cost\(…\)$"),
        ("function a = cost(b)\na = b;\nend\n",
         r"^cost\.m: got parameters \(b\), expected θ, X, y$"),
        (HEAD + "while true\nend\nend\n", r"^cost\.m: no result within 1 s"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_is_one_line(tmp_path, text, message):
    (tmp_path / "cost.m").write_text(text)
    seconds = 1.0 if "while" in text else 60.0
    with pytest.raises(UserError, match=message):
        grade_octave(open_source(tmp_path / "cost.m"), seconds, 4096)


def test_where_octave_is_missing_it_is_said_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(octave.shutil, "which", lambda name: None)
    with pytest.raises(UserError, match=r"^cost\.m: Octave is not installed; install it \(apt"):
        judged(tmp_path, HEAD + BODY)
