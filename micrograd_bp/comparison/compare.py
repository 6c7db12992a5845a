"""Three gradients of the same network side by side, each difference held against its own bound.

No fixed number decides. Two exact methods may differ by twice the rounding that
``rounding.py`` derives for the sums involved. The numerical estimate of each parameter has an
error bar of its own, the sum of

- truncation: with D(ε) = g + c ε² + d ε⁴ + …, a second step size gives c ε² as
  (D(2ε) − D(ε)) / 3 (Richardson, 1911), taken twice for the higher orders. Where c ε² + 5 d ε⁴
  happens to vanish this is blind, so no parameter is contradicted before a third step size,
  (D(4ε) − D(2ε)) / 12 = c ε² + 20 d ε⁴, has been asked as well;
- rounding: each J carries at most E(J) of ``rounding.py``, so their difference over 2ε carries
  at most E(J) / ε; the second step size adds E(J) / ε again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..gradients import Gradient, autodiff_gradient, backprop_gradient, numerical_gradient
from ..network.sigmoid import SigmoidNetwork, reshape, unroll
from ..network.symbols import symbol
from ..support.result import Result
from ..support.validation import Array, regularization
from .rounding import RoundingBounds, rounding_bounds

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["Comparison", "DeltaDifference", "Pair", "Parameter", "compare_gradients"]

Parameters = Sequence[int] | npt.NDArray[np.intp] | int | None

TITLES = {
    "autodiff": "autodiff (scalar graph)",
    "backprop": "backprop (matrix formulas)",
    "numerical": "numerical (two-sided)",
}
CONFIRMED_EXAMPLES = 3  # on which the full scalar graph is built beside the replay
TRUNCATION_SAFETY = 2.0  # terms of order ε⁴ and above, beside the ε² that is measured


@dataclass(frozen=True)
class Parameter:
    """One weight, what each method says of ∂J/∂θ, and how far a pair may differ there."""

    name: str  # θ₂₃⁽¹⁾
    index: int  # into the unrolled θ
    layer: int  # l of Θ⁽ˡ⁾
    values: dict[str, float]  # by method, of those that estimated it
    difference: float
    tolerance: float

    @property
    def severity(self) -> float:
        """The difference in units of its tolerance; above 1 the two contradict."""
        return self.difference / self.tolerance if self.difference else 0.0


@dataclass(frozen=True)
class Pair:
    """Two methods compared on one layer."""

    methods: tuple[str, str]
    layer: int  # l of Θ⁽ˡ⁾
    difference: float  # the largest |a − b|
    relative: float  # the course's ‖a − b‖ / ‖a + b‖
    worst: Parameter  # the largest |a − b| / tolerance
    contradictions: tuple[str, ...]  # the parameters that differ by more than their tolerance
    undecided: int

    @property
    def passed(self) -> bool:
        """Whether no parameter differs by more than its tolerance."""
        return not self.contradictions


@dataclass(frozen=True)
class DeltaDifference:
    """δ of one layer by the graph and by the matrix formulas."""

    layer: int
    difference: float  # the largest over examples and units
    worst: str  # the unit where it is, δ₂⁽³⁾
    example: int
    passed: bool


@dataclass(frozen=True, repr=False)
class Comparison(Result):
    """The verdict on three gradients, with everything it rests on."""

    gradients: tuple[Gradient, ...]  # autodiff, backprop, numerical
    pairs: tuple[Pair, ...]  # every pair of methods, layer by layer
    deltas: tuple[DeltaDifference, ...]
    undecided: tuple[str, ...]  # parameters whose error bar is wider than their gradient
    error_bars: Array  # of the numerical estimate, unrolled; NaN where not estimated
    network: SigmoidNetwork
    X: Array
    Y: Array
    lambda_: float
    epsilon: float

    @property
    def outcome(self) -> str:
        """ "right", "wrong" (something contradicts) or "undecided" (every parameter is)."""
        if not (all(pair.passed for pair in self.pairs) and all(d.passed for d in self.deltas)):
            return "wrong"
        estimated = np.count_nonzero(~np.isnan(self.error_bars))
        return "undecided" if len(self.undecided) == estimated else "right"

    @property
    def worst(self) -> Parameter:
        """The parameter with the largest difference in units of its tolerance."""
        return max((pair.worst for pair in self.pairs), key=lambda worst: worst.severity)

    @property
    def slowdown(self) -> float:
        """How many times longer a numerical estimate of all parameters takes than backprop."""
        _, backprop, numerical = self.gradients
        estimated = np.count_nonzero(~np.isnan(numerical.vector))
        return numerical.seconds / backprop.seconds * numerical.vector.size / estimated

    @property
    def verdict(self) -> str:
        """One line: that nothing contradicts, or which method does, in which layers and where."""
        estimated = int(np.count_nonzero(~np.isnan(self.error_bars)))
        if self.outcome != "wrong":
            word = "PASSED" if self.passed else "UNDECIDED"
            line = f"{word}: the three methods agree on {estimated - len(self.undecided)}"
            line += f" of {estimated} parameters"
            if self.undecided:
                line += f"; {len(self.undecided)} undecided, with error bars above their gradient"
            return line
        guilty = [pair for pair in self.pairs if not pair.passed]
        if not guilty:
            layers = ", ".join(str(delta.layer) for delta in self.deltas if not delta.passed)
            return f"FAILED: graph and matrices contradict on δ of layer {layers}"
        worst = max((pair.worst for pair in guilty), key=lambda worst: worst.severity)
        layers = ", ".join(symbol("Θ", layer=layer) for layer in sorted({p.layer for p in guilty}))
        return (
            f"FAILED: {_suspect(guilty)} in {layers}; worst at {worst.name}, "
            f"off by {worst.difference:.2g} where {worst.tolerance:.1g} is explained"
        )

    def tables(self) -> list[Table | str]:
        """The comparison as rich tables: methods, pairs by layer, worst parameters, δ."""
        from ..support.tables import table

        backprop = self.gradients[1]
        methods = table(
            f"∂J/∂θ three ways ({len(self.X)} examples, {'-'.join(map(str, self.network.sizes))}, "
            f"λ = {self.lambda_:g}, ε = {self.epsilon:g})",
            ["method", ">cost J", ">‖∂J/∂θ‖", ">time", ">× backprop"],
            [
                [
                    TITLES[g.method],
                    f"{g.cost:.12g}",
                    f"{np.linalg.norm(g.vector[~np.isnan(g.vector)]):.9g}",
                    f"{1e3 * g.seconds:.3g} ms",
                    f"{g.seconds / backprop.seconds:.3g}",
                ]
                for g in self.gradients
            ],
        )
        pairs = table(
            "Agreement, layer by layer",
            ["", "methods", ">max |a−b|", ">‖a−b‖/‖a+b‖", ">worst", ">|a−b|/tolerance", "verdict"],
            [
                [
                    symbol("Θ", layer=pair.layer),
                    " − ".join(pair.methods),
                    f"{pair.difference:.1e}",
                    f"{pair.relative:.1e}",
                    pair.worst.name,
                    f"{pair.worst.severity:.2g}",
                    _pair_verdict(pair),
                ]
                for pair in self.pairs
            ],
        )
        by_methods: dict[tuple[str, str], list[Parameter]] = {}
        for pair in self.pairs:
            by_methods.setdefault(pair.methods, []).append(pair.worst)
        worst = table(
            "The worst parameter of each pair of methods",
            ["methods", "θ", *(f">{g.method}" for g in self.gradients), ">tolerance"],
            [
                [
                    " − ".join(methods),
                    parameter.name,
                    *(
                        f"{parameter.values[g.method]:.10f}" if g.method in parameter.values else ""
                        for g in self.gradients
                    ),
                    f"{parameter.tolerance:.1e}",
                ]
                for methods, candidates in by_methods.items()
                for parameter in [max(candidates, key=lambda worst: worst.severity)]
            ],
        )
        deltas = table(
            "δ, graph − matrices",
            ["layer", ">max |a−b|", ">worst", ">example", "verdict"],
            [
                [
                    str(delta.layer),
                    f"{delta.difference:.1e}",
                    delta.worst,
                    str(delta.example),
                    "agree" if delta.passed else "CONTRADICT",
                ]
                for delta in self.deltas
            ],
        )
        return [methods, pairs, worst, deltas]

    def details(self) -> dict[str, Any]:
        """The numbers of ``to_dict``; what is not estimated is None."""
        return {
            "sizes": list(self.network.sizes),
            "examples": len(self.X),
            "lambda": self.lambda_,
            "epsilon": self.epsilon,
            "slowdown": self.slowdown,
            "undecided": list(self.undecided),
            "gradients": {
                g.method: {"cost": g.cost, "seconds": g.seconds, "vector": g.vector}
                for g in self.gradients
            },
            "error_bars": self.error_bars,
            "pairs": [asdict(pair) | {"passed": pair.passed} for pair in self.pairs],
            "worst": self.worst,
            "deltas": self.deltas,
        }


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
    seed: int | np.random.Generator = 0,
) -> Comparison:
    """Compute ∂J/∂θ three ways and judge every parameter against its own tolerance.

    X is (m, s_1); Y one-hot (m, K), class indices (m,), or 0/1 (m,) for a single output;
    ``epsilon``, ``parameters`` (and ``seed`` for a random sample of them), ``executor`` and
    ``progress`` are ``numerical_gradient``'s. Raises ValueError or TypeError for bad input.

    >>> net = SigmoidNetwork([2, 2, 1], seed=0)
    >>> c = compare_gradients(net, [[0.0, 1.0], [1.0, 1.0]], [1, 0], lambda_=1.0)
    >>> c.passed, c.undecided
    (True, ())
    """
    X, Y = net.data(X, Y)
    lambda_ = regularization(lambda_)
    autodiff = autodiff_gradient(net, X, Y, lambda_)
    _confirm_replay(net, X, Y)
    backprop = backprop_gradient(net, X, Y, lambda_)
    if isinstance(seed, np.random.Generator):
        seed = int(seed.integers(2**63))  # both step sizes take the same sample

    def estimate(step: float, which: Parameters, half: int | None = None) -> Gradient:
        part = None if progress is None or half is None else _half(progress, half)
        return numerical_gradient(
            net, X, Y, lambda_, step, parameters=which, seed=seed, executor=executor, progress=part
        )

    bounds = rounding_bounds(net, X, Y, lambda_)
    exact = 2.0 * unroll(bounds.D)
    numerical, error_bars = _with_error_bars(
        estimate, epsilon, parameters, bounds.cost, (autodiff, backprop), exact
    )
    gradients = (autodiff, backprop, numerical)
    vague = error_bars >= np.abs(numerical.vector)  # False where nothing was estimated
    pairs = [
        _compare_layer(net, gradients, (a, b), layer, tolerance, undecided)
        for a, b, tolerance, undecided in (
            (autodiff, backprop, exact, np.zeros_like(vague)),
            (autodiff, numerical, exact + error_bars, vague),
            (backprop, numerical, exact + error_bars, vague),
        )
        for layer in range(1, len(net.thetas) + 1)
        if not np.all(np.isnan(reshape(tolerance, net.shapes)[layer - 1]))  # none was sampled
    ]
    contradicted = {name for pair in pairs for name in pair.contradictions}
    names = [net.parameter_name(int(p)) for p in np.flatnonzero(vague)]
    return Comparison(
        gradients=gradients,
        pairs=tuple(pairs),
        deltas=tuple(_compare_deltas(autodiff, backprop, bounds)),
        undecided=tuple(name for name in names if name not in contradicted),
        error_bars=error_bars,
        network=net,
        X=X,
        Y=Y,
        lambda_=lambda_,
        epsilon=epsilon,
    )


def _confirm_replay(net: SigmoidNetwork, X: Array, Y: Array) -> None:
    """Hold the recorded graph's replay against the full graphs of a few examples."""
    some = np.unique(np.linspace(0, len(X) - 1, CONFIRMED_EXAMPLES).astype(np.intp))
    tape = autodiff_gradient(net, X[some], Y[some], replay=True)
    graph = autodiff_gradient(net, X[some], Y[some], replay=False)
    explained = 2.0 * unroll(rounding_bounds(net, X[some], Y[some], 0.0).D)
    if np.any(np.abs(tape.vector - graph.vector) > explained):
        raise RuntimeError("autodiff: the replay contradicts the graph it was recorded from")


