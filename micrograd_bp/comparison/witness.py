"""The third witness: differences of the cost alone, in ball arithmetic, where ε may be tiny.

No derivative is written anywhere in this file. In balls (J(θ + ε) − J(θ − ε)) / 2ε loses nothing
that more bits do not give back, so with ε = 2⁻⁴⁰ its truncation ε²/6 J''' has some 25 digits
before it. The forward pass and the cost are written out here once more, as everywhere that two
results are to be independent of each other; what one weight leaves alone is computed once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..network.sigmoid import SigmoidNetwork
from ..scalar.balls import ball_array
from ..support.validation import Array

__all__ = ["CostInBalls"]

Numbers = npt.NDArray[Any]


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
            return _losses(z, self.Y[:, i])
        change = _SIGMOID(z) - self.units[l + 1][:, 1 + i]
        moved = self.z[l + 1] + np.multiply.outer(change, self.thetas[l + 1][:, 1 + i])
        for theta in self.thetas[l + 2 :]:
            moved = _with_bias(_SIGMOID(moved)) @ theta.T
        return _losses(moved, self.Y)


def _losses(z: Numbers, Y: Array) -> Any:
    """The sum of log(1 + eᶻ) − y z; where y = 1 it is log(1 + e⁻ᶻ), which cannot cancel.

    The logarithm is taken once, of the product.
    """
    whole = Y == 1.0
    product = np.prod(1 + _EXP(np.where(whole, -z, z)))
    return product.log() - np.sum((Y * z)[~whole & (Y != 0.0)])


_EXP = np.frompyfunc(lambda z: z.exp(), 1, 1)
_SIGMOID = np.frompyfunc(lambda z: 1 / (1 + (-z).exp()), 1, 1)


def _with_bias(units: Numbers) -> Numbers:
    return np.hstack([np.ones((len(units), 1)), units])
