"""Value: building graphs, reverse mode, derivatives of derivatives, release of long chains."""

import gc
import math
import random
import sys
import threading

import mpmath
import numpy as np
import pytest

from micrograd_bp import Value


def f(x, y, m):
    """One expression that uses every operator and function, for Values and for mpmath."""
    a = (x * y + 3 - x / y) ** 2 / 7
    b = 2 * m.exp(-x) - 1.5 / (1 + y**2) + (4 - x) * m.sin(x * y)
    c = m.log(1 + y * y) * m.cos(b) + m.tanh(a / 10) + m.sqrt(x * x + 1)
    return -(a + b * c) + abs(y - 5) + 2**x


class Functions:
    """The functions of Value under the names that mpmath uses."""

    exp, log, sin, cos, tanh, sqrt = (
        Value.exp, Value.log, Value.sin, Value.cos, Value.tanh, Value.sqrt,
    )  # fmt: skip


def test_value_and_gradient_of_a_long_expression_are_those_of_mpmath():
    x, y = Value(0.7), Value(-1.3)
    out = f(x, y, Functions)
    out.backward()
    at = (mpmath.mpf("0.7"), mpmath.mpf("-1.3"))
    with mpmath.workdps(50):
        exact = f(*at, mpmath)
        dx = mpmath.diff(lambda x, y: f(x, y, mpmath), at, (1, 0))
        dy = mpmath.diff(lambda x, y: f(x, y, mpmath), at, (0, 1))
    assert out.data == pytest.approx(float(exact), rel=1e-13)
    assert x.grad == pytest.approx(float(dx), rel=1e-13)
    assert y.grad == pytest.approx(float(dy), rel=1e-13)


def test_create_graph_gives_the_second_derivatives_of_mpmath():
    x, y = Value(0.7), Value(-1.3)
    out = f(x, y, Functions)
    out.backward(create_graph=True)
    slope = x.grad
    out.zero_grad()
    slope.backward(create_graph=True)
    curve, mixed = x.grad, y.grad
    slope.zero_grad()
    curve.backward()
    at = (mpmath.mpf("0.7"), mpmath.mpf("-1.3"))
    with mpmath.workdps(60):
        g = lambda x, y: f(x, y, mpmath)  # noqa: E731
        xx, xy, xxx = (mpmath.diff(g, at, n) for n in ((2, 0), (1, 1), (3, 0)))
    assert curve.data == pytest.approx(float(xx), rel=1e-12)
    assert mixed.data == pytest.approx(float(xy), rel=1e-12)
    assert x.grad == pytest.approx(float(xxx), rel=1e-11)


def test_two_passes_double_the_leaves_and_leave_inner_nodes_as_they_are():
    x = Value(3.0)
    inner = x * x
    out = inner * 2
    out.backward()
    out.backward()
    assert x.grad == 2 * 12.0  # leaves accumulate
    assert inner.grad == 2.0  # inner nodes hold the last pass
    out.zero_grad()
    assert not x.has_grad
    out.backward()
    assert x.grad == 12.0


def test_no_gradient_before_a_pass_differs_from_a_gradient_of_zero():
    x, unused = Value(0.0), Value(1.0)
    (x * 0.0).backward()
    assert x.has_grad
    assert x.grad == 0.0
    assert not unused.has_grad
    assert unused.grad == 0.0
    unused.grad = 0
    assert unused.has_grad


def test_a_node_used_twice_receives_both_contributions():
    x = Value(2.0)
    square = x * x
    (square + square * x).backward()
    assert x.grad == 2 * 2 + 3 * 4


def test_backward_from_a_leaf_is_one():
    x = Value(5.0)
    x.backward()
    assert x.grad == 1.0


def test_n_ary_sum_equals_pairwise_sum():
    values = [Value(v) for v in (0.1, 0.2, -0.7)]
    total = Value.sum([*values, values[0], 4])
    total.backward()
    assert total.data == pytest.approx(3.7)
    assert [v.grad for v in values] == [2.0, 1.0, 1.0]
    assert Value.sum([]).data == 0.0


