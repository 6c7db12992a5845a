"""Iris, CSV, NPZ and MAT; what is wrong with a file is said in one line."""

import numpy as np
import pytest
from scipy.io import savemat

from micrograd_bp.training.data import iris, load, load_examples


def test_iris_is_fishers():
    data = iris()
    assert data.X.shape == (150, 4)
    assert data.classes == ("setosa", "versicolor", "virginica")
    assert np.bincount(data.y).tolist() == [50, 50, 50]
    # Fisher (1936), table 2: the species means
    means = [data.X[data.y == k].mean(axis=0) for k in range(3)]
    np.testing.assert_allclose(means[0], [5.006, 3.428, 1.462, 0.246], atol=1e-12)
    np.testing.assert_allclose(means[1], [5.936, 2.770, 4.260, 1.326], atol=1e-12)
    np.testing.assert_allclose(means[2], [6.588, 2.974, 5.552, 2.026], atol=1e-12)


def test_iris_equals_scikit_learns():
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is a peer")
    theirs = datasets.load_iris()
    np.testing.assert_array_equal(iris().X, theirs.data)
    np.testing.assert_array_equal(iris().y, theirs.target)


def test_csv_takes_the_last_column_or_the_one_named(tmp_path):
    file = tmp_path / "d.csv"
    file.write_text("kind,size,answer\n2,1.5,yes\n10,2.5,no\n2,3.5,no\n", encoding="utf-8")
    last = load(file)
    assert last.classes == ("no", "yes")
    assert last.y.tolist() == [1, 0, 0]
    assert last.features == ("kind", "size")
    assert last.X.tolist() == [[2, 1.5], [10, 2.5], [2, 3.5]]
    assert last.outputs() == 1
    file.write_text("kind,size\n2,1.5\n10,2.5\n2,3.5\n", encoding="utf-8-sig")
    named = load(file, "kind")
    assert named.classes == ("2", "10")  # numbers in numerical order
    assert named.X.tolist() == [[1.5], [2.5], [3.5]]


def test_npz_and_mat_hold_X_and_y(tmp_path):
    X, y = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([1, 10, 1])
    np.savez(tmp_path / "d.npz", X=X, y=y)
    savemat(tmp_path / "d.mat", {"X": X, "y": y.reshape(-1, 1)})
    for name in ("d.npz", "d.mat"):
        data = load(tmp_path / name)
        np.testing.assert_array_equal(data.X, X)
        assert data.y.tolist() == [0, 1, 0]
        assert data.classes == ("1", "10")


CSV = {
    "": "expected a header of two columns or more and rows",
    "a,b\n": "expected a header of two columns or more and rows",
    "a,b\n1,x\n2\n": "row 3 has 1 cells, expected 2",
    "a,b\n1,x\nq,y\n": "row 3, column 'a': got 'q', expected a number",
    "a,b\n1,x\nnan,y\n": "row 3, column 'a': got 'nan', expected a number",
    "a,b\n1,x\n2,\n": "row 3 has no 'b'",
    "a,b\n1,x\n2,x\n": "got the single class x, expected two or more",
}


@pytest.mark.parametrize("text", CSV)
def test_a_bad_csv_gets_one_clear_line(tmp_path, text):
    file = tmp_path / "d.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=CSV[text]) as caught:
        load(file)
    assert "\n" not in str(caught.value)


def test_bad_files_get_one_clear_line(tmp_path):
    (tmp_path / "junk.csv").write_bytes(b"\xff\xfe\x00a,b\n")
    (tmp_path / "junk.npz").write_bytes(b"no archive")
    (tmp_path / "junk.mat").write_bytes(b"no matrices")
    (tmp_path / "d.txt").write_text("a,b\n1,x\n2,y\n", encoding="utf-8")
    np.savez(tmp_path / "half.npz", X=np.ones((3, 2)))
    np.savez(tmp_path / "nan.npz", X=np.full((3, 2), np.nan), y=[0, 1, 0])
    np.savez(tmp_path / "short.npz", X=np.ones((3, 2)), y=[0, 1])
    np.savez(tmp_path / "object.npz", X=np.ones((1, 2)), y=np.array([{}]))
    for name, error, message in [
        ("junk.csv", ValueError, "not a CSV text file"),
        ("junk.npz", ValueError, "not a readable .npz file"),
        ("junk.mat", ValueError, "not a readable .mat file"),
        ("d.txt", ValueError, "got a .txt file, expected .csv, .npz or .mat"),
        ("half.npz", ValueError, "got X, expected arrays X and y"),
        ("nan.npz", ValueError, "X: got nan at"),
        ("short.npz", ValueError, r"got y of shape \(2,\), expected \(3,\)"),
        ("object.npz", ValueError, "not a readable .npz file"),
        ("gone.csv", FileNotFoundError, "no such file"),
    ]:
        with pytest.raises(error, match=message):
            load(tmp_path / name)
    with pytest.raises(ValueError, match=r"target: got 'c', but only a \.csv"):
        load(tmp_path / "short.npz", "c")


