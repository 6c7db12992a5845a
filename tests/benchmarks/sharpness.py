"""How narrow are the error bars of slopes, and do they hold?

The 16 problems of the ``numericalderivative`` package (Baudin), each at 41 points of its
interval, with the derivative on paper that the package states. A bar holds if that is inside, up
to 4 ulp of its own rounding. Beside ``check_gradient`` stand numdifftools and SciPy's
``differentiate.derivative``, each with the error that it estimates itself.

    python tests/benchmarks/sharpness.py

Needs numericalderivative, numdifftools and scipy (the bench extra).
"""

from __future__ import annotations

import argparse
import math
import warnings
from collections.abc import Callable

import numdifftools
import numericalderivative
import numpy as np
from scipy.differentiate import derivative

from micrograd_bp import check_gradient

Function = Callable[[float], float]
Estimate = tuple[float, float]  # the slope, and its error bar
ROUNDING = 4.0 * np.finfo(float).eps


def real(f: Function) -> Function:
    """NaN where f has no real value, as outside the domain of a root."""

    def value(x: float) -> float:
        try:
            found = f(x)
        except (ValueError, ZeroDivisionError, OverflowError):
            return math.nan
        return math.nan if isinstance(found, complex) else float(found)

    return value


def ours(f: Function, x: float, slope: float) -> Estimate:
    check = check_gradient(lambda t: f(float(t[0])), lambda t: [slope], [x], directions=0)
    (found,) = check.parameters
    return found.numeric, found.error_bar


def by_numdifftools(f: Function, x: float, _: float) -> Estimate:
    found = numdifftools.Derivative(lambda t: f(float(t)), full_output=True)(x)
    return float(found.estimate), float(np.max(found.error_estimate))


def by_scipy(f: Function, x: float, _: float) -> Estimate:
    found = derivative(np.vectorize(f, otypes=[float]), x)
    return float(found.df), float(found.error)


JUDGES: dict[str, Callable[[Function, float, float], Estimate]] = {
    "micrograd_bp": ours,
    "numdifftools": by_numdifftools,
    "SciPy differentiate": by_scipy,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=41)
    points = parser.parse_args().points
    held: dict[str, list[bool]] = {name: [] for name in JUDGES}
    bars: dict[str, list[float]] = {name: [] for name in JUDGES}
    for problem in numericalderivative.build_benchmark():
        f, slope_of = real(problem.get_function()), problem.get_first_derivative()
        low, high = problem.get_interval()
        for x in np.linspace(low, high, points + 2)[1:-1].tolist():
            slope = float(slope_of(x))
            for name, judge in JUDGES.items():
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    value, bar = judge(f, x, slope)
                held[name].append(bool(abs(value - slope) <= bar + ROUNDING * abs(slope)))
                if slope != 0.0:
                    bars[name].append(bar / abs(slope))
    print(f"{'':20} {'bar holds':>14} {'median relative bar':>22}")
    for name in JUDGES:
        share = f"{sum(held[name])} of {len(held[name])}"
        print(f"{name:20} {share:>14} {np.nanmedian(bars[name]):>22.1e}")


if __name__ == "__main__":
    main()
