"""Random inputs for every reader and every command, for the suite and for the benchmark.

Each function takes a ``random.Random`` and gives one input. ``read`` and ``command`` run one and
raise AssertionError for a traceback, a warning, an answer that is no clear line, or data that
were accepted and are none.
"""

import contextlib
import io
import json
import tempfile
import warnings
from pathlib import Path

import numpy as np
from scipy.io import savemat

from micrograd_bp.cli import run
from micrograd_bp.grading.grade import check_backprop
from micrograd_bp.network.interchange import from_octave
from micrograd_bp.support.arrays import read_arrays
from micrograd_bp.training.classifier import Settings, fit, load_model
from micrograd_bp.training.data import iris, load, load_examples

CELLS = [
    *("1", "2.5", "-3", "1,5", "1e5", "0", "x", "setosa", "01", "1e999", "nan", "NA", "?", "inf"),
    *("", " ", '"', '"a,b"', "a;b", "\t", "\0", "\x1b[2J", "é", "日本", "-", "∞", "1_000", "0x1"),
    *("2026-01-01", "1.2.3", "9" * 400, "=SUM(A1)", "'", "\u202e", "true", "1 000", "1.234,5"),
]
VALUES = [
    *(None, True, False, 0, 1, -1, 1.5, 1e308, -1e308, 10**400, float("nan"), float("inf"), ""),
    *("1", "a", "\0", [], [[]], {}, [1], [1, 2], [[1, 2], [3]], [[1, 2], [3, 4]], [None], ["a"]),
    *([[[1]]], [True], [1e308, 1e308], 10**18, 2**63, [0] * 50, {"a": 1}, [{}], [2, 1], [4, 5, 3]),
]
OPTIONS = {
    "--layers": ["4-5-3", "4-3", "4-5-2", "4-0-3", "4--3", "4-3-", "-", "", "4-200000000000-3",
                 "4-5-3-3", "a", "4-5.0-3", "٤-٣", "9" * 5000 + "-3", "4-1-3"],
    "--lambda": ["0", "1", "-1", "nan", "inf", "1e308", "1e-320", "x", "", "1,5"],
    "--epsilon": ["1e-4", "0", "-1", "nan", "1e-300", "1e300", "x", "1"],
    "--seed": ["0", "1", "-1", "x", "1" * 30, "1.5", ""],
    "--sample": ["1", "5", "0", "-1", "1" * 30, "x"],
    "--jobs": ["1", "0", "-1", "x"],
    "--target": ["b", "x1", "", "nothing", "\x1b"],
    "--method": ["gd", "sgd", "lbfgs", "cg", "adam", "", "GD"],
    "--epochs": ["1", "3", "0", "-1", "x"],
    "--rate": ["1", "0", "nan", "1e300", "1e-300", "-1", "x"],
    "--batch": ["1", "7", "0", "10000", "x"],
    "--test": ["0", "0.5", "1", "-0.1", "nan", "0.999"],
    "--scaling": ["each", "common", "x"],
    "--gradient": ["matrices", "graph", "tape", "x"],
    "--view": ["scalar", "unit", "layer", "x"],
    "--path": ["theta1[1,1]", "theta9[1,1]", "theta1[0,0]", "theta1[1,99]", "x", "theta1[1,1"],
    "--theme": ["light", "dark", "x"],
    "--example": ["0", "1", "-1", "9999", "x"],
    "--header": [None], "--no-header": [None], "--json": [None], "--nonsense": [None],
}  # fmt: skip
OF_COMMAND = {
    "check": ["--layers", "--lambda", "--epsilon", "--seed", "--sample", "--target", "--json",
              "--header", "--no-header", "--nonsense"],
    "train": ["--layers", "--lambda", "--seed", "--target", "--method", "--epochs", "--rate",
              "--batch", "--test", "--scaling", "--gradient", "--no-header"],
    "draw": ["--layers", "--seed", "--target", "--view", "--path", "--theme", "--example",
             "--no-header"],
    "predict": ["--header", "--no-header", "--nonsense"],
}  # fmt: skip


