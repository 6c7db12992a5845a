"""The catalogue's mistakes in δ and in what δ is multiplied with."""

from __future__ import annotations

import numpy as np

from .mistake import DELTA, IN_OUTPUT, OUTPUT, PROPAGATE, Mistake
from .model import logistic, with_bias
from .steps import no_bias, unsummed

__all__ = ["DELTA_MISTAKES"]

DELTA_MISTAKES = [
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
        {"slope": lambda z, a, l: logistic(a[l]) * (1.0 - logistic(a[l]))},
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
        "g' of relu instead of the sigmoid's",
        "(2)",
        DELTA,
        "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ where z⁽ˡ⁾ > 0, else 0",
        "1 where z > 0 is the derivative of max(0, z). These units are sigmoids: a .* (1 − a).",
        {"slope": lambda z, a, l: z[l] > 0},
    ),
    Mistake(
        "g' taken as a(1 − z)",
        "(2)",
        DELTA,
        "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* a⁽ˡ⁾ .* (1 − z⁽ˡ⁾)",
        "g'(z) = g(z)(1 − g(z)): both factors are made of the activation a = g(z), none of z.",
        {"slope": lambda z, a, l: a[l] * (1.0 - z[l])},
    ),
    Mistake(
        "g' of the previous layer",
        "(2)",
        "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* g'(z⁽ˡ⁾)",
        "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* a⁽ˡ⁻¹⁾ .* (1 − a⁽ˡ⁻¹⁾)",
        "The δ being computed is that of layer l, so its own a⁽ˡ⁾ belongs into the slope; the "
        "index is one too low. Use layers of different sizes while you test.",
        {"slope": lambda z, a, l: a[l - 1] * (1.0 - a[l - 1])},
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
        "output δ times g' evaluated at h",
        IN_OUTPUT,
        OUTPUT,
        "δ⁽ᴸ⁾ = (h_θ(x) − y) .* g'(h_θ(x))",
        "With the logarithms of (3) no g' belongs into the output layer's δ. Where it does, "
        "with the squared error, it is g'(z⁽ᴸ⁾) = h .* (1 − h): your slope applies g once more.",
        {"output_delta": lambda h, Y: (h - Y) * logistic(h) * (1.0 - logistic(h))},
    ),
    Mistake(
        "g' evaluated at a instead of z in every layer, the output's too",
        "(2)",
        "δ⁽ᴸ⁾ = h_θ(x) − y, δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* g'(z⁽ˡ⁾)",
        "δ⁽ᴸ⁾ = (h_θ(x) − y) .* g'(h_θ(x)), δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* g'(a⁽ˡ⁾)",
        "Your slope g(s)(1 − g(s)) applies the sigmoid itself, so it wants z, from before the "
        "sigmoid; of an activation write a .* (1 − a). The output layer needs none with (3).",
        {
            "output_delta": lambda h, Y: (h - Y) * logistic(h) * (1.0 - logistic(h)),
            "slope": lambda z, a, l: logistic(a[l]) * (1.0 - logistic(a[l])),
        },
    ),
    Mistake(
        "output δ times h",
        IN_OUTPUT,
        OUTPUT,
        "δ⁽ᴸ⁾ = (h_θ(x) − y) .* h_θ(x)",
        "With the logarithms of equation (3) δ⁽ᴸ⁾ is h − y alone. With the squared error it has "
        "two factors more, h and 1 − h.",
        {"output_delta": lambda h, Y: (h - Y) * h},
    ),
    Mistake(
        "output δ times 1 − h",
        IN_OUTPUT,
        OUTPUT,
        "δ⁽ᴸ⁾ = (h_θ(x) − y) .* (1 − h_θ(x))",
        "With the logarithms of equation (3) δ⁽ᴸ⁾ is h − y alone. With the squared error it has "
        "two factors more, h and 1 − h.",
        {"output_delta": lambda h, Y: (h - Y) * (1.0 - h)},
    ),
    Mistake(
        "|h − y| used as δ",
        IN_OUTPUT,
        OUTPUT,
        "δ⁽ᴸ⁾ = |h_θ(x) − y|",
        "The sign of h − y says in which direction J falls; without it every step goes one way.",
        {"output_delta": lambda h, Y: np.abs(h - Y)},
    ),
    Mistake(
        "the squared error used as δ",
        IN_OUTPUT,
        OUTPUT,
        "δ⁽ᴸ⁾ = ½ (h_θ(x) − y)²",
        "That is a cost, not its derivative. δ⁽ᴸ⁾ = ∂J/∂z⁽ᴸ⁾ = h − y for the cost (3).",
        {"output_delta": lambda h, Y: 0.5 * (h - Y) ** 2},
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
        "last unit dropped from δ instead of the bias unit",
        "(2)",
        PROPAGATE,
        "δ⁽ˡ⁾ = [(Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* g'([1; …])](1:end−1)",
        "The bias unit comes first, so its δ does too: drop the first entry, (2:end) in Octave and "
        "[1:] in Python, not the last. Kept, it moves every δ by one unit.",
        {
            "propagate": lambda thetas, l, delta: delta @ thetas[l][:, :-1],
            "slope": lambda z, a, l: (with_bias(a[l]) * (1.0 - with_bias(a[l])))[:, :-1],
        },
    ),
    Mistake(
        "Θᵀ missing in Θᵀδ",
        "(2)",
        PROPAGATE,
        "δ⁽ˡ⁾ = δ⁽ˡ⁺¹⁾ .* g'(z⁽ˡ⁾)",
        "δ of the next layer goes back through the weights: without Θᵀ every unit is held to have "
        "the same share in it. With one output, or layers of one size, no shape tells.",
        {"propagate": unsummed},
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
]
