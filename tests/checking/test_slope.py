"""The slope along a line: its error bar holds, and is not a hundred times too wide."""

import math

import numpy as np
import pytest

from micrograd_bp.checking.slope import Ladder, Slope


def climbed(f, *, noise=0.0, step=0.25, smallest=1e-9, ratio=2.1, expected=0.0, blur=0.0):
    """The ladder over f after all that it asked for."""
    ladder = Ladder(f(0.0), noise, step=step, smallest=smallest, ratio=ratio, blur=blur)
    while steps := ladder.wanted(expected, 0.0):
        ladder.add([(t, f(t)) for t in steps])
    return ladder


def shares(cases):
    """Of each (f, f'(0), options): the error of the slope over its bar."""
    found = [(climbed(f, expected=d, **options).slope(), d) for f, d, options in cases]
    return [abs(slope.value - d) / slope.bar for slope, d in found]


def test_the_bar_of_truncation_is_one_and_not_a_hundred_times_too_wide():
    """The ladder ends long before rounding shows."""
    cases = []
    for k in (0.7, 1.0, 1.9, 3.1):
        for smallest in (0.02, 0.008, 0.003):
            options = {"smallest": smallest}
            cases += [
                (lambda t, k=k: math.exp(k * t), k, options),
                (lambda t, k=k: math.sin(k * t) + math.cos(k * t), k, options),
                (lambda t, k=k: math.atan(k * t), k, options),
                (lambda t, k=k: 1.0 / (1.0 + math.exp(-1.0 - 2.0 * k * t)), 0.39322386648296 * k,
                 options),
            ]  # fmt: skip
    found = shares(cases)
    assert max(found) <= 1.0
    assert max(found) > 0.02


def test_the_bar_of_noise_is_one_and_not_a_hundred_times_too_wide():
    rng = np.random.default_rng(0)
    cases = [
        (
            lambda t, s=s: math.exp(t) + s * rng.standard_normal(),
            1.0,
            {"noise": s, "smallest": 0.02},
        )
        for s in (1e-3, 1e-6, 1e-9)
        for _ in range(60)
    ]
    found = shares(cases)
    assert np.quantile(found, 0.95) <= 1.0
    assert max(found) > 0.1


def test_the_bar_of_the_last_rounding_is_one_and_not_a_hundred_times_too_wide():
    rng = np.random.default_rng(1)
    found = shares(
        [
            (lambda t, a=a, b=b: a * math.sin(b + t) + 3.0, a * math.cos(b), {"ratio": r})
            for a, b, r in rng.uniform([0.5, -1.0, 1.85], [2.0, 1.0, 2.15], (150, 3)).tolist()
        ]
    )
    assert max(found) <= 1.0
    assert max(found) > 0.05


def test_where_theta_itself_is_rounded_the_bar_knows():
    rng = np.random.default_rng(2)
    blur = 1e-7
    found = [
        (climbed(lambda t: math.exp(t + blur * rng.standard_normal()), blur=blur, expected=1.0))
        for _ in range(60)
    ]
    bars = [ladder.slope().bar for ladder in found]
    errors = [abs(ladder.slope().value - 1.0) for ladder in found]
    assert np.mean(np.array(errors) <= bars) > 0.9
    assert max(np.array(errors) / bars) > 0.05


def test_a_straight_line_is_known_after_five_steps():
    """An agreement of fewer may be chance; more tell nothing new."""
    ladder = climbed(lambda t: 2.0 + 3.0 * t, noise=1e-3, expected=3.0)
    assert 5 <= len(ladder.right) <= 12
    assert abs(ladder.slope().value - 3.0) <= ladder.slope().bar


@pytest.mark.parametrize("jump", [2.0, 1e-3, 1e-6])
def test_a_kink_has_two_slopes(jump):
    slope = climbed(lambda t: math.exp(t) + jump * max(t, 0.0), expected=1.0).slope()
    assert slope.kink
    assert slope.left == pytest.approx(1.0, abs=1e-2 * jump)
    assert slope.right == pytest.approx(1.0 + jump, abs=1e-2 * jump)


def test_what_is_smooth_has_no_kink_however_much_it_bends():
    for k in (1.0, 30.0, -1e3, 1e6):
        slope = climbed(lambda t, k=k: t + k * t**2, expected=1.0).slope()
        assert not slope.kink
        assert abs(slope.value - 1.0) <= slope.bar


def test_the_order_is_that_of_the_remainder_where_it_stands_above_the_noise():
    """t² is 200 bounds of noise at the third step, and below one from the sixth on."""
    rng = np.random.default_rng(3)
    sigma = 4e-6

    def f(t):
        return 1.0 + t + t**2 + sigma * rng.uniform(-1.0, 1.0)

    orders = [climbed(f, noise=sigma).taylor_order(1.0, 0.0) for _ in range(20)]
    assert all(order is not None and abs(order - 2.0) < 0.05 for order in orders)
    wrong = [climbed(f, noise=sigma).taylor_order(51.0, 0.0) for _ in range(20)]
    assert all(order is not None and abs(order - 1.0) < 0.05 for order in wrong)
    assert climbed(f, noise=1e-3).taylor_order(1.0, 0.0) is None


@pytest.mark.parametrize(("slope", "near"), [(1.0, True), (1.05, True), (1.3, False), (-1, False)])
def test_a_staircase_rises_as_its_slope_farther_out(slope, near):
    ladder = climbed(lambda t: math.floor(t / 1e-4) * 1e-4, smallest=1e-3)
    assert ladder.has_farther_out(slope, Slope(0.0, 0.0, 0.0, 0.0, step=1e-3)) == near
    assert not ladder.has_farther_out(slope, Slope(0.0, 0.0, 0.0, 0.0, step=1.0))


def test_level_is_what_stands_still_and_would_show_a_slope():
    """Below a kink at 0.1 the cost stands still; where its rounding hides it, any cost does."""
    kinked = climbed(lambda t: 1.0 + max(abs(t) - 0.1, 0.0), smallest=1e-3)
    assert kinked.is_level(1e-3)
    assert not kinked.is_flat()
    assert not kinked.is_level(1e-16)
    assert not climbed(lambda t: 1.0 + t).is_level(1e-3)
    hidden = climbed(lambda t: 1.0 + (t * math.log(t) if t > 0.0 else math.nan), smallest=1e-30)
    assert not hidden.is_level(1e-3)


@pytest.mark.parametrize("side", [1, -1])
def test_a_jump_of_slope_beside_the_point_is_abrupt_and_a_smooth_bend_is_not(side):
    """A kink at 1e-3: what departs from the slope there is linear, not of a high order."""
    near, far = climbed(lambda t: math.exp(t) + max(side * t - 1e-3, 0.0), expected=1.0).abrupt()
    assert abs(near) <= 1e-3 < abs(far) <= 5e-3
    for smooth in (math.exp, math.atan, lambda t: math.cos(20.0 * t), lambda t: t**7):
        assert climbed(smooth).abrupt() is None
