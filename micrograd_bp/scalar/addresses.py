"""Which rows of the shares make up the gradient of each node: their addresses.

Most instructions write a row for every operand. What a Σ gets is what its terms get: if that is
one row, the terms are told its address; if it is several, their sum gets a row of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ..support.validation import Array
from .memory import Rows, Sums, ends_of, runs

__all__ = ["Addresses"]

DIRECT = -1


class Addresses:
    """Rows of shares of one kind, and for whom they are. Row 0 is what the output starts with."""

    def __init__(self, active: npt.NDArray[np.bool_]) -> None:
        self.active = active  # the nodes that need their gradient
        self.size = 1
        self.targets: list[Rows] = []
        self.rows: list[Rows] = []  # or none yet, of what comes by a Σ
        self.by: list[Rows] = []  # the node of that Σ, or DIRECT
        self.signs: list[Array] = []

    def give(self, nodes: Rows) -> slice | None:
        """New rows, one for each node; None if none of them needs its gradient."""
        if not self.active[nodes].any():
            return None
        rows = self.reserve(len(nodes))
        self.tell(nodes, np.arange(rows.start, rows.stop))
        return rows

    def tell(self, nodes: Rows, rows: Rows) -> None:
        self._add(nodes, rows, np.full(len(nodes), DIRECT), np.ones(len(nodes)))

    def hand_on(self, sums: Rows, terms: Rows, signs: Array) -> None:
        """What each of the nodes ``sums`` gets, times a sign, goes to the term beside it."""
        wanted = self.active[terms]
        rows = np.zeros(np.count_nonzero(wanted), dtype=np.intp)
        self._add(terms[wanted], rows, sums[wanted], signs[wanted])

    def _add(self, targets: Rows, rows: Rows, by: Rows, signs: Array) -> None:
        self.targets.append(targets)
        self.rows.append(rows)
        self.by.append(by)
        self.signs.append(signs)

    def reserve(self, count: int) -> slice:
        self.size += count
        return slice(self.size - count, self.size)

    def resolve(
        self, sums: Sequence[tuple[Rows, bool]]
    ) -> tuple[list[tuple[Rows, slice | None]], Callable[[Rows], Sums]]:
        """Once all are told: of each group of Σ nodes those with rows of their own, and these.

        ``sums`` are the groups in the order of execution, and whether all of a group need rows.
        Also gives a function from nodes to the sums that are their gradients.
        """
        none = np.zeros(0, dtype=np.intp)
        targets, rows, by = (
            np.concatenate([none, *parts]) for parts in (self.targets, self.rows, self.by)
        )
        signs = np.concatenate([np.ones(0), *self.signs])
        counts = np.bincount(targets, minlength=len(self.active))
        starts = np.cumsum(counts) - counts
        order = np.argsort(targets, kind="stable")
        targets, rows, by, signs = targets[order], rows[order], by[order], signs[order]
        row, sign = np.zeros(len(counts), dtype=np.intp), np.ones(len(counts))
        own: list[tuple[Rows, slice | None]] = []
        for nodes, all_need in reversed(sums):  # who uses a Σ comes before it
            several = (counts[nodes] != 1) | all_need
            lone, many = nodes[~several], nodes[several]
            at = starts[lone]
            direct = by[at] == DIRECT
            row[lone] = np.where(direct, rows[at], row[by[at]])
            sign[lone] = signs[at] * np.where(direct, 1.0, sign[by[at]])
            space = self.reserve(len(many)) if len(many) else None
            if space is not None:
                row[many] = np.arange(space.start, space.stop)
            own.append((many, space))
        direct = by == DIRECT
        rows, signs = np.where(direct, rows, row[by]), signs * np.where(direct, 1.0, sign[by])

        def collect(nodes: Rows) -> Sums:
            places = runs(starts[nodes], counts[nodes])
            return Sums(ends_of(counts[nodes]), rows[places], signs[places])

        return own[::-1], collect
