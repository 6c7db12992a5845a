"""One verdict, however it is asked for: outcome, passed, bool, text, dict and assertion agree."""

import json
import math
from contextlib import suppress

import numpy as np
import pytest

from micrograd_bp import Value, check_expression, check_gradient
from micrograd_bp.testing import assert_gradient

THETA = np.array([0.4, -1.3, 0.7])
A = np.array([[1.0, 2.0, -1.0], [0.5, -0.3, 0.8]])
RNG = np.random.default_rng(8)


def tree_cost(p):
    return float(np.sum(np.sin(p["W"])) * p["b"] + 1e9 * p["free"] * 0.0)


def tree_gradient(p):
    return {"W": np.cos(p["W"]) * p["b"], "b": np.sum(np.sin(p["W"])), "free": 0.0}


TREE = {"W": np.array([[0.1, 0.2]]), "b": 0.7, "free": 3.0}


def value_cost(t):
    return Value.sum([Value(float(v)).sin() for v in t])


def jacobian(t):
    return (1.0 - np.tanh(A @ t) ** 2)[:, np.newaxis] * A


def noisy(t):
    return float(np.sum(np.exp(t))) + 1e-7 * float(RNG.normal())


def twice(g):
    return {k: 2.0 * np.asarray(v) for k, v in g.items()} if isinstance(g, dict) else 2.0 * g


KINDS = {
    "array": (lambda t: float(np.sum(np.sin(t))), np.cos, THETA, {}),
    "tree": (tree_cost, tree_gradient, TREE, {}),
    "Value": (value_cost, np.cos, THETA, {}),
    "Jacobian": (lambda t: np.tanh(A @ t), jacobian, THETA, {}),
    "noise": (noisy, np.exp, THETA, {"noise": 1e-7}),
    "kink": (lambda t: float(np.sum(np.abs(t))), np.sign, THETA * [1.0, 0.0, 1.0], {}),
    "bounds": (lambda t: float(np.sum(t**3)), lambda t: 3.0 * t**2, THETA**2, {"bounds": (0, 9)}),
    "one parameter": (
        lambda t: float(np.sum(t**3)),
        lambda t: 3 * t**2,
        THETA,
        {"parameters": [1]},
    ),
    "float32": (
        lambda t: np.float32(np.sum(np.sin(t.astype("f4")))),
        lambda t: np.cos(t.astype("f4")),
        THETA,
        {},
    ),
    "hidden": (lambda t: 1e17 + float(np.sum(t)), np.ones_like, THETA, {}),
    "jump": (lambda t: float(np.sum(t > 0.0)), np.zeros_like, 0.0 * THETA, {}),
    "nan beside": (
        lambda t: float(t[0]) if t[0] == 0.4 else math.nan,
        lambda t: np.array([1.0, 0.0, 0.0]),
        THETA,
        {},
    ),
    "random": (noisy, np.exp, THETA, {}),
}
OUTCOMES = {
    "hidden": {"undecided"},
    "jump": {"undecided"},
    "nan beside": {"undecided"},
    "random": {"nondeterministic"},
}


def agreed(check):
    """The outcome, if all that a check says of itself is the same."""
    kept = json.loads(json.dumps(check.to_dict(), allow_nan=False))
    passed = check.outcome == "right"
    assert check.passed is bool(check) is passed
    assert kept["outcome"] == check.outcome
    assert kept["passed"] is passed
    assert kept["verdict"] == check.verdict
    assert str(check).startswith(check.verdict.split("(")[0].strip())
    word = "NOT POSSIBLE" if check.outcome == "nondeterministic" else check.outcome.upper()
    assert word in check.verdict
    assert (check.outcome == "wrong") == bool(check.wrong)
    if passed:
        statuses = [slope["status"] for slope in kept["parameters"] + kept["directions"]]
        assert {"right", "kink"} & set(statuses)
        assert "wrong" not in statuses
    return check.outcome


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_check_says_of_itself_is_one_verdict(kind):
    cost, gradient, theta, options = KINDS[kind]
    for seed in range(3):
        for factor, given in ((1, gradient), (2, lambda t: twice(gradient(t)))):
            outcome = agreed(check_gradient(cost, given, theta, seed=seed, **options))
            expected = OUTCOMES.get(kind, {"right"} if factor == 1 else {"wrong"})
            assert outcome in expected, (factor, seed)
            raised = None
            with suppress(AssertionError):
                raised = "nothing"
                assert_gradient(cost, given, theta, seed=seed, **options)
                raised = "passed"
            assert (raised == "passed") == (outcome == "right")


@pytest.mark.parametrize("order", [1, 2])
def test_what_a_check_of_an_expression_says_is_one_verdict(order):
    x, y = Value(0.5), Value(-2.0)
    assert agreed(check_expression((x * y).sin() + y**3, order=order)) == "right"
    assert agreed(check_expression(x.relu() + (y + 2.0).relu(), order=order)) in (
        "right",
        "undecided",
    )
    assert agreed(check_expression(x.sin() * 1e-3 + 1e17, [x], order=order)) == "undecided"


COSTS = {
    "smooth": (lambda t: np.sum(np.tanh(A @ t)), lambda t: (1.0 - np.tanh(A @ t) ** 2) @ A),
    "kink at θ": (lambda t: np.sum(abs(t - [0.4, 1.0, 0.0])), lambda t: np.array([0.3, -1.0, 1.0])),
    "stairs": (lambda t: np.sum(np.round(np.sin(t), 7)), np.cos),
    "cancelling": (lambda t: np.sum((t + 1e9) - 1e9), lambda t: np.ones(3)),
    "steep": (
        lambda t: np.exp(40.0 * t[0]) + t[1] + 1e-3 * t[2] ** 3,
        lambda t: np.array([40.0 * np.exp(40.0 * t[0]), 1.0, 3e-3 * t[2] ** 2]),
    ),
    "infinite slope": (
        lambda t: np.sqrt(abs(t[0] - 0.4)) + t[1] * t[2],
        lambda t: np.array([0.0, t[2], t[1]]),
    ),
    "seen from afar": (  # steps of θ's own size move it by a few roundings
        lambda t: 1.0 + 1e-15 * (t[0] - 2.0 * t[1] + 3.0 * t[2]),
        lambda t: 1e-15 * np.array([1.0, -2.0, 3.0]),
    ),
}


@pytest.mark.parametrize("factor", [1.0, 1.001, -1.0, 0.0])
@pytest.mark.parametrize("name", COSTS)
def test_a_verdict_has_neither_a_sign_nor_a_unit(name, factor):
    """Times −1 or a power of two nothing is rounded anew: f and f′ are judged the same."""
    cost, slopes = COSTS[name]
    theta = THETA * (name != "seen from afar")

    def verdict(scale):
        check = check_gradient(
            lambda t: scale * cost(t), lambda t: scale * factor * slopes(t), theta
        )
        return check.outcome, [slope.status for slope in check.parameters]

    expected = verdict(1.0)
    assert expected[0] != ("right" if factor in (-1.0, 0.0) else "kink")
    for scale in (-1.0, 2.0**400, -(2.0**-400)):
        assert verdict(scale) == expected
