"""Parts of the black-box check, each by what it says of numbers that are known in advance."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from micrograd_bp import Value, check_expression, check_gradient
from micrograd_bp.checking import gradient, noise, roughness
from micrograd_bp.checking.blackbox import differ
from micrograd_bp.checking.directions import Found, confirmed, line_along
from micrograd_bp.checking.expression import _Replay
from micrograd_bp.checking.extrapolation import Entry, Limit
from micrograd_bp.checking.judge import Judge
from micrograd_bp.checking.lines import Line, Problem, Verdict
from micrograd_bp.checking.locate import _step
from micrograd_bp.checking.noise import POSITIONS
from micrograd_bp.checking.result import GradientCheck, SlopeCheck
from micrograd_bp.checking.slope import Ladder, Slope
from micrograd_bp.checking.ties import _outside

THETA = np.array([1.0, -2.0, 3.0])
PROBLEM = SimpleNamespace(theta=THETA, scale=np.ones(3), unit=1.0, first=0.25)


@pytest.mark.parametrize("bounds", [None, ([0.0] * 3, [9.0] * 3)])
def test_every_call_of_the_cost_is_counted(bounds):
    calls = []

    def cost(theta):
        calls.append(theta)
        return float(np.sum(theta**3))

    start = np.array([1.0, 2.0, 3.0])
    check = check_gradient(cost, 3.0 * start**2, start, bounds=bounds)
    assert check.passed
    assert check.evaluations == len(calls)


def test_calls_differ_if_more_than_rounding_of_the_largest_number_changed():
    """An entry far below the largest may change with the order of the largest one's sum."""
    assert not differ([[1.0, 1e-20], [1.0, 2e-20]])
    assert differ([[1.0, 1e-9], [1.0, 2e-9]])
    assert not differ([0.0, 0.0])
    assert differ([[0.0, math.nan], [0.0, 1.0]])


def verdict(index, *, bar=1e-9, step=0.5, secant=1.0, status="right", kink=False, side=0):
    check = SimpleNamespace(index=index, status=status, doubtful=False)
    slope = SimpleNamespace(bar=bar, step=step, secant=secant, kink=kink, side=side)
    return SimpleNamespace(check=check, slope=slope)


def test_a_parameter_moves_as_far_as_its_slope_showed_and_the_others_as_the_median():
    """A slope best seen at step s is looked at from 2 s / (first step) on."""
    found = Found.by(PROBLEM, [verdict(0, step=0.5), verdict(None)])
    assert found.scale.tolist() == [4.0, 4.0, 4.0]
    found = Found.by(PROBLEM, [verdict(0, step=0.5), verdict(1, step=0.25), verdict(2, step=1.0)])
    assert found.scale.tolist() == [4.0, 2.0, 8.0]


@pytest.mark.parametrize("unknown", [{"bar": math.inf}, {"step": 0.0}, {"secant": 0.0}])
def test_what_showed_no_slope_keeps_its_scale(unknown):
    found = Found.by(PROBLEM, [verdict(0, **unknown), verdict(1, step=0.5)])
    assert found.scale.tolist() == [1.0, 4.0, 4.0]


@pytest.mark.parametrize(
    ("said", "out"),
    [
        ({}, False),
        ({"kink": True}, True),
        ({"status": "undecided"}, True),
        ({"bar": math.inf}, True),
    ],
)
def test_directions_leave_out_kinks_and_what_is_not_decided(said, out):
    assert Found.by(PROBLEM, [verdict(1, **said)]).out.tolist() == [False, out, False]


def test_along_a_direction_only_what_moves_counts():
    """⟨g, d⟩ of what moves, however large the slope of what does not."""
    slopes = np.array([2.0, np.inf, 5.0])
    line = line_along(PROBLEM, "", np.array([3.0, 0.0, -1.0]), slopes, np.zeros(3), np.ones(3))
    assert line.analytic == 1.0
    assert line.allowance <= 1e-13
    assert 0.5 <= line.noise / (2.0**-53 * math.hypot(6.0, 15.0) / 3.0) <= 10.0


