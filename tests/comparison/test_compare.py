"""The verdict: no false alarm on correct networks, no planted error missed, the culprit named."""

import json
from dataclasses import replace

import numpy as np
import pytest

import micrograd_bp.comparison.compare
from micrograd_bp import SigmoidNetwork, compare_gradients
from micrograd_bp.comparison.rounding import rounding_bounds
from micrograd_bp.gradients import (
    Gradient,
    autodiff_gradient,
    backprop_gradient,
    numerical_gradient,
)
from micrograd_bp.network.sigmoid import reshape
from micrograd_bp.training.data import iris

from ..conftest import random_case

METHODS = {
    "autodiff": autodiff_gradient,
    "backprop": backprop_gradient,
    "numerical": numerical_gradient,
}


def plant(monkeypatch, method, change):
    """Let one method return a gradient with ``change`` applied to its unrolled vector."""

    def wrong(net, *args, **kwargs):
        g = METHODS[method](net, *args, **kwargs)
        vector = g.vector.copy()
        change(vector)
        return Gradient(
            g.method, g.cost, reshape(vector, net.shapes), g.deltas, g.seconds, g.parameters
        )

    monkeypatch.setattr(micrograd_bp.comparison.compare, f"{method}_gradient", wrong)


def test_iris_passes_with_every_parameter_decided():
    data = iris()
    c = compare_gradients(SigmoidNetwork([4, 5, 3], seed=0), data.X, data.y, 1.0)
    assert c.passed
    assert c
    assert c.undecided == ()
    assert [g.method for g in c.gradients] == list(METHODS)
    assert len(c.pairs) == 6
    assert c.worst.severity < 1
    assert c.slowdown > 0


@pytest.mark.parametrize("seed", range(60))
def test_no_false_alarm_on_correct_networks(seed):
    rng = np.random.default_rng(seed)
    case = random_case(seed)
    case.net.theta = case.net.theta * 10 ** rng.uniform(-2, 0.8)
    c = compare_gradients(case.net, case.X * 10 ** rng.uniform(-1, 1), case.y, case.lambda_)
    assert c.passed, str(c)


@pytest.mark.parametrize("epsilon", [1e-8, 1e-6, 1e-4, 1e-2, 0.3])
def test_no_false_alarm_whatever_the_step(epsilon):
    for seed in range(10):
        case = random_case(seed)
        c = compare_gradients(case.net, case.X, case.y, case.lambda_, epsilon)
        assert c.passed, str(c)


def test_a_step_too_small_leaves_parameters_undecided_not_failed():
    case = random_case(4, 2)
    c = compare_gradients(case.net, case.X, case.y, case.lambda_, 1e-15)
    assert c.outcome == "undecided"
    assert not c.passed
    assert len(c.undecided) == case.net.theta.size
    assert f"{len(c.undecided)} undecided" in c.verdict


@pytest.mark.parametrize("method", ["autodiff", "backprop"])
@pytest.mark.parametrize("index", [0, 7, 14])
def test_an_error_of_one_part_in_a_million_is_found_and_blamed_on_its_method(
    monkeypatch, method, index
):
    def change(vector):
        vector[index] *= 1 + 1e-6

    plant(monkeypatch, method, change)
    net = SigmoidNetwork([2, 3, 2], init=2.0, seed=5)
    X, y = np.random.default_rng(5).normal(size=(6, 2)), [0, 1, 1, 0, 1, 0]
    c = compare_gradients(net, X, y, 1.0)
    assert not c.passed
    name = net.parameter_name(index)
    assert f"{method} contradicts the other two methods" in c.verdict
    assert name in c.verdict
    assert c.worst.name == name
    assert c.worst.index == index
    wrong = {(p.methods, p.layer) for p in c.pairs if not p.passed}
    assert {layer for _, layer in wrong} == {1 if index < 9 else 2}
    assert all(method in methods for methods, _ in wrong)
    assert "1 CONTRADICT" in str(c)


def test_two_exact_methods_are_told_apart_at_a_trillionth(monkeypatch):
    def change(vector):
        vector[np.argmax(np.abs(vector))] *= 1 + 1e-12

    plant(monkeypatch, "backprop", change)
    case = random_case(6, 2)
    c = compare_gradients(case.net, case.X, case.y)
    assert not c.passed
    assert "autodiff and backprop contradict each other" in c.verdict


def test_an_estimate_that_is_wrong_beyond_its_bar_is_contradicted_not_undecided(monkeypatch):
    def change(vector):
        vector[3] = 0.0  # an estimate of 0, with a bar wider than 0

    plant(monkeypatch, "numerical", change)
    case = random_case(6, 2)
    c = compare_gradients(case.net, case.X, case.y)
    assert not c.passed
    assert "numerical contradicts the other two" in c.verdict
    assert case.net.parameter_name(3) not in c.undecided


