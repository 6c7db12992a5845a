"""Random files for every reader, each with the truth of it.

A maker takes a ``random.Random`` and gives the bytes of one file and what a reader must make of
them: the value itself, REFUSED for what is no such data, or EITHER where bytes were damaged and
it may be either, as long as what is read is in order.
"""

import csv
import io
import json
import math
import zipfile
from itertools import pairwise

import numpy as np
from scipy.io import savemat
from scipy.special import expit

REFUSED, EITHER = "must be refused", "may be either"

NUMBERS = ["1", "2.5", "-3", "40", "0.125", "1e5", "+7", "-.5", "3.", "1E-3", "-0", "12345678.25"]
NO_NUMBERS = [
    *("NA", "?", "nan", "inf", "-inf", "1e999", "", "x", "1_000", "0x1", "∞", "--1", "1e", "½"),
    *("2026-01-01", "1.2.3", "9" * 400, "=SUM(A1)", "true", "1 000", "1.234,5", "٣", "NaT", "5%"),
    *("\x1b[2J", "\u202e1", "1d5", "12:30", "#DIV/0!", "1e5000", "(3)", "1.5 kg", "None", "N/A"),
]
NO_CLASSES = [
    *("", " ", "NA", "?", "nan", "NaN", "inf", "-inf", "N/A", "null", "#N/A", "<NA>", "NaT"),
    *("#DIV/0!", "#VALUE!", "-nan", "1.#QNAN"),
]
CLASSES = [
    *(["x", "y"], ["setosa", "versicolor", "virginica"], ["0", "1"], ["1000001", "1000002"]),
    *(["01", "02"], ["é", "日本"], ["none", "-"], ["yes, sir", "no"], ["a;b", "c\td"], ["=1+1",
    "x"]),
    *(["1e6", "2e6"], ["A", "a"], ["-1", "1"], ["true", "false"], ['say "hi"', "\x1b[2J"],
    ["9" * 25, "8"]),
]  # fmt: skip
VALUES = [
    *(None, True, False, 0, 1, -1, 1.5, 1e308, -1e308, 10**400, float("nan"), float("inf"), ""),
    *("1", "a", "\0", [], [[]], {}, [1], [1, 2], [[1, 2], [3]], [[1, 2], [3, 4]], [None], ["a"]),
    *(
        [[[1]]],
        [True],
        [1e308, 1e308],
        10**18,
        2.0**63,
        [0] * 50,
        {"a": 1},
        [{}],
        [2, 1],
        [4, 5, 3],
    ),
]


def damaged(random, content):
    """The same bytes with a few of them changed, lost or doubled."""
    made = bytearray(content)
    for _ in range(random.randint(1, 4)):
        i, j = sorted(random.randrange(len(made) + 1) for _ in range(2))
        way = random.randrange(6)
        if way == 0 and made:
            made[min(i, len(made) - 1)] ^= 1 << random.randrange(8)
        elif way == 1:
            del made[i : min(j, i + 40)]
        elif way == 2:
            made[i:i] = made[i : i + 20]
        elif way == 3:
            made[i:i] = random.choice(NO_NUMBERS).encode()
        elif way == 4:
            del made[j:]
        elif made:
            made[i : i + 8] = random.randbytes(8)
    return bytes(made)


# ---------------------------------------------------------------------------- tables of text


