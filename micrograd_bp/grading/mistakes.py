"""The catalogue of classic backpropagation mistakes.

``Steps`` holds the correct steps of ``gradients/backprop.py``, each one replaceable; a mistake
replaces one of them, seldom two. Formulas are in the source's notation, .* being the product
element by element.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations
from typing import Any, Literal

import numpy as np

from ..gradients.backprop import g, softplus, with_bias
from ..support.validation import Array

__all__ = ["COST_MISTAKES", "MISTAKES", "CostMistake", "CostTerms", "Mistake", "Steps", "pairs"]

Matrices = list[Array]


@dataclass(frozen=True)
class Steps:
    """Backpropagation in replaceable steps; as they stand they are the right ones.

    Rows are examples; ``l`` counts layers from 0, so Θ⁽ˡ⁺¹⁾ is ``thetas[l]``; ``z[0]`` is X.
    """

    read: Callable[[Matrices], Matrices] = lambda thetas: thetas
    targets: Callable[[Array], Array] = lambda Y: Y
    bias: Callable[[Array], Array] = with_bias
    hidden: Callable[[Array], Array] = g
    output: Callable[[Array], Array] = g
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


@dataclass(frozen=True)
class Mistake:
    """One mistake: which steps it replaces, and what a tutor would say about it.

    ``meant`` and ``used`` are the two formulas, ``equation`` where the source states the right
    one. ``form`` limits a mistake to gradients handed in as one "vector" or as "matrices",
    where only one of the two can show it.

    >>> MISTAKES["g' missing in δ"].used
    'δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾'
    """

    name: str
    equation: str
    meant: str
    used: str
    remedy: str
    steps: Mapping[str, Callable[..., Any]] = field(repr=False)
    form: Literal["vector", "matrices"] | None = None

    def gradient(
        self, thetas: Sequence[Array], X: Array, Y: Array, lambda_: float = 0.0
    ) -> Matrices:
        """The gradient that this mistake gives, one matrix for each of ``thetas``.

        Raises ValueError or IndexError where the mistake does not fit the network's shapes.
        """
        return self.procedure.gradient(thetas, X, Y, lambda_)

    @cached_property
    def procedure(self) -> Steps:
        return replace(Steps(), **self.steps)


def pairs(mistakes: Sequence[Mistake]) -> list[tuple[Mistake, Mistake, Steps]]:
    """Every two of ``mistakes`` that lie in different steps, with the steps of both.

    >>> chosen = [MISTAKES[name] for name in ("no 1/m", "1/m twice", "sign of h − y")]
    >>> [(one.name, two.name) for one, two, _ in pairs(chosen)]
    [('no 1/m', 'sign of h − y'), ('1/m twice', 'sign of h − y')]
    """
    return [
        (one, other, replace(Steps(), **{**one.steps, **other.steps}))
        for one, other in combinations(mistakes, 2)
        if not set(one.steps) & set(other.steps)
    ]


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


def softmax(z: Array) -> Array:
    """e^z / Σ e^z over the outputs."""
    if z.shape[1] == 1:
        raise ValueError("softmax of one output is always 1")
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def bias_last(a: Array) -> Array:
    """[a; 1]."""
    return with_bias(a)[:, np.r_[1 : a.shape[1] + 1, 0]]


def no_bias(a: Array) -> Array:
    """[0; a]."""
    return without(with_bias(a), np.s_[:, 0])


DELTA = "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* a⁽ˡ⁾ .* (1 − a⁽ˡ⁾)"
PROPAGATE = "δ⁽ˡ⁾ = Θ⁽ˡ⁾(:, 2:end)ᵀ δ⁽ˡ⁺¹⁾ .* g'(z⁽ˡ⁾)"
OUTPUT = "δ⁽ᴸ⁾ = h_θ(x) − y"
ACCUMULATE = "Δ⁽ˡ⁾ ← Δ⁽ˡ⁾ + δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ for every example"
AVERAGE = "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + …"
REGULARIZE = "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + (λ/m) θ_ij⁽ˡ⁾ for j ≥ 1"
FORWARD = "z⁽ˡ⁺¹⁾ = Θ⁽ˡ⁾ [1; a⁽ˡ⁾], a⁽ˡ⁺¹⁾ = g(z⁽ˡ⁺¹⁾)"
UNROLL = "gradient = [D⁽¹⁾(:); D⁽²⁾(:); …], column after column"
READ = "Θ⁽¹⁾ = reshape(theta(1 : …), s₂, s₁ + 1), filled column after column"

IN_FORWARD = "forward propagation"
IN_OUTPUT = "output layer, from equation (3)"
IN_AVERAGE = "the algorithm: D from Δ"
IN_REGULARIZATION = "the algorithm: D from Δ"
IN_UNROLLING = "unrolling parameters"

CATALOGUE = [
    Mistake(
        "g' missing in δ",
        "(2)",
        DELTA,
        "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾",
        "δ⁽ˡ⁾ is ∂J/∂z⁽ˡ⁾, not ∂J/∂a⁽ˡ⁾: between z and a stands the sigmoid, and the chain rule "
        "asks for its derivative. Multiply each δ of a hidden layer, element by element, by "
        "a .* (1 − a).",
        {"slope": lambda z, a, l: 1.0},
    ),
    Mistake(
        "g' evaluated at a instead of z",
        "(2)",
        "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* g'(z⁽ˡ⁾)",
        "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* g'(a⁽ˡ⁾)",
        "Your sigmoid gradient applies the sigmoid itself, so it wants z⁽ˡ⁾, from before the "
        "sigmoid. Either pass z, or, having a already, write a .* (1 − a) and apply no sigmoid.",
        {"slope": lambda z, a, l: g(a[l]) * (1.0 - g(a[l]))},
    ),
    Mistake(
        "g' taken as z(1 − z)",
        "(2)",
        DELTA,
        "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* z⁽ˡ⁾ .* (1 − z⁽ˡ⁾)",
        "g'(z) = g(z)(1 − g(z)): the short form a .* (1 − a) takes the activation a = g(z), not "
        "the weighted input z.",
        {"slope": lambda z, a, l: z[l] * (1.0 - z[l])},
    ),
    Mistake(
        "g' taken as a, the factor 1 − a missing",
        "(2)",
        DELTA,
        "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* a⁽ˡ⁾",
        "The derivative of the sigmoid has two factors, a and 1 − a. Add .* (1 − a).",
        {"slope": lambda z, a, l: a[l]},
    ),
    Mistake(
        "g' taken as 1 − a, the factor a missing",
        "(2)",
        DELTA,
        "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* (1 − a⁽ˡ⁾)",
        "The derivative of the sigmoid has two factors, a and 1 − a. Add .* a.",
        {"slope": lambda z, a, l: 1.0 - a[l]},
    ),
    Mistake(
        "g' of tanh instead of the sigmoid's",
        "(2)",
        DELTA,
        "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* (1 − a⁽ˡ⁾ .* a⁽ˡ⁾)",
        "1 − a² is the derivative of tanh. These units are sigmoids: a .* (1 − a).",
        {"slope": lambda z, a, l: 1.0 - a[l] ** 2},
    ),
    Mistake(
        "g' of the next layer",
        "(2)",
        "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* g'(z⁽ˡ⁾)",
        "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* g'(z⁽ˡ⁺¹⁾)",
        "The δ being computed is that of layer l, so its own z⁽ˡ⁾ belongs into g'. Use layers of "
        "different sizes while you test: the wrong one then does not fit.",
        {"slope": lambda z, a, l: a[l + 1] * (1.0 - a[l + 1])},
    ),
    Mistake(
        "output δ times g' (the squared-error form)",
        IN_OUTPUT,
        OUTPUT,
        "δ⁽ᴸ⁾ = (h_θ(x) − y) .* h_θ(x) .* (1 − h_θ(x))",
        "The factor g'(z⁽ᴸ⁾) belongs to the squared-error cost. With the logarithms of equation "
        "(3) it cancels: leave it out at the output layer, and keep it in the hidden ones.",
        {"output_delta": lambda h, Y: (h - Y) * h * (1.0 - h)},
    ),
    Mistake(
        "sign of h − y",
        IN_OUTPUT,
        OUTPUT,
        "δ⁽ᴸ⁾ = y − h_θ(x)",
        "Where h is too large, J falls as h falls, so δ must be positive: h − y. With y − h every "
        "step of gradient descent climbs.",
        {"output_delta": lambda h, Y: Y - h},
    ),
    Mistake(
        "predicted classes used instead of h in δ",
        IN_OUTPUT,
        OUTPUT,
        "δ⁽ᴸ⁾ = (h_θ(x) ≥ 0.5) − y",
        "δ compares the output itself with y, not the class it is rounded to: use the activation "
        "of the output layer before any threshold.",
        {"output_delta": lambda h, Y: (h >= 0.5) - Y},
    ),
    Mistake(
        "bias column kept in Θᵀδ",
        "(2)",
        PROPAGATE,
        "δ⁽ˡ⁾ = Θ⁽ˡ⁾(:, 1:end−1)ᵀ δ⁽ˡ⁺¹⁾ .* g'(z⁽ˡ⁾)",
        "Column 0 of Θ⁽ˡ⁾ belongs to the bias unit, which has no δ. Kept, it moves every weight "
        "by one unit. Drop the first column of Θ (or the first entry of Θᵀδ), not the last.",
        {"propagate": lambda thetas, l, delta: delta @ thetas[l][:, :-1]},
    ),
    Mistake(
        "Θ transposed in Θᵀδ",
        "(2)",
        PROPAGATE,
        "δ⁽ˡ⁾ = Θ⁽ˡ⁾(:, 2:end) δ⁽ˡ⁺¹⁾ .* g'(z⁽ˡ⁾)",
        "δ_i⁽ˡ⁾ sums over k, the first index of θ_ki: that is Θᵀ times the column δ, or, with "
        "examples in rows, δ times Θ. Layers of different sizes would have shown it at once.",
        {"propagate": lambda thetas, l, delta: delta @ thetas[l][:, 1:].T},
    ),
    Mistake(
        "Θ of the wrong layer in Θᵀδ",
        "(2)",
        PROPAGATE,
        "δ⁽ˡ⁾ = Θ⁽ˡ⁻¹⁾(:, 2:end)ᵀ δ⁽ˡ⁺¹⁾ .* g'(z⁽ˡ⁾)",
        "δ⁽ˡ⁺¹⁾ goes back through the weights that lead from layer l to l + 1: Θ⁽ˡ⁾, the same "
        "matrix that computed z⁽ˡ⁺¹⁾ on the way forward.",
        {"propagate": lambda thetas, l, delta: delta @ thetas[l - 1][:, 1:]},
    ),
    Mistake(
        "Θ of the next layer in Θᵀδ",
        "(2)",
        PROPAGATE,
        "δ⁽ˡ⁾ = Θ⁽ˡ⁺¹⁾(:, 2:end)ᵀ δ⁽ˡ⁺¹⁾ .* g'(z⁽ˡ⁾)",
        "δ⁽ˡ⁺¹⁾ goes back through the weights that lead from layer l to l + 1: Θ⁽ˡ⁾, the same "
        "matrix that computed z⁽ˡ⁺¹⁾ on the way forward. The index is one too high.",
        {"propagate": lambda thetas, l, delta: delta @ thetas[min(l + 1, len(thetas) - 1)][:, 1:]},
    ),
    Mistake(
        "one path of several lost (= where += belongs)",
        "(4)",
        "δ_i⁽ˡ⁾ = Σ_k δ_k⁽ˡ⁺¹⁾ θ_ki⁽ˡ⁾ g'(z_i⁽ˡ⁾)",
        "δ_i⁽ˡ⁾ = δ_K⁽ˡ⁺¹⁾ θ_Ki⁽ˡ⁾ g'(z_i⁽ˡ⁾), only the last k",
        "A unit acts on J through every unit of the next layer, and the paths add up. In the "
        "loop over k write += (from 0), so that a path does not overwrite the one before.",
        {"propagate": lambda thetas, l, delta: delta[:, -1:] @ thetas[l][-1:, 1:]},
    ),
    Mistake(
        "one path of several lost (only the first counted)",
        "(4)",
        "δ_i⁽ˡ⁾ = Σ_k δ_k⁽ˡ⁺¹⁾ θ_ki⁽ˡ⁾ g'(z_i⁽ˡ⁾)",
        "δ_i⁽ˡ⁾ = δ_1⁽ˡ⁺¹⁾ θ_1i⁽ˡ⁾ g'(z_i⁽ˡ⁾), only the first k",
        "A unit acts on J through every unit of the next layer, and the paths add up: let the sum "
        "run over all k.",
        {"propagate": lambda thetas, l, delta: delta[:, :1] @ thetas[l][:1, 1:]},
    ),
    Mistake(
        "δ not passed through the hidden layers",
        "(2)",
        DELTA,
        "δ⁽ˡ⁾ = 0 for l < L",
        "Only the output layer's weights have a gradient. Go on backward from δ⁽ᴸ⁾ to δ⁽²⁾ with "
        "equation (2), and give each Θ⁽ˡ⁾ its own δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ.",
        {"propagate": lambda thetas, l, delta: np.zeros((len(delta), thetas[l].shape[1] - 1))},
    ),
    Mistake(
        "gradient of the hidden layers left at 0",
        "(1)",
        "D⁽ˡ⁾ for every l",
        "D⁽ˡ⁾ = 0 for all but the last Θ",
        "The matrices of the earlier layers are still as they were set up. Each needs its own "
        "δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ, with δ passed back by equation (2), and its own regularization.",
        {"arrange": lambda D: [*(np.zeros_like(d) for d in D[:-1]), D[-1]]},
    ),
    Mistake(
        "z used where a belongs in δaᵀ",
        "(1)",
        "∂J/∂θ_ij⁽ˡ⁾ = a_j⁽ˡ⁾ δ_i⁽ˡ⁺¹⁾",
        "∂J/∂θ_ij⁽ˡ⁾ = z_j⁽ˡ⁾ δ_i⁽ˡ⁺¹⁾",
        "θ_ij⁽ˡ⁾ multiplies the activation a_j⁽ˡ⁾ = g(z_j⁽ˡ⁾), so that is its factor in the "
        "gradient. Use what the layer sends on, after the sigmoid.",
        {"inputs": lambda z, a, l: with_bias(z[l])},
    ),
    Mistake(
        "a of the wrong layer in δaᵀ",
        "(1)",
        "∂J/∂θ_ij⁽ˡ⁾ = a_j⁽ˡ⁾ δ_i⁽ˡ⁺¹⁾",
        "∂J/∂θ_ij⁽ˡ⁾ = a_j⁽ˡ⁺¹⁾ δ_i⁽ˡ⁺¹⁾",
        "A weight lies between two layers: its gradient is the activation where it starts, "
        "a⁽ˡ⁾, times the δ where it ends, δ⁽ˡ⁺¹⁾.",
        {"inputs": lambda z, a, l: with_bias(a[l + 1])},
    ),
    Mistake(
        "bias unit missing in δaᵀ (0 instead of 1)",
        "(1)",
        "∂J/∂θ_i0⁽ˡ⁾ = 1 · δ_i⁽ˡ⁺¹⁾",
        "∂J/∂θ_i0⁽ˡ⁾ = 0",
        "The bias unit is an activation like the others, a₀ = 1, and its weights learn too: "
        "column 0 of the gradient is the sum of δ over the examples. Put the 1 before a⁽ˡ⁾.",
        {"inputs": lambda z, a, l: no_bias(a[l])},
    ),
    Mistake(
        "bias unit missing in the forward pass (0 instead of 1)",
        IN_FORWARD,
        FORWARD,
        "z⁽ˡ⁺¹⁾ = Θ⁽ˡ⁾ [0; a⁽ˡ⁾]",
        "Without the bias unit the first column of Θ has no effect. Put a 1 before every "
        "example's activations, the inputs' included, before you multiply by Θ.",
        {"bias": no_bias},
    ),
    Mistake(
        "bias unit missing throughout (0 instead of 1)",
        IN_FORWARD,
        FORWARD,
        "z⁽ˡ⁺¹⁾ = Θ⁽ˡ⁾ [0; a⁽ˡ⁾], and the same in δaᵀ",
        "Without the bias unit the first column of Θ has no effect and no gradient. Put a 1 "
        "before every example's activations, the inputs' included; keep it for δaᵀ.",
        {"bias": no_bias, "inputs": lambda z, a, l: no_bias(a[l])},
    ),
    Mistake(
        "bias unit put last instead of first",
        IN_FORWARD,
        FORWARD,
        "z⁽ˡ⁺¹⁾ = Θ⁽ˡ⁾ [a⁽ˡ⁾; 1]",
        "Column 0 of Θ multiplies the bias unit, so the 1 goes before the activations, [1; a]. "
        "Consistently last is no error in itself, but then Θ means something else.",
        {
            "bias": bias_last,
            "propagate": lambda thetas, l, delta: delta @ thetas[l][:, :-1],
            "inputs": lambda z, a, l: bias_last(a[l]),
            "regularized": lambda Theta: without(Theta, np.s_[:, -1]),
        },
    ),
    Mistake(
        "softmax instead of sigmoid outputs",
        IN_FORWARD,
        "h_θ(x) = g(z⁽ᴸ⁾), each output by itself",
        "h_k = e^(z_k) / Σ_j e^(z_j)",
        "This network's outputs are sigmoids, each with its own cost (3). Softmax belongs to "
        "another cost, −Σ y_k log h_k, and only there gives h − y as its δ.",
        {"output": softmax},
    ),
    Mistake(
        "no sigmoid at the output layer",
        IN_FORWARD,
        "h_θ(x) = g(z⁽ᴸ⁾)",
        "h_θ(x) = z⁽ᴸ⁾",
        "The output layer is a layer of sigmoids like the hidden ones: apply g to z⁽ᴸ⁾ before you "
        "subtract y.",
        {"output": lambda z: z},
    ),
    Mistake(
        "tanh instead of sigmoid hidden units",
        IN_FORWARD,
        FORWARD,
        "a⁽ˡ⁾ = tanh(z⁽ˡ⁾), g' = 1 − (a⁽ˡ⁾)²",
        "This gradient is that of a network with tanh units. Use g(z) = 1/(1 + e⁻ᶻ) forward and "
        "a .* (1 − a) backward.",
        {"hidden": np.tanh, "slope": lambda z, a, l: 1.0 - a[l] ** 2},
    ),
    Mistake(
        "relu instead of sigmoid hidden units",
        IN_FORWARD,
        FORWARD,
        "a⁽ˡ⁾ = max(0, z⁽ˡ⁾), g' = 1 where z⁽ˡ⁾ > 0",
        "This gradient is that of a network with rectified units. Use g(z) = 1/(1 + e⁻ᶻ) forward "
        "and a .* (1 − a) backward.",
        {"hidden": lambda z: np.maximum(z, 0.0), "slope": lambda z, a, l: z[l] > 0},
    ),
    Mistake(
        "labels shifted up by one class",
        IN_OUTPUT,
        OUTPUT,
        "δ_k⁽ᴸ⁾ = h_k − y_(k−1), around the end",
        "The 1 of each y stands one class too high. Labels counted from 1 need y − 1 where "
        "indices start at 0; check one example's row by hand.",
        {"targets": lambda Y: shifted(Y, 1, around=True)},
    ),
    Mistake(
        "labels shifted down by one class",
        IN_OUTPUT,
        OUTPUT,
        "δ_k⁽ᴸ⁾ = h_k − y_(k+1), around the end",
        "The 1 of each y stands one class too low. Labels that count from 0 need no y − 1 where "
        "indices start at 0, and y + 1 in Octave; check one example's row by hand.",
        {"targets": lambda Y: shifted(Y, -1, around=True)},
    ),
    Mistake(
        "labels shifted up by one class, the last lost",
        IN_OUTPUT,
        OUTPUT,
        "δ_k⁽ᴸ⁾ = h_k − y_(k−1), with y_0 = 0",
        "The 1 of each y stands one class too high, and examples of the last class have no 1 at "
        "all. Compare labels and column numbers: one of them starts at 0, the other at 1.",
        {"targets": lambda Y: shifted(Y, 1, around=False)},
    ),
    Mistake(
        "labels shifted down by one class, the first lost",
        IN_OUTPUT,
        OUTPUT,
        "δ_k⁽ᴸ⁾ = h_k − y_(k+1), with y_(K+1) = 0",
        "The 1 of each y stands one class too low, and examples of the first class have no 1 at "
        "all. Compare labels and column numbers: one of them starts at 0, the other at 1.",
        {"targets": lambda Y: shifted(Y, -1, around=False)},
    ),
    Mistake(
        "no 1/m",
        IN_AVERAGE,
        AVERAGE,
        "D_ij⁽ˡ⁾ = Δ_ij⁽ˡ⁾ + …",
        "J is the mean over the examples, so the sum Δ must be divided by m as well. Divide once, "
        "after the loop.",
        {"average": lambda Delta, m, K: Delta},
    ),
    Mistake(
        "no 1/m anywhere, regularization included",
        IN_AVERAGE,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = Δ_ij⁽ˡ⁾ + λ θ_ij⁽ˡ⁾ for j ≥ 1",
        "This is the gradient of m J: everything is m times too large. J is the mean over the "
        "examples, regularization included: divide Δ + λΘ by m.",
        {"average": lambda Delta, m, K: Delta, "rate": lambda lambda_, m: lambda_},
    ),
    Mistake(
        "1/m twice",
        IN_AVERAGE,
        AVERAGE,
        "D_ij⁽ˡ⁾ = (1/m²) Δ_ij⁽ˡ⁾ + …",
        "The sum over the examples is divided by m twice, perhaps once in δ or Δ and again in D. "
        "Keep δ undivided, and divide Δ once.",
        {"average": lambda Delta, m, K: Delta / m**2},
    ),
    Mistake(
        "1/m twice everywhere, regularization included",
        IN_AVERAGE,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = (1/m²) Δ_ij⁽ˡ⁾ + (λ/m²) θ_ij⁽ˡ⁾ for j ≥ 1",
        "Everything is m times too small: the finished gradient is divided by m once more. "
        "Divide Δ + λΘ by m once.",
        {
            "average": lambda Delta, m, K: Delta / m**2,
            "rate": lambda lambda_, m: lambda_ / m**2,
        },
    ),
    Mistake(
        "averaged over the outputs too",
        IN_AVERAGE,
        AVERAGE,
        "D_ij⁽ˡ⁾ = (1/mK) Δ_ij⁽ˡ⁾ + …",
        "J adds the K outputs of an example and averages only over the m examples. A mean() over "
        "the whole array divides by K as well: divide by m.",
        {"average": lambda Delta, m, K: Delta / (m * K)},
    ),
    Mistake(
        "divided by m inside the loop",
        IN_AVERAGE,
        AVERAGE,
        "Δ⁽ˡ⁾ ← (Δ⁽ˡ⁾ + δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ) / m in every pass of the loop",
        "Each pass divides what the earlier ones have gathered once more. Only add inside the "
        "loop; divide by m once, after it.",
        {"accumulate": divided_in_the_loop, "average": lambda Delta, m, K: Delta},
    ),
    Mistake(
        "last example only",
        "the algorithm: Δ over the examples",
        ACCUMULATE,
        "Δ⁽ˡ⁾ = δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ of the last example",
        "Each example overwrites the one before. Set Δ to 0 before the loop and write "
        "Δ = Δ + δaᵀ in it.",
        {"accumulate": lambda delta, a: delta[-1:].T @ a[-1:]},
    ),
    Mistake(
        "first example only",
        "the algorithm: Δ over the examples",
        ACCUMULATE,
        "Δ⁽ˡ⁾ = δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ of the first example",
        "Only one example enters Δ: a return or break inside the loop, or an index that stays at "
        "the first row. Let the loop run over all m examples.",
        {"accumulate": lambda delta, a: delta[:1].T @ a[:1]},
    ),
    Mistake(
        "every example accumulated twice",
        "the algorithm: Δ over the examples",
        ACCUMULATE,
        "Δ⁽ˡ⁾ ← Δ⁽ˡ⁾ + 2 δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ",
        "δaᵀ enters Δ twice for every example: two lines add it, or the loop runs after a "
        "vectorized sum. Or the cost is thought of as (h − y)², whose derivative has a 2; (3)'s "
        "has none.",
        {"accumulate": lambda delta, a: 2.0 * (delta.T @ a)},
    ),
    Mistake(
        "bias column regularized",
        IN_REGULARIZATION,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + (λ/m) θ_ij⁽ˡ⁾ for all j, 0 too",
        "The weights of the bias unit are not regularized: add (λ/m) Θ to the columns from the "
        "second on (Octave's 2:end, Python's 1:), and leave the first as it is.",
        {"regularized": lambda Theta: Theta},
    ),
    Mistake(
        "first row left out of the regularization instead of the first column",
        IN_REGULARIZATION,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + (λ/m) θ_ij⁽ˡ⁾ for i ≥ 2",
        "The bias weights are the first column of Θ, Theta(:, 1); the first row, Theta(1, :), "
        "holds all weights into the first unit.",
        {"regularized": lambda Theta: without(Theta, np.s_[0])},
    ),
    Mistake(
        "regularization left out",
        IN_REGULARIZATION,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾",
        "The gradient is right for λ = 0 only. J has the term (λ/2m) Σ θ², so add its derivative, "
        "(λ/m) Θ, to every column but the first.",
        {"rate": lambda lambda_, m: 0.0},
    ),
    Mistake(
        "regularization without 1/m",
        IN_REGULARIZATION,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + λ θ_ij⁽ˡ⁾ for j ≥ 1",
        "In J the regularization is divided by m like the rest, (λ/2m) Σ θ²; so its derivative is "
        "(λ/m) Θ.",
        {"rate": lambda lambda_, m: lambda_},
    ),
    Mistake(
        "regularization twice",
        IN_REGULARIZATION,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + (2λ/m) θ_ij⁽ˡ⁾ for j ≥ 1",
        "(λ/m) Θ is added twice, or its derivative lost the ½ of λ/2m, which cancels the 2 of "
        "∂θ²/∂θ = 2θ. Add it once.",
        {"rate": lambda lambda_, m: 2.0 * lambda_ / m},
    ),
    Mistake(
        "λ/2m instead of λ/m",
        IN_REGULARIZATION,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + (λ/2m) θ_ij⁽ˡ⁾ for j ≥ 1",
        "λ/2m belongs to J. Its derivative brings a 2 down from θ², and the two cancel: λ/m.",
        {"rate": lambda lambda_, m: lambda_ / (2.0 * m)},
    ),
    Mistake(
        "regularization subtracted",
        IN_REGULARIZATION,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ − (λ/m) θ_ij⁽ˡ⁾ for j ≥ 1",
        "The penalty raises J as weights grow, so its derivative is added. The minus sign "
        "belongs to the descent step, θ ← θ − α D.",
        {"rate": lambda lambda_, m: -lambda_ / m},
    ),
    Mistake(
        "ascent instead of descent sign overall",
        "the algorithm: D is ∂J/∂Θ",
        "gradient = ∂J/∂Θ",
        "gradient = −∂J/∂Θ",
        "This is the direction of descent, −∂J/∂Θ. The optimizer, or the step θ ← θ − α D, "
        "already has the minus sign: return the gradient itself.",
        {"finish": lambda D: -D},
    ),
    Mistake(
        "whole gradient counted twice",
        "the algorithm: D is ∂J/∂Θ",
        "gradient = ∂J/∂Θ",
        "gradient = 2 ∂J/∂Θ",
        "Everything, regularization too, is there twice, as when a backward pass runs a second "
        "time without setting the gradients to 0 first.",
        {"finish": lambda D: 2.0 * D},
    ),
    Mistake(
        "gradient transposed",
        IN_UNROLLING,
        "D⁽ˡ⁾ = δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ, of the shape of Θ⁽ˡ⁾",
        "D⁽ˡ⁾ = a⁽ˡ⁾ (δ⁽ˡ⁺¹⁾)ᵀ",
        "Rows of D are the units the weights lead to, columns those they come from, as in Θ. "
        "Swap the two factors or transpose the result.",
        {"finish": lambda D: D.T},
        form="matrices",
    ),
    Mistake(
        "row-major instead of column-major unrolling",
        IN_UNROLLING,
        UNROLL,
        "gradient = [D⁽¹⁾; D⁽²⁾; …], row after row",
        "Octave's M(:) goes down the columns; NumPy's ravel and flatten go along the rows unless "
        'told: D.ravel(order="F"). The same order must serve for θ and for the gradient.',
        {"finish": row_by_row},
        form="vector",
    ),
    Mistake(
        "θ read row by row",
        IN_UNROLLING,
        READ,
        "Θ⁽¹⁾ filled row after row",
        "Octave's reshape fills the columns; NumPy's fills the rows unless told: "
        'theta[:n].reshape(rows, columns, order="F"). The gradient is unrolled by columns.',
        {"read": read_row_by_row},
        form="vector",
    ),
    Mistake(
        "rows first in both directions",
        IN_UNROLLING,
        UNROLL,
        "θ read, and the gradient unrolled, row after row",
        "Your backpropagation is right and agrees with itself: only the order within θ is not "
        'Octave\'s. If θ comes from Octave or this package, write order="F" in both places.',
        {"read": read_row_by_row, "finish": row_by_row},
        form="vector",
    ),
    Mistake(
        "layers unrolled in the wrong order",
        IN_UNROLLING,
        UNROLL,
        "gradient = [D⁽ᴸ⁻¹⁾(:); …; D⁽¹⁾(:)]",
        "The gradients stand in the order in which the backward pass found them. Turn them "
        "around: Θ⁽¹⁾'s comes first.",
        {"arrange": lambda D: D[::-1]},
    ),
    Mistake(
        "bias column missing from the gradient",
        IN_UNROLLING,
        "D⁽ˡ⁾ of the shape of Θ⁽ˡ⁾, s_{l+1} × (s_l + 1)",
        "D⁽ˡ⁾(:, 2:end), s_{l+1} × s_l",
        "The bias weights learn too. Put the 1 before a⁽ˡ⁾ in δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ; then column 0 of D "
        "is the sum of δ over the examples.",
        {"finish": lambda D: D[:, 1:]},
    ),
]

MISTAKES: dict[str, Mistake] = {mistake.name: mistake for mistake in CATALOGUE}


@dataclass(frozen=True)
class CostTerms:
    """The sums that J is made of: ``ones`` Σ −y log h, ``zeros`` Σ −(1 − y) log(1 − h), over
    all m examples and K outputs, ``weights`` Σ θ² for j ≥ 1 and ``biases`` Σ θ² for j = 0."""

    ones: float
    zeros: float
    squares: float
    weights: float
    biases: float
    lambda_: float
    m: int
    K: int

    @classmethod
    def of(cls, thetas: Sequence[Array], X: Array, Y: Array, lambda_: float) -> CostTerms:
        """The sums for thetas (s_{l+1}, s_l + 1), X (m, s_1) and one-hot Y (m, K)."""
        a, z = X, X
        for Theta in thetas:
            z = with_bias(a) @ Theta.T
            a = g(z)
        return cls(
            float(np.sum(Y * softplus(-z))),
            float(np.sum((1.0 - Y) * softplus(z))),
            float(np.sum((a - Y) ** 2)),
            sum(float(np.sum(Theta[:, 1:] ** 2)) for Theta in thetas),
            sum(float(np.sum(Theta[:, 0] ** 2)) for Theta in thetas),
            lambda_,
            *Y.shape,
        )

    @property
    def data(self) -> float:
        """The sum over the examples of equation (3)."""
        return self.ones + self.zeros

    @property
    def penalty(self) -> float:
        """(λ/2m) Σ θ² for j ≥ 1."""
        return self.lambda_ / (2 * self.m) * self.weights


@dataclass(frozen=True)
class CostMistake:
    """One mistake in J: the formula used, the remedy, and its value from the sums.

    >>> COST_MISTAKES[0].name
    'J without regularization'
    """

    name: str
    used: str
    remedy: str
    cost: Callable[[CostTerms], float] = field(repr=False)
    equation: str = "(3)"
    meant: str = "J = (1/m) Σ_i Σ_k [−y_k log h_k − (1 − y_k) log(1 − h_k)] + (λ/2m) Σ_{j≥1} θ_ij²"


DATA = "Σ_i Σ_k [−y_k log h_k − (1 − y_k) log(1 − h_k)]"

COST_MISTAKES = [
    CostMistake(
        "J without regularization",
        f"J = (1/m) {DATA}",
        "Add (λ/2m) Σ θ² over all weights but those of the bias units.",
        lambda t: t.data / t.m,
    ),
    CostMistake(
        "J regularizes the bias weights",
        f"J = (1/m) {DATA} + (λ/2m) Σ_{{j≥0}} θ_ij²",
        "Leave the first column of every Θ out of the sum of squares.",
        lambda t: t.data / t.m + t.penalty + t.lambda_ / (2 * t.m) * t.biases,
    ),
    CostMistake(
        "J with λ/m instead of λ/2m",
        f"J = (1/m) {DATA} + (λ/m) Σ_{{j≥1}} θ_ij²",
        "The factor is λ/2m; its ½ cancels the 2 of the derivative.",
        lambda t: t.data / t.m + 2.0 * t.penalty,
    ),
    CostMistake(
        "J with λ/2 instead of λ/2m",
        f"J = (1/m) {DATA} + (λ/2) Σ_{{j≥1}} θ_ij²",
        "The regularization is divided by m like the rest of J.",
        lambda t: t.data / t.m + t.m * t.penalty,
    ),
    CostMistake(
        "J without 1/m",
        f"J = {DATA} + (λ/2m) Σ_{{j≥1}} θ_ij²",
        "J is the mean over the examples: divide the sum by m.",
        lambda t: t.data + t.penalty,
    ),
    CostMistake(
        "J averaged over the outputs too",
        f"J = (1/mK) {DATA} + (λ/2m) Σ_{{j≥1}} θ_ij²",
        "Add the K outputs and divide by m only; a mean() over everything divides by K too.",
        lambda t: t.data / (t.m * t.K) + t.penalty,
    ),
    CostMistake(
        "J without the term of 1 − y",
        "J = (1/m) Σ_i Σ_k −y_k log h_k + (λ/2m) Σ_{j≥1} θ_ij²",
        "Every output is a yes-or-no of its own: where y is 0, −log(1 − h) counts.",
        lambda t: t.ones / t.m + t.penalty,
    ),
    CostMistake(
        "sign of J",
        "J = (1/m) Σ_i Σ_k [y_k log h_k + (1 − y_k) log(1 − h_k)] + (λ/2m) Σ_{j≥1} θ_ij²",
        "The logarithms of numbers below 1 are negative; the minus sign makes J a cost.",
        lambda t: -t.data / t.m + t.penalty,
    ),
    CostMistake(
        "squared error instead of the logarithms",
        "J = (1/2m) Σ_i Σ_k (h_k − y_k)² + (λ/2m) Σ_{j≥1} θ_ij²",
        "Equation (3) is the logarithmic cost; h − y is the output δ for that one only.",
        lambda t: t.squares / (2 * t.m) + t.penalty,
    ),
]
