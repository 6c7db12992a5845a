"""The balls hold the truth, are as small as promised, and never pretend."""

import math
import sys
import threading
from fractions import Fraction

import mpmath
import numpy as np
import pytest

import micrograd_bp
from micrograd_bp import SigmoidNetwork, Value, enclose, example_graph
from micrograd_bp.scalar.balls import Ball, namespace, precision
from micrograd_bp.scalar.ops import OPS, Op
from micrograd_bp.scalar.recorded import Recorded
from micrograd_bp.training.data import iris

from ..conftest import random_case
from .test_ops import ARITY, DOMAIN, TRUTH, arguments

pytest.importorskip("flint")


def truth(function, *xs):
    """The value and all first derivatives of an mpmath function, to 60 digits."""
    with mpmath.workdps(90):
        points = [mpmath.mpf(x) for x in xs]
        orders = [tuple(int(i == j) for j in range(len(xs))) for i in range(len(xs))]
        slopes = [mpmath.diff(function, tuple(points), order) for order in orders]
        return function(*points), slopes


EXPRESSIONS = {
    "sin · exp": (lambda x, y: x.sin() * y.exp(), lambda x, y: mpmath.sin(x) * mpmath.exp(y)),
    "cos / √": (lambda x, y: x.cos() / y.sqrt(), lambda x, y: mpmath.cos(x) / mpmath.sqrt(y)),
    "tanh − log": (lambda x, y: x.tanh() - y.log(), lambda x, y: mpmath.tanh(x) - mpmath.log(y)),
    "sigmoid": (
        lambda x, y: (x * y).sigmoid() * y.log_sigmoid(),
        lambda x, y: -mpmath.log1p(mpmath.exp(-y)) / (1 + mpmath.exp(-x * y)),
    ),
    "powers": (
        lambda x, y: y**0.75 + x**3 + y**-2,
        lambda x, y: y ** mpmath.mpf(0.75) + x**3 + y**-2,
    ),
    "powers that round": (
        lambda x, y: y**0.3 * 2.5**x + y**1.3,
        lambda x, y: y ** mpmath.mpf(0.3) * mpmath.mpf(2.5) ** x + y ** mpmath.mpf(1.3),
    ),
    "relu, abs": (lambda x, y: x.relu() * 3 + x.abs() * y, lambda x, y: max(x, 0) * 3 + abs(x) * y),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("x", [-1.3, 0.4, 30.0])
def test_balls_hold_60_digit_values_and_little_else(name, x):
    ours, theirs = EXPRESSIONS[name]
    a, b = Value(x, label="a"), Value(0.7, label="b")
    found = enclose(ours(a, b), wrt=[a, b])
    value, slopes = truth(theirs, x, 0.7)
    with mpmath.workdps(90):
        for ball, exact in zip([found.value, *found.gradients], [value, *slopes], strict=True):
            assert ball.low <= exact <= ball.high
            assert ball.radius <= 1e-28 * max(1, abs(exact))


@pytest.mark.parametrize("seed", range(20))
def test_gradients_of_networks_lie_inside_their_balls_at_60_digits(seed):
    """Independent of every rule: (J(θ + h) − J(θ − h)) / 2h with h = 1e-40 at 120 digits."""
    case = random_case(seed, depth=1 + seed % 3)
    y = case.net.targets(case.y)[0]
    graph = example_graph(case.net, case.X[0], y, textbook=False)
    weights = [(l, i, j) for l, t in enumerate(case.net.thetas) for i, j in np.ndindex(t.shape)]
    chosen = [weights[p] for p in np.random.default_rng(seed).choice(len(weights), 4)]
    found = enclose(graph.cost, wrt=[graph.thetas[l][i][j] for l, i, j in chosen])
    with mpmath.workdps(120):

        def cost(moved, step):
            a = [mpmath.mpf(v) for v in case.X[0].tolist()]
            for l, theta in enumerate(case.net.thetas):
                z = []
                for i, row in enumerate(theta.tolist()):
                    w = [v + (step if (l, i, j) == moved else 0) for j, v in enumerate(row)]
                    z.append(w[0] + mpmath.fdot(w[1:], a))
                a = [1 / (1 + mpmath.exp(-v)) for v in z]
            terms = zip(a, y.tolist(), strict=True)
            return -mpmath.fsum(t * mpmath.log(h) + (1 - t) * mpmath.log(1 - h) for h, t in terms)

        h = mpmath.mpf(10) ** -40
        assert found.value.low <= cost(None, 0) <= found.value.high
        for ball, place in zip(found.gradients, chosen, strict=True):
            slope = (cost(place, h) - cost(place, -h)) / (2 * h)  # exact to h² = 1e-80
            assert ball.low <= slope + h
            assert slope - h <= ball.high
            assert ball.radius < 1e-28 * max(abs(slope), 1e-3)


def test_iris_balls_have_28_digits_and_more():
    data, net = iris(), SigmoidNetwork([4, 5, 3], seed=0)
    graph = example_graph(net, data.X[0], int(data.y[0]))
    found = enclose(graph.cost, wrt=[v for m in graph.thetas for row in m for v in row])
    assert len(found.gradients) == 43
    assert all(ball.radius < 1e-28 * abs(ball.mid) for ball in found.gradients)


def test_more_bits_give_smaller_balls_inside_the_larger():
    x = Value(0.3)
    wide, narrow = (enclose(x.exp().sin() / 3.0, bits=bits).gradients[x] for bits in (53, 400))
    assert wide.low <= narrow.low <= narrow.high <= wide.high
    assert 0 < narrow.radius < 1e-100 < 1e-17 < wide.radius < 1e-14


@pytest.mark.parametrize(("x", "slopes"), [(2.0, (1, 1)), (-2.0, (0, -1)), (0.0, (0, 0))])
def test_kinks_are_exact_at_exact_numbers(x, slopes):
    v = Value(x)
    assert enclose(v.relu()).gradients[0].mid == slopes[0]
    assert enclose(v.abs()).gradients[0].mid == slopes[1]


def test_a_ball_over_a_kink_holds_both_slopes():
    x = Value(0.1)
    nothing = x * 3.0 - x.exp().log() * 3.0  # 0, but its ball cannot know that
    relu, absolute = enclose(nothing.relu(), [nothing]), enclose(nothing.abs(), [nothing])
    for found, slopes in ((relu, (0, 1)), (absolute, (-1, 1))):
        ball = found.gradients[0]
        assert all(slope in ball for slope in slopes)
        assert ball.high - ball.low < slopes[1] - slopes[0] + 1e-7
    sigmoid = enclose(nothing.sigmoid(), [nothing]).gradients[0]
    assert 0.25 in sigmoid
    assert sigmoid.radius < 1e-28  # no kink, no widening
    assert str(enclose(nothing).value).startswith("0 ± ")


def test_an_operation_of_ones_own_is_proved_if_it_computes_through_its_namespace():
    square_root = Op("half", lambda m, x: m.exp(0.5 * m.log(x)), lambda out, x: (0.5 / out,))
    x = Value(2.0, label="x")
    with mpmath.workdps(60):
        assert mpmath.sqrt(2) in enclose(Value.apply(square_root, x)).value
        assert 1 / mpmath.sqrt(8) in enclose(Value.apply(square_root, x)).gradients[0]


@pytest.mark.parametrize(
    ("forward", "partials"),
    [
        (lambda m, x: math.erf(x), lambda out, x: (x * 0.0,)),
        (lambda m, x: m.exp(x), lambda out, x: (math.exp(x),)),
    ],
)
def test_an_operation_that_computes_with_floats_is_told_so(forward, partials):
    with pytest.raises(ValueError, match="mine: computes with floats, expected the functions of"):
        enclose(Value.apply(Op("mine", forward, partials), Value(0.5)))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((2.0,), TypeError, "value: got float, expected a Value"),
        ((Value(2.0), [1.0]), TypeError, r"wrt\[0\]: got float, expected a Value"),
        ((Value(2.0), Value(3.0)), ValueError, r"wrt\[0\]: got Value.*a node of the expression"),
        ((Value(2.0), None, 0), ValueError, "bits: got 0, expected a whole number from 2"),
        ((Value(2.0), None, 9.5), ValueError, "bits: got 9.5"),
    ],
)
def test_bad_arguments_get_one_clear_line(arguments, error, message):
    with pytest.raises(error, match=message):
        enclose(*arguments)