def table(random, features=None):
    """A table, its features, and ``(X, labels)``; ``features`` are those that it must have."""
    names = random.sample(
        features or ["a", "b", "c", "Länge"], random.randint(1, 4) if features is None else 2
    )
    labels = random.choice(CLASSES)
    m = random.randint(2, 7)
    cells = [[random.choice(NUMBERS) for _ in names] for _ in range(m)]
    chosen = [labels[k] if k < 2 else random.choice(labels) for k in range(m)]
    delimiter = random.choice([",", ",", ";", "\t"])
    comma = delimiter != "," and random.random() < 0.5
    order = [names.index(name) for name in features or names]
    truth = [[float(row[j]) for j in order] for row in cells], chosen
    style = {
        "delimiter": delimiter, "encoding": random.choice(["utf-8", "utf-8", "utf-8-sig",
        "utf-16"]),
        "newline": random.choice(["\n", "\r\n"]),
        "quoting": random.choice([csv.QUOTE_MINIMAL] * 3 + [csv.QUOTE_ALL]),
        "first": random.choice(["", "", "", f"sep={delimiter}\n"]),
        "blank": random.random() < 0.1,
    }  # fmt: skip
    rows = [[cell.replace(".", ",") if comma else cell for cell in row] for row in cells]
    made = [[*names, "kind"], *([*row, label] for row, label in zip(rows, chosen, strict=True))]
    if random.random() < 0.55:
        truth = _poison_table(random, made, style, comma, features)
    content = _written(made, **style)
    if truth is REFUSED and style.get("open quote"):
        content += '"x'.encode(style["encoding"].replace("-sig", ""))
    if truth is not REFUSED and random.random() < 0.2:
        return damaged(random, content), EITHER
    return content, truth


def _written(rows, delimiter, encoding, newline, quoting, first, blank, **_):
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline, quoting=quoting)
    for row in rows:
        writer.writerow(row)
    return (first + text.getvalue() + newline * blank).encode(encoding)


def _poison_table(random, rows, style, comma, features):  # noqa: C901 - one way after the other
    """Make the rows, or how they are written, into no such data: the truth then."""
    row = random.choice(rows[1:])
    column = random.randrange(len(row) - 1)
    ways = ["cell", "cell", "cell", "twice", "header", "nameless", "long", "short", "nothing",
            "no rows", "NUL", "bytes", "no mark", "quote", "signs", "thousands"]  # fmt: skip
    if features is None:  # only a table to learn from needs classes
        ways += ["class", "class", "single", "real", "spelling"]
    way = random.choice(ways)
    if way == "cell":
        row[column] = random.choice(NO_NUMBERS)
    elif way == "twice":
        rows[0][random.randrange(1, len(row))] = rows[0][0]
    elif way == "header":
        del rows[0]
    elif way == "nameless":
        rows[0][column] = random.choice(["", " "])
    elif way == "long":
        row.append("1")
    elif way == "short":
        row.pop()
    elif way == "nothing":
        rows[:] = random.choice([[], [[]], [["a"]], [["kind"], ["x"], ["y"]]])
    elif way == "no rows":
        del rows[1:]
    elif way == "NUL":
        row[-1] += "\0"
    elif way == "bytes":
        rows[0][-1], style["encoding"] = "Größe", random.choice(["cp1252", "cp437", "latin-1"])
        rows[1:] = [[cell.encode("ascii", "replace").decode() for cell in row] for row in rows[1:]]
    elif way == "no mark":
        rows[0][-1], style["encoding"] = "kind", random.choice(["utf-16-le", "utf-16-be"])
    elif way == "quote":
        style["open quote"] = True
    elif way == "signs" and comma:
        rows[1][0], rows[2][0] = "2.5", "2,5"
    elif way == "thousands" and not comma:
        row[column] = "1,234"
        style["quoting"] = csv.QUOTE_ALL
    elif way == "class":
        row[-1] = random.choice(NO_CLASSES)
    elif way == "single":
        _relabel(rows, ["x"])
    elif way == "real":
        _relabel(rows, ["1,5", "2,5"] if comma else ["1.5", "2.5"])
    elif way == "spelling":
        _relabel(
            rows, random.choice([["1", "01"], ["2", "2,0"] if comma else ["2", "2.0"], ["5", "+5"]])
        )
    else:
        row[column] = "x"
    return REFUSED


def _relabel(rows, labels):
    for i, row in enumerate(rows[1:]):
        row[-1] = labels[i % len(labels)]


# ------------------------------------------------------------------------------ stored arrays


def stored(random, arrays, kind):
    """The bytes of a .json, .npz or .mat file of these arrays; None where it cannot hold them."""
    content = io.BytesIO()
    try:
        if kind == ".json":
            return json.dumps(
                {
                    k: np.asarray(v).tolist() if isinstance(v, np.ndarray) else v
                    for k, v in arrays.items()
                }
            ).encode()
        if kind == ".npz":
            save = random.choice([np.savez, np.savez_compressed])
            save(content, **{k: v for k, v in arrays.items() if v is not None})
        else:
            kept = {k: _cells(v) for k, v in arrays.items() if v is not None}
            savemat(
                content, kept, do_compression=random.random() < 0.3, format=random.choice("555554")
            )
    except (TypeError, ValueError, OverflowError, NotImplementedError):
        return None
    return content.getvalue()


def _cells(value):
    if isinstance(value, np.ndarray) and value.dtype.kind in "mM":
        raise TypeError("SciPy would write the integers that NumPy keeps dates as")
    if isinstance(value, np.ndarray) and value.dtype.kind == "U" and value.ndim == 1:
        return np.array(value.tolist(), dtype=object)  # as MATLAB keeps names: in a cell array
    return value


def data(random, kind):
    """X and y for a classifier in a .npz or .mat file."""
    rng = np.random.default_rng(random.randrange(10**6))
    m, n = random.randint(2, 6), random.randint(1, 4)
    X = (
        rng.integers(0, 100, (m, n))
        if random.random() < 0.5
        else rng.normal(size=(m, n)) * 10.0 ** random.randint(-300, 300)
    )
    types = ["f8", ">f8"] if X.dtype.kind == "f" else ["f8", "f4", "i4", "u1", "i8", "u8", "i2"]
    X = np.array(X, dtype=random.choice(types), order=random.choice("CF"))
    names = random.choice(CLASSES)
    labels = [names[i] if i < 2 else random.choice(names) for i in range(m)]
    y = np.array(labels)
    if random.random() < 0.5:
        numbers = random.choice([[0, 1], [1000001, 1000002], [-1, 1], [1, 2, 10], [2**53 - 1, 0]])
        y = np.array([numbers[i] if i < 2 else random.choice(numbers) for i in range(m)])
        labels = [str(number) for number in y]
        y = y.astype(random.choice(["i8", "f8"]))
    y = y[:, None] if random.random() < 0.3 and y.dtype.kind != "U" else y
    arrays, truth = {"X": X, "y": y}, (X.astype(float).tolist(), labels)
    if random.random() < 0.5:
        name, value = random.choice(_poisons_of_data(m, n))
        arrays[name], truth = value, REFUSED
    return _file(random, arrays, kind, truth)


def _poisons_of_data(m, n):
    X, y = np.ones((m, n)), np.arange(m) % 2
    hole, endless = X.copy(), X.copy()
    hole[0, -1], endless[-1, 0] = np.nan, np.inf
    days = np.array(["2026-01-01", "NaT"], dtype="datetime64[D]")
    return [
        *(("X", bad) for bad in (None, hole, endless, X + 1j, X.astype(str), np.full((m, n),
        days[0]),
          np.full((m, n), days[1]), days[:1, None] - days[0], X[0], X[None], X[:0], X[:, :0],
          X[:-1],
          X.astype(object), np.zeros((m, n), dtype=[("a", "f8")]), "text", 3.0, b"ab")),
        *(("y", bad) for bad in (None, y[:-1], np.eye(max(m, 3))[:m], np.where(y, np.nan, 0),
        np.where(y, np.inf, 0),
          y + 0.5, y * 0, y + 1j, days[y % 2], np.where(y, "NA", "a"), np.where(y, "", "a"),
          np.where(y, "?", "a"), np.where(y, "x", "x"), np.array([{}] * m), y[None, None], 1,
          "ab" * m + "c",
          np.where(y, "1", "01"), np.where(y, "1.5", "2"))),
    ]  # fmt: skip


def _file(random, arrays, kind, truth):
    """A file of these arrays with its truth; now and then the file itself is hostile."""
    content = stored(random, arrays, kind)
    if content is None:
        return b"", REFUSED
    way = random.random()
    if way < 0.12:
        return damaged(random, content), EITHER
    if way < 0.2:
        return random.choice(_broken(content, kind)), REFUSED
    return content, truth


