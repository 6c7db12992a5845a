"""The costs that people differentiate besides the course's, and whether a gradient is that of one.

A cost of this family has its own units in the hidden layers, its own output and its own loss.
Where a code states its cost, ``check_gradient`` decides on it (``confirmed``); where it states
none, its gradient must equal that of one of the family, to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from ..checking.gradient import check_gradient
from ..support.validation import Array
from .layouts import Layout, Problem
from .model import softmax, with_bias

__all__ = ["OwnCost", "Scale", "confirmed", "family", "gradient_scale", "stated_cost"]


@dataclass(frozen=True)
class Unit:
    """An activation and its derivative, both of the weighted input z."""

    words: str
    of: Callable[[Array], Array]
    slope: Callable[[Array], Array]


def _sigmoid(z: Array) -> Array:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * z)))


UNITS = {
    "sigmoid": Unit("sigmoid", _sigmoid, lambda z: _sigmoid(z) * _sigmoid(-z)),
    "tanh": Unit("tanh", np.tanh, lambda z: 1.0 - np.tanh(z) ** 2),
    "ReLU": Unit("ReLU", lambda z: np.maximum(z, 0.0), lambda z: (z > 0.0).astype(float)),
    "linear": Unit("linear", lambda z: z, np.ones_like),
    "leaky ReLU": Unit(
        "leaky ReLU", lambda z: np.where(z > 0, z, 0.01 * z), lambda z: np.where(z > 0, 1.0, 0.01)
    ),
    "softplus": Unit("softplus", lambda z: np.logaddexp(0.0, z), _sigmoid),
    "softmax": Unit("softmax", softmax, np.ones_like),
}
MATCHED = {"sigmoid": "cross-entropy", "softmax": "cross-entropy", "linear": "squared error"}


@dataclass(frozen=True)
class OwnCost:
    """Hidden units, output and loss, by name; the loss is ½(h − y)² or cross-entropy."""

    hidden: str = "sigmoid"
    output: str = "sigmoid"
    loss: str = "cross-entropy"

    @property
    def differences(self) -> tuple[str, ...]:
        """In what it differs from the course's cost."""
        made = []
        if self.hidden != "sigmoid":
            made.append(f"{self.hidden} in the hidden layers instead of the sigmoid")
        if self.output != "sigmoid":
            made.append(f"{self.output} at the output instead of the sigmoid")
        if self.loss != "cross-entropy":
            made.append("squared error instead of the cross-entropy")
        return tuple(made)

    def forward(self, problem: Problem) -> tuple[list[Array], list[Array]]:
        """z and a of every layer; z of the first is X."""
        z, a = [problem.X], [problem.X]
        for l, theta in enumerate(problem.net.thetas, start=1):
            z.append(theta[:, 0] + a[-1] @ theta[:, 1:].T)
            last = l == len(problem.net.thetas)
            a.append(UNITS[self.output if last else self.hidden].of(z[-1]))
        return z, a

    def cost(self, problem: Problem) -> float:
        """J without regularization, the mean over the examples."""
        h, Y = self.forward(problem)[1][-1], problem.Y
        with np.errstate(all="ignore"):
            if self.loss == "squared error":
                terms = 0.5 * (h - Y) ** 2
            elif self.output == "softmax":
                terms = -Y * np.log(h)
            else:
                terms = -Y * np.log(h) - (1.0 - Y) * np.log(1.0 - h)
        return float(np.sum(terms)) / len(Y)

    def gradient(self, problem: Problem) -> list[Array]:
        """∂J/∂Θ of every layer without regularization."""
        z, a = self.forward(problem)
        delta = a[-1] - problem.Y
        if MATCHED.get(self.output) != self.loss:
            delta = delta * UNITS[self.output].slope(z[-1])
        made: list[Array] = []
        for l in range(len(problem.net.thetas) - 1, -1, -1):
            made.insert(0, delta.T @ with_bias(a[l]) / len(delta))
            if l:
                delta = delta @ problem.net.thetas[l][:, 1:] * UNITS[self.hidden].slope(z[l])
        return made


def family(layers: int, outputs: int) -> Iterator[OwnCost]:
    """The course's cost first, then every other of the family."""
    hidden = ["sigmoid", "tanh", "ReLU", "linear", "leaky ReLU", "softplus"] if layers > 1 else []
    yield from (
        OwnCost(units, output, loss)
        for units, (output, loss) in product(
            hidden or ["sigmoid"],
            [
                ("sigmoid", "cross-entropy"), ("sigmoid", "squared error"),
                ("linear", "squared error"), ("tanh", "squared error"),
                ("ReLU", "squared error"), ("softmax", "cross-entropy"),
            ],
        )
        if not (output == "softmax" and outputs == 1)
    )  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """A factor that a cost may have, and what it means."""

    factor: float
    words: str


def scales(m: int, outputs: int, free: bool) -> list[Scale]:
    """The factors that are no mistake; all of them only where nothing says that 1/m is meant."""
    made = [
        Scale(1.0, ""),
        Scale(2.0, "the square without its ½"),
        Scale(1.0 / outputs, "a mean over the outputs too"),
        Scale(2.0 / outputs, "a mean over the outputs too, the square without its ½"),
    ]
    if free:
        made += [
            Scale(float(m), "a sum over the examples instead of the mean"),
            Scale(2.0 * m, "a sum over the examples, the square without its ½"),
        ]
    return made


