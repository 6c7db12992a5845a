"""Steps of ``backward`` beside the plain chain rule: orders, wider numbers, errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from .ops import Op

__all__ = [
    "NO_GRADIENT",
    "no_finite",
    "order",
    "partials",
    "pass_on_in_a_wider_range",
    "pass_on_values",
    "reach",
    "refuse_changed",
    "undone_on_error",
]

Value = Any  # that of engine.py, which imports this file
Reached = tuple[list[Value], list[Value], list[tuple[Value, Any]]]

# The gradient of a node that no backward pass has reached: it reads and adds as 0.0, and as an
# object of its own it is told apart from a gradient that came out as 0.
NO_GRADIENT = float("0.0")


def order(output: Value) -> list[Value]:
    """All nodes that a node depends on, each after its inputs."""
    listed: list[Value] = []
    seen: set[Value] = set()
    stack: list[Value | None] = [output]
    while stack:
        node = stack.pop()
        if node is None:  # all inputs of the node below are listed
            listed.append(stack.pop())
        elif node not in seen:
            seen.add(node)
            stack += (node, None)
            for child in node.inputs:
                if child._first:
                    stack.append(child)
                elif child not in seen:
                    seen.add(child)
                    listed.append(child)
    return listed


def reach(output: Value, zero: float) -> Reached:  # noqa: C901, PLR0915 - half of backward's time
    """Set all gradients to ``zero``; list inner nodes, each after its inputs, and leaves.

    The last list holds the leaves that have a gradient, with it. ``zero`` is a 0.0 that nothing
    else is: as the gradient of a node it marks that the node is listed.
    """
    waiting = float("0.0")  # marks what stands in the stack until its inputs are listed
    inner: list[Value] = []
    leaves: list[Value] = []
    before: list[tuple[Value, Any]] = []
    stack: list[Value] = []
    node = output
    while True:
        # Of the inputs that are not listed yet one is followed, and the others wait.
        follow = None
        first, second = node._first, node._second
        if second is None:
            for child in first:
                if (grad := child.grad) is not zero:
                    if child._first:
                        stack.append(follow or node)
                        follow = child
                    else:
                        child.grad = zero
                        leaves.append(child)
                        if grad is not NO_GRADIENT:
                            before.append((child, grad))
        else:  # two inputs, as most nodes have: the loop written out
            if (grad := second.grad) is not zero:
                if second._first:
                    follow = second
                    stack.append(node)
                else:
                    second.grad = zero
                    leaves.append(second)
                    if grad is not NO_GRADIENT:
                        before.append((second, grad))
            if (grad := first.grad) is not zero:
                if first._first:
                    stack.append(follow or node)
                    follow = first
                else:
                    first.grad = zero
                    leaves.append(first)
                    if grad is not NO_GRADIENT:
                        before.append((first, grad))
        if follow is not None:
            node.grad = waiting
            node = follow
            continue
        node.grad = zero
        inner.append(node)
        while stack:
            node = stack.pop()
            grad = node.grad
            if grad is waiting:
                node.grad = zero
                inner.append(node)
            elif grad is not zero:
                break
        else:
            return inner, leaves, before


@contextmanager
def undone_on_error(
    inner: list[Value], leaves: list[Value], before: list[tuple[Value, Any]]
) -> Iterator[None]:
    """If the block fails, give the leaves the gradients that they had, and the others none."""
    try:
        yield
    except BaseException:
        for node in (*inner, *leaves):
            node.grad = NO_GRADIENT
        for node, grad in before:
            node.grad = grad
        raise


def no_finite(what: str, op: Op, inputs: Sequence[Value]) -> ValueError:
    """The error for a value or derivative that is no float."""
    at = ", ".join([f"{v.data:.6g}" for v in inputs[:6]] + ["…"] * (len(inputs) > 6))
    return ValueError(f"{op.symbol}: no finite {what} at {at}")


def partials(node: Value, number: Callable[[float], Any]) -> tuple[Any, ...]:
    """∂node/∂input for each of the inputs, in numbers of one type; ValueError if not finite."""
    if node.op is None:
        return ()
    try:
        found = tuple(node.op.partials(*[number(v.data) for v in (node, *node.inputs)]))
    except (ValueError, ArithmeticError) as error:
        raise no_finite("derivative", node.op, node.inputs) from error
    if not all(map(np.isfinite, found)):
        raise no_finite("derivative", node.op, node.inputs)
    return found


def pass_on_in_a_wider_range(output: Value, inner: list[Value], leaves: list[Value]) -> None:
    """The chain rule in numbers of a wider range, where the platform has them, then rounded.

    A product of slopes may be a float though one of them is not: 1/(1/x) at 1e-200. NumPy's
    longdouble reaches 1e±4932 on most platforms, and where it is a float only, what is no float
    is refused. Raises ValueError where a gradient is not finite.
    """
    nodes = (*leaves, *inner)
    with np.errstate(all="ignore"):
        for node in nodes:
            node.grad = np.longdouble(0.0)
        output.grad = np.longdouble(1.0)
        for node in reversed(inner):
            for child, partial in zip(node.inputs, partials(node, np.longdouble), strict=True):
                child.grad += node.grad * partial
        for node in nodes:
            node.grad = float(node.grad)
    for node in nodes:
        if not math.isfinite(node.grad):
            raise ValueError(f"backward: no finite gradient at {node!r}")


def refuse_changed(nodes: list[Value]) -> None:
    """Raise ValueError if the data of an input was set after one of the nodes was made."""
    for node in nodes:
        for child in node.inputs:
            if child._made > node._made:
                name = child.label or "a node"
                raise ValueError(
                    f"backward: the data of {name} was set to {child.data:.6g}"
                    f" after {node.op.symbol} was computed from it"
                )


def pass_on_values(node: Value, zero: float) -> None:
    """The chain rule at one node with gradients that are Values themselves."""
    for child, partial in zip(node.inputs, node.op.partials(node, *node.inputs), strict=True):
        one = type(partial) is float and partial == 1.0  # spares the graph a product with 1
        share = node.grad if one else node.grad * partial
        child.grad = share if child.grad is zero else child.grad + share
