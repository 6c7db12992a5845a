"""Each numbered equation of the source as a check: its two sides come from different methods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from ..gradients import autodiff_gradient, backprop_gradient
from ..network.graph import ExampleGraph, example_graph, one_example
from ..network.sigmoid import SigmoidNetwork
from ..scalar.engine import Value
from ..support.result import Result
from ..support.validation import Array
from .rounding import UNIT_ROUNDOFF, RoundingBounds, rounding_bounds

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["EquationCheck", "Equations", "verify_equations"]

TEXTBOOK_ERROR = 4e-13  # of the cost written with log(1 − h), up to the limit of graph.py
LAMBDA = 1.0  # the D formula is checked with its regularization


@dataclass(frozen=True)
class EquationCheck:
    """One equation on one example: the largest difference of its sides and whether it held."""

    number: str  # "(2)", as in the source; "δ⁽ᴸ⁾" and "D" have none there
    statement: str
    sides: str  # where the left and the right side come from
    max_error: float
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
        return "PASSED: every equation holds"

    def details(self) -> dict[str, Any]:
        """The checks."""
        return {"equations": list(self)}

    def tables(self) -> list[Table | str]:
        """The checks as one table."""
        from ..support.tables import table

        rows = [
            [c.number, c.statement, c.sides, f"{c.max_error:.1e}", "yes" if c.passed else "NO"]
            for c in self
        ]
        columns = ["", "=equation", "left | right", ">max error", "held"]
        return [table("The equations on one example, each side by another method", columns, rows)]


def verify_equations(net: SigmoidNetwork, x: npt.ArrayLike, y: npt.ArrayLike) -> Equations:
    """Check (1), the output δ, (2), (3), (4) and the D formula on one example, row by row.

    ``x`` is (s_1,), ``y`` one-hot (K,), a class index, or 0/1 for a single output. A network
    without a hidden layer has no (2) and no (4). Raises ValueError if x or y do not fit.

    >>> checks = verify_equations(SigmoidNetwork([2, 2, 1], seed=0), [1.0, 2.0], 1)
    >>> [check.number for check in checks if check.passed]
    ['(1)', '(1)', 'δ⁽ᴸ⁾', '(2)', '(2)', '(4)', '(4)', '(3)', 'D']
    """
    x, y = one_example(net, x, y)
    X, Y = x[np.newaxis], y[np.newaxis]
    graph = example_graph(net, x, y)
    graph.cost.backward()
    matrices = backprop_gradient(net, X, Y, LAMBDA)
    bounds = rounding_bounds(net, X, Y, LAMBDA)
    plain_bounds = rounding_bounds(net, X, Y, 0.0)
    assert matrices.deltas is not None

    L = len(net.sizes)
    a = [activations[0] for activations in net.forward(X).a]
    a_with_bias = [np.concatenate([[1.0], units]) for units in a]
    delta = [np.empty(0)] + [d[0] for d in matrices.deltas if d is not None]
    graph_delta = [np.empty(0), *(_gradients(units) for units in graph.z if units is not None)]
    graph_D = [np.array([_gradients(row) for row in matrix]) for matrix in graph.thetas]
    delta_bounds = [np.empty(0)] + [b[0] for b in bounds.deltas if b is not None]
    hidden = range(1, L - 1)

    checks = [
        _check(
            "(1)",
            "∂z_i⁽ˡ⁺¹⁾/∂θ_ij⁽ˡ⁾ = a_j⁽ˡ⁾",
            "graph from z_i | forward pass",
            [_slope_of_weighted_input(graph, l) for l in range(L - 1)],
            [np.tile(a_with_bias[l], (net.sizes[l + 1], 1)) for l in range(L - 1)],
            [np.tile(bounds.activations[l][0], (net.sizes[l + 1], 1)) for l in range(L - 1)],
        ),
        _check(
            "(1)",
            "∂J/∂θ_ij⁽ˡ⁾ = a_j⁽ˡ⁾ δ_i⁽ˡ⁺¹⁾",
            "graph | matrices, a and δ",
            graph_D,
            [np.outer(delta[l + 1], a_with_bias[l]) for l in range(L - 1)],
            plain_bounds.D,
        ),
        _check(
            "δ⁽ᴸ⁾",
            "δ⁽ᴸ⁾ = h_θ(x) − y",
            "graph | forward pass",
            graph_delta[-1:],
            [a[-1] - y],
            delta_bounds[-1:],
        ),
    ]
    if hidden:
        checks += [
            _check(
                "(2)",
                "δ_i⁽ˡ⁾ = Σ_k δ_k⁽ˡ⁺¹⁾ θ_ki⁽ˡ⁾ g'(z_i⁽ˡ⁾)",
                "graph | matrices, one by one",
                [graph_delta[l] for l in hidden],
                [_equation_2(net.thetas[l], delta[l + 1], a[l]) for l in hidden],
                [delta_bounds[l] for l in hidden],
            ),
            _check(
                "(2)",
                "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* a⁽ˡ⁾ .* (1 − a⁽ˡ⁾)",
                "matrices | graph, as vectors",
                [delta[l] for l in hidden],
                [
                    (net.thetas[l][:, 1:].T @ graph_delta[l + 1]) * a[l] * (1.0 - a[l])
                    for l in hidden
                ],
                [delta_bounds[l] for l in hidden],
            ),
        ]
        # one backward pass from each z_k⁽ˡ⁺¹⁾ gives ∂z_k⁽ˡ⁺¹⁾/∂z_i⁽ˡ⁾ with no formula written
        jacobians = [_jacobian(graph, l) for l in hidden]
        checks += [
            _check(
                "(4)",
                "δ_i⁽ˡ⁾ = Σ_k δ_k⁽ˡ⁺¹⁾ ∂z_k⁽ˡ⁺¹⁾/∂z_i⁽ˡ⁾",
                "matrices | graph from J and z_k",
                [delta[l] for l in hidden],
                [graph_delta[l + 1] @ jacobians[l - 1] for l in hidden],
                [delta_bounds[l] for l in hidden],
            ),
            _check(
                "(4)",
                "∂z_k⁽ˡ⁺¹⁾/∂z_i⁽ˡ⁾ = θ_ki⁽ˡ⁾ g'(z_i⁽ˡ⁾)",
                "graph from z_k | forward pass",
                jacobians,
                [net.thetas[l][:, 1:] * (a[l] * (1.0 - a[l])) for l in hidden],
                [_jacobian_bounds(net, a, bounds, l) for l in hidden],
            ),
        ]
    # log h of an h near 1 carries the rounding of h itself, 4u beside the relative error
    cost_bound = plain_bounds.cost + TEXTBOOK_ERROR * graph.cost.data + 4 * UNIT_ROUNDOFF * len(y)
    checks += [
        _check(
            "(3)",
            "J = Σ_k −y_k log h_k − (1 − y_k) log(1 − h_k)",
            "graph | matrices",
            [np.array([graph.cost.data])],
            [np.array([backprop_gradient(net, X, Y).cost])],
            [np.array([cost_bound])],
        ),
        _check(
            "D",
            "D⁽ˡ⁾ = δ⁽ˡ⁺¹⁾(a⁽ˡ⁾)ᵀ/m + (λ/m) Θ⁽ˡ⁾, λ = 1",
            "graph | matrices, a and δ",
            autodiff_gradient(net, X, Y, LAMBDA).D,
            [
                np.outer(delta[l + 1], a_with_bias[l])
                + LAMBDA * np.hstack([np.zeros((len(theta), 1)), theta[:, 1:]])
                for l, theta in enumerate(net.thetas)
            ],
            bounds.D,
        ),
    ]
    return Equations(checks)


def _check(
    number: str,
    statement: str,
    sides: str,
    left: Sequence[Array],
    right: Sequence[Array],
    bounds: Sequence[Array],
) -> EquationCheck:
    """Compare two lists of arrays; each side may carry the rounding that ``bounds`` allows."""
    a, b, bound = (np.concatenate([array.ravel() for array in side]) for side in
                   (left, right, bounds))  # fmt: skip
    error, tolerance = np.abs(a - b), 2.0 * bound
    tightest = int(np.argmax(error - tolerance))
    return EquationCheck(
        number=number,
        statement=statement,
        sides=sides,
        max_error=float(error.max()),
        tolerance=float(tolerance[tightest]),
        passed=bool(np.all(error <= tolerance)),
    )


def _gradients(nodes: Sequence[Value]) -> Array:
    return np.array([node.grad for node in nodes])


def _equation_2(theta: Array, delta_next: Array, a: Array) -> Array:
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


def _slope_of_weighted_input(graph: ExampleGraph, l: int) -> Array:
    """∂z_i/∂θ_ij of layer l, [i, j], by a backward pass from each z_i."""
    units = graph.z[l + 1]
    assert units is not None
    pairs = zip(units, graph.thetas[l], strict=True)
    return np.array([_slopes(unit, weights) for unit, weights in pairs])


def _jacobian(graph: ExampleGraph, l: int) -> Array:
    """∂z_k⁽ˡ⁺¹⁾/∂z_i⁽ˡ⁾, [k, i], by a backward pass from each z_k."""
    before, after = graph.z[l], graph.z[l + 1]
    assert before is not None
    assert after is not None
    return np.array([_slopes(unit, before) for unit in after])


def _slopes(output: Value, inputs: Sequence[Value]) -> Array:
    output.zero_grad()
    output.backward()
    return _gradients(inputs)


def _jacobian_bounds(net: SigmoidNetwork, a: list[Array], bounds: RoundingBounds, l: int) -> Array:
    """E(θ g') = |θ| E(g') + u |θ| g'."""
    slope_error = bounds.slopes[l]
    assert slope_error is not None
    slope = a[l] * (1.0 - a[l])
    return np.asarray(np.abs(net.thetas[l][:, 1:]) * (slope_error[0] + UNIT_ROUNDOFF * slope))
