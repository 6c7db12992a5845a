"""A scalar that remembers how it was computed, and reverse-mode differentiation over it.

Read from top to bottom: the node, the operators and functions that build a graph of nodes,
and ``backward``, which walks the graph from its output to its leaves and applies the chain
rule once at each node. The value and the derivative of each operation stand in ``ops.py``.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np

from . import ops, passes
from .copies import Copies
from .functions import Functions
from .ops import ADD, MUL, SCALAR, SUM, Op
from .passes import NO_GRADIENT

__all__ = ["Value"]

Number = float | np.floating[Any] | np.integer[Any]

# How often the data of any node has been set: what a node keeps of it tells whether one of its
# inputs was set after it was made.
_changes = 0
_changing = threading.Lock()

_new = object.__new__


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
    __slots__ = ("_data", "_first", "_made", "_second", "grad", "label", "op")

    _data: float
    _first: Any
    _second: Any
    _made: int
    grad: Any  # a float; a Value after backward(create_graph=True)
    op: Op | None
    label: str

    def __init__(
        self, data: Number, _children: Iterable[Value] = (), _op: str = "", label: str = ""
    ) -> None:
        if type(data) is not float or data - data:
            data = _finite("data", data)
        if type(label) is not str and not isinstance(label, str):
            raise TypeError(f"label: got {type(label).__name__}, expected a string")
        self._data = data
        self._first, self._second, self.op = (), None, None
        self._made = _changes
        self.grad = NO_GRADIENT
        self.label = label
        if _children or _op:
            self._computed(ops.by_symbol(_op), tuple(_children))

    def __repr__(self) -> str:
        name = f"{self.label}: " if self.label else ""
        slope = self.grad.data if isinstance(self.grad, Value) else self.grad
        grad = f", grad={slope:.6g}" if self.has_grad else ""
        return f"Value({name}data={self._data:.6g}{grad})"

    @property
    def data(self) -> float:
        """The value of this node. Setting it leaves what was computed from it as it is."""
        return self._data

    @data.setter
    def data(self, data: Number) -> None:
        global _changes
        self._data = _finite("data", data)
        with _changing:
            self._made = _changes = _changes + 1

    @property
    def inputs(self) -> tuple[Value, ...]:
        """The nodes this one was computed from; none at a leaf."""
        second = self._second
        return self._first if second is None else (self._first, second)

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
        return leaf(self._data, self.label)

    # Building the graph. Nearly all nodes of a network are + * and Σ, so these compute their
    # value on the spot; a test holds them against the table.

    def __add__(self, other: Value | Number) -> Value:
        if type(other) is not Value and (other := _as_value(other)) is NotImplemented:
            return NotImplemented
        data = self._data + other._data
        if data - data:
            raise passes.no_finite("value", ADD, (self, other))
        node = _new(Value)
        node._data = data
        node._first = self
        node._second = other
        node._made = _changes
        node.op = ADD
        node.grad = NO_GRADIENT
        node.label = ""
        return node

    def __mul__(self, other: Value | Number) -> Value:
        if type(other) is not Value and (other := _as_value(other)) is NotImplemented:
            return NotImplemented
        data = self._data * other._data
        if data - data:
            raise passes.no_finite("value", MUL, (self, other))
        node = _new(Value)
        node._data = data
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
        nodes = tuple([v if type(v) is Value else _operand(v) for v in inputs])
        try:
            data = float(op.forward(SCALAR, *[v._data for v in nodes]))
        except (ValueError, ArithmeticError) as error:
            raise passes.no_finite("value", op, nodes) from error
        if data - data:
            raise passes.no_finite("value", op, nodes)
        node = leaf(data, "")
        if nodes:
            node._computed(op, nodes)
        return node

    def _computed(self, op: Op, inputs: tuple[Value, ...]) -> None:
        self.op = op
        self._first, self._second = inputs if len(inputs) == 2 else (inputs, None)

    @staticmethod
    def sum(values: Iterable[Value | Number]) -> Value:
        """One Σ node over any number of values (numbers become leaves).

        >>> Value.sum([Value(1.0), Value(2.0), 3]).data
        6.0
        """
        return Value.apply(SUM, *values)

    def __sub__(self, other: Value | Number) -> Value:
        return _binary(ops.SUB, self, other)

    def __truediv__(self, other: Value | Number) -> Value:
        return _binary(ops.DIV, self, other)

    def __radd__(self, other: Number) -> Value:
        return _binary(ADD, other, self)

    def __rmul__(self, other: Number) -> Value:
        return _binary(MUL, other, self)

    def __rsub__(self, other: Number) -> Value:
        return _binary(ops.SUB, other, self)

    def __rtruediv__(self, other: Number) -> Value:
        return _binary(ops.DIV, other, self)

    def __pow__(self, exponent: Value | Number) -> Value:
        if isinstance(exponent, Value):
            return Value.apply(ops.POW, self, exponent)
        return Value.apply(ops.power(_finite("exponent", exponent)), self)

    def __rpow__(self, base: Number) -> Value:
        if not isinstance(base, Real) or not base > 0:
            raise TypeError(f"base: got {base!r}, expected a positive number")
        return Value.apply(ops.exponential(_finite("base", base)), self)

    # Differentiating it.

    def topological_order(self) -> list[Value]:
        """Every node this one depends on, each after its inputs; this one comes last.

        >>> a = Value(1.0)
        >>> b = a + a
        >>> [node.data for node in (a * b).topological_order()]
        [1.0, 2.0, 2.0]
        """
        order: list[Value] = []
        seen: set[Value] = set()
        stack: list[Value | None] = [self]
        while stack:
            node = stack.pop()
            if node is None:  # all inputs of the node below are in the order
                order.append(stack.pop())  # type: ignore[arg-type]
            elif node not in seen:
                seen.add(node)
                stack += (node, None)
                for child in node.inputs:
                    if child._first:
                        stack.append(child)
                    elif child not in seen:
                        seen.add(child)
                        order.append(child)
        return order

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
        try:
            if check:
                passes.refuse_changed(inner)
            if create_graph:
                self.grad = Value(1.0)
                for node in reversed(inner):
                    passes.pass_on_values(node, zero)
            elif not self._pass_on(inner, leaves):
                passes.pass_on_in_a_wider_range(self, inner, leaves)
        except BaseException:
            for node in (*inner, *leaves):
                node.grad = NO_GRADIENT
            for node, grad in before:
                node.grad = grad
            raise
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
                    a.grad += gradient * b._data
                    b.grad += gradient * a._data
                elif op is SUM:
                    for child in node.inputs:
                        child.grad += gradient
                else:
                    assert op is not None
                    inputs = node.inputs
                    partials = op.partials(node._data, *[v._data for v in inputs])
                    for child, partial in zip(inputs, partials, strict=True):
                        child.grad += gradient * partial
        except (ValueError, ArithmeticError):
            return False
        return math.isfinite(sum([leaf.grad for leaf in leaves]))

    def local_derivatives(self) -> tuple[float, ...]:
        """∂self/∂input for each of the inputs, at their present values.

        Raises ValueError where one is not finite.

        >>> (Value(2.0) * Value(5.0)).local_derivatives()
        (5.0, 2.0)
        """
        return passes.partials(self, float)

    def zero_grad(self) -> None:
        """Forget the gradients of every node of this graph, leaves included."""
        for node in self.topological_order():
            node.grad = NO_GRADIENT

    def __getstate__(self) -> tuple[Any, ...]:
        return self._data, self._first, self._second, self._made, self.op, self.label

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        global _changes
        self._data, self._first, self._second, self._made, self.op, self.label = state
        self.grad = NO_GRADIENT
        with _changing:
            _changes = max(_changes, self._made)


def leaf(data: float, label: str) -> Value:
    """A named leaf for a number that is known to be a finite float."""
    node = _new(Value)
    node._data = data
    node._first = ()
    node._second = None
    node._made = _changes
    node.op = None
    node.grad = NO_GRADIENT
    node.label = label
    return node


def _finite(name: str, number: Any) -> float:
    if not isinstance(number, Real):
        raise TypeError(f"{name}: got {type(number).__name__}, expected a real number")
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"{name}: got {value}, expected a finite number")
    return value


def _as_value(number: Any) -> Any:
    if isinstance(number, Value):
        return number
    return Value(float(number)) if isinstance(number, Real) else NotImplemented


def _operand(number: Any) -> Value:
    return number if isinstance(number, Value) else Value(number)


def _binary(op: Op, left: Any, right: Any) -> Value:
    left, right = _as_value(left), _as_value(right)
    if left is NotImplemented or right is NotImplemented:
        return NotImplemented  # type: ignore[no-any-return]
    return Value.apply(op, left, right)
