"""Results that were stored: under which names, in which shapes, and what is said of a wrong one."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from micrograd_bp import SigmoidNetwork, autodiff_gradient
from micrograd_bp.grading.stored import stored_data, stored_results

NET = SigmoidNetwork([2, 3, 3], seed=4)
X = np.array([[0.5, -1.0], [2.0, 0.25], [-1.5, 1.0], [0.0, 3.0]])
LABELS = [1, 0, 2, 1]
D = autodiff_gradient(NET, X, LABELS, 0.0)
PLAIN = {"X": X, "y": LABELS, "Theta1": NET.thetas[0], "Theta2": NET.thetas[1], "grad": D.vector}


def changed(**arrays):
    """The plain results with other entries; None leaves one out."""
    return {key: value for key, value in (PLAIN | arrays).items() if value is not None}


@pytest.mark.parametrize(
    "arrays",
    [
        PLAIN,
        changed(Theta1=None, Theta2=None, thetas=NET.thetas),
        changed(Theta1=None, Theta2=None, theta=NET.theta, sizes=[2, 3, 3]),
        changed(Theta1=None, Theta2=None, nn_params=NET.theta, layers=[[2.0, 3.0, 3.0]]),
        changed(Theta1=None, Theta2=None, theta_0=NET.thetas[0], theta_1=NET.thetas[1]),
        changed(X=np.hstack([np.ones((4, 1)), X])),
        changed(y=np.eye(3)[LABELS]),
        changed(y=csr_matrix(np.eye(3)[LABELS])),
        changed(y=np.array(LABELS)[np.newaxis] + 1),  # one of them is K: they count from 1
    ],
)
def test_the_network_and_the_data_are_read_under_every_name(arrays):
    found = stored_results(arrays)
    assert np.array_equal(found.net.theta, NET.theta)
    assert np.array_equal(found.X, X)
    assert np.array_equal(found.Y, np.eye(3)[LABELS])
    assert found.lambda_ is None


@pytest.mark.parametrize(
    ("arrays", "vector"),
    [
        (PLAIN, True),
        (changed(grad=None, gradient=D.vector.tolist()), True),
        (changed(grad=None, D=D.D), False),
        (changed(grad=None, Theta1_grad=D.D[0], Theta2_grad=D.D[1]), False),
        (changed(grad=None, D1=D.D[0], D2=D.D[1]), False),
        (changed(grad=None, grad_1=D.D[0], grad_2=D.D[1]), False),
    ],
)
def test_the_gradient_is_read_under_every_name(arrays, vector):
    answer = stored_results(arrays).answer
    assert answer.is_vector == vector
    assert np.array_equal(answer.vector, D.vector)
    assert answer.cost is None


def test_of_a_history_of_costs_the_last_is_meant():
    assert stored_results(changed(J=[0.9, 0.5, 0.25])).answer.cost == 0.25
    assert stored_results({**PLAIN, "lambda": [[2.0]]}).lambda_ == 2.0


def test_labels_from_0_are_taken_as_they_are_unless_octave_stored_them():
    few = changed(y=[1, 1, 1, 1])
    assert stored_data("r", few).Y.argmax(axis=1).tolist() == [1, 1, 1, 1]
    assert stored_data("r", few, octave=True).Y.argmax(axis=1).tolist() == [0, 0, 0, 0]
    one = SigmoidNetwork([2, 1], seed=0)
    data = {"X": X, "y": [1, 1, 0, 1], "Theta1": one.thetas[0]}
    assert stored_data("r", data, octave=True).Y[:, 0].tolist() == [1, 1, 0, 1]


def test_what_is_given_beside_the_results_stands_in_for_what_they_lack():
    other = SigmoidNetwork([2, 3, 3], seed=5)
    found = stored_results({"grad": D.vector}, other, X, LABELS)
    assert found.net is other
    assert np.array_equal(stored_results(PLAIN, other, 0 * X, [0, 0, 0, 0]).X, X)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (changed(X=None), r"^results: got y, Theta1, Theta2, grad, expected X as well$"),
        (changed(Theta1=None, Theta2=None), "expected Theta1, Theta2, … as well"),
        (changed(Theta1=None), "got Theta2, expected one for each layer, counted from 1"),
        (changed(y=None), "expected y as well"),
        (changed(grad=None), "expected grad as well"),
        (changed(Theta1=None, Theta2=None, theta=NET.theta, sizes=[2, 3.5, 3]), "whole numbers"),
        (changed(J=[]), "results: J: got no number, expected one"),
        (changed(grad=[]), r"^results: grad is an array of shape \(0,\), expected a gradient"),
        (changed(X=[[np.nan, 1.0]]), "results: X"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_in_one_line(arrays, message):
    with pytest.raises(ValueError, match=message):
        stored_results(arrays)