def test_relu_and_abs_have_slope_zero_at_zero():
    for function in (Value.relu, Value.abs):
        x = Value(0.0)
        function(x).backward()
        assert x.grad == 0.0


def test_step_in_second_derivatives_of_relu_is_not_lost():
    x = Value(3.0)
    y = x.relu() ** 3
    y.backward(create_graph=True)
    slope = x.grad
    y.zero_grad()
    slope.backward()
    assert x.grad == 18.0


def test_inputs_op_and_micrograd_names():
    x, y = Value(1.0, label="x"), Value(2.0)
    z = x * y
    assert z.inputs == (x, y)
    assert z._prev == {x, y}
    assert z._op == "*"
    assert x._prev == set()
    assert x._op == ""
    same = Value(2.0, (x, y), "*")
    same.backward()
    assert (x.grad, y.grad) == (2.0, 1.0)
    with pytest.raises(AttributeError):
        z._op = "+"


def test_numpy_numbers_and_arrays_mix_with_values():
    x = Value(2.0)
    assert (np.float64(3.0) * x).data == 6.0
    assert (x - np.int64(1)).data == 1.0
    row = np.array([1.0, 2.0]) * x
    assert [v.data for v in row] == [2.0, 4.0]


def test_repr_names_the_node_and_shows_a_gradient_only_after_a_pass():
    x = Value(2.0, label="x")
    assert repr(x) == "Value(x: data=2)"
    (x * 3).backward()
    assert repr(x) == "Value(x: data=2, grad=3)"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Value("2"), TypeError, "data: got str, expected a real number"),
        (lambda: Value(1j), TypeError, "data: got complex, expected a real number"),
        (lambda: Value(math.nan), ValueError, "data: got nan, expected a finite number"),
        (lambda: Value(math.inf), ValueError, "data: got inf, expected a finite number"),
        (lambda: Value(2.0) + "1", TypeError, "unsupported operand"),
        (lambda: Value(2.0) ** Value(2.0), TypeError, "exponent: got Value, expected a number"),
        (lambda: (-2.0) ** Value(2.0), TypeError, "base: got -2.0, expected a positive number"),
        (lambda: Value(-1.0).log(), ValueError, "log: no finite value at -1"),
        (lambda: Value(-1.0) ** 0.5, ValueError, r"\*\*0.5: no finite value at -1"),
        (lambda: Value(1.0) / 0, ValueError, "/: no finite value at 1, 0"),
        (lambda: Value(1e3).exp(), ValueError, "exp: no finite value at 1000"),
        (lambda: Value(0.0).sqrt().backward(), ValueError, "sqrt: no finite derivative at 0"),
        (lambda: Value(1.0, (), "foo"), ValueError, "_op: got 'foo'"),
        (lambda: Value(1.0, (Value(1.0),)), ValueError, "_op: got '', expected one of"),
    ],
)
def test_bad_input_gets_one_clear_line(make, error, message):
    with pytest.raises(error, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_a_chain_of_a_million_nodes_runs_backward_and_is_freed():
    x = Value(1.0)
    node = x
    for _ in range(1_000_000):
        node = node + x
    node.backward()
    assert x.grad == 1_000_001.0
    del node
    gc.collect()
    assert sys.getrefcount(x) == 2  # nothing of the chain is left to hold it


def test_a_long_chain_gives_second_derivatives_too():
    x = Value(1.0)
    node = x
    for _ in range(20_000):
        node = node * 1.0
    (square := node * node).backward(create_graph=True)
    slope = x.grad
    square.zero_grad()
    slope.backward()
    assert x.grad == 2.0


def test_graphs_built_in_different_threads_do_not_touch():
    def work(seed, results):
        rng = random.Random(seed)
        x = Value(rng.random())
        node = x
        for _ in range(2000):
            node = node * 0.999 + x * rng.random()
        node.backward()
        results[seed] = x.grad

    alone, together = {}, {}
    for seed in range(6):
        work(seed, alone)
    threads = [threading.Thread(target=work, args=(s, together)) for s in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone
