"""The instructions that a tape consists of, and how they run over a batch.

A program works on the rows of three arrays of values, indexed by FIXED, INPUT and VARYING. In the
backward sweep each instruction writes one row for every operand that needs a gradient, a share;
the gradient of a node is the sum of the shares addressed to it. Shares too stand in arrays by
kind, and since each row is written by one instruction, nothing is ever scattered.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..support.validation import Array
from .ops import Op

Rows = npt.NDArray[np.intp]
Index = slice | Rows

# Where the value of a node stands: one number per call, a column of the given inputs, or one
# number per example.
FIXED, INPUT, VARYING = range(3)


def as_index(rows: Rows) -> Index:
    """Consecutive rows as a slice, which is read without a copy; any others as they are."""
    if rows.size == 0:
        return slice(0, 0)
    first, count = int(rows.flat[0]), rows.size
    if np.array_equal(rows.ravel(), np.arange(first, first + count)):
        return slice(first, first + count)
    return rows


def _read(array: Array, index: Index) -> Array:
    return array[index] if isinstance(index, slice) else array.take(index, axis=0)


class Sum:
    """Sums of rows: ``terms`` (count, n) are the rows of each of n sums."""

    def __init__(self, terms: Rows) -> None:
        self.terms = as_index(terms[0]) if len(terms) == 1 else terms

    def __call__(self, array: Array, out: Array | None = None) -> Array:
        if not isinstance(self.terms, slice) and self.terms.ndim == 1:
            return array.take(self.terms, axis=0, out=out, mode="clip")  # clip writes directly
        gathered = _read(array, self.terms)
        if gathered.ndim == 3:
            return np.add.reduce(gathered, axis=0, out=out)
        if out is not None:
            out[:] = gathered
        return gathered


class Collect:
    """The gradient of each of n nodes: sums of the shares addressed to it."""

    def __init__(self, n: int, runs: list[tuple[Rows, Sum]]) -> None:
        self.n = n
        # positions among the n, and the sums of as many terms each
        self.runs = [(as_index(positions), total) for positions, total in runs]
        self.all = sum(positions.size for positions, _ in runs) == n
        positions = self.runs[0][0] if len(runs) == 1 else None
        self.one_run = self.all and isinstance(positions, slice)

    def __call__(self, shares: Array) -> Array:
        if self.one_run:
            return self.runs[0][1](shares)
        collected = (np.empty if self.all else np.zeros)((self.n, shares.shape[1]))
        for positions, total in self.runs:
            if isinstance(positions, slice):
                total(shares, collected[positions])
            else:
                collected[positions] = total(shares)
        return collected


@dataclass(slots=True)
class Operand:
    kind: int
    rows: Index
    shares: slice | None  # where its gradient goes; None if nobody needs it


def _pass_on(
    shares: list[Array], operand: Operand, kind: int, gradient: Array, slope: Array | float = 1.0
) -> None:
    """Write the shares of one operand of an instruction whose own rows are of ``kind``."""
    if operand.shares is None:
        return
    if operand.kind == kind:
        np.multiply(gradient, slope, out=shares[kind][operand.shares])
    else:  # a fixed operand gets the sum over the examples
        passed = np.multiply(gradient, slope)
        shares[FIXED][operand.shares] += passed.sum(axis=1, keepdims=True)


@dataclass(slots=True)
class Instruction(ABC):
    """A step of a program: it fills rows of one kind, and hands their gradient on."""

    kind: int
    rows: slice
    collect: Collect | None  # the gradient of these rows; None if nobody needs it
    name: str  # labels of the first and last node
    replaces: int  # scalar nodes

    @property
    @abstractmethod
    def symbol(self) -> str:
        """What forward does."""

    @property
    @abstractmethod
    def gradient_symbol(self) -> str:
        """What backward does with the gradient δ of these rows."""

    @abstractmethod
    def forward(self, values: list[Array]) -> None:
        """Fill the rows."""

    @abstractmethod
    def backward(self, values: list[Array], gradient: Array, shares: list[Array]) -> None:
        """Write the operands' shares of the gradient of the rows."""


