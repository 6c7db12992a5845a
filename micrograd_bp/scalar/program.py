"""A tape's instructions run over blocks of examples, on every core or wherever one likes."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate
from operator import add
from typing import NamedTuple

import numpy as np

from ..support.executors import ordered_map
from ..support.threads import in_threads
from ..support.validation import Array, all_finite
from .instructions import (
    FIXED,
    VARYING,
    Collect,
    Index,
    Instruction,
    MatrixProduct,
    Work,
    read,
)

# As many tasks at most, whoever runs them: sums are taken over the blocks of each task first, then
# over the tasks, so that the bits are the same for any number of threads and processes.
MOST_TASKS = 32


class Replay(NamedTuple):
    """What one replay gives: per example, and summed over the examples."""

    costs: Array  # (m,): the output
    gradient: Array  # (P,): ∂ Σ costs / ∂ parameters
    values: Array  # (m, W): the watched nodes
    deltas: Array  # (m, W): ∂ cost / ∂ watched node, for each example


class Part(NamedTuple):
    """What the replay of some examples gives; nothing of what was not wanted."""

    costs: Array
    shares: Array  # of the fixed rows, (S, 1)
    values: Array  # (W, examples)
    deltas: Array


class Inputs:
    """Columns of inputs (m, n_i) side by side, read as rows: nothing is put together first."""

    def __init__(self, arrays: Sequence[Array]) -> None:
        self.arrays = arrays
        self.ends = list(accumulate(array.shape[1] for array in arrays))

    def __getitem__(self, index: Index) -> Array:
        if isinstance(index, slice):
            for array, end in zip(self.arrays, self.ends, strict=True):
                start = index.start - end + array.shape[1]
                if start >= 0 and index.stop <= end:
                    return array[:, start : index.stop - end + array.shape[1]].T
        return np.hstack(self.arrays)[:, index].T

    def take(self, index: Index, axis: int = 0) -> Array:
        return self[index]


@dataclass
class Program:
    """The instructions of a tape and the sizes of the arrays they work on."""

    inputs: int
    parameters: int
    nodes: int
    constants: Array
    loaded: Index  # columns of the inputs that stand in the first rows of VARYING
    unseen: Index  # columns that no matrix product reads as they are given
    fixed: list[Instruction]
    varying: list[Instruction]
    rows: list[int]  # of the arrays of values, by kind
    shares: list[int]  # of the arrays of shares, by kind; row 0 is what the output starts with
    output: tuple[int, int]  # kind and row
    watched: Index
    collect_watched: Collect
    collect_parameters: Collect
    block: int  # examples

    def replay(
        self,
        arrays: Sequence[Array],
        theta: Array,
        *,
        backward: bool = True,
        watch: bool = True,
        executor: Executor | None = None,
    ) -> Replay:
        """Inputs (m, n_i) side by side and parameters (P,), checked, through the program."""
        fixed, m = self.prepare(theta), len(arrays[0])
        block = self._block(m)
        size = block * max(1, -(-m // (block * MOST_TASKS)))
        tasks = [
            (fixed, [array[i : i + size] for array in arrays], i, block, backward, watch)
            for i in range(0, max(m, 1), size)
        ]
        if executor is None:
            parts = in_threads(self.run, tasks)
        else:
            parts = list(ordered_map(executor, self.run, tasks))
        gradient = np.zeros(self.parameters)
        if backward:
            with np.errstate(over="raise", invalid="raise"):
                try:
                    shares = reduce(add, [part.shares for part in parts])
                except FloatingPointError:
                    raise ValueError("no finite derivative: overflow over the examples") from None
            gradient = self.parameter_gradient(fixed, shares)
        deltas = np.hstack([part.deltas for part in parts])
        if not (all_finite(gradient) and all_finite(deltas)):  # matrix products do so in silence
            raise ValueError("Θᵀδ: no finite derivative")
        values = np.hstack([part.values for part in parts])
        return Replay(np.concatenate([part.costs for part in parts]), gradient, values.T, deltas.T)

    def _block(self, m: int) -> int:
        """Examples of one block, of which there are one or several times four: cores get as many.

        Rows of an odd number of cache lines, 8 numbers each, do not all fall into the same few
        places of a cache.
        """
        blocks = -(-m // self.block)
        if blocks > 1:
            blocks = -(-blocks // 4) * 4
        return -(-m // max(blocks, 1)) // 16 * 16 + 8 if blocks > 1 else max(m, 1)

    def prepare(self, theta: Array) -> Work:
        """Parameters, constants, what is computed from them, and the matrices Θ."""
        array = np.empty((self.rows[FIXED], 1))
        array[: self.parameters, 0] = theta
        array[self.parameters : self.parameters + len(self.constants), 0] = self.constants
        fixed = Work([array], [], [])
        _forward(self.fixed, fixed, None)
        products = [step for step in self.varying if isinstance(step, MatrixProduct)]
        fixed.matrices = [array[:, 0].take(step.weights) for step in products]
        return fixed

    def parameter_gradient(self, fixed: Work, shares: Array) -> Array:
        """The gradient of the parameters, given the shares of the fixed rows."""
        _backward(self.fixed, Work(fixed.values, [shares], [], fixed.between), None)
        return self.collect_parameters(shares)[:, 0].copy()

    def run(
        self,
        fixed: Work,
        arrays: Sequence[Array],
        first: int,
        block: int,
        backward: bool,
        watch: bool,
    ) -> Part:
        """Replay some examples block by block, of which the first is number ``first``."""
        m = len(arrays[0])
        part = Part(
            np.empty(m),
            np.zeros((self.shares[FIXED] if backward else 0, 1)),
            np.empty((self.collect_watched.n if watch else 0, m)),
            np.empty((self.collect_watched.n if watch else 0, m)),
        )
        for start in range(0, m, block):
            examples = slice(start, min(start + block, m))
            given = Inputs([array[examples] for array in arrays])
            values = np.empty((self.rows[VARYING], examples.stop - start))
            loaded = given[self.loaded]
            values[: len(loaded)] = loaded
            work = Work([fixed.values[FIXED], given, values], [], fixed.matrices)
            _forward(self.varying, work, first + start)
            kind, row = self.output
            part.costs[examples] = work.values[kind][row]
            if backward:
                self._add_gradients(work, part, examples, first + start, watch)
        return part

    def _add_gradients(
        self, work: Work, part: Part, examples: slice, first: int, watch: bool
    ) -> None:
        count = examples.stop - examples.start
        shares = np.empty((self.shares[VARYING], count))
        fixed_shares = np.zeros_like(part.shares)
        fixed_shares[0], shares[0] = count, 1.0
        work.shares = [fixed_shares, shares[:0], shares]
        _backward(self.varying, work, first)
        part.shares[:] += fixed_shares
        if watch:
            part.values[:, examples] = read(work.values[VARYING], self.watched)
            part.deltas[:, examples] = self.collect_watched(shares)

    def __str__(self) -> str:
        steps = [*self.fixed, *self.varying]
        products = sum(isinstance(step, MatrixProduct) for step in steps)
        lines = [
            f"Tape: {self.nodes:,} scalar nodes as {len(steps)} instructions"
            f" ({products} matrix products) for {self.inputs} inputs and"
            f" {self.parameters:,} parameters, {self.block} examples (B) at a time"
        ]
        table = [("", "forward", "backward", "rows", "nodes", "replaces")]
        table += [
            (
                str(number),
                step.symbol,
                "" if step.collect is None else step.gradient_symbol,
                f"{step.rows.stop - step.rows.start}×{'1' if step.kind == FIXED else 'B'}",
                step.name,
                f"{step.replaces:,}",
            )
            for number, step in enumerate(steps, start=1)
        ]
        widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
        for row in table:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            cells[0], cells[-1] = row[0].rjust(widths[0]), row[-1].rjust(widths[-1])
            lines.append("  ".join(cells))
        return "\n".join(lines)


def _forward(steps: list[Instruction], work: Work, start: int | None) -> None:
    with np.errstate(divide="raise", over="raise", invalid="raise", under="ignore"):
        for step in steps:
            try:
                step.forward(work)
            except FloatingPointError:
                raise _no_finite("value", step, work, start) from None


def _backward(steps: list[Instruction], work: Work, start: int | None) -> None:
    with np.errstate(divide="raise", over="raise", invalid="raise", under="ignore"):
        for step in reversed(steps):
            if step.collect is None:
                continue
            try:
                step.backward(work, step.gradient(work))
            except FloatingPointError:
                raise _no_finite("derivative", step, work, start) from None


def _no_finite(what: str, step: Instruction, work: Work, start: int | None) -> ValueError:
    """The error for an instruction that left the numbers, with the first example where it did."""
    with np.errstate(all="ignore"):
        operands, wrong = step.overflow(work, what)
    if not wrong.any():  # the sum of its shares did, or that over the examples
        return ValueError(f"{step.symbol}: no finite {what} {step.name}".rstrip())
    row, column = np.argwhere(wrong)[0]
    numbers = [np.broadcast_to(operand, wrong.shape)[row, column] for operand in operands]
    at = f" at {', '.join(f'{number:.6g}' for number in numbers)}" if numbers else ""
    example = "" if start is None else f" (example {start + column})"
    return ValueError(f"{step.symbol}: no finite {what}{at}{example}")
