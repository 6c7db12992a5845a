"""The command line: micrograd-bp check | draw | grade | train | predict."""

from __future__ import annotations

import csv
import json
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from . import __version__
from .compare import compare_gradients
from .data import Dataset, digits, iris, load, load_examples
from .draw import draw
from .engine import Value
from .equations import equations_table, verify_equations
from .executors import cluster, process_pool
from .graph import ExampleGraph, example_graph
from .layout import render
from .model import Settings, fit, load_model, training_tables
from .network import SigmoidNetwork
from .plots import figure_format, plot_training

__all__ = ["main", "run"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="The referee for backpropagation: three gradients of one network, compared and drawn.",
)

INTERRUPTED = 130  # what a shell reports after Ctrl-C; typer returns it too

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="CSV with a header, or NPZ / MAT with X and y [default: iris]"),
]
TargetOption = Annotated[
    str | None, typer.Option("--target", help="CSV column with the classes [default: the last]")
]
NamedDataOption = Annotated[
    str,
    typer.Option("--data", help="iris, digits, CSV with a header, or NPZ / MAT with X and y"),
]
LayersOption = Annotated[
    str | None,
    typer.Option("--layers", help="Units per layer, e.g. 4-5-3 [default: one hidden layer of 5]"),
]
LambdaOption = Annotated[float, typer.Option("--lambda", help="Regularization λ")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of the random weights")]
HtmlOption = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write the interactive page")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables")]


BUILT_IN = {"iris": iris, "digits": digits}


@app.callback(invoke_without_command=True)
def version_option(
    version: Annotated[bool, typer.Option("--version", help="Print the version")] = False,
) -> None:
    if version:
        print(f"micrograd-bp {__version__}")
        raise typer.Exit


@app.command()
def check(
    data: DataOption = None,
    target: TargetOption = None,
    layers: LayersOption = None,
    lambda_: LambdaOption = 1.0,
    epsilon: Annotated[float, typer.Option(help="Step of the two-sided estimate")] = 1e-4,
    seed: SeedOption = 0,
    sample: Annotated[
        int | None, typer.Option(help="Estimate only this many random parameters")
    ] = None,
    jobs: Annotated[
        int, typer.Option(min=1, help="Processes that share the work; the result is the same")
    ] = 1,
    cluster_address: Annotated[
        str | None,
        typer.Option("--cluster", help="Dask scheduler that shares it, e.g. tcp://host:8786"),
    ] = None,
    as_json: JsonOption = False,
    html: HtmlOption = None,
) -> int:
    """Compute the gradient three ways and compare: exit 0 if nothing contradicts, else 1."""
    dataset = _dataset(data, target)
    net = SigmoidNetwork(_layer_sizes(layers, dataset), seed=seed)
    with _executor(jobs, cluster_address) as executor, _progress("numerical estimate") as progress:
        comparison = compare_gradients(
            net,
            dataset.X,
            dataset.y,
            lambda_,
            epsilon,
            sample,
            executor=executor,
            progress=progress,
            seed=seed,
        )
    equations = verify_equations(net, comparison.X[0], comparison.Y[0])
    if html is not None:
        comparison.to_html(html, features=dataset.features, classes=dataset.classes)
    if as_json:
        report = comparison.to_dict() | {"equations": [vars(check) for check in equations]}
        print(json.dumps(report, ensure_ascii=False))
    else:
        _print(*comparison.tables(), equations_table(equations))
        wrong = [check.number for check in equations if not check.passed]
        if wrong:
            print(f"FAILED: equation {', '.join(wrong)} does not hold on the first example")
        print(comparison.verdict)
    return 0 if comparison.passed and all(check.passed for check in equations) else 1


