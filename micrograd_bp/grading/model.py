"""Forward and backward propagation for one network and its data, quantity by quantity.

``Model`` computes every quantity of the algorithm from the right values or from those that a
student computed instead (``adopted``), and for other units and costs too, so that what follows a
mistake is judged from the values it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..network.symbols import symbol
from ..support.validation import Array

__all__ = ["HIDDEN", "OUTPUTS", "Model", "logistic", "over", "softmax", "with_bias"]


def logistic(z: Array) -> Array:
    """1 / (1 + e⁻ᶻ), written here once more: the judge takes no formula from whom it judges."""
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-z)))


def softmax(z: Array) -> Array:
    """e^z / Σ e^z over the outputs."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def with_bias(a: Array) -> Array:
    """[1; a] for every row."""
    return np.hstack([np.ones((len(a), 1)), a])


# Hidden units: the activation, and its slope from z and a.
HIDDEN: dict[str, tuple[Callable[[Array], Array], Callable[[Array, Array], Array]]] = {
    "sigmoid": (logistic, lambda z, a: a * (1.0 - a)),
    "tanh": (lambda z: np.asarray(np.tanh(z)), lambda z, a: 1.0 - a**2),
    "relu": (lambda z: np.where(z > 0.0, z, 0.0), lambda z, a: np.asarray((z > 0.0) * 1.0)),
    "leaky relu": (
        lambda z: np.where(z > 0.0, z, 0.01 * z),
        lambda z, a: np.where(z > 0.0, 1.0, 0.01),
    ),
    "linear": (lambda z: z, lambda z, a: np.ones_like(z)),
    "softplus": (lambda z: np.asarray(np.logaddexp(0.0, z)), lambda z, a: logistic(z)),
}
# Output layers: the activation, the cost, and δ of the outputs from z, h and y.
OUTPUTS: dict[str, tuple[Callable[[Array], Array], str, Callable[[Array, Array, Array], Array]]] = {
    "sigmoid": (logistic, "logarithms", lambda z, h, y: h - y),
    "sigmoid, squared error": (logistic, "squares", lambda z, h, y: (h - y) * h * (1.0 - h)),
    "softmax": (softmax, "softmax", lambda z, h, y: h - y),
    "tanh, squared error": (
        lambda z: np.asarray(np.tanh(z)),
        "squares",
        lambda z, h, y: (h - y) * (1.0 - h**2),
    ),
    "relu, squared error": (
        lambda z: np.maximum(z, 0.0),
        "squares",
        lambda z, h, y: (h - y) * (z > 0.0),
    ),
    # the last: z is seen in every run
    "linear, squared error": (lambda z: z, "squares", lambda z, h, y: h - y),
}


def over(name: str, layer: int) -> str:
    """The symbol of a quantity of a layer: "δ⁽²⁾"."""
    return symbol(name, layer=layer)


@dataclass(frozen=True)
class Model:
    """Forward and backward propagation for one network, with what was ``adopted`` in its place.

    ``adopted`` holds, by kind and layer, a student's own values: ("delta", 2) for δ⁽²⁾. Rows are
    examples, and layers count from 1 as in the source.
    """

    thetas: Sequence[Array]
    X: Array
    Y: Array
    lambda_: float
    hidden: str = "sigmoid"
    output: str = "sigmoid"
    scale: float = 1.0  # of the examples' part of J
    all_weights: bool = False  # whether the penalty takes the bias weights too
    adopted: Mapping[tuple[str, int], Array] = field(default_factory=dict)

    @property
    def last(self) -> int:
        return len(self.thetas) + 1

    def _own(self, kind: str, layer: int, value: Array) -> Array:
        return self.adopted.get((kind, layer), value)

    @cached_property
    def za(self) -> tuple[dict[int, Array], dict[int, Array]]:
        """z⁽ˡ⁾ and a⁽ˡ⁾, keyed by l."""
        z: dict[int, Array] = {}
        a = {1: self._own("a", 1, self.X)}
        for l, theta in enumerate(self.thetas, start=1):
            raw = a[l] @ theta[:, 1:].T + theta[:, 0]
            z[l + 1] = self._own("z", l + 1, raw)
            last = l + 1 == self.last
            g = OUTPUTS[self.output][0] if last else HIDDEN[self.hidden][0]
            a[l + 1] = self._own("a", l + 1, g(z[l + 1]))
        return z, a

    def slope(self, l: int) -> Array:
        """g′(z⁽ˡ⁾) of a hidden layer."""
        z, a = self.za
        return self._own("slope", l, HIDDEN[self.hidden][1](z[l], a[l]))

    @cached_property
    def targets(self) -> Array:
        return self._own("Y", 0, self.Y)

    @cached_property
    def deltas(self) -> dict[int, Array]:
        """δ⁽ˡ⁾, keyed by l from L to 2."""
        z, a = self.za
        L = self.last
        made = {L: OUTPUTS[self.output][2](z[L], a[L], self.targets)}
        made[L] = self._own("delta", L, made[L])
        for l in range(L - 1, 1, -1):
            made[l] = self._own("delta", l, made[l + 1] @ self.thetas[l - 1][:, 1:] * self.slope(l))
        return made

    def accumulated(self, l: int) -> Array:
        """Δ⁽ˡ⁾, the sum over the examples."""
        a = self.za[1][l]
        raw = self.deltas[l + 1].T @ with_bias(a)
        return self._own("Delta", l, raw)

    def gradient(self, l: int) -> Array:
        """D⁽ˡ⁾ = (Δ⁽ˡ⁾ + λ Θ⁽ˡ⁾)/m, the bias column not regularized."""
        Delta = self.scale * self.accumulated(l)
        return self._own("D", l, (Delta + self.lambda_ * self.penalized(l)) / len(self.X))

    def penalized(self, l: int) -> Array:
        """Θ⁽ˡ⁾ with zeros for its bias column, where the penalty leaves that out."""
        made = np.array(self.thetas[l - 1])
        if not self.all_weights:
            made[:, 0] = 0.0
        return made

    @cached_property
    def costs(self) -> Array:
        """The terms of the cost, (m, K), before they are summed."""
        h, y = self.za[1][self.last], self.targets
        with np.errstate(all="ignore"):
            if OUTPUTS[self.output][1] == "squares":
                return np.asarray((h - y) ** 2 / 2.0)
            if OUTPUTS[self.output][1] == "softmax":
                return np.asarray(-y * np.log(h))
            return np.asarray(-y * np.log(h) - (1.0 - y) * np.log(1.0 - h))

    @cached_property
    def cost(self) -> float:
        """The whole cost."""
        squares = sum(float(np.sum(self.penalized(l) ** 2)) for l in range(1, self.last))
        data = self.scale * float(np.sum(self.costs))
        return (data + self.lambda_ / 2 * squares) / len(self.X)
