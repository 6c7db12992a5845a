"""Backpropagation in replaceable steps, and the wrong steps that replace them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..support.validation import Array
from .model import HIDDEN, OUTPUTS, logistic, softmax, with_bias

__all__ = ["Matrices", "Steps", "steps_of"]

Matrices = list[Array]


@dataclass(frozen=True)
class Steps:
    """Backpropagation in replaceable steps; as they stand they are the right ones.

    Rows are examples; ``l`` counts layers from 0, so Θ⁽ˡ⁺¹⁾ is ``thetas[l]``; ``z[0]`` is X.
    """

    read: Callable[[Matrices], Matrices] = lambda thetas: thetas
    targets: Callable[[Array], Array] = lambda Y: Y
    bias: Callable[[Array], Array] = with_bias
    hidden: Callable[[Array], Array] = logistic
    output: Callable[[Array], Array] = logistic
    output_delta: Callable[[Array, Array], Array] = lambda h, Y: h - Y
    propagate: Callable[[Matrices, int, Array], Array] = lambda thetas, l, delta: (
        delta @ thetas[l][:, 1:]
    )
    slope: Callable[[Matrices, Matrices, int], Any] = lambda z, a, l: a[l] * (1.0 - a[l])
    inputs: Callable[[Matrices, Matrices, int], Array] = lambda z, a, l: with_bias(a[l])
    accumulate: Callable[[Array, Array], Array] = lambda delta, a: delta.T @ a
    average: Callable[[Array, int, int], Array] = lambda Delta, m, K: Delta / m
    regularized: Callable[[Array], Array] = lambda Theta: without(Theta, np.s_[:, 0])
    rate: Callable[[float, int], float] = lambda lambda_, m: lambda_ / m
    finish: Callable[[Array], Array] = lambda D: D
    arrange: Callable[[Matrices], Matrices] = lambda D: D

    def gradient(
        self, thetas: Sequence[Array], X: Array, Y: Array, lambda_: float = 0.0
    ) -> Matrices:
        """D⁽ˡ⁾ of every layer by these steps: thetas (s_{l+1}, s_l + 1), X (m, s_1), Y (m, K).

        Raises ValueError or IndexError where a replaced step does not fit the shapes.
        """
        weights, z, a = self.forward(thetas, X)
        return self.arrange(list(self.backward(weights, z, a, Y, lambda_))[::-1])

    def forward(self, thetas: Sequence[Array], X: Array) -> tuple[Matrices, Matrices, Matrices]:
        """The weights as they were read, and z and a of every layer."""
        weights = self.read(list(thetas))
        a, z = [X], [X]
        for l, Theta in enumerate(weights, start=1):
            z.append(self.bias(a[-1]) @ Theta.T)
            a.append(self.output(z[-1]) if l == len(weights) else self.hidden(z[-1]))
        return weights, z, a

    def backward(
        self, weights: Matrices, z: Matrices, a: Matrices, Y: Array, lambda_: float
    ) -> Iterator[Array]:
        """D⁽ˡ⁾ from the last layer to the first, before they are arranged."""
        m, K = Y.shape
        delta = self.output_delta(a[-1], self.targets(Y))
        for l in range(len(weights) - 1, -1, -1):
            Delta = self.accumulate(delta, self.inputs(z, a, l))
            if delta.shape != a[l + 1].shape or Delta.shape != weights[l].shape:
                raise ValueError(f"layer {l + 1}: the replaced steps do not fit its shapes")
            penalty = self.rate(lambda_, m) * self.regularized(weights[l])
            yield self.finish(self.average(Delta, m, K) + penalty)
            if l > 0:
                delta = self.propagate(weights, l, delta) * self.slope(z, a, l)


def steps_of(hidden: str, output: str, plain: Steps) -> Steps:
    """The steps for other units and another loss, by their names in ``model``."""
    of, slope = HIDDEN[hidden]
    h, _, delta = OUTPUTS[output]
    made = replace(plain, hidden=of, output=h)
    if hidden != "sigmoid":
        made = replace(made, slope=lambda z, a, l: slope(z[l], a[l]))
    if output.endswith("squared error"):
        made = replace(made, output_delta=lambda h, Y: delta(h, h, Y))  # its slope is h's own
    return made


def without(Theta: Array, place: Any) -> Array:
    """Θ with the entries at ``place`` set to 0."""
    copy = Theta.copy()
    copy[place] = 0.0
    return copy


def row_by_row(M: Array) -> Array:
    """What ``reshape(M.ravel(), order="F")`` makes of a matrix M."""
    return M.ravel(order="C").reshape(M.shape, order="F")


def read_row_by_row(matrices: Matrices) -> Matrices:
    """What ``M.ravel(order="F").reshape(M.shape)`` makes of each matrix M."""
    return [M.ravel(order="F").reshape(M.shape, order="C") for M in matrices]


def shifted(Y: Array, by: int, around: bool) -> Array:
    """The columns of Y moved by one class, ``around`` the end or off it."""
    if Y.shape[1] == 1:
        raise ValueError("one output has no other class")
    if Y.shape[1] == 2 and around and by < 0:
        raise ValueError("of two classes, up and down are the same")
    moved = np.roll(Y, by, axis=1)
    return moved if around else without(moved, np.s_[:, 0 if by > 0 else -1])


def divided_in_the_loop(delta: Array, a: Array) -> Array:
    """Δ ← (Δ + δaᵀ)/m for every example in turn."""
    m = len(delta)
    powers = np.arange(m, 0, -1)[:, np.newaxis]
    return (delta / float(m) ** powers).T @ a


def in_whole_numbers(delta: Array, a: Array) -> Array:
    """Δ ← ⌊Δ + δaᵀ⌋ towards 0, for every example in turn."""
    Delta = np.zeros((delta.shape[1], a.shape[1]))
    for d, inputs in zip(delta, a, strict=True):
        Delta = np.trunc(Delta + np.outer(d, inputs))
    return Delta


def bias_last(a: Array) -> Array:
    """[a; 1]."""
    return with_bias(a)[:, np.r_[1 : a.shape[1] + 1, 0]]


def no_bias(a: Array) -> Array:
    """[0; a]."""
    return without(with_bias(a), np.s_[:, 0])


def softmax_outputs(z: Array) -> Array:
    """Softmax of several outputs."""
    if z.shape[1] == 1:
        raise ValueError("softmax of one output is always 1")
    return softmax(z)


def softmax_of_all(z: Array) -> Array:
    """Softmax whose sum runs over all examples too."""
    if z.shape[1] == 1:
        raise ValueError("a sum over one output is the sum over the examples")
    e = np.exp(z - z.max())
    return np.asarray(e / e.sum())


def unsummed(thetas: Matrices, l: int, delta: Array) -> Array:
    """δ of the next layer as it is, where broadcasting or equal sizes let it pass."""
    return np.broadcast_to(delta, (len(delta), thetas[l].shape[1] - 1))


def with_bias_sums(Delta: Array, sums: Array) -> Array:
    """Δ with ``sums`` for its bias column."""
    return np.hstack([np.broadcast_to(sums, (len(Delta), 1)), Delta[:, 1:]])