@app.command("draw")
def draw_command(
    output: Annotated[Path, typer.Argument(help="FILE.svg, .png, .pdf or .dot")],
    layers: Annotated[
        str | None, typer.Option("--layers", help="Units per layer [default: 2-2-1]")
    ] = None,
    seed: SeedOption = 0,
    data: DataOption = None,
    target: TargetOption = None,
    example: Annotated[int, typer.Option(help="Which row of the data, from 0")] = 0,
    view: Annotated[
        str | None,
        typer.Option(help="scalar, unit or layer [default: the finest that is legible]"),
    ] = None,
    path: Annotated[
        str | None, typer.Option(help='Mark every path from a θ to J, e.g. "theta1[2,3]"')
    ] = None,
    theme: Annotated[str, typer.Option(help="light or dark")] = "light",
) -> None:
    """Draw the graph of one example's cost with its values and gradients."""
    net, x, y = _one_example(layers, data, target, example, seed)
    graph = example_graph(net, x, y)
    graph.cost.backward()
    ends = None if path is None else (_theta(graph, path), graph.cost)
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        picture = draw(graph, view=view, path=ends, theme=theme)
    for note in notes:
        print(f"note: {note.message}", file=sys.stderr)
    render(picture, output)


def _one_example(
    layers: str | None, data: Path | None, target: str | None, example: int, seed: int
) -> tuple[SigmoidNetwork, Any, Any]:
    """A network and a row of the data; of iris, if the layers fit it, when none is given.

    Other layers get an example of their own, drawn with the seed.
    """
    sizes = [2, 2, 1] if layers is None and data is None else None
    if layers is not None:
        sizes = _parse_layers(layers)
    if data is None and sizes is not None and (sizes[0], sizes[-1]) != (4, 3):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=sizes[0]).round(2)
        return SigmoidNetwork(sizes, seed=seed), x, 1 if sizes[-1] > 1 else 1.0
    dataset = _dataset(data, target)
    if not 0 <= example < len(dataset.X):
        raise ValueError(f"--example: got {example}, expected 0 to {len(dataset.X) - 1}")
    net = SigmoidNetwork(_layer_sizes(layers, dataset), seed=seed)
    return net, dataset.X[example], net.targets(dataset.y)[example]


def _theta(graph: ExampleGraph, name: str) -> Value:
    """The node of ``theta1[2,3]``: layer 1, to unit 2, from unit 3 (0: the bias unit)."""
    match = re.fullmatch(r"theta(\d+)\[(\d+),\s*(\d+)\]", name.strip())
    if match is None:
        raise ValueError(f"--path: got {name!r}, expected a weight such as theta1[2,3]")
    layer, i, j = map(int, match.groups())
    shapes = [(len(matrix), len(matrix[0])) for matrix in graph.thetas]
    if not 1 <= layer <= len(shapes):
        raise ValueError(f"--path: got {name!r}, expected theta1 to theta{len(shapes)}")
    rows, columns = shapes[layer - 1]
    if not (1 <= i <= rows and j < columns):
        raise ValueError(
            f"--path: got {name!r}, expected theta{layer}[1..{rows}, 0..{columns - 1}]"
        )
    return graph.thetas[layer - 1][i - 1][j]