def test_a_direction_of_one_kinked_parameter_stays_undecided():
    """With fewer than two there is nothing to leave out: it is not judged again."""

    def refused(lines):
        raise AssertionError("judged again")

    line = line_along(PROBLEM, "", np.array([1.0, 0.0, 0.0]), THETA, np.zeros(3), np.ones(3))
    check = SlopeCheck("", None, 1.0, 1.0, 0.0, "kink", 0.0, 1.0)
    kinked = Verdict(check, None, Slope(1.0, 0.0, 0.0, 1.0, kink=True), line)
    problem = SimpleNamespace(**vars(PROBLEM), judge=refused)
    found = Found.by(PROBLEM, [])
    data = THETA, np.zeros(3), found, np.random.default_rng(2)
    assert confirmed(problem, kinked, line, *data).check.status == "undecided"


def test_estimates_are_accepted_if_the_values_at_smaller_steps_and_all_finer_ones_allow_it():
    limit = Limit(2)
    limit.steps, limit.values = [0.4, 0.2, 0.1], [5.0, 1.1, 1.1]
    limit.noises = [0.01, 0.01, 0.01]
    entries = ((0.4, 5.0, 0.1), (0.2, 1.12, 0.01), (0.1, 1.1, 0.05))
    limit.candidates = [Entry(*entry) for entry in entries]
    accepted = limit.accepted()
    assert [entry.step for entry in accepted] == [0.1, 0.2]  # 5 ± 0.1 is contradicted
    assert limit.best() is limit.candidates[1]
    limit.candidates[1] = Entry(0.2, 1.3, 0.1)  # beside a finer one: 1.1 ± 0.05
    assert [entry.step for entry in limit.accepted()] == [0.1]


@pytest.mark.parametrize("noises", [(9.0, 0.9, 0.05), (9.0, 0.05, 0.9)])
@pytest.mark.parametrize(
    ("rate", "tail"), [(0.25, 0.0), (0.7, 0.7 / 0.3), (0.97, 0.97 / 0.03), (0.99, math.inf)]
)
def test_what_is_still_to_come_of_a_slow_series_is_the_rest_of_a_geometric_one(rate, tail, noises):
    """Changes that fall by the rate: after a change of 1 there come rate/(1 − rate)."""
    limit = Limit(2)
    for value, sigma in zip((0.0, 1.0 / rate, 1.0 / rate + 1.0), noises, strict=True):
        limit.add(2.0 ** -len(limit.steps), value, sigma)
    assert limit._tail() == pytest.approx(tail)


@pytest.mark.parametrize(("noise", "seen"), [(0.1, True), (0.15, False)])
def test_a_slow_series_that_stops_below_the_noise_may_go_on_there(noise, seen):
    """The next change would be 0.97: four times a noise of 0.2 would show it, of 0.3 would not."""
    limit = Limit(2)
    for value in (0.0, 1.0 / 0.97, 1.0 / 0.97 + 1.0, 1.0 / 0.97 + 1.0):
        limit.add(2.0 ** -len(limit.steps), value, noise)
    assert limit._tail() == (0.0 if seen else pytest.approx(0.97 / 0.03))


@pytest.mark.parametrize(("noise", "sees"), [(1 / 200, True), (1 / 100, False)])
@pytest.mark.parametrize("step", [1e-3, 1e3])
def test_a_step_sees_a_difference_of_128_times_its_noise(noise, sees, step):
    problem = SimpleNamespace(noise=noise * step, theta=np.zeros(1), costs=lambda t: t[:, 0])
    line = SimpleNamespace(direction=np.ones(1), noise=0.0)
    found = _step(problem, line, SimpleNamespace(step=step, value=1.0), 1.0)
    assert found == (step if sees else None)


@pytest.mark.parametrize("jump", [1e3, 1e-3])
@pytest.mark.parametrize(("part", "status"), [(0.005, "kink"), (0.05, "undecided")])
def test_a_kink_is_clear_if_it_is_known_to_a_hundredth(jump, part, status):
    line = SimpleNamespace(analytic=0.5 * jump, allowance=0.0)
    slope = Slope(0.5 * jump, part * jump, 0.0, jump, kink=True)
    assert Problem._status(SimpleNamespace(resolution=1e-3), line, slope, None, False) == status


def test_no_direction_and_no_parameter_is_nothing_to_check():
    with pytest.raises(ValueError, match=r"^directions: got 0, expected at least 1$"):
        check_gradient(np.sum, np.ones(3), THETA, parameters=0, directions=0)
    with pytest.raises(ValueError, match=r"^directions: got -1, expected at least 0$"):
        check_gradient(np.sum, np.ones(3), THETA, directions=-1)