def table(random):
    """A small table of text, right or wrong in one of many ways, as bytes."""
    delimiter = random.choice([",", ",", ";", "\t"])
    columns, rows = random.randint(1, 4), random.randint(0, 6)
    numbers = ["1", "2.5", "-3", "40", "0.125"]
    cells = [["a", "b", "c", "d"][:columns]]
    cells += [[random.choice(numbers) for _ in range(columns)] for _ in range(rows)]
    for row in cells[1:]:
        row[-1] = random.choice(["x", "y"])
    for _ in range(random.choice([0, 0, 1, 1, 2, 5])):
        row = random.choice(cells)
        row[random.randrange(columns)] = random.choice(CELLS)
    for _ in range(random.choice([0, 0, 0, 1])):
        row = random.choice(cells)
        row.append("1") if random.random() < 0.5 else row.pop()
    text = random.choice(["\n", "\n", "\r\n"]).join(delimiter.join(row) for row in cells)
    encoding = random.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-16-le"])
    content = (text + random.choice(["", "\n", "\n\n"])).encode(encoding, "replace")
    return damaged(random, content) if random.random() < 0.3 else content


def damaged(random, content):
    """The same bytes with a few of them changed, lost or doubled."""
    made = bytearray(content)
    for _ in range(random.randint(1, 4)):
        if not made:
            break
        i, j = sorted(random.randrange(len(made) + 1) for _ in range(2))
        way = random.randrange(5)
        if way == 0:
            made[min(i, len(made) - 1)] ^= 1 << random.randrange(8)
        elif way == 1:
            del made[i : min(j, i + 40)]
        elif way == 2:
            made[i:i] = made[i : i + 20]
        elif way == 3:
            made[i:i] = random.choice(CELLS).encode()
        else:
            del made[j:]
    return bytes(made)


def results(random):
    """What ``grade`` reads: right arrays, some of them replaced."""
    rng = np.random.default_rng(random.randrange(1000))
    arrays = {
        "X": rng.normal(size=(3, 2)).tolist(),
        "y": [0, 1, 1],
        "Theta1": rng.normal(size=(2, 3)).tolist(),
        "Theta2": rng.normal(size=(1, 3)).tolist(),
        "grad": [0.0] * 9,
        "lambda": 1.0,
        "J": 0.7,
        "sizes": [2, 2, 1],
    }
    for _ in range(random.choice([0, 1, 1, 2, 3])):
        name = random.choice(list(arrays))
        if random.random() < 0.2:
            del arrays[name]
        else:
            arrays[name] = random.choice(VALUES)
    return arrays


def stored(random, kind):
    """The same as bytes of a .json, .npz or .mat file; damaged now and then."""
    arrays, content = results(random), io.BytesIO()
    if kind == ".json":
        content.write(json.dumps(arrays).encode())
    else:
        with contextlib.suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what NumPy and SciPy think of writing such things
            if kind == ".npz":
                made = {k: v for k, v in arrays.items() if v is not None}
                np.savez(content, allow_pickle=random.random() < 0.5, **made)
            else:
                savemat(content, {k: v for k, v in arrays.items() if v is not None})
    return damaged(random, content.getvalue()) if random.random() < 0.4 else content.getvalue()


def model(random, good):
    """The bytes of a model file whose arrays or entries are others; ``good`` are a right one's."""
    with np.load(io.BytesIO(good)) as file:
        arrays = {name: file[name] for name in file.files}
    about = json.loads(str(arrays["about"]))
    for _ in range(random.choice([1, 1, 2])):
        where = random.choice([arrays, about, about["settings"]])
        if where is arrays:
            name = random.choice(list(arrays))
            with contextlib.suppress(Exception):
                arrays[name] = np.array(random.choice(VALUES))
        elif isinstance(where, dict) and where:
            where[random.choice(list(where))] = random.choice(VALUES)
    content = io.BytesIO()
    if arrays["about"].dtype.kind == "U" and arrays["about"].shape == ():
        arrays["about"] = np.array(json.dumps(about))
    np.savez(content, **arrays)
    return damaged(random, content.getvalue()) if random.random() < 0.2 else content.getvalue()


