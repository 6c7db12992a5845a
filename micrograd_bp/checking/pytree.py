"""Parameters in any shape: an array, or a dict, list or tuple of arrays, nested as one likes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

import numpy as np

from ..support.validation import Array, finite_array
from .noise import EPSILON

__all__ = ["Parameters", "dense"]

# Rounding units of the types that are too short to be told by their numbers.
UNITS = {"bfloat16": 2.0**-7, "float16": 2.0**-10}


@dataclass(frozen=True)
class Leaf:
    """One array among the parameters: its name, its shape, and where it starts in the vector.

    A complex array counts twice: the real parts of its entries, then the imaginary ones.
    """

    name: str
    shape: tuple[int, ...]
    is_complex: bool
    start: int

    @cached_property
    def entries(self) -> int:
        return math.prod(self.shape)

    @cached_property
    def stop(self) -> int:
        return self.start + self.entries * (2 if self.is_complex else 1)


class Parameters:
    """How a vector of numbers and the caller's own structure of arrays become each other.

    >>> theta = {"W": np.array([[1.0, 2.0]]), "b": np.array(3.0)}
    >>> parameters = Parameters(theta)
    >>> parameters.start, [parameters.label(i) for i in range(3)]
    (array([1., 2., 3.]), ['W[0, 0]', 'W[0, 1]', 'b'])
    >>> parameters.structure(np.array([4.0, 5.0, 6.0]))
    {'W': array([[4., 5.]]), 'b': array(6.)}
    """

    def __init__(self, theta: Any) -> None:
        self.leaves: list[Leaf] = []
        arrays: list[Array] = []
        self._shape = self._read("theta", theta, arrays, top=True)
        self.start = np.concatenate([np.empty(0), *arrays])

    def __getstate__(self) -> dict[str, Any]:
        """Other processes need the structure only."""
        return {"leaves": self.leaves, "_shape": self._shape}

    def _read(self, name: str, node: Any, arrays: list[Array], *, top: bool = False) -> Any:
        """The structure with leaves in place of arrays; the arrays are added to the list."""
        if isinstance(node, Mapping):
            prefix = "" if top else f"{name}."
            return {k: self._read(f"{prefix}{k}", v, arrays) for k, v in node.items()}
        if _is_sequence_of_arrays(node):
            fields = getattr(node, "_fields", None)  # of a named tuple
            names = (
                [f"{name}.{f}" for f in fields] if fields else map(f"{name}[{{}}]".format, count())
            )
            items = [self._read(n, item, arrays) for n, item in zip(names, node, strict=False)]
            return type(node)(*items) if hasattr(node, "_fields") else type(node)(items)
        filled = dense(node)
        parts = [finite_array(name, part) for part in _parts(filled)]
        start = self.leaves[-1].stop if self.leaves else 0
        leaf = Leaf(name, parts[0].shape, len(parts) == 2, start)
        arrays += [part.ravel() for part in parts]
        self.leaves.append(leaf)
        return leaf

    def structure(self, flat: Array) -> Any:
        """The vector in the caller's structure; the arrays are copies."""
        return self.handed_over(flat.copy())

    def handed_over(self, flat: Array) -> Any:
        """The same for a vector of which nobody else has need: the arrays are parts of it."""
        return self._fill(self._shape, flat)

    def _fill(self, node: Any, flat: Array) -> Any:
        if isinstance(node, Leaf):
            part = flat[node.start : node.stop]
            if node.is_complex:
                part = part[: node.entries] + 1j * part[node.entries :]
            return part.reshape(node.shape)
        if isinstance(node, dict):
            return {key: self._fill(item, flat) for key, item in node.items()}
        items = [self._fill(item, flat) for item in node]
        return type(node)(*items) if hasattr(node, "_fields") else type(node)(items)

    def label(self, index: int) -> str:
        """The name of a parameter, as the caller would write it."""
        leaf = self.leaf(index)
        place = index - leaf.start
        part = ""
        if leaf.is_complex:
            part = ".imag" if place >= leaf.entries else ".real"
            place %= leaf.entries
        place_text = ", ".join(str(i) for i in np.unravel_index(place, leaf.shape))
        return leaf.name + (f"[{place_text}]" if leaf.shape else "") + part

    def leaf(self, index: int) -> Leaf:
        """The array that holds a parameter."""
        return next(leaf for leaf in self.leaves if index < leaf.stop)

    def flatten(self, gradient: Any, rows: tuple[int, ...] = ()) -> tuple[Array, float]:
        """A gradient as a vector (P,), and the rounding unit of its least exact array.

        With ``rows``, (m,), it is a Jacobian and becomes (m, P). It may be NaN, which is wrong,
        but must have the structure of the parameters. TypeError or ValueError if it has not.
        """
        parts: list[Array] = []
        unit = self._flatten(self._shape, gradient, rows, parts)
        return np.concatenate(parts, axis=-1), unit

    def _flatten(self, node: Any, value: Any, rows: tuple[int, ...], parts: list[Array]) -> float:
        if isinstance(node, Leaf):
            array, unit = _real_array(value, node, rows)
            parts.append(array)
            return unit
        if isinstance(node, dict):
            if not isinstance(value, Mapping) or set(value) != set(node):
                got = sorted(map(str, value)) if isinstance(value, Mapping) else type(value)
                raise ValueError(f"gradient: got {got}, expected arrays named {list(node)}")
            return max(self._flatten(node[key], value[key], rows, parts) for key in node)
        if not isinstance(value, list | tuple) or len(value) != len(node):
            raise ValueError(
                f"gradient: got {type(value).__name__}, expected {len(node)} arrays, as in theta"
            )
        pairs = zip(node, value, strict=True)
        return max(self._flatten(item, found, rows, parts) for item, found in pairs)


