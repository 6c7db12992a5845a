"""What each of the three methods returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..support.validation import Array

__all__ = ["Gradient"]


@dataclass(frozen=True)
class Gradient:
    """The gradient of J at one θ by one method.

    ``D`` holds ∂J/∂Θ⁽ˡ⁾ in the shapes of the weights, ``deltas`` (None for the numerical
    estimate) δ⁽ˡ⁾ of each example's own cost, (m, s_l), with ``deltas[0]`` None; ``seconds`` is
    the time it took. Parameters that were not estimated are NaN in ``D`` and ``vector``;
    ``parameters`` lists the indices into ``vector`` that were (None: all).
    """

    method: str
    cost: float
    D: list[Array]
    deltas: list[Array | None] | None
    seconds: float
    parameters: npt.NDArray[np.intp] | None = None

    @property
    def vector(self) -> Array:
        """``D`` unrolled column by column, as ``net.theta``."""
        return np.concatenate([d.ravel(order="F") for d in self.D])
