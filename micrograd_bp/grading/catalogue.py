"""The catalogue of classic backpropagation mistakes.

``Steps`` holds the correct steps of backpropagation, each one replaceable; a mistake replaces one
of them, seldom two. Formulas are in the source's notation, .* being the product element by
element.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from .cost_mistakes import COST_MISTAKES, CostMistake, CostTerms
from .delta_mistakes import DELTA_MISTAKES
from .forward_mistakes import FORWARD_MISTAKES
from .mistake import Mistake
from .steps import Steps
from .sum_mistakes import SUM_MISTAKES
from .unit_mistakes import OF_THE_ERROR, unit_mistakes

__all__ = [
    "COST_MISTAKES",
    "MISTAKES",
    "CostMistake",
    "CostTerms",
    "Mistake",
    "Steps",
    "known_for",
    "pairs",
]

MISTAKES: dict[str, Mistake] = {
    m.name: m for m in (*DELTA_MISTAKES, *FORWARD_MISTAKES, *SUM_MISTAKES)
}


def known_for(hidden: str, output: str) -> list[Mistake]:
    """The mistakes that a network with such units can have, by their names in ``model``.

    >>> any("ReLU" in mistake.name for mistake in known_for("relu", "softmax"))
    True
    """
    if (hidden, output) == ("sigmoid", "sigmoid"):
        return [*MISTAKES.values(), *OF_THE_ERROR]
    own = unit_mistakes(hidden, output)
    names = {mistake.name for mistake in own}
    rest = [
        m for m in MISTAKES.values()
        if m.name not in names and not m.name.endswith("instead of the sigmoid's")
    ]  # fmt: skip
    return [*own, *rest]


def pairs(mistakes: Sequence[Mistake]) -> list[tuple[Mistake, Mistake]]:
    """Every two of ``mistakes`` that lie in different steps.

    >>> chosen = [MISTAKES[name] for name in ("no 1/m", "1/m twice", "sign of h − y")]
    >>> [(one.name, two.name) for one, two in pairs(chosen)]
    [('no 1/m', 'sign of h − y'), ('1/m twice', 'sign of h − y')]
    """
    return [
        (one, other)
        for one, other in combinations(mistakes, 2)
        if not set(one.steps) & set(other.steps)
    ]