@pytest.mark.parametrize(("doubtful", "outcome"), [(True, "undecided"), (False, "right")])
def test_one_doubtful_slope_decides_though_its_block_has_a_decided_one(doubtful, outcome):
    right = SlopeCheck("a", 0, 1.0, 1.0, 0.0, "right", 1.0, 1.0)
    other = SlopeCheck("b", 1, 1.0, 1.0, 9.0, "undecided", 1.0, 1.0, doubtful=doubtful)
    assert GradientCheck(0.0, 0.0, [right, other], [], None, 2, 9).outcome == outcome


def test_many_leaves_are_moved_on_a_tape_and_not_one_by_one(monkeypatch):
    leaves = [Value(0.1 * k) for k in range(16)]
    replay = _Replay(Value.sum([leaf * leaf for leaf in leaves]), leaves)
    points = np.random.default_rng(0).normal(size=(3, 16))
    monkeypatch.setattr(replay, "_one_by_one", None)
    assert np.allclose(replay.values(points), np.sum(points**2, axis=1))
    assert replay.evaluations == 3


def test_second_derivatives_of_several_leaves_do_not_pile_up():
    """∂²(x²y)/∂x² = 2y, ∂²/∂x∂y = 2x, ∂²/∂y² = 0."""
    x, y = Value(3.0), Value(5.0)
    check = check_expression(x * x * y, [x, y], order=2)
    assert check.passed
    assert [s.analytic for s in check.parameters if "∂²" in s.label] == [10.0, 6.0, 6.0, 0.0]


@pytest.mark.parametrize(("differs", "random"), [(4.0, False), (20.0, True)])
def test_two_values_of_a_noisy_cost_may_differ_by_eight_deviations(differs, random):
    sigma, calls = 1e-3, []

    def cost(theta):
        calls.append(theta)
        return 5.0 + differs * sigma * (len(calls) == 2) + float(np.sum(theta))

    check = check_gradient(cost, np.ones(3), THETA, noise=sigma)
    assert check.nondeterministic == random


def judge(gradients, theta, slopes):
    problem = SimpleNamespace(theta=theta, unit=1.0, resolution=1e-3)
    return Judge(problem, slopes, gradients, np.random.default_rng(0))


def test_a_noisy_gradient_is_granted_ten_deviations():
    """Seven values know a deviation to a factor of two, and no less than six of them is certain."""
    asked = judge(lambda t: t, THETA, np.zeros(3))
    asked.__dict__["_measured"] = np.array([0.0, 3.0, 4.0])  # in place of a measurement
    single = Line("", 1, None, 0.0, 0.0, 1.0, 0.0)
    along = Line("", None, np.ones(3), 0.0, 0.0, 1.0, 0.0)
    one, five = asked._finer([single, along], np.ones(2))
    assert 6.0 * 3.0 <= one.allowance <= 20.0 * 3.0
    assert 6.0 * 5.0 <= five.allowance <= 20.0 * 5.0


@pytest.mark.parametrize(("level", "sides"), [(2e-8, 2), (5e-11, 1)])
def test_where_a_gradient_is_loud_its_other_side_is_looked_at_too(level, sides):
    """Noise of more than 1e-9 of the slopes may be a kink on this side."""
    rng, asked, theta = np.random.default_rng(1), [], np.array([1.0, 2.0])

    def gradients(t):
        asked.append(np.sign(t[0] - theta[0]))
        return 1.0 + level * rng.standard_normal(2)

    assert np.all(judge(gradients, theta, np.ones(2))._measured <= 10.0 * level)
    assert len({*asked} - {0.0}) == sides


@pytest.mark.parametrize(("still", "spacings"), [(1, 1), (2, 4)])
def test_the_noise_of_a_gradient_is_known_if_99_of_100_entries_moved(still, spacings):
    calls, theta = [], np.linspace(1.0, 2.0, 100)

    def gradients(t):
        calls.append(t)
        return np.where(np.arange(100) < still, 1.0, 1.0 + 1e-9 * len(calls))

    assert np.all(judge(gradients, theta, theta)._measured <= 1e-9)
    assert len(calls) == spacings * len(POSITIONS)