def test_without_python_flint_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "flint", None)
    with pytest.raises(ImportError, match="pip install python-flint"):
        enclose(Value(1.0).exp())


def test_the_precision_of_others_is_left_alone_and_threads_take_turns():
    import flint

    before = flint.ctx.prec
    x = Value(0.1)
    value = x.exp().sin().tanh()
    radii = {}

    def work(bits):
        radii[bits] = {float(enclose(value, bits=bits).value.radius) for _ in range(40)}

    threads = [threading.Thread(target=work, args=(bits,)) for bits in (64, 256)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert flint.ctx.prec == before
    assert {bits: len(found) for bits, found in radii.items()} == {64: 1, 256: 1}
    assert radii[256] < radii[64] or max(radii[256]) < 1e-70 < min(radii[64])


def test_a_graph_is_not_changed_and_chains_may_be_long():
    x = Value(1.0)
    value = x
    for _ in range(20_000):
        value = value + x
    value.backward()
    before = x.grad
    assert enclose(value, wrt=x).gradients[x].mid == 20_001 == before
    assert x.grad == before


def test_leaves_may_be_inner_nodes_for_a_part_of_the_graph():
    x = Value(2.0)
    middle = x.exp()
    output = middle * middle
    part = Recorded(output, leaves=[middle])
    assert part.nodes == [middle, output]
    numbers = [node.data for node in part.nodes]
    assert part.backward(numbers, [0]) == [2 * middle.data]


@pytest.mark.parametrize("symbol", sorted(OPS))
def test_every_rule_of_the_table_serves_balls(symbol):
    """The ball of each derivative holds the two-sided difference of the operation's own balls."""
    points = [DOMAIN.get(symbol, float)(x) for x in (0.7, 1.9, -0.4)[: ARITY.get(symbol, 1)]]
    value = Value.apply(OPS[symbol], *(nodes := [Value(x) for x in points]))
    found = enclose(value, wrt=nodes)
    with precision(400) as arb:
        h = arb(2) ** -120
        for k, slope in enumerate(found.gradients):
            up, down = ([arb(x) + s * h * (i == k) for i, x in enumerate(points)] for s in (1, -1))
            change = OPS[symbol].forward(namespace(), *up) - OPS[symbol].forward(namespace(), *down)
            middle = arb(slope.mid.numerator) / slope.mid.denominator
            assert abs(change / (2 * h) - middle) < 1e-28
            assert slope.radius < 1e-29


@pytest.mark.parametrize("symbol", sorted(OPS))
def test_every_operation_of_the_table_has_balls_that_hold_its_value(symbol):
    for xs in arguments(symbol):
        ball = enclose(Value.apply(OPS[symbol], *map(Value, xs))).value
        with mpmath.workdps(90):
            exact = TRUTH[symbol](*map(mpmath.mpf, xs))
            assert abs(ball.mid - exact) <= 1e-28 * max(1, abs(exact)), xs
            assert ball.low - mpmath.mpf("1e-85") <= exact <= ball.high + mpmath.mpf("1e-85"), xs


@pytest.mark.parametrize("sign", [1, -1])
def test_ends_beyond_all_bounds_are_read_out_outward_on_both_sides(sign):
    """e to the ±10⁹: nearer to 0 than 2⁻¹⁶³⁸⁴, and beyond 2¹⁶³⁸⁴."""
    with precision(106) as arb:
        tiny, huge, large = (sign * arb(x).exp() for x in (-(10**9), 10**9, 10**4))
    tiny, huge, large = (Ball.of(ball, 106) for ball in (tiny, huge, large))
    assert sorted([abs(tiny.low), abs(tiny.high)]) == [0, Fraction(1, 2**16384)]
    assert sign * tiny.low >= 0
    assert sign * tiny.high >= 0
    assert sign * math.inf in (huge.low, huge.high)
    assert huge.radius == math.inf
    assert math.isnan(huge.mid)
    with mpmath.workdps(60):  # e¹⁰⁰⁰⁰ < 2¹⁶³⁸⁴: all its digits
        assert large.low <= sign * mpmath.exp(10_000) <= large.high
    assert 0 < large.radius * 10**28 < abs(large.mid)


def test_an_enclosure_reads_as_a_table():
    x, y = Value(2.0, label="x"), Value(3.0)
    rows = str(enclose(x * y + x, wrt=[x, y])).splitlines()
    assert [row.split()[0] for row in rows] == ["value", "∂/∂x", "∂/∂x1"]
    assert [float(row.split()[1]) for row in rows] == [8.0, 4.0, 2.0]
    assert len({row.index(row.split()[1]) for row in rows}) == 1  # one column


def test_enclose_is_public():
    assert micrograd_bp.enclose is enclose
    assert "Enclosure" in micrograd_bp.__all__


def test_balls_of_numbers_beyond_all_floats_are_read_out_outward():
    ball = enclose(Value(-1e9).sigmoid()).value
    assert 0 <= ball.low < ball.high <= Fraction(1, 2**16384)
    with mpmath.workdps(20):
        assert ball.low <= mpmath.exp(-(10**9)) <= ball.high