def good_model():
    """The bytes of a small model file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "m.npz"
        fit(iris(), Settings((4, 3), epochs=2)).save(file)
        return file.read_bytes()


def clear(error):
    """Whether an exception is one clear line of a kind that callers expect."""
    text = str(error)
    return isinstance(error, ValueError | TypeError | OSError) and bool(text) and "\n" not in text


def read(reader, path):
    """What a reader makes of a file: its value, or None where it refused it in one clear line."""
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        try:
            return reader(path)
        except Exception as error:
            if not clear(error):
                raise AssertionError(f"{type(error).__name__}: {error}") from error
            return None


def examples_of_ab(path):
    return load_examples(path, ["a", "b"])


READERS = {  # name -> (ending, reader, what it gives must be)
    "table": (".csv", load, lambda d: np.isfinite(d.X).all() and len(d.classes) > 1),
    "examples": (".csv", examples_of_ab, lambda pair: np.isfinite(pair[0]).all()),
    "arrays .json": (".json", read_arrays, lambda found: isinstance(found, dict)),
    "data .npz": (".npz", load, lambda d: np.isfinite(d.X).all() and len(d.classes) > 1),
    "data .mat": (".mat", load, lambda d: np.isfinite(d.X).all() and len(d.classes) > 1),
    "weights .mat": (".mat", from_octave, lambda net: np.isfinite(net.theta).all()),
    "results .json": (".json", check_backprop, lambda d: d.outcome in OUTCOMES),
    "results .npz": (".npz", check_backprop, lambda d: d.outcome in OUTCOMES),
    "results .mat": (".mat", check_backprop, lambda d: d.outcome in OUTCOMES),
    "model": (".npz", load_model, lambda m: np.isfinite(m.net.theta).all() and fits(m)),
}
OUTCOMES = ("right", "nearly right", "right for its own cost", "wrong", "undecided")


def fits(model):
    sizes, t = model.settings.sizes, model.training
    return (
        len(model.features) == sizes[0]
        and len(model.classes) in (sizes[-1], sizes[-1] + (sizes[-1] == 1))
        and t.costs[t.best_epoch] == min(t.costs)
        and np.all(model.scale > 0)
    )


def content_for(name, random, good):
    """Bytes for one of ``READERS``."""
    if name in ("table", "examples"):
        return table(random)
    return model(random, good) if name == "model" else stored(random, READERS[name][0])


def arguments(random, folder):
    """A command line; ``folder`` holds the files of ``prepare``."""
    command = random.choice(list(OF_COMMAND))
    made = [command]
    if command == "draw":
        made.append(str(folder / random.choice(["p.dot", "p.dot", "p.dot", "p.doc", "no/p.dot"])))
    if command == "predict":
        made.append(str(folder / random.choice(["m.npz", "m.npz", "d.npz", "d.csv", "none.npz"])))
    files = ["d.csv", "d.csv", "d.npz", "bad.csv", "none.csv", "m.npz", "folder"]
    if command == "predict" or random.random() < 0.5:
        made += ["--data", random.choice(["iris", *(str(folder / name) for name in files)])]
    for option in random.sample(OF_COMMAND[command], random.randint(0, 3)):
        value = random.choice(OPTIONS[option])
        made += [option] if value is None else [option, value]
    if command == "train" and "--epochs" not in made:
        made += ["--epochs", "2"]
    return made


def prepare(folder, good):
    """The files that ``arguments`` names."""
    rows = "".join(f"{i},{i * i % 7},{'xy'[i % 2]}\n" for i in range(12))
    (folder / "d.csv").write_text(f"a,b,c\n{rows}", encoding="utf-8")
    (folder / "bad.csv").write_text("a,b\n1,\x1b[2J\n2\n", encoding="utf-8")
    np.savez(folder / "d.npz", X=np.arange(24.0).reshape(12, 2) % 5, y=np.arange(12) % 3)
    (folder / "m.npz").write_bytes(good)
    (folder / "folder").mkdir(exist_ok=True)


def command(line):
    """Run a command line in this process; what it must keep is asserted."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("error")
        status = run(line)
    said = err.getvalue()
    where = f"{line}: {status}, {said!r}"
    assert status in (0, 1, 2), where
    assert "\x1b" not in said, where
    assert "a fault of" not in said, where
    if status == 2:
        assert said.startswith("error: "), where
        assert said.count("\n") == 1, where
    assert "Traceback" not in said, where
    if "--json" in line and status < 2:
        json.loads(out.getvalue(), parse_constant=_no_constant)
    return status


def _no_constant(name):
    raise AssertionError(f"{name} is no JSON")