def dense(array: Any) -> Any:
    """A PyTorch tensor out of its graph, a sparse matrix filled in; anything else as it is."""
    if hasattr(array, "detach"):
        array = array.detach().cpu()
        array = array if str(array.layout).endswith("strided") else array.to_dense()
        return array.float() if str(array.dtype).endswith("bfloat16") else array
    return array.toarray() if hasattr(array, "toarray") else array


def _is_sequence_of_arrays(node: Any) -> bool:
    """Whether a list or tuple holds arrays: one of numbers is an array itself."""
    return isinstance(node, list | tuple) and any(
        isinstance(item, Mapping) or getattr(item, "ndim", 0) > 0 or _is_sequence_of_arrays(item)
        for item in node
    )


def _parts(array: Any) -> list[Any]:
    """Real and imaginary part of what is complex; else the thing itself."""
    try:
        is_complex = np.iscomplexobj(np.asarray(array))
    except ValueError:  # a ragged list
        is_complex = False
    return [np.real(array), np.imag(array)] if is_complex else [array]


def _real_array(value: Any, leaf: Leaf, rows: tuple[int, ...]) -> tuple[Array, float]:
    """One array of a gradient as numbers, and the rounding unit of its type."""
    try:
        array = np.asarray(dense(value))
        if array.dtype == object and any(item is None for item in array.flat):
            raise TypeError  # it would be NaN
        kind = str(getattr(value, "dtype", array.dtype))
        unit = next((u for name, u in UNITS.items() if kind.endswith(name)), EPSILON)
        if np.iscomplexobj(array) and not leaf.is_complex:
            if np.any(array.imag):
                raise TypeError
            array = array.real
        array = array.astype(np.complex128 if leaf.is_complex else np.float64)
    except (TypeError, ValueError):
        raise TypeError(
            f"gradient: got {type(value).__name__} that is no array of real numbers"
        ) from None
    expected = rows + leaf.shape
    if [n for n in array.shape if n != 1] != [n for n in expected if n != 1]:
        owner = "theta's" if leaf.name == "theta" and not rows else f"{leaf.name}'s"
        raise ValueError(f"gradient: got shape {array.shape}, expected {owner} {expected}")
    flat = [np.asarray(part, dtype=np.float64).reshape(*rows, -1) for part in _parts(array)]
    return np.concatenate(flat, axis=-1), unit