@dataclass(slots=True)
class Elementwise(Instruction):
    """One operation on corresponding rows of its operands."""

    op: Op
    inputs: list[Operand]
    reads_inputs: bool  # whether the derivative rule looks at them

    @property
    def symbol(self) -> str:
        return self.op.symbol

    @property
    def gradient_symbol(self) -> str:
        return f"δ ⊙ ∂{self.symbol}"

    def operands(self, values: list[Array]) -> list[Array]:
        return [_read(values[v.kind], v.rows) for v in self.inputs]

    def forward(self, values: list[Array]) -> None:
        values[self.kind][self.rows] = self.op.forward(np, *self.operands(values))

    def backward(self, values: list[Array], gradient: Array, shares: list[Array]) -> None:
        operands = self.operands(values) if self.reads_inputs else [None] * len(self.inputs)
        partials = self.op.partials(values[self.kind][self.rows], *operands)
        for operand, partial in zip(self.inputs, partials, strict=True):
            _pass_on(shares, operand, self.kind, gradient, partial)


@dataclass(slots=True)
class Summation(Instruction):
    """Σ of ``count`` rows each, plus possibly one fixed row."""

    count: int
    total: Sum
    shares: slice | None
    bias: Operand | None

    @property
    def symbol(self) -> str:
        return f"Σ of {self.count}"

    @property
    def gradient_symbol(self) -> str:
        return "δ"

    def forward(self, values: list[Array]) -> None:
        out = self.total(values[self.kind])
        if self.bias is not None:
            out = out + _read(values[FIXED], self.bias.rows)
        values[self.kind][self.rows] = out

    def backward(self, values: list[Array], gradient: Array, shares: list[Array]) -> None:
        if self.shares is not None:
            each = shares[self.kind][self.shares].reshape(self.count, *gradient.shape)
            each[:] = gradient
        if self.bias is not None:
            _pass_on(shares, self.bias, self.kind, gradient)


@dataclass(slots=True)
class MatrixProduct(Instruction):
    """Z = ΘA + b: f Σ nodes with n factors each, at v places with the same weights."""

    weights: Rows  # (f, n), fixed rows
    weight_shares: slice | None
    factors: Operand  # n·v rows
    bias: Operand | None

    @property
    def symbol(self) -> str:
        f, n = self.weights.shape
        places = (self.rows.stop - self.rows.start) // f
        width = "B" if places == 1 else f"{places}B"
        return f"Θa: ({f}×{n})·({n}×{width})" + (" + bias" if self.bias else "")

    @property
    def gradient_symbol(self) -> str:
        passed = {"Θᵀδ": self.factors.shares, "δaᵀ": self.weight_shares}
        return ", ".join(product for product, shares in passed.items() if shares is not None)

    def operands(self, values: list[Array]) -> list[Array]:
        n = self.weights.shape[1]
        factors = _read(values[self.factors.kind], self.factors.rows)
        return [values[FIXED][:, 0].take(self.weights), factors.reshape(n, -1)]

    def forward(self, values: list[Array]) -> None:
        Theta, A = self.operands(values)
        Z = values[VARYING][self.rows]
        with np.errstate(all="ignore"):  # some BLAS raise flags for sound products
            np.matmul(Theta, A, out=Z.reshape(len(Theta), -1))
        if self.bias is not None:
            Z += _read(values[FIXED], self.bias.rows)

    def backward(self, values: list[Array], gradient: Array, shares: list[Array]) -> None:
        Theta, A = self.operands(values)
        delta = gradient.reshape(len(Theta), -1)
        with np.errstate(all="ignore"):
            if self.weight_shares is not None:
                shares[FIXED][self.weight_shares] += (delta @ A.T).reshape(-1, 1)
            if self.factors.shares is not None:
                passed = shares[VARYING][self.factors.shares]
                np.matmul(Theta.T, delta, out=passed.reshape(len(A), -1))
        if self.bias is not None:
            _pass_on(shares, self.bias, VARYING, gradient)


class Part(NamedTuple):
    """What the replay of some examples gives."""

    costs: Array
    values: Array
    deltas: Array
    shares: Array  # of the fixed rows, (S, 1)


