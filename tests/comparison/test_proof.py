"""What is wrong is disproved, what is right is proved, and neither depends on a tolerance."""

import json
import math
import sys
import types
from pathlib import Path

import mpmath
import numpy as np
import pytest

import micrograd_bp.comparison.compare
import micrograd_bp.comparison.derivations
from micrograd_bp import SigmoidNetwork, compare_gradients
from micrograd_bp.comparison.derivations import in_balls
from micrograd_bp.comparison.proof import (
    _blamed,
    affordable_examples,
    affordable_moves,
    digits_of,
)
from micrograd_bp.comparison.witness import Witness, _excess, _loss
from micrograd_bp.gradients import Gradient, backprop, backprop_gradient
from micrograd_bp.network.recorded import recorded_cost, recorded_penalty
from micrograd_bp.network.sigmoid import reshape
from micrograd_bp.scalar import ops
from micrograd_bp.scalar.balls import precision
from micrograd_bp.scalar.ops import OPS, apply
from micrograd_bp.training.data import iris

from ..conftest import random_case

pytest.importorskip("flint")

TINY = 1e-12  # relative; no tolerance on floats of a whole gradient sees it


def small_networks(count):
    """Networks of one to three hidden layers, with data and λ."""
    for seed in range(count):
        rng = np.random.default_rng(seed)
        sizes = [3, *rng.integers(2, 5, 1 + seed % 3).tolist(), 2 + seed % 2]
        net = SigmoidNetwork(sizes, seed=rng)
        yield net, rng.normal(size=(4, 3)), rng.integers(0, sizes[-1], 4), 0.7


def test_iris_is_proved_to_thirty_digits():
    data = iris()
    c = compare_gradients(SigmoidNetwork([4, 5, 3], seed=0), data.X, data.y, 1.0)
    proof = c.proof
    assert c.outcome == "right"
    assert (proof.examples, proof.contradictions, proof.misfits) == (150, (), ())
    assert proof.digits >= 30
    assert proof.proved.sum() == 43
    assert proof.witness_digits >= 20
    assert c.verdict.startswith("PROVED: graph and matrix formulas give the same ∂J/∂θ to 3")
    assert "of 43 parameters; in floating point they are off by at most" in c.verdict
    assert c.verdict.endswith("which is its truncation")


def test_the_errors_in_floating_point_are_those_against_mpmath():
    """J of one example differenced at 120 digits gives the exact gradient; ulp counted by hand."""
    case = random_case(12, depth=2)
    X, y = case.X[:1], case.y[:1]
    c = compare_gradients(case.net, X, y)
    Y = case.net.targets(y)[0]
    with mpmath.workdps(120):

        def cost(theta):
            a = [mpmath.mpf(v) for v in X[0].tolist()]
            start = 0
            for rows, columns in case.net.shapes:
                part = theta[start : start + rows * columns]
                z = [part[i] + mpmath.fdot(part[i + rows :: rows], a) for i in range(rows)]
                a = [1 / (1 + mpmath.exp(-v)) for v in z]
                start += rows * columns
            terms = zip(a, Y.tolist(), strict=True)
            return -mpmath.fsum(t * mpmath.log(h) + (1 - t) * mpmath.log(1 - h) for h, t in terms)

        theta = [mpmath.mpf(v) for v in case.net.theta.tolist()]

        def difference(p, h):
            up, down = ([v + s * h * (q == p) for q, v in enumerate(theta)] for s in (1, -1))
            return (cost(up) - cost(down)) / (2 * h)

        for p in range(len(theta)):
            exact = difference(p, mpmath.mpf(10) ** -40)
            found = c.parameters[p]
            for method in ("autodiff", "backprop"):
                error = abs(mpmath.mpf(found.values[method]) - exact)
                assert found.ulps[method] == pytest.approx(
                    float(error / math.ulp(float(exact))), abs=1e-9
                )
            at_epsilon = difference(p, mpmath.mpf(c.epsilon))
            assert found.truncation == pytest.approx(float(at_epsilon - exact), rel=1e-12)
            rounding = found.values["numerical"] - at_epsilon
            assert found.rounding == pytest.approx(float(rounding), rel=1e-9, abs=1e-25)


