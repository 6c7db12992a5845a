"""What travels between the referee and a submission's process: plain values and arrays.

One message is two blocks, each after its length in 8 bytes: JSON, in which ``{"array": n}``
stands for the n-th array, and the arrays one behind the other as ``numpy.lib.format`` writes
them. Nothing is pickled, and nothing that arrives is executed. The file is loaded on both sides,
in the submission's process by its path, so that it imports NumPy and the standard library only.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "LARGEST",
    "Opaque",
    "Result",
    "decode",
    "encode",
    "header_size",
    "lengths",
    "matrix",
    "plain_tree",
]

LARGEST = 64 * 2**20  # bytes of one message; a gradient that is judged has a few thousand numbers
DEEPEST = 12  # lists within lists
LENGTHS = struct.Struct(">QQ")
header_size = LENGTHS.size


class Opaque:
    """What no array and no plain value is; only the name of its type travels."""

    def __init__(self, name: str) -> None:
        self.name = name


class Result:
    """In a program: what an earlier step gave (None: the file itself), or the part of it at the
    end of ``path``."""

    def __init__(self, step: int | None, path: Sequence[str | int] = ()) -> None:
        self.step, self.path = step, list(path)


class matrix:  # noqa: N801
    """In a program: an array that is handed over as numpy's old ``np.matrix``."""

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self.array = array


def lengths(header: bytes) -> tuple[int, int]:
    """The sizes of the two blocks of a message; ValueError if they are absurd."""
    text, arrays = LENGTHS.unpack(header)
    if text + arrays > LARGEST:
        raise ValueError(f"a message of {text + arrays} bytes, more than {LARGEST}")
    return text, arrays


def encode(value: Any) -> bytes:
    """``value`` as one message; ValueError if it is too large."""
    arrays: list[npt.NDArray[Any]] = []
    text = json.dumps(_outward(value, arrays)).encode()
    blob = io.BytesIO()
    for array in arrays:
        np.lib.format.write_array(blob, array, allow_pickle=False)
        if blob.tell() + len(text) > LARGEST:
            raise ValueError(f"more than {LARGEST} bytes")
    body = blob.getvalue()
    return LENGTHS.pack(len(text), len(body)) + text + body


def decode(text: bytes, body: bytes) -> Any:
    """The value of a message; ValueError if it is none.

    >>> message = encode({"J": 0.5, "D": (np.eye(1), None)})
    >>> first, second = lengths(message[:header_size])
    >>> decode(message[header_size : header_size + first], message[header_size + first :])
    {'J': 0.5, 'D': (array([[1.]]), None)}
    """
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("no message") from None
    blob, arrays = io.BytesIO(body), []
    while blob.tell() < len(body):
        arrays.append(np.lib.format.read_array(blob, allow_pickle=False))
    return _inward(tree, arrays)


def plain_tree(value: Any, depth: int = 0) -> Any:
    """``value`` with arrays, numbers, strings, lists, tuples and dicts only; the rest Opaque."""
    if depth > DEEPEST:
        return Opaque("nested too deeply")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if hasattr(value, "vector") and hasattr(value, "cost"):  # a Gradient of this package
        return float(value.cost), np.array(value.vector)
    if hasattr(value, "detach"):  # a tensor
        value = value.detach().cpu().numpy()
    if type(value).__module__.partition(".")[0] == "pandas":
        value = np.asarray(value)
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        if array.dtype.kind in "biuf":
            return np.array(array)  # a copy: never a view that changes later, never np.matrix
        if array.dtype == object:
            return plain_tree(array.tolist(), depth + 1)
        return Opaque(f"array of {array.dtype}")
    if isinstance(value, (list, tuple)):
        items = [plain_tree(item, depth + 1) for item in value]
        return tuple(items) if isinstance(value, tuple) else items
    if hasattr(value, "__dataclass_fields__"):
        value = dict(getattr(value, "__dict__", {}))
    if isinstance(value, dict):
        return {str(key): plain_tree(item, depth + 1) for key, item in value.items()}
    return Opaque(type(value).__name__)


def _outward(value: Any, arrays: list[npt.NDArray[Any]]) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        arrays.append(np.asarray(value))
        return {"array": len(arrays) - 1}
    if isinstance(value, Opaque):
        return {"opaque": value.name}
    if isinstance(value, Result):
        return {"result": [value.step, value.path]}
    if isinstance(value, matrix):
        return {"matrix": _outward(value.array, arrays)}
    if isinstance(value, tuple):
        return {"tuple": [_outward(item, arrays) for item in value]}
    if isinstance(value, list):
        return [_outward(item, arrays) for item in value]
    if isinstance(value, dict):
        return {"dict": {str(key): _outward(item, arrays) for key, item in value.items()}}
    return value


def _inward(tree: Any, arrays: list[npt.NDArray[Any]]) -> Any:
    if isinstance(tree, list):
        return [_inward(item, arrays) for item in tree]
    if not isinstance(tree, dict):
        return tree
    ((kind, content),) = tree.items()
    if kind == "array":
        return arrays[content]
    if kind == "opaque":
        return Opaque(str(content))
    if kind == "result":
        return Result(content[0] if content[0] is None else int(content[0]), content[1])
    if kind == "matrix":
        return matrix(np.asarray(_inward(content, arrays)))
    if kind == "tuple":
        return tuple(_inward(item, arrays) for item in content)
    return {key: _inward(item, arrays) for key, item in content.items()}
