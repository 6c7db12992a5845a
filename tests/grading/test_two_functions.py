"""Files as scipy's minimizers want them: a cost, and its gradient in a function beside it."""

import pytest

from micrograd_bp.grading.sandbox import grade_submission

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
