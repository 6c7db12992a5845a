"""Value: building graphs, reverse mode, derivatives of derivatives, release of long chains."""

import contextlib
import gc
import math
import random
import sys
import threading
from fractions import Fraction
from typing import Any, get_args, get_type_hints

import mpmath
import numpy as np
import pytest

from micrograd_bp import Tape, Value
from micrograd_bp.scalar.ops import Op


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
        (lambda: Value(2.0) ** "2", TypeError, "exponent: got str, expected a real number"),
        (lambda: Value(2.0) ** math.inf, ValueError, "exponent: got inf, expected a finite"),
        (lambda: Value(2.0, label=5), TypeError, "label: got int, expected a string"),
        (lambda: Value(2.0, label=None), TypeError, "label: got NoneType, expected a string"),
        (lambda: Value(2.0, label=b"x"), TypeError, "label: got bytes, expected a string"),
        (lambda: setattr(Value(2.0), "data", "3"), TypeError, "data: got str, expected a real"),
        (lambda: setattr(Value(2.0), "data", math.nan), ValueError, "data: got nan, expected"),
        (lambda: Value.max([]), ValueError, "values: got none, expected at least one"),
        (lambda: Value(2.0) < "3", TypeError, "not supported between"),
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


def gradients(f, *numbers):
    """∂f/∂x for each of the numbers x."""
    leaves = [Value(x) for x in numbers]
    f(*leaves).backward()
    return [leaf.grad for leaf in leaves]


# At the edge of the range of floats: a value or a gradient is right, or it is refused.

AT_THE_EDGE = [  # f, x, f′(x) by mathematics, where a factor of it is no float
    (lambda x: 1 / (1 / x), 1e-200, 1.0),
    (lambda x: (1 / x).log(), 1e-200, -1e200),
    (lambda x: (x / 1e-310) * 1e-310, 5e-311, 1.0),
    (lambda x: 1 / (1 / x), -3e-180, 1.0),
    (lambda x: (1 / x) ** -1, 1e-170, 1.0),
    (lambda x: (x**-2).log(), 1e-150, -2e150),
    (lambda x: ((1 / x).sqrt()) ** 2 * x * x, 1e-220, 1.0),
    (lambda x: (2 / x).log2() * 1e-300, 1e-290, -1e-10 / math.log(2.0)),
    (lambda x: (x * x * x).cbrt(), 1e-200, None),  # x³ underflows to 0, where cbrt has no slope
]


@pytest.mark.parametrize(("f", "x", "slope"), AT_THE_EDGE)
def test_a_gradient_is_right_where_a_slope_on_its_way_is_no_float(f, x, slope):
    if slope is None:
        with pytest.raises(ValueError, match="no finite derivative"):
            gradients(f, x)
    else:
        assert gradients(f, x) == pytest.approx([slope], rel=1e-15)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: x + x, 1e308),
        (lambda x: x - 1e308, -1e308),
        (lambda x: x * x, -1e200),
        (lambda x: x / 1e-310, 1.0),
        (lambda x: Value.sum([x, x, 1e308]), 1e308),
        (lambda x: x**2, 1e200),
        (lambda x: 1e200 * (x * 1e200), 1.0),
        (lambda x: 3 - x * 1e10, 1e300),
        (lambda x: x**3, -1e120),
        (lambda x: x**x, 1e3),
        (lambda x: x.cosh(), 711.0),
        (lambda x: Value.apply(Op("own", lambda m, x: x * 1e300, None), x), 1e10),
    ],
)
def test_a_value_that_overflows_is_refused_by_engine_and_tape_alike(f, x):
    with pytest.raises(ValueError, match="no finite value at"):
        f(Value(x))
    tame = Value(0.0)
    tape = Tape(f(tame), [tame], [])
    with pytest.raises(ValueError, match=r"no finite value|overflow"):
        tape.cost([[x]], [])


@pytest.mark.parametrize(("f", "x", "slope"), AT_THE_EDGE)
def test_the_tape_gives_the_right_gradient_at_the_edge_or_refuses(f, x, slope):
    tame, parameter = Value(0.0), Value(x)
    tape = Tape(f(parameter) + 0 * tame, [tame], [parameter])
    with contextlib.suppress(ValueError):
        assert tape.gradient([[0.0]], [x])[1] == pytest.approx([slope], rel=1e-15)


