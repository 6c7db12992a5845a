"""How what comes back from a function is read as a gradient, or as a step, and as a cost."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np

from ..support.validation import Array
from .delivery import Delivery
from .layouts import COURSE, Layout, Problem, gather, gathered, leaves
from .names import COST
from .submission import Answer, UserError, answer_of

__all__ = ["cost_beside", "number_in", "read_answer"]


def read_answer(
    delivery: Delivery,
    problem: Problem,
    results: Sequence[Any],
    cost: float | None,
    stepped: bool,
) -> Answer:
    """The gradient in the course's layout.

    Parameters
    ----------
    delivery
        How the weights were handed over, and so how their gradient is laid out.
    problem
        What the function ran on.
    results
        What it was given, what it returned, and what it was given as it stands afterwards.
    cost
        J, if another function gave it.
    stepped
        Whether the weights after a step are returned instead of the gradient.

    Raises
    ------
    UserError
        If there is nothing that can be read as a gradient.
    """
    given, returned, after = results
    changed = not _same(given, after)
    if returned is None and changed:  # it works on what it was given
        returned, stepped = after, True
    layout, like = delivery.layout, problem.net.thetas
    if delivery.kind == "neurons":
        returned = _of_neurons(returned)
    if not stepped:
        parts, is_vector, own = _gradient(delivery, returned, problem)
        return Answer(parts, is_vector, own if cost is None else cost, changed)
    after_step = gather(returned, layout, like)
    if after_step is None:
        vector = _vector(returned, _size(delivery, problem))
        if vector is None:
            raise UserError("function: returned no weights of the shapes that it was given")
        after_step = _unpacked(delivery, vector, problem)
    step = [b - np.asarray(a, float) for b, a in zip(like, after_step, strict=True)]
    if layout.kind == "none":
        step = [np.hstack([D[:, :1], part[:, 1:]])
                for D, part in zip(problem.exact.D, step, strict=True)]  # fmt: skip
    return Answer(step, False, cost, changed, scaled=True)


Read = tuple[list[Any], bool, float | None]  # the parts, whether they are one vector, and J


def _gradient(delivery: Delivery, returned: Any, problem: Problem) -> Read:
    layout, like, exact = delivery.layout, problem.net.thetas, problem.exact
    sets = list(gathered(returned, layout, exact.D if layout.kind == "none" else like))
    matched = min(sets, key=lambda parts: _off(parts, exact.D)) if sets else None
    if layout == COURSE and delivery.kind in ("list", "F", "numbered"):
        with contextlib.suppress(UserError):
            answer = answer_of(returned)
            ordered = delivery.kind == "list" and len(answer.parts) == len(like)
            if matched is None or ordered or answer.fits([np.shape(T) for T in like]):
                return answer.parts, answer.is_vector, answer.cost
    if matched is not None:
        return matched, False, cost_beside(returned, problem, layout)
    vector = _vector(returned, _size(delivery, problem))
    if vector is None:
        answer = answer_of(returned)
        return answer.parts, answer.is_vector, answer.cost
    return _unpacked(delivery, vector, problem), False, cost_beside(returned, problem)


def _size(delivery: Delivery, problem: Problem) -> int:
    """The number of weights that were handed over."""
    pieces = delivery.layout.pieces(problem.net.thetas)
    return sum(piece.size for part in pieces for piece in part)


def _unpacked(delivery: Delivery, vector: Array, problem: Problem) -> list[Array]:
    weights, biases = delivery.layout.pieces(problem.net.thetas)
    parts, at = [], 0
    for piece in (*weights, *biases):
        chunk = vector[at : at + piece.size]
        order: Any = "C" if delivery.kind == "C" else "F"
        parts.append(chunk.reshape(piece.shape, order=order))
        at += piece.size
    return delivery.layout.matrices(parts[: len(weights)], parts[len(weights) :], problem.exact.D)


def _of_neurons(tree: Any) -> list[Array]:
    """Θ of each layer from the weights of its neurons, where the bias comes last."""
    rows = [(path[:-2], a) for path, a in leaves(tree) if path[-1:] == ("weights",)]
    layers = groupby(rows, key=lambda row: row[0])
    return [np.roll(np.vstack([a for _, a in layer]), 1, axis=1) for _, layer in layers]


def _off(parts: Sequence[Any], exact: Sequence[Array]) -> float:
    return float(sum(np.sum(np.abs(a - b)) for a, b in zip(parts, exact, strict=True)))


def _vector(returned: Any, size: int) -> Array | None:
    """The one array of so many entries."""
    fits = [a for _, a in leaves(returned) if a.size == size and (a.ndim == 1 or 1 in a.shape)]
    return np.asarray(fits[0], dtype=np.float64).ravel() if len(fits) == 1 else None


def cost_beside(returned: Any, problem: Problem, layout: Layout | None = None) -> float | None:
    """J, if a single number is returned beside the gradient under no name or under a cost's.

    ``layout`` is that of a gradient in pieces: the bias of a single output is a number too, and
    no J.
    """
    if isinstance(returned, dict):
        return next((number_in(v) for k, v in returned.items() if COST.search(k)), None)
    arrays = [array for _, array in leaves(returned)]
    scalars = [float(array.ravel()[0]) for array in arrays if array.size == 1]
    pieces = layout.pieces(problem.net.thetas) if layout is not None else ()
    single = sum(piece.size == 1 for part in pieces for piece in part)
    if len(scalars) <= single or len(arrays) < 2:
        return None
    return min(scalars, key=lambda J: abs(J - problem.exact.cost))


def number_in(value: Any) -> float | None:
    """The number that a returned value is or begins with; None if it begins with an array."""
    found = [a for _, a in leaves(value)]
    return float(found[0].ravel()[0]) if found and found[0].size == 1 else None


def _same(one: Any, other: Any) -> bool:
    return all(
        np.array_equal(a, b, equal_nan=True)
        for (_, a), (_, b) in zip(leaves(one), leaves(other), strict=False)
    )