def _broken(content, kind):
    """What no file of this kind is."""
    made = [b"", b"\0" * 300, content[:-5], b"PK\3\4", b"# Created by", b"null"]
    if kind == ".json":
        text = content.decode()
        made += [b"[1, 2]", b"{", b'{"X": 1' + b"0" * 400 + b"}", b'{"a":' + b"[" * 10**5,
        b"\xff",
                 text.replace("{", '{"X": [[1]], ', 1).encode() if '"X"' in text else b'"X"',
                 text.encode("utf-16"), text.replace(":", "=").encode(), b"NaN"]  # fmt: skip
    elif kind == ".npz":
        made += [
            _zipped([("X.npy", _npy("(3, 2)", "|O", b"\x80\x04N."))]),
            _zipped([("X.npy", _npy("(1000000, 1000000, 1000)", "<f8", b""))]),
            _zipped([("X.npy", _npy("(-1, 2)", "<f8", b"\0" * 64))]),
            _zipped([("X.npy", _npy("(3, 2)", "<f8", b"\0" * 47))]),
            _zipped([("X.npy", _npy("(3, 2)", "<f8", b"\0" * 48))] * 2),
            _zipped([("X.npy", b"cos\nsystem\n(S'true'\ntR.")]), _zipped([("X.txt", b"1,2")]),
            _zipped([]),
        ]  # fmt: skip
    return made


def _npy(shape, dtype, payload):
    head = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + payload


