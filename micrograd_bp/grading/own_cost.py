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
from .model import HIDDEN, OUTPUTS, Model
from .steps import Steps, steps_of

__all__ = ["OwnCost", "Scale", "Stated", "confirmed", "family", "gradient_scale", "stated_cost"]


WORDS = {"relu": "ReLU", "leaky relu": "leaky ReLU"}


@dataclass(frozen=True)
class OwnCost:
    """Hidden units and output by their names in ``model``; the loss is ½(h − y)² or
    cross-entropy."""

    hidden: str = "sigmoid"
    output: str = "sigmoid"

    @property
    def squares(self) -> bool:
        """Whether the loss is the squared error."""
        return self.output.endswith("squared error")

    @property
    def differences(self) -> tuple[str, ...]:
        """In what it differs from the course's cost."""
        made = []
        if self.hidden != "sigmoid":
            words = WORDS.get(self.hidden, self.hidden)
            made.append(f"{words} in the hidden layers instead of the sigmoid")
        output = self.output.partition(",")[0]
        if output != "sigmoid":
            made.append(f"{WORDS.get(output, output)} at the output instead of the sigmoid")
        if self.squares:
            made.append("squared error instead of the cross-entropy")
        return tuple(made)

    def model(self, problem: Problem) -> Model:
        """Its quantities, without regularization; J is the mean over the examples."""
        net = problem.net
        return Model(net.thetas, problem.X, problem.Y, 0.0, self.hidden, self.output)


def family(layers: int, outputs: int) -> Iterator[OwnCost]:
    """The course's cost first, then every other of the family."""
    hidden = HIDDEN if layers > 1 else ["sigmoid"]
    for units, output in product(hidden, OUTPUTS):
        if not (output == "softmax" and outputs == 1):
            yield OwnCost(units, output)


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


# What stands in the place of λ/m, divided by λ/m, and whether bias weights are regularized too.
PENALTIES: dict[str, tuple[Callable[[int], float], bool]] = {
    "": (lambda m: 1.0, False),
    "no regularization": (lambda m: 0.0, False),
    "bias weights regularized too": (lambda m: 1.0, True),
    "λ/2 instead of λ/2m": (float, False),
    "λ/m instead of λ/2m": (lambda m: 2.0, False),
    "λ instead of λ/2m": (lambda m: 2.0 * m, False),
    "λ/2 instead of λ/2m, bias weights regularized too": (float, True),
}


@dataclass(frozen=True)
class Stated:
    """A cost that is known from its values: units, loss, the scale's number and the penalty."""

    own: OwnCost
    scale: int
    penalty: str

    def model(self, problem: Problem) -> Model:
        """Its quantities for a problem, the penalty included."""
        m, outputs = problem.Y.shape
        rate, biases = PENALTIES[self.penalty]
        factor = scales(m, outputs, free=True)[self.scale].factor
        lambda_ = problem.lambda_ * rate(m)
        plain = self.own.model(problem)
        return replace(plain, lambda_=lambda_, scale=factor, all_weights=biases)

    @property
    def steps(self) -> Steps:
        """Backpropagation for this cost."""
        rate, biases = PENALTIES[self.penalty]
        plain = Steps(
            average=lambda Delta, m, K: scales(m, K, True)[self.scale].factor * Delta / m,
            rate=lambda lambda_, m: rate(m) * lambda_ / m,
        )
        made = steps_of(self.own.hidden, self.own.output, plain)
        return replace(made, regularized=lambda Theta: Theta) if biases else made

    def words(self, problem: Problem) -> tuple[str, ...]:
        """In what it differs from the course's."""
        scale = scales(len(problem.X), problem.Y.shape[1], True)[self.scale]
        words = scale.words if self.own.squares or "½" not in scale.words else "J doubled"
        return (*self.own.differences, *filter(None, [words, self.penalty]))


def stated_cost(problems: Sequence[Problem], costs: Sequence[float]) -> Stated | None:
    """The known cost that has these values; None if there is none."""
    outputs = problems[0].Y.shape[1]
    for own in family(len(problems[0].net.thetas), outputs):
        data = [own.model(problem).cost for problem in problems]
        squares = [
            [0.5 * p.lambda_ / len(p.X) * _squares(p, bias) for bias in (False, True)]
            for p in problems
        ]
        for number in range(len(scales(1, outputs, free=True))):
            for penalty, (rate, biases) in PENALTIES.items():
                theirs = [
                    scales(len(p.X), outputs, free=True)[number].factor * J
                    + rate(len(p.X)) * of[biases]
                    for p, J, of in zip(problems, data, squares, strict=True)
                ]
                if all(abs(a - b) <= 1e-6 * abs(b) for a, b in zip(costs, theirs, strict=True)):
                    return Stated(own, number, penalty)
    return None


def _squares(problem: Problem, bias: bool) -> float:
    first = 0 if bias else 1
    return float(sum(np.sum(theta[:, first:] ** 2) for theta in problem.net.thetas))


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
