"""Weights from and to scikit-learn, PyTorch and Octave: their predictions are ours."""

import shutil
import subprocess
from itertools import pairwise

import numpy as np
import pytest
from scipy.io import savemat

from micrograd_bp import SigmoidNetwork, backprop_gradient
from micrograd_bp.network.interchange import (
    from_octave,
    from_sklearn,
    from_torch,
    to_octave,
    to_sklearn,
    to_torch,
)
from micrograd_bp.training.data import iris

SHAPES = [[3, 1], [4, 5, 1], [4, 3], [4, 5, 3], [3, 6, 2, 4]]
TIGHT = {"rtol": 1e-13, "atol": 1e-15}


def example(sizes, m=20):
    rng = np.random.default_rng(sum(sizes))
    net = SigmoidNetwork(sizes, init=2.0, seed=rng)
    X = rng.normal(size=(m, sizes[0]))
    Y = rng.integers(0, 2, (m, sizes[-1]))
    Y[0], Y[1] = 0, 1
    return net, X, Y


def fitted(hidden, X, y, **options):
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(hidden, activation="logistic", solver="lbfgs", random_state=0, **options
                         ).fit(X, y)  # fmt: skip


@pytest.mark.parametrize("sizes", SHAPES)
def test_scikit_learn_predicts_what_our_network_does(sizes):
    net, X, _ = example(sizes)
    mlp = to_sklearn(net, alpha=0.5)
    h = net.forward(X).a[-1]
    theirs = mlp.predict_proba(X)
    np.testing.assert_allclose(theirs[:, 1:] if sizes[-1] == 1 else theirs, h, **TIGHT)
    labels = mlp.predict(X)
    np.testing.assert_array_equal(labels.reshape(h.shape), h >= 0.5)
    assert mlp.alpha == 0.5
    np.testing.assert_array_equal(from_sklearn(mlp).theta, net.theta)


@pytest.mark.parametrize("kind", ["binary", "multilabel"])
def test_our_network_predicts_what_a_trained_scikit_learn_does(kind):
    data = iris()
    y = data.y == 1 if kind == "binary" else np.eye(3, dtype=int)[data.y]
    mlp = fitted((6,), data.X, y, max_iter=300)
    net = from_sklearn(mlp)
    theirs = mlp.predict_proba(data.X)
    h = net.forward(data.X).a[-1]
    np.testing.assert_allclose(h, theirs[:, 1:] if kind == "binary" else theirs, **TIGHT)


def test_a_softmax_network_predicts_the_same_classes_and_says_that_its_outputs_differ():
    data = iris()
    mlp = fitted((6,), data.X, data.y, max_iter=300)
    with pytest.warns(UserWarning, match="softmax"):
        net = from_sklearn(mlp)
    np.testing.assert_array_equal(net.predict(data.X), mlp.predict(data.X))
    assert np.abs(net.forward(data.X).a[-1] - mlp.predict_proba(data.X)).max() > 1e-3


@pytest.mark.parametrize("sizes", SHAPES)
@pytest.mark.parametrize("lambda_", [0.0, 1.5])
def test_scikit_learns_own_first_step_is_our_gradient_with_alpha_as_lambda(sizes, lambda_):
    """One epoch of its plain SGD over all examples with rate 1: θ before − θ after."""
    net, X, Y = example(sizes)
    mlp = to_sklearn(net, alpha=lambda_)
    mlp.set_params(solver="sgd", learning_rate_init=1.0, momentum=0.0, batch_size=len(X))
    mlp.partial_fit(X, Y.ravel() if sizes[-1] == 1 else Y)
    step = net.theta - from_sklearn(mlp).theta
    np.testing.assert_allclose(
        step, backprop_gradient(net, X, Y, lambda_).vector, rtol=0, atol=1e-12
    )


def test_from_sklearn_refuses_what_it_cannot_take():
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    X, y = np.arange(8.0).reshape(4, 2), [0, 1, 0, 1]
    with pytest.raises(TypeError, match="mlp: got LogisticRegression, expected a fitted MLP"):
        from_sklearn(LogisticRegression())
    with pytest.raises(TypeError, match="mlp: got MLPClassifier, expected a fitted"):
        from_sklearn(MLPClassifier(activation="logistic"))
    with pytest.raises(ValueError, match="mlp: got activation 'relu'"):
        from_sklearn(MLPClassifier((3,)).partial_fit(X, y, classes=[0, 1]))
    with pytest.raises(ValueError, match="mlp: got outputs 'identity'"):
        from_sklearn(MLPRegressor(hidden_layer_sizes=(3,), activation="logistic").partial_fit(X, y))


