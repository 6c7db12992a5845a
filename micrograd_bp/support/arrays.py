"""The one reader of stored arrays: .npz, .mat (also Octave's text) and .json files.

Nothing in a file is executed, and a file is read as a whole or refused in one line. What comes
out is what stands there, by name; whether it fits together is for the caller to check, with the
readers of single values here: ``numbers``, ``one_number`` and ``texts``. Text tables (.csv) are
read in ``csvfile.py``.
"""

from __future__ import annotations

import io
import json
import math
import re
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .matfile import check_mat_file
from .memory import require_memory
from .validation import Array, finite_array

__all__ = ["ARRAY_FILES", "names_in", "numbers", "one_number", "read_arrays", "read_file", "texts"]

ARRAY_FILES = (".npz", ".mat", ".json")
# Decimal digits of an integer that float64 can hold in its range at all.
MOST_DIGITS = 309
# What Octave writes before the numbers of a variable, for the types that hold real numbers.
OCTAVE_TYPE = re.compile(
    r"^# type: (?:global )?(?P<kind>(?:float )?scalar|(?:float )?matrix|bool(?: matrix)?"
    r"|u?int(?:8|16|32|64) (?:scalar|matrix))\s*$",
    re.MULTILINE,
)


def read_file(path: str | Path) -> bytes:
    """The whole content of a file; OSError, in words, if it cannot be read or fit in memory."""
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path}: got a folder, expected a file")
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file")
    if path.is_char_device() or path.is_block_device():  # /dev/zero never ends
        raise OSError(f"{path}: got a device, expected a file")
    require_memory(str(path), path.stat().st_size)
    return path.read_bytes()


