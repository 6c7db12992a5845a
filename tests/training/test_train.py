"""Training: the same descent from every gradient, exact resumption, and every way it can end."""

import io
import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from micrograd_bp import SigmoidNetwork, backprop_gradient, numerical_gradient
from micrograd_bp.support.tables import render
from micrograd_bp.training.classifier import (
    Settings,
    confusion,
    fit,
    load_model,
    split,
    training_tables,
)
from micrograd_bp.training.data import Dataset, iris
from micrograd_bp.training.train import GRADIENTS, METHODS, RESTART, cost_function, train

XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])


def flowers():
    """A third of the iris data, standardized."""
    data = iris()
    X = (data.X - data.X.mean(axis=0)) / data.X.std(axis=0)
    return X[::3], data.y[::3]


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_cost_function_is_j_and_its_gradient(gradient):
    X, y = flowers()
    net = SigmoidNetwork([4, 3, 3], seed=0)
    before = net.theta
    f = cost_function(net, X, y, 0.7, gradient)
    theta = before + 0.3
    cost, slope = f(theta)
    moved = SigmoidNetwork([4, 3, 3], init="zeros")
    moved.theta = theta
    assert cost == pytest.approx(moved.cost(X, y, 0.7), rel=1e-14)
    estimate = numerical_gradient(moved, X, y, 0.7, scheme="complex-step").vector
    np.testing.assert_allclose(slope, estimate, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(net.theta, before)


def test_scipy_minimizes_the_cost_function_as_fminunc_does():
    X, y = flowers()
    net = SigmoidNetwork([4, 3], seed=0)  # no hidden layer: J is convex, its minimum unique
    found = minimize(cost_function(net, X, y, 1.0), net.theta, jac=True, method="BFGS")
    ours = train(net, X, y, 1.0, method="lbfgs", epochs=500)
    assert ours.cost == pytest.approx(found.fun, rel=1e-7)


@pytest.mark.parametrize("method", METHODS)
def test_every_gradient_gives_the_same_trajectory(method):
    X, y = flowers()
    net = SigmoidNetwork([4, 3, 3], seed=1)
    batch = 7 if method == "sgd" else None
    runs = [
        train(net, X, y, 0.3, method=method, epochs=8, batch=batch, gradient=gradient)
        for gradient in GRADIENTS
    ]
    for other in runs[1:]:
        np.testing.assert_allclose(other.costs, runs[0].costs, rtol=1e-10)
        np.testing.assert_allclose(other.net.theta, runs[0].net.theta, rtol=1e-8)


def test_gradient_descent_steps_against_the_gradient():
    X, y = flowers()
    net = SigmoidNetwork([4, 2, 3], seed=0)
    expected = net.theta
    for _ in range(3):
        moved = SigmoidNetwork([4, 2, 3], init="zeros")
        moved.theta = expected
        step = numerical_gradient(moved, X, y, 0.5, scheme="complex-step").vector
        expected = expected - 0.8 * step
    result = train(net, X, y, 0.5, method="gd", rate=0.8, epochs=3)
    np.testing.assert_allclose(result.theta, expected, rtol=1e-12)


@pytest.mark.parametrize("batch", [1, 8, 50])
def test_the_steps_of_an_epoch_add_up_to_the_gradient_of_the_whole_cost(batch):
    """Where steps are tiny; each carries λ/m of all m examples, a short last batch too."""
    X, y = flowers()
    net = SigmoidNetwork([4, 3, 3], seed=0)
    rate, steps = 1e-8, -(-len(X) // batch)

    def moved(lambda_):
        result = train(net, X, y, lambda_, method="sgd", rate=rate, batch=batch, epochs=1)
        return (net.theta - result.theta) / rate / steps

    if len(X) % batch == 0:
        np.testing.assert_allclose(moved(2.0), backprop_gradient(net, X, y, 2.0).vector, atol=1e-6)
    bias_free = SigmoidNetwork(thetas=[theta * (np.arange(theta.shape[1]) > 0)
                                       for theta in net.thetas])  # fmt: skip
    np.testing.assert_allclose(moved(20.0) - moved(0.0), 20.0 / 50 * bias_free.theta, atol=1e-5)


def test_stochastic_descent_takes_every_example_once_in_a_new_order():
    seen = []

    def watched(net, X, Y, lambda_):
        seen.append(X[:, 0].tolist())
        return backprop_gradient(net, X, Y, lambda_)

    X = np.column_stack([np.arange(6.0), np.ones(6)])
    net = SigmoidNetwork([2, 2, 1], seed=0)
    train(net, X, [0, 1] * 3, method="sgd", batch=4, epochs=2, gradient=watched)
    steps = [batch for batch in seen if len(batch) in (4, 2)][-4:]
    first, second = steps[0] + steps[1], steps[2] + steps[3]
    assert sorted(first) == sorted(second) == X[:, 0].tolist()
    assert first != second


@pytest.mark.parametrize("method", METHODS)
def test_training_learns_xor(method):
    X, y = XOR
    rate = {"gd": 5.0, "sgd": 2.0}.get(method)
    result = train(SigmoidNetwork([2, 4, 1], seed=0), X, y, method=method, rate=rate, epochs=1000)
    assert result.stopped is None
    np.testing.assert_array_equal(result.net.predict(X), y)
    assert result.cost == min(result.costs) == result.costs[result.best_epoch]
    assert result.net.cost(X, y) == pytest.approx(result.cost, rel=1e-12)


@pytest.mark.parametrize("start", [0.0, 0.3])
def test_equal_weights_keep_the_units_of_a_layer_equal_and_random_ones_do_not(start):
    """Symmetry breaking: every hidden unit gets the same gradient, for ever."""
    X, y = flowers()
    random = SigmoidNetwork([4, 3, 3, 3], seed=0)
    equal = SigmoidNetwork(thetas=[np.full_like(theta, start) for theta in random.thetas])
    trained = train(equal, X, y, method="sgd", batch=5, epochs=30).net
    for theta in trained.thetas[:-1]:
        np.testing.assert_allclose(theta[1:], theta[[0, 0]], rtol=1e-10, atol=1e-14)
    assert np.abs(trained.thetas[-1]).max() > 0.1  # it did learn something
    apart = train(random, X, y, method="sgd", batch=5, epochs=30).net.thetas[0]
    assert np.abs(apart[1:] - apart[0]).max(axis=1).min() > 0.1


def test_xor_from_different_starts_ends_in_different_local_optima():
    """With two hidden units; two points that cannot be told apart cost 2 log 2 / 4."""
    nets = [SigmoidNetwork([2, 2, 1], init=2.0, seed=seed) for seed in range(8)]
    costs = np.array([train(net, *XOR, epochs=1000).cost for net in nets])
    assert np.any(costs < 1e-3)
    assert np.any(np.abs(costs - math.log(2) / 2) < 1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_resumed_training_gives_the_numbers_of_uninterrupted_training(method):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 4)), rng.integers(0, 3, 60)  # noise: not soon learned
    net = SigmoidNetwork([4, 5, 3], seed=2)
    batch = 30 if method == "sgd" else None

    def until(epochs, resume=None):
        return train(net, X, y, method=method, batch=batch, epochs=epochs, seed=3, resume=resume)

    whole = until(150)
    assert len(whole.costs) > RESTART + 20
    for stop in (1, RESTART, RESTART + 20):
        resumed = until(150, resume=until(stop))
        assert resumed.costs == whole.costs
        np.testing.assert_array_equal(resumed.net.theta, whole.net.theta)
        np.testing.assert_array_equal(resumed.theta, whole.theta)
    with pytest.raises(ValueError, match="epochs: got 100, but 100 are already done"):
        until(100, resume=until(100))


@pytest.mark.parametrize("method", METHODS)
def test_ctrl_c_keeps_the_best_theta_and_can_be_resumed(method):
    X, y = flowers()
    options = {"method": method, "epochs": 60, "batch": 10 if method == "sgd" else None}
    net = SigmoidNetwork([4, 5, 3], seed=2)

    def stop_at(last):
        def progress(epoch, epochs, cost):
            if epoch == last:
                raise KeyboardInterrupt

        return progress

    stopped = train(net, X, y, 0.01, **options, progress=stop_at(30))
    assert stopped.interrupted
    assert "interrupted after epoch 30" in stopped.stopped
    assert stopped.cost == min(stopped.costs)
    assert stopped.net.cost(X, y, 0.01) == pytest.approx(stopped.cost, rel=1e-12)
    whole = train(net, X, y, 0.01, **options)
    later = stopped.epoch + 5
    again = train(net, X, y, 0.01, **options, resume=stopped, progress=stop_at(later))
    assert f"interrupted after epoch {later}" in again.stopped
    assert again.cost == min(again.costs)
    for start in (stopped, again):
        resumed = train(net, X, y, 0.01, **options, resume=start)
        assert resumed.costs == whole.costs
        np.testing.assert_array_equal(resumed.net.theta, whole.net.theta)


@pytest.mark.parametrize("method", ["gd", "sgd"])
@pytest.mark.parametrize("rate", [100.0, 1e307])
def test_too_large_a_step_is_stopped_with_advice_and_the_best_theta(method, rate):
    X, y = flowers()
    net = SigmoidNetwork([4, 5, 3], seed=0)
    result = train(net, X, y, method=method, rate=rate, epochs=20)
    assert result.stopped.startswith("diverged in epoch 1: ")
    advised = float(result.stopped.split("try rate ")[1].split(" ")[0])
    assert "is kept" in result.stopped
    np.testing.assert_array_equal(result.net.theta, net.theta)
    better = train(net, X, y, method=method, rate=advised, epochs=20)
    assert better.stopped is None
    assert better.cost < result.cost


@pytest.mark.parametrize("method", METHODS)
def test_a_gradient_that_becomes_nan_is_stopped_and_the_best_theta_kept(method):
    X, y = flowers()
    net = SigmoidNetwork([4, 2, 3], seed=0)
    epochs = []

    def nan_later(net, X, Y, lambda_):
        g = backprop_gradient(net, X, Y, lambda_)
        return replace(g, D=[d * np.nan for d in g.D]) if len(epochs) == 3 else g

    result = train(
        net, X, y, method=method, epochs=9, gradient=nan_later,
        progress=lambda epoch, *_: epochs.append(epoch),
    )  # fmt: skip
    assert "diverged in epoch 4: " in result.stopped
    assert "no longer finite" in result.stopped
    assert result.best_epoch == 3
    assert result.net.cost(X, y) == pytest.approx(result.costs[3], rel=1e-12)


def test_a_wrong_gradient_is_found_before_training():
    def wrong(net, X, Y, lambda_):
        g = backprop_gradient(net, X, Y, lambda_)
        g.D[0][0, 1] *= 1.01
        return g

    X, y = flowers()
    net = SigmoidNetwork([4, 2, 3], seed=0)
    result = train(net, X, y, epochs=5, gradient=wrong)
    assert "contradicts the numerical estimate in epoch 0: at θ₁₁⁽¹⁾" in result.stopped
    assert result.costs == [net.cost(X, y)]


def test_the_comparison_is_off_during_training_unless_asked_for():
    """A gradient that goes wrong later is found with check_every, and only with it."""

    def wrong_later(net, X, Y, lambda_):
        g = backprop_gradient(net, X, Y, lambda_)
        if np.linalg.norm(net.theta - start) > 0.5:
            g.D[1][0, 0] += 0.1
        return g

    X, y = flowers()
    net = SigmoidNetwork([4, 2, 3], seed=0)
    start = net.theta
    off = train(net, X, y, method="gd", epochs=20, gradient=wrong_later)
    assert off.stopped is None
    on = train(net, X, y, method="gd", epochs=20, gradient=wrong_later, check_every=5)
    assert "contradicts the numerical estimate in epoch" in on.stopped
    assert "θ₁₀⁽²⁾" in on.stopped


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"method": "adam"}, ValueError, "method: got 'adam', expected one of gd, sgd, lbfgs, cg"),
        ({"epochs": 0}, ValueError, "epochs: got 0"),
        ({"epochs": 1.5}, TypeError, "epochs: got 1.5"),
        ({"rate": 0.1}, ValueError, "rate: got 0.1, but lbfgs finds its own steps"),
        ({"method": "gd", "rate": -1}, ValueError, "rate: got -1"),
        ({"method": "gd", "rate": "1"}, TypeError, "rate: got '1'"),
        ({"method": "gd", "batch": 4}, ValueError, "batch: got 4, but gd takes all"),
        ({"method": "sgd", "batch": 0}, ValueError, "batch: got 0"),
        ({"gradient": "matrix"}, ValueError, "gradient: got 'matrix'"),
        ({"seed": -1}, ValueError, "seed: got -1"),
        ({"check_every": -1}, ValueError, "check_every: got -1"),
        ({"lambda_": -1}, ValueError, "lambda_: got -1"),
        ({"Y": [1, 1, 1, 1]}, ValueError, "Y: got the same target for every example"),
        ({"Y": [0, 1, 2, 3]}, ValueError, "Y: got 3, expected values from 0 to 1"),
    ],
)
def test_bad_arguments_get_one_clear_line(change, error, message):
    arguments = {"net": SigmoidNetwork([2, 2, 1], seed=0), "X": XOR[0], "Y": XOR[1]} | change
    with pytest.raises(error, match=message) as caught:
        train(**arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "sizes"),
    [((4, 3), [4, 4, 3]), ((2, 2), [2, 2, 1]), ((3, 5, 3), [3, 5, 5, 5, 5]), ((7, 2, 0), [7, 1])],
)
def test_suggest_follows_the_source(arguments, sizes):
    """Inputs = features, outputs = classes, one hidden layer or several of the same width."""
    net = SigmoidNetwork.suggest(*arguments, seed=1)
    assert net.sizes == sizes
    np.testing.assert_array_equal(net.theta, SigmoidNetwork(sizes, seed=1).theta)


