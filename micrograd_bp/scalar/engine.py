"""A scalar that remembers how it was computed, and reverse-mode differentiation over it.

Read from top to bottom: the node, the operators and functions that build a graph of nodes,
and ``backward``, which walks the graph from its output to its leaves and applies the chain
rule once at each node. The value and the derivative of each operation stand in ``ops.py``.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable
from typing import Any

from ..support.validation import finite_number
from . import passes
from .copies import Copies
from .functions import Functions, Number
from .ops import ADD, MUL, SCALAR, SUM, Op, by_symbol
from .passes import NO_GRADIENT

__all__ = ["Value"]

# How often the data of any node has been set: what a node keeps of it tells whether one of its
# inputs was set after it was made.
_changes = 0
_changing = threading.Lock()

_new, _INFINITY = object.__new__, math.inf


class Value(Functions, Copies):
    """One node of a scalar computation graph.

    ``data`` is its value (a float), ``inputs`` the nodes it was computed from, ``op`` the
    operation (None at a leaf), ``label`` a name for pictures, and ``grad`` the derivative of
    the output that was differentiated with respect to this node (0.0 before any pass).

    ``_children`` and ``_op`` (an operation's symbol) make an inner node, as in micrograd.
    Raises TypeError if ``data`` is not a real number or ``label`` not a string; ValueError if
    ``data`` is not finite or the operation is unknown.

    >>> x, y = Value(2.0, label="x"), Value(-3.0, label="y")
    >>> z = x * y + x**2
    >>> z.backward()
    >>> z.data, x.grad, y.grad
    (-2.0, 1.0, 2.0)
    """

    # The inputs of most nodes are two: these stand in slots of their own, which spares every
    # node a tuple, and the garbage collector half of what it would have to look at. Of any other
    # node _first is the tuple of its inputs, and _second None.
    __slots__ = ("_first", "_made", "_number", "_second", "grad", "label", "op")

    def __init__(
        self, data: Number, _children: Iterable[Value] = (), _op: str = "", label: str = ""
    ) -> None:
        if type(data) is not float or data - data:
            data = finite_number("data", data)
        if type(label) is not str and not isinstance(label, str):
            raise TypeError(f"label: got {type(label).__name__}, expected a string")
        self._number: float = data
        self._first: Any = ()
        self._second: Any = None
        self._made = _changes
        self.op: Op | None = None
        self.grad: Any = NO_GRADIENT  # a float; a Value after backward(create_graph=True)
        self.label: str = label
        if _children or _op:
            self._computed(by_symbol(_op), tuple(_children))

    def __repr__(self) -> str:
        name = f"{self.label}: " if self.label else ""
        slope = self.grad.data if isinstance(self.grad, Value) else self.grad
        grad = f", grad={slope:.6g}" if self.has_grad else ""
        return f"Value({name}data={self._number:.6g}{grad})"

    @property
    def data(self) -> float:
        """The value of this node. Setting it leaves what was computed from it as it is."""
        return self._number

    @data.setter
    def data(self, data: Number) -> None:
        global _changes
        self._number = finite_number("data", data)
        with _changing:
            self._made = _changes = _changes + 1

    @property
    def inputs(self) -> tuple[Value, ...]:
        """The nodes this one was computed from; none at a leaf."""
        return self._first if self._second is None else (self._first, self._second)

    @property
    def has_grad(self) -> bool:
        """Whether a backward pass has reached this node, or its ``grad`` was set."""
        return self.grad is not NO_GRADIENT

    @property
    def _prev(self) -> set[Value]:
        return set(self.inputs)

    @property
    def _op(self) -> str:
        return self.op.symbol if self.op else ""

    def detach(self) -> Value:
        """A leaf with the same data and label, through which no gradient passes."""
        return Value(self._number, label=self.label)

    # Building the graph. Nearly all nodes of a network are + * and Σ: the first two compute their
    # value on the spot, where the others go by the table; a test holds both ways together.

    def __add__(self, other: Value | Number) -> Value:
        if type(other) is not Value and (other := self._operand(other)) is NotImplemented:
            return NotImplemented
        number = self._number + other._number
        if not -_INFINITY < number < _INFINITY:
            raise passes.no_finite("value", ADD, (self, other))
        node = _new(Value)
        node._number = number
        node._first = self
        node._second = other
        node._made = _changes
        node.op = ADD
        node.grad = NO_GRADIENT
        node.label = ""
        return node

    def __mul__(self, other: Value | Number) -> Value:
        if type(other) is not Value and (other := self._operand(other)) is NotImplemented:
            return NotImplemented
        number = self._number * other._number
        if not -_INFINITY < number < _INFINITY:
            raise passes.no_finite("value", MUL, (self, other))
        node = _new(Value)
        node._number = number
        node._first = self
        node._second = other
        node._made = _changes
        node.op = MUL
        node.grad = NO_GRADIENT
        node.label = ""
        return node

    @staticmethod
    def apply(op: Op, *inputs: Value | Number) -> Value:
        """A new node: an operation, of the table in ``ops.py`` or of one's own, on its inputs.

        Raises ValueError where the operation has no finite value.

        >>> from micrograd_bp.scalar.ops import OPS
        >>> Value.apply(OPS["exp"], 0.0).data
        1.0
        """
        try:
            numbers = [v._number for v in inputs]  # type: ignore[union-attr]
        except AttributeError:  # a number among them
            return Value.apply(op, *[v if isinstance(v, Value) else Value(v) for v in inputs])
        try:
            number = float(op.forward(SCALAR, *numbers))
        except (ValueError, ArithmeticError) as error:
            raise passes.no_finite("value", op, inputs) from error
        if not -_INFINITY < number < _INFINITY:
            raise passes.no_finite("value", op, inputs)
        node = Value(number)
        if inputs:
            node._computed(op, inputs)
        return node

    def _computed(self, op: Op, inputs: tuple[Any, ...]) -> None:
        self.op = op
        self._first, self._second = inputs if len(inputs) == 2 else (inputs, None)

    # Differentiating it.

    def topological_order(self) -> list[Value]:
        """Every node this one depends on, each after its inputs; this one comes last.

        >>> a = Value(1.0)
        >>> b = a + a
        >>> [node.data for node in (a * b).topological_order()]
        [1.0, 2.0, 2.0]
        """
        return passes.order(self)

    def backward(self, create_graph: bool = False, *, check: bool = False) -> None:
        """Set ``grad`` = ∂self/∂node on every node of the graph: reverse-mode differentiation.

        Inner nodes hold the gradient of this pass; leaves add it to what they have, until
        ``zero_grad``. With ``create_graph`` the gradients are Values and can be differentiated
        again. With ``check`` a node whose ``data`` was set after something was computed from it
        raises ValueError. Raises ValueError also where an operation has no finite derivative;
        leaves then keep the gradients they had.

        >>> x = Value(3.0)
        >>> y = x**3
        >>> y.backward(create_graph=True)
        >>> slope = x.grad
        >>> y.zero_grad()
        >>> slope.backward()
        >>> slope.data, x.grad
        (27.0, 18.0)
        """
        if not self._first:
            self.grad = self.grad + (Value(1.0) if create_graph else 1.0)
            return
        zero = float("0.0")  # an object of its own: it marks what this pass has reached
        inner, leaves, before = passes.reach(self, zero)
        with passes.undone_on_error(inner, leaves, before):
            if check:
                passes.refuse_changed(inner)
            if create_graph:
                self.grad = Value(1.0)
                for node in reversed(inner):
                    passes.pass_on_values(node, zero)
            elif not self._pass_on(inner, leaves):
                passes.pass_on_in_a_wider_range(self, inner, leaves)
        for node, grad in before:
            node.grad = grad + node.grad

    def _pass_on(self, inner: list[Value], leaves: list[Value]) -> bool:
        """The chain rule from node to node; False if a number left the range of floats.

        A gradient that is not finite leaves none below it finite, down to the leaves.
        """
        self.grad = 1.0
        try:
            for node in reversed(inner):
                gradient, op = node.grad, node.op
                if op is ADD:
                    node._first.grad += gradient
                    node._second.grad += gradient
                elif op is MUL:
                    a, b = node._first, node._second
                    a.grad += gradient * b._number
                    b.grad += gradient * a._number
                elif op is SUM:
                    for child in node.inputs:
                        child.grad += gradient
                else:
                    assert op is not None
                    inputs = node.inputs
                    partials = op.partials(node._number, *[v._number for v in inputs])
                    for child, partial in zip(inputs, partials, strict=True):
                        child.grad += gradient * partial
        except (ValueError, ArithmeticError):
            return False
        return math.isfinite(sum([leaf.grad for leaf in leaves]))

    def local_derivatives(self) -> tuple[float, ...]:
        """∂self/∂input for each input at its present value; ValueError where one is not finite.

        >>> (Value(2.0) * Value(5.0)).local_derivatives()
        (5.0, 2.0)
        """
        return passes.partials(self, float)

    def zero_grad(self) -> None:
        """Forget the gradients of every node of this graph, leaves included."""
        for node in self.topological_order():
            node.grad = NO_GRADIENT

    @staticmethod
    def _restored(made: int) -> None:
        """A node from elsewhere, made after so many changes, is here: later ones count on."""
        global _changes
        with _changing:
            _changes = max(_changes, made)