def test_noise_that_shows_at_no_smaller_spacing_is_at_most_the_least_that_was_seen(monkeypatch):
    levels = iter([3.0, 2.0, 4.0] * 99)
    monkeypatch.setattr(noise, "_believed", lambda along, spacing, level: (next(levels), False))
    monkeypatch.setattr(noise, "table_noise", lambda values: (np.array(1.0), np.array(True)))
    assert noise.noise_of(np.random.default_rng(0).permuted) == 2.0


def test_a_parameter_at_0_moves_as_the_smallest_other_one():
    directions = []

    def along(direction):
        directions.append(np.abs(direction))
        return np.zeros_like

    problem = SimpleNamespace(theta=np.array([0.0, 1e-3, 50.0]), noise=0.0, along=along)
    Problem.measure_noise(problem, np.random.default_rng(0), lines=20)
    zero, small, large = np.max(directions, axis=0)
    assert zero < 10.0 * small < large


def test_without_single_parameters_and_directions_some_of_very_many_are_drawn(monkeypatch):
    """Where directions judge, none of very many parameters is drawn."""
    monkeypatch.setattr(gradient, "LARGE", 3)
    theta = np.arange(1.0, 6.0)
    for directions, singles in ((0, 5), (2, 0)):
        check = check_gradient(np.sum, np.ones(5), theta, directions=directions)
        assert (check.passed, len(check.parameters)) == (True, singles)


def test_the_table_says_why_a_slope_is_undecided():
    for bar, why in ((1.0, "bar too wide"), (math.inf, "one-sided cost")):
        slope = SlopeCheck("a", 0, 1.0, 1.0, bar, "undecided", 1.0, 1.0)
        assert why in str(GradientCheck(0.0, 0.0, [slope], [], None, 1, 9))


def test_a_right_slope_of_a_line_that_crosses_a_kink_is_judged_along_fewer_parameters():
    """Right by chance, perhaps: the kinked parameters have to drop out."""
    line = line_along(PROBLEM, "", np.ones(3), THETA, np.zeros(3), np.ones(3))
    check = SlopeCheck("", None, 1.0, 1.0, 0.0, "right", 0.0, 1.0)
    crossing = Verdict(check, None, Slope(1.0, 0.0, 0.0, 1.0, kink=True), line)
    clear = Verdict(check, None, Slope(1.0, 0.0, 1.0, 1.0), line)
    problem = SimpleNamespace(**vars(PROBLEM), judge=lambda lines: [clear])
    found = Found.by(PROBLEM, [])
    data = THETA, np.zeros(3), found, np.random.default_rng(0)
    assert confirmed(problem, crossing, line, *data) is clear


@pytest.mark.parametrize(("part", "outside"), [(1e-4, False), (1e-3, True)])
def test_a_slope_is_outside_others_by_three_ten_thousandths_of_them(part, outside):
    for size in (1e-9, 1e9):
        for claimed, slopes in ((2.0 * (1.0 + part), [1.0, 2.0]), (-3.0 - 3.0 * part, [-3.0, 0.0])):
            assert _outside(size * np.array([slopes]), size * np.array([claimed]))[0] == outside


@pytest.mark.parametrize(("times", "seen"), [(10.0, True), (2.0, False)])
def test_a_cusp_is_seen_if_its_bend_is_four_times_its_noise(times, seen):
    """|t|^1.5 bends by √h: slower than a smooth function, whose bend falls as h."""
    bends = [(h, h**0.5, h**0.5 / times) for h in (1.0, 0.5, 0.25, 0.125)]
    assert Ladder._cusp(SimpleNamespace(_bends=bends)) == (0.125**0.5 if seen else 0.0)
    smooth = [(h, h, h / times) for h, _, _ in bends]
    assert Ladder._cusp(SimpleNamespace(_bends=smooth)) == 0.0


@pytest.mark.parametrize(("times", "loud"), [(100.0, True), (4.0, False)])
def test_values_are_loud_at_sixteen_times_the_rounding_at_theta(times, loud):
    ladder = SimpleNamespace(_floor=1e-16)
    ladder._loudest = [(0.5, 8.0 * times * 1e-16), (0.25, times * 1e-16)]
    assert Ladder._loud(ladder) == loud
    ladder._loudest = [(0.5, 2.0 * times * 1e-16), (0.25, times * 1e-16)]  # falls as the step
    assert not Ladder._loud(ladder)