def _with_error_bars(
    estimate: Callable[..., Gradient],
    epsilon: float,
    parameters: Parameters,
    cost_bound: float,
    others: tuple[Gradient, Gradient],
    exact: Array,
) -> tuple[Gradient, Array]:
    """The numerical estimate and its error bars, as this module's text derives them."""
    numerical = estimate(epsilon, parameters, 0)
    doubled = estimate(2.0 * epsilon, parameters, 1)
    truncation = np.abs(doubled.vector - numerical.vector) / 3.0
    rounding = 2.0 * cost_bound / epsilon
    error_bars = TRUNCATION_SAFETY * truncation + rounding
    gap = np.maximum(*(np.abs(numerical.vector - other.vector) for other in others))
    suspects = np.flatnonzero(gap > exact + error_bars)
    if suspects.size:
        fourfold = estimate(4.0 * epsilon, suspects)
        third = np.abs(fourfold.vector - doubled.vector)[suspects] / 12.0
        truncation[suspects] = np.maximum(truncation[suspects], third)
        error_bars = TRUNCATION_SAFETY * truncation + rounding
    return numerical, error_bars


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
    with np.errstate(divide="ignore", invalid="ignore"):
        severity = np.where(difference > 0.0, difference / tolerance[part], 0.0)
    worst = part[np.argmax(severity)]
    size = float(np.linalg.norm(a + b))
    return Pair(
        methods=(pair[0].method, pair[1].method),
        layer=layer,
        difference=float(difference.max()),
        relative=float(np.linalg.norm(a - b)) / size if size else 0.0,
        worst=Parameter(
            name=net.parameter_name(int(worst)),
            index=int(worst),
            layer=layer,
            values={
                g.method: float(g.vector[worst]) for g in gradients if not np.isnan(g.vector[worst])
            },
            difference=float(np.max(difference[part == worst])),
            tolerance=float(tolerance[worst]),
        ),
        contradictions=tuple(net.parameter_name(int(p)) for p in part[over]),
        undecided=int(np.count_nonzero(vague[part] & ~over)),
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


def _half(progress: Callable[[int, int], None], half: int) -> Callable[[int, int], None]:
    """The progress of one of two equal passes as that of both."""
    return lambda done, total: progress(half * total + done, 2 * total)


def _suspect(guilty: Sequence[Pair]) -> str:
    """The method that all contradictions have in common, if there is one."""
    found = {pair.methods for pair in guilty}
    common = set.intersection(*(set(methods) for methods in found))
    if len(found) > 1 and len(common) == 1:
        return f"{common.pop()} contradicts the other two methods"
    if len(found) == 1:
        return "{} and {} contradict each other".format(*found.pop())
    return "all three methods contradict each other"


def _pair_verdict(pair: Pair) -> str:
    if not pair.passed:
        return f"{len(pair.contradictions)} CONTRADICT"
    return f"agree, {pair.undecided} undecided" if pair.undecided else "agree"