def test_an_unknown_target_lists_the_columns(tmp_path):
    (tmp_path / "d.csv").write_text("a,b\n1,x\n2,y\n", encoding="utf-8")
    with pytest.raises(ValueError, match="target: got 'c', expected one of a, b"):
        load(tmp_path / "d.csv", "c")


def data_of(tmp_path, labels, name="d.csv"):
    rows = "".join(f"{i},{label}\n" for i, label in enumerate(labels))
    (tmp_path / name).write_text(f"a,b\n{rows}", encoding="utf-8")
    return load(tmp_path / name)


def test_classes_are_text_with_all_their_digits(tmp_path):
    big = ["1000001", "1000002", "1000001"]
    assert data_of(tmp_path, big).classes == ("1000001", "1000002")
    assert load_examples(tmp_path / "d.csv", ["a"])[1] == tuple(big)
    assert data_of(tmp_path, ["01", "02", "01"]).classes == ("01", "02")
    assert data_of(tmp_path, ["01", "x", "01"]).classes == ("01", "x")
    longer = [str(2**53), str(2**53 + 1)]  # one float64, two classes
    assert data_of(tmp_path, longer).classes == tuple(longer)
    for kind in (np.int64, np.float64):
        np.savez(tmp_path / "d.npz", X=np.ones((3, 1)), y=np.array(big, dtype=kind))
        assert load(tmp_path / "d.npz").classes == ("1000001", "1000002")
    np.savez(tmp_path / "d.npz", X=np.ones((2, 1)), y=np.array(["01", "1"]), allow_pickle=False)
    with pytest.raises(ValueError, match="got the classes '01' and '1', one number twice"):
        load(tmp_path / "d.npz")


def test_a_cell_array_of_names_gives_the_classes(tmp_path):
    y = np.array(["cat", "dog", "cat"], dtype=object).reshape(-1, 1)
    savemat(tmp_path / "d.mat", {"X": np.eye(3), "y": y})
    assert load(tmp_path / "d.mat").classes == ("cat", "dog")


@pytest.mark.parametrize("missing", ["NA", "?", "nan", "inf", "#N/A", "#DIV/0!", "<NA>", "NaT"])
def test_missing_values_are_no_class(tmp_path, missing):
    with pytest.raises(ValueError, match=r"row 3, column 'b': got .* a missing value"):
        data_of(tmp_path, ["x", missing, "y"])
    np.savez(tmp_path / "d.npz", X=np.ones((2, 1)), y=np.array(["x", missing]))
    with pytest.raises(ValueError, match=r"y: got .* at \[1\], expected a class"):
        load(tmp_path / "d.npz")


def test_a_real_valued_target_is_no_class(tmp_path):
    with pytest.raises(ValueError, match=r"got the target 1\.5, a real number"):
        data_of(tmp_path, ["1", "1.5", "2"])
    (tmp_path / "e.csv").write_text("a;b\n1;1,5\n2;2,5\n")
    with pytest.raises(ValueError, match=r"got the target 1,5, a real number"):
        load(tmp_path / "e.csv")
    with pytest.raises(ValueError, match="got 30 different numbers as targets of 60 examples"):
        data_of(tmp_path, [str(10 * (i % 30)) for i in range(60)])
    for y in (np.array([0.25, 1.0]), np.array([1e-300, 1.0])):
        np.savez(tmp_path / "d.npz", X=np.ones((2, 1)), y=y)
        with pytest.raises(ValueError, match=r"got the target .*, a real number"):
            load(tmp_path / "d.npz")


def test_many_classes_with_examples_or_with_names_are_classes(tmp_path):
    assert len(data_of(tmp_path, [str(i % 30) for i in range(90)]).classes) == 30
    assert len(data_of(tmp_path, [f"c{i % 30}" for i in range(60)]).classes) == 30


def test_without_a_header_the_columns_are_numbered(tmp_path):
    (tmp_path / "d.csv").write_text("5.1,3.5,setosa\n4.9,3.0,virginica\n")
    data = load(tmp_path / "d.csv", header=False)
    assert data.features == ("x1", "x2")
    assert data.X.tolist() == [[5.1, 3.5], [4.9, 3.0]]
    assert load(tmp_path / "d.csv", "x3", header=False).classes == ("setosa", "virginica")
    with pytest.raises(ValueError, match="pass --no-header"):
        load(tmp_path / "d.csv")
    np.savez(tmp_path / "d.npz", X=np.ones((2, 1)), y=[0, 1])
    with pytest.raises(ValueError, match=r"header: only a \.csv file"):
        load(tmp_path / "d.npz", header=False)


@pytest.mark.parametrize(
    "y",
    [
        np.array(["2026-01-01", "NaT"], dtype="datetime64[D]"),
        np.array([1, 2], dtype="timedelta64[s]"),
        np.array([1j, 2j]),
        np.array(["a\0b", "c"]),
        np.array([b"\xff", b"a"]),
    ],
    ids=str,
)
def test_dates_and_the_like_are_no_classes(tmp_path, y):
    np.savez(tmp_path / "d.npz", X=np.ones((2, 1)), y=y)
    with pytest.raises(ValueError, match="got "):
        load(tmp_path / "d.npz")