@pytest.mark.parametrize(("bend", "kink"), [(1e-8, True), (1e-10, False)])
def test_a_bend_of_less_than_a_billionth_of_the_slope_is_no_kink(bend, kink):
    """t + b/2 |t| has slopes 1 ± b/2."""
    ladder = Ladder(0.0, 0.0, step=0.25, smallest=1e-9, ratio=2.0)
    while steps := ladder.wanted(expected=1.0, allowance=0.0):
        ladder.add([(t, t + bend / 2.0 * abs(t)) for t in steps])
    slope = ladder.slope()
    assert slope.kink == kink
    assert abs(slope.right - 1.0 - bend / 2.0) <= slope.bar
    assert kink or slope.bar >= bend / 2.0


@pytest.mark.parametrize(("part", "negligible"), [(4e-7, True), (4e-6, False)])
def test_a_slope_is_negligible_beside_one_that_is_a_million_times_as_steep(part, negligible):
    slope = Slope(0.0, part, 0.0, 0.0, secant=1.0)
    line = SimpleNamespace(analytic=part)
    assert Problem._negligible(line, slope) == negligible


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(("off", "status"), [(5e-7, "right"), (5e-6, "undecided")])
def test_the_outer_half_of_a_bar_confirms_nothing_but_what_is_a_millionth(off, status, sign):
    line = SimpleNamespace(analytic=sign * (1.0 + off), allowance=0.0)
    slope = Slope(sign, 1.2 * off, sign, sign)
    judged = SimpleNamespace(resolution=1e-3, _negligible=lambda line, slope: False)
    ladder = SimpleNamespace(is_flat=lambda step: False)
    assert Problem._status(judged, line, slope, ladder, False) == status
    near = SimpleNamespace(analytic=sign * (1.0 + off / 2.0), allowance=0.0)  # in the inner half
    assert Problem._status(judged, near, slope, ladder, False) == "right"


@pytest.mark.parametrize(("sigma", "same"), [(0.2, True), (0.05, False)])
def test_noise_at_two_spacings_is_the_same_to_a_factor_of_eight(sigma, same):
    rng = np.random.default_rng(0)
    level, settled = noise._believed(lambda t: sigma * rng.standard_normal(t.size), 1e-9, 1.0)
    assert settled == same
    assert (level == 1.0) == same


def departures(*jumps, rise=0.0):
    """f departs from its slope by each jump beyond its place, and by ``rise`` × t besides."""
    asked = []

    def probe(t):
        asked.append(t)
        return t, rise * t + sum(height * (t > place) for place, height in jumps)

    ladder = SimpleNamespace(slope=lambda: None, departure=lambda t, value, slope: abs(value))
    return ladder, probe, asked


@pytest.mark.parametrize(
    ("jumps", "beside", "rough"),
    [
        ([(0.01, 1.0)], 0.005, False),  # one jump
        ([(0.01, 1.0)], 0.02, True),  # so near that one is enough
        ([(0.01, 1.0), (0.05, 1.0)], 0.005, True),
        ([(0.01, 1.0), (0.05, 0.3)], 0.005, False),
        ([(0.01, 1.0), (0.05, -0.9)], 0.005, True),  # and back again
    ],
)
def test_stairs_jump_again_beyond(jumps, beside, rough):
    ladder, probe, _ = departures(*jumps)
    assert roughness._jumps(ladder, (0.005, 0.02), probe, beside, 0.0) == rough


def test_a_twentieth_of_a_departure_is_a_jump_and_a_thousandth_is_found_in_a_dozen_looks():
    ladder, probe, _ = departures((0.01, 0.05), (0.005, 0.95))
    assert roughness._jumps(ladder, (0.008, 0.012), probe, 0.02, 0.0)
    ladder, probe, asked = departures(rise=90.0)
    assert not roughness._jumps(ladder, (0.005, 0.012), probe, 0.02, 0.0)
    assert len(asked) <= 14


@pytest.mark.parametrize(("place", "found"), [(0.01, {0}), (0.05, set())])
def test_one_jump_is_beside_theta_within_a_fiftieth_of_the_first_step(place, found):
    ladder, probe, _ = departures((place, 1.0))
    for step in (1e-6, 1.0):
        rough = roughness.rough([ladder], {0: [(place / 2 * step, 2 * place * step)]}, {0},
                                lambda i, t, s=step: (t, probe(t / s)[1]), [step], 0.0)  # fmt: skip
        assert rough == found