@app.command("train")
def train_command(
    data: NamedDataOption = "iris",
    target: TargetOption = None,
    layers: Annotated[
        str | None,
        typer.Option("--layers", help="Units per layer [default: one hidden layer, suggested]"),
    ] = None,
    lambda_: Annotated[
        float | None, typer.Option("--lambda", help="Regularization λ [default: 0.1]")
    ] = None,
    method: Annotated[
        str | None, typer.Option(help="gd, sgd, lbfgs or cg [default: lbfgs]")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Epochs, or iterations, in all [default: 200]")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(help="Learning rate [default: 1 for gd, 0.1 for sgd]")
    ] = None,
    batch: Annotated[int | None, typer.Option(help="Examples per step of sgd [default: 1]")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of split, weights and order [default: 0]")
    ] = None,
    gradient: Annotated[
        str | None, typer.Option(help="matrices, graph or tape [default: matrices]")
    ] = None,
    test_share: Annotated[
        float | None, typer.Option("--test", help="Share kept for testing [default: 0.25]")
    ] = None,
    scaling: Annotated[
        str | None,
        typer.Option(help="each feature, or common to all [default: each; digits: common]"),
    ] = None,
    check_every: Annotated[
        int, typer.Option(min=0, help="Compare with the numerical estimate every N epochs")
    ] = 0,
    save: Annotated[Path | None, typer.Option(help="Write the model, a .npz file")] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with a saved model")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the training, .png, .svg, .pdf")] = None,
) -> int:
    """Train a network on data and report how well it classifies: exit 1 if training failed."""
    dataset = _named_dataset(data, target)
    given: dict[str, Any] = {
        "sizes": None if layers is None else tuple(_layer_sizes(layers, dataset)),
        "lambda_": lambda_,
        "method": method,
        "epochs": epochs,
        "rate": rate,
        "batch": batch,
        "seed": seed,
        "gradient": gradient,
        "test_share": test_share,
        "scaling": scaling,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    if save is not None and save.suffix != ".npz":
        raise ValueError(f"--save: got {save}, expected a .npz file")
    for path in (save, plot):  # before training, not after it
        if path is not None and not path.parent.is_dir():
            raise FileNotFoundError(f"{path}: there is no folder {path.parent}")
    if plot is not None:
        figure_format(plot)
    if resume is None:
        before = None
        if data == "digits":
            chosen.setdefault("scaling", "common")
        suggested = SigmoidNetwork.suggest(dataset.X.shape[1], len(dataset.classes))
        settings = Settings(**{"sizes": tuple(suggested.sizes)} | chosen)
    else:
        before = load_model(resume)
        settings = replace(before.settings, **chosen)
    with _progress("training") as bar:
        model = fit(
            dataset,
            settings,
            resume=before,
            check_every=check_every,
            progress=bar and (lambda done, total, cost: bar(done, total, f"cost {cost:.4g}")),
        )
    if save is not None:
        model.save(save)
    if model.training.interrupted:
        raise _InterruptedTraining(model.training.stopped)
    _print(*training_tables(model, dataset))
    if plot is not None:
        plot_training(model, dataset, plot)
    if model.training.stopped:
        print(model.training.stopped, file=sys.stderr)
    return 1 if model.training.stopped else 0


@app.command()
def predict(
    path: Annotated[Path, typer.Argument(metavar="MODEL.npz", help="What train --save wrote")],
    data: NamedDataOption,
) -> int:
    """Classify examples: a line of CSV for each, with the output of its class."""
    model = load_model(path)
    if data in BUILT_IN:
        dataset = BUILT_IN[data]()
        X: Any = dataset.X
        labels: Any = [dataset.classes[c] for c in dataset.y]
        if dataset.features != model.features:
            raise ValueError(f"--data: got {data}, expected {len(model.features)} features of "
                             f"the model: {', '.join(model.features)}")  # fmt: skip
    else:
        X, labels = load_examples(data, model.features)
    h = model.net.forward(model.inputs(X)).a[-1]
    predicted = model.predict(X)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["example", "predicted", "output"] + ["actual"] * (labels is not None))
    for i, c in enumerate(predicted):
        output = h[i, c] if h.shape[1] > 1 else (h[i, 0] if c else 1.0 - h[i, 0])
        row = [i + 1, model.classes[c], f"{output:.6g}"]
        writer.writerow(row + ([] if labels is None else [labels[i]]))
    if labels is not None:
        right = sum(model.classes[c] == name for c, name in zip(predicted, labels, strict=True))
        print(f"{right} of {len(labels)} right ({right / len(labels):.1%})", file=sys.stderr)
    return 0


class _InterruptedTraining(Exception):  # noqa: N818 - it went as the user wished
    """Ctrl-C ended training; the message says what is kept."""


