"""The cost of a network built node by node from Values, every node named as in the source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy.typing as npt

from ..scalar.engine import Value
from ..support.collector import collector_paused
from ..support.memory import require_memory
from ..support.validation import regularization
from .sigmoid import SigmoidNetwork
from .symbols import symbol

__all__ = ["ExampleGraph", "example_graph", "penalty_graph", "theta_values"]

# A matrix of weights as nodes: rows of Values, thetas[l][i][j] = θ_ij of layer l.
Weights = list[list[list[Value]]]

# Up to this weighted input of an output unit the cost is written as in the textbook, log(1 − h).
# There 1 − h ≥ e⁻⁸ ≈ 3e-4 is known to 2⁻⁵³ / 3e-4, a relative error of the cost below 4e-13;
# above it the same term is written log g(−z), which stays exact (and finite where h rounds to 1).
# Likewise below −700: at z = −746 h itself rounds to 0, and log h has no value.
TEXTBOOK_RANGE = -700.0, 8.0
# Of memory for a weight, its product and their labels and edges: measured 1,800 to 2,700 bytes.
NODE_BYTES = 1800.0


@dataclass(frozen=True)
class ExampleGraph:
    """The graph of J(x, y) for one example; after ``cost.backward()``, ``z[l][i].grad`` is δ."""

    x: list[Value]
    y: list[Value]
    thetas: Weights
    bias: list[Value]  # the bias unit of each layer but the last, of value 1
    z: list[list[Value] | None]  # z[0] is None
    a: list[list[Value]]  # a[0] is x
    terms: list[Value]  # J_k, the part of output unit k
    cost: Value


@collector_paused()
def theta_values(net: SigmoidNetwork) -> Weights:
    """A named leaf for every weight of the network: ``[l][i][j]`` for θ_ij⁽ˡ⁺¹⁾.

    >>> theta_values(SigmoidNetwork([2, 1], init="zeros"))[0][0][2]
    Value(θ₁₂⁽¹⁾: data=0)
    """
    return [
        [
            [Value(w, label=symbol("θ", i, j, layer=layer)) for j, w in enumerate(row)]
            for i, row in enumerate(theta.tolist(), start=1)
        ]
        for layer, theta in enumerate(net.thetas, start=1)
    ]


@collector_paused()
def example_graph(
    net: SigmoidNetwork,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    thetas: Weights | None = None,
    textbook: bool | None = None,
) -> ExampleGraph:
    """The cost (3) of one example as a graph of named Values.

    ``x`` is (s_1,); ``y`` one-hot (K,), a class index, or 0/1 for a single output. ``thetas``
    are the weights of an earlier graph to share (``theta_values(net)``). ``textbook`` chooses
    how the cost is written: log h and log(1 − h), or log g(z) and log g(−z), which is exact for
    any z; by default the first unless an output is so large that 1 − h would lose its digits.
    Raises ValueError if x or y do not fit the network.

    >>> e = example_graph(SigmoidNetwork([2, 1], init="zeros"), [1.0, 2.0], 1)
    >>> e.cost.backward()
    >>> e.z[1][0], e.thetas[0][0][2].grad  # δ = h − y, and a₂ δ
    (Value(z₁⁽²⁾: data=0, grad=-0.5), -1.0)
    """
    x_row, y_row = net.example(x, y)
    if thetas is None:
        require_memory(f"the scalar graph of {net}", NODE_BYTES * net.theta.size)
    inputs = [Value(v, label=symbol("x", j)) for j, v in enumerate(x_row.tolist(), start=1)]
    targets = [Value(v, label=symbol("y", k)) for k, v in enumerate(y_row.tolist(), start=1)]
    weights = theta_values(net) if thetas is None else thetas

    bias: list[Value] = []
    z: list[list[Value] | None] = [None]
    a = [inputs]
    outputs: list[Value] = []
    for layer, matrix in enumerate(weights, start=1):
        bias.append(Value(1.0, label=symbol("x", 0) if layer == 1 else symbol("a", 0, layer=layer)))
        before = [bias[-1], *a[-1]]
        outputs, activations = [], []
        for i, row in enumerate(matrix, start=1):
            products = [_named(t * u, t.label + u.label) for t, u in zip(row, before, strict=True)]
            outputs.append(_named(Value.sum(products), symbol("z", i, layer=layer + 1)))
            activations.append(_named(outputs[-1].sigmoid(), symbol("a", i, layer=layer + 1)))
        z.append(outputs)
        a.append(activations)

    if textbook is None:
        lowest, highest = TEXTBOOK_RANGE
        textbook = all(lowest <= v.data <= highest for v in outputs)
    terms = [
        _cost_of_unit(k, z_k, h_k, y_k, textbook)
        for k, (z_k, h_k, y_k) in enumerate(zip(outputs, a[-1], targets, strict=True), start=1)
    ]
    cost = _named(Value.sum(terms), "J")
    return ExampleGraph(inputs, targets, weights, bias, z, a, terms, cost)


def penalty_graph(thetas: Weights, lambda_: float, m: int) -> Value:
    """The regularization λ/2m Σ θ² over all weights but those of the bias units.

    >>> net = SigmoidNetwork(thetas=[[[5.0, 3.0]]])
    >>> penalty_graph(theta_values(net), 2.0, 1).data
    9.0
    """
    squares = [theta**2 for matrix in thetas for row in matrix for theta in row[1:]]
    # λ and 2m as nodes of their own: their quotient is rounded, and balls enclose what is exact
    weight = Value(regularization(lambda_)) / Value(2.0 * m)
    return _named(Value.sum(squares) * weight, "λ/2m Σθ²")


def _cost_of_unit(k: int, z: Value, h: Value, y: Value, textbook: bool) -> Value:
    """−y log h − (1 − y) log(1 − h)."""
    if textbook:
        log_h = _named(h.log(), f"log {h.label}")
        complement = _named(1.0 - h, f"1−{h.label}")
        log_complement = _named(complement.log(), f"log(1−{h.label})")
    else:
        log_h = _named(z.log_sigmoid(), f"log g({z.label})")
        log_complement = _named((-z).log_sigmoid(), f"log g(−{z.label})")
    first = _named(y * log_h, f"{y.label} {log_h.label}")
    not_y = _named(1.0 - y, f"1−{y.label}")
    second = _named(not_y * log_complement, f"({not_y.label}) {log_complement.label}")
    return _named(-(first + second), symbol("J", k))


def _named(node: Value, label: str) -> Value:
    node.label = label
    return node
