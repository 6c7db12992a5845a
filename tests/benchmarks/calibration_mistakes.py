"""How often is a right gradient called wrong, a mistake missed, or misnamed? By check_backprop.

On the random networks of calibration.py, each with its own data:

- right gradients by code that shares nothing with the package (two files of tests/students),
- one planted mistake: by a student's file where one of them runs on any network, else by the
  catalogue's formula in extended precision, so that the rounding is never the same,
- two planted mistakes in different steps,
- unknown mistakes: noise on a right or on a known wrong gradient, and formulas that the
  catalogue does not hold.

    python tests/benchmarks/calibration_mistakes.py
    python tests/benchmarks/calibration_mistakes.py --networks 100 --unknown 20
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
from calibration import NetworkCase, random_network_case

from micrograd_bp import backprop_gradient, check_backprop, reshape, unroll
from micrograd_bp.comparison.rounding import rounding_bounds
from micrograd_bp.grading.catalogue import MISTAKES, Mistake, Steps, pairs

Array = np.ndarray
Function = Callable[..., list[Array]]
STUDENTS = Path(__file__).parent.parent / "students"
PREFIX = "def backprop(thetas, X, Y, lambda_)", "def gradient(thetas, X, Y, lam)"
PREFIX += ("def backpropagation(weights, X, Y, reg)",)


def student_functions() -> dict[str, list[Function]]:
    """The students' functions that run on any network, by the mistake that they make."""
    found: dict[str, list[Function]] = {}
    for path in sorted(STUDENTS.glob("*.py")):
        text = path.read_text()
        if path.stem in ("endless", "crashes", "prints_garbage") or not any(
            p in text for p in PREFIX
        ):
            continue
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        name = next(n for n in ("backprop", "gradient", "backpropagation") if hasattr(module, n))
        found.setdefault(text.partition("\n")[0][2:], []).append(getattr(module, name))
    return found


def extended(steps: Steps | Mistake) -> Function:
    """The steps carried out in extended precision and rounded once, at the end."""

    def gradient(thetas: list[Array], X: Array, Y: Array, lambda_: float) -> list[Array]:
        wide = [theta.astype(np.longdouble) for theta in thetas]
        D = steps.gradient(wide, X.astype(np.longdouble), Y.astype(np.longdouble), lambda_)
        return [d.astype(float) for d in D]

    return gradient


def submission(function: Function, case: NetworkCase, as_vector: bool) -> dict[str, object]:
    """What a user would hand in for the case: a function of (thetas, X, Y, lambda_) or (theta)."""
    if not as_vector:
        chosen = function
    else:

        def chosen(theta: Array) -> Array:
            thetas = reshape(theta, case.net.shapes)
            return unroll(function(thetas, case.X, case.Y, case.lambda_))

    return {"function": chosen, "net": case.net, "X": case.X, "Y": case.Y, "lambda_": case.lambda_}


def tolerances(case: NetworkCase) -> Array:
    return unroll(rounding_bounds(case.net, case.X, case.Y, case.lambda_).D)


def differs(case: NetworkCase, one: list[Array], other: list[Array]) -> bool:
    """Whether two gradients differ by more than ten times what rounding explains."""
    if [d.shape for d in one] != [d.shape for d in other]:
        return True
    a, b = unroll(one), unroll(other)
    if a.shape != tolerances(case).shape:
        return bool(np.max(np.abs(a - b)) > 10 * tolerances(case).max())
    largest = max(1.0, np.abs(b).max() / np.abs(unroll(case_D(case))).max())
    return bool(np.any(np.abs(a - b) > 10 * largest * tolerances(case)))


def case_D(case: NetworkCase) -> list[Array]:
    return backprop_gradient(case.net, case.X, case.Y, case.lambda_).D


def right(networks: int, rng: np.random.Generator) -> None:
    functions = [*student_functions()["none: this one is right"], extended(Steps())]
    alarms = 0
    for _ in range(networks):
        case = random_network_case(rng)
        for function in functions:
            diagnosis = check_backprop(**submission(function, case, bool(rng.integers(2))))
            alarms += not diagnosis.passed
    print(f"right gradients     {networks * len(functions):6d}   false alarms {alarms}")