def _zipped(members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, payload in members:
            archive.writestr(name, payload)
    return content.getvalue()


def plain_arrays(random, kind=".json"):
    """Any JSON object."""
    arrays = {random.choice(["X", "y", "a", "é"]): random.choice(VALUES) for _ in range(4)}
    return _file(random, arrays, kind, REFUSED if 10**400 in arrays.values() else arrays)


def weights(random, kind=".mat"):
    """Theta1, Theta2, … as the course's exercises save them."""
    rng = np.random.default_rng(random.randrange(10**6))
    sizes = [random.randint(1, 4) for _ in range(random.randint(2, 4))]
    thetas = [rng.normal(size=(b, a + 1)) for a, b in pairwise(sizes)]
    arrays = {f"Theta{l}": theta for l, theta in enumerate(thetas, 1)}
    truth = np.concatenate([theta.ravel(order="F") for theta in thetas])
    if random.random() < 0.5:
        name, truth = random.choice(list(arrays)), REFUSED
        good = arrays[name]
        arrays[name] = random.choice(
            [
                None,
                good * np.nan,
                good + 1j,
                good[:0],
                good[:, :0],
                good[:, :1],
                "text",
                {"a": 1},
                np.array([[1, "a"]], dtype=object),
                good[None],
                np.inf * good,
            ]
        )
        if arrays[name] is None and name == f"Theta{len(thetas)}" and len(thetas) > 1:
            truth = EITHER  # the network is a shorter one
        if good.shape[1] == 1:
            truth = EITHER
    return _file(random, arrays, kind, truth)


# ------------------------------------------------------------------- results, as `grade` reads


def results(random, kind):
    """A gradient that was computed elsewhere; the truth is "right" or "wrong"."""
    rng = np.random.default_rng(random.randrange(10**6))
    m, n, hidden, K = (
        random.randint(2, 5),
        random.randint(1, 3),
        random.randint(1, 3),
        random.choice([1, 3]),
    )
    X, labels = rng.normal(size=(m, n)), rng.integers(0, max(K, 2), m)
    labels[:2] = [K - 1, 0] if K > 1 else [1, 0]
    Theta1, Theta2 = rng.normal(size=(hidden, n + 1)), rng.normal(size=(K, hidden + 1))
    lambda_ = float(rng.integers(0, 3))
    Y = np.eye(K)[labels] if K > 1 else labels[:, None].astype(float)
    J, gradients = _by_hand(X, Y, Theta1, Theta2, lambda_)
    truth = random.choice(["right", "right", "wrong"])
    if truth == "wrong":
        gradients[-1] = gradients[-1] + rng.normal(size=gradients[-1].shape)
    from_one = K > 1 and (kind == ".mat" or random.random() < 0.5)
    arrays = {"X": X, "y": labels + from_one, "lambda": lambda_, "J": J}
    if random.random() < 0.7:
        arrays |= {"Theta1": Theta1, "Theta2": Theta2}
    else:
        arrays |= {"theta": _unrolled([Theta1, Theta2]), "sizes": np.array([n, hidden, K])}
    if random.random() < 0.7:
        arrays["grad"] = _unrolled(gradients)
    else:
        arrays |= {"Theta1_grad": gradients[0], "Theta2_grad": gradients[1]}
    if random.random() < 0.5:
        name, value = random.choice(_poisons_of_results(arrays, K))
        arrays[name], truth = value, REFUSED
        if value is None:
            del arrays[name]
        elif value is True and kind == ".mat":
            truth = EITHER  # SciPy writes 1
    elif random.random() < 0.3:  # any of many values: no one knows
        name, truth = random.choice(list(arrays)), EITHER
        arrays[name] = random.choice(VALUES)
    return _file(random, arrays, kind, truth)


def _by_hand(X, Y, Theta1, Theta2, lambda_):
    """J and its gradient by the matrix formulas, written here once more."""
    m = len(X)
    a1 = np.c_[np.ones(m), X]
    a2 = np.c_[np.ones(m), expit(a1 @ Theta1.T)]
    h = expit(a2 @ Theta2.T)
    d3 = h - Y
    d2 = (d3 @ Theta2 * a2 * (1 - a2))[:, 1:]
    R1, R2 = Theta1.copy(), Theta2.copy()
    R1[:, 0] = R2[:, 0] = 0.0
    J = -np.sum(Y * np.log(h) + (1 - Y) * np.log(1 - h)) / m
    J += lambda_ / (2 * m) * (np.sum(R1**2) + np.sum(R2**2))
    return J, [d2.T @ a1 / m + lambda_ / m * R1, d3.T @ a2 / m + lambda_ / m * R2]


def _unrolled(matrices):
    return np.concatenate([matrix.ravel(order="F") for matrix in matrices])


def _poisons_of_results(arrays, K):
    X, y = arrays["X"], arrays["y"]
    hole = X.copy()
    hole[-1, -1] = np.nan
    made = [
        *(("X", bad) for bad in (None, hole, hole * np.inf, "text", X[:0], X[:-1], np.c_[X, X,
        X], X + 1j,
          X.astype(str), X[None], [[1.0, "a"]], [[1.0, None]], [[1.0], []])),
        *(("y", bad) for bad in (None, y * np.nan, y + 0.5, y - 5, y + 50, y[:-1],
        np.array(["a"] * len(y)), [], "text", [None], [[]])),
        *(("lambda", bad) for bad in ([], [1, 2], -1.0, np.nan, np.inf, "a", True, [[]],
        {"a": 1.0})),
        *(("J", bad) for bad in ([], "a", [[]], np.nan, {"a": 1.0})),
    ]  # fmt: skip
    if "sizes" in arrays:
        made += [
            *(("sizes", bad) for bad in (None, [], [2], [2, 0, 1], [-1, 2, 1], [2.5, 2, 1],
            [10**9, 10**9, 1], "2-2-1", np.nan, [1, 1, K, K, K])),
            *(("theta", bad) for bad in (None, arrays["theta"][:-1], arrays["theta"] * np.nan,
            "text", [])),
        ]  # fmt: skip
    else:
        T1, T2 = arrays["Theta1"], arrays["Theta2"]
        made += [
            *(("Theta1", bad) for bad in (None, T1 * np.nan, T1[:, :-1], "text", [], T1[None],
            T1 + 1j, [[1.0], []])),
            *(("Theta2", bad) for bad in (T2 * np.inf, np.c_[T2, T2], "text", [], [[None]])),
        ]  # fmt: skip
    gradient = "grad" if "grad" in arrays else "Theta2_grad"
    made += [(gradient, bad) for bad in ("text", {"a": 1}, [["a"]], [None])]
    if gradient == "grad":
        made += [("grad", None), ("grad", [])]
    return made


# ------------------------------------------------------------------------------------- models

NAN, INF, DELETED = math.nan, math.inf, object()
BAD_SETTINGS = {
    "sizes": [[], [4], [4, 0, 3], [4, -1], [4, 3.0], "4-3", [4, 10**18, 3], [4, 5, 3], [5, 3],
    [4, 4], None, [4, True]],
    "lambda_": [-1, NAN, INF, None, "1", True],
    "method": ["adam", None, 5, [], "GD"],
    "epochs": [0, -1, 1.5, None, "2", True, 1],
    "rate": [-1, 0, NAN, "1", 1.0],
    "batch": [0, -1, "1", 5],
    "seed": [-1, None, 1.5, "0", True],
    "gradient": ["x", None, {}],
    "test_share": [1, -0.1, NAN, "0", None, True],
    "scaling": ["x", None, 1],
}  # fmt: skip
BAD_ABOUT = {
    "format": [None, "x", "micrograd_bp model 2", 1],
    "settings": [None, [], {}, "x"],
    "features": [[], ["a"], ["a", "a", "b", "c"], 5, [1, 2, 3, 4], "abcd", ["\0", "b", "c",
    "d"], None],
    "classes": [[], ["a"], ["a", "a", "b"], ["a", "b"], [1, 2, 3], ["a", "b", "c", "d"], None,
    ["\ud800", "b", "c"]],
    "fingerprint": ["", None, "z" * 64, 5],
    "best_epoch": [-1, 99, 1.5, True, None, "1", 10**400],
    "epoch": [-1, 99, 1.5, None, True, 10**400],
    "seconds": [-1, None, "1", True, NAN, INF, 10**400],
}  # fmt: skip


def _bad_arrays(a):
    odd = [
        lambda v: v[:-1],
        lambda v: np.r_[v, v],
        lambda v: v[None],
        lambda v: v * np.nan,
        lambda v: v.astype(str),
        lambda v: np.r_[np.inf, v[1:]],
        lambda v: v.astype(int),
        lambda v: v + 1j,
        lambda v: v[0],
        lambda v: v[:0],
    ]
    return {
        **{name: [way(a[name]) for way in odd] for name in ("theta", "best_theta", "mean",
        "scale")},
        "costs": [way(a["costs"]) for way in odd[1:]] + [-a["costs"], a["costs"][::-1]],
        "about": [np.array(5), np.array("x"), np.array("[]"), np.array([str(a["about"])]),
        np.array(b"{}"), np.array("{" * 10**5)],
    }  # fmt: skip


def model(random, good):
    """A model file,
    right or with one part that does not fit; ``good`` are a right one's bytes."""
    with np.load(io.BytesIO(good)) as file:
        arrays = {name: file[name] for name in file.files}
    about = json.loads(str(arrays["about"]))
    truth = None  # the model of ``good``
    where, bad = random.choice(
        [(arrays, _bad_arrays(arrays)), (about, BAD_ABOUT), (about["settings"], BAD_SETTINGS)]
    )
    way = random.random()
    if way < 0.6:
        name, truth = random.choice(list(bad)), REFUSED
        where[name] = random.choice(bad[name])
    elif way < 0.7:
        del where[random.choice(list(where))]
        truth = REFUSED
    elif way < 0.75:
        where["strange"], truth = np.array(1.0) if where is arrays else 1, REFUSED
    elif way < 0.85:
        where[random.choice(list(bad))], truth = random.choice(VALUES), EITHER
        if where is arrays:
            arrays.update(
                {k: np.array(str(v)) for k, v in arrays.items() if not isinstance(v, np.ndarray)}
            )
    if where is not arrays:
        arrays["about"] = np.array(json.dumps(about, indent=random.choice([None, 2])))
    content = stored(random, arrays, ".npz")
    if truth is None and random.random() < 0.5:
        hurt = random.random() < 0.7
        return (
            (damaged(random, content), EITHER)
            if hurt
            else (random.choice(_broken(content, ".npz")), REFUSED)
        )
    return content, truth
