"""Text tables as people's spreadsheets write them: .csv files, read rightly or not at all.

A reader that guesses silently spoils what is learned from the data. So everything that can be
recognized with certainty is (UTF-8 and UTF-16, a byte order mark, Excel's ``sep=`` line, commas,
semicolons or tabs, decimal commas), and everything else is refused in one line that names the
line of the file.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .arrays import read_file
from .validation import Array

__all__ = ["MISSING", "Cells", "is_number", "read_cells"]

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
COMMA_NUMBER = re.compile(r"[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?", re.ASCII)
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)  # or a decimal comma: who knows
# What spreadsheets, pandas, R, Julia and data archives write where nothing is known, or where a
# formula has failed. ("none" and "-" are left out: both are names of classes in published data.)
MISSING = frozenset(
    {
        "",
        "?",
        "na",
        "n/a",
        "<na>",
        "#na",
        "#n/a",
        "#n/a n/a",
        "nan",
        "-nan",
        "nat",
        "null",
        "missing",
    }
    | {"inf", "-inf", "+inf", "infinity", "-infinity", "+infinity", "1.#qnan", "-1.#ind"}
    | {"#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!", "#spill!", "#calc!", "#error!"}
)
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Cells:
    """The cells of a table, as text, under unique names of columns."""

    path: Path
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]  # of the file, in which each row begins
    decimal_comma: bool

    def column(self, name: str) -> list[str]:
        """The text of one column."""
        j = self.names.index(name)
        return [row[j] for row in self.rows]

    def numbers(self, names: Sequence[str]) -> Array:
        """The columns of these names as numbers (m, n); ValueError names a cell that is none."""
        place = {name: j for j, name in enumerate(self.names)}
        columns = [place[name] for name in names]
        made = [
            [self._number(line, j, row[j]) for j in columns]
            for line, row in zip(self.lines, self.rows, strict=True)
        ]
        return np.array(made, dtype=np.float64).reshape(len(self.rows), len(columns))

    def _number(self, line: int, column: int, cell: str) -> float:
        text = cell.replace(",", ".") if self.decimal_comma else cell
        number = float(text) if NUMBER.fullmatch(text) else math.nan
        if not math.isfinite(number):
            name = self.names[column]
            raise ValueError(
                f"{self.path}: row {line}, column {name!r}: got {cell!r}, expected a number"
            )
        return number


def is_number(cell: str) -> bool:
    """Whether a cell is written as a finite number, with a point or a comma.

    >>> [is_number(cell) for cell in ("1.5", "1,5", "1e9", "01", "1_0", "nan", "1e999", "")]
    [True, True, True, True, False, False, False, False]
    """
    if not (NUMBER.fullmatch(cell) or COMMA_NUMBER.fullmatch(cell)):
        return False
    return math.isfinite(float(cell.replace(",", ".")))


def read_cells(path: str | Path, header: bool | None = None) -> Cells:
    """Read a table of text.

    Parameters
    ----------
    path : str or Path
        A text file in UTF-8, or in UTF-16 or UTF-32 with a byte order mark. Cells are parted by
        commas, semicolons or tabs; empty lines count but hold nothing.
    header : bool, optional
        Whether the first row holds the names of the columns. By default it must, and a first row
        of numbers is refused; False names them x1, x2, ….

    Returns
    -------
    Cells

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is no such table, or could be read in more than one way.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "pets.csv"
    ...     _ = file.write_text("kg;pet\\n4,5;cat\\n20;dog\\n")
    ...     cells = read_cells(file)
    >>> cells.numbers(["kg"]).tolist(), cells.column("pet")
    ([[4.5], [20.0]], ['cat', 'dog'])
    """
    path = Path(path)
    text = _decoded(path, read_file(path))
    delimiter, rows, lines = _parted(path, text)
    if header is False:
        names = tuple(f"x{j}" for j in range(1, len(rows[0]) + 1))
    else:
        names = _header(path, lines[0], rows[0], certain=header is True)
        rows, lines = rows[1:], lines[1:]
    if not rows or len(names) < 2:
        raise ValueError(f"{path}: got no data, expected a header of two columns or more and rows")
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(names):
            raise ValueError(f"{path}: row {line} has {len(row)} cells, expected {len(names)}")
    comma = delimiter != "," and _decimal_comma(path, rows, lines)
    return Cells(path, names, tuple(map(tuple, rows)), tuple(lines), comma)


def _decoded(path: Path, content: bytes) -> str:
    encoding = next((name for mark, name in MARKS if content.startswith(mark)), "utf-8")
    nul = content.find(b"\0") if encoding.startswith("utf-8") else -1  # before it is decoded
    if nul < 0:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise ValueError(
                f"{path}: not a CSV text file in UTF-8 or UTF-16 (byte "
                f"{content[error.start]:#04x} in row {line}); save it as CSV UTF-8"
            ) from None
        if "\0" not in text:
            return text
        line = text.count("\n", 0, text.index("\0")) + 1
    else:
        line = content.count(b"\n", 0, nul) + 1
    raise ValueError(f"{path}: not a CSV text file (a NUL character in row {line})")


def _parted(path: Path, text: str) -> tuple[str, list[list[str]], list[int]]:
    """The delimiter, the rows that are not empty, and the lines in which they begin."""
    first, _, rest = text.partition("\n")
    told = re.fullmatch(r"\"?sep=(.)\"?\r?", first, re.IGNORECASE)  # Excel writes and reads it
    if told:
        rows, lines = _rows(path, "\n" + rest, told[1])
        return told[1], rows, lines
    ways, errors = {}, []
    for delimiter in DELIMITERS:
        try:
            ways[delimiter] = _rows(path, text, delimiter)
        except ValueError as error:  # quotes that do not fit this delimiter
            errors.append(error)
    if not ways:
        raise errors[0]
    even = [d for d, (rows, _) in ways.items() if len(rows[0]) > 1 and len({*map(len, rows)}) == 1]
    if not even:  # the widest first row is what was meant; the uneven row is reported later
        chosen = max(ways, key=lambda delimiter: len(ways[delimiter][0][0]))
    else:  # numbers do not contain what parts them
        share = {d: _share_of_numbers(ways[d][0]) for d in even}
        best = [d for d in even if share[d] == max(share.values())]
        if len(best) > 1:
            kinds = " and ".join(DELIMITERS[d] for d in best)
            raise ValueError(
                f"{path}: both {kinds} part every row alike; begin the file with a line such as "
                f"sep={best[0]}"
            )
        chosen = best[0]
    return chosen, *ways[chosen]


def _rows(path: Path, text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, lines, begin = [], [], 1
    try:
        for row in reader:
            if row:
                rows.append([cell.strip() for cell in row])
                lines.append(begin)
            begin = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{path}: not a CSV text file (row {begin}: {error})") from None
    return rows or [[]], lines or [1]


def _share_of_numbers(rows: Sequence[Sequence[str]]) -> float:
    cells = [cell for row in rows for cell in row]
    return sum(map(is_number, cells)) / len(cells)


def _header(path: Path, line: int, cells: Sequence[str], certain: bool) -> tuple[str, ...]:
    """The names of the columns; ValueError if they are none, or look like data."""
    count = sum(map(is_number, cells)) + sum(cell.lower() in MISSING - {""} for cell in cells)
    if not certain and count and count >= len(cells) - 1:
        raise ValueError(
            f"{path}: row {line} holds numbers ({', '.join(cells[:3])}, …) where the names of the "
            "columns are expected: without a header pass --no-header, else --header"
        )
    if cells and "" in cells:
        raise ValueError(f"{path}: column {cells.index('') + 1} has no name in row {line}")
    name, times = Counter(cells).most_common(1)[0] if cells else ("", 0)
    if times > 1:
        raise ValueError(f"{path}: row {line} names {times} columns {name!r}, expected each once")
    return tuple(cells)


def _decimal_comma(path: Path, rows: Sequence[Sequence[str]], lines: Sequence[int]) -> bool:
    """Whether numbers are written 1,5 in a table that is not parted by commas."""
    commas = [
        (line, cell)
        for line, row in zip(lines, rows, strict=True)
        for cell in row
        if COMMA_NUMBER.fullmatch(cell)
    ]
    if not commas:
        return False
    for line, row in zip(lines, rows, strict=True):
        for cell in row:
            if "." in cell and NUMBER.fullmatch(cell):
                raise ValueError(
                    f"{path}: got {commas[0][1]!r} in row {commas[0][0]} and {cell!r} in row "
                    f"{line}, expected decimal commas or decimal points, not both"
                )
    if all(THOUSANDS.fullmatch(cell) for _, cell in commas):
        raise ValueError(
            f"{path}: row {commas[0][0]}: {commas[0][1]!r} may have a decimal comma or a thousands "
            "separator; write it with a decimal point or without"
        )
    return True
