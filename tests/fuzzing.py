"""Whether every reader and every command answers rightly or in one clear line, whatever comes.

For the suite, a little, and for ``tests/benchmarks/fuzz.py``, at length. AssertionError is raised
for a traceback, a warning, an answer that is no clear line, and for what was read otherwise than
it stands in the file or should have been refused.
"""

import contextlib
import io
import json
import tempfile
import warnings
from functools import partial
from pathlib import Path

import numpy as np

from micrograd_bp.cli import run
from micrograd_bp.grading.grade import check_backprop
from micrograd_bp.network.interchange import from_octave
from micrograd_bp.support.arrays import read_arrays
from micrograd_bp.training.classifier import Settings, fit, load_model
from micrograd_bp.training.data import iris, load, load_examples
from tests import fuzzed_files as files
from tests.fuzzed_files import EITHER, REFUSED

OUTCOMES = ("right", "nearly right", "right for its own cost", "wrong", "undecided")


def good_model():
    """The bytes of a small model file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "m.npz"
        fit(iris(), Settings((4, 3), epochs=2)).save(file)
        return file.read_bytes()


GOOD = good_model()


def _dataset(made, truth):
    if truth is EITHER:
        return np.isfinite(made.X).all() and len(made.classes) > 1
    return (made.X.tolist(), [made.classes[k] for k in made.y]) == truth


def _examples(made, truth):
    X, labels = made
    return np.isfinite(X).all() if truth is EITHER else (X.tolist(), list(labels)) == truth


def _mapping(made, truth):
    return isinstance(made, dict) if truth is EITHER else repr(made) == repr(truth)


def _network(made, truth):
    return np.isfinite(made.theta).all() and (truth is EITHER or np.array_equal(made.theta, truth))


def _diagnosis(made, truth):
    return made.outcome in OUTCOMES if truth is EITHER else made.outcome == truth


def _model(made, truth):
    sizes, t = made.settings.sizes, made.training
    return (
        len(made.features) == len(made.mean) == len(made.scale) == sizes[0]
        and len(made.classes) in (sizes[-1], sizes[-1] + (sizes[-1] == 1))
        and t.costs[t.best_epoch] == min(t.costs)
        and t.epoch < len(t.costs)
        and np.all(made.scale > 0)
        and np.isfinite([*t.theta, *t.net.theta, *made.mean, *made.scale, *t.costs]).all()
        and (truth is EITHER or made.predict(iris().X).tolist() == RIGHT)
    )


with tempfile.TemporaryDirectory() as _folder:
    Path(_folder, "m.npz").write_bytes(GOOD)
    RIGHT = load_model(Path(_folder, "m.npz")).predict(iris().X).tolist()

READERS = {  # name -> (ending, maker, reader, whether what it gives is the truth)
    "table": (".csv", files.table, load, _dataset),
    "examples": (
        ".csv", partial(files.table, features=["a", "b"]),
        partial(load_examples, features=["a", "b"]), _examples,
    ),
    "arrays .json": (".json", files.plain_arrays, read_arrays, _mapping),
    "data .npz": (".npz", partial(files.data, kind=".npz"), load, _dataset),
    "data .mat": (".mat", partial(files.data, kind=".mat"), load, _dataset),
    "weights .mat": (".mat", files.weights, from_octave, _network),
    **{
        f"results {kind}": (kind, partial(files.results, kind=kind), check_backprop, _diagnosis)
        for kind in (".json", ".npz", ".mat")
    },
    "model": (".npz", partial(files.model, good=GOOD), load_model, _model),
}  # fmt: skip


def made_for(reader, random):
    """A file for one of ``READERS`` and its truth."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what NumPy and SciPy think of writing such things
        return READERS[reader][1](random)


def read(reader, path, truth):
    """Read a file as one of ``READERS`` does; "read" or "refused", as the truth is."""
    _, _, function, right = READERS[reader]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            made = function(path)
        except Exception as error:
            text = str(error)
            clear = (
                isinstance(error, ValueError | TypeError | OSError) and text and "\n" not in text
            )
            if not clear:
                raise AssertionError(f"{type(error).__name__}: {error}") from error
            assert truth is REFUSED or truth is EITHER, f"refused what is right: {text}"
            return "refused"
    assert truth is not REFUSED, "accepted what is no such data"
    assert right(made, truth), "read otherwise than it stands there"
    return "read"


# ----------------------------------------------------------------------------------- commands

