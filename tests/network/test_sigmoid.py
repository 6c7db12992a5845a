"""Sizes, weights, unrolling, forward pass, cost and labels of a network."""

import math
import tracemalloc

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_bp import SigmoidNetwork, example_graph, reshape, unroll
from micrograd_bp.network.sigmoid import sigmoid

shapes = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=4)


def test_unroll_goes_down_the_columns_as_octave_does():
    theta1 = [[1, 3, 5], [2, 4, 6]]  # Octave: theta1 = reshape(1:6, 2, 3)
    theta2 = [[7], [8]]
    assert unroll([theta1, theta2]).tolist() == [1, 2, 3, 4, 5, 6, 7, 8]


def test_the_sources_example_packs_118_numbers_and_takes_them_apart_again():
    theta1 = np.arange(110.0).reshape(10, 11)
    theta2 = np.arange(8.0).reshape(8, 1) + 500
    vector = unroll([theta1, theta2])
    assert vector.shape == (118,)
    assert vector[:10].tolist() == theta1[:, 0].tolist()
    back = reshape(vector, [(10, 11), (8, 1)])
    np.testing.assert_array_equal(back[0], theta1)
    np.testing.assert_array_equal(back[1], theta2)


@given(shapes, st.integers(0, 2**32 - 1))
def test_reshape_undoes_unroll(shapes, seed):
    rng = np.random.default_rng(seed)
    matrices = [rng.normal(size=shape) for shape in shapes]
    for before, after in zip(matrices, reshape(unroll(matrices), shapes), strict=True):
        np.testing.assert_array_equal(before, after)


def test_weights_are_drawn_within_glorots_epsilon_and_fill_the_interval():
    net = SigmoidNetwork([30, 20, 10], seed=1)
    for theta, (l_in, l_out) in zip(net.thetas, [(30, 20), (20, 10)], strict=True):
        epsilon = math.sqrt(6) / math.sqrt(l_in + l_out)
        assert theta.shape == (l_out, l_in + 1)
        assert np.abs(theta).max() <= epsilon
        assert theta.max() > 0.9 * epsilon
        assert theta.min() < -0.9 * epsilon


def test_initialization_by_epsilon_zeros_and_seed():
    assert np.abs(SigmoidNetwork([9, 9], init=0.12, seed=3).theta).max() <= 0.12
    assert not SigmoidNetwork([3, 2, 1], init="zeros").theta.any()
    same = [SigmoidNetwork([3, 2], seed=seed).theta for seed in (4, 4, np.random.default_rng(4))]
    np.testing.assert_array_equal(same[0], same[1])
    np.testing.assert_array_equal(same[0], same[2])
    assert (SigmoidNetwork([3, 2], seed=5).theta != same[0]).all()


def test_theta_is_read_and_set_in_column_order():
    net = SigmoidNetwork([2, 2, 1], seed=0)
    net.theta = np.arange(9.0)
    assert net.thetas[0].tolist() == [[0, 2, 4], [1, 3, 5]]
    assert net.thetas[1].tolist() == [[6, 7, 8]]
    assert net.theta.tolist() == list(range(9))
    assert [net.parameter_name(p) for p in (0, 1, 5, 6, 8)] == [
        "θ₁₀⁽¹⁾", "θ₂₀⁽¹⁾", "θ₂₂⁽¹⁾", "θ₁₀⁽²⁾", "θ₁₂⁽²⁾",
    ]  # fmt: skip


def test_the_networks_weights_are_its_own_copy():
    weights = np.ones((1, 3))
    net = SigmoidNetwork(thetas=[weights])
    weights[:] = 7
    net.theta[:] = 7
    assert net.thetas[0].tolist() == [[1, 1, 1]]
    assert net.sizes == [2, 1]


def test_cost_is_the_published_one(course):
    net = SigmoidNetwork(course["sizes"], seed=0)
    net.theta = course["theta"]
    labels = np.array(course["labels"]) - 1
    cost = net.cost(course["X"], labels, course["lambda_"])
    assert cost == pytest.approx(course["cost"], abs=5e-4)


