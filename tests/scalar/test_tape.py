"""A tape gives what the graph gives, node by node and example by example."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_bp import (
    SigmoidNetwork,
    Tape,
    Value,
    backprop_gradient,
    check_expression,
    compare_gradients,
    example_graph,
)
from micrograd_bp.checking import expression as check
from micrograd_bp.comparison.rounding import rounding_bounds
from micrograd_bp.gradients.autodiff import autodiff_gradient
from micrograd_bp.scalar.ops import Op

INPUTS, PARAMETERS = 3, 4
U = 2.0**-53

# With whole numbers for leaves these stay whole and far below 2⁵³: every order of summation
# gives the same bits.
EXACT = {
    "add": lambda v, i, j, k: v[i] + v[j],
    "subtract": lambda v, i, j, k: v[i] - v[j],
    "multiply": lambda v, i, j, k: v[i] * v[j],
    "square": lambda v, i, j, k: v[i] ** 2,
    "negative": lambda v, i, j, k: -v[i],
    "relu": lambda v, i, j, k: v[i].relu(),
    "absolute": lambda v, i, j, k: v[i].abs(),
    "constant": lambda v, i, j, k: v[i] * 2.0 + 1.0,
    "sum": lambda v, i, j, k: Value.sum([v[i], v[j], v[k], v[i]]),
    "chain": lambda v, i, j, k: sum([v[i], v[j], v[k], v[j]], Value(1.0)),
    "dot": lambda v, i, j, k: Value.sum([v[n] * v[i] for n in (j, k, 0, INPUTS)]),
}
# Of bounded slope, so that rounding is not blown up on the way.
SMOOTH = {
    "sin": lambda v, i, j, k: v[i].sin(),
    "cos": lambda v, i, j, k: v[i].cos(),
    "tanh": lambda v, i, j, k: v[i].tanh(),
    "sigmoid": lambda v, i, j, k: v[i].sigmoid(),
    "log_sigmoid": lambda v, i, j, k: v[i].tanh().log_sigmoid(),
    "exp": lambda v, i, j, k: v[i].tanh().exp(),
    "log": lambda v, i, j, k: (v[i].tanh() + 2.0).log(),
    "sqrt": lambda v, i, j, k: (v[i].tanh() + 2.0).sqrt(),
    "divide": lambda v, i, j, k: v[i].sin() / (v[j].cos() + 2.0),
    "power": lambda v, i, j, k: v[i].sin() ** 3,
    "reciprocal": lambda v, i, j, k: (v[i].sin() + 2.0) ** -1,
    "exponential": lambda v, i, j, k: 2.0 ** v[i].sin(),
    "difference": lambda v, i, j, k: v[i] - v[j].sin(),
    "product": lambda v, i, j, k: v[i].sin() * v[j].cos(),
    "dot": lambda v, i, j, k: Value.sum([v[n].sin() * v[i].cos() for n in (j, k, 0, INPUTS)]),
}


def layer(v, rows):
    """A dense layer: every Σ over the same units of the pool, with parameters as weights."""
    units, weights = v[:INPUTS] + v[-2:], v[INPUTS : INPUTS + PARAMETERS]
    for row in range(rows):
        products = [weights[(row + n) % PARAMETERS] * u for n, u in enumerate(units)]
        v.append(Value.sum([*products, weights[row % PARAMETERS]]))


@st.composite
def recipes(draw, operations, most):
    """How to build a graph from leaves: it can be built again with other numbers in them."""
    step = st.tuples(
        st.sampled_from(sorted(operations)),
        *[st.integers(0, 2 * most) for _ in range(3)],
    )
    steps = draw(st.lists(step, max_size=most))
    rows = draw(st.integers(0, 4))
    at = draw(st.integers(0, len(steps)))

    def build(inputs, parameters):
        xs, ps = [Value(x) for x in inputs], [Value(p) for p in parameters]
        pool = [*xs, *ps]
        for n, (name, *places) in enumerate(steps):
            if n == at:
                layer(pool, rows)
            # look back from the latest, so that graphs grow deep as well as wide
            i, j, k = (len(pool) - 1 - place % len(pool) for place in places)
            pool.append(operations[name](pool, i, j, k))
        return pool[-1], xs, ps, pool

    return build


def eager(build, X, theta):
    """Costs and the gradient of their sum by ``Value.backward``, and the largest rounding.

    That is 2 units of each node's last digit, carried to the output along every path by the
    absolute values of the local derivatives.
    """
    costs, gradient, size = [], np.zeros(len(theta)), 1.0
    for x in X:
        output, _, parameters, _ = build(x, theta)
        output.zero_grad()
        output.backward()
        costs.append(output.data)
        gradient += [float(p.grad) for p in parameters]
        order = output.topological_order()
        reach = dict.fromkeys(order, 0.0)
        reach[output] = 1.0
        for node in reversed(order):
            for child, slope in zip(node.inputs, node.local_derivatives(), strict=True):
                reach[child] += abs(slope) * reach[node]
        size += sum(reach[n] * max(1.0, abs(n.data)) for n in order)
    return np.array(costs), gradient, 2.0 * U * size**2


@settings(max_examples=250, deadline=None)
@given(
    recipes(EXACT, 12),
    st.lists(st.integers(-2, 2), min_size=3 * INPUTS, max_size=3 * INPUTS),
    st.lists(st.integers(-2, 2), min_size=PARAMETERS, max_size=PARAMETERS),
)
def test_tape_and_graph_agree_to_the_bit_where_arithmetic_is_exact(build, numbers, theta):
    X = np.reshape(numbers, (3, INPUTS)).astype(float)
    costs, gradient, _ = eager(build, X, theta)
    if max(np.abs(costs).max(), np.abs(gradient).max()) > 2.0**40:
        return  # sums on the way may have rounded
    output, xs, ps, _ = build([0.5] * INPUTS, [0.25] * PARAMETERS)
    tape = Tape(output, xs, ps)
    replayed = tape.gradient(X, theta)
    np.testing.assert_array_equal(replayed[0], costs)
    np.testing.assert_array_equal(replayed[1], gradient)
    np.testing.assert_array_equal(tape.cost(X, theta), costs)


@settings(max_examples=250, deadline=None)
@given(recipes(SMOOTH, 15), st.integers(0, 2**32))
def test_tape_and_graph_agree_to_rounding(build, seed):
    rng = np.random.default_rng(seed)
    X, theta = rng.uniform(-1, 1, (3, INPUTS)), rng.uniform(-1, 1, PARAMETERS)
    costs, gradient, rounding = eager(build, X, theta)
    output, xs, ps, _ = build(rng.uniform(-1, 1, INPUTS), rng.uniform(-1, 1, PARAMETERS))
    replayed = Tape(output, xs, ps).gradient(X, theta)
    np.testing.assert_allclose(replayed[0], costs, rtol=0, atol=rounding)
    np.testing.assert_allclose(replayed[1], gradient, rtol=0, atol=rounding)


@settings(max_examples=60, deadline=None)
@given(recipes(EXACT, 12), st.data())
def test_watched_nodes_give_their_value_and_gradient_for_each_example(build, data):
    X = np.array([[1.0, -2.0, 0.0], [2.0, 1.0, -1.0]])
    theta = [1.0, -1.0, 2.0, 0.0]
    output, xs, ps, pool = build([0.0] * INPUTS, [0.0] * PARAMETERS)
    order = output.topological_order()
    varying = set(xs)
    for node in order:
        if varying.intersection(node.inputs):
            varying.add(node)
    candidates = [n for n, node in enumerate(pool) if node in varying and node in order]
    if not candidates:
        return
    chosen = data.draw(st.lists(st.sampled_from(candidates), unique=True, max_size=4))
    replay = Tape(output, xs, ps, watch=[pool[n] for n in chosen]).replay(X, theta)
    for x, values, deltas in zip(X, replay.values, replay.deltas, strict=True):
        output, _, _, pool = build(x, theta)
        output.backward()
        assert values.tolist() == [pool[n].data for n in chosen]
        assert deltas.tolist() == [pool[n].grad for n in chosen]


def instructions(tape):
    return str(tape).splitlines()[2:]


@pytest.mark.parametrize("sizes", [[5, 1], [4, 7, 3], [6, 5, 4, 3, 2]])
def test_each_layer_becomes_one_matrix_product(sizes):
    net = SigmoidNetwork(sizes, seed=0)
    graph = example_graph(net, np.zeros(sizes[0]), np.zeros(sizes[-1]), textbook=False)
    parameters = [theta for matrix in graph.thetas for row in matrix for theta in row]
    lines = instructions(Tape(graph.cost, [*graph.x, *graph.y], parameters))
    products = [line for line in lines if "Θa" in line]
    for line, (before, after) in zip(products, pairwise(sizes), strict=True):
        assert f"({after}×{before})·({before}×B) + bias" in line
        assert line.endswith(f" {after * (before + 1):,}") or line.endswith(
            f" {after * before + after:,}"
        )
    assert ["Θᵀδ" in line for line in products] == [False] + [True] * (len(sizes) - 2)


def test_the_plan_shows_the_pieces_that_products_are_cut_into():
    """Products of at most 100³ numbers: 100 examples of the first layer, 400 · 25 · 100."""
    net = SigmoidNetwork([400, 25, 10], seed=0)
    graph = example_graph(net, np.zeros(400), np.zeros(10), textbook=False)
    parameters = [theta for matrix in graph.thetas for row in matrix for theta in row]
    first, last = (
        line
        for line in instructions(Tape(graph.cost, [*graph.x, *graph.y], parameters))
        if "Θa:" in line
    )
    assert "Θa, δaᵀ by 100 " in first
    assert " by " not in last


def test_micrograds_pairwise_sums_become_the_same_matrix_product():
    rng = np.random.default_rng(0)
    xs = [Value(v) for v in rng.normal(size=6)]
    rows = [[Value(w) for w in row] for row in rng.normal(size=(4, 7))]
    units = []
    for row in rows:
        z = sum((w * x for w, x in zip(row[1:], xs, strict=True)), row[0])
        units.append(z.relu())
    cost = sum(unit * unit for unit in units)
    tape = Tape(cost, xs, [w for row in rows for w in row])
    assert any("(4×6)·(6×B) + bias" in line for line in instructions(tape))
    X, theta = rng.normal(size=(9, 6)), rng.normal(size=(4, 7))
    costs, gradient = tape.gradient(X, theta.ravel())
    z = X @ theta[:, 1:].T + theta[:, 0]
    delta = 2.0 * np.maximum(z, 0.0)
    expected = delta.T @ np.hstack([np.ones((9, 1)), X])
    np.testing.assert_allclose(costs, (np.maximum(z, 0.0) ** 2).sum(axis=1), rtol=1e-13)
    np.testing.assert_allclose(gradient, expected.ravel(), rtol=1e-12, atol=1e-13)


def test_a_convolution_becomes_one_matrix_product_over_all_its_places():
    rng = np.random.default_rng(1)
    xs = [Value(0.0) for _ in range(8)]
    kernels = [[Value(0.0) for _ in range(3)] for _ in range(2)]
    maps = [[Value.sum([k[n] * xs[at + n] for n in range(3)]) for at in range(6)] for k in kernels]
    output = Value.sum([z**2 for z in (*maps[0], *maps[1])])
    tape = Tape(output, xs, [w for k in kernels for w in k])
    assert any("(2×3)·(3×6B)" in line for line in instructions(tape))
    X, theta = rng.normal(size=(5, 8)), rng.normal(size=(2, 3))
    costs, gradient = tape.gradient(X, theta.ravel())
    windows = np.lib.stride_tricks.sliding_window_view(X, 3, axis=1)  # (5, 6, 3)
    z = windows @ theta.T
    np.testing.assert_allclose(costs, (z**2).sum(axis=(1, 2)), rtol=1e-13)
    expected = 2.0 * np.einsum("bpk,bpn->kn", z, windows)
    np.testing.assert_allclose(gradient, expected.ravel(), rtol=1e-12)


def test_a_recurrence_keeps_its_steps_apart_though_they_share_weights():
    rng = np.random.default_rng(2)
    xs = [Value(0.0) for _ in range(3)]
    rows = [[Value(0.0) for _ in range(3)] for _ in range(3)]
    state = xs
    for _ in range(2):
        state = [Value.sum([w * s for w, s in zip(row, state, strict=True)]).tanh() for row in rows]
    tape = Tape(Value.sum(state), xs, [w for row in rows for w in row])
    assert sum("Θa" in line for line in instructions(tape)) == 2
    X, W = rng.normal(size=(4, 3)), rng.normal(size=(3, 3))
    h1 = np.tanh(X @ W.T)
    h2 = np.tanh(h1 @ W.T)
    costs, gradient = tape.gradient(X, W.ravel())
    d2 = 1.0 - h2**2
    d1 = (d2 @ W) * (1.0 - h1**2)
    np.testing.assert_allclose(costs, h2.sum(axis=1), rtol=1e-13)
    np.testing.assert_allclose(gradient, (d2.T @ h1 + d1.T @ X).ravel(), rtol=1e-12)


def test_replay_equals_the_matrix_formulas_over_many_chunks_and_tasks():
    net = SigmoidNetwork([30, 11, 4], seed=3)
    rng = np.random.default_rng(4)
    X, y = rng.normal(size=(5001, 30)), rng.integers(0, 4, 5001)
    replayed, formulas = autodiff_gradient(net, X, y, 0.5), backprop_gradient(net, X, y, 0.5)
    bounds = rounding_bounds(net, X, net.targets(y), 0.5)
    assert abs(replayed.cost - formulas.cost) <= 2.0 * bounds.cost
    for l in range(2):
        assert np.all(np.abs(replayed.D[l] - formulas.D[l]) <= 2.0 * bounds.D[l])
        delta, expected = replayed.deltas[l + 1], formulas.deltas[l + 1]
        np.testing.assert_allclose(delta, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("scale", [1.0, 30.0, 400.0])
def test_replay_and_full_graphs_of_a_few_examples_agree_to_rounding(scale):
    net = SigmoidNetwork([5, 6, 4, 3], seed=5)
    net.theta = scale * net.theta
    rng = np.random.default_rng(6)
    X, y = rng.normal(size=(50, 5)), rng.integers(0, 3, 50)
    some = [0, 24, 49]
    tape = autodiff_gradient(net, X[some], y[some], replay=True)
    graph = autodiff_gradient(net, X[some], y[some], replay=False)
    bounds = rounding_bounds(net, X[some], net.targets(y[some]), 0.0)
    assert tape.deltas[1].shape == (3, 6)
    for l in range(3):
        assert np.all(np.abs(tape.D[l] - graph.D[l]) <= 2.0 * bounds.D[l])


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_number_of_workers_does_not_change_a_bit(workers):
    net = SigmoidNetwork([20, 9, 3], seed=7)
    rng = np.random.default_rng(8)
    X, y = rng.normal(size=(9000, 20)), rng.integers(0, 3, 9000)
    alone = autodiff_gradient(net, X, y)
    with ThreadPoolExecutor(workers) as executor:
        spread = autodiff_gradient(net, X, y, executor=executor)
    assert spread.vector.tobytes() == alone.vector.tobytes()
    assert spread.cost == alone.cost
    assert spread.deltas[1].tobytes() == alone.deltas[1].tobytes()


def test_one_tape_serves_several_threads():
    x, w = Value(1.0), Value(1.0)
    tape = Tape((x * w).tanh() * w, [x], [w])
    X = np.linspace(-1, 1, 5000)[:, np.newaxis]
    alone = [tape.gradient(X, [theta])[1] for theta in range(8)]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda theta: tape.gradient(X, [theta])[1], range(8)))
    assert together == alone


@pytest.mark.parametrize("kind", ["input", "parameter", "constant", "of parameters"])
def test_outputs_that_are_leaves_or_depend_on_no_input(kind):
    x, unused, p, q = (Value(v) for v in (1.0, 2.0, 3.0, 5.0))
    output = {"input": x, "parameter": p, "constant": Value(7.0), "of parameters": p * p * q}[kind]
    costs, gradient = Tape(output, [unused, x], [q, p]).gradient([[0, 4], [0, 6]], [2, 10])
    assert costs.tolist() == {
        "input": [4, 6], "parameter": [10, 10], "constant": [7, 7], "of parameters": [200, 200]
    }[kind]  # fmt: skip
    assert gradient.tolist() == {
        "input": [0, 0], "parameter": [0, 2], "constant": [0, 0], "of parameters": [200, 80]
    }[kind]  # fmt: skip


def test_no_examples_no_inputs_no_parameters():
    x, p = Value(1.0), Value(2.0)
    costs, gradient = Tape(x * p, [x], [p]).gradient(np.empty((0, 1)), [3.0])
    assert costs.shape == (0,)
    assert gradient.tolist() == [0.0]
    costs, gradient = Tape(p * p, [], [p]).gradient(np.empty((2, 0)), [3.0])
    assert (costs.tolist(), gradient.tolist()) == ([9.0, 9.0], [12.0])
    costs, gradient = Tape(x * x, [x], []).gradient([[3.0]], [])
    assert (costs.tolist(), gradient.tolist()) == ([9.0], [])


def test_a_chain_of_twenty_thousand_nodes_is_recorded_without_recursion():
    x, p = Value(1.0), Value(1.0)
    node = x
    for _ in range(10_000):
        node = (node + p) * 1.0
    costs, gradient = Tape(node, [x], [p]).gradient([[1.0], [2.0]], [0.5])
    assert costs.tolist() == [5001.0, 5002.0]
    assert gradient.tolist() == [20_000.0]


def test_a_long_sum_is_one_instruction():
    x = Value(1.0)
    p = [Value(1.0) for _ in range(3000)]
    total = x
    for v in p:
        total = total + v
    tape = Tape(total, [x], p)
    assert len(instructions(tape)) <= 3
    assert tape.gradient([[2.0], [3.0]], np.ones(3000))[1].tolist() == [2.0] * 3000


def test_an_operation_of_ones_own_follows_its_own_rule():
    cube_of_sum = Op(
        "cube of sum",
        lambda m, a, b: (a + b) * (a + b) * (a + b),
        lambda out, a, b: (3.0 * (a + b) * (a + b), 3.0 * (a + b) * (a + b)),
    )
    x, p = Value(1.0), Value(2.0)
    tape = Tape(Value.apply(cube_of_sum, x, p), [x], [p])
    costs, gradient = tape.gradient([[1.0], [2.0]], [1.0])
    assert (costs.tolist(), gradient.tolist()) == ([8.0, 27.0], [12.0 + 27.0])


def test_the_graph_may_change_after_the_recording():
    x, p = Value(1.0), Value(2.0)
    c = Value(10.0)
    tape = Tape(x * p + c, [x], [p])
    c.data = x.data = p.data = 99.0
    assert tape.cost([[1.0]], [1.0]).tolist() == [11.0]


@pytest.mark.parametrize(
    ("node", "values", "message"),
    [
        (lambda x: x.log(), [2.0, -3.0], "log: no finite value at -3 (example 1)"),
        (lambda x: 1.0 / x, [2.0, 1.0, 0.0], "/: no finite value at 1, 0 (example 2)"),
        (lambda x: x.exp(), [1000.0], "exp: no finite value at 1000 (example 0)"),
        (lambda x: (x * x).sqrt(), [1.0, 0.0], "sqrt: no finite derivative at 0 (example 1)"),
        (lambda x: x**0.5, [-1.0], "**0.5: no finite value at -1 (example 0)"),
    ],
)
def test_a_value_outside_the_domain_is_named(node, values, message):
    x, p = Value(1.0), Value(1.0)
    tape = Tape(node(x * p), [x], [p])
    with pytest.raises(ValueError) as error:  # noqa: PT011
        tape.gradient(np.array(values)[:, np.newaxis], [1.0])
    assert str(error.value) == message


def test_overflow_is_named_and_so_is_an_example_far_behind():
    x, p = Value(1.0), Value(1.0)
    tape = Tape((x * p).log(), [x], [p])
    X = np.ones((50_000, 1))
    X[49_000] = -1.0
    with pytest.raises(ValueError, match=r"^log: no finite value at -1 \(example 49000\)$"):
        tape.gradient(X, [1.0])
    tape = Tape(Value.sum([x * x, p, x * p]), [x], [p])
    with pytest.raises(ValueError, match=r"^\*: no finite value at 1e\+200, 1e\+200"):
        tape.gradient([[1e200]], [1.0])


def test_a_parameter_outside_the_domain_is_named():
    x, p = Value(1.0), Value(1.0)
    with pytest.raises(ValueError, match=r"^log: no finite value at -1$"):
        Tape(x * p.log(), [x], [p]).gradient([[1.0]], [-1.0])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (lambda x, p, y: (1.0, [x], [p]), TypeError, "output: got float, expected Value"),
        (lambda x, p, y: (y, [1.0], [p]), TypeError, "inputs: got float, expected Value"),
        (lambda x, p, y: (y, [y], [p]), ValueError, r"inputs\[0\]: got Value.*expected a leaf"),
        (lambda x, p, y: (y, [x], [p, p]), ValueError, "parameters: got the same node twice"),
        (lambda x, p, y: (y, [x], [x]), ValueError, "parameters: .*which is also an input"),
        (lambda x, p, y: (y, [x], [p], [Value(1.0)]), ValueError, r"watch\[0\]: .*not in"),
        (lambda x, p, y: (y, [x], [p], [p]), ValueError, r"watch\[0\]: .*depends on an input"),
    ],
)
def test_what_cannot_be_recorded_is_named(arguments, error, message):
    x, p = Value(1.0, label="x"), Value(2.0)
    with pytest.raises(error, match=message):
        Tape(*arguments(x, p, x * p))


def test_wrong_shapes_and_numbers_are_named():
    x, p = Value(1.0), Value(2.0)
    tape = Tape(x * p, [x], [p])
    with pytest.raises(ValueError, match=r"inputs: got shape \(2, 2\), expected \(m, 1\)"):
        tape.gradient(np.zeros((2, 2)), [1.0])
    with pytest.raises(ValueError, match=r"parameters: got shape \(2,\), expected \(1,\)"):
        tape.gradient(np.zeros((2, 1)), [1.0, 2.0])
    with pytest.raises(ValueError, match=r"inputs: got nan at \[0, 0\]"):
        tape.gradient([[np.nan]], [1.0])


def test_expressions_of_many_leaves_are_checked_on_a_tape_with_the_same_result(monkeypatch):
    net = SigmoidNetwork([4, 3, 2], seed=9)
    graph = example_graph(net, [0.5, -1.0, 2.0, 0.1], 1)
    taped = check_expression(graph.cost)
    monkeypatch.setattr(check, "LEAVES_FOR_TAPE", 10**9)
    one_by_one = check_expression(graph.cost)
    assert taped.passed
    assert one_by_one.passed
    for a, b in zip(taped.parameters, one_by_one.parameters, strict=True):
        assert abs(a.numeric - b.numeric) <= a.error_bar + b.error_bar


def test_checks_beside_the_end_of_a_domain_fall_back_to_single_points():
    leaves = [Value(1e-9), *(Value(float(n)) for n in range(1, 20))]
    assert check_expression(Value.sum([leaf.log() for leaf in leaves])).passed


def test_a_replay_that_contradicts_its_graph_fails_the_comparison(monkeypatch):
    net = SigmoidNetwork([3, 2], seed=0)
    right = autodiff_gradient

    def wrong(*arguments, replay=None, **options):
        gradient = right(*arguments, replay=replay, **options)
        return replace(gradient, D=[1.001 * d for d in gradient.D]) if replay else gradient

    monkeypatch.setattr("micrograd_bp.comparison.compare.autodiff_gradient", wrong)
    c = compare_gradients(net, np.eye(3), [0, 1, 0])
    assert c.outcome == "wrong"
    assert not c.replay_confirmed


def test_inputs_may_stand_in_several_arrays_side_by_side():
    net = SigmoidNetwork([3, 4, 2], seed=0)
    graph = example_graph(net, np.zeros(3), np.zeros(2), textbook=False)
    parameters = [theta for matrix in graph.thetas for row in matrix for theta in row]
    tape = Tape(graph.cost, [*graph.x, *graph.y], parameters)
    rng = np.random.default_rng(0)
    X, Y, theta = rng.normal(size=(7, 3)), rng.uniform(size=(7, 2)), rng.normal(size=26)
    together = tape.gradient(np.hstack([X, Y]), theta)
    for parts in ([X, Y], (X[:, :1], X[:, 1:], Y), [np.asfortranarray(X), Y]):
        apart = tape.gradient(parts, theta)
        np.testing.assert_allclose(apart[0], together[0], rtol=1e-13)
        np.testing.assert_allclose(apart[1], together[1], rtol=1e-12, atol=1e-15)
    with pytest.raises(ValueError, match=r"inputs: got shape \(7, 3\) and \(6, 2\)"):
        tape.gradient([X, Y[1:]], theta)


@pytest.mark.parametrize("column", [0, 2, 4])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_an_input_that_is_no_finite_number_is_named_even_if_its_weight_is_zero(bad, column):
    xs, w = [Value(0.5) for _ in range(5)], [Value(0.0) for _ in range(16)]
    units = [Value.sum([w[4 * k + n] * xs[n] for n in range(4)]).sigmoid() for k in range(4)]
    tape = Tape(Value.sum(units), xs, w)  # the last input is used nowhere
    assert any("Θa" in line for line in instructions(tape))
    X = np.ones((3, 5))
    X[1, column] = bad
    with pytest.raises(ValueError, match=rf"^inputs: got {bad} at \[1, {column}\]"):
        tape.gradient(X, np.zeros(16))


def test_overflow_in_a_matrix_product_or_behind_it_is_never_silent():
    xs, w = [Value(0.5) for _ in range(3)], [Value(0.5) for _ in range(6)]
    z = [Value.sum([w[3 * k + n] * xs[n] for n in range(3)]) for k in range(2)]
    tape = Tape(Value.sum([v.sigmoid() for v in z]), xs, w)
    X = np.ones((2, 3))
    X[1] = 1e200
    with pytest.raises(ValueError, match=r"^Θa: .*: no finite value \(example 1\)$"):
        tape.gradient(X, np.full(6, 1e200))
    inner = [Value.sum([w[3 * k + n] * xs[n].tanh() for n in range(3)]) for k in range(2)]
    steep = Tape(Value.sum([v * Value(1e306) for v in inner]), xs, w)
    with pytest.raises(ValueError, match="no finite derivative"):  # 1000 · 10³⁰⁶
        steep.gradient(np.full((1000, 3), 20.0), np.full(6, 10.0))
    tape = Tape(xs[0] + xs[1], xs[:2], [])
    with pytest.raises(ValueError) as error:  # noqa: PT011
        tape.gradient([[1e308, 1e308]], [])
    assert str(error.value) == "+: no finite value at 1e+308, 1e+308 (example 0)"


@pytest.mark.parametrize("nested", ["left", "right", "balanced", "alternating"])
def test_sums_with_signs_become_one_instruction_however_they_are_nested(nested):
    x = [Value(0.0) for _ in range(64)]
    if nested == "balanced":
        level = list(x)
        while len(level) > 1:
            level = [a - b for a, b in zip(level[::2], level[1::2], strict=True)]
        total = level[0]
        signs = [(-1.0) ** bin(n).count("1") for n in range(64)]
    else:
        total, signs = x[0], [1.0]
        for n, v in enumerate(x[1:], start=1):
            if nested == "left":
                total, signs = total - v, [*signs, -1.0]
            elif nested == "right":
                total, signs = v - total, [*(-s for s in signs), 1.0]
            else:
                sign = (-1.0) ** n
                total, signs = (-(total + v), [*(-s for s in signs), -1.0]) if sign < 0 else (
                    total + v, [*signs, 1.0]
                )  # fmt: skip
    p = Value(1.0)
    tape = Tape(total * p, x, [p])
    assert sum("Σ of 64" in line for line in instructions(tape)) == 1
    assert len(instructions(tape)) == 2
    X = np.random.default_rng(0).integers(-9, 9, (5, 64)).astype(float)
    costs, gradient = tape.gradient(X, [2.0])
    np.testing.assert_array_equal(costs, 2.0 * X @ signs)
    np.testing.assert_array_equal(gradient, [(X @ signs).sum()])


def test_a_tape_gives_the_same_bits_again_and_after_other_numbers_of_examples():
    net = SigmoidNetwork([6, 5, 3], seed=0)
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(3000, 6)), rng.integers(0, 3, 3000)
    first = autodiff_gradient(net, X, y).vector.tobytes()
    for m in (1, 7, 600, 2999):
        autodiff_gradient(net, X[:m], y[:m], replay=True)
    moved = SigmoidNetwork([6, 5, 3], seed=9)
    autodiff_gradient(moved, X, y)
    assert autodiff_gradient(net, X, y).vector.tobytes() == first


@pytest.mark.parametrize("function", ["sigmoid", "log_sigmoid", "tanh"])
def test_what_is_fixed_and_what_varies_keep_their_own_numbers(function):
    """The same function of a parameter and of an input, over blocks on several threads."""
    x, p = Value(0.5), Value(0.5)
    of = getattr(Value, function)
    X = np.linspace(0.5, 2.0, 20_000)[:, np.newaxis]
    g = lambda z: 1.0 / (1.0 + np.exp(-z))  # noqa: E731
    value, slope = {
        "sigmoid": (g, lambda z: g(z) * g(-z)),
        "log_sigmoid": (lambda z: -np.logaddexp(0.0, -z), lambda z: g(-z)),
        "tanh": (np.tanh, lambda z: 1.0 / np.cosh(z) ** 2),
    }[function]
    both = Tape(of(p) * of(x * p), [x], [p])
    q = Value(0.5)
    apart = Tape(of(p) * of(x * q), [x], [p, q])  # here they fill rows of the same number
    for theta in (0.7, -1.3):
        for few in (X, X[:1]):
            expected = [slope(theta) * value(few).sum(), value(theta) * (slope(few) * few).sum()]
            gradient = apart.gradient(few, [theta, 1.0])[1]
            np.testing.assert_allclose(gradient, expected, rtol=1e-11)
        expected = slope(theta) * value(theta * X) + value(theta) * slope(theta * X) * X
        np.testing.assert_allclose(both.gradient(X, [theta])[1], [expected.sum()], rtol=1e-11)


def test_what_is_computed_twice_is_computed_once_and_a_watched_node_keeps_its_own_gradient():
    x, w = Value(0.5), Value(0.25)
    first, watched, third = (x * w).sin(), (x * w).sin(), (w * x).sin()
    output = first * watched * 2.0 + third
    tape = Tape(output, [x], [w], watch=[watched])
    replay = tape.replay([[3.0]], [0.125])
    s = np.sin(0.375)
    np.testing.assert_allclose(replay.costs, [2.0 * s * s + s], rtol=4e-16)
    np.testing.assert_allclose(replay.deltas, [[2.0 * s]], rtol=4e-16)
    np.testing.assert_allclose(replay.gradient, [(4.0 * s + 1.0) * 3.0 * np.cos(0.375)], rtol=1e-15)
    sines = [step for step in tape._program.varying if step.symbol == "sin"]
    assert sum(step.rows.stop - step.rows.start for step in sines) == 2


@pytest.mark.parametrize("least_rows", [1, 30])
@pytest.mark.parametrize("seed", range(5))
def test_irregular_graphs_agree_with_their_scalars_however_they_are_divided(
    seed, least_rows, monkeypatch
):
    """Integers, and products with ±1 only: no order of summation rounds."""
    from micrograd_bp.scalar import plan

    def build(x, p):
        rng = np.random.default_rng(seed)
        xs, ps = [Value(v) for v in x], [Value(v) for v in p]
        nodes = [*xs, *ps]
        for _ in range(200):
            a, b = (nodes[int(i)] for i in rng.integers(len(nodes), size=2))
            leaf = nodes[int(rng.integers(7))]
            nodes.append([a + b, a - b, a * leaf, (a * leaf) - b][rng.integers(4)])
        return sum(nodes, Value(0.0)), xs, ps

    monkeypatch.setattr(plan, "LEAST_ROWS", least_rows)
    rng = np.random.default_rng(seed)
    X, p = rng.choice([-1.0, 1.0], (5, 3)), rng.choice([-1.0, 1.0], 4)
    output, xs, ps = build(X[0], p)
    replay = Tape(output, xs, ps, watch=xs).replay(X, p)
    total = np.zeros(4)
    for row, x in enumerate(X):
        output, xs, ps = build(x, p)
        output.backward()
        assert output.data == replay.costs[row]
        assert [v.grad for v in xs] == replay.deltas[row].tolist()
        total += [v.grad for v in ps]
        assert abs(output.data) < 2.0**53
    assert total.tolist() == replay.gradient.tolist()