def gradient_scale(yours: Sequence[Array], theirs: Sequence[Array]) -> tuple[float, float]:
    """The factor between two gradients, and the largest difference that it leaves, relative to
    the largest entry."""
    one = np.concatenate([np.asarray(part, float).ravel() for part in yours])
    other = np.concatenate([part.ravel() for part in theirs])
    size = float(other @ other)
    if not size or not np.all(np.isfinite(one)):
        return 0.0, np.inf
    factor = float(one @ other) / size
    if factor == 0.0:
        return 0.0, np.inf
    left = np.max(np.abs(one - factor * other)) / np.max(np.abs(factor * other))
    return factor, float(left)


def with_penalty(D: Sequence[Array], problem: Problem) -> list[Array]:
    """D + (λ/m) θ_ij for j ≥ 1."""
    rate = problem.lambda_ / len(problem.X)
    return [
        part + rate * np.hstack([0.0 * theta[:, :1], theta[:, 1:]])
        for part, theta in zip(D, problem.net.thetas, strict=True)
    ]


PENALTIES: dict[str, Callable[[Problem], float]] = {
    "": lambda p: 0.5 * p.lambda_ / len(p.X) * _squares(p, bias=False),
    "no regularization": lambda p: 0.0,
    "bias weights regularized too": lambda p: 0.5 * p.lambda_ / len(p.X) * _squares(p, bias=True),
    "λ/2 instead of λ/2m": lambda p: 0.5 * p.lambda_ * _squares(p, bias=False),
    "λ/m instead of λ/2m": lambda p: p.lambda_ / len(p.X) * _squares(p, bias=False),
    "λ instead of λ/2m": lambda p: p.lambda_ * _squares(p, bias=False),
    "λ/2 instead of λ/2m, bias weights regularized too": lambda p: (
        0.5 * p.lambda_ * _squares(p, bias=True)
    ),
}


def _squares(problem: Problem, bias: bool) -> float:
    first = 0 if bias else 1
    return float(sum(np.sum(theta[:, first:] ** 2) for theta in problem.net.thetas))


def stated_cost(problems: Sequence[Problem], costs: Sequence[float]) -> tuple[str, ...] | None:
    """In what the cost with these values differs from the course's; None if it is not known."""
    first = problems[0]
    outputs = first.net.sizes[-1]
    for own in family(len(first.net.thetas), outputs):
        data = [own.cost(problem) for problem in problems]
        for number, scale in enumerate(scales(len(first.X), outputs, free=True)):
            for penalty, value in PENALTIES.items():
                theirs = [
                    scales(len(p.X), outputs, free=True)[number].factor * J + value(p)
                    for p, J in zip(problems, data, strict=True)
                ]
                if np.allclose(costs, theirs, rtol=1e-6, atol=0.0):
                    words = scale.words if own.loss == "squared error" or "½" not in scale.words \
                        else "J doubled"  # fmt: skip
                    return (*own.differences, *filter(None, [words, penalty]))
    return None


CHECKED = 12  # parameters held against J one by one; random directions involve all of them


def confirmed(
    J: Callable[[Problem], float],
    problem: Problem,
    D: Sequence[Array],
    layout: Layout,
    stepped: bool,
) -> bool:
    """Whether D is the gradient of J at this problem, as ``check_gradient`` finds it.

    Of a step whose rate α is not known (``stepped``), only the direction counts: its length is
    what J's slope along it says.

    A cost that does not depend on the examples and their labels is none of a network: it cannot
    confirm anything.
    """
    weights, biases = layout.pieces(problem.net.thetas)
    theta = np.concatenate([piece.ravel() for piece in (*weights, *biases)])
    gradients = layout.pieces(D)
    flat = np.concatenate([np.asarray(p, float).ravel() for part in gradients for p in part])

    def moved(t: Array) -> Problem:
        made, at = [], 0
        for piece in (*weights, *biases):
            made.append(t[at : at + piece.size].reshape(piece.shape))
            at += piece.size
        zeros = [0.0 * part for part in problem.net.thetas]
        matrices = layout.matrices(made[: len(weights)], made[len(weights) :], zeros)
        net = type(problem.net)(thetas=matrices)
        return replace(problem, net=net)

    if not np.all(np.isfinite(flat)) or not _depends_on_data(J, problem):
        return False
    if not all(np.any(part) for part in gradients[0]):
        return False
    if stepped and np.any(flat):
        unit = flat / np.linalg.norm(flat)
        along = check_gradient(
            lambda t: J(moved(theta + t * unit)), np.ones(1), np.zeros(1), directions=0
        )
        flat = unit * max(along.parameters[0].numeric, 0.0)
    if not _along_one_line(lambda t: J(moved(t)), theta, flat):
        return False
    try:
        check = check_gradient(
            lambda t: J(moved(t)), flat, theta, parameters=min(CHECKED, theta.size)
        )
    except ValueError:
        return False
    return check.passed


STEP = 1e-4  # of the first look, along one line
FAR = 1e-2  # relative: a slope that differs so far is no question of rounding or truncation


def _along_one_line(J: Callable[[Array], float], theta: Array, gradient: Array) -> bool:
    """A first look, which spares most wrong gradients the thorough check."""
    direction = np.sign(gradient) + 0.3 * np.sin(np.arange(1.0, theta.size + 1.0))
    step = STEP * direction / np.max(np.abs(direction))
    slope, claimed = J(theta + step) - J(theta - step), 2.0 * float(gradient @ step)
    return abs(slope - claimed) <= FAR * abs(claimed)


def _depends_on_data(J: Callable[[Problem], float], problem: Problem) -> bool:
    """Whether other examples, and other labels, give another cost."""
    here = J(problem)
    turned = np.roll(problem.Y, 1, axis=1) if problem.Y.shape[1] > 1 else 1.0 - problem.Y
    other = [replace(problem, X=problem.X + 1.0), replace(problem, Y=turned)]
    return all(J(changed) != here for changed in other)
