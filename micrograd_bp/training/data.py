"""Data for a classifier: the iris data of the package, CSV, NPZ and MAT files."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..support.validation import Array, finite_array

__all__ = ["Dataset", "digits", "iris", "load", "load_examples"]


@dataclass(frozen=True)
class Dataset:
    """Examples with their classes."""

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


def load(path: str | Path, target: str | None = None) -> Dataset:
    """Read a .csv file with a header, or the arrays X (m, n) and y (m,) of a .npz or .mat file.

    ``target`` names the CSV column with the classes (default: the last); its distinct values,
    numbers in numerical order and else in the order of the alphabet, are the classes.
    Raises OSError if the file cannot be read and ValueError if it is not such data.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "pets.csv"
    ...     _ = file.write_text("kg,cm,pet\\n4,30,cat\\n20,60,dog\\n")
    ...     data = load(file)
    >>> data.X.tolist(), data.y.tolist(), data.classes
    ([[4.0, 30.0], [20.0, 60.0]], [0, 1], ('cat', 'dog'))
    """
    path = Path(path)
    readers = {".csv": _read_csv, ".npz": _read_npz_or_mat, ".mat": _read_npz_or_mat}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ValueError(
            f"{path}: got a {path.suffix or 'nameless'} file, expected .csv, .npz or .mat"
        )
    if target is not None and reader is not _read_csv:
        raise ValueError(f"target: got {target!r}, but only a .csv file has named columns")
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    X, labels, features = reader(path, target)
    if X.ndim != 2 or X.size == 0:
        raise ValueError(f"{path}: got X of shape {X.shape}, expected at least one row and column")
    if labels.shape != (len(X),):
        raise ValueError(f"{path}: got y of shape {labels.shape}, expected ({len(X)},)")
    values, y = np.unique(labels, return_inverse=True)
    if len(values) < 2:
        raise ValueError(f"{path}: got the single class {values[0]}, expected two or more")
    classes = tuple(_class_name(value) for value in values.tolist())
    return Dataset(path.stem, X, y.astype(np.intp), features, classes)


def load_examples(
    path: str | Path, features: Sequence[str]
) -> tuple[Array, tuple[str, ...] | None]:
    """Read X (m, n) to be classified, and the classes (m,) if the file has them.

    A .csv file needs a column for each of ``features``, in any order; if it has just one more,
    that holds the classes. A .npz or .mat file holds X and perhaps y. Raises OSError if the file
    cannot be read and ValueError if it is not such data.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "pets.csv"
    ...     _ = file.write_text("cm,pet,kg\\n30,cat,4\\n")
    ...     load_examples(file, ["kg", "cm"])
    (array([[ 4., 30.]]), ('cat',))
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in (".csv", ".npz", ".mat"):
        raise ValueError(
            f"{path}: got a {path.suffix or 'nameless'} file, expected .csv, .npz or .mat"
        )
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    if ending == ".csv":
        names, rows = _csv_rows(path)
        for feature in features:
            if feature not in names:
                raise ValueError(f"{path}: got {', '.join(names)}, expected a column {feature!r}")
        columns = [names.index(feature) for feature in features]
        X = _csv_numbers(path, names, rows, columns)
        others = [i for i in range(len(names)) if i not in columns]
        labels = np.array([row[others[0]].strip() for row in rows]) if len(others) == 1 else None
    else:
        arrays = _read_arrays(path)
        X, labels = _x_and_y(path, arrays if "y" in arrays else arrays | {"y": np.empty(0)})[:2]
        labels = labels if "y" in arrays else None
        if X.ndim != 2 or X.shape[1] != len(features) or X.size == 0:
            raise ValueError(f"{path}: got X of shape {X.shape}, expected (m, {len(features)})")
    if labels is None:
        return X, None
    if labels.shape != (len(X),):
        raise ValueError(f"{path}: got y of shape {labels.shape}, expected ({len(X)},)")
    with suppress(ValueError):  # names stay text
        labels = labels.astype(np.float64)
    return X, tuple(_class_name(label) for label in labels.tolist())


def _read_csv(path: Path, target: str | None) -> tuple[Array, npt.NDArray[Any], tuple[str, ...]]:
    names, rows = _csv_rows(path)
    if len(names) < 2:
        raise ValueError(f"{path}: got no data, expected a header of two columns or more and rows")
    wanted = names[-1] if target is None else target
    if wanted not in names:
        raise ValueError(f"target: got {wanted!r}, expected one of {', '.join(names)}")
    column = names.index(wanted)
    features = [i for i in range(len(names)) if i != column]
    X = _csv_numbers(path, names, rows, features)
    labels = np.array([row[column].strip() for row in rows])
    if "" in labels:
        raise ValueError(f"{path}: row {2 + labels.tolist().index('')} has no {wanted!r}")
    with suppress(ValueError):  # names stay text
        labels = labels.astype(np.float64)
    return X, labels, tuple(names[i] for i in features)


def _csv_rows(path: Path) -> tuple[list[str], list[list[str]]]:
    """The header of a CSV file, and its rows, each as long as the header."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            header, *rows = [row for row in csv.reader(file) if row] or [[]]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: not a CSV text file ({error})") from None
    names = [name.strip() for name in header]
    if not rows:
        raise ValueError(f"{path}: got no data, expected a header of two columns or more and rows")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(names):
            raise ValueError(f"{path}: row {number} has {len(row)} cells, expected {len(names)}")
    return names, rows


def _csv_numbers(
    path: Path, names: Sequence[str], rows: Sequence[Sequence[str]], columns: Sequence[int]
) -> Array:
    return np.array([[_number(path, n, names[i], row[i]) for i in columns]
                     for n, row in enumerate(rows, start=2)])  # fmt: skip


def _number(path: Path, row: int, column: str, cell: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise ValueError(f"{path}: row {row}, column {column!r}: got {cell!r}, expected a number")
    return number


def _read_npz_or_mat(
    path: Path, target: str | None
) -> tuple[Array, npt.NDArray[Any], tuple[str, ...]]:
    return _x_and_y(path, _read_arrays(path))


def _read_arrays(path: Path) -> dict[str, Any]:
    kind = path.suffix.lower()
    try:
        if kind == ".npz":
            with np.load(path, allow_pickle=False) as file:
                return {name: file[name] for name in file.files}
        from scipy.io import loadmat

        return dict(loadmat(path))
    except Exception as error:  # zipfile, pickle, format errors, and many kinds from SciPy
        raise ValueError(f"{path}: not a readable {kind} file ({error})") from None


def _x_and_y(path: Path, arrays: dict[str, Any]) -> tuple[Array, npt.NDArray[Any], tuple[str, ...]]:
    for name in ("X", "y"):
        if name not in arrays:
            found = ", ".join(key for key in arrays if not key.startswith("__")) or "nothing"
            raise ValueError(f"{path}: got {found}, expected arrays X and y")
    X, labels = finite_array(f"{path}: X", arrays["X"]), np.asarray(arrays["y"])
    if labels.dtype.kind not in "biufUS":
        raise ValueError(f"{path}: got y of type {labels.dtype}, expected numbers or names")
    if labels.dtype.kind in "biuf":
        labels = finite_array(f"{path}: y", labels)
    if labels.ndim == 2 and 1 in labels.shape:
        labels = labels.ravel()
    columns = X.shape[1] if X.ndim == 2 else 0
    return X, labels, tuple(f"x{j}" for j in range(1, columns + 1))


def _class_name(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
