"""The instructions that a tape consists of, and how they run over a block of examples.

What is asked of this file:

1. A graph with matrix products in it takes little more time than those products: factors and
   weights are read where they stand, every result is written where it belongs, and all that a
   block of examples needs stays in the cache.
2. A graph without any takes few passes over few numbers: an operation that has a NumPy function
   of its own writes through it, and Σ, + and − hand their gradient on without a copy.
3. The bits depend neither on the number of threads or processes nor on how many examples there
   are beside one's block.
4. No infinity and no NaN passes in silence.

A program works on the rows of three arrays of values, indexed by FIXED, INPUT and VARYING. In the
backward sweep each instruction writes one row for every operand that needs a gradient, a share;
the gradient of a node is the sum of the shares addressed to it. One row may be addressed to many
nodes: that of a Σ is what each of its terms gets. Shares too stand in arrays by kind, and since
each row is written by one instruction, nothing is ever scattered.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..support.validation import Array, all_finite
from .kernels import KERNELS, SLOPES, UFUNCS
from .ops import Op

Rows = npt.NDArray[np.intp]
Index = slice | Rows

# Where the value of a node stands: one number per call, a column of the given inputs, or one
# number per example.
FIXED, INPUT, VARYING = range(3)

FEW_TERMS = 4  # are added one after the other; more are gathered and reduced


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


def read(array: Array, index: Index) -> Array:
    return array[index] if isinstance(index, slice) else array.take(index, axis=0)


class Sum:
    """Sums of rows: ``terms`` (count, n) are the rows of each of n sums."""

    def __init__(self, terms: Rows) -> None:
        self.count, self.n = terms.shape
        self.few = [as_index(row) for row in terms] if self.count <= FEW_TERMS else []
        self.all = as_index(terms)  # of a single sum, or an array (count, n)

    def __call__(self, array: Array, out: Array) -> None:
        if self.count == 1:
            index = self.few[0]
            if isinstance(index, slice):
                out[:] = array[index]
            else:
                array.take(index, axis=0, out=out, mode="clip")  # clip writes directly
        elif self.few:
            np.add(read(array, self.few[0]), read(array, self.few[1]), out=out)
            for index in self.few[2:]:
                out += read(array, index)
        else:
            terms = read(array, self.all).reshape(self.count, self.n, -1)
            np.add.reduce(terms, axis=0, out=out)


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
            rows = runs[0][1].few[0]
            if isinstance(rows, slice):
                self.rows = rows
            elif np.all(rows == rows[0]):
                self.rows = slice(int(rows[0]), int(rows[0]) + 1)

    def __call__(self, shares: Array, out: Array | None = None) -> Array:
        if self.rows is not None and out is None:
            rows = shares[self.rows]
            return rows if len(rows) == self.n else np.broadcast_to(rows, (self.n, rows.shape[1]))
        if out is None:
            out = np.empty((self.n, shares.shape[1]))
        if not self.all:
            out[:] = 0.0
        for positions, total in self.runs:
            if isinstance(positions, slice):
                total(shares, out[positions])
            else:
                part = np.empty((len(positions), shares.shape[1]))
                total(shares, part)
                out[positions] = part
        return out


@dataclass(slots=True)
class Work:
    """The arrays that a program works on: for one block of examples, or for what is fixed."""

    values: list[Any]  # by kind: arrays of rows, and what reads as one
    shares: list[Array]  # by kind; none stand at INPUT
    matrices: list[Array]  # Θ of each matrix product
    between: dict[int, Array] = field(default_factory=dict)  # what kernels keep, by first row


@dataclass(slots=True)
class Operand:
    kind: int
    rows: Index
    shares: slice | None  # where its gradient goes; None if nobody needs it


def pass_on(
    shares: list[Array], operand: Operand, kind: int, gradient: Array, slope: Array | float = 1.0
) -> None:
    """Write the shares of one operand of an instruction whose own rows are of ``kind``."""
    if operand.shares is None:
        return
    if operand.kind == kind:
        np.multiply(gradient, slope, out=shares[kind][operand.shares])
    else:  # a fixed operand gets the sum over the examples
        passed = gradient if isinstance(slope, float) and slope == 1.0 else gradient * slope
        np.add.reduce(passed, axis=1, keepdims=True, out=shares[FIXED][operand.shares])


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
    def forward(self, work: Work) -> None:
        """Fill the rows."""

    def gradient(self, work: Work) -> Array:
        """The gradient of the rows, given that of all later ones."""
        assert self.collect is not None
        return self.collect(work.shares[self.kind])

    @abstractmethod
    def backward(self, work: Work, gradient: Array) -> None:
        """Write the operands' shares of the gradient of the rows."""

    def overflow(self, work: Work, what: str) -> tuple[list[Array], npt.NDArray[np.bool_]]:
        """Operands to name, and where (row, example) the value or derivative is not finite."""
        return [], ~np.isfinite(work.values[self.kind][self.rows])


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

    def operands(self, work: Work) -> list[Any]:
        return [read(work.values[v.kind], v.rows) for v in self.inputs]

    def forward(self, work: Work) -> None:
        out = work.values[self.kind][self.rows]
        if self.op in UFUNCS:
            UFUNCS[self.op](*self.operands(work), out)
        elif self.op in KERNELS:
            e = work.between[self.rows.start] = np.empty_like(out)
            KERNELS[self.op].value(self.operands(work)[0], out, e)
        else:
            out[:] = self.op.forward(np, *self.operands(work))

    def backward(self, work: Work, gradient: Array) -> None:
        partials = self.partials(work, work.values[self.kind][self.rows])
        for operand, partial in zip(self.inputs, partials, strict=True):
            pass_on(work.shares, operand, self.kind, gradient, partial)

    def partials(self, work: Work, out: Array) -> Sequence[Any]:
        """The local derivatives, by the rule or by what stands for it."""
        if self.op in KERNELS:
            return (KERNELS[self.op].slope(out, work.between[self.rows.start]),)
        if not self.reads_inputs:
            return self.op.partials(out, *[None] * len(self.inputs))
        operands = self.operands(work)
        if self.op in SLOPES:
            return (SLOPES[self.op](operands[0]),)
        return self.op.partials(out, *operands)

    def overflow(self, work: Work, what: str) -> tuple[list[Array], npt.NDArray[np.bool_]]:
        operands = self.operands(work)
        out = self.op.forward(np, *operands)
        partials = self.op.partials(out, *operands) if what == "derivative" else [out]
        return operands, ~np.isfinite(sum(partial + np.zeros_like(out) for partial in partials))