@dataclass
class Program:
    """The instructions of a tape and the sizes of the arrays they work on."""

    inputs: int
    parameters: int
    nodes: int
    constants: Array
    loaded: Rows  # columns of the inputs that stand in the first rows of VARYING
    fixed: list[Instruction]
    varying: list[Instruction]
    rows: list[int]  # of the arrays of values, by kind
    shares: list[int]  # of the arrays of shares, by kind; row 0 is what the output starts with
    output: tuple[int, int]  # kind and row
    watched: Rows
    collect_watched: Collect
    collect_parameters: Collect
    chunk: int  # examples

    def fixed_values(self, theta: Array) -> Array:
        """Parameters, constants and what is computed from them, (rows, 1)."""
        array = np.empty((self.rows[FIXED], 1))
        array[: self.parameters, 0] = theta
        array[self.parameters : self.parameters + len(self.constants), 0] = self.constants
        nothing = np.empty((0, 1))
        _forward(self.fixed, [array, nothing, nothing], None)
        return array

    def parameter_gradient(self, fixed: Array, shares: Array) -> Array:
        """The gradient of the parameters, given the shares of the fixed rows."""
        nothing = np.empty((0, 1))
        _backward(self.fixed, [fixed, nothing, nothing], [shares, nothing, nothing], None)
        return self.collect_parameters(shares)[:, 0].copy()

    def run(self, fixed: Array, X: Array, first: int = 0, backward: bool = True) -> Part:
        """Replay the examples X (m, n), chunk by chunk; ``first`` is the number of X[0]."""
        m, chunk = len(X), max(1, min(self.chunk, len(X)))
        costs = np.empty(m)
        watched = np.empty((m if backward else 0, len(self.watched)))
        deltas = np.empty_like(watched)
        fixed_shares = np.zeros((self.shares[FIXED], 1))
        values, shares = np.empty((self.rows[VARYING], chunk)), np.empty((0, chunk))
        if backward:
            shares = np.empty((self.shares[VARYING], chunk))
        kind, row = self.output
        for start in range(0, m, chunk):
            given = X[start : start + chunk].T
            if given.shape[1] < chunk:  # the last one
                values = np.empty((len(values), given.shape[1]))
                shares = np.empty((len(shares), given.shape[1]))
            done = slice(start, start + chunk)
            arrays = [fixed, given, values]
            values[: len(self.loaded)] = _read(given, self.loaded)
            _forward(self.varying, arrays, first + start)
            costs[done] = arrays[kind][row]
            if not backward:
                continue
            fixed_shares[0] += given.shape[1]
            shares[0] = 1.0
            _backward(self.varying, arrays, [fixed_shares, given, shares], first + start)
            watched[done] = values[self.watched].T
            deltas[done] = self.collect_watched(shares).T
        return Part(costs, watched, deltas, fixed_shares)

    def __str__(self) -> str:
        steps = [*self.fixed, *self.varying]
        products = sum(isinstance(step, MatrixProduct) for step in steps)
        lines = [
            f"Tape: {self.nodes:,} scalar nodes as {len(steps)} instructions"
            f" ({products} matrix products) for {self.inputs} inputs and"
            f" {self.parameters:,} parameters, {self.chunk} examples (B) at a time"
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


def _forward(steps: list[Instruction], values: list[Array], start: int | None) -> None:
    with np.errstate(divide="raise", over="raise", invalid="raise", under="ignore"):
        for step in steps:
            try:
                step.forward(values)
            except FloatingPointError:
                raise _no_finite("value", step, values, start) from None


def _backward(
    steps: list[Instruction], values: list[Array], shares: list[Array], start: int | None
) -> None:
    with np.errstate(divide="raise", over="raise", invalid="raise", under="ignore"):
        for step in reversed(steps):
            if step.collect is None:
                continue
            gradient = step.collect(shares[step.kind])
            try:
                step.backward(values, gradient, shares)
            except FloatingPointError:
                raise _no_finite("derivative", step, values, start) from None


def _no_finite(what: str, step: Instruction, values: list[Array], start: int | None) -> ValueError:
    """The error for an instruction that left the numbers, with the first example where it did."""
    wrong = np.zeros((0, 0), dtype=bool)
    if isinstance(step, Elementwise):
        with np.errstate(all="ignore"):
            operands = step.operands(values)
            out = step.op.forward(np, *operands)
            partials = step.op.partials(out, *operands) if what == "derivative" else [out]
            wrong = ~np.isfinite(sum(partial + np.zeros_like(out) for partial in partials))
    if not wrong.any():
        return ValueError(f"{step.symbol}: overflow {step.name}".rstrip())
    row, column = np.argwhere(wrong)[0]
    numbers = [np.broadcast_to(operand, wrong.shape)[row, column] for operand in operands]
    at = ", ".join(f"{number:.6g}" for number in numbers)
    example = "" if start is None else f" (example {start + column})"
    return ValueError(f"{step.symbol}: no finite {what} at {at}{example}")
