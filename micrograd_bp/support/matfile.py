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
SIZES_4 = (8, 4, 4, 2, 2, 1)  # of the numbers of a version 4 file, by the tens of its type
CLASSES = range(1, 18)  # cell, struct, object, char, sparse, the numbers, function, opaque
DEEPEST = 100  # nesting of cells and structs


def check_mat_file(content: bytes) -> None:
    """Raise ValueError, in one line, if a version 4 or 5 file has tags that cannot be.

    Files of version 7.3 pass: SciPy refuses them.

    >>> check_mat_file(b"M" * 126 + b"IM" + b"\\xff" * 8)
    Traceback (most recent call last):
    ...
    ValueError: damaged: an element of type 65535
    """
    if not content.strip(b"\0"):
        raise ValueError("damaged: nothing but zeros")
    order = {b"IM": "<", b"MI": ">"}.get(content[126:HEADER])
    if 0 in content[:4]:
        _check_version_4(content)
        return
    if order is None or content[124:126] in (b"\x00\x02", b"\x02\x00"):  # version 7.3
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


def _check_version_4(content: bytes) -> None:
    """Arrays one after the other: type, rows, columns, whether complex, and the name's length."""
    order = "<" if content[3:4] == b"\0" else ">"
    position = 0
    while position < len(content):
        if len(content) < position + 20:
            raise ValueError("damaged: it ends within the head of an array")
        head = struct.unpack_from(f"{order}5i", content, position)
        kind, rows, columns, imaginary, name = head
        if not 0 <= kind % 100 // 10 < len(SIZES_4) or min(head[:3]) < 0 or name < 1:
            raise ValueError("damaged: an array without type, dimensions or name")
        numbers = rows * columns * (2 if imaginary else 1)
        position += 20 + name + numbers * SIZES_4[kind % 100 // 10]
    if position > len(content):
        raise ValueError("damaged: it ends within an array")


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