def planted(networks: int, rng: np.random.Generator) -> None:
    students = student_functions()
    # read and written row by row is a way to bind θ, and right
    names = [name for name in MISTAKES if name != "rows first in both directions"]
    tried = caught = listed = first = told_apart = first_told_apart = by_students = 0
    while tried < networks:
        case = random_network_case(rng)
        mistake = MISTAKES[names[rng.integers(len(names))]]
        theirs = attempt(mistake, case)
        if theirs is None:
            continue  # cannot be made with these sizes
        as_vector = mistake.form == "vector" or (mistake.form is None and bool(rng.integers(2)))
        if not differs(case, case_D(case), theirs):
            continue  # these data cannot show it
        tried += 1
        choice = students.get(mistake.name, [])
        function = choice[rng.integers(len(choice))] if choice else extended(mistake)
        by_students += bool(choice)
        diagnosis = check_backprop(**submission(function, case, as_vector))
        caught += not diagnosis.gradient_passed
        found = [finding.parts for finding in diagnosis.mistakes]
        is_first = found[:1] == [(mistake.name,)]
        listed += (mistake.name,) in found
        first += is_first
        if not has_double(mistake, theirs, case, as_vector):
            told_apart += 1
            first_told_apart += is_first
        if (mistake.name,) not in found:
            print("  missing:", mistake.name, case.net, f"m = {len(case.X)}", found)
    print(
        f"one mistake         {tried:6d}   caught {caught / tried:.1%}   among those named "
        f"{listed / tried:.1%}   right name first {first / tried:.1%}; of the {told_apart} that "
        f"the data tell apart from all others {first_told_apart / told_apart:.1%}   "
        f"({by_students} by student files)"
    )


def attempt(mistake: Mistake, case: NetworkCase) -> list[Array] | None:
    """The mistake's gradient; None if it cannot be made with the network's sizes."""
    try:
        with np.errstate(all="ignore"):
            D = extended(mistake)(case.net.thetas, case.X, case.Y, case.lambda_)
    except (ValueError, IndexError):
        return None
    return D if all(np.all(np.isfinite(d)) for d in D) else None


def has_double(mistake: Mistake, theirs: list[Array], case: NetworkCase, as_vector: bool) -> bool:
    """Whether another mistake of the catalogue gives the same numbers on these data."""
    form = "vector" if as_vector else "matrices"
    others = [
        attempt(other, case)
        for other in MISTAKES.values()
        if other is not mistake and other.form in (None, form)
    ]
    return any(D is not None and not differs(case, D, theirs) for D in others)


def two_planted(count: int, rng: np.random.Generator) -> None:
    choices = pairs([m for m in MISTAKES.values() if m.form is None])
    tried = caught = explained = 0
    while tried < count:
        case = random_network_case(rng)
        one, two, steps = choices[rng.integers(len(choices))]
        arguments = case.net.thetas, case.X, case.Y, case.lambda_
        try:
            with np.errstate(all="ignore"):
                theirs = extended(steps)(*arguments)
                alone = [extended(mistake)(*arguments) for mistake in (one, two)]
        except (ValueError, IndexError):
            continue
        if not all(differs(case, other, theirs) for other in [case_D(case), *alone]):
            continue
        tried += 1
        diagnosis = check_backprop(**submission(extended(steps), case, False))
        caught += not diagnosis.gradient_passed
        found = [set(finding.parts) for finding in diagnosis.mistakes]
        explained += {one.name, two.name} in found
    print(f"two mistakes        {tried:6d}   caught {caught / tried:.1%}   "
          f"both named {explained / tried:.1%}")  # fmt: skip


def g(z: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-z))