@app.command()
def grade(
    submission: Annotated[
        str, typer.Argument(metavar="FILE.py[:FUNCTION] | RESULTS.mat|.npz|.json")
    ],
    timeout: Annotated[float, typer.Option(help="Seconds that a .py file may run")] = 30.0,
    as_json: JsonOption = False,
    html: HtmlOption = None,
) -> int:
    """Judge your own gradient and name the mistake in it: exit 0 if it is right, else 1.

    A .py file is executed, with all your rights, in a process of its own. Results are the arrays
    X, y, Theta1, Theta2, ... and grad, optionally lambda and J.
    """
    from .student import grade_submission

    diagnosis = grade_submission(submission, timeout)
    if html is not None:
        diagnosis.to_html(html)
    if as_json:
        print(json.dumps(diagnosis.to_dict(), ensure_ascii=False))
    else:
        _print(*diagnosis.parts())
    return 0 if diagnosis.passed else 1


def main() -> None:
    """Run the command line and leave with its exit status."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """The exit status of one command: 0 passed, 1 a check failed, 2 unusable, 130 interrupted."""
    for stream in (sys.stdout, sys.stderr):  # θ must not stop a terminal that lacks it
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        status = int(app(list(arguments), standalone_mode=False) or 0)
    except KeyboardInterrupt:
        status = INTERRUPTED
    except _InterruptedTraining as stop:
        print(stop, file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader, e.g. `head`, has seen enough
        sys.stderr.close()
        return 0
    except (ValueError, TypeError, OSError, ImportError) as error:
        print(f"error: {_one_line(error)}", file=sys.stderr)
        return 2
    except Exception as error:
        if not hasattr(error, "format_message"):  # click's own, for wrong options
            raise
        print(f"error: {error.format_message()}", file=sys.stderr)
        return 2
    if status == INTERRUPTED:
        print("interrupted", file=sys.stderr)
    return status


def _executor(jobs: int, address: str | None) -> AbstractContextManager[Executor | None]:
    """Where the work runs: here, in processes of this machine, or on a cluster."""
    if address is not None and jobs > 1:
        raise ValueError("--jobs: got it together with --cluster, expected one of them")
    if address is not None:
        return cluster(address)
    return process_pool(jobs) if jobs > 1 else nullcontext()


def _dataset(path: Path | None, target: str | None) -> Dataset:
    if path is None:
        if target is not None:
            raise ValueError(f"--target: got {target!r} without --data")
        return iris()
    return load(path, target)


def _named_dataset(name: str, target: str | None) -> Dataset:
    if name not in BUILT_IN:
        return load(name, target)
    if target is not None:
        raise ValueError(f"--target: got {target!r}, but {name} has no columns to choose from")
    return BUILT_IN[name]()


def _layer_sizes(layers: str | None, dataset: Dataset) -> list[int]:
    inputs, outputs = dataset.X.shape[1], dataset.outputs()
    if layers is None:
        return [inputs, 5, outputs]
    sizes = _parse_layers(layers)
    fits = outputs, len(dataset.classes)  # two classes serve one output or two
    if sizes[0] != inputs or sizes[-1] not in fits:
        raise ValueError(
            f"--layers: got {layers}, expected {inputs} inputs and {outputs} outputs "
            f"for {dataset.name} ({inputs} features, {len(dataset.classes)} classes)"
        )
    return sizes


def _parse_layers(layers: str) -> list[int]:
    parts = layers.split("-")
    if len(parts) < 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise ValueError(f"--layers: got {layers!r}, expected units per layer such as 4-5-3")
    return [int(part) for part in parts]


def _one_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split()) or type(error).__name__


def _print(*parts: Any) -> None:
    """Tables to standard output: in colour on a terminal, as plain text elsewhere."""
    from .tables import console

    for part in parts:
        console(sys.stdout).print(part)


@contextmanager
def _progress(task: str) -> Iterator[Callable[..., None] | None]:
    """A progress bar on standard error, for as long as the block runs; none off a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        row = bar.add_task(task)
        yield lambda done, total, note=task: bar.update(
            row, completed=done, total=total, description=note
        )


if __name__ == "__main__":
    main()
