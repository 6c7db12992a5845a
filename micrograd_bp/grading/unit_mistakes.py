"""Mistakes in δ where a network's units or its loss are not the course's."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..support.validation import Array
from .mistake import DELTA, IN_OUTPUT, Mistake
from .model import HIDDEN

__all__ = ["OF_THE_ERROR", "unit_mistakes"]

SLOPE = "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* g'(z⁽ˡ⁾)"


@lru_cache
def unit_mistakes(hidden: str, output: str) -> tuple[Mistake, ...]:
    """The wrong slopes of such hidden units, and the output δ of another loss."""
    slope = HIDDEN[hidden][1]
    made = []
    for name in ("sigmoid", "tanh", "relu", "leaky relu"):
        other = HIDDEN[name][1]
        if name != hidden != "sigmoid":  # the catalogue has the sigmoid's
            made.append(
                Mistake(
                    f"{hidden} units with the slope of {name}",
                    "(2)",
                    SLOPE,
                    f"{SLOPE}, g being {name}",
                    f"The hidden units are {hidden}, so δ takes the derivative of {hidden}.",
                    {"slope": lambda z, a, l, other=other: other(z[l], a[l])},
                )
            )
    for word, by in (("previous", -1), ("next", 1)):
        made.append(
            Mistake(
                f"g' of the {word} layer",
                "(2)",
                SLOPE,
                SLOPE.replace("z⁽ˡ⁾", "z⁽ˡ⁻¹⁾" if by < 0 else "z⁽ˡ⁺¹⁾"),
                "The δ being computed is that of layer l, so its own z⁽ˡ⁾ belongs into g'.",
                {"slope": lambda z, a, l, by=by: slope(z[l + by], a[l + by])},
            )
        )
    if hidden == "tanh":
        made += OF_TANH
    if output.endswith("squared error"):
        made.append(
            Mistake(
                "g' missing in the output δ, which the squared error asks for",
                IN_OUTPUT,
                "δ⁽ᴸ⁾ = (h_θ(x) − y) .* g'(z⁽ᴸ⁾)",
                "δ⁽ᴸ⁾ = h_θ(x) − y",
                "Only with the logarithms of (3), or with softmax, does g' cancel at the output.",
                {"output_delta": lambda h, Y: h - Y},
            )
        )
    return (*made, *OF_THE_ERROR)


MEANT = "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* (1 − a⁽ˡ⁾ .* a⁽ˡ⁾)"
OF_TANH = [
    Mistake(
        "g′ of tanh taken as 1 − a, the square missing",
        "(2)",
        MEANT,
        "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* (1 − a⁽ˡ⁾)",
        "The derivative of a = tanh(z) is 1 − a².",
        {"slope": lambda z, a, l: 1.0 - a[l]},
    ),
    Mistake(
        "g′ of tanh taken as 1 − z², for 1 − a²",
        "(2)",
        MEANT,
        "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* (1 − z⁽ˡ⁾ .* z⁽ˡ⁾)",
        "The short form 1 − a² takes the activation a = tanh(z), not z.",
        {"slope": lambda z, a, l: 1.0 - z[l] ** 2},
    ),
]
OF_THE_ERROR = [  # wrong whatever the units are
    Mistake(
        "g' taken as a(1 + a), for a(1 − a)",
        "(2)",
        DELTA,
        "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* a⁽ˡ⁾ .* (1 + a⁽ˡ⁾)",
        "The derivative of the sigmoid is a .* (1 − a): a sign is lost.",
        {"slope": lambda z, a, l: a[l] * (1.0 + a[l])},
    ),
    Mistake(
        "g' taken of the error (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ instead of the activation",
        "(2)",
        DELTA,
        "δ⁽ˡ⁾ = e .* e .* (1 − e), e = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾",
        "The slope is that of the unit, a .* (1 − a) of its activation: the error e is what it is "
        "multiplied with.",
        {
            "propagate": lambda T, l, delta: _cubic(delta @ T[l][:, 1:]),
            "slope": lambda z, a, l: 1.0,
        },
    ),
    Mistake(
        "the mask of ReLU taken from the error instead of z",
        "(2)",
        "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ where z⁽ˡ⁾ > 0, else 0",
        "δ⁽ˡ⁾ = (Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ where that is > 0, else 0",
        "g'(z) is 1 where z > 0, or where a is: the error's own sign has nothing to do with it.",
        {
            "propagate": lambda T, l, delta: np.maximum(delta @ T[l][:, 1:], 0.0),
            "slope": lambda z, a, l: 1.0,
        },
    ),
]


def _cubic(e: Array) -> Array:
    return e * e * (1.0 - e)
