"""Three gradients of the same network side by side, and the proof that two of them agree.

What decides, in this order:

- The graph and the matrix formulas are compared in ball arithmetic (``proof.py``): disjoint balls
  are a contradiction, overlapping ones agreement, whatever the floats say. No tolerance decides
  between formulas.
- The floating-point results of any two methods may differ by what rounding explains
  (``rounding.py``), those of the numerical estimate by its error bar besides (``estimate.py``);
  more is a contradiction. So is a float that lies farther from its ball than its own rounding,
  and so are costs J that differ.
- A parameter is undecided if nothing contradicts and neither the proof nor the estimate decides
  about it: its balls agree to fewer than 15 digits (or were not made), and the error bar of its
  estimate is not below its gradient.

The verdict is "wrong" if anything contradicts. With a proof it is "undecided" if a parameter is;
without one, if all are, since the two exact methods still agree on them. It is also undecided,
proof or not, if ε is so small that rounding hides every derivative, which it would not do at the
source's ε = 1e-4: then the third method has estimated nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import combinations
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from ..gradients import Gradient, autodiff_gradient, backprop_gradient, numerical_gradient
from ..network.sigmoid import SigmoidNetwork, reshape, unroll
from ..network.symbols import symbol
from ..scalar.balls import balls_available
from ..support.validation import Array, regularization
from .estimate import COURSE_EPSILON, bars_by_floats, lost_in_rounding, step_that_would_do
from .findings import TITLES, CostDifference, DeltaDifference, Pair, Parameter, severities
from .proof import Proof, affordable_examples, affordable_moves
from .proof import prove as make_proof
from .result import Comparison
from .rounding import RoundingBounds, rounding_bounds, rounding_of_estimate

__all__ = [
    "TITLES",
    "Comparison",
    "CostDifference",
    "DeltaDifference",
    "Pair",
    "Parameter",
    "compare_gradients",
]

Parameters = Sequence[int] | npt.NDArray[np.intp] | int | None

CONFIRMED_EXAMPLES = 3  # on which the full scalar graph is built beside the replay


@np.errstate(over="ignore", invalid="ignore")  # what is no longer finite is judged
def compare_gradients(
    net: SigmoidNetwork,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    lambda_: float = 0.0,
    epsilon: float = 1e-4,
    parameters: Parameters = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
    *,
    prove: str | int = "auto",
    seed: int | np.random.Generator = 0,
) -> Comparison:
    """Compute ∂J/∂θ three ways, prove that the two exact ones agree, and judge every parameter.

    Parameters
    ----------
    net : SigmoidNetwork
        The network with P weights in all; it is not changed.
    X, Y : array_like
        Examples (m, s_1); one-hot (m, K), class indices (m,), or 0/1 (m,) for a single output.
    lambda_ : float
        Regularization λ ≥ 0.
    epsilon, parameters, executor, progress, seed
        Those of ``numerical_gradient``.
    prove : "auto", "all", "off" or int
        For how many examples the formulas are proved in ball arithmetic: as many as about a
        second allows (spread over the set), all, none, or this number. Floats cover all examples
        in any case. Where python-flint is not installed nothing is proved, and the verdict says so.

    Returns
    -------
    Comparison
        ``outcome`` "right", "wrong" or "undecided"; ``proof`` with what the balls say, or None.

    Raises
    ------
    ValueError, TypeError
        If the data do not fit the network, or an option is none of the above.

    Examples
    --------
    >>> net = SigmoidNetwork([2, 2, 1], seed=0)
    >>> c = compare_gradients(net, [[0.0, 1.0], [1.0, 1.0]], [1, 0], lambda_=1.0)
    >>> c.passed, c.undecided, c.proof.contradictions
    (True, (), ())
    """
    X, Y = net.data(X, Y)
    rows, unproved = _examples_to_prove(prove, net, len(X))
    if isinstance(seed, np.random.Generator):
        seed = int(seed.integers(2**63))  # every step size takes the same sample
    problem = _Problem(net, X, Y, regularization(lambda_), epsilon, seed, executor, progress)
    gradients = (
        autodiff_gradient(net, X, Y, problem.lambda_),
        backprop_gradient(net, X, Y, problem.lambda_),
        problem.estimate(epsilon, parameters, part=0),
    )
    proof = None if rows is None else _proof(problem, gradients, rows, thorough=prove == "all")
    return _judged(problem, gradients, proof, unproved)


@dataclass
class _Problem:
    """What is compared, and how the numerical estimates of it are made."""

    net: SigmoidNetwork
    X: Array
    Y: Array
    lambda_: float
    epsilon: float
    seed: int
    executor: Executor | None
    progress: Callable[[int, int], None] | None

    def estimate(
        self, step: float, parameters: Parameters, *, part: int | None = None, rows: Any = np.s_[:]
    ) -> Gradient:
        """The estimate with another step, of other parameters, or on some examples only."""
        shown = None if self.progress is None or part is None else _half(self.progress, part)
        return numerical_gradient(
            self.net, self.X[rows], self.Y[rows], self.lambda_, step, parameters=parameters,
            executor=self.executor, progress=shown, seed=self.seed,
        )  # fmt: skip


def _half(progress: Callable[[int, int], None], part: int) -> Callable[[int, int], None]:
    """The progress of one of two passes as that of both, in thousandths."""
    return lambda done, total: progress(500 * part + 500 * done // total, 1000)


def _examples_to_prove(
    prove: str | int, net: SigmoidNetwork, m: int
) -> tuple[npt.NDArray[np.intp] | None, str]:
    """The rows to prove, spread over the set, or None and the reason why none are."""
    number = prove if isinstance(prove, Integral) and not isinstance(prove, bool) else None
    if number is None and prove not in ("auto", "all", "off"):
        raise ValueError(f'prove: got {prove!r}, expected "auto", "all", "off" or a whole number')
    if number is not None and number < 1:
        raise ValueError(f"prove: got {number}, expected at least 1 example")
    if prove == "off":
        return None, "not asked for"
    if not balls_available():
        return None, "python-flint is not installed"
    if number is None:
        number = m if prove == "all" else affordable_examples(net, m)
    if number == 0:
        return None, "one example of so large a network takes long; prove=1 takes the time"
    return np.unique(np.linspace(0, m - 1, min(int(number), m)).astype(np.intp)), ""


def _proof(
    problem: _Problem,
    gradients: tuple[Gradient, Gradient, Gradient],
    rows: npt.NDArray[np.intp],
    thorough: bool,
) -> Proof:
    net, X, Y, lambda_ = problem.net, problem.X[rows], problem.Y[rows], problem.lambda_
    asked = np.flatnonzero(~np.isnan(gradients[2].vector))
    if not thorough and asked.size > (most := affordable_moves(net, len(rows))):
        asked = asked[np.linspace(0, asked.size - 1, most).astype(np.intp)]
    floats = gradients
    if len(rows) < len(problem.X):
        floats = (
            autodiff_gradient(net, X, Y, lambda_),
            backprop_gradient(net, X, Y, lambda_),
            problem.estimate(problem.epsilon, asked, rows=rows),
        )
    return make_proof(net, X, Y, lambda_, problem.epsilon, floats, asked)


def _judged(
    problem: _Problem,
    gradients: tuple[Gradient, Gradient, Gradient],
    proof: Proof | None,
    unproved: str,
) -> Comparison:
    net, X, Y, lambda_ = problem.net, problem.X, problem.Y, problem.lambda_
    autodiff, backprop, numerical = gradients
    bounds = rounding_bounds(net, X, Y, lambda_)
    exact = 2.0 * unroll(bounds.D)
    error_bars = _error_bars(problem, gradients, proof, exact)
    estimated = ~np.isnan(error_bars)
    if problem.progress is not None:
        problem.progress(1000, 1000)
    lost = lost_in_rounding(net, X, Y, lambda_, problem.epsilon, backprop.vector, estimated)
    vague = error_bars >= np.abs(numerical.vector)  # False where nothing was estimated
    pairs = tuple(
        _compare_layer(net, gradients, (a, b), layer, tolerance, undecided)
        for a, b, tolerance, undecided in (
            (autodiff, backprop, exact, np.zeros_like(vague)),
            (autodiff, numerical, exact + error_bars, vague),
            (backprop, numerical, exact + error_bars, vague),
        )
        for layer in range(1, len(net.thetas) + 1)
        if not np.all(np.isnan(reshape(tolerance, net.shapes)[layer - 1]))  # none was sampled
    )
    contradicted = {name for pair in pairs for name in pair.contradictions}
    undecided = estimated if lost else vague if proof is None else vague & ~proof.proved
    advice = COURSE_EPSILON if lost else None
    if np.any(np.isinf(error_bars) & undecided):
        advice = step_that_would_do(net, X, Y, lambda_, problem.epsilon)
    return Comparison(
        gradients=gradients,
        pairs=pairs,
        deltas=tuple(_compare_deltas(autodiff, backprop, bounds)),
        costs=tuple(_compare_costs(gradients, 2.0 * bounds.cost)),
        replay_confirmed=_replay_confirmed(net, X, Y),
        undecided=tuple(
            parameter
            for p in np.flatnonzero(undecided)
            for parameter in [_parameter(net, gradients, int(p), exact[p] + error_bars[p])]
            if parameter.name not in contradicted
        ),
        lost=lost,
        advice=advice,
        error_bars=error_bars,
        exact_bounds=exact,
        proof=proof,
        unproved=unproved,
        network=net,
        X=X,
        Y=Y,
        lambda_=lambda_,
        epsilon=problem.epsilon,
    )


def _replay_confirmed(net: SigmoidNetwork, X: Array, Y: Array) -> bool:
    """Hold the recorded graph's replay against the full graphs of a few examples."""
    some = np.unique(np.linspace(0, len(X) - 1, CONFIRMED_EXAMPLES).astype(np.intp))
    tape = autodiff_gradient(net, X[some], Y[some], replay=True)
    graph = autodiff_gradient(net, X[some], Y[some], replay=False)
    explained = 2.0 * unroll(rounding_bounds(net, X[some], Y[some], 0.0).D)
    return not np.any(np.abs(tape.vector - graph.vector) > explained)


