"""A tape's instructions run over blocks of examples, on every core or wherever one likes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

from ..support.executors import ordered_map
from ..support.threads import in_threads
from ..support.validation import Array, all_finite
from .instructions import Instruction, MatrixProduct
from .memory import FIXED, GRADIENT, VARYING, Call, Index, Memory, Sums, read

# As many tasks at most, whoever runs them: sums are taken over the blocks of each task first, then
# over the tasks, so that the bits are the same for any number of threads and processes.
MOST_TASKS = 32

# Calls bound to memory are kept for the next time if they need no more than 32 MB, for so many
# blocks: some threads and the last block, which is smaller.
KEPT_NUMBERS, MOST_KEPT = 2**22, 8


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

    def __init__(self, arrays: Sequence[Array] = ()) -> None:
        self.arrays = arrays

    def __getitem__(self, index: Index) -> Array:
        if isinstance(index, slice):
            start, stop = index.start, index.stop
            for array in self.arrays:
                if start >= 0 and stop <= array.shape[1]:
                    return array[:, start:stop].T
                start, stop = start - array.shape[1], stop - array.shape[1]
        return np.hstack(self.arrays)[:, index].T

    def take(self, index: Index, axis: int = 0) -> Array:
        """As an array's own."""
        return self[index]


class Bound:
    """A program's calls bound to the memory of a block of so many examples.

    Whoever takes it has it alone. ``fixed`` is what the values of its fixed rows were copied from.
    """

    def __init__(self, program: Program, examples: int) -> None:
        rows, shares = program.rows, program.shares
        self.examples = examples
        self.fixed: Array | None = None
        self.inputs = Inputs()
        self.memory = Memory(
            [np.empty((rows[FIXED], 1)), self.inputs, np.empty((rows[VARYING], examples))],
            [
                np.zeros((shares[FIXED], 1)),
                np.empty((0, 0)),
                np.empty((shares[VARYING], examples)),
            ],
            [step.room() for step in program.products],
        )
        self.numbers = (rows[VARYING] + shares[VARYING]) * examples + rows[FIXED] + shares[FIXED]
        self.forward = self._forward(program.varying)
        self.fixed_forward = self._forward(program.fixed)
        self.backward = self._backward(program.varying)
        self.fixed_backward = self._backward(program.fixed)
        self.collect = {
            kind: collect.read(self.memory, self.memory.shares[kind], GRADIENT)
            for kind, collect in (
                (VARYING, program.collect_watched),
                (FIXED, program.collect_parameters),
            )
        }

    def _forward(self, steps: list[Instruction]) -> list[tuple[Call, Instruction]]:
        return [(call, step) for step in steps for call in step.forward(self.memory)]

    def _backward(self, steps: list[Instruction]) -> list[tuple[Call, Instruction]]:
        used = [step for step in reversed(steps) if step.collect is not None]
        return [(call, step) for step in used for call in step.backward(self.memory)]

    def collected(self, kind: int) -> Array:
        """The gradients of the watched nodes, or of the parameters: to be copied."""
        calls, gradient = self.collect[kind]
        for call in calls:
            call()
        return gradient

    def run(
        self, calls: list[tuple[Call, Instruction]], what: str, first: int | None = None
    ) -> None:
        """Make the calls; ValueError, with the first example, where one leaves the numbers."""
        with np.errstate(divide="raise", over="raise", invalid="raise", under="ignore"):
            try:
                for call, step in calls:  # noqa: B007 - the last one is named
                    call()
            except FloatingPointError:
                raise _no_finite(what, step, self.memory, first) from None


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
    collect_watched: Sums
    collect_parameters: Sums
    block: int  # examples
    products: list[MatrixProduct] = field(init=False)

    def __post_init__(self) -> None:
        self.products = [step for step in self.varying if isinstance(step, MatrixProduct)]
        self._lock, self._free = Lock(), list[Bound]()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("_lock", "_free")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._lock, self._free = Lock(), list[Bound]()

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
        m = len(arrays[0])
        block = self._block(m)
        fixed = self._fixed_values(theta, block)
        size = block * max(1, -(-m // (block * MOST_TASKS)))
        tasks = [
            ([array[i : i + size] for array in arrays], i, block, backward, watch)
            for i in range(0, max(m, 1), size)
        ]
        if executor is None:
            parts = in_threads(partial(self.run, fixed), tasks)
        else:
            parts = list(ordered_map(executor, Program.run, tasks, shared=(self, fixed)))
        gradient = np.zeros(self.parameters)
        if backward:
            gradient = self._parameter_gradient(fixed, block, [part.shares for part in parts])
        costs = np.concatenate([part.costs for part in parts])
        values = deltas = np.empty((0, m))
        if watch:
            values, deltas = (
                np.hstack(rows) for rows in zip(*(part[2:] for part in parts), strict=True)
            )
        if not (all_finite(gradient) and all_finite(deltas)):  # matrix products do so in silence
            raise ValueError("Θᵀδ: no finite derivative")
        return Replay(costs, gradient, values.T, deltas.T)

    def _fixed_values(self, theta: Array, block: int) -> Array:
        """Parameters, constants and what is computed from them, (rows, 1)."""
        with self._bound(block) as bound:
            array = bound.memory.values[FIXED]
            array[: self.parameters, 0] = theta
            array[self.parameters : self.parameters + len(self.constants), 0] = self.constants
            bound.run(bound.fixed_forward, "value")
            bound.fixed = None
            return np.array(array)

    def _parameter_gradient(self, fixed: Array, block: int, parts: list[Array]) -> Array:
        """The gradient of the parameters, given the shares of the fixed rows from each task."""
        with self._bound(block, fixed) as bound:
            with np.errstate(over="raise", invalid="raise"):
                try:
                    total = bound.memory.shares[FIXED]
                    np.copyto(total, parts[0])
                    for part in parts[1:]:
                        np.add(total, part, out=total)
                except FloatingPointError:
                    raise ValueError("no finite derivative: overflow over the examples") from None
            bound.run(bound.fixed_forward, "value")  # for what kernels keep, which are others' here
            bound.run(bound.fixed_backward, "derivative")
            return bound.collected(FIXED)[:, 0].copy()

    @contextmanager
    def _bound(self, examples: int, fixed: Array | None = None) -> Iterator[Bound]:
        """Calls for a block of so many examples, for the caller alone, and given back after."""
        with self._lock:
            found = [bound for bound in self._free if bound.examples == examples]
            bound = found[-1] if found else None
            if bound is not None:
                self._free.remove(bound)
        if bound is None:
            bound = Bound(self, examples)
        if fixed is not None and bound.fixed is not fixed:
            np.copyto(bound.memory.values[FIXED], fixed)
            for step, matrix in zip(self.products, bound.memory.matrices, strict=True):
                np.copyto(matrix, fixed[:, 0].take(step.weights))
            bound.fixed = fixed
        yield bound
        if bound.numbers <= KEPT_NUMBERS:
            with self._lock:
                self._free = [*self._free[-MOST_KEPT + 1 :], bound]

    def _block(self, m: int) -> int:
        """Examples of one block, of which there are one or an even number, for two cores.

        Rows of a multiple of 4096 bytes would all fall into the same few places of a cache.
        """
        blocks = max(1, -(-m // self.block))
        blocks += blocks > 1 and blocks % 2
        size = max(1, -(-m // blocks))
        return size + 8 if size % 512 == 0 else size

    def run(
        self,
        fixed: Array,
        arrays: Sequence[Array],
        first: int,
        block: int,
        backward: bool,
        watch: bool,
    ) -> Part:
        """Replay some examples block by block, of which the first is number ``first``."""
        m, watched = len(arrays[0]), self.collect_watched.n if watch else 0
        part = Part(
            np.empty(m),
            (np.empty if m else np.zeros)((self.shares[FIXED] if backward else 0, 1)),
            np.empty((watched, m)),
            np.empty((watched, m)),
        )
        for start in range(0, m, block):
            examples = slice(start, min(start + block, m))
            with self._bound(examples.stop - start, fixed) as bound:
                bound.inputs.arrays = [array[examples] for array in arrays]
                values = bound.memory.values
                loaded = bound.inputs[self.loaded]
                values[VARYING][: len(loaded)] = loaded
                bound.run(bound.forward, "value", first + start)
                kind, row = self.output
                part.costs[examples] = values[kind][row]
                if watch:
                    part.values[:, examples] = read(values[VARYING], self.watched)
                if backward:
                    shares = bound.memory.shares
                    shares[FIXED][0], shares[VARYING][0] = examples.stop - start, 1.0
                    bound.run(bound.backward, "derivative", first + start)
                    if start == 0:
                        np.copyto(part.shares, shares[FIXED])
                    else:
                        np.add(part.shares, shares[FIXED], out=part.shares)
                    if watch:
                        part.deltas[:, examples] = bound.collected(VARYING)
        return part

    def __str__(self) -> str:
        steps = [*self.fixed, *self.varying]
        products = sum(isinstance(step, MatrixProduct) for step in steps)
        lines = [
            f"Tape: {self.nodes:,} scalar nodes as {len(steps)} instructions"
            f" ({products} matrix products) for {self.inputs} inputs and"
            f" {self.parameters:,} parameters, {self.block} examples (B) at a time"
        ]
        table = [("", "forward", "backward", "rows", "pieces", "nodes", "replaces")]
        table += [
            (
                str(number),
                step.symbol,
                "" if step.collect is None else step.gradient_symbol,
                f"{step.rows.stop - step.rows.start}×{'1' if step.kind == FIXED else 'B'}",
                step.pieces(self.block) if isinstance(step, MatrixProduct) else "",
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


def _no_finite(what: str, step: Instruction, memory: Memory, start: int | None) -> ValueError:
    """The error for an instruction that left the numbers, with the first example where it did."""
    with np.errstate(all="ignore"):
        operands, wrong = step.overflow(memory, what)
    if not wrong.any():  # the sum of its shares did, or that over the examples
        return ValueError(f"{step.symbol}: no finite {what} {step.name}".rstrip())
    row, column = np.argwhere(wrong)[0]
    numbers = [np.broadcast_to(operand, wrong.shape)[row, column] for operand in operands]
    at = f" at {', '.join(f'{number:.6g}' for number in numbers)}" if numbers else ""
    example = "" if start is None else f" (example {start + column})"
    return ValueError(f"{step.symbol}: no finite {what}{at}{example}")