# One change each: a formula of gradients/backprop.py, and what stands there instead.
CHANGES = [
    ("deltas = [a[-1] - Y]", "deltas = [a[-1] + Y]"),
    ("deltas = [a[-1] - Y]", "deltas = [Y - a[-1]]"),
    ("deltas = [a[-1] - Y]", "deltas = [2.0 * (a[-1] - Y)]"),
    ("deltas = [a[-1] - Y]", "deltas = [(a[-1] - Y) * a[-1] * (1.0 - a[-1])]"),
    ("deltas = [a[-1] - Y]", "deltas = [(a[-1] - Y) * 1.000000000001]"),
    ("* a[l] * (1.0 - a[l])", "* a[l] * (1.0 + a[l])"),
    ("* a[l] * (1.0 - a[l])", "* a[l] * (a[l] - 1.0)"),
    ("* a[l] * (1.0 - a[l])", "* a[l]"),
    ("* a[l] * (1.0 - a[l])", "* (1.0 - a[l])"),
    ("* a[l] * (1.0 - a[l])", "* a[l] * (1.0 - a[l] * a[l])"),
    ("* a[l] * (1.0 - a[l])", "* a[l] * (2.0 - a[l])"),
    ("* a[l] * (1.0 - a[l])", "* a[l] * (1.0 - 1.000000000001 * a[l])"),
    ("(deltas[0] @ Thetas[l][:, 1:])", "(deltas[0] @ -Thetas[l][:, 1:])"),
    ("(deltas[0] @ Thetas[l][:, 1:])", "(deltas[0] @ Thetas[l][:, :-1])"),
    ("(deltas[0] @ Thetas[l][:, 1:])", "(1.000000000001 * deltas[0] @ Thetas[l][:, 1:])"),
    ("-2) @ a_l", "-2) @ -a_l"),
    ("-2) @ a_l", "-2) @ (2.0 * a_l)"),
    ("-2) @ a_l", "-2) @ (1.0 - a_l)"),
    ("-2) @ a_l", "-2) @ (1.000000000001 * a_l)"),
    ("bias = np.ones", "bias = -np.ones"),
    ("np.ones(len(rows)) @ rows", "np.ones(len(rows) - 1) @ rows[1:]"),
    ("bias = np.ones", "bias = 1.000000000001 * np.ones"),
    ("D_l = Delta / m", "D_l = -Delta / m"),
    ("D_l = Delta / m", "D_l = Delta / (m + 1)"),
    ("D_l = Delta / m", "D_l = Delta / m * 1.000000000001"),
    ("D_l[:, 1:] += lambda_ / m * Theta[:, 1:]", "D_l[:, 1:] -= lambda_ / m * Theta[:, 1:]"),
    ("D_l[:, 1:] += lambda_ / m * Theta[:, 1:]", "D_l += lambda_ / m * Theta"),
    ("D_l[:, 1:] += lambda_ / m * Theta[:, 1:]", "D_l[:, 2:] += lambda_ / m * Theta[:, 2:]"),
    ("D_l[:, 1:] += lambda_ / m * Theta[:, 1:]", "D_l[:, 1:] += lambda_ * Theta[:, 1:]"),
    ("+ Theta[:, 0]", "- Theta[:, 0]"),
    ("+ Theta[:, 0]", "+ 1.000000000001 * Theta[:, 0]"),
    ("-Y * log_h - (1.0", "-Y * log_h + (1.0"),
    ("lambda_ / (2.0 * m) * sum", "lambda_ / m * sum"),
    ("xp.exp(-z)", "xp.exp(z)"),
]


@pytest.mark.parametrize(("formula", "wrong"), CHANGES)
def test_each_formula_with_one_change_is_disproved_and_blamed(monkeypatch, formula, wrong):
    text = Path(backprop.__file__).read_text(encoding="utf-8")
    assert text.count(formula) == 1
    changed = types.ModuleType("changed")
    changed.__package__ = "micrograd_bp.gradients"
    exec(compile(text.replace(formula, wrong), "changed.py", "exec"), changed.__dict__)
    monkeypatch.setattr(
        micrograd_bp.comparison.compare, "backprop_gradient", changed.backprop_gradient
    )
    for name in ("sums", "mean"):
        monkeypatch.setattr(micrograd_bp.comparison.derivations, name, getattr(changed, name))
    for case in small_networks(2):
        c = compare_gradients(*case)
        assert c.outcome == "wrong"
        assert c.proof.contradictions
        assert "DISPROVED" in c.verdict
        if any(name != "J" for name in c.proof.contradictions):
            assert c.proof.blamed == "backprop"


