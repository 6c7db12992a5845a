"""Each numbered equation of the source as a check: its two sides come from different methods.

Both sides are computed twice, by the same text: in floating point, where they may differ by
what rounding explains, and on balls, where they must overlap, to as many digits as are printed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np
import numpy.typing as npt

from ..gradients import autodiff_gradient, backprop_gradient
from ..network.graph import ExampleGraph, example_graph
from ..network.sigmoid import SigmoidNetwork
from ..scalar.balls import balls_available, precision
from ..support.collector import collector_paused
from ..support.result import Result
from ..support.validation import Array
from .proof import ENOUGH_DIGITS, PRECISIONS, digits_of, least
from .quantities import LAMBDA, EachUnit, Numbers, Quantities, quantities_in_balls
from .rounding import UNDERFLOW, UNIT_ROUNDOFF, rounding_bounds

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["EquationCheck", "Equations", "verify_equations"]

TEXTBOOK_ERROR = 4e-13  # of the cost written with log(1 − h), up to the limit of graph.py
LOST_BY_BALLS = 16.0  # bits, beside what floats lose: a(1 − a) forgets that it has one a


@dataclass(frozen=True)
class EquationCheck:
    """One equation on one example: the largest difference of its sides and whether it held."""

    number: str  # "(2)", as in the source; "δ⁽ᴸ⁾" and "D" have none there
    statement: str
    sides: str  # where the left and the right side come from
    digits: int | None  # to which the balls of both sides agree, the least; None: no balls
    max_error: float  # in floating point
    tolerance: float  # at the element where the difference is closest to its bound, or over it
    passed: bool


class Equations(Result, Sequence[EquationCheck]):
    """The checks of all equations on one example, in the order of the source's argument."""

    def __init__(self, checks: Sequence[EquationCheck]) -> None:
        self._checks = tuple(checks)

    @overload
    def __getitem__(self, index: int) -> EquationCheck: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[EquationCheck]: ...
    def __getitem__(self, index: int | slice) -> EquationCheck | Sequence[EquationCheck]:
        return self._checks[index]

    def __len__(self) -> int:
        return len(self._checks)

    @property
    def outcome(self) -> str:
        """ "right" if every equation holds, else "wrong"."""
        return "right" if all(check.passed for check in self) else "wrong"

    @property
    def verdict(self) -> str:
        """One line: that all hold, or which do not."""
        wrong = list(dict.fromkeys(check.number for check in self if not check.passed))
        if wrong:
            return f"FAILED: equation {', '.join(wrong)} does not hold on the first example"
        digits = [check.digits for check in self if check.digits is not None]
        return "PASSED: every equation holds" + (f", to {min(digits)} digits" if digits else "")

    def details(self) -> dict[str, Any]:
        """The checks."""
        return {"equations": list(self)}

    def tables(self) -> list[Table | str]:
        """The checks as one table."""
        from ..support.tables import table

        rows = [
            [
                c.number,
                c.statement,
                c.sides,
                "" if c.digits is None else str(c.digits),
                f"{c.max_error:.1e}",
                "yes" if c.passed else "NO",
            ]
            for c in self
        ]
        columns = ["", "=equation", "left | right", ">digits", ">max error", "held"]
        return [table("The equations on one example, each side by another method", columns, rows)]


@collector_paused()
def verify_equations(net: SigmoidNetwork, x: npt.ArrayLike, y: npt.ArrayLike) -> Equations:
    """Check every equation of the source on one example, row by row.

    They are (1), the output layer's δ = h − y, (2), (3), (4), and the formula of D. A network
    without a hidden layer has no (2) and no (4).

    Parameters
    ----------
    net : SigmoidNetwork
        The network.
    x : array_like, shape (s_1,)
        The example.
    y : array_like
        Its target: one-hot (K,), a class index, or 0/1 for a single output.

    Returns
    -------
    Equations
        A sequence of ``EquationCheck``, in the order of the source's argument.

    Raises
    ------
    ValueError
        If x or y do not fit the network.

    Examples
    --------
    >>> checks = verify_equations(SigmoidNetwork([2, 2, 1], seed=0), [1.0, 2.0], 1)
    >>> [check.number for check in checks if check.passed]
    ['(1)', '(1)', 'δ⁽ᴸ⁾', '(2)', '(2)', '(4)', '(4)', '(3)', 'D']
    """
    x, y = net.example(x, y)
    graph = example_graph(net, x, y)
    each = EachUnit(graph)
    rows = _rows(_in_floats(net, x, y, graph, each))
    bounds = _bounds(net, x, y, graph.cost.data)
    proved: list[tuple[int | None, bool]] = [(None, True)] * len(rows)
    if balls_available():
        proved = _proved(net, x, y, graph, each, _least_bits(rows, bounds))
    return Equations(
        [
            _check(row, bound, digits, overlap)
            for row, bound, (digits, overlap) in zip(rows, bounds, proved, strict=True)
        ]
    )


