"""What a classifier is asked to be, and whether that can be: the settings of a training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral, Real

from ..support.validation import regularization

__all__ = [
    "GRADIENTS",
    "METHODS",
    "RATES",
    "SCALINGS",
    "Settings",
    "batch_size",
    "named",
    "step_rate",
    "whole_number",
]

GRADIENTS = ("matrices", "graph", "tape")
METHODS = {
    "gd": "Batch gradient descent",
    "sgd": "Stochastic gradient descent",
    "lbfgs": "SciPy's L-BFGS-B",
    "cg": "SciPy's conjugate gradients",
}
RATES = {"gd": 1.0, "sgd": 0.1}  # of the methods that do not find their own steps
SCALINGS = ("each", "common")


@dataclass(frozen=True)
class Settings:
    """What a classifier was asked to be; all but ``epochs`` stays as it is when training goes on.

    ``scaling`` is "each" (every feature to mean 0 and deviation 1) or "common" (the same shift
    and factor for all, as suits pixels); ``test_share`` the part of each class kept for testing;
    ``seed`` that of the split, the weights and the order of the examples. The rest is ``train``'s.
    """

    sizes: tuple[int, ...]
    lambda_: float = 0.1
    method: str = "lbfgs"
    epochs: int = 200
    rate: float | None = None
    batch: int | None = None
    seed: int = 0
    gradient: str = "matrices"
    test_share: float = 0.25
    scaling: str = "each"

    def check(self) -> None:
        """Raise ValueError or TypeError, in one line, if a setting is not one."""
        if len(self.sizes) < 2:
            raise ValueError(f"sizes: got {list(self.sizes)}, expected two layers or more")
        for size in self.sizes:
            whole_number("sizes", size, 1)
        regularization(self.lambda_)
        named("method", self.method, tuple(METHODS))
        named("gradient", self.gradient, GRADIENTS)
        named("scaling", self.scaling, SCALINGS)
        whole_number("epochs", self.epochs, 1)
        whole_number("seed", self.seed, 0)
        step_rate(self.method, self.rate)
        batch_size(self.method, self.batch, 1)
        if isinstance(self.test_share, bool) or not isinstance(self.test_share, Real):
            raise TypeError(f"test_share: got {self.test_share!r}, expected a number")
        if not 0.0 <= self.test_share < 1.0:
            raise ValueError(f"test_share: got {self.test_share}, expected 0 ≤ share < 1")


def named(argument: str, value: object, names: tuple[str, ...]) -> None:
    """Raise ValueError unless the value is one of the names."""
    if value not in names:
        raise ValueError(f"{argument}: got {value!r}, expected one of {', '.join(names)}")


def whole_number(name: str, number: object, least: int) -> int:
    """An integer ≥ ``least``; TypeError or ValueError if it is not one.

    >>> whole_number("epochs", 5, 1)
    5
    """
    if isinstance(number, bool) or not isinstance(number, Integral):
        raise TypeError(f"{name}: got {number!r}, expected a whole number")
    if number < least:
        raise ValueError(f"{name}: got {number}, expected at least {least}")
    return int(number)


def step_rate(method: str, rate: float | None) -> float:
    """The factor of the gradient in each step; ValueError or TypeError if it is none.

    >>> step_rate("sgd", None), step_rate("gd", 3)
    (0.1, 3.0)
    """
    if rate is None:
        return RATES.get(method, 0.0)
    if method not in RATES:
        raise ValueError(f"rate: got {rate}, but {method} finds its own steps")
    if isinstance(rate, bool) or not isinstance(rate, Real):
        raise TypeError(f"rate: got {rate!r}, expected a number")
    if not 0 < float(rate) < math.inf:
        raise ValueError(f"rate: got {rate}, expected a finite number > 0")
    return float(rate)


def batch_size(method: str, batch: int | None, m: int) -> int:
    """Examples per step, of m; ValueError or TypeError if it is no such number.

    >>> batch_size("sgd", None, 150), batch_size("sgd", 10, 150), batch_size("gd", None, 150)
    (1, 10, 150)
    """
    if method != "sgd":
        if batch is not None:
            raise ValueError(f"batch: got {batch}, but {method} takes all examples at once")
        return m
    return 1 if batch is None else min(m, whole_number("batch", batch, 1))