@dataclass(slots=True)
class Summation(Instruction):
    """Σ of some rows, minus others, plus possibly one fixed row."""

    plus: Sum | None
    minus: Sum | None
    bias: Operand | None
    own: slice | None  # among the shares: the gradient, which all terms read
    negated: slice | None  # and −1 times it, for those that are subtracted

    @property
    def symbol(self) -> str:
        plus = (self.plus.count if self.plus else 0) + (self.bias is not None)
        minus = self.minus.count if self.minus else 0
        known = {(2, 0): "+", (1, 1): "-", (0, 1): "neg"}
        return known.get((plus, minus)) or f"Σ of {plus + minus}"

    @property
    def gradient_symbol(self) -> str:
        return ", ".join(["δ"] * (self.plus is not None) + ["−δ"] * (self.minus is not None))

    def forward(self, work: Work) -> None:
        values = work.values[self.kind]
        out = values[self.rows]
        if self.minus is not None:
            subtracted = out if self.plus is None else np.empty_like(out)
            self.minus(values, subtracted)
            if self.plus is None:
                np.negative(out, out=out)
        if self.plus is not None:
            self.plus(values, out)
            if self.minus is not None:
                out -= subtracted
        if self.bias is not None:
            out += read(work.values[FIXED], self.bias.rows)

    def gradient(self, work: Work) -> Array:
        assert self.collect is not None
        shares = work.shares[self.kind]
        return self.collect(shares, None if self.own is None else shares[self.own])

    def backward(self, work: Work, gradient: Array) -> None:
        if self.negated is not None:
            np.negative(gradient, out=work.shares[self.kind][self.negated])
        if self.bias is not None:
            pass_on(work.shares, self.bias, self.kind, gradient)

    def overflow(self, work: Work, what: str) -> tuple[list[Array], npt.NDArray[np.bool_]]:
        values = work.values[self.kind]
        parts = [part for part in (self.plus, self.minus) if part is not None]
        terms = [read(values, index) for part in parts for index in part.few]
        if self.bias is not None:
            terms.append(read(work.values[FIXED], self.bias.rows))
        if what == "derivative" or len(terms) > 2 or any(not part.few for part in parts):
            terms = []
        return terms, ~np.isfinite(values[self.rows])


@dataclass(slots=True)
class MatrixProduct(Instruction):
    """Z = ΘA + b: f Σ nodes with n factors each, at v places with the same weights."""

    weights: Rows  # (f, n), fixed rows
    number: int  # of this one among the matrix products
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

    def operands(self, work: Work) -> tuple[Array, Array]:
        factors = read(work.values[self.factors.kind], self.factors.rows)
        n = self.weights.shape[1]  # at one place the factors stay where and as they stand
        A = factors if len(factors) == n else factors.reshape(n, -1)
        return work.matrices[self.number], A

    def forward(self, work: Work) -> None:
        Theta, A = self.operands(work)
        Z = work.values[VARYING][self.rows]
        with np.errstate(all="ignore"):  # BLAS overflows in silence, and flags sound products
            np.matmul(Theta, A, out=Z.reshape(len(Theta), -1))
            if not all_finite(Z):
                raise FloatingPointError
        if self.bias is not None:
            Z += read(work.values[FIXED], self.bias.rows)

    def backward(self, work: Work, gradient: Array) -> None:
        Theta, A = self.operands(work)
        delta = gradient.reshape(len(Theta), -1)
        with np.errstate(all="ignore"):  # an overflow stays one as far as the gradient
            if self.weight_shares is not None:
                shares = work.shares[FIXED][self.weight_shares]
                np.matmul(delta, A.T, out=shares.reshape(Theta.shape))
            if self.factors.shares is not None:
                passed = work.shares[VARYING][self.factors.shares]
                np.matmul(Theta.T, delta, out=passed.reshape(len(A), -1))
        if self.bias is not None:
            pass_on(work.shares, self.bias, VARYING, gradient)
