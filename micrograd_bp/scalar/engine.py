"""A scalar that remembers how it was computed, and reverse-mode differentiation over it.

Read from top to bottom: the node, the operators and functions that build a graph of nodes,
and ``backward``, which walks the graph from its output to its leaves and applies the chain
rule once at each node. The value and the derivative of each operation stand in ``ops.py``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

from ..scalar import ops
from .ops import ADD, MUL, SCALAR, SUM, Op

__all__ = ["Value"]

# The gradient of a node that no backward pass has reached: it reads and adds as 0.0, and as an
# object of its own it is told apart from a gradient that came out as 0.
NO_GRADIENT = float("0.0")

_new = object.__new__


class Value:
    """One node of a scalar computation graph.

    ``data`` is its value (a real number), ``inputs`` the nodes it was computed from, ``op`` the
    operation (None at a leaf), ``label`` a name for pictures, and ``grad`` the derivative of
    the output that was differentiated with respect to this node (0.0 before any pass).

    ``_children`` and ``_op`` (an operation's symbol) make an inner node, as in micrograd.
    Raises TypeError if ``data`` is not a real number; ValueError if it is not finite or if the
    operation is unknown.

    >>> x, y = Value(2.0, label="x"), Value(-3.0, label="y")
    >>> z = x * y + x**2
    >>> z.backward()
    >>> z.data, x.grad, y.grad
    (-2.0, 1.0, 2.0)
    """

    __slots__ = ("data", "grad", "inputs", "label", "op")

    data: float
    grad: Any  # a float; a Value after backward(create_graph=True)
    inputs: tuple[Value, ...]
    op: Op | None
    label: str

    def __init__(
        self, data: float, _children: Iterable[Value] = (), _op: str = "", label: str = ""
    ) -> None:
        if type(data) is not float:
            if not isinstance(data, Real):
                raise TypeError(f"data: got {type(data).__name__}, expected a real number")
            data = float(data)
        if not math.isfinite(data):
            raise ValueError(f"data: got {data}, expected a finite number")
        self.data = data
        self.inputs = tuple(_children)
        self.op = ops.by_symbol(_op) if _op or self.inputs else None
        self.grad = NO_GRADIENT
        self.label = label

    def __repr__(self) -> str:
        name = f"{self.label}: " if self.label else ""
        slope = self.grad.data if isinstance(self.grad, Value) else self.grad
        grad = f", grad={slope:.6g}" if self.has_grad else ""
        return f"Value({name}data={self.data:.6g}{grad})"

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

    # Building the graph. Nearly all nodes of a network are + * and Σ, so these compute their
    # value on the spot; a test holds them against the table.

    def __add__(self, other: Value | float) -> Value:
        if type(other) is not Value and (other := _as_value(other)) is NotImplemented:
            return NotImplemented
        node = _new(Value)
        node.data = self.data + other.data
        node.inputs = (self, other)
        node.op = ADD
        node.grad = NO_GRADIENT
        node.label = ""
        return node

    def __mul__(self, other: Value | float) -> Value:
        if type(other) is not Value and (other := _as_value(other)) is NotImplemented:
            return NotImplemented
        node = _new(Value)
        node.data = self.data * other.data
        node.inputs = (self, other)
        node.op = MUL
        node.grad = NO_GRADIENT
        node.label = ""
        return node

    @staticmethod
    def sum(values: Iterable[Value | float]) -> Value:
        """One Σ node over any number of values (numbers become leaves).

        >>> Value.sum([Value(1.0), Value(2.0), 3]).data
        6.0
        """
        inputs = tuple([v if type(v) is Value else _operand(v) for v in values])
        node = _new(Value)
        node.data = sum([v.data for v in inputs], 0.0)
        node.inputs = inputs
        node.op = SUM if inputs else None
        node.grad = NO_GRADIENT
        node.label = ""
        return node

    @staticmethod
    def apply(op: Op, *inputs: Value | float) -> Value:
        """A new node: an operation, of the table in ``ops.py`` or of one's own, on its inputs.

        Raises ValueError where the operation has no finite value.

        >>> from micrograd_bp.scalar.ops import OPS
        >>> Value.apply(OPS["exp"], 0.0).data
        1.0
        """
        values = [_operand(v) for v in inputs]
        node = _new(Value)
        numbers = [v.data for v in values]
        try:
            node.data = op.forward(SCALAR, *numbers)
        except (ValueError, ArithmeticError) as error:
            raise ValueError(f"{op.symbol}: no finite value at {_listed(numbers)}") from error
        node.inputs = tuple(values)
        node.op = op
        node.grad = NO_GRADIENT
        node.label = ""
        return node

    def __sub__(self, other: Value | float) -> Value:
        return _binary(ops.SUB, self, other)

    def __truediv__(self, other: Value | float) -> Value:
        return _binary(ops.DIV, self, other)

    def __radd__(self, other: float) -> Value:
        return _binary(ADD, other, self)

    def __rmul__(self, other: float) -> Value:
        return _binary(MUL, other, self)

    def __rsub__(self, other: float) -> Value:
        return _binary(ops.SUB, other, self)

    def __rtruediv__(self, other: float) -> Value:
        return _binary(ops.DIV, other, self)

    def __neg__(self) -> Value:
        return Value.apply(ops.NEG, self)

    def __pow__(self, exponent: float) -> Value:
        if not isinstance(exponent, Real):
            raise TypeError(f"exponent: got {type(exponent).__name__}, expected a number")
        return Value.apply(ops.power(float(exponent)), self)

    def __rpow__(self, base: float) -> Value:
        if not isinstance(base, Real) or not base > 0:
            raise TypeError(f"base: got {base!r}, expected a positive number")
        return Value.apply(ops.exponential(float(base)), self)

    def __abs__(self) -> Value:
        return self.abs()

    def exp(self) -> Value:
        """eˣ."""
        return Value.apply(ops.EXP, self)

    def log(self) -> Value:
        """The natural logarithm. Raises ValueError unless x > 0."""
        return Value.apply(ops.LOG, self)

    def sqrt(self) -> Value:
        """√x. Raises ValueError if x < 0."""
        return Value.apply(ops.SQRT, self)

    def sin(self) -> Value:
        """sin x, x in radians."""
        return Value.apply(ops.SIN, self)

    def cos(self) -> Value:
        """cos x, x in radians."""
        return Value.apply(ops.COS, self)

    def tanh(self) -> Value:
        """The hyperbolic tangent."""
        return Value.apply(ops.TANH, self)

    def sigmoid(self) -> Value:
        """g(x) = 1 / (1 + e⁻ˣ)."""
        return Value.apply(ops.SIGMOID, self)

    def log_sigmoid(self) -> Value:
        """log g(x), exact also where g(x) rounds to 0 or 1."""
        return Value.apply(ops.LOG_SIGMOID, self)

    def relu(self) -> Value:
        """max(x, 0), with derivative 0 at 0."""
        return Value.apply(ops.RELU, self)

    def abs(self) -> Value:
        """\\|x\\|, with derivative 0 at 0."""
        return Value.apply(ops.ABS, self)

    # Differentiating it.

    def topological_order(self, leaves: bool = True) -> list[Value]:
        """Every node this one depends on, each after its inputs; this one comes last.

        With ``leaves=False`` only the nodes that have inputs.

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
                stack.append(node)
                stack.append(None)
                for child in node.inputs:
                    if child.inputs:
                        if child not in seen:
                            stack.append(child)
                    elif leaves and child not in seen:
                        seen.add(child)
                        order.append(child)
        return order

    def backward(self, create_graph: bool = False) -> None:
        """Set ``grad`` = ∂self/∂node on every node of the graph: reverse-mode differentiation.

        Inner nodes hold the gradient of this pass; leaves add it to what they have, until
        ``zero_grad``. With ``create_graph`` the gradients are Values and can be differentiated
        again. Raises ValueError where an operation has no finite derivative.

        >>> x = Value(3.0)
        >>> y = x**3
        >>> y.backward(create_graph=True)
        >>> slope = x.grad
        >>> y.zero_grad()
        >>> slope.backward()
        >>> slope.data, x.grad
        (27.0, 18.0)
        """
        inner = self.topological_order(leaves=False) if self.inputs else []
        for node in inner:
            node.grad = NO_GRADIENT
        self.grad = self.grad + (Value(1.0) if create_graph else 1.0)
        for node in reversed(inner):
            if create_graph:
                _pass_on_values(node)
            elif node.op is ADD:
                a, b = node.inputs
                a.grad += node.grad
                b.grad += node.grad
            elif node.op is MUL:
                a, b = node.inputs
                a.grad += node.grad * b.data
                b.grad += node.grad * a.data
            elif node.op is SUM:
                grad = node.grad
                for child in node.inputs:
                    child.grad += grad
            else:
                for child, partial in zip(node.inputs, node.local_derivatives(), strict=True):
                    child.grad += node.grad * partial

    def local_derivatives(self) -> tuple[float, ...]:
        """∂self/∂input for each of the inputs, at their present values.

        Raises ValueError where one is not finite.

        >>> (Value(2.0) * Value(5.0)).local_derivatives()
        (5.0, 2.0)
        """
        if self.op is None:
            return ()
        numbers = [v.data for v in self.inputs]
        try:
            return tuple(self.op.partials(self.data, *numbers))
        except (ValueError, ArithmeticError) as error:
            at = _listed(numbers)
            raise ValueError(f"{self.op.symbol}: no finite derivative at {at}") from error

    def zero_grad(self) -> None:
        """Forget the gradients of every node of this graph, leaves included."""
        for node in self.topological_order():
            node.grad = NO_GRADIENT


def leaf(data: float, label: str) -> Value:
    """A named leaf for a number that is known to be a finite float."""
    node = _new(Value)
    node.data = data
    node.inputs = ()
    node.op = None
    node.grad = NO_GRADIENT
    node.label = label
    return node


def _pass_on_values(node: Value) -> None:
    """The chain rule at one node with gradients that are Values themselves."""
    assert node.op is not None
    for child, partial in zip(node.inputs, node.op.partials(node, *node.inputs), strict=True):
        one = type(partial) is float and partial == 1.0  # spares the graph a product with 1
        share = node.grad if one else node.grad * partial
        child.grad = child.grad + share if child.has_grad else share


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


def _listed(numbers: Iterable[float]) -> str:
    return ", ".join(f"{number:.6g}" for number in numbers)
