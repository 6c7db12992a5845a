"""What each instruction of a tape does, forward and backward, bound to the memory of a block.

What is asked of this file:

1. A graph with matrix products in it takes little more time than those products: factors and
   weights are read where they stand, every result is written where it belongs, and all that a
   block of examples needs stays in the cache.
2. A graph without any takes few calls and few passes over few numbers: an operation that has a
   NumPy function of its own writes through it, sums of any length are one call, and + and Σ hand
   their gradient on without a copy.
3. No infinity and no NaN passes in silence.

A program works on the rows of three arrays of values, indexed by FIXED, INPUT and VARYING. In the
backward sweep each instruction writes one row for every operand that needs a gradient, a share;
the gradient of a node is the sum of the shares addressed to it. One row may be addressed to many
nodes: what a Σ gets, be it one share or the sum of several, is what each of its terms gets. Shares
too stand in arrays by kind, and since each row is written by one instruction, nothing is ever
scattered.

An instruction does not run: it gives the calls that do, with all their arguments looked up, once
for a size of block. So a block costs the calls of NumPy and nothing else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from ..support.products import multiply, piece, sum_of_products
from ..support.validation import Array, all_finite
from .kernels import KERNELS, SLOPES, UFUNCS
from .memory import (
    FIXED,
    GRADIENT,
    INPUT,
    OPERAND,
    PRODUCT,
    VARYING,
    Call,
    Index,
    Memory,
    Rows,
    Sums,
    read,
)
from .ops import MUL, Op

__all__ = ["Elementwise", "Instruction", "MatrixProduct", "Operand", "Summation"]


@dataclass(slots=True)
class Operand:
    kind: int
    rows: Index
    shares: slice | None  # where its gradient goes; None if nobody needs it


def pass_on(
    memory: Memory, operand: Operand, kind: int, gradient: Array, slope: Array | float | None
) -> None:
    """Write the shares of one operand of an instruction whose own rows are of ``kind``."""
    if operand.shares is None:
        return
    share = memory.shares[operand.kind][operand.shares]
    if operand.kind == kind:
        np.multiply(gradient, 1.0 if slope is None else slope, out=share)
    else:  # a fixed operand gets the sum over the examples
        passed = gradient if slope is None else gradient * slope
        np.add.reduce(passed, axis=1, keepdims=True, out=share)


@dataclass(slots=True)
class Instruction(ABC):
    """A step of a program: it fills rows of one kind, and hands their gradient on."""

    kind: int
    rows: slice
    collect: Sums | None  # the gradient of these rows; None if nobody needs it
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
    def forward(self, memory: Memory) -> list[Call]:
        """The calls that fill the rows."""

    @abstractmethod
    def backward(self, memory: Memory) -> list[Call]:
        """The calls that write the operands' shares, given the gradients of all later rows."""

    def overflow(self, memory: Memory, what: str) -> tuple[list[Array], npt.NDArray[np.bool_]]:
        """Operands to name, and where (row, example) the value or derivative is not finite."""
        return [], ~np.isfinite(memory.values[self.kind][self.rows])


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

    def operands(self, memory: Memory) -> tuple[list[Call], list[Array]]:
        calls, arrays = [], []
        for use, operand in enumerate(self.inputs, start=OPERAND):
            gather, array = memory.rows(memory.values[operand.kind], operand.rows, use)
            calls += gather
            arrays.append(array)
        return calls, arrays

    def forward(self, memory: Memory) -> list[Call]:
        calls, operands = self.operands(memory)
        out = memory.values[self.kind][self.rows]
        if self.op in UFUNCS:
            return [*calls, partial(UFUNCS[self.op], *operands, out)]
        if self.op in KERNELS:
            return [*calls, partial(KERNELS[self.op].value, operands[0], out, self.kept(memory))]
        forward = self.op.forward
        return [*calls, lambda: np.copyto(out, forward(np, *operands))]

    def kept(self, memory: Memory) -> Array:
        """What a kernel keeps for the way back: in the row of the share that it will become."""
        (operand,) = self.inputs
        if self.kind == VARYING and operand.shares is not None:
            return memory.shares[VARYING][operand.shares]
        key = self.kind, self.rows.start
        if key not in memory.between:
            memory.between[key] = np.empty_like(memory.values[self.kind][self.rows])
        return memory.between[key]

    def backward(self, memory: Memory) -> list[Call]:
        assert self.collect is not None
        calls, gradient = self.collect.read(memory, memory.shares[self.kind], GRADIENT)
        if self.op in KERNELS or self.op in SLOPES:
            return [*calls, *self._slope(memory, gradient)]
        gather, operands = self.operands(memory) if self.reads_inputs else ([], [])
        out, rule = memory.values[self.kind][self.rows], self.op.partials
        known = operands if self.reads_inputs else [None] * len(self.inputs)
        if self.op is MUL:
            passed = zip(self.inputs, operands[::-1], strict=True)
            slopes = [partial(pass_on, memory, v, self.kind, gradient, x) for v, x in passed]
            return [*calls, *gather, *slopes]

        def write() -> None:
            for operand, slope in zip(self.inputs, rule(out, *known), strict=True):
                pass_on(memory, operand, self.kind, gradient, slope)

        return [*calls, *gather, write]

    def _slope(self, memory: Memory, gradient: Array) -> list[Call]:
        """The derivative of an operation of one input, computed where its share will stand."""
        (operand,) = self.inputs
        share = memory.shares[self.kind][operand.shares]
        if self.op in KERNELS:
            kept, out = self.kept(memory), memory.values[self.kind][self.rows]
            slope = partial(KERNELS[self.op].slope, out, kept)
            return [slope, partial(np.multiply, gradient, kept, share)]
        gather, (x,) = self.operands(memory)
        slope = partial(SLOPES[self.op], x, share)
        return [*gather, slope, partial(np.multiply, gradient, share, share)]

    def overflow(self, memory: Memory, what: str) -> tuple[list[Array], npt.NDArray[np.bool_]]:
        operands = [read(memory.values[v.kind], v.rows) for v in self.inputs]
        out = self.op.forward(np, *operands)
        partials = self.op.partials(out, *operands) if what == "derivative" else [out]
        return operands, ~np.isfinite(sum(slope + np.zeros_like(out) for slope in partials))


