"""The arrays that a block of examples needs, and how their rows are read and summed.

Nothing is read here: what a function gives are calls with all their arguments looked up, to be
made for one block after the other, and the array in which the rows are after them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ..support.validation import Array

__all__ = [
    *("FIXED", "INPUT", "VARYING"),
    *("Call", "Collect", "Index", "Memory", "Rows", "Sum", "as_index", "read"),
]

Rows = npt.NDArray[np.intp]
Index = slice | Rows
Call = Callable[[], Any]

# Where the value of a node stands: one number per call, a column of the given inputs, or one
# number per example.
FIXED, INPUT, VARYING = range(3)

# What room for a moment is used for: the gradient of an instruction's rows, the terms of a sum, and
# its operands from OPERAND on.
GRADIENT, TERMS, OPERAND = range(3)


def as_index(rows: Rows) -> Index:
    """Consecutive rows as a slice, which is read without a copy; any others as they are."""
    if rows.size == 0:
        return slice(0, 0)
    first, count = int(rows.flat[0]), rows.size
    if int(rows.flat[-1]) - first == count - 1 and np.array_equal(
        rows.ravel(), np.arange(first, first + count)
    ):
        return slice(first, first + count)
    return rows


def read(array: Any, index: Index) -> Array:
    """Rows of an array, or of what reads as one."""
    return array[index] if isinstance(index, slice) else array.take(index, axis=0)  # type: ignore[no-any-return]


class Memory:
    """The arrays that calls are bound to: values and shares by kind, and room for a moment."""

    def __init__(self, values: list[Any], shares: list[Array], matrices: list[Array]) -> None:
        self.values, self.shares, self.matrices = values, shares, matrices
        self.between: dict[tuple[int, int], Array] = {}  # what kernels keep, by kind and first row
        self._scratch: dict[tuple[int, int], Array] = {}

    def scratch(self, rows: int, columns: int, use: int) -> Array:
        """Room that the next instruction overwrites, one for each use that is made at a time."""
        room = self._scratch.get((use, columns))
        if room is None or len(room) < rows:
            least = 0 if room is None else 2 * len(room)
            room = self._scratch[use, columns] = np.empty((max(rows, least), columns))
        return room[:rows]

    def rows(self, array: Array, index: Index, use: int) -> tuple[list[Call], Array]:
        """How to get at some rows of an array, and where they are then."""
        if isinstance(index, slice):
            return [], array[index]
        room = self.scratch(index.size, array.shape[1], use)
        # "clip" writes to the room directly
        return [partial(array.take, index.ravel(), 0, room, "clip")], room


class Sum:
    """Sums of rows: ``terms`` (count, n) are the rows of each of n sums."""

    def __init__(self, terms: Rows) -> None:
        self.count, self.n = terms.shape
        self.terms = [as_index(row) for row in terms] if self.count <= 4 else [terms]
        self.slices = [index for index in self.terms if isinstance(index, slice)]
        self.all = as_index(terms)

    def calls(self, memory: Memory, array: Array, out: Array) -> list[Call]:
        """The sums into ``out``."""
        if self.count == 1:
            if isinstance(self.all, slice):
                return [partial(np.copyto, out, array[self.all])]
            return [partial(array.take, self.all[0], 0, out, "clip")]
        if len(self.slices) == self.count:
            first, second, *others = [array[index] for index in self.slices]
            return [partial(np.add, first, second, out)] + [
                partial(np.add, out, other, out) for other in others
            ]
        calls, terms = memory.rows(array, self.all, TERMS)
        terms = terms.reshape(self.count, self.n, -1)
        if self.count == 2:
            return [*calls, partial(np.add, terms[0], terms[1], out)]
        return [*calls, partial(np.add.reduce, terms, 0, None, out)]

    def read(self, memory: Memory, array: Array, use: int) -> tuple[list[Call], Array]:
        """How to get the sums, and where they are then."""
        if self.count == 1:
            return memory.rows(array, self.all, use)
        out = memory.scratch(self.n, array.shape[1], use)
        return self.calls(memory, array, out), out


class Collect:
    """The gradient of each of n nodes: sums of the shares addressed to it."""

    def __init__(self, n: int, runs: list[tuple[Rows, Sum]]) -> None:
        self.n = n
        # positions among the n, and the sums of as many terms each
        self.runs = [(as_index(positions), total) for positions, total in runs]
        self.all = sum(positions.size for positions, _ in runs) == n
        # the rows that are the gradient as they stand, or the one row that is that of every node
        self.rows: slice | None = None
        if len(runs) == 1 and self.all and runs[0][1].count == 1:
            rows = runs[0][1].all
            if isinstance(rows, slice):
                self.rows = rows
            elif np.all(rows == rows[0, 0]):
                self.rows = slice(int(rows[0, 0]), int(rows[0, 0]) + 1)

    def calls(
        self, memory: Memory, shares: Array, out: Array | None = None
    ) -> tuple[list[Call], Array]:
        """How to get the gradients, and where they are then: in ``out``, if it is given."""
        columns = shares.shape[1]
        if self.rows is not None:
            rows = np.broadcast_to(shares[self.rows], (self.n, columns))
            return ([], rows) if out is None else ([partial(np.copyto, out, rows)], out)
        if out is None:
            out = memory.scratch(self.n, columns, GRADIENT)
        calls: list[Call] = [] if self.all else [partial(out.fill, 0.0)]
        for positions, total in self.runs:
            if isinstance(positions, slice):
                calls += total.calls(memory, shares, out[positions])
            else:
                part = np.empty((len(positions), columns))
                calls += total.calls(memory, shares, part)
                calls.append(partial(out.__setitem__, positions, part))
        return calls, out