def _error_bars(
    problem: _Problem,
    gradients: tuple[Gradient, Gradient, Gradient],
    proof: Proof | None,
    exact: Array,
) -> Array:
    """An error bar for each estimate: from the proof where that covers all examples."""
    numerical = gradients[2]
    bounds = rounding_of_estimate(
        problem.net, problem.X, problem.Y, problem.lambda_, problem.epsilon
    )
    bars = np.full_like(numerical.vector, np.nan)
    if proof is not None and proof.examples == len(problem.X):
        bars = np.abs(proof.truncation) + bounds.error
    left = np.flatnonzero(~np.isnan(numerical.vector) & np.isnan(bars))
    if left.size:
        gap = np.maximum(*(np.abs(numerical.vector - other.vector) for other in gradients[:2]))
        found = bars_by_floats(
            lambda step, which: problem.estimate(
                step, left if which is None else which, part=1 if which is None else None
            ),
            numerical, problem.epsilon, bounds, gap, exact,
        )  # fmt: skip
        bars[left] = found[left]
    return bars


def _compare_layer(
    net: SigmoidNetwork,
    gradients: tuple[Gradient, ...],
    pair: tuple[Gradient, Gradient],
    layer: int,
    tolerance: Array,
    vague: npt.NDArray[np.bool_],
) -> Pair:
    start = sum(theta.size for theta in net.thetas[: layer - 1])
    part = np.arange(start, start + net.thetas[layer - 1].size)
    part = part[~np.isnan(tolerance[part])]  # what was estimated
    a, b = (gradient.vector[part] for gradient in pair)
    difference = np.abs(a - b)
    over = difference > tolerance[part]
    worst = int(np.argmax(severities(difference, tolerance[part])))
    size = math.hypot(*(a + b).flat)  # of any scale
    return Pair(
        methods=(pair[0].method, pair[1].method),
        layer=layer,
        difference=float(difference.max()),
        relative=math.hypot(*(a - b).flat) / size if size else 0.0,
        worst=_parameter(
            net, gradients, int(part[worst]), tolerance[part[worst]], difference[worst]
        ),
        contradictions=tuple(net.parameter_name(int(p)) for p in part[over]),
        undecided=int(np.count_nonzero(vague[part] & ~over)),
    )


