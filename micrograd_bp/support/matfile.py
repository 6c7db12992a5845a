"""Whether the bytes of a MATLAB file are well formed, before SciPy reads them.

SciPy trusts the tags of a version 5 file: a damaged one can end the process. The tags, as
"MAT-File Format" (The MathWorks, 2012), chapter 1, lays them out, are walked here first.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

__all__ = ["check_mat_file"]

HEADER = 128
MATRIX, COMPRESSED = 14, 15
# miINT8 to miSINGLE, miDOUBLE, miINT64, miUINT64, miMATRIX, miUTF8 to miUTF32, and their sizes
SIZES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8, 14: 1, 16: 1, 17: 2, 18: 4}
CLASSES = range(1, 18)  # cell, struct, object, char, sparse, the numbers, function, opaque
DEEPEST = 100  # nesting of cells and structs


def check_mat_file(content: bytes) -> None:
    """Raise ValueError, in one line, if a version 5 file has tags that cannot be.

    Files of other versions pass: SciPy reads or refuses them without trusting them.

    >>> check_mat_file(b"\\0" * 126 + b"IM" + b"\\xff" * 8)
    Traceback (most recent call last):
    ...
    ValueError: damaged: an element of type 65535
    """
    if not content.strip(b"\0"):
        raise ValueError("damaged: nothing but zeros")
    order = {b"IM": "<", b"MI": ">"}.get(content[126:HEADER])
    if order is None or content[124:126] in (b"\x00\x02", b"\x02\x00"):  # version 4; 7.3
        return
    for kind, data in _elements(content[HEADER:], order, top=True):
        if kind == COMPRESSED:
            inner = list(_elements(_unpacked(data), order, top=False))
            if len(inner) != 1 or inner[0][0] != MATRIX:
                raise ValueError("damaged: a compressed element that is no array")
            data = inner[0][1]
        elif kind != MATRIX:
            raise ValueError(f"damaged: an element of type {kind} where an array is expected")
        _check_matrix(data, order, 0)


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompress(data)
    except zlib.error as error:
        raise ValueError(f"damaged: {error}") from None


def _elements(data: bytes, order: str, top: bool) -> Iterator[tuple[int, bytes]]:
    """The elements one after the other: type and bytes."""
    position = 0
    while position < len(data):
        tag = data[position : position + 8]
        if len(tag) < 8:
            raise ValueError("damaged: it ends within a tag")
        (word,) = struct.unpack(f"{order}I", tag[:4])
        kind, length = word & 0xFFFF, word >> 16
        if length:  # a small element: its bytes stand in the tag
            begin, following = position + 4, position + 8
            if length > 4:
                raise ValueError(f"damaged: an element of type {kind}")
        else:
            (length,) = struct.unpack(f"{order}I", tag[4:])
            begin = position + 8
            following = begin + length + (0 if kind == COMPRESSED else -length % 8)
        if kind not in SIZES and not (top and kind == COMPRESSED):
            raise ValueError(f"damaged: an element of type {kind}")
        if begin + length > len(data) or length % SIZES.get(kind, 1):
            raise ValueError(f"damaged: an element of {length} bytes")
        yield kind, data[begin : begin + length]
        position = following


def _check_matrix(data: bytes, order: str, depth: int) -> None:
    """An array: its flags, its dimensions, its name, and what it holds."""
    if not data:  # an empty cell
        return
    if depth > DEEPEST:
        raise ValueError(f"damaged: nested more than {DEEPEST} deep")
    parts = list(_elements(data, order, top=False))
    flags = parts[0]
    if flags[0] != 6 or len(flags[1]) != 8:
        raise ValueError("damaged: an array without flags")
    kind = struct.unpack(f"{order}I", flags[1][:4])[0] & 0xFF
    if kind not in CLASSES:
        raise ValueError(f"damaged: an array of class {kind}")
    if kind != 17 and (len(parts) < 3 or parts[1][0] not in (5, 6) or len(parts[1][1]) < 8):
        raise ValueError("damaged: an array without dimensions or name")
    for part_kind, part in parts[1:]:
        if part_kind == MATRIX:
            _check_matrix(part, order, depth + 1)