@pytest.mark.torch
@pytest.mark.parametrize("sizes", SHAPES)
def test_pytorch_predicts_what_our_network_does(sizes):
    import torch

    net, X, _ = example(sizes)
    layers = []
    for n_in, n_out in pairwise(sizes):
        layers += [torch.nn.Linear(n_in, n_out), torch.nn.Sigmoid()]
    model = torch.nn.Sequential(*layers).double()
    model.load_state_dict({k: torch.from_numpy(a) for k, a in to_torch(net).items()})
    with torch.no_grad():
        theirs = model(torch.from_numpy(X)).numpy()
    np.testing.assert_allclose(theirs, net.forward(X).a[-1], **TIGHT)

    torch.manual_seed(0)
    for layer in model:
        if isinstance(layer, torch.nn.Linear):
            layer.reset_parameters()
    with torch.no_grad():
        theirs = model(torch.from_numpy(X)).numpy()
    np.testing.assert_allclose(from_torch(model.state_dict()).forward(X).a[-1], theirs, **TIGHT)


def test_a_state_of_plain_arrays_goes_both_ways():
    net, _, _ = example([3, 6, 2, 4])
    state = to_torch(net)
    assert list(state) == ["0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias"]
    assert state["2.weight"].shape == (2, 6)
    np.testing.assert_array_equal(from_torch(state).theta, net.theta)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"0.weight": np.ones((1, 2))}, "state: layer '0' has weight, expected bias, weight"),
        ({"0.weight": np.ones((1, 2)), "0.bias": np.ones(2)}, "weight, bias: got shapes"),
        ({"0.weight": np.ones(2), "0.bias": np.ones(2)}, "weight, bias: got shapes"),
        ({}, "thetas: got no matrix"),
    ],
)
def test_from_torch_names_what_does_not_fit(state, message):
    with pytest.raises(ValueError, match=message):
        from_torch(state)


def test_octave_files_go_both_ways(tmp_path):
    net, X, _ = example([3, 6, 2, 4])
    to_octave(net, tmp_path / "weights.mat")
    back = from_octave(tmp_path / "weights.mat")
    np.testing.assert_array_equal(back.theta, net.theta)
    np.testing.assert_array_equal(back.predict(X), net.predict(X))


def test_the_courses_predict_in_octave_agrees(tmp_path):
    """predict.m of the course's exercise 3: h = sigmoid([ones(m, 1) a] * Theta')."""
    octave = shutil.which("octave-cli")
    if octave is None:
        pytest.skip("Octave is not installed")
    net, X, _ = example([4, 5, 3])
    to_octave(net, tmp_path / "weights.mat")
    savemat(tmp_path / "X.mat", {"X": X})
    program = (
        "load weights.mat; load X.mat; m = rows(X); g = @(z) 1 ./ (1 + exp(-z));"
        "h1 = g([ones(m, 1) X] * Theta1'); h2 = g([ones(m, 1) h1] * Theta2');"
        "printf('%.17g\\n', h2');"
    )
    out = subprocess.run([octave, "--eval", program], cwd=tmp_path, capture_output=True, check=True)
    theirs = np.array(out.stdout.split(), dtype=float).reshape(-1, 3)
    np.testing.assert_allclose(theirs, net.forward(X).a[-1], **TIGHT)


def test_octave_files_that_are_none_get_one_clear_line(tmp_path):
    savemat(tmp_path / "other.mat", {"X": np.ones((2, 2))})
    savemat(tmp_path / "gap.mat", {"Theta1": np.ones((2, 3)), "Theta3": np.ones((1, 3))})
    savemat(tmp_path / "shapes.mat", {"Theta1": np.ones((2, 3)), "Theta2": np.ones((1, 7))})
    (tmp_path / "text.mat").write_text("hello")
    for name, message in {
        "other.mat": "got X, expected matrices Theta1",
        "gap.mat": "expected matrices Theta1, Theta2",
        "shapes.mat": r"thetas\[1\]: got shape \(1, 7\), expected \(units, 3\)",
        "text.mat": "not a readable .mat file",
    }.items():
        with pytest.raises(ValueError, match=message) as caught:
            from_octave(tmp_path / name)
        assert "\n" not in str(caught.value)
