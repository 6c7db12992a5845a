"""Copies and pickles of graphs: of any depth, of any part, with their gradients."""

import copy
import math
import pickle
import sys

import pytest

from micrograd_bp import SigmoidNetwork, Tape, Value, example_graph
from micrograd_bp.scalar.ops import OPS, Op, exponential, power


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))


def pickled_in_python(thing):
    return pickle.loads(pickle._dumps(thing))


def pickled_by_the_first_protocol(thing):
    return pickle.loads(pickle.dumps(thing, protocol=0))


def forward(m, *xs):
    return m.exp(xs[0])


def partials(out, *xs):
    return (out,)


WAYS = [copy.deepcopy, pickled, pickled_in_python, pickled_by_the_first_protocol]


@pytest.mark.parametrize("way", WAYS)
def test_a_copied_graph_differentiates_to_the_same_numbers_and_is_apart(way):
    graph = example_graph(SigmoidNetwork([3, 4, 2], seed=0), [1.0, -2.0, 0.5], 1)
    graph.cost.backward()
    other = way(graph)
    nodes, others = graph.cost.topological_order(), other.cost.topological_order()
    assert [(v.data, v.label, v.op, v.grad) for v in others] == [
        (v.data, v.label, v.op, v.grad) for v in nodes
    ]
    assert not set(nodes) & set(others)
    assert set(other.z[1] + other.a[2] + other.x) < set(others)  # parts stay parts
    other.cost.zero_grad()
    assert not other.thetas[0][0][1].has_grad
    other.cost.backward()
    assert other.thetas[0][0][1].grad == graph.thetas[0][0][1].grad


@pytest.mark.parametrize("way", WAYS)
def test_gradients_are_kept_or_absent_as_they_were(way):
    x, y, unused = Value(2.0, label="x"), Value(0.0), Value(1.0)
    z = x * y
    assert [v.has_grad for v in way([x, y, z, unused])] == [False] * 4
    z.backward()
    copied = way([x, y, z, unused])
    assert [v.has_grad for v in copied] == [True, True, True, False]
    assert [v.grad for v in copied] == [0.0, 2.0, 1.0, 0.0]
    assert copied[2].inputs == (copied[0], copied[1])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("first", ["leaf", "output"])
def test_gradients_that_are_graphs_are_copied_with_it(way, first):
    x = Value(2.0)
    y = (x**3).sin()
    y.backward(create_graph=True)
    if first == "leaf":
        x, y = way((x, y))
    else:
        y, x = way((y, x))
    slope = x.grad
    assert x in slope.topological_order()
    y.zero_grad()
    slope.backward()
    assert slope.data == pytest.approx(12.0 * math.cos(8.0))
    assert x.grad == pytest.approx(12.0 * math.cos(8.0) - 144.0 * math.sin(8.0))


@pytest.mark.parametrize("way", [copy.deepcopy, pickled])
def test_a_graph_far_deeper_than_the_stack_is_copied(way):
    x = Value(1.0)
    node = x
    for _ in range(30 * sys.getrecursionlimit()):
        node = node + x
    node.backward()
    other_x, other = way((x, node))
    assert other_x.grad == x.grad
    other.zero_grad()
    other.backward()
    assert other_x.grad == x.grad


def test_a_shallow_copy_is_a_second_node_on_the_same_inputs():
    x = Value(3.0)
    square = x * x
    square.backward()
    other = copy.copy(square)
    assert (other.data, other.inputs, other.op, other.grad) == (9.0, (x, x), square.op, 1.0)
    assert other is not square


@pytest.mark.parametrize("way", [copy.deepcopy, pickled])
def test_a_copy_still_notices_a_leaf_that_was_set(way):
    x = Value(2.0, label="x")
    y = x * 0.0
    copied_x, copied = way((x, y))
    copied.backward(check=True)
    copied_x.data = 3.0
    with pytest.raises(ValueError, match="the data of x was set to 3"):
        copied.backward(check=True)
    x.data = 5.0
    with pytest.raises(ValueError, match="the data of x was set to 5"):
        way(y).backward(check=True)


def test_operations_of_the_table_are_themselves_after_a_pickle():
    for op in (*OPS.values(), power(3.0), power(0.3), exponential(2.5), power(2.0)):
        assert pickled(op) is op
        assert copy.deepcopy(op) is op
    slope = power(0.3).partials(*[Value(2.0)] * 2)[0].inputs[1].op  # x⁻⁰·⁷, its exponent 0.3 − 1
    assert pickled(slope) is slope


@pytest.mark.parametrize("symbol", ["exp", "*", "relu", "**3", "own"])
def test_an_own_operation_is_never_swapped_for_one_of_the_same_name(symbol):
    own = Op(symbol, forward, partials)
    x = Value(0.5)
    for node in (pickled(Value.apply(own, x)), copy.deepcopy(Value.apply(own, x))):
        assert (node.op.forward, node.op.partials) == (forward, partials)
        assert node.op != OPS.get(symbol)
        node.backward()
        assert node.inputs[0].grad == math.exp(0.5)


def test_an_own_operation_that_pickle_cannot_name_is_refused_by_pickle():
    node = Value.apply(Op("exp", lambda m, x: m.exp(x), lambda out, x: (out,)), 1.0)
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(node)
    again = Value(1.0)
    for _ in range(3 * sys.getrecursionlimit()):
        again = again + node
    assert copy.deepcopy(again).data == again.data  # the failure left nothing behind
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(again)


def test_a_tape_of_a_copied_graph_is_that_of_the_graph():
    x, w = Value(1.0), Value(2.0)
    y = (x * w).sigmoid() + w**2
    for way in WAYS:
        copied = way((y, x, w))
        costs, gradient = Tape(copied[0], [copied[1]], [copied[2]]).gradient([[3.0]], [0.5])
        expected = Tape(y, [x], [w]).gradient([[3.0]], [0.5])
        assert (costs, gradient) == expected