def test_a_gradient_that_is_no_float_is_refused_and_leaves_keep_theirs():
    x, y = Value(1e-200), Value(1.0)
    (x * y).backward()
    with pytest.raises(ValueError, match="no finite"):
        (1 / x + y).backward()  # −1e400
    assert (x.grad, y.grad) == (1.0, 1e-200)
    with pytest.raises(ValueError, match="no finite"):
        (1 / x + y).backward(create_graph=True)
    assert (x.grad, y.grad) == (1.0, 1e-200)
    node = zero = Value(0.0)
    for _ in range(1100):
        node = node + node
    with pytest.raises(ValueError, match="no finite gradient"):
        node.backward()  # 2¹¹⁰⁰
    assert not zero.has_grad


def test_local_derivatives_are_finite_or_refused():
    for node in (Value(1.0) / 1e200, 1e-200 / Value(1e-200), Value(1e-310).log1p()):
        assert all(map(math.isfinite, node.local_derivatives()))
    for node in (1 / Value(1e-200), Value(1e-320).log(), Value(0.0).cbrt()):
        with pytest.raises(ValueError, match="no finite derivative at"):
            node.local_derivatives()


# Numbers of other types, arrays, functions.


@pytest.mark.parametrize("number", [np.float32(0.1), np.int64(3), Fraction(1, 3), True])
def test_a_leaf_holds_a_python_float_whatever_it_is_set_to(number):
    p = Value(1.0)
    (p * 2.0).backward()
    p.data -= number * p.grad
    assert type(p.data) is float
    assert p.data == pytest.approx(1.0 - 2.0 * float(number), rel=1e-6)
    assert type(Value(number).data) is float
    assert type((p * number).data) is float
    assert type((number + p * p).data) is float
    p.data = number
    assert (p * 1.0).data == float(number)


@pytest.mark.parametrize("name", ["__add__", "__mul__", "__rsub__", "__truediv__", "__pow__"])
def test_type_hints_accept_the_numbers_of_numpy(name):
    (operand, _) = get_type_hints(getattr(Value, name)).values()
    assert {np.integer[Any], np.floating[Any], float} <= set(get_args(operand))


NUMPY = "exp exp2 expm1 log log2 log10 log1p sqrt cbrt sin cos tan arcsin arccos arctan sinh cosh"
NUMPY += " tanh arcsinh arctanh square reciprocal absolute fabs negative positive"


@pytest.mark.parametrize("name", NUMPY.split())
def test_numpy_functions_work_on_arrays_of_values(name):
    function = getattr(np, name)
    numbers = np.array([0.2, 0.7])
    leaves = [Value(x) for x in numbers]
    images = function(np.array(leaves))
    assert [v.data for v in images] == pytest.approx(function(numbers).tolist(), rel=1e-14)
    Value.sum(images).backward()
    rise = (function(numbers + 1e-6) - function(numbers - 1e-6)) / 2e-6
    assert [leaf.grad for leaf in leaves] == pytest.approx(rise.tolist(), rel=1e-8)


def test_numpy_functions_of_two_inputs_and_reductions():
    a, b = np.array([0.2, 0.7]), np.array([0.5, 0.3])
    A, B = (np.array([Value(x) for x in row]) for row in (a, b))
    for name in ("hypot", "arctan2", "power", "maximum", "minimum", "fmax", "fmin", "divide"):
        function = getattr(np, name)
        assert [v.data for v in function(A, B)] == pytest.approx(function(a, b).tolist())
    assert np.arccosh(Value(1.5)).data == pytest.approx(np.arccosh(1.5))
    for name in ("sum", "mean", "max", "min", "var", "prod"):
        assert getattr(np, name)(A).data == pytest.approx(getattr(np, name)(a))
    assert np.linalg.norm(A @ np.array([[1.0, 2.0], [3.0, 4.0]])).data == pytest.approx(
        np.linalg.norm(a @ np.array([[1.0, 2.0], [3.0, 4.0]]))
    )