@pytest.mark.parametrize(
    ("arguments", "error", "name"),
    [
        ((0, 2), ValueError, "n_features"),
        ((2, 1), ValueError, "n_classes"),
        ((2, 2, -1), ValueError, "hidden_layers"),
        ((2.5, 2), TypeError, "n_features"),
    ],
)
def test_suggest_refuses_what_is_no_architecture(arguments, error, name):
    with pytest.raises(error, match=name):
        SigmoidNetwork.suggest(*arguments)


# The classifier around the network, and its file.


def test_split_keeps_the_share_of_every_class_and_every_row_once():
    data = iris()
    training, testing = split(data, 0.2, seed=5)
    np.testing.assert_array_equal(np.sort(np.concatenate([training, testing])), np.arange(150))
    np.testing.assert_array_equal(np.bincount(data.y[testing]), [10, 10, 10])


def test_training_features_are_standardized_by_the_training_part_alone():
    data = iris()
    model = fit(data, Settings((4, 3), epochs=1))
    training, testing = split(data, 0.25, 0)
    inputs = model.inputs(data.X[training])
    np.testing.assert_allclose(inputs.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(inputs.std(axis=0), 1.0, rtol=1e-12)
    assert np.abs(model.inputs(data.X[testing]).mean(axis=0)).max() > 1e-3
    common = fit(data, Settings((4, 3), epochs=1, scaling="common")).inputs(data.X[training])
    assert common.mean() == pytest.approx(0.0, abs=1e-12)
    assert common.std() == pytest.approx(1.0)
    assert np.ptp(common.mean(axis=0)) > 1.0  # the features keep their differences


def test_confusion_counts_classes_against_predictions():
    count = confusion(np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 0, 2]), 3)
    assert count.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 2]]


@pytest.mark.parametrize("classes", [3, 23, 24, 60])
def test_the_confusion_of_many_classes_loses_no_number(classes):
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(classes), 8)
    names = tuple(f"class {k}" for k in range(classes))
    data = Dataset("many", rng.normal(size=(len(y), 2)), y, ("a", "b"), names)
    model = fit(data, Settings((2, classes), epochs=1))
    _, testing = split(data, 0.25, 0)
    right = int(np.sum(model.predict(data.X[testing]) == y[testing]))
    printed = render(training_tables(model, data)[1])
    assert "…" not in printed
    assert all(re.search(rf"^ *{name} ", printed, re.MULTILINE) for name in names)
    if classes == 3:
        return
    rows = re.findall(r"^ *class (\d+) +(\d+) +(\d+) +(\S.*)?$", printed, re.MULTILINE)
    taken = sum(int(n) for *_, others in rows for n in re.findall(r" (\d+)(?:,|$)", others.strip()))
    assert sum(int(examples) for _, examples, *_ in rows) == len(testing)
    assert sum(int(r) for _, _, r, _ in rows) == right
    assert taken == len(testing) - right


@pytest.mark.parametrize("method", METHODS)
def test_a_model_file_brings_everything_back(tmp_path, method):
    data = iris()
    settings = Settings((4, 4, 3), method=method, epochs=12, seed=4)
    half = fit(data, replace(settings, epochs=5))
    half.save(tmp_path / "m.npz")
    loaded = load_model(tmp_path / "m.npz")
    np.testing.assert_array_equal(loaded.predict(data.X), half.predict(data.X))
    assert loaded.classes == data.classes
    whole, resumed = fit(data, settings), fit(data, settings, resume=loaded)
    assert resumed.training.costs == whole.training.costs
    np.testing.assert_array_equal(resumed.net.theta, whole.net.theta)


