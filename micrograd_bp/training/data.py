"""Data for a classifier: the iris data of the package, CSV, NPZ and MAT files.

Classes are text: "01" and "1" are two names, and a number is written out with all its digits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..support.arrays import names_in, numbers, read_arrays, texts
from ..support.csvfile import MISSING, is_number, read_cells
from ..support.validation import Array

__all__ = ["Dataset", "digits", "iris", "load", "load_examples"]

CELL_FILES = (".csv", ".tsv")
ARRAY_FILES = (".npz", ".mat")
# Numbers in the column of classes are a measured quantity, not classes, where there are more of
# them than this and each occurs fewer times than that: a class has examples.
MANY_CLASSES = 20
FEW_EXAMPLES = 3.0


@dataclass(frozen=True)
class Dataset:
    """A data set for classification: examples, the class of each, and their names."""

    name: str
    X: Array  # (m, n)
    y: npt.NDArray[np.intp]  # (m,) indices into classes
    features: tuple[str, ...]  # the names of the n columns of X
    classes: tuple[str, ...]

    def outputs(self) -> int:
        """Output units that the classes need: one for each, or a single one for two classes."""
        return 1 if len(self.classes) == 2 else len(self.classes)


def iris() -> Dataset:
    """Fisher's iris data (1936): 150 flowers, 4 lengths in cm, 3 species.

    >>> data = iris()
    >>> data.X.shape, data.classes
    ((150, 4), ('setosa', 'versicolor', 'virginica'))
    """
    return load(Path(__file__).with_name("iris.csv"))


def digits() -> Dataset:
    """The 1,797 handwritten digits of 8 × 8 pixels that scikit-learn ships (Alpaydın 1998).

    Raises ImportError if scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ImportError(
            "digits: the data come with scikit-learn, which is not installed "
            "(pip install scikit-learn)"
        ) from None
    data = load_digits()
    classes = tuple(str(digit) for digit in range(10))
    return Dataset("digits", data.data, data.target, tuple(data.feature_names), classes)


def load(path: str | Path, target: str | None = None, *, header: bool | None = None) -> Dataset:
    """Read a .csv file with a header, or the arrays X (m, n) and y (m,) of a .npz or .mat file.

    Parameters
    ----------
    path : str or Path
        The file. A .csv or .tsv file may be parted by commas, semicolons or tabs.
    target : str, optional
        The column with the classes (default: the last). Its distinct values, numbers in
        numerical order and else in the order of the alphabet, are the classes.
    header : bool, optional
        Whether the first row names the columns. By default it must, and a first row of numbers
        is refused; False names the columns x1, x2, ….

    Returns
    -------
    Dataset

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is not such data: missing values, a target of real numbers, a single class, ….

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "pets.csv"
    ...     _ = file.write_text("kg,cm,pet\\n4,30,cat\\n20,60,dog\\n")
    ...     data = load(file)
    >>> data.X.tolist(), data.y.tolist(), data.classes
    ([[4.0, 30.0], [20.0, 60.0]], [0, 1], ('cat', 'dog'))
    """
    path = _known(Path(path))
    if path.suffix.lower() in CELL_FILES:
        X, labels, features = _table(path, target, header)
    else:
        if target is not None:
            raise ValueError(f"target: got {target!r}, but only a .csv file has named columns")
        _only_cells_have(header)
        X, found, features = _arrays(path)
        if found is None:
            raise ValueError(f"{path}: got X, expected arrays X and y")
        labels = found
    classes, y = _classes(path, labels)
    return Dataset(path.stem, X, y, features, classes)


def load_examples(
    path: str | Path, features: Sequence[str], *, header: bool | None = None
) -> tuple[Array, tuple[str, ...] | None]:
    """Read X (m, n) to be classified, and the classes (m,) if the file has them.

    A .csv file needs a column for each of ``features``, in any order; if it has just one more,
    that holds the classes. A .npz or .mat file holds X and perhaps y. ``header`` is as in
    ``load``. Raises OSError if the file cannot be read and ValueError if it is not such data.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "pets.csv"
    ...     _ = file.write_text("cm,pet,kg\\n30,cat,4\\n")
    ...     load_examples(file, ["kg", "cm"])
    (array([[ 4., 30.]]), ('cat',))
    """
    path = _known(Path(path))
    if path.suffix.lower() in CELL_FILES:
        cells = read_cells(path, header)
        known, wanted = set(cells.names), set(features)
        for feature in features:
            if feature not in known:
                raise ValueError(
                    f"{path}: got {', '.join(cells.names)}, expected a column {feature!r}"
                )
        others = [name for name in cells.names if name not in wanted]
        labels = cells.column(others[0]) if len(others) == 1 else None
        return cells.numbers(features), None if labels is None else tuple(labels)
    _only_cells_have(header)
    X, labels, _ = _arrays(path)
    if X.shape[1] != len(features):
        raise ValueError(f"{path}: got X of shape {X.shape}, expected (m, {len(features)})")
    return X, None if labels is None else tuple(labels)