UNKNOWN = {
    "g' as its square root": {"slope": lambda z, a, l: np.sqrt(a[l] * (1 - a[l]))},
    "g' squared": {"slope": lambda z, a, l: (a[l] * (1 - a[l])) ** 2},
    "g' of a wider sigmoid": {"slope": lambda z, a, l: g(z[l] / 2) * (1 - g(z[l] / 2))},
    "δ clipped": {"output_delta": lambda h, Y: np.clip(h - Y, -0.3, 0.3)},
    "δ cubed": {"output_delta": lambda h, Y: (h - Y) ** 3},
    "δ of the classes weighted": {
        "output_delta": lambda h, Y: (h - Y) * np.arange(1.0, 1.0 + h.shape[1]) * 1.1
    },
    "a squared": {"inputs": lambda z, a, l: np.insert(a[l] ** 2, 0, 1.0, axis=1)},
    "inputs centred": {"inputs": lambda z, a, l: np.insert(a[l] - 0.5, 0, 1.0, axis=1)},
    "divided by m + 0.7": {"average": lambda Delta, m, K: Delta / (m + 0.7)},
    "divided by √m": {"average": lambda Delta, m, K: Delta / (1.1 * np.sqrt(m))},
    "θ³ regularized": {
        "regularized": lambda T: np.insert(T[:, 1:] ** 3, 0, 0.0, axis=1),
        "rate": lambda lambda_, m: (lambda_ + 0.1) / m,
    },
    "|θ| regularized": {
        "regularized": lambda T: np.insert(np.sign(T[:, 1:]), 0, 0.0, axis=1),
        "rate": lambda lambda_, m: (lambda_ + 0.1) / m,
    },
}


def unknown(count: int, rng: np.random.Generator) -> None:
    formulas = [Steps(**steps) for steps in UNKNOWN.values()]
    known = [mistake for mistake in MISTAKES.values() if mistake.form is None]
    tried = caught = named = 0
    while tried < count:
        case = random_network_case(rng)
        arguments = case.net.thetas, case.X, case.Y, case.lambda_
        if rng.integers(2):
            D = formulas[rng.integers(len(formulas))].gradient(*arguments)
        else:
            base = known[rng.integers(len(known))] if rng.integers(2) else Steps()
            try:
                with np.errstate(all="ignore"):
                    D = base.gradient(*arguments)
            except (ValueError, IndexError):
                continue
            size = 10.0 ** rng.uniform(-9, 0)
            D = [d * (1.0 + size * rng.standard_normal(d.shape)) for d in D]
        if any(not differs(case, D, other) for other in reproducible(case)):
            continue  # no unknown mistake after all: as on these data a known one
        tried += 1
        diagnosis = check_backprop(**submission(lambda thetas, X, Y, lam, D=D: D, case, False))
        caught += diagnosis.outcome != "right"  # the least noise leaves it nearly right
        # on one set of data, Δ / (m + 0.7) is a factor times Δ / m: told as a factor, it is true
        parts = [part for finding in diagnosis.mistakes for part in finding.parts]
        wrong = [part for part in parts if "stray factor" not in part]
        named += bool(wrong)
        if wrong:
            print("  misnamed:", case.net, len(case.X), diagnosis.mistakes[0].name)
    print(f"unknown mistakes    {tried:6d}   caught {caught / tried:.1%}   misnamed {named}")


def reproducible(case: NetworkCase) -> list[list[Array]]:
    """The right gradient and those of all single mistakes."""
    found = [case_D(case)]
    for mistake in MISTAKES.values():
        try:
            with np.errstate(all="ignore"):
                found.append(mistake.gradient(case.net.thetas, case.X, case.Y, case.lambda_))
        except (ValueError, IndexError):
            continue
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Calibration of check_backprop")
    parser.add_argument("--networks", type=int, default=1000)
    parser.add_argument("--unknown", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    np.seterr(over="ignore")  # the students' sigmoids overflow to the right value
    rng = np.random.default_rng(args.seed)
    right(args.networks, rng)
    planted(args.networks, rng)
    two_planted(args.unknown, rng)
    unknown(args.unknown, rng)


if __name__ == "__main__":
    main()
