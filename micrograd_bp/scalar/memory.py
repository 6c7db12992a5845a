"""The arrays that a block of examples needs, and how their rows are read and summed.

Nothing is read here: what a function gives are calls with all their arguments looked up, to be
made for one block after the other, and the array in which the rows are after them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from ..support.validation import Array

__all__ = [
    *("FIXED", "INPUT", "VARYING"),
    *("Call", "Index", "Memory", "Rows", "Sums", "as_index", "ends_of", "read", "runs"),
]

Rows = npt.NDArray[np.intp]
Index = slice | Rows
Call = Callable[[], Any]

# Where the value of a node stands: one number per call, a column of the given inputs, or one
# number per example.
FIXED, INPUT, VARYING = range(3)

# What room for a moment is used for: the gradient of an instruction's rows, a matrix product, and
# operands from OPERAND on.
GRADIENT, PRODUCT, OPERAND = range(3)

# Sums of so many terms are added term by term where these stand in a row.
MOST_SLICES = 4


def as_index(rows: Rows) -> Index:
    """Consecutive rows as a slice, which is read without a copy; any others as they are."""
    if rows.size == 0:
        return slice(0, 0)
    first, count = rows.item(0), rows.size
    consecutive = rows.item(count - 1) - first == count - 1
    if consecutive and (
        count == 1 or bool((rows.ravel() == np.arange(first, first + count)).all())
    ):
        return slice(first, first + count)
    return rows


def runs(starts: Rows, counts: Rows) -> Rows:
    """The numbers from each start on, so many of them.

    >>> runs(np.array([7, 0]), np.array([2, 3]))
    array([7, 8, 0, 1, 2])
    """
    if len(starts) == 1:  # in a chain, each time
        return np.arange(starts[0], starts[0] + counts[0])
    before = counts.cumsum() - counts
    return np.repeat(starts - before, counts) + np.arange(counts.sum())


def ends_of(counts: Rows) -> Rows:
    """Where runs of so many begin that stand one after the other, and where the last ends."""
    ends = np.zeros(len(counts) + 1, dtype=np.intp)
    counts.cumsum(out=ends[1:])
    return ends


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


class Sums:
    """Sums of rows with signs: of ``rows[k]`` times ``signs[k]`` for k from starts[i] up to
    starts[i + 1], for each of n sums i.

    Where the rows stand one after the other NumPy adds them as they are. Elsewhere SciPy's product
    of a sparse matrix of ±1 and a dense one does: one call, and no copies of the rows.
    """

    def __init__(self, starts: Rows, rows: Rows, signs: Array) -> None:
        self.n = len(starts) - 1
        counts = starts[1:] - starts[:-1]
        self.fewest, self.most = (int(counts.min()), int(counts.max())) if self.n else (0, 0)
        self.starts, self.rows, self.signs = starts.astype(np.int32), rows.astype(np.int32), signs
        # the rows that are the sums as they stand or negated, or the one row that is each of them
        self.view: slice | None = None
        self.gathered: Rows | None = None  # the sums, if they have one term each
        self.slices: list[tuple[bool, slice]] = []  # term by term: whether to add, and n rows
        self.block: slice | None = None  # all terms, the first ones of all sums before the second
        self.negated = False  # what is seen, or gathered, or the block
        self.parts: list[tuple[slice, Sums]] = []  # runs of sums that have as many terms each
        if self.n and self.fewest == self.most > 0:
            self._look_for_order(rows.reshape(self.n, -1), signs.reshape(self.n, -1) > 0.0)
        elif self.most:
            self._look_for_parts(counts, starts, rows, signs)
        known = self.view, self.gathered, self.block, self.slices or None, self.parts or None
        # whether SciPy multiplies, and an overflow goes unnoticed
        self.silent = self.most > 0 and all(way is None for way in known)

    def _look_for_order(self, rows: Rows, plus: npt.NDArray[np.bool_]) -> None:
        self.negated = not plus.any()
        alike = self.negated or bool(plus.all())
        if self.most == 1 and alike:
            index = as_index(rows[:, 0])
            if isinstance(index, slice):
                self.view = index
            elif np.all(rows == rows[0]):
                self.view = slice(int(rows[0, 0]), int(rows[0, 0]) + 1)
            else:
                self.gathered = index
            return
        if self.most <= MOST_SLICES and np.all(plus == plus[0]):
            slices = [(bool(plus[0, k]), as_index(rows[:, k])) for k in range(self.most)]
            self.slices = [(add, index) for add, index in slices if isinstance(index, slice)]
            if len(self.slices) == self.most:
                return
            self.slices = []
        if alike and isinstance(index := as_index(rows.T), slice):
            self.block = index

    def _look_for_parts(self, counts: Rows, starts: Rows, rows: Rows, signs: Array) -> None:
        cuts = np.flatnonzero(np.diff(counts)) + 1
        if len(cuts) >= MOST_SLICES:
            return
        parts = []
        for start, stop in pairwise([0, *cuts.tolist(), self.n]):
            some = slice(int(starts[start]), int(starts[stop]))
            here = starts[start : stop + 1] - starts[start]
            parts.append((slice(start, stop), Sums(here, rows[some], signs[some])))
        if not any(part.silent for _, part in parts):
            self.parts = parts

    def read(
        self, memory: Memory, array: Array, use: int, out: Array | None = None
    ) -> tuple[list[Call], Array]:
        """How to get the sums, and where they are then: in ``out``, if it is given."""
        shape = self.n, array.shape[1]
        if self.view is not None:
            rows = array[self.view]
            if not self.negated and out is None:
                return [], np.broadcast_to(rows, shape)
            if out is None:
                room = memory.scratch(len(rows), shape[1], use)
                return [partial(np.negative, rows, room)], np.broadcast_to(room, shape)
            write = np.negative if self.negated else np.positive
            return [partial(write, np.broadcast_to(rows, shape), out)], out
        if out is None:
            out = memory.scratch(*shape, use)
        return self._calls(memory, array, use, out), out

    def _calls(self, memory: Memory, array: Array, use: int, out: Array) -> list[Call]:
        if not self.most:
            return [partial(out.fill, 0.0)]
        if self.parts:
            return [
                call
                for rows, part in self.parts
                for call in part.read(memory, array, use, out[rows])[0]
            ]
        if self.gathered is None and self.block is None:
            return (self._multiply if self.silent else self._add_slices)(array, out)
        if self.gathered is not None:
            sums: Call = partial(array.take, self.gathered, 0, out, "clip")
        else:
            terms = array[self.block].reshape(self.most, self.n, -1)
            sums = partial(np.add.reduce, terms, 0, None, out)
        return [sums, partial(np.negative, out, out)] if self.negated else [sums]

    def _add_slices(self, array: Array, out: Array) -> list[Call]:
        calls: list[Call] = []
        total: Array | None = None
        for add, rows in self.slices:
            if total is None and add:
                total = array[rows]
                continue
            if total is None:
                calls.append(partial(np.negative, array[rows], out))
            else:
                calls.append(partial(np.add if add else np.subtract, total, array[rows], out))
            total = out
        return calls

    def _multiply(self, array: Array, out: Array) -> list[Call]:
        sizes, matrix = (self.n, *array.shape), (self.starts, self.rows, self.signs)
        product = partial(_csr(), *sizes, *matrix, array.reshape(-1), out.reshape(-1))
        return [partial(out.fill, 0.0), product]


def _csr() -> Callable[..., Any]:
    """SciPy's sum of a dense matrix and the product of a sparse and a dense one.

    The function behind ``csr_array @ array``, without the 10 µs that this looks at its operands.
    """
    from scipy.sparse import _sparsetools

    return _sparsetools.csr_matvecs  # type: ignore[no-any-return]