def _known(path: Path) -> Path:
    """The path of a file that is there and of a kind that can be read."""
    if path.suffix.lower() not in CELL_FILES + ARRAY_FILES:
        raise ValueError(
            f"{path}: got a {path.suffix or 'nameless'} file, expected .csv, .npz or .mat"
        )
    return path


def _only_cells_have(header: bool | None) -> None:
    if header is not None:
        raise ValueError("header: only a .csv file has one or has none")


def _table(
    path: Path, target: str | None, header: bool | None
) -> tuple[Array, list[str], tuple[str, ...]]:
    """X, the classes as text, and the names of the features of a .csv file."""
    cells = read_cells(path, header)
    wanted = cells.names[-1] if target is None else target
    if wanted not in cells.names:
        raise ValueError(f"target: got {wanted!r}, expected one of {', '.join(cells.names)}")
    features = tuple(name for name in cells.names if name != wanted)
    X = cells.numbers(features)
    labels = cells.column(wanted)
    for line, label in zip(cells.lines, labels, strict=True):
        if not label:
            raise ValueError(f"{path}: row {line} has no {wanted!r}")
        if label.lower() in MISSING:
            raise ValueError(
                f"{path}: row {line}, column {wanted!r}: got {label!r}, a missing value, "
                "expected a class"
            )
    return X, labels, features


def _arrays(path: Path) -> tuple[Array, list[str] | None, tuple[str, ...]]:
    """X, the classes as text (None: there are none), and names for the features."""
    arrays = read_arrays(path, ARRAY_FILES)
    if "X" not in arrays:
        raise ValueError(f"{path}: got {names_in(arrays)}, expected arrays X and y")
    # in one order of memory, whichever file it was: the same numbers then give the same bits
    X = np.ascontiguousarray(numbers(f"{path}: X", arrays["X"]))
    if X.ndim != 2 or X.size == 0:
        raise ValueError(f"{path}: got X of shape {X.shape}, expected at least one row and column")
    features = tuple(f"x{j}" for j in range(1, X.shape[1] + 1))
    if "y" not in arrays:
        return X, None, features
    y: npt.NDArray[Any] = np.asarray(arrays["y"])
    if y.ndim == 2 and 1 in y.shape:
        y = y.ravel()
    if y.shape != (len(X),):
        raise ValueError(f"{path}: got y of shape {y.shape}, expected ({len(X)},)")
    return X, _labels(path, y), features


def _labels(path: Path, y: npt.NDArray[Any]) -> list[str]:
    """The classes of an array as text: numbers with all their digits."""
    if y.dtype.kind == "O" and all(np.size(cell) == 1 for cell in y):  # a cell array of MATLAB's
        y = np.array([np.ravel(cell)[0] for cell in y])
    if y.dtype.kind == "S":
        try:
            y = np.char.decode(y, "utf-8")
        except UnicodeDecodeError:
            raise ValueError(f"{path}: got y of bytes that are no UTF-8 text") from None
    if y.dtype.kind not in "biufU":
        raise ValueError(f"{path}: got y of type {y.dtype}, expected numbers or names")
    if y.dtype.kind != "U":
        numbers(f"{path}: y", y)  # finite
        return [str(int(c)) if c == math.floor(c) else repr(float(c)) for c in y.tolist()]
    labels = [label.strip() for label in texts(f"{path}: y", y)]
    for i, label in enumerate(labels):
        if label.lower() in MISSING:
            raise ValueError(f"{path}: y: got {label!r} at [{i}], expected a class")
    return labels


def _classes(path: Path, labels: list[str]) -> tuple[tuple[str, ...], npt.NDArray[np.intp]]:
    """The distinct classes in order, and each example's index among them (m,)."""
    classes = sorted(set(labels))
    if all(map(is_number, classes)):
        values = {name: Decimal(name.replace(",", ".")) for name in classes}
        classes.sort(key=lambda name: values[name])
        _refuse_quantity(path, classes, values, len(labels))
    if len(classes) < 2:
        raise ValueError(f"{path}: got the single class {classes[0]}, expected two or more")
    index = {name: k for k, name in enumerate(classes)}
    return tuple(classes), np.array([index[label] for label in labels], dtype=np.intp)


def _refuse_quantity(path: Path, classes: list[str], values: dict[str, Decimal], m: int) -> None:
    """ValueError if the numbers are a measured quantity, or one number in two spellings."""
    advice = "a classifier needs classes: give them names if they are"
    for name in classes:
        if values[name] != math.floor(values[name]):
            raise ValueError(f"{path}: got the target {name}, a real number; {advice}")
    if len(classes) > MANY_CLASSES and m < FEW_EXAMPLES * len(classes):
        raise ValueError(
            f"{path}: got {len(classes)} different numbers as targets of {m} examples; {advice}"
        )
    for one, other in pairwise(classes):
        if values[one] == values[other]:
            raise ValueError(f"{path}: got the classes {one!r} and {other!r}, one number twice")