def test_model_files_that_are_none_get_one_clear_line(tmp_path):
    good = tmp_path / "good.npz"
    fit(iris(), Settings((4, 3), epochs=2)).save(good)
    content = good.read_bytes()
    flipped = bytearray(content)
    flipped[content.index("sepal_length".encode("utf-32-le"))] ^= 1
    np.savez(tmp_path / "other.npz", X=np.ones(3))
    wrong = {
        "cut.npz": content[: len(content) // 2],
        "flipped.npz": bytes(flipped),
        "text.npz": b"hello",
        "empty.npz": b"",
        "other.npz": (tmp_path / "other.npz").read_bytes(),
    }
    for name, damaged in wrong.items():
        (tmp_path / name).write_bytes(damaged)
        with pytest.raises(ValueError, match=name) as caught:
            load_model(tmp_path / name)
        assert "\n" not in str(caught.value)
    with pytest.raises(FileNotFoundError):
        load_model(tmp_path / "missing.npz")


def test_resuming_with_other_data_or_settings_is_refused():
    data = iris()
    settings = Settings((4, 3), epochs=2)
    model = fit(data, settings)
    moved = replace(data, X=data.X + 1e-9)
    relabelled = replace(data, y=data.y[::-1].copy())
    for other in (moved, relabelled):
        with pytest.raises(ValueError, match="resume: the model was trained on other data"):
            fit(other, replace(settings, epochs=4), resume=model)
    with pytest.raises(ValueError, match=r"lambda: got 3.0, but .* was trained with 0.1"):
        fit(data, replace(settings, epochs=4, lambda_=3.0), resume=model)


@pytest.mark.parametrize("factor", [2.0**1010, 2.0**-1010])
@pytest.mark.parametrize("scaling", ["each", "common"])
def test_no_scale_of_the_features_is_special(factor, scaling):
    """A power of two changes no bit of what is learned, nor overflows a square of it."""
    data = iris()
    settings = Settings((4, 3), epochs=3, scaling=scaling)
    far = fit(replace(data, X=data.X * factor), settings)
    assert far.training.theta.tolist() == fit(data, settings).training.theta.tolist()
    assert far.predict(data.X * factor).tolist() == fit(data, settings).predict(data.X).tolist()


def test_a_constant_feature_is_named():
    data = Dataset("d", np.column_stack([np.arange(8.0), np.full(8, 5.0)]), np.arange(8) % 2,
                   ("a", "b"), ("no", "yes"))  # fmt: skip
    with pytest.raises(ValueError, match="X: feature 'b' is 5 in every training example"):
        fit(data, Settings((2, 1)))
    assert fit(data, Settings((2, 1), scaling="common", epochs=3)).training.stopped is None
    with pytest.raises(ValueError, match="every feature is constant"):
        fit(replace(data, X=np.ones((8, 2))), Settings((2, 1), scaling="common"))


@pytest.mark.parametrize("scaling", ["each", "common"])
def test_the_largest_and_the_smallest_floats_are_scaled_or_refused(scaling):
    """M − (−28/30 M) overflows, though it is fewer than six deviations."""
    most = np.finfo(float).max
    column = np.full(30, -most)
    column[0] = most
    data = Dataset("t", np.c_[column, np.arange(30.0)], np.arange(30) % 2, ("a", "b"), ("x", "y"))
    model = fit(data, Settings((2, 1), scaling=scaling, epochs=2, test_share=0.0))
    assert np.all(np.abs(model.inputs(data.X)) < 6.0)
    tiny = replace(data, X=np.c_[5e-324 * (np.arange(30) % 2), np.arange(30.0)])
    if scaling == "each":
        with pytest.raises(ValueError, match=r"^X: feature 'a' is 0 in every training example"):
            fit(tiny, Settings((2, 1), epochs=2))


def test_bad_settings_are_named():
    with pytest.raises(ValueError, match="test_share: got 1"):
        fit(iris(), Settings((4, 3), test_share=1.0))
    with pytest.raises(ValueError, match="scaling: got 'none'"):
        fit(iris(), Settings((4, 3), scaling="none"))


def damaged(path, **changes):
    """The model file with other arrays or other entries of its ``about``."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    about = json.loads(str(arrays["about"]))
    for name, value in changes.items():
        if name in about["settings"]:
            about["settings"][name] = value
        elif name in about or value is REMOVED or name not in arrays:
            about[name] = value
        else:
            arrays[name] = np.array(value)
    about = {name: value for name, value in about.items() if value is not REMOVED}
    arrays["about"] = np.array(json.dumps(about))
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


REMOVED = "removed"  # this entry is taken out of the file
MISFITS = [
    {"sizes": [4, 3, 3]},
    {"sizes": [4, 10**9, 3]},
    {"sizes": [3]},
    {"sizes": []},
    {"sizes": "4-3"},
    {"sizes": [4.0, 3]},
    {"sizes": [True, 3]},
    {"lambda_": -1.0},
    {"lambda_": "1"},
    {"lambda_": float("nan")},
    {"method": "adam"},
    {"method": "gd", "rate": 0.0},
    {"rate": 1.0},
    {"batch": 3},
    {"epochs": 1},
    {"epochs": 1e9},
    {"seed": -1},
    {"gradient": "guess"},
    {"test_share": 1.0},
    {"test_share": None},
    {"scaling": "none"},
    {"features": ["a", "b", "c"]},
    {"features": ["a", "a", "b", "c"]},
    {"features": [1, 2, 3, 4]},
    {"features": "abcd"},
    {"classes": ["a", "b"]},
    {"classes": ["a", "b", "b"]},
    {"classes": ["a", "b", "c\0"]},
    {"fingerprint": "x"},
    {"fingerprint": 5},
    {"best_epoch": 3},
    {"best_epoch": 0},
    {"best_epoch": -1},
    {"epoch": 3},
    {"epoch": None},
    {"epoch": 10**400},
    {"seconds": -1},
    {"seconds": "1"},
    {"seconds": float("inf")},
    {"seconds": REMOVED},
    {"fingerprint": REMOVED},
    {"more": 1},
    {"format": "micrograd_bp model 2"},
    {"theta": [1.0, 2.0]},
    {"theta": [[1.0] * 15]},
    {"theta": [math.nan] * 15},
    {"theta": ["a"] * 15},
    {"best_theta": [1] * 15},
    {"costs": []},
    {"costs": [1.0]},
    {"costs": [1.0, 2.0, math.nan]},
    {"costs": [1.0, 2.0, -1.0]},
    {"mean": [0.0]},
    {"scale": [1.0, 1.0, 1.0, 0.0]},
    {"scale": [1.0, 1.0, 1.0, -1.0]},
]


@pytest.mark.parametrize("changes", MISFITS, ids=str)
def test_a_model_whose_parts_do_not_fit_is_refused(tmp_path, changes):
    good, bad = tmp_path / "good.npz", tmp_path / "bad.npz"
    fit(iris(), Settings((4, 3), epochs=2)).save(good)
    bad.write_bytes(damaged(good, **changes))
    with pytest.raises(ValueError, match=r"bad\.npz: not a readable model file") as caught:
        load_model(bad)
    assert "\n" not in str(caught.value)


def test_a_model_file_written_again_is_read(tmp_path):
    good = tmp_path / "good.npz"
    fit(iris(), Settings((4, 3), epochs=2)).save(good)
    good.write_bytes(damaged(good))  # with no change: what refuses the others is their change
    assert load_model(good).settings.sizes == (4, 3)
