"""The proof: the graph and the matrix formulas in ball arithmetic, overlapping or disjoint.

Both derivations run on balls, which are certain to hold the exact result of their formulas at
this θ and these examples. For each parameter the two balls either overlap, and then the formulas
agree to as many digits as the balls are narrow; or they are disjoint, and then the formulas
contradict each other: that is proved, and no tolerance had a part in it. Balls that overlap but
are too wide to say much, and balls that are disjoint, are computed again with more bits.

What floating point makes of the same formulas is then held against the balls: the error of each
method is known, not estimated, in units in the last place, and has to stay within the bound of
``rounding.py``. The cost alone is the third witness (``witness.py``).

The proof covers the formulas at this θ and these examples. It does not cover another θ, and it
relies on FLINT.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..gradients import Gradient
from ..network.sigmoid import SigmoidNetwork, unroll
from ..network.symbols import symbol
from ..scalar.balls import precision
from ..support.validation import Array
from .derivations import Derivation, in_balls
from .rounding import RoundingBounds, rounding_bounds, rounding_of_estimate
from .witness import Witness, relative_distance

__all__ = [
    "ENOUGH_DIGITS",
    "PRECISIONS",
    "Proof",
    "Ulps",
    "affordable_examples",
    "affordable_moves",
    "digits_of",
    "least",
    "prove",
]

# The precisions in turn, in bits. The first is two words of a machine, more than twice the digits
# of a float. A saturated unit has h − y as small as floats go, 2⁻¹⁰²² and below: the last has 250
# bits more than that.
PRECISIONS = (128, 384, 1280)
ENOUGH_DIGITS = 15  # a float has no more: what agrees so far is agreed
FAR_MORE = 1e3  # how much farther from the cost than the other the one to blame is

# How much is done by default: about a second. The times were measured on iris, digits and
# 400-25-10; they decide how much is proved, never what is right.
SECONDS = 0.7
SECONDS_PER_WEIGHT = 3e-6  # of one example in both derivations
SECONDS_PER_UNIT = 2e-5
LARGEST_SECONDS = 2.0  # for one example: above it nothing is proved unless it is asked for
WITNESS_SECONDS = 0.4
SECONDS_PER_LOSS = 2e-6  # of moving one unit, in one example, for one value of the cost
SECONDS_PER_PRODUCT = 3e-7


class Ulps(NamedTuple):
    """Errors of one method in floating point, in units in the last place of the exact result."""

    largest: float
    median: float


@dataclass(frozen=True)
class Proof:
    """What balls prove of the gradients; arrays have an entry for each parameter of unrolled θ."""

    bits: int  # of the balls that the verdict rests on
    examples: int  # that they cover
    digits: int  # to how many decimal digits the two derivations agree, the least of all
    contradictions: tuple[str, ...]  # what is disjoint: names of parameters, of δ, or "J"
    ulps: dict[str, Ulps]  # by method, of ∂J/∂θ in floating point
    misfits: tuple[str, ...]  # floats farther from their ball than rounding goes, with the method
    blamed: str | None  # the method that the cost contradicts, where it is one of the two
    witness_digits: int  # to how many digits the difference of the cost agrees, the least
    parameter_digits: Array = field(repr=False)  # NaN where a ball has no bounds
    errors: dict[str, Array] = field(repr=False)  # by method, in ulp; NaN: not asked
    truncation: Array = field(repr=False)  # of the two-sided difference at ε; NaN: not asked
    rounding: Array = field(repr=False)  # of its estimate in floating point

    @property
    def proved(self) -> npt.NDArray[np.bool_]:
        """Which parameters are proved: both derivations agree to 15 digits or more."""
        return np.asarray(self.parameter_digits >= ENOUGH_DIGITS)


def affordable_examples(net: SigmoidNetwork, m: int) -> int:
    """How many of m examples are proved by default: as many as about a second allows.

    An estimate from the size of the network, so that the answer is the same everywhere;
    0 where one example alone would take long.
    """
    one = SECONDS_PER_WEIGHT * net.theta.size + SECONDS_PER_UNIT * sum(net.sizes)
    return min(m, max(1, int(SECONDS / one))) if one <= LARGEST_SECONDS else 0


def affordable_moves(net: SigmoidNetwork, m: int) -> int:
    """For how many parameters the cost of m examples is asked by default, at least one."""
    seconds = 0.0
    for l, theta in enumerate(net.thetas):
        moved = 1 + sum(net.sizes[l + 2 :])
        products = sum(later.size for later in net.thetas[l + 1 :])
        seconds += theta.size * (SECONDS_PER_LOSS * moved + SECONDS_PER_PRODUCT * products)
    mean = 4 * m * seconds / net.theta.size  # two steps, each to both sides
    return max(1, int(WITNESS_SECONDS / mean))


def prove(
    net: SigmoidNetwork,
    X: Array,
    Y: Array,
    lambda_: float,
    epsilon: float,
    floats: Sequence[Gradient],
    asked: npt.NDArray[np.intp],
) -> Proof:
    """Hold graph against matrix formulas on balls, and all three methods' floats against them.

    ``floats`` are the results of autodiff, backprop and the numerical estimate for these
    examples; ``asked`` are the parameters about which the cost is asked.
    """
    bits, derivations, digits, contradictions, disputed = _compared(net, X, Y, lambda_)
    bounds = rounding_bounds(net, X, Y, lambda_)
    errors: dict[str, Array] = {}
    misfits: list[str] = []
    with precision(bits):
        for method, derivation in zip(floats[:2], derivations, strict=True):
            errors[method.method] = _ulps(method.vector, derivation.gradient)
            misfits += _misfits(net, method, derivation, bounds)

    asked = np.union1d(asked, np.array(disputed[:1], dtype=np.intp))
    witness = Witness(net, X, Y, lambda_, epsilon, asked)
    numerical = floats[2]
    truncation, rounding, errors["numerical"] = np.full((3, net.theta.size), np.nan)
    with precision(bits):
        truncation[asked], rounding[asked] = witness.split(numerical.vector)
        errors["numerical"][asked] = _ulps(numerical.vector[asked], witness.slopes)
        off = np.abs(rounding) > rounding_of_estimate(net, X, Y, lambda_, epsilon).error
        misfits += [f"numerical: {net.parameter_name(int(p))}" for p in np.flatnonzero(off)]
        distances = [witness.distances(derivation.gradient) for derivation in derivations]
    if not disputed:  # both formulas agree: on what is the slope of J?
        denied = witness.denied(derivations[0].gradient)
        contradictions += [net.parameter_name(p) for p in sorted(denied)]
    nearest = np.fmin(*distances)
    return Proof(
        bits=bits,
        examples=len(X),
        digits=least(digits),
        contradictions=tuple(dict.fromkeys(contradictions)),
        ulps={name: _summary(found) for name, found in errors.items()},
        misfits=tuple(misfits),
        blamed=_blamed(distances, np.isin(asked, disputed)) if disputed else None,
        witness_digits=least(_digits(nearest, bits)),
        parameter_digits=digits,
        errors=errors,
        truncation=truncation,
        rounding=rounding,
    )


def _compared(
    net: SigmoidNetwork, X: Array, Y: Array, lambda_: float
) -> tuple[int, tuple[Derivation, Derivation], Array, list[str], list[int]]:
    """Both derivations with as many bits as it takes, and where they contradict each other."""
    found_before = False
    for bits in PRECISIONS:
        with precision(bits):
            graph, matrices = derivations = in_balls(net, X, Y, lambda_)
            digits = digits_of(graph.gradient, matrices.gradient, bits)
            disputed = _disjoint(graph.gradient, matrices.gradient)
            contradictions = [net.parameter_name(p) for p in disputed]
            contradictions += list(_disjoint_deltas(graph, matrices))
            if not graph.cost.overlaps(matrices.cost):
                contradictions.append("J")
        if found_before or (not contradictions and np.all(digits >= ENOUGH_DIGITS)):
            break
        found_before = bool(contradictions)
    disputed.sort(key=lambda p: digits[p])
    return bits, derivations, digits, contradictions, disputed


def digits_of(a: Any, b: Any, bits: int) -> Array:
    """To how many decimal digits the balls of two arrays agree, one by one."""
    pairs = zip(a, b, strict=True)
    return _digits(np.array([relative_distance(x, y) for x, y in pairs]), bits)


def _digits(relative: Array, bits: int) -> Array:
    """How many decimal digits a relative distance leaves, no more than the bits hold."""
    with np.errstate(divide="ignore"):
        found = np.floor(-np.log10(relative))
    return np.asarray(np.clip(found, 0, math.floor(bits * math.log10(2.0))))


def least(digits: Array) -> int:
    """The least number of digits; it is 0 where one of them is not known."""
    return int(np.nan_to_num(digits).min())


def _disjoint(a: Any, b: Any) -> list[int]:
    return [i for i, (x, y) in enumerate(zip(a, b, strict=True)) if not x.overlaps(y)]


def _disjoint_deltas(graph: Derivation, matrices: Derivation) -> Iterator[str]:
    for layer, (a, b) in enumerate(zip(graph.deltas, matrices.deltas, strict=True), start=1):
        if a is not None and b is not None:
            places = _disjoint(a.T.ravel(), b.T.ravel())  # unit after unit
            for unit in dict.fromkeys(place // len(a) for place in places):
                yield symbol("δ", unit + 1, layer=layer)


def _distances(floats: Array, balls: Any) -> Array:
    """By how much each float is off its exact value, at most; NaN where nothing is known."""
    pairs = zip(floats.tolist(), balls, strict=True)
    return np.array([float((ball - x).abs_upper()) for x, ball in pairs])


def _ulps(floats: Array, balls: Any) -> Array:
    exact = np.array([float(ball.mid()) for ball in balls])
    with np.errstate(over="ignore"):  # where the exact value is 0, its last place is 5e-324
        errors = _distances(floats, balls) / np.spacing(np.abs(exact))
    return np.asarray(np.minimum(errors, np.finfo(np.float64).max))


def _summary(errors: Array) -> Ulps:
    known = errors[~np.isnan(errors)]
    return Ulps(float(known.max()), float(np.median(known))) if known.size else Ulps(0.0, 0.0)


def _misfits(
    net: SigmoidNetwork, method: Gradient, derivation: Derivation, bounds: RoundingBounds
) -> Iterator[str]:
    """What a method's floats say that its rounding does not explain."""
    off = _distances(method.vector, derivation.gradient) > unroll(bounds.D)
    for p in np.flatnonzero(off):
        yield f"{method.method}: {net.parameter_name(int(p))}"
    assert method.deltas is not None
    layers = zip(method.deltas, derivation.deltas, bounds.deltas, strict=True)
    for layer, (floats, balls, bound) in enumerate(layers, start=1):
        if floats is not None and balls is not None and bound is not None:
            off = _distances(floats.ravel(), balls.ravel()) > bound.ravel()
            for unit in np.unique(np.flatnonzero(off) % floats.shape[1]):
                yield f"{method.method}: {symbol('δ', int(unit) + 1, layer=layer)}"
    if (derivation.cost - method.cost).abs_lower() > bounds.cost:
        yield f"{method.method}: J"


def _blamed(distances: Sequence[Array], disputed: npt.NDArray[np.bool_]) -> str | None:
    """The derivation that is far more distant from the cost's own slope than the other."""
    by_graph, by_matrices = (float(np.nanmax(found[disputed])) for found in distances)
    if by_graph > FAR_MORE * by_matrices:
        return "autodiff"
    return "backprop" if by_matrices > FAR_MORE * by_graph else None