def test_cost_is_mpmaths_at_50_digits_also_where_units_saturate():
    with mpmath.workdps(400):
        for scale in (1.0, 30.0, 300.0):
            net = SigmoidNetwork(thetas=[scale * np.array([[0.1, 1.0, -0.7], [-0.3, 0.4, 0.9]])])
            X, Y = np.array([[0.5, -1.0], [2.0, 1.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
            exact = mpmath.mpf(0)
            for x, y in zip(X, Y, strict=True):
                for row, target in zip(net.thetas[0], y, strict=True):
                    z = mpmath.fdot(map(mpmath.mpf, row), map(mpmath.mpf, [1.0, *x]))
                    h = 1 / (1 + mpmath.exp(-z))
                    exact -= target * mpmath.log(h) + (1 - target) * mpmath.log(1 - h)
            exact = exact / 2 + mpmath.mpf(3) / 4 * mpmath.fsum(
                mpmath.mpf(w) ** 2 for w in net.thetas[0][:, 1:].ravel()
            )
            assert net.cost(X, Y, 3.0) == pytest.approx(float(exact), rel=1e-13)


def test_labels_as_indices_one_hot_and_0_1_are_the_same():
    net = SigmoidNetwork([2, 3], seed=0)
    X = [[1.0, 2.0], [0.5, -1.0]]
    assert net.cost(X, [2, 0]) == net.cost(X, [[0, 0, 1], [1, 0, 0]])
    single = SigmoidNetwork([2, 1], seed=0)
    assert single.cost(X, [1, 0]) == single.cost(X, [[1], [0]])


def test_forward_keeps_every_layer_and_predict_takes_the_largest_output():
    net = SigmoidNetwork(thetas=[[[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], [[1.0, -2.0, 0.5]] * 2])
    X = np.array([[0.3, -0.2], [5.0, 1.0]])
    z, a = net.forward(X)
    assert z[0] is None
    np.testing.assert_allclose(z[1], X)
    np.testing.assert_allclose(a[1], 1 / (1 + np.exp(-X)))
    np.testing.assert_allclose(z[2][:, 0], 1 - 2 * a[1][:, 0] + 0.5 * a[1][:, 1])
    assert a[2].shape == (2, 2)
    three = SigmoidNetwork(thetas=[[[0.0, 1.0], [0.5, 0.0], [0.0, -1.0]]])
    assert three.predict([[2.0], [0.0], [-2.0]]).tolist() == [0, 1, 2]
    assert SigmoidNetwork(thetas=[[[0.0, 1.0]]]).predict([[-1.0], [0.0]]).tolist() == [0, 1]


@given(st.floats(-700, 700))
def test_sigmoid_is_the_one_of_mpmath(z):
    exact = 1 / (1 + mpmath.exp(-mpmath.mpf(z)))
    assert float(sigmoid(z)) == pytest.approx(float(exact), rel=1e-15)


net = SigmoidNetwork([2, 3], seed=0)
X = [[1.0, 2.0]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: SigmoidNetwork(), TypeError, "sizes: got None"),
        (lambda: SigmoidNetwork([3]), ValueError, r"sizes: got \[3\], expected at least two"),
        (lambda: SigmoidNetwork([3, 0]), ValueError, r"sizes: got \[3, 0\]"),
        (lambda: SigmoidNetwork([3, 1.5]), TypeError, "sizes: got 1.5, expected whole numbers"),
        (lambda: SigmoidNetwork([3, 1], init="he"), ValueError, "init: got 'he', expected"),
        (lambda: SigmoidNetwork([3, 1], init=-1.0), ValueError, "init: got -1.0"),
        (lambda: SigmoidNetwork([3, 1], seed=-1), ValueError, "seed: got -1, expected an integer"),
        (lambda: SigmoidNetwork([3, 1], seed="a"), TypeError, "seed: got 'a', expected an integer"),
        (lambda: SigmoidNetwork(thetas=[]), ValueError, "thetas: got no matrix"),
        (lambda: SigmoidNetwork(thetas=[[1.0, 2.0]]), ValueError, r"thetas\[0\]: got shape \(2,\)"),
        (
            lambda: SigmoidNetwork(thetas=[np.ones((2, 3)), np.ones((1, 4))]),
            ValueError,
            r"thetas\[1\]: got shape \(1, 4\), expected \(units, 3\)",
        ),
        (
            lambda: SigmoidNetwork([2, 2], thetas=[np.ones((1, 3))]),
            ValueError,
            r"sizes: got \[2, 2\], but thetas are for \[2, 1\]",
        ),
        (lambda: setattr(net, "theta", [1.0]), ValueError, r"vector: got shape \(1,\), expected"),
        (lambda: setattr(net, "theta", [math.nan] * 9), ValueError, "theta: got nan at"),
        (lambda: net.forward([[1.0, 2.0, 3.0]]), ValueError, r"X: got shape \(1, 3\), expected"),
        (lambda: net.forward([1.0, 2.0]), ValueError, r"X: got shape \(2,\), expected \(m, 2\)"),
        (lambda: net.forward(np.empty((0, 2))), ValueError, r"X: got shape \(0, 2\)"),
        (lambda: net.forward([[1.0, math.inf]]), ValueError, r"X: got inf at \[0, 1\]"),
        (lambda: net.forward([["a", "b"]]), TypeError, "X: got list that is no array of real"),
        (lambda: net.forward([[1j, 2]]), TypeError, "X: got list that is no array of real"),
        (lambda: net.cost(X, [3]), ValueError, "Y: got label 3, expected class indices 0 to 2"),
        (lambda: net.cost(X, [-1]), ValueError, "Y: got label -1"),
        (lambda: net.cost(X, [0.5]), ValueError, "Y: got label 0.5"),
        (lambda: net.cost(X, [0, 1]), ValueError, "Y: got 2 labels, expected 1, one for each"),
        (lambda: net.cost(X, [[1, 0]]), ValueError, r"Y: got shape \(1, 2\), expected \(m, 3\)"),
        (lambda: net.cost(X, [[2, 0, 0]]), ValueError, "Y: got 2, expected values from 0 to 1"),
        (lambda: net.cost(X, []), ValueError, r"Y: got shape \(0,\)"),
        (lambda: net.cost(X, [0], -1.0), ValueError, "lambda_: got -1.0"),
        (lambda: net.cost(X, [0], math.nan), ValueError, "lambda_: got nan"),
        (lambda: net.cost(X, [0], "1"), TypeError, "lambda_: got str"),
        (lambda: net.parameter_name(9), ValueError, "index: got 9, expected 0 to 8"),
        (lambda: reshape([1, 2], [(2, 2)]), ValueError, r"vector: got shape \(2,\), expected \(4,"),
    ],
)
def test_bad_input_gets_one_clear_line(call, error, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_network_that_does_not_fit_is_refused_before_memory_is_taken():
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"sizes: \[4, 2000000000000, 3\] needs .* GB of memory"):
        SigmoidNetwork([4, 2 * 10**12, 3])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1e6


def test_examples_and_graphs_that_do_not_fit_are_refused(monkeypatch):
    monkeypatch.setattr("micrograd_bp.support.memory.available_bytes", lambda: 1e9)
    net = SigmoidNetwork([2, 400_000, 2], init="zeros")
    with pytest.raises(ValueError, match=r"X: 1000 examples through .* needs"):
        net.forward(np.zeros((1000, 2)))
    with pytest.raises(ValueError, match=r"the scalar graph of .* needs"):
        example_graph(net, [0.0, 0.0], 1)
    assert net.forward(np.zeros((1, 2))).a[-1].tolist() == [[0.5, 0.5]]