@pytest.mark.parametrize(("x", "y"), [(2.0, 3.0), (0.3, -1.7), (7.0, 0.0), (1.0, 40.0)])
def test_a_power_of_two_values_has_the_slopes_of_mpmath(x, y):
    exact = [mpmath.diff(lambda x, y: x**y, (x, y), order) for order in ((1, 0), (0, 1))]
    assert gradients(lambda x, y: x**y, x, y) == pytest.approx([float(d) for d in exact], rel=1e-14)


def test_a_power_at_and_below_zero():
    assert gradients(lambda x, y: x**y, 0.0, 3.0) == [0.0, 0.0]
    assert gradients(lambda x, y: x**y, 0.0, 1.0) == [1.0, 0.0]
    for x, y in ((0.0, 0.0), (-2.0, 3.0), (0.0, 0.5)):  # no slope in y, or none in x
        with pytest.raises(ValueError, match=r"\*\*: no finite derivative at"):
            gradients(lambda x, y: x**y, x, y)
    assert gradients(lambda x: x ** np.int64(3), -2.0) == [12.0]


def test_equal_inputs_of_max_and_min_share_the_slope():
    for f in (Value.max, Value.min):
        assert gradients(f, 2.0, 2.0) == [0.5, 0.5]
        assert gradients(f, 1.0, 1.0, 1.0) == pytest.approx([1 / 3] * 3)
    assert gradients(Value.max, 1.0, 3.0, 3.0, 2.0) == [0.0, 0.5, 0.5, 0.0]
    assert gradients(lambda *v: Value.min(v), 1.0, 3.0, 2.0) == [1.0, 0.0, 0.0]
    assert gradients(Value.maximum, -1e308, 1e308) == [0.0, 1.0]  # their difference is no float
    assert gradients(Value.minimum, 5e-324, 0.0) == [0.0, 1.0]
    assert gradients(lambda x: x.maximum(0.0) + x.minimum(0), -0.0) == [1.0]
    x, y = Value(3.0), Value(3.0)
    square = x.maximum(y) ** 2
    square.backward(create_graph=True)
    assert (x.grad.data, y.grad.data) == (3.0, 3.0)


def test_max_of_a_tape_takes_each_example_on_its_own():
    x, w = Value(1.0), Value(2.0)
    costs, gradient = Tape(Value.max(x, w, 0.0), [x], [w]).gradient([[1.0], [2.0], [3.0]], [2.0])
    assert costs.tolist() == [2.0, 2.0, 3.0]
    assert gradient.tolist() == [1.5]  # 1 + ½ + 0


def test_comparisons_are_those_of_the_data():
    x, y = Value(1.0), Value(2.0)
    assert x < y <= 2 < 3.0 >= y > x >= 1
    assert max(x, y) is y
    assert sorted([y, x]) == [x, y]
    assert x != Value(1.0)  # nodes are equal only to themselves


def test_a_detached_node_passes_no_gradient():
    assert gradients(lambda x: x * (x * x).detach(), 3.0) == [9.0]
    x = Value(2.0, label="x")
    (x * x).backward()
    alone = x.detach()
    assert (alone.data, alone.label, alone.inputs, alone.has_grad) == (2.0, "x", (), False)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * x + 1,
        lambda x: x * 0.0,  # the change moves no value,
        lambda x: abs(x),  # or it moves a slope only
        lambda x: x.relu() ** 2,
        lambda x: Value.max([x, 5.0]),
    ],
)
def test_backward_notices_on_request_that_a_leaf_was_set_after_the_graph_was_built(f):
    x = Value(2.0, label="x")
    x.data = -1.0
    y = f(x)
    y.backward(check=True)
    x.data = 1.0
    with pytest.raises(ValueError, match="the data of x was set to 1 after"):
        y.backward(check=True)
    y.backward()
    f(x).backward(check=True)  # a graph built anew


def test_a_training_loop_that_builds_each_graph_anew_is_never_refused():
    p, dead = Value(1.0), Value(0.0)
    for _ in range(5):
        loss = (p - 3.0) ** 2 + p * dead
        loss.zero_grad()
        loss.backward(check=True)
        p.data -= 0.1 * p.grad
    assert p.data == pytest.approx(3.0 - 2.0 * 0.8**5)


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