@pytest.mark.parametrize("shift", [0.5, -0.5])
@pytest.mark.parametrize("method", METHODS)
def test_the_wrong_parameter_stands_with_its_difference_and_the_others_agree(
    monkeypatch, method, shift
):
    def change(vector):
        vector[3] += shift

    plant(monkeypatch, method, change)
    case = random_case(6, 2)
    c = compare_gradients(case.net, case.X, case.y)
    assert [p.status == "contradicts" for p in c.parameters] == [
        p == 3 for p in range(case.net.theta.size)
    ]
    assert c.parameters[3].difference == pytest.approx(0.5, rel=1e-3)
    among_exact = 0.0 if method == "numerical" else 0.5
    assert c.parameters[3].exact_difference == pytest.approx(among_exact, abs=1e-9)


def test_the_slowdown_is_that_of_estimating_every_parameter():
    data = iris()
    c = compare_gradients(SigmoidNetwork([4, 5, 3], seed=0), data.X, data.y, parameters=10)
    seconds = (1.0, 0.5, 3.0)  # of autodiff, backprop and ten of the 43 estimates
    made = [replace(g, seconds=s) for g, s in zip(c.gradients, seconds, strict=True)]
    assert replace(c, gradients=tuple(made)).slowdown == pytest.approx(3.0 / 10 * 43 / 0.5)


def test_what_the_proof_contradicts_fails_by_itself():
    """A contradiction, or floats beside their ball, and nothing else."""
    pytest.importorskip("flint")
    data = iris()
    c = compare_gradients(SigmoidNetwork([4, 5, 3], seed=0), data.X, data.y, prove=2)
    assert c.outcome == "right"
    one, two = c.network.parameter_name(7), c.network.parameter_name(9)
    denied = replace(c, proof=replace(c.proof, contradictions=(one,)))
    misfit = replace(c, proof=replace(c.proof, misfits=(f"backprop: {two}",)))
    for changed, p in ((denied, 7), (misfit, 9)):
        assert changed.outcome == "wrong"
        assert [v.index for v in changed.parameters if v.status == "contradicts"] == [p]
    assert replace(c, lost=True).outcome == "undecided"


def test_of_many_parameters_the_table_of_the_proof_lists_the_fifty_worst_estimates():
    pytest.importorskip("flint")
    net = SigmoidNetwork([8, 6, 2], seed=0)  # 68 weights
    X = np.random.default_rng(0).normal(size=(3, 8))
    text = str(compare_gradients(net, X, [0, 1, 0]))
    assert "the 50 largest" in text
    assert sum(net.parameter_name(p) in text for p in range(68)) in range(50, 68)


def test_a_wrong_delta_alone_fails(monkeypatch):
    def wrong(net, *args):
        g = backprop_gradient(net, *args)
        deltas = [*g.deltas[:-1], g.deltas[-1] * (1 + 1e-9)]
        return Gradient(g.method, g.cost, g.D, deltas, g.seconds)

    monkeypatch.setattr(micrograd_bp.comparison.compare, "backprop_gradient", wrong)
    case = random_case(9, 2)
    c = compare_gradients(case.net, case.X, case.y)
    assert not c.passed
    assert c.verdict == "FAILED: graph and matrices contradict on δ of layer 3"


def test_parameters_with_no_influence_are_undecided_by_floats_and_decided_by_proof():
    net = SigmoidNetwork([2, 2, 1], init="zeros")
    floats = compare_gradients(net, [[0.5, -1.0]], [1], prove="off")
    assert floats.passed
    assert {p.name for p in floats.undecided} == {net.parameter_name(p) for p in range(6)}
    for p in floats.undecided:  # the estimate drowns in what it may be off by
        assert abs(p.values["numerical"]) <= p.tolerance < 1e-9
    proved = compare_gradients(net, [[0.5, -1.0]], [1])
    assert proved.passed
    assert proved.undecided == ()
    assert proved.proof.proved.all()


def test_a_sample_of_parameters_judges_only_those():
    case = random_case(11, 3)
    last = case.net.theta.size - 1  # of the last layer
    c = compare_gradients(case.net, case.X, case.y, 1.0, parameters=[last])
    assert c.passed
    assert np.flatnonzero(~np.isnan(c.error_bars)).tolist() == [last]
    assert f"{last + 1} of {last + 1} parameters" in c.verdict  # the proof covers them all
    assert "the estimate of 1 of them by" in c.verdict
    assert compare_gradients(
        case.net, case.X, case.y, 1.0, parameters=[last], prove="off"
    ).verdict.startswith("PASSED: the three methods agree on 1 of 1 parameters; not proved")
    assert {p.layer for p in c.pairs if "numerical" in p.methods} == {3}
    assert {p.layer for p in c.pairs if "numerical" not in p.methods} == {1, 2, 3}
    drawn = [
        compare_gradients(case.net, case.X, case.y, parameters=3, seed=s).gradients[2].parameters
        for s in (1, 1, 2)
    ]
    assert drawn[0].tolist() == drawn[1].tolist()
    assert len(drawn[0]) == 3
    assert drawn[0].tolist() != drawn[2].tolist()


@pytest.mark.parametrize("prove", ["auto", "off"])
def test_progress_runs_once_from_start_to_end(prove):
    """Without balls the estimate at 2ε is the second half."""
    case, seen = random_case(2), []
    compare_gradients(
        case.net, case.X, case.y, prove=prove, progress=lambda *step: seen.append(step)
    )
    assert {total for _, total in seen} == {1000}
    done = [thousandths for thousandths, _ in seen]
    assert done == sorted(done)
    assert done[-1] == 1000
    assert prove == "auto" or 500 in done


def test_without_balls_only_what_was_estimated_is_estimated_again(monkeypatch):
    asked = []

    def recorded(net, X, Y, lambda_, epsilon, *, parameters, **rest):
        asked.append((epsilon, list(parameters)))
        return numerical_gradient(net, X, Y, lambda_, epsilon, parameters=parameters, **rest)

    monkeypatch.setattr(micrograd_bp.comparison.compare, "numerical_gradient", recorded)
    compare_gradients(
        SigmoidNetwork([3, 2], seed=0), np.ones((1, 3)), [1], parameters=[1, 4], prove="off"
    )
    assert asked == [(1e-4, [1, 4]), (2e-4, [1, 4])]


def test_a_sample_is_that_of_seed_0_unless_another_is_asked_for():
    data = SigmoidNetwork([9, 3], seed=0), np.ones((2, 9)), [0, 2]
    said, unsaid = (compare_gradients(*data, parameters=2, prove="off", **seed)
                    for seed in ({"seed": 0}, {}))  # fmt: skip
    assert said.gradients[2].parameters.tolist() == unsaid.gradients[2].parameters.tolist()


def test_of_a_network_that_is_too_large_nothing_is_proved_and_why_is_said():
    rows, why = micrograd_bp.comparison.compare._examples_to_prove(
        "auto", SigmoidNetwork([2000, 2000, 1], init="zeros"), 3
    )
    assert rows is None
    assert why.startswith("one example of so large a network takes long")


@pytest.mark.parametrize(("prove", "asked"), [("all", 8), ("auto", 2)])
def test_the_cost_is_asked_about_all_parameters_only_if_all_is_to_be_proved(
    monkeypatch, prove, asked
):
    pytest.importorskip("flint")
    monkeypatch.setattr(micrograd_bp.comparison.compare, "affordable_moves", lambda net, m: 2)
    found = compare_gradients(SigmoidNetwork([3, 2], seed=0), [[1.0, 2.0, 3.0]], [1], prove=prove)
    assert np.count_nonzero(np.isfinite(found.proof.truncation)) == asked


def test_to_dict_is_json_and_tables_carry_the_numbers():
    case = random_case(2)
    c = compare_gradients(case.net, case.X, case.y, 1.0, parameters=2)
    report = json.loads(json.dumps(c.to_dict(), allow_nan=False))
    assert report["passed"] is True
    assert report["gradients"]["backprop"]["vector"] == c.gradients[1].vector.tolist()
    assert report["gradients"]["numerical"]["vector"].count(None) == case.net.theta.size - 2
    text = str(c)
    assert f"{c.gradients[0].cost:.12g}" in text
    assert c.verdict in text


@pytest.mark.parametrize("seed", range(25))
def test_rounding_bounds_cover_the_distance_to_long_double(seed):
    """The formulas of the page in 80-bit arithmetic, eleven bits better than what is bounded."""
    if np.finfo(np.longdouble).eps > 2e-19:
        pytest.skip("this machine has no extended precision")
    case = random_case(seed)
    g = backprop_gradient(case.net, case.X, case.y, case.lambda_)
    Y = case.net.targets(case.y)
    thetas = [theta.astype(np.longdouble) for theta in case.net.thetas]
    a, m = [case.X.astype(np.longdouble)], len(case.X)
    for theta in thetas:
        z = theta[:, 0] + a[-1] @ theta[:, 1:].T
        a.append(1 / (1 + np.exp(-z)))
    delta = a[-1] - Y
    bounds = rounding_bounds(case.net, case.X, Y, case.lambda_)
    for l in range(len(thetas) - 1, -1, -1):
        D = delta.T @ np.hstack([np.ones((m, 1)), a[l]]) / m
        D[:, 1:] += case.lambda_ / m * thetas[l][:, 1:]
        assert (np.abs(g.deltas[l + 1] - delta) <= bounds.deltas[l + 1]).all()
        assert (np.abs(g.D[l] - D) <= bounds.D[l]).all()
        assert (bounds.D[l] <= 1e-12 * (1 + np.abs(case.X).max()) * (1 + case.lambda_)).all()
        delta = delta @ thetas[l][:, 1:] * a[l] * (1 - a[l])