@dataclass(slots=True)
class Summation(Instruction):
    """Σ of some rows, minus others, plus possibly one fixed row.

    ``collect`` is for those sums alone whose gradient has rows of its own.
    """

    terms: Sums
    bias: Operand | None
    own: slice | None  # among the shares: the gradient, which all terms read

    @property
    def symbol(self) -> str:
        terms, bias = self.terms, self.bias is not None
        fewest, most = terms.fewest + bias, terms.most + bias
        minus = np.count_nonzero(terms.signs < 0.0) / terms.n
        if fewest == most <= 2 and minus in (0, 1):
            return {(1, 1): "neg", (2, 0): "+", (2, 1): "-"}.get((most, int(minus)), "Σ of 1")
        return f"Σ of {most}" if fewest == most else f"Σ of {fewest} to {most}"

    @property
    def gradient_symbol(self) -> str:
        signs = self.terms.signs
        return ", ".join(["δ"] * bool(np.any(signs > 0.0)) + ["−δ"] * bool(np.any(signs < 0.0)))

    def forward(self, memory: Memory) -> list[Call]:
        values = memory.values[self.kind]
        out = values[self.rows]
        calls, _ = self.terms.read(memory, values, OPERAND, out)
        if self.bias is not None:
            gather, bias = memory.rows(memory.values[FIXED], self.bias.rows, OPERAND)
            calls += [*gather, partial(np.add, out, bias, out)]
        if self.terms.silent:
            room = memory.scratch(len(out), out.shape[1], OPERAND)
            calls.append(partial(np.subtract, out, out, room))  # ∞ − ∞ is an error
        return calls

    def backward(self, memory: Memory) -> list[Call]:
        assert self.collect is not None
        if self.own is None:
            return []
        shares = memory.shares[self.kind]
        calls, gradient = self.collect.read(memory, shares, GRADIENT, shares[self.own])
        if self.bias is not None and self.bias.shares is not None:
            calls.append(partial(pass_on, memory, self.bias, self.kind, gradient, None))
        return calls

    def overflow(self, memory: Memory, what: str) -> tuple[list[Array], npt.NDArray[np.bool_]]:
        values = memory.values[self.kind]
        operands = [] if self.bias is None else [read(memory.values[FIXED], self.bias.rows)]
        fewest, most = self.terms.fewest, self.terms.most
        if what == "value" and fewest == most <= 2 - len(operands):
            columns = self.terms.rows.reshape(-1, most).T
            operands += [values.take(column, axis=0) for column in columns]
        else:
            operands = []
        return operands, ~np.isfinite(values[self.rows])


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

    def pieces(self, examples: int) -> str:
        """Which products of a block of so many examples are cut, and into how many columns."""
        columns = examples * (self.rows.stop - self.rows.start) // len(self.weights)
        size = piece(self.weights.size, columns)
        cut = {"Θa": self.factors.kind == INPUT, "δaᵀ": self.weight_shares is not None}
        products = ", ".join(product for product, is_cut in cut.items() if is_cut)
        return f"{products} by {size}" if products and size < columns else ""

    def room(self) -> Array:
        """For Θ, or for Θᵀ where examples stand in rows."""
        return np.empty(self.weights.shape, order="F" if self.factors.kind == INPUT else "C")

    def factor(self, memory: Memory) -> Callable[[], Array]:
        """How to get A: inputs are given anew for each block."""
        kind, rows, n = self.factors.kind, self.factors.rows, self.weights.shape[1]
        values = memory.values[kind]
        if kind == INPUT:

            def given() -> Array:
                A = read(values, rows)
                return A if len(A) == n else A.reshape(n, -1)

            return given
        if isinstance(rows, slice):
            A = values[rows].reshape(n, -1)
            return lambda: A
        return lambda: values.take(rows, axis=0).reshape(n, -1)

    def forward(self, memory: Memory) -> list[Call]:
        Theta, factor = memory.matrices[self.number], self.factor(memory)
        out = memory.values[VARYING][self.rows].reshape(len(Theta), -1)
        room = memory.scratch(out.shape[1], len(Theta), PRODUCT)
        gather, bias = list[Call](), np.zeros((len(Theta), 1))
        if self.bias is not None:
            gather, bias = memory.rows(memory.values[FIXED], self.bias.rows, OPERAND)
        by_place = len(Theta), len(bias) // len(Theta), -1
        z, b, product_of_inputs = (v.reshape(by_place) for v in (out, bias, room.T))

        def product() -> None:
            with np.errstate(all="ignore"):  # BLAS overflows in silence, and flags sound products
                if self.factors.kind == INPUT:  # examples stand in rows
                    multiply(factor().T, Theta.T, room)
                    np.add(product_of_inputs, b, z)
                else:
                    np.matmul(Theta, factor(), out=out)
                    if self.bias is not None:
                        np.add(z, b, z)
                if not all_finite(out):
                    raise FloatingPointError

        return [*gather, product]

    def backward(self, memory: Memory) -> list[Call]:
        assert self.collect is not None
        Theta, factor = memory.matrices[self.number], self.factor(memory)
        calls, gradient = self.collect.read(memory, memory.shares[VARYING], GRADIENT)
        f, n = Theta.shape
        places = gradient.shape[0] // f
        weights = passed = None
        if self.weight_shares is not None:
            weights = memory.shares[FIXED][self.weight_shares].reshape(f, n)
        if self.factors.shares is not None:
            passed = memory.shares[VARYING][self.factors.shares].reshape(n, -1)
        room = memory.scratch(f, n, PRODUCT)

        def products() -> None:
            delta = gradient if places == 1 else gradient.reshape(f, -1)
            with np.errstate(all="ignore"):  # an overflow stays one as far as the gradient
                if weights is not None:
                    sum_of_products(delta, factor().T, weights, room)
                if passed is not None:
                    np.matmul(Theta.T, delta, out=passed)

        calls.append(products)
        if self.bias is not None and self.bias.shares is not None:
            calls.append(partial(pass_on, memory, self.bias, VARYING, gradient, None))
        return calls