def test_every_point_at_which_an_expression_is_differentiated_counts_once():
    x = Value(3.0)
    replay = _Replay(x * x, [x])
    for point, count in ((1.0, 1), (2.0, 2), (1.0, 2)):
        assert replay.gradient(np.array([point])).tolist() == [2.0 * point]
        assert replay.evaluations == count


def test_few_leaves_are_moved_one_by_one():
    leaves = [Value(0.1 * k) for k in range(15)]
    replay = _Replay(Value.sum(leaves), leaves)
    replay.__dict__["_tape"] = None
    assert np.allclose(replay.values(np.ones((2, 15))), 15.0)


def test_where_no_step_was_made_a_gradient_is_granted_its_noise_alone():
    asked = judge(lambda t: t, THETA, np.ones(3))
    asked.__dict__["_measured"] = np.zeros(3)
    (line,) = asked._finer([Line("", 1, None, 7.0, 0.0, 1.0, 0.0)], np.zeros(1))
    assert line.allowance == 0.0


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_row_of_a_jacobian_that_is_wrong_is_named(sign):
    matrix = np.arange(1.0, 7.0).reshape(3, 2)
    wrong = matrix.copy()
    wrong[2, 0] += sign
    check = check_gradient(lambda t: matrix @ t, wrong, np.array([0.5, 2.0]))
    assert any(slope.label == "F[2] by theta[0]" for slope in check.wrong)


def test_the_first_failure_beside_theta_is_told():
    failures = iter(["one", "two", "three"])

    def cost(theta):
        if theta[0] > 1.5:
            raise ArithmeticError(next(failures, "more"))
        return float(theta[0] ** 2)

    check = check_gradient(cost, lambda t: 2.0 * t, np.array([1.4]))
    (note,) = [note for note in check.notes if "failed" in note]
    assert "(first: ArithmeticError: one)" in note


@pytest.mark.parametrize(("off", "factor"), [([3.0, 3.0, 3.0], 3.0), ([3.0, 1.0, 1.0], None)])
def test_a_gradient_has_a_factor_only_if_every_slope_has_it(off, factor):
    theta = np.array([1.0, -2.0, 0.0])  # a slope of 0 fits every factor
    check = check_gradient(lambda t: float(np.sum(t**2)), lambda t: 2.0 * t * off, theta)
    assert check.outcome == "wrong"
    assert check.factor == (factor and pytest.approx(factor))


@pytest.mark.parametrize("value", [1j, "1.0", b"1", np.complex128(1.0)])
def test_a_cost_is_a_real_number_and_no_text(value):
    with pytest.raises(TypeError, match=r"^cost: got .*, expected one real number"):
        check_gradient(lambda t: value, np.ones(3), THETA)


@pytest.mark.parametrize(
    ("f", "claimed", "size", "smallest", "signal"),
    [
        (lambda t: t, 1.0, 0.0, 0.0, True),
        (lambda t: 0.03 * t, 1.0, 0.0, 0.0, False),  # moves by less than a hundredth of the noise
        (lambda t: 0.3 * t, 1.0, 0.0, 0.0, True),
        (lambda t: 0.0 * t, 1.0, 0.0, 0.0, False),  # a stair
        (lambda t: t, 0.0, 0.0, 0.0, False),  # makes no difference over any step
        (lambda t: t, 1e15, 1.0, 1.0, True),  # over 10⁻¹⁵ at 1, where floats are 2 · 10⁻¹⁶ apart
        (lambda t: t, 2e15, 1.0, 1.0, False),
        (lambda t: np.random.default_rng(0).normal(size=t.shape), 1.0, 0.0, 0.0, False),
    ],
)
def test_noise_may_be_a_signal_as_steep_as_is_claimed(f, claimed, size, smallest, signal):
    """Noise of 1 is all that a slope of 1 makes of a step of 1: closer by, a signal shows."""
    slope = Slope(0.0, 1.0, 0.0, 0.0)
    assert roughness.may_be_signal(slope, claimed, 1.0, 0.0, size, smallest, f) == signal