def read_arrays(
    path: str | Path, kinds: Sequence[str] = ARRAY_FILES, what: str | None = None
) -> dict[str, Any]:
    """The variables of a .npz, .mat or .json file by name.

    Parameters
    ----------
    path : str or Path
        Its ending says what the file is.
    kinds : sequence of str
        The endings that the caller can use.
    what : str, optional
        What the file is to the user, for messages (default: its ending).

    Returns
    -------
    dict
        Arrays as NumPy and SciPy give them (cells and structs of a .mat file are object arrays,
        sparse matrices come dense), and the lists, numbers and text of a JSON object.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is not of these kinds, damaged, or would execute something: one line.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/d.npz", X=np.eye(2))
    ...     read_arrays(f"{folder}/d.npz")
    {'X': array([[1., 0.],
           [0., 1.]])}
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in kinds:
        *most, last = kinds
        expected = f"{', '.join(most)} or {last}" if most else last
        raise ValueError(f"{path}: expected a file of type {expected}")
    content = read_file(path)
    try:
        with warnings.catch_warnings():  # what a reader cannot read is missed by name, later
            warnings.simplefilter("ignore")
            return {".npz": _npz, ".mat": _mat, ".json": _json}[kind](content)
    except Exception as error:  # zip, NumPy, JSON and SciPy raise many kinds
        text = " ".join(str(error).split()) or type(error).__name__
        hint = ""
        if kind == ".mat":
            hint = (
                '; save it with: save("-v7", "results.mat", "X", "y", "Theta1", "Theta2", "grad")'
            )
        raise ValueError(f"{path}: not a readable {what or kind} file ({text}){hint}") from None


def names_in(arrays: Mapping[str, Any]) -> str:
    """The names of the variables in one line, for messages.

    >>> names_in({"X": 1, "__header__": 2, "y": 3}), names_in({})
    ('X, y', 'nothing')
    """
    return ", ".join(str(key) for key in arrays if not str(key).startswith("__")) or "nothing"


def numbers(name: str, value: Any) -> Array:
    """``value`` as a float64 array; ValueError in one line if it is not real, finite numbers.

    Text, dates, missing values, cells and integers beyond float64 are no numbers.

    >>> numbers("d.json: X", [[1, 2]])
    array([[1., 2.]])
    >>> numbers("d.json: X", [[1, 2], [3]])
    Traceback (most recent call last):
    ...
    ValueError: d.json: X: got list that is no array of real numbers
    """
    try:
        return finite_array(name, value)
    except TypeError as error:
        raise ValueError(str(error)) from None


def one_number(name: str, value: Any) -> float:
    """The single number that ``value`` holds, however it is nested; ValueError if it is not one.

    >>> one_number("d.mat: lambda", [[1.0]])
    1.0
    >>> one_number("d.mat: lambda", [])
    Traceback (most recent call last):
    ...
    ValueError: d.mat: lambda: got 0 numbers, expected one
    """
    array = numbers(name, value)
    truth = np.asarray(value).dtype.kind == "b"
    if array.size != 1 or truth:
        got = "true or false" if truth else f"{array.size} numbers"
        raise ValueError(f"{name}: got {got}, expected one")
    return float(array.ravel()[0])


def texts(name: str, values: Any) -> list[str]:
    """Names, such as those of classes; ValueError if one is no text, or holds a NUL.

    >>> texts("m.npz: classes", ["cat", "dog"])
    ['cat', 'dog']
    """
    listed = values.ravel().tolist() if isinstance(values, np.ndarray) else values
    if not isinstance(listed, list | tuple) or not all(isinstance(text, str) for text in listed):
        raise ValueError(f"{name}: got {type(values).__name__}, expected a list of names")
    for text in listed:
        if "\0" in text:
            raise ValueError(f"{name}: got {text!r} with a NUL character")
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise ValueError(f"{name}: got {text!r}, half of a Unicode character")
    return [str(text) for text in listed]


def _npz(content: bytes) -> dict[str, Any]:
    if not content.startswith(b"PK"):  # every zip archive does
        raise ValueError("got something else than a .npz archive, or a damaged one")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        listed = archive.infolist()
    require_memory("its content", sum(entry.file_size for entry in listed))
    twice = {
        entry.filename for entry in listed if sum(e.filename == entry.filename for e in listed) > 1
    }
    if twice:
        raise ValueError(f"got {min(twice)} more than once")
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise ValueError(f"{name} is no array")
    return arrays


def _mat(content: bytes) -> dict[str, Any]:
    if content.startswith((b"# Created", b"\xef\xbb\xbf# Created")):
        return _octave_text(content.decode("utf-8-sig"))
    check_mat_file(content)
    from scipy.io import loadmat
    from scipy.sparse import issparse

    arrays = {}
    for name, array in loadmat(io.BytesIO(content)).items():
        if name.startswith("__"):
            continue
        if issparse(array):
            array.check_format(full_check=True)  # its indices may point anywhere
            require_memory(name, 8.0 * math.prod(array.shape))
            array = array.toarray()
        arrays[name] = array
    return arrays


def _octave_text(text: str) -> dict[str, Any]:
    """The real scalars and matrices of the text that Octave's plain ``save`` writes.

    >>> _octave_text("# Created by Octave\\n# name: lambda\\n# type: scalar\\n1.5\\n")
    {'lambda': array([[1.5]])}
    """
    arrays: dict[str, Any] = {}
    for block in re.split(r"^# name: ", text, flags=re.MULTILINE)[1:]:
        name, _, rest = block.partition("\n")
        name = name.strip()
        kind = OCTAVE_TYPE.search(rest)
        if kind is None:  # text, cells, functions: not numbers, and missed by name if needed
            continue
        if name in arrays:
            raise ValueError(f"got {name} more than once")
        lines = [line.split() for line in rest.splitlines() if line and not line.startswith("#")]
        shape = _octave_shape(rest)
        if "# ndims:" in rest:  # its first line is the shape, then a number a line, by columns
            shape, lines = tuple(int(n) for n in lines[0]), lines[1:]
            flat = np.array([number for line in lines for number in line], dtype=np.float64)
            arrays[name] = flat.reshape(shape, order="F")
            continue
        matrix = np.atleast_2d(np.array(lines, dtype=np.float64))
        if matrix.size == 0 and shape:
            matrix = matrix.reshape(shape)
        if shape and matrix.shape != shape:
            raise ValueError(f"{name} has shape {matrix.shape}, its head says {shape}")
        arrays[name] = matrix
    return arrays


def _octave_shape(head: str) -> tuple[int, ...]:
    counts = [
        re.search(rf"^# {word}: (\d+)\s*$", head, re.MULTILINE) for word in ("rows", "columns")
    ]
    return tuple(int(count[1]) for count in counts if count)


def _json(content: bytes) -> dict[str, Any]:
    made = json.loads(content.decode("utf-8-sig"), parse_int=_integer, object_pairs_hook=_once)
    if not isinstance(made, dict):
        raise ValueError(f"got {type(made).__name__}, expected an object of arrays")
    return made


def _integer(digits: str) -> int | float:
    if len(digits.lstrip("-")) >= MOST_DIGITS:
        raise ValueError(f"an integer of {len(digits.lstrip('-'))} digits is beyond float64")
    number = int(digits)
    return number if abs(number) < 2**63 else float(number)  # as NumPy holds it


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"got {max(names, key=names.count)} more than once")
    return made
