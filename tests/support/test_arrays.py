"""Stored arrays: whole, or refused in one line; nothing in a file is executed."""

import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import csr_matrix

from micrograd_bp.support.arrays import numbers, one_number, read_arrays, texts


def test_three_kinds_of_file_give_the_same_numbers(tmp_path):
    X = np.array([[1.0, 2.5], [-3.0, 1e-300]])
    np.savez(tmp_path / "d.npz", X=X)
    savemat(tmp_path / "d.mat", {"X": X})
    savemat(tmp_path / "sparse.mat", {"X": csr_matrix(X)})
    (tmp_path / "d.json").write_text(json.dumps({"X": X.tolist()}))
    (tmp_path / "text.mat").write_text(
        "# Created by Octave\n# name: X\n# type: matrix\n# rows: 2\n# columns: 2\n"
        " 1 2.5\n -3 1e-300\n\n"
    )
    for name in ("d.npz", "d.mat", "sparse.mat", "d.json", "text.mat"):
        np.testing.assert_array_equal(numbers("X", read_arrays(tmp_path / name)["X"]), X)


def test_octave_text_of_more_dimensions_is_read_by_columns(tmp_path):
    (tmp_path / "d.mat").write_text(
        "# Created by Octave\n# name: y\n# type: int32 matrix\n# ndims: 2\n 2 3\n"
        "  1\n  2\n  3\n  4\n  5\n  6\n\n"
    )
    assert read_arrays(tmp_path / "d.mat")["y"].tolist() == [[1, 3, 5], [2, 4, 6]]


class Harmful:
    def __reduce__(self):
        return (open, ("/tmp/never", "w"))


def test_a_pickle_in_an_archive_is_refused_unopened(tmp_path):
    np.savez(tmp_path / "d.npz", X=np.array([Harmful()], dtype=object))
    with pytest.raises(ValueError, match=r"not a readable \.npz file"):
        read_arrays(tmp_path / "d.npz")
    (tmp_path / "p.npz").write_bytes(pickle.dumps(Harmful()))
    with pytest.raises(ValueError, match=r"not a readable \.npz file"):
        read_arrays(tmp_path / "p.npz")


REFUSED = {
    "d.json": [
        (b"[1, 2]", "got list, expected an object"),
        (b'{"a": 1' + b"0" * 400 + b"}", "an integer of 401 digits is beyond float64"),
        (b'{"a": 1, "a": 2}', "got a more than once"),
        (b'{"a": "\xff"}', "utf-8"),
        (b'{"a": ' + b"[" * 100_000, "recursion"),
        (b"", "Expecting value"),
    ],
    "d.mat": [
        (b"# Created\n# name: A\n# type: matrix\n# rows: 2\n# columns: 2\n1 2\n", "shape"),
        (b"# Created\n# name: A\n# type: scalar\nx\n", "could not convert"),
        (b"\x00" * 400, "not a readable .mat file"),
    ],
    "d.npz": [(b"PK\x03\x04" + b"\0" * 40, "not a readable .npz file")],
}


@pytest.mark.parametrize(
    ("name", "content", "message"), [(name, *case) for name in REFUSED for case in REFUSED[name]]
)
def test_damaged_files_are_refused_in_one_line(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_arrays(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / name) in str(caught.value)


def test_an_archive_that_unpacks_to_more_than_the_memory_is_refused(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "d.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("X.npy", b"\0" * 10_000_000)
    monkeypatch.setattr("micrograd_bp.support.memory.LITTLE", 0.0)
    monkeypatch.setattr("micrograd_bp.support.memory.available_bytes", lambda: 1e6)
    with pytest.raises(ValueError, match=r"needs 0.01 GB of memory, there are 0.001"):
        read_arrays(tmp_path / "d.npz")


def test_folders_and_missing_files_are_said(tmp_path):
    (tmp_path / "d.npz").mkdir()
    with pytest.raises(IsADirectoryError, match="got a folder, expected a file"):
        read_arrays(tmp_path / "d.npz")
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_arrays(tmp_path / "e.npz")
    with pytest.raises(ValueError, match=r"expected a file of type \.npz, \.mat or \.json"):
        read_arrays(tmp_path / "e.pkl")


NO_NUMBERS = [
    np.array(["2026-01-01"], dtype="datetime64[D]"),
    np.array(["NaT"], dtype="datetime64[D]"),
    np.array([5], dtype="timedelta64[s]"),
    np.array([1, None], dtype=object),
    np.array([10**400], dtype=object),
    np.array(["1"]),
    np.array([1j]),
    [[1, 2], [3]],
    [None],
    {"a": 1},
    [float("nan")],
    [float("inf")],
]


@pytest.mark.parametrize("value", NO_NUMBERS, ids=str)
def test_dates_objects_and_text_are_no_numbers(value):
    with pytest.raises(ValueError, match=r"d.npz: X: got ") as caught:
        numbers("d.npz: X", value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [[], [[]], [1, 2], True, np.array(True), "1", None])
def test_one_number_is_exactly_one(value):
    with pytest.raises(ValueError, match="lambda: got"):
        one_number("lambda", value)


@pytest.mark.parametrize("value", ["ab", [1], ["a\0b"], ["\ud800"], None, {"a": 1}])
def test_texts_are_lists_of_whole_text(value):
    with pytest.raises(ValueError, match="classes: got"):
        texts("classes", value)


@pytest.mark.parametrize("format", ["4", "5"])
@pytest.mark.parametrize("lost", [1, 5, 9, 40])
def test_a_matlab_file_that_ends_too_early_is_refused(tmp_path, format, lost):
    file = tmp_path / "w.mat"
    savemat(file, {"Theta1": np.ones((2, 3)), "Theta2": np.ones((0, 3))}, format=format)
    assert read_arrays(file)["Theta1"].tolist() == np.ones((2, 3)).tolist()
    file.write_bytes(file.read_bytes()[:-lost])
    with pytest.raises(ValueError, match=r"w\.mat: not a readable \.mat file \(damaged"):
        read_arrays(file)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device here")
def test_a_device_behind_a_name_is_not_read(tmp_path):
    file = tmp_path / "a.npz"
    file.symlink_to("/dev/zero")
    with pytest.raises(OSError, match=r"a\.npz: got a device, expected a file$"):
        read_arrays(file)