class _Row(NamedTuple):
    number: str
    statement: str
    sides: str
    left: Sequence[Numbers]
    right: Sequence[Numbers]


def _rows(q: Quantities) -> list[_Row]:
    """The equations in the order of the source's argument, with both sides of each."""
    L = len(q.thetas) + 1
    units = [np.concatenate([[1.0], a]) for a in q.a]  # with the bias unit
    rows = [
        _Row(
            "(1)",
            "∂z_i⁽ˡ⁺¹⁾/∂θ_ij⁽ˡ⁾ = a_j⁽ˡ⁾",
            "graph from z_i | forward pass",
            q.slopes,
            [np.tile(units[l], (len(q.thetas[l]), 1)) for l in range(L - 1)],
        ),
        _Row(
            "(1)",
            "∂J/∂θ_ij⁽ˡ⁾ = a_j⁽ˡ⁾ δ_i⁽ˡ⁺¹⁾",
            "graph | matrices, a and δ",
            q.D,
            [np.outer(q.deltas[l + 1], units[l]) for l in range(L - 1)],
        ),
        _Row(
            "δ⁽ᴸ⁾",
            "δ⁽ᴸ⁾ = h_θ(x) − y",
            "graph | forward pass",
            q.graph_deltas[-1:],
            [q.a[-1] - q.y],
        ),
    ]
    return [*rows, *(_rows_of_hidden_layers(q) if len(q.thetas) > 1 else []), *_last_rows(q, units)]


def _rows_of_hidden_layers(q: Quantities) -> list[_Row]:
    hidden = range(1, len(q.thetas))
    return [
        _Row(
            "(2)",
            "δ_i⁽ˡ⁾ = Σ_k δ_k⁽ˡ⁺¹⁾ θ_ki⁽ˡ⁾ g'(z_i⁽ˡ⁾)",
            "graph | matrices, one by one",
            [q.graph_deltas[l] for l in hidden],
            [_equation_2(q.thetas[l], q.deltas[l + 1], q.a[l]) for l in hidden],
        ),
        _Row(
            "(2)",
            "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* a⁽ˡ⁾ .* (1 − a⁽ˡ⁾)",
            "matrices | graph, as vectors",
            [q.deltas[l] for l in hidden],
            [
                (q.thetas[l][:, 1:].T @ q.graph_deltas[l + 1]) * q.a[l] * (1.0 - q.a[l])
                for l in hidden
            ],
        ),
        _Row(
            "(4)",
            "δ_i⁽ˡ⁾ = Σ_k δ_k⁽ˡ⁺¹⁾ ∂z_k⁽ˡ⁺¹⁾/∂z_i⁽ˡ⁾",
            "matrices | graph from J and z_k",
            [q.deltas[l] for l in hidden],
            [q.graph_deltas[l + 1] @ q.jacobians[l - 1] for l in hidden],
        ),
        _Row(
            "(4)",
            "∂z_k⁽ˡ⁺¹⁾/∂z_i⁽ˡ⁾ = θ_ki⁽ˡ⁾ g'(z_i⁽ˡ⁾)",
            "graph from z_k | forward pass",
            q.jacobians,
            [q.thetas[l][:, 1:] * (q.a[l] * (1.0 - q.a[l])) for l in hidden],
        ),
    ]


def _last_rows(q: Quantities, units: list[Numbers]) -> list[_Row]:
    return [
        _Row(
            "(3)",
            "J = Σ_k −y_k log h_k − (1 − y_k) log(1 − h_k)",
            "graph | matrices",
            [np.array([q.graph_cost])],
            [np.array([q.cost])],
        ),
        _Row(
            "D",
            "D⁽ˡ⁾ = δ⁽ˡ⁺¹⁾(a⁽ˡ⁾)ᵀ/m + (λ/m) Θ⁽ˡ⁾, λ = 1",
            "graph | matrices, a and δ",
            q.D_regularized,
            [
                np.outer(q.deltas[l + 1], units[l])
                + LAMBDA * np.hstack([np.zeros((len(theta), 1)), theta[:, 1:]])
                for l, theta in enumerate(q.thetas)
            ],
        ),
    ]


def _equation_2(theta: Numbers, delta_next: Numbers, a: Numbers) -> Numbers:
    """(2) as it is printed: one unit i and one sum over k at a time."""
    return np.array(
        [
            sum(
                delta_next[k] * theta[k, i + 1] * a[i] * (1.0 - a[i])
                for k in range(len(delta_next))
            )
            for i in range(len(a))
        ]
    )


