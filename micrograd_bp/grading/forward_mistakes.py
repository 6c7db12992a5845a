"""The catalogue's mistakes in the forward pass and in the labels."""

from __future__ import annotations

import numpy as np

from .mistake import FORWARD, IN_FORWARD, IN_OUTPUT, OUTPUT, Mistake
from .model import logistic
from .steps import bias_last, no_bias, shifted, softmax_of_all, softmax_outputs, without

__all__ = ["FORWARD_MISTAKES"]

FORWARD_MISTAKES = [
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
        "softmax over the whole batch",
        IN_FORWARD,
        "h_θ(x) = g(z⁽ᴸ⁾), each output by itself",
        "h_k = e^(z_k) / Σ e^z over all examples and outputs",
        "This network's outputs are sigmoids. And a softmax sums over the outputs of one example, "
        "along one axis (axis=1, keepdims=True), not over the whole array.",
        {"output": softmax_of_all},
    ),
    Mistake(
        "softmax instead of sigmoid outputs",
        IN_FORWARD,
        "h_θ(x) = g(z⁽ᴸ⁾), each output by itself",
        "h_k = e^(z_k) / Σ_j e^(z_j)",
        "This network's outputs are sigmoids, each with its own cost (3). Softmax belongs to "
        "another cost, −Σ y_k log h_k, and only there gives h − y as its δ.",
        {"output": softmax_outputs},
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
        "no sigmoid in the hidden layers",
        IN_FORWARD,
        FORWARD,
        "a⁽ˡ⁾ = z⁽ˡ⁾",
        "Each hidden layer sends on a = g(z), not z: without g the whole network is one linear "
        "map. Apply the sigmoid before the bias unit is put in front.",
        {"hidden": lambda z: z},
    ),
    Mistake(
        "sigmoid applied twice at the output layer",
        IN_FORWARD,
        "h_θ(x) = g(z⁽ᴸ⁾)",
        "h_θ(x) = g(g(z⁽ᴸ⁾))",
        "The output of the forward pass is an activation already: h is at least ½ everywhere if "
        "g is applied once more. Take it as it is.",
        {"output": lambda z: logistic(logistic(z))},
    ),
    Mistake(
        "sigmoid applied twice in the hidden layers",
        IN_FORWARD,
        FORWARD,
        "a⁽ˡ⁾ = g(g(z⁽ˡ⁾))",
        "a⁽ˡ⁾ is an activation already when g is applied once more. Apply it once.",
        {"hidden": lambda z: logistic(logistic(z))},
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
        "tanh units with the slope of sigmoid",
        IN_FORWARD,
        FORWARD,
        "a⁽ˡ⁾ = tanh(z⁽ˡ⁾), but a .* (1 − a) for its slope",
        "The slope must be that of the units that run forward: 1 − a² for tanh. With the sigmoid "
        "forward, as here, a .* (1 − a) is right.",
        {"hidden": np.tanh},
    ),
    Mistake(
        "relu units with the slope of sigmoid",
        IN_FORWARD,
        FORWARD,
        "a⁽ˡ⁾ = max(0, z⁽ˡ⁾), but a .* (1 − a) for its slope",
        "The slope must be that of the units that run forward: 1 where z > 0 for max(0, z). With "
        "the sigmoid forward, as here, a .* (1 − a) is right.",
        {"hidden": lambda z: np.maximum(z, 0.0)},
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
]