OPTIONS = {  # values that may serve, and values that no command may take
    "--layers": (["4-5-3", "4-3", "4-3-3", "2-2-1", "4-5-3-3", "2-3"],
                 ["4-5-2", "4-0-3", "4--3", "4-3-", "-", "", "4-200000000000-3", "a", "4-5.0-3",
                  "9" * 5000 + "-3", "9999999-9999999-3"]),
    "--lambda": (["0", "1", "1e308", "1e-320"], ["-1", "nan", "inf", "x", "", "1,5"]),
    "--epsilon": (["1e-4", "1e-300", "1e300", "1"], ["0", "-1", "nan", "inf", "x"]),
    "--seed": (["0", "1", "1" * 30], ["-1", "x", "1.5", ""]),
    "--sample": (["1", "5", "1" * 30], ["0", "-1", "x"]),
    "--prove": (["1", "all", "off", "99999"], ["-1", "x", "", "1.5"]),
    "--jobs": (["1"], ["0", "-1", "x"]),
    "--target": (["c", "a"], ["", "nothing", "\x1b"]),
    "--method": (["gd", "sgd", "lbfgs", "cg"], ["adam", "", "GD"]),
    "--epochs": (["1", "3"], ["0", "-1", "x"]),
    "--rate": (["1", "1e300", "1e-300"], ["0", "nan", "inf", "-1", "x"]),
    "--batch": (["1", "7", "10000"], ["0", "-1", "x"]),
    "--test": (["0", "0.5", "0.999"], ["1", "-0.1", "nan"]),
    "--scaling": (["each", "common"], ["x"]),
    "--gradient": (["matrices", "graph", "tape"], ["x"]),
    "--view": (["scalar", "unit", "layer"], ["x", ""]),
    "--path": (["theta1[1,1]", "theta2[1,0]"],
               ["theta9[1,1]", "theta1[0,0]", "theta1[1,99]", "x", "theta1[1,1"]),
    "--theme": (["light", "dark"], ["x"]),
    "--style": (["cards", "nodes"], ["x"]),
    "--example": (["0", "1"], ["-1", "9999", "x"]),
    "--hint": (["where", "which", "full"], ["x"]),
    "--timeout": (["30", "1e9"], ["0", "-1", "nan", "x"]),
    "--memory": (["4096"], ["0", "-1", "x"]),
    "--html": (["page.html"], ["no/page.html", "folder"]),
    "--header": ([None], []), "--no-header": ([None], []), "--json": ([None], []),
    "--strict": ([None], []), "--nonsense": ([], [None]),
}  # fmt: skip
OF_COMMAND = {
    "check": ["--layers", "--lambda", "--epsilon", "--seed", "--sample", "--prove", "--jobs",
              "--target", "--json", "--header", "--no-header", "--example", "--html", "--nonsense"],
    "train": ["--layers", "--lambda", "--seed", "--target", "--method", "--epochs", "--rate",
              "--batch", "--test", "--scaling", "--gradient", "--no-header"],
    "draw": ["--layers", "--seed", "--target", "--view", "--path", "--theme", "--style",
             "--example", "--no-header"],
    "predict": ["--header", "--no-header", "--nonsense"],
    "grade": ["--hint", "--strict", "--timeout", "--memory", "--jobs", "--json", "--html"],
}  # fmt: skip
DATA = {"d.csv": False, "d.npz": False, "iris": False, "bad.csv": True, "none.csv": True,
        "m.npz": True, "folder": True}  # whether no command may take it  # fmt: skip


def arguments(random, name):
    """A line for one command, and whether it must be refused. Its files are ``prepare``'s."""
    made, refused = [name], False
    if name == "draw":
        output = random.choice(["p.dot", "p.dot", "p.dot", "p.doc", "no/p.dot", "folder"])
        made, refused = [name, output], output != "p.dot"
    elif name == "predict":
        model = random.choice(["m.npz", "m.npz", "m.npz", "d.npz", "d.csv", "none.npz"])
        made, refused = [name, model], model != "m.npz"
    elif name == "grade":
        kind = random.choice([".json", ".npz", ".mat"])
        content, truth = made_for(f"results {kind}", random)
        Path(f"results{kind}").write_bytes(content)
        made, refused = [name, f"results{kind}"], truth is REFUSED
    if name == "predict" or (name != "grade" and random.random() < 0.6):
        file = random.choice([*DATA, "fuzz.csv", "fuzz.npz", "fuzz.mat"])
        if file.startswith("fuzz"):
            reader = {"csv": "table", "npz": "data .npz", "mat": "data .mat"}[file[5:]]
            content, truth = made_for(reader, random)
            Path(file).write_bytes(content)
            refused |= truth is REFUSED and name != "predict"  # which needs no classes
        else:
            refused |= DATA[file]
        made += ["--data", file]
    for option in random.sample(OF_COMMAND[name], random.randint(0, 3)):
        good, bad = OPTIONS[option]
        wrong = bool(bad) and (not good or random.random() < 0.25)
        refused |= wrong
        value = random.choice(bad if wrong else good)
        made += [option] if value is None else [option, value]
    refused &= "--no-header" not in made  # then another column of the table may serve
    if name == "train" and "--epochs" not in made:
        made += ["--epochs", "2"]
    return made, refused or "--nonsense" in made


def prepare(folder):
    """The files that ``arguments`` names."""
    rows = "".join(f"{i},{i * i % 7},{'xy'[i % 2]}\n" for i in range(12))
    (folder / "d.csv").write_text(f"a,b,c\n{rows}", encoding="utf-8")
    (folder / "bad.csv").write_text("a,b\n1,\x1b[2J\n2\n", encoding="utf-8")
    np.savez(folder / "d.npz", X=np.arange(24.0).reshape(12, 2) % 5, y=np.arange(12) % 3)
    (folder / "m.npz").write_bytes(GOOD)
    (folder / "folder").mkdir(exist_ok=True)


def command(line, refused=False):
    """Run a command line in this process and give its status; what it must keep is asserted."""
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
    assert status == 2 or not refused, f"not refused: {where}"
    assert "\x1b" not in said + out.getvalue(), where
    assert "a fault of" not in said, where
    if status == 2:
        errors = [row for row in said.splitlines() if row.startswith("error: ")]
        assert len(errors) == 1, where
        assert said.splitlines()[-1] == errors[0], where
    assert "Traceback" not in said, where
    if "--json" in line and status < 2:
        json.loads(out.getvalue(), parse_constant=_no_constant)
    return status


def _no_constant(name):
    raise AssertionError(f"{name} is no JSON")
