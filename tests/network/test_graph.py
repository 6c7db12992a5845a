"""The cost built node by node: every node there, named, and with the right gradient."""

import contextlib
import gc

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork, backprop_gradient, example_graph
from micrograd_bp.network.graph import penalty_graph, theta_values

from ..conftest import random_case


def test_every_node_of_a_2_2_1_network_is_there_and_named():
    net = SigmoidNetwork([2, 2, 1], seed=0)
    e = example_graph(net, [0.5, -1.0], 1)
    assert [v.label for v in e.x] == ["x₁", "x₂"]
    assert [v.label for v in e.bias] == ["x₀", "a₀⁽²⁾"]
    assert [v.data for v in e.bias] == [1.0, 1.0]
    assert e.thetas[0][1][2].label == "θ₂₂⁽¹⁾"
    assert e.z[0] is None
    assert [v.label for v in e.z[1]] == ["z₁⁽²⁾", "z₂⁽²⁾"]
    assert [v.label for v in e.a[2]] == ["a₁⁽³⁾"]
    assert [v.label for v in e.z[1][0].inputs] == ["θ₁₀⁽¹⁾x₀", "θ₁₁⁽¹⁾x₁", "θ₁₂⁽¹⁾x₂"]
    assert e.cost.label == "J"
    nodes = e.cost.topological_order()
    unnamed = [node for node in nodes if not node.label]
    assert [node.data for node in unnamed if not node.inputs] == [1.0, 1.0]  # the 1 of 1 − h, 1 − y
    assert [node.op.symbol for node in unnamed if node.inputs] == ["+"]
    assert sum(node.op is not None and node.op.symbol == "Σ" for node in nodes) == 4  # z and J


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("textbook", [True, False, None])
def test_z_grad_is_delta_and_theta_grad_is_D(seed, textbook):
    case = random_case(seed)
    exact = backprop_gradient(case.net, case.X[:1], case.y[:1])
    e = example_graph(case.net, case.X[0], case.y[0], textbook=textbook)
    e.cost.backward()
    assert e.cost.data == pytest.approx(exact.cost, rel=1e-12)
    for units, delta in zip(e.z[1:], exact.deltas[1:], strict=True):
        np.testing.assert_allclose([u.grad for u in units], delta[0], rtol=1e-10, atol=1e-15)
    for matrix, D in zip(e.thetas, exact.D, strict=True):
        grads = [[theta.grad for theta in row] for row in matrix]
        np.testing.assert_allclose(grads, D, rtol=1e-10, atol=1e-15)


def test_several_examples_share_the_theta_nodes():
    case = random_case(3)
    thetas = theta_values(case.net)
    for x, y in zip(case.X, case.y, strict=True):
        e = example_graph(case.net, x, y, thetas=thetas)
        assert e.thetas is thetas
        e.cost.backward()  # leaves accumulate over the examples
    exact = backprop_gradient(case.net, case.X, case.y)
    for matrix, D in zip(thetas, exact.D, strict=True):
        total = np.array([[theta.grad for theta in row] for row in matrix])
        np.testing.assert_allclose(total / len(case.X), D, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("z", [-700.0, 36.5, 40.0, 700.0])
@pytest.mark.parametrize("y", [0, 1])
def test_a_saturated_output_switches_to_the_log_sigmoid_form(z, y):
    e = example_graph(SigmoidNetwork(thetas=[[[z, 0.0]]]), [1.0], y)
    e.cost.backward()
    h = 1.0 / (1.0 + np.exp(-z))
    assert e.cost.data == pytest.approx(max(0.0, z if y == 0 else -z), abs=1e-15)
    assert e.z[1][0].grad == pytest.approx(h - y, abs=1e-15)


def test_one_hot_index_and_soft_labels():
    net = SigmoidNetwork([2, 3], seed=0)
    x = [1.0, -1.0]
    assert example_graph(net, x, 1).cost.data == example_graph(net, x, [0, 1, 0]).cost.data
    assert example_graph(net, x, [0.2, 0.5, 0.3]).cost.data == pytest.approx(
        net.cost([x], [[0.2, 0.5, 0.3]])
    )


def test_penalty_leaves_the_bias_column_out():
    thetas = theta_values(SigmoidNetwork(thetas=[[[9.0, 1.0, 2.0]], [[9.0, 3.0]]]))
    penalty = penalty_graph(thetas, 4.0, 10)
    penalty.backward()
    assert penalty.data == pytest.approx(4.0 / 20.0 * (1 + 4 + 9))
    assert [v.grad for v in thetas[0][0]] == pytest.approx([0.0, 0.4, 0.8])
    assert not thetas[1][0][0].has_grad


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([[1.0, 2.0]], 0, r"x: got shape \(1, 2\), expected \(2,\)"),
        ([1.0], 0, r"X: got shape \(1, 1\), expected \(m, 2\)"),
        ([1.0, 2.0], 3, "Y: got label 3"),
        ([1.0, 2.0], [[0, 1, 0]], r"y: got shape \(1, 3\)"),
        ([1.0, float("nan")], 0, "X: got nan"),
    ],
)
def test_bad_examples_get_one_clear_line(x, y, message):
    with pytest.raises(ValueError, match=message):
        example_graph(SigmoidNetwork([2, 3], seed=0), x, y)


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("x", [[0.5, -1.0], [0.5]])
def test_the_garbage_collector_is_left_as_the_user_set_it(enabled, x):
    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        with contextlib.suppress(ValueError):  # the second x does not fit
            example_graph(SigmoidNetwork([2, 3], seed=0), x, 0)
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()