def _parameter(
    net: SigmoidNetwork,
    gradients: tuple[Gradient, ...],
    index: int,
    tolerance: float,
    difference: float | None = None,
) -> Parameter:
    """One entry of the unrolled θ; by default with the largest difference of two methods."""
    values = {g.method: float(g.vector[index]) for g in gradients if not np.isnan(g.vector[index])}
    if difference is None:
        difference = max(values.values()) - min(values.values())
    ends = np.cumsum([theta.size for theta in net.thetas])
    return Parameter(
        name=net.parameter_name(index),
        index=index,
        layer=int(np.searchsorted(ends, index, side="right")) + 1,
        values=values,
        difference=float(difference),
        tolerance=float(tolerance),
    )


def _compare_deltas(
    autodiff: Gradient, backprop: Gradient, bounds: RoundingBounds
) -> Iterator[DeltaDifference]:
    assert autodiff.deltas is not None
    assert backprop.deltas is not None
    layers = zip(autodiff.deltas, backprop.deltas, bounds.deltas, strict=True)
    for layer, (a, b, bound) in enumerate(layers, start=1):
        if a is None or b is None or bound is None:
            continue  # the input layer has no δ
        difference = np.abs(a - b)
        excess = difference - 2.0 * bound
        example, unit = np.unravel_index(int(np.argmax(excess)), excess.shape)
        yield DeltaDifference(
            layer=layer,
            difference=float(difference.max()),
            worst=symbol("δ", int(unit) + 1, layer=layer),
            example=int(example),
            passed=bool(np.all(excess <= 0.0)),
        )


def _compare_costs(
    gradients: tuple[Gradient, Gradient, Gradient], tolerance: float
) -> Iterator[CostDifference]:
    for a, b in combinations(gradients, 2):
        difference = abs(a.cost - b.cost)
        yield CostDifference(
            (a.method, b.method), difference, tolerance, passed=bool(difference <= tolerance)
        )