RULES = [
    ("sigmoid", "partials", lambda out, x: (-0.25 * apply(OPS["sech²"], 0.5 * x),)),
    ("sigmoid", "partials", lambda out, x: (0.25 * (1 + TINY) * apply(OPS["sech²"], 0.5 * x),)),
    ("log_sigmoid", "partials", lambda out, x: (apply(OPS["sigmoid"], x),)),
    ("*", "partials", lambda out, x, y: (x, y)),
    ("*", "partials", lambda out, x, y: (y * (1 + TINY), x)),
    ("Σ", "partials", lambda out, *xs: (-1.0,) * len(xs)),
    ("neg", "partials", lambda out, x: (1.0,)),
    ("+", "partials", lambda out, x, y: (1.0, -1.0)),
    ("**2", "partials", lambda out, x: (2.0 * x * (1 + TINY),)),
    ("*", "forward", lambda m, x, y: x * y * (1 + TINY)),
    ("log_sigmoid", "forward", lambda m, x: m.minimum(x, 0.0) - 2.0 * m.log1p(m.exp(-abs(x)))),
]


def forget_recordings():
    recorded_cost.cache_clear()
    recorded_penalty.cache_clear()


@pytest.mark.parametrize(("symbol", "part", "wrong"), RULES)
def test_each_rule_of_the_graph_with_one_change_is_disproved(symbol, part, wrong):
    op = ops.by_symbol(symbol)
    right = getattr(op, part)
    forget_recordings()
    object.__setattr__(op, part, wrong)
    try:
        for case in small_networks(2):
            c = compare_gradients(*case)
            assert c.outcome == "wrong"
            assert c.proof.contradictions
            if symbol != "log_sigmoid" or part == "partials":
                assert c.proof.blamed == "autodiff"
    finally:
        object.__setattr__(op, part, right)
        forget_recordings()


def test_formulas_that_agree_on_what_is_not_the_slope_of_the_cost_are_denied():
    """The third witness: 2 ∂J/∂θ from both would overlap, and the cost alone says no."""
    case = random_case(3, depth=2)
    X, Y = case.net.data(case.X, case.y)
    asked = np.arange(case.net.theta.size)
    with precision(128):
        graph, _ = in_balls(case.net, X, Y, 1.0)
        wrong = graph.gradient.copy()
        wrong[4] *= 1 + TINY
    witness = Witness(case.net, X, Y, 1.0, 1e-4, asked)
    assert witness.denied(graph.gradient) == set()
    assert witness.denied(wrong) == {4}


@pytest.mark.parametrize(("bits", "denied"), [(-51, True), (-55, False)])
def test_the_cost_denies_what_is_off_by_more_than_the_last_digit_of_a_float(bits, denied):
    case = random_case(3, depth=2)
    X, Y = case.net.data(case.X, case.y)
    with precision(128) as arb:
        graph, _ = in_balls(case.net, X, Y, 1.0)
        graph.gradient[4] *= 1 + arb(2) ** bits
    witness = Witness(case.net, X, Y, 1.0, 1e-4, np.arange(case.net.theta.size))
    assert witness.denied(graph.gradient) == ({4} if denied else set())


@pytest.mark.parametrize(("bits", "ulps"), [(-1073, 4.0), (-1075, 1.0), (-1077, 0.25)])
def test_below_the_smallest_normal_float_distances_are_in_units_of_its_last_place(bits, ulps):
    with precision(128) as arb:
        assert _excess(arb(0), arb(2) ** bits) == pytest.approx(ulps)
        assert _excess(arb(2) ** bits, arb(0)) == pytest.approx(ulps)
        (agreed,) = digits_of([arb(0)], [arb(2) ** bits], 128)
    assert agreed == math.floor(-math.log10(2.0 ** (bits + 1022)))


@pytest.mark.parametrize(
    ("graph", "matrices", "blamed"),
    [
        (1e-3, 1e-7, "autodiff"),
        (1e-7, 1e-3, "backprop"),
        (1e-3, 1e-5, None),
        (1e-5, 1e-3, None),
        (1e-20, 1e-20, None),
    ],
)
def test_to_be_blamed_a_formula_lies_a_thousand_times_farther_from_the_cost(
    graph, matrices, blamed
):
    disputed = np.array([False, True])
    assert _blamed([np.array([1.0, graph]), np.array([2.0, matrices])], disputed) == blamed


def scaled(seed, inputs, weights):
    """A right network whose weighted inputs reach far beyond where a series at ε converges."""
    case = random_case(seed, depth=1 + seed % 4)
    case.net.theta = case.net.theta * weights
    X = case.X * inputs
    X[:, 0] = [0.0, 5e-324, X[0, 0] * 1e-300][seed % 3]  # zero and subnormal features
    return case.net, X, case.y, [0.0, 1e-3, 1e3][seed % 3]


