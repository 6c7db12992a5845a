"""Whether a gradient that is not the course's is that of another cost, and of which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .binding import Runner
from .catalogue import MISTAKES
from .evidence import Case
from .explain import explanations
from .layouts import Problem
from .own_cost import confirmed, family, gradient_scale, scales
from .search import NEARLY, Bound, cost_near, distance

__all__ = ["OTHER_DATA", "UNKNOWN", "costs_near", "near", "own_cost_of"]

UNKNOWN = ("a cost of its own, on which check_gradient confirms the gradient",)
OTHER_DATA = ("other labels, or some of the examples only",)  # consistent, and a mistake


def near(cases: Sequence[Case], problems: Sequence[Problem]) -> bool:
    """Whether the gradient is nearly the course's on every problem."""
    return all(
        distance(case.answer, problem) <= NEARLY
        for case, problem in zip(cases, problems, strict=True)
    )


def own_cost_of(bound: Bound, runner: Runner, runs: Any) -> tuple[str, ...] | None:
    """In what the code's own cost differs from the course's, if its gradient is right for it."""
    costs = [case.answer.cost for case in runs.cases]
    if any(cost is not None for cost in costs):
        return None if costs_near(runs.cases) else _confirmed_own(bound, runner, runs)
    if bound.course_form or near(runs.cases, runs.problems):
        return None
    return _family_own(bound, runs)


def _confirmed_own(bound: Bound, runner: Runner, runs: Any) -> tuple[str, ...] | None:
    def stated(problem: Problem) -> float:
        cost = bound.answer(runner, problem).cost
        return np.nan if cost is None else cost

    for case, problem in zip(runs.cases[:2], runs.problems[:2], strict=True):
        if not confirmed(stated, problem, case.parts, bound.layout, runs.stepped):
            return None
    if runs.stated is None:
        return OTHER_DATA if _other_data(runs.cases) else UNKNOWN
    return runs.stated.words(runs.problems[0]) or UNKNOWN


def _other_data(cases: Sequence[Case]) -> bool:
    """Whether it is the course's gradient with other labels, or with some of the examples."""
    parts = {part for finding in explanations(cases)[:1] for part in finding.parts}
    return any({"targets", "accumulate"} & set(MISTAKES[p].steps) for p in parts & set(MISTAKES))


def _family_own(bound: Bound, runs: Any) -> tuple[str, ...] | None:
    """The first cost of the family whose gradient the answers are."""
    first = runs.problems[0]
    outputs, layers = first.net.sizes[-1], len(first.net.thetas)
    free = bound.layout.kind != "theta" or runs.stepped
    for own in family(layers, outputs):
        models = [replace(own.model(p), lambda_=p.lambda_) for p in runs.problems]
        gradients = [[m.gradient(l) for l in range(1, layers + 1)] for m in models]
        found = []
        factors: dict[int, float] = {}
        for case, D, problem in zip(runs.cases, gradients, runs.problems, strict=True):
            visible = [bound.layout.pieces(part) for part in (case.parts, D)]
            yours, theirs = ([*weights, *biases] for weights, biases in visible)
            factor, left = gradient_scale(yours, theirs)
            one = factors.setdefault(len(problem.X), factor)
            if left > NEARLY or factor <= 0.0 or abs(factor / one - 1.0) > NEARLY:
                break
            known = [s for s in scales(len(problem.X), outputs, free)
                     if abs(factor / s.factor - 1.0) <= NEARLY]  # fmt: skip
            if not own.squares:
                known = [s for s in known if "½" not in s.words and (free or s.factor == 1.0)]
            found.append([s.words for s in known])
        else:
            if runs.stepped:
                return own.differences
            common = [w for w in found[0] if all(w in words for words in found)]
            if common and (own.differences or common[0]):
                return (*own.differences, *filter(None, common[:1]))
    return None


def costs_near(cases: Sequence[Case], given: bool = False) -> bool:
    """Whether J, where it was given, is nearly the course's; or that it was ``given``, and is."""
    return all(
        not given if case.answer.cost is None else cost_near(case.answer.cost, case.exact.cost)
        for case in cases
    )