def _in_floats(
    net: SigmoidNetwork, x: Array, y: Array, graph: ExampleGraph, each: EachUnit
) -> Quantities:
    X, Y = x[np.newaxis], y[np.newaxis]
    graph.cost.backward()
    matrices = backprop_gradient(net, X, Y, LAMBDA)
    assert matrices.deltas is not None
    z = [[] if units is None else units for units in graph.z]
    slopes, jacobians = each.slopes(lambda node: node.data)
    return Quantities(
        y=y,
        thetas=net.thetas,
        a=[activations[0] for activations in net.forward(X).a],
        deltas=[np.empty(0), *(d[0] for d in matrices.deltas if d is not None)],
        graph_deltas=[np.array([node.grad for node in units]) for units in z],
        D=[np.array([[v.grad for v in row] for row in matrix]) for matrix in graph.thetas],
        D_regularized=autodiff_gradient(net, X, Y, LAMBDA).D,
        slopes=slopes,
        jacobians=jacobians,
        cost=backprop_gradient(net, X, Y).cost,
        graph_cost=graph.cost.data,
    )


def _bounds(net: SigmoidNetwork, x: Array, y: Array, cost: float) -> list[Sequence[Array]]:
    """For each row what rounding may do to one of its sides, in the shapes of the sides."""
    X, Y = x[np.newaxis], y[np.newaxis]
    bounds = rounding_bounds(net, X, Y, LAMBDA)
    plain = rounding_bounds(net, X, Y, 0.0)
    deltas = [np.empty(0)] + [b[0] for b in bounds.deltas if b is not None]
    activations = zip(bounds.activations, net.thetas, strict=False)
    hidden = range(1, len(net.thetas))
    rows: list[Sequence[Array]] = [
        [np.tile(error[0], (len(theta), 1)) for error, theta in activations],
        plain.D,
        deltas[-1:],
    ]
    if hidden:
        a = net.forward(X).a
        jacobians = [_jacobian_bounds(net.thetas[l], a[l][0], bounds.slopes[l]) for l in hidden]
        rows += [deltas[1:-1]] * 3 + [jacobians]
    # log h of an h near 1 carries the rounding of h itself, 4u beside the relative error
    cost_bound = plain.cost + TEXTBOOK_ERROR * cost + 4 * UNIT_ROUNDOFF * len(y)
    return [*rows, [np.array([cost_bound])], bounds.D]


def _jacobian_bounds(theta: Array, a: Array, error: Array | None) -> Array:
    """E(θ g') = |θ| E(g') + u |θ| g' + ω."""
    assert error is not None
    slope = error[0] + UNIT_ROUNDOFF * a * (1.0 - a)
    return np.asarray(np.abs(theta[:, 1:]) * slope + UNDERFLOW)


def _least_bits(rows: Sequence[_Row], bounds: Sequence[Sequence[Array]]) -> float:
    """The bits that balls begin with: those of the digits wanted, and those that get lost.

    Balls lose about what floats do: an error of E in a number x, of 53 bits, is a loss of
    53 + log₂ E/|x| bits at any precision. What is said here costs or saves time only.
    """
    lost = 0.0
    for row, bound in zip(rows, bounds, strict=True):
        size, error = np.abs(_flat(row.left)), _flat(bound)
        known = (size > UNDERFLOW) & (error > 0)
        lost = np.max(53.0 + np.log2(error[known]) - np.log2(size[known]), initial=lost)
    return ENOUGH_DIGITS * math.log2(10.0) + LOST_BY_BALLS + float(lost)


def _proved(
    net: SigmoidNetwork, x: Array, y: Array, graph: ExampleGraph, each: EachUnit, enough: float
) -> list[tuple[int | None, bool]]:
    """For each row: to how many digits its sides agree, and whether all their balls overlap."""
    found: list[tuple[int | None, bool]] = []
    for bits in [bits for bits in PRECISIONS if bits >= enough] or PRECISIONS[-1:]:
        with precision(bits):
            found = []
            for row in _rows(quantities_in_balls(net, x, y, graph, each)):
                left, right = _flat(row.left), _flat(row.right)
                overlap = all(a.overlaps(b) for a, b in zip(left, right, strict=True))
                found.append((least(digits_of(left, right, bits)), overlap))
        if all(digits is not None and digits >= ENOUGH_DIGITS for digits, _ in found):
            break
    return found


def _flat(side: Sequence[Numbers]) -> Numbers:
    return np.concatenate([array.ravel() for array in side])


def _check(row: _Row, bounds: Sequence[Array], digits: int | None, overlap: bool) -> EquationCheck:
    """One row, with the rounding that ``bounds`` allows to each of its sides in floats."""
    error = np.abs(_flat(row.left) - _flat(row.right))
    tolerance = 2.0 * _flat(bounds)
    tightest = int(np.argmax(error - tolerance))
    return EquationCheck(
        number=row.number,
        statement=row.statement,
        sides=row.sides,
        digits=digits,
        max_error=float(error.max()),
        tolerance=float(tolerance[tightest]),
        passed=overlap and bool(np.all(error <= tolerance)),
    )
