"""The catalogue of classic backpropagation mistakes.

``Steps`` holds the correct steps of backpropagation, each one replaceable; a mistake replaces one
of them, seldom two. Formulas are in the source's notation, .* being the product element by
element.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from .cost_mistakes import COST_MISTAKES, CostMistake, CostTerms
from .delta_mistakes import DELTA_MISTAKES
from .forward_mistakes import FORWARD_MISTAKES
from .mistake import Mistake
from .steps import Steps
from .sum_mistakes import SUM_MISTAKES

__all__ = ["COST_MISTAKES", "MISTAKES", "CostMistake", "CostTerms", "Mistake", "Steps", "pairs"]

MISTAKES: dict[str, Mistake] = {
    m.name: m for m in (*DELTA_MISTAKES, *FORWARD_MISTAKES, *SUM_MISTAKES)
}


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