@pytest.mark.parametrize("prove", ["auto", "off"])
@pytest.mark.parametrize(("inputs", "weights"), [(1e-3, 1e3), (1e3, 1.0), (1e6, 1e-3), (1e6, 1e3)])
def test_no_scale_of_data_raises_a_false_alarm(recwarn, inputs, weights, prove):
    for seed, epsilon in enumerate([1e-6, 1e-4, 1e-2, 0.3] * 2):
        c = compare_gradients(*scaled(seed, inputs, weights), epsilon, prove=prove)
        assert c.outcome != "wrong", c.verdict
        assert (prove == "off") or c.passed, c.verdict
        assert str(c)
    assert not recwarn.list


def test_raw_tables_pass_as_they_are(recwarn):
    datasets = pytest.importorskip("sklearn.datasets")
    for load, outputs in ((datasets.load_wine, 3), (datasets.load_breast_cancer, 1)):
        X, y = load(return_X_y=True)
        for seed in (1, 2):
            net = SigmoidNetwork([X.shape[1], 5, outputs], seed=seed)
            assert compare_gradients(net, X, y, 1.0, prove=3).verdict.startswith("PROVED")
            assert compare_gradients(net, X, y, 1.0, prove="off").passed
    assert not recwarn.list


def plant(monkeypatch, change):
    """Let ``backprop_gradient`` return floats that its own formulas do not give."""

    def wrong(net, *args):
        g = backprop_gradient(net, *args)
        vector = g.vector.copy()
        change(vector)
        return Gradient(g.method, g.cost, reshape(vector, net.shapes), g.deltas, g.seconds)

    monkeypatch.setattr(micrograd_bp.comparison.compare, "backprop_gradient", wrong)


def test_floats_that_are_not_what_the_formulas_give_do_not_fit_their_balls(monkeypatch):
    def change(vector):
        vector[5] *= 1 + 1e-11

    plant(monkeypatch, change)
    case = random_case(3, depth=2)
    c = compare_gradients(case.net, case.X, case.y, 1.0)
    assert c.outcome == "wrong"
    assert c.proof.misfits == (f"backprop: {case.net.parameter_name(5)}",)
    assert c.proof.contradictions == ()  # the formulas themselves are right


def test_a_wrong_gradient_at_a_feature_that_is_always_zero_can_be_shown(monkeypatch):
    def change(vector):
        vector[2] = 1e-3  # θ₁₁⁽¹⁾ of two units, whose feature is 0

    plant(monkeypatch, change)
    net = SigmoidNetwork([2, 2, 1], seed=0)
    X = np.array([[0.0, 1.0], [0.0, -2.0]])
    for prove in ("auto", "off"):
        c = compare_gradients(net, X, [1, 0], prove=prove)
        assert c.outcome == "wrong"
        assert c.worst.name == "θ₁₁⁽¹⁾"
        assert "θ₁₁⁽¹⁾" in str(c)
        assert json.dumps(c.to_dict(), allow_nan=False)


@pytest.mark.parametrize("prove", ["auto", "off"])
def test_a_cost_off_by_a_factor_fails_though_the_gradient_is_right(monkeypatch, prove):
    def wrong(net, *args):
        g = backprop_gradient(net, *args)
        return Gradient(g.method, 1000.0 * g.cost, g.D, g.deltas, g.seconds)

    monkeypatch.setattr(micrograd_bp.comparison.compare, "backprop_gradient", wrong)
    case = random_case(3, depth=2)
    c = compare_gradients(case.net, case.X, case.y, 1.0, prove=prove)
    assert c.verdict.startswith("FAILED: backprop contradicts the other two methods on the cost J")


def test_as_many_examples_are_proved_as_are_asked_for_and_floats_cover_all():
    data = iris()
    net = SigmoidNetwork([4, 5, 3], seed=0)
    c = compare_gradients(net, data.X, data.y, 1.0, prove=7)
    assert c.passed
    assert c.proof.examples == 7
    assert "on 7 of 150 examples" in c.verdict
    assert c.gradients[1].cost == pytest.approx(net.cost(data.X, data.y, 1.0))
    assert compare_gradients(net, data.X[:9], data.y[:9], prove=100).proof.examples == 9
    assert affordable_examples(net, 150) == 150
    assert 0 < affordable_examples(SigmoidNetwork([64, 25, 10], seed=0), 1797) < 1797
    assert affordable_examples(SigmoidNetwork([400, 25, 10], seed=0), 5000) > 1
    assert affordable_examples(SigmoidNetwork([2000, 900, 10], seed=0), 5) == 0


