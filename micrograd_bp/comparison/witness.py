"""The third witness: differences of the cost alone, in ball arithmetic, where ε may be tiny.

No derivative is written anywhere in this file. In balls (J(θ + ε) − J(θ − ε)) / 2ε loses nothing
that more bits do not give back, so with ε = 2⁻⁴⁰ its truncation ε²/6 J''' has some 25 digits
before it. Where the difference is not within rounding of a gradient, ε is squared and the bits
with it: truncation falls with ε², and what does not fall is no truncation.

The forward pass and the cost are written out here once more, as everywhere that two results are
to be independent of each other; what one weight leaves alone is computed once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..network.sigmoid import SigmoidNetwork
from ..scalar.balls import ball_array, precision
from ..support.validation import Array

__all__ = ["Witness", "relative_distance"]

Numbers = npt.NDArray[Any]

BITS = 128  # two words of a machine
EXPONENTS = (40, 80, 160, 320)  # ε = 2⁻⁴⁰ at first
ROUNDING = 2.0**-53
REPEATED = 8  # parameters, the most suspicious, that are looked at with the smaller steps
SMALLEST = 2.0**-1022  # distances are relative to this where a derivative is smaller: no float is


class Witness:
    """The slopes of J along the parameters ``asked``, from values of J alone."""

    def __init__(
        self,
        net: SigmoidNetwork,
        X: Array,
        Y: Array,
        lambda_: float,
        epsilon: float,
        asked: npt.NDArray[np.intp],
    ) -> None:
        self.data = net, X, Y, lambda_
        self.asked = asked
        with precision(BITS) as arb:
            self.coarse = _differences(CostInBalls(*self.data), asked, arb(epsilon))
        self.slopes = self._slopes(EXPONENTS[0], asked)

    def _slopes(self, exponent: int, parameters: npt.NDArray[np.intp]) -> list[Any]:
        # a difference over ε loses its bits; the smaller steps are for slopes far below J, too
        more = exponent if exponent == EXPONENTS[0] else 2 * exponent
        with precision(BITS + more) as arb:
            return _differences(CostInBalls(*self.data), parameters, arb(2) ** -exponent)

    def split(self, estimates: Array) -> tuple[list[float], list[float]]:
        """The error of each estimate at ε as its truncation and its rounding, exactly."""
        pairs = list(zip(self.coarse, self.slopes, estimates[self.asked].tolist(), strict=True))
        truncation = [float(coarse - slope) for coarse, slope, _ in pairs]
        return truncation, [float(estimate - coarse) for coarse, _, estimate in pairs]

    def distances(self, gradient: Numbers) -> Array:
        """How far the slopes lie from a gradient in balls, relative to it, at most."""
        pairs = zip(gradient[self.asked], self.slopes, strict=True)
        return np.array([relative_distance(exact, slope) for exact, slope in pairs])

    def denied(self, gradient: Numbers) -> set[int]:
        """The parameters where a gradient in balls is proved not to be the slope of J."""
        suspects, slopes, exponents = self.asked, self.slopes, iter(EXPONENTS[1:])
        while True:
            with precision(BITS):
                excess = [_excess(gradient[p], b) for p, b in zip(suspects, slopes, strict=True)]
            worst = np.argsort(excess)[::-1][:REPEATED]
            suspects = suspects[[i for i in worst if excess[i] > 1.0]]
            exponent = next(exponents, None)
            if exponent is None or not suspects.size:
                return set(suspects.tolist())
            slopes = self._slopes(exponent, suspects)


def _excess(exact: Any, slope: Any) -> float:
    """The least distance of two balls, in units of what rounding would make of the first."""
    size = abs(exact).max(type(exact)(SMALLEST))
    return float((exact - slope).abs_lower() / (ROUNDING * size).upper())


def relative_distance(exact: Any, other: Any) -> float:
    """An upper bound of |exact − other| / |exact|, or of that over the smallest normal float."""
    size = exact.abs_lower()
    return float((exact - other).abs_upper() / (size if size > SMALLEST else SMALLEST))


def _differences(cost: CostInBalls, parameters: npt.NDArray[np.intp], epsilon: Any) -> list[Any]:
    return [cost.difference(p, epsilon) for p in parameters.tolist()]


class CostInBalls:
    """J of a network on some examples, to be looked at with one weight moved at a time.

    To be made and used within one ``precision`` of ``scalar.balls``.
    """

    def __init__(self, net: SigmoidNetwork, X: Array, Y: Array, lambda_: float) -> None:
        from flint import arb

        self.m = len(X)
        self.lambda_ = arb(lambda_)
        self.thetas = [ball_array(theta) for theta in net.thetas]
        self.Y = Y
        self.units = [_with_bias(ball_array(X))]
        self.z: list[Numbers] = []
        for theta in self.thetas:
            self.z.append(self.units[-1] @ theta.T)
            self.units.append(_with_bias(_SIGMOID(self.z[-1])))
        self.places = [
            (l, i, j)
            for l, theta in enumerate(net.thetas)
            for j in range(theta.shape[1])
            for i in range(len(theta))
        ]  # of the entries of the unrolled θ

    def difference(self, parameter: int, epsilon: Any) -> Any:
        """(J(θ + ε) − J(θ − ε)) / 2ε for one entry of the unrolled θ, as a ball."""
        change = self._losses(parameter, epsilon) - self._losses(parameter, -epsilon)
        l, i, j = self.places[parameter]
        if j > 0:  # the bias column is not regularized
            theta = self.thetas[l][i, j]
            change += self.lambda_ / 2 * ((theta + epsilon) ** 2 - (theta - epsilon) ** 2)
        return change / (2 * epsilon * self.m)

    def _losses(self, parameter: int, step: Any) -> Any:
        """Σ over the examples of −y log h − (1 − y) log(1 − h), of the outputs that change."""
        l, i, j = self.places[parameter]
        z = self.z[l][:, i] + step * self.units[l][:, j]
        if l == len(self.thetas) - 1:
            return np.sum(_LOSS(z, self.Y[:, i]))
        change = _SIGMOID(z) - self.units[l + 1][:, 1 + i]
        moved = self.z[l + 1] + np.multiply.outer(change, self.thetas[l + 1][:, 1 + i])
        for theta in self.thetas[l + 2 :]:
            moved = _with_bias(_SIGMOID(moved)) @ theta.T
        return np.sum(_LOSS(moved, self.Y))


def _loss(z: Any, y: float) -> Any:
    """−y log g(z) − (1 − y) log(1 − g(z)), of which 1 − y or y is often 0."""
    if y == 1.0:
        return (-z).exp().log1p()
    softplus = z.exp().log1p()
    return softplus if y == 0.0 else softplus - y * z


_LOSS = np.frompyfunc(_loss, 2, 1)
_SIGMOID = np.frompyfunc(lambda z: 1 / (1 + (-z).exp()), 1, 1)


def _with_bias(units: Numbers) -> Numbers:
    return np.hstack([np.ones((len(units), 1)), units])
