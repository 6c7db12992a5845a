"""Noise is told from signal, and measured to a small factor."""

import math

import numpy as np
import pytest

from micrograd_bp import Value, check_expression
from micrograd_bp.checking.noise import (
    EPSILON,
    POSITIONS,
    noise_at,
    noise_of,
    precision,
    table_noise,
)


def noisy(sigma, f=np.exp, seed=0):
    rng = np.random.default_rng(seed)
    return lambda t: f(t) + sigma * rng.standard_normal(np.shape(t))


@pytest.mark.parametrize("shift", [1e6, 1e8, 1e10])
def test_an_expression_is_judged_to_what_its_steps_round(shift):
    """x + c loses digits of x that the value itself seems to have."""
    x = Value(0.7)
    check = check_expression(((x + shift) - shift).sin(), wrt=[x])
    (slope,) = check.parameters
    assert check.outcome == "right"
    assert abs(slope.analytic - math.cos(0.7)) < slope.error_bar < 1e-13 * shift


@pytest.mark.parametrize("sigma", [1e-300, 1e-12, 1.0, 1e300])
def test_seven_values_know_the_deviation_to_a_factor_of_about_two(sigma):
    tables = sigma * np.random.default_rng(0).standard_normal((7, 2000))
    noise, known = table_noise(tables)
    assert np.mean(known) > 0.8
    assert np.mean((noise > sigma / 3) & (noise < 3 * sigma)) > 0.9
    assert np.median(noise) == pytest.approx(sigma, rel=0.2, abs=0.0)


def test_of_smooth_values_only_the_roundings_are_noise():
    for spacing in (1e-3, 0.01, 0.1, 0.2):
        for f in (np.exp, np.sin, np.arctan, lambda t: t**3, lambda t: 1.0 / (2.0 + t)):
            noise, known = table_noise(f(spacing * POSITIONS))
            assert not known or noise < 10 * EPSILON


@pytest.mark.parametrize("sigma", [1e-13, 1e-10, 1e-6, 1e-3])
def test_the_noise_of_a_function_is_found_at_whatever_level(sigma):
    found = np.array([noise_of(noisy(sigma, seed=seed)) for seed in range(20)])
    assert np.all((found > sigma / 4) & (found < 4 * sigma))


@pytest.mark.parametrize("k", [1.0, 30.0, 1e3])
def test_of_a_smooth_function_only_its_roundings_are_noise(k):
    found = noise_of(lambda t: 2.0 + np.sin(k * t + 0.3))
    assert found < 100 * EPSILON


def test_what_stands_still_has_no_noise():
    assert noise_of(lambda t: np.full(t.shape, 7.0)) == 0.0
    assert noise_of(lambda t: np.full(t.shape, np.nan)) == 0.0


@pytest.mark.parametrize("height", [1e-9, 1e-6])
def test_stairs_have_the_noise_of_their_height(height):
    """Rounding to multiples of q: uniform errors, of deviation q/√12; some lines are lucky."""
    slopes = np.random.default_rng(0).uniform(0.5, 2.0, 30)
    found = [noise_of(lambda t, k=k: height * np.floor((1.0 + k * t) / height)) for k in slopes]
    assert np.mean([height / 40 < noise < 4 * height for noise in found]) > 0.7


def test_within_a_step_the_quieter_side_counts():
    sigma = 1e-9
    rng = np.random.default_rng(0)

    def f(t):
        return np.exp(t) + np.where(t > 0.05, 1e-3, 0.0) + sigma * rng.standard_normal(t.shape)

    assert noise_at(f, 0.1, sigma) < 10 * sigma  # the left
    assert noise_at(f, 0.1, 1e-3) > 1e-5  # so much was expected: one side is enough
    assert noise_at(noisy(1e-6), 0.1, 1e-9) == pytest.approx(1e-6, rel=2.0)
    assert noise_at(lambda t: np.full(t.shape, np.nan), 0.1, 1.0) == math.inf


@pytest.mark.parametrize(
    ("number", "unit"),
    [
        (1 + 2.0**-23, 2.0**-23),  # the last place of float32
        (1 + 2.0**-24, 2.0**-52),
        (1 + 2.0**-16, 2.0**-23),
        (1 + 2.0**-15, 2.0**-52),  # sixteen bits prove nothing
        (7.0, 2.0**-52),
        (0.1, 2.0**-52),
        (float(np.float32(0.1)), 2.0**-23),
    ],
)
def test_float32_is_known_by_the_length_of_its_numbers(number, unit):
    assert precision([number, 3.0, 0.0, np.inf]) == unit
