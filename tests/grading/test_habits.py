"""Costs beside their gradients, codes without biases, and loops that only step."""

import pytest

from micrograd_bp.grading.sandbox import grade_submission

from .students_at_work import STUDENTS

READ = STUDENTS / "read"
LOGISTIC = """\
import numpy as np

def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))

def cost_function(theta, X, y):
    h = sigmoid(X @ theta)
    return (-y @ np.log(h) - (1 - y) @ np.log(1 - h)) / y.size

def gradient(theta, X, y):
    h = sigmoid(X @ theta)
    return X.T @ (h - y) / y.size
"""
LINEAR = """\
import numpy as np

def compute_cost(theta, X, y):
    return np.sum((X.dot(theta) - y) ** 2) / (2 * len(y))

def compute_gradient(theta, X, y):
    error = X.dot(theta) - y
    return (1 / len(y)) * X.T.dot(error)
"""


def graded(tmp_path, source):
    path = tmp_path / "regression.py"
    path.write_text(source, encoding="utf-8")
    return grade_submission(str(path))


def test_a_function_that_gives_one_number_is_not_taken_for_a_gradient(tmp_path):
    """Whatever it gives where θ is bound as three matrices of one size, which NumPy multiplies."""
    assert graded(tmp_path, LOGISTIC).outcome == "right"
    diagnosis = graded(tmp_path, LOGISTIC.replace("(h - y) / y.size", "(h - y)"))
    assert diagnosis.outcome == "wrong"
    assert diagnosis.mistakes[0].name == "no 1/m"
    assert diagnosis.where["code"] == "return X.T @ (h - y)"


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (("(1 / len(y))", "(2 / len(y))"), {"every example accumulated twice"}),
        (("X.dot(theta) - y\n", "y - X.dot(theta)\n"), {"sign of h − y"}),
        (("X.T.dot(error)", "X[:-1].T.dot(error[:-1])"), {"last example left out"}),
    ],
)
def test_where_there_are_no_biases_their_column_hides_no_mistake(tmp_path, change, names):
    diagnosis = graded(tmp_path, LINEAR.replace(*change))
    assert diagnosis.outcome == "wrong"
    assert names & {finding.name for finding in diagnosis.mistakes}
    assert not any(layer.biases for layer in diagnosis.layers)
    assert "bias column" not in " ".join(diagnosis.clues).lower()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("tanh_square_forgotten", ("", "")),  # tanh, with its J
        ("trask_script", ("l0.T.dot(l1_delta)", "l0.T.dot(l1_error)")),  # squared error, no J
    ],
)
def test_layers_are_held_against_the_codes_own_cost(tmp_path, name, change):
    """The output layer's gradient is right, for units and a loss that are not the course's."""
    diagnosis = graded(tmp_path, (READ / f"{name}.py").read_text(encoding="utf-8").replace(*change))
    assert diagnosis.outcome == "wrong"
    assert [layer.passed for layer in diagnosis.layers] == [False, True]


def test_of_a_training_loop_the_direction_is_named_and_not_the_length(tmp_path):
    """The gradient that a loop steps along shows up to its rate only."""
    source = (READ / "pure_python_lists.py").read_text(encoding="utf-8")
    right, wrong = "layer[j]['output'] - expected[j]", "expected[j] - layer[j]['output']"
    assert right in source
    (found,) = graded(tmp_path, source.replace(right, wrong)).mistakes
    assert found.parts[-1] == "ascent instead of descent sign overall"
    assert not any("stray" in part for part in found.parts)