def test_of_iris_the_cost_is_asked_about_every_parameter_and_of_large_sets_about_few():
    assert affordable_moves(SigmoidNetwork([4, 5, 3], seed=0), 150) >= 43
    assert 1 <= affordable_moves(SigmoidNetwork([64, 25, 10], seed=0), 1797) < 10


@pytest.mark.parametrize("prove", ["some", True, 0, -3, 2.5, None])
def test_prove_is_checked(prove):
    with pytest.raises(ValueError, match="prove: got"):
        compare_gradients(SigmoidNetwork([2, 1], seed=0), [[1.0, 2.0]], [1], prove=prove)


def test_without_python_flint_floats_decide_and_the_verdict_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "flint", None)
    data = iris()
    c = compare_gradients(SigmoidNetwork([4, 5, 3], seed=0), data.X, data.y, 1.0)
    assert c.passed
    assert c.proof is None
    assert c.to_dict()["proof"] is None
    assert c.verdict == (
        "PASSED: the three methods agree on 43 of 43 parameters; "
        "not proved: python-flint is not installed"
    )


def test_where_the_series_diverges_floats_are_undecided_and_a_smaller_step_is_named():
    """z = 3 + 10⁵ θ moves by 10 at ε = 1e-4: D(ε) is far from g, and no contradiction."""
    net = SigmoidNetwork(thetas=[[[3.0, 0.0]]])
    c = compare_gradients(net, [[1e5]], [1], prove="off")
    assert c.outcome != "wrong"
    assert c.undecided[0].name == "θ₁₁⁽¹⁾"
    assert c.advice is not None
    assert f"ε = {c.advice:g} would do" in c.verdict
    again = compare_gradients(net, [[1e5]], [1], epsilon=c.advice, prove="off")
    assert again.passed
    assert "θ₁₁⁽¹⁾" not in {p.name for p in again.undecided}
    proved = compare_gradients(net, [[1e5]], [1])  # the proof needs no smaller step
    assert proved.passed
    assert proved.undecided == ()


def test_a_step_that_is_lost_in_theta_estimates_nothing_and_does_not_pass():
    case = random_case(4, 2)
    for prove in ("auto", "off"):
        c = compare_gradients(case.net, case.X, case.y, 1.0, 1e-300, prove=prove)
        assert c.outcome == "undecided"
        assert len(c.undecided) == case.net.theta.size
        assert "ε = 0.0001 would do" in c.verdict


def test_to_dict_holds_the_proof():
    case = random_case(5, 2)
    report = json.loads(json.dumps(compare_gradients(case.net, case.X, case.y).to_dict()))
    proof = report["proof"]
    assert proof["bits"] >= 106
    assert proof["examples"] == len(case.X)
    assert proof["digits"] >= 28
    assert proof["contradictions"] == []
    assert set(proof["ulps"]) == {"autodiff", "backprop", "numerical"}
    assert all(largest >= median for largest, median in proof["ulps"].values())


@pytest.mark.parametrize("y", [0.0, 0.25, 0.7, 1.0])
@pytest.mark.parametrize("z", [-30.0, -1.5, 2.0])
def test_the_witness_loses_what_the_cost_loses_for_any_target(y, z):
    from flint import arb

    with mpmath.workdps(40):
        h = 1 / (1 + mpmath.exp(-mpmath.mpf(z)))
        expected = -y * mpmath.log(h) - (1 - mpmath.mpf(y)) * mpmath.log(1 - h)
        with precision(128):
            found = mpmath.mpf(_loss(arb(z), y).mid().str(35, radius=False))
        assert abs(found - expected) <= 1e-20 * abs(expected)


def test_the_eight_most_suspicious_are_asked_again_with_smaller_steps():
    """Of nine wrong slopes the one that is least wrong is not looked at again."""
    net = SigmoidNetwork([8, 1], seed=0)
    X, Y = net.data(np.ones((1, 8)), [1])
    with precision(128) as arb:
        graph, _ = in_balls(net, X, Y, 0.0)
        for p in range(9):
            graph.gradient[p] *= 1 + arb(10 if p == 5 else 1000 + p) * arb(2) ** -53
    assert Witness(net, X, Y, 0.0, 1e-4, np.arange(9)).denied(graph.gradient) == {*range(9)} - {5}


def test_fewer_moves_are_affordable_where_a_change_goes_through_larger_products():
    """One weight moved in [n, 2, k, k, 1]: k² more products, all other numbers alike."""
    few, many = (
        affordable_moves(SigmoidNetwork([5, 2, *hidden, 1], seed=0), 1)
        for hidden in ([2, 38], [20, 20])
    )
    assert 1 < many < few
