"""The command line: micrograd-bp check | draw | grade | train | predict."""

from __future__ import annotations

import json
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from . import __version__
from .compare import compare_gradients
from .data import Dataset, iris, load
from .draw import draw
from .engine import Value
from .equations import equations_table, verify_equations
from .graph import ExampleGraph, example_graph
from .layout import render
from .network import SigmoidNetwork

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
LayersOption = Annotated[
    str | None,
    typer.Option("--layers", help="Units per layer, e.g. 4-5-3 [default: one hidden layer of 5]"),
]
LambdaOption = Annotated[float, typer.Option("--lambda", help="Regularization λ")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of the random weights")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables")]


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
    as_json: JsonOption = False,
) -> int:
    """Compute the gradient three ways and compare: exit 0 if nothing contradicts, else 1."""
    dataset = _dataset(data, target)
    net = SigmoidNetwork(_layer_sizes(layers, dataset), seed=seed)
    with _progress("numerical estimate") as progress:
        comparison = compare_gradients(
            net,
            dataset.X,
            dataset.y,
            lambda_,
            epsilon,
            sample,
            progress=progress,
            seed=seed,
        )
    equations = verify_equations(net, comparison.X[0], comparison.Y[0])
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


@app.command()
def grade(
    submission: Annotated[
        str, typer.Argument(metavar="FILE.py[:FUNCTION] | RESULTS.mat|.npz|.json")
    ],
    timeout: Annotated[float, typer.Option(help="Seconds that a .py file may run")] = 30.0,
    as_json: JsonOption = False,
) -> int:
    """Judge your own gradient and name the mistake in it: exit 0 if it is right, else 1.

    A .py file is executed, with all your rights, in a process of its own. Results are the arrays
    X, y, Theta1, Theta2, ... and grad, optionally lambda and J.
    """
    from .student import grade_submission

    diagnosis = grade_submission(submission, timeout)
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


def _dataset(path: Path | None, target: str | None) -> Dataset:
    if path is None:
        if target is not None:
            raise ValueError(f"--target: got {target!r} without --data")
        return iris()
    return load(path, target)


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
def _progress(task: str) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on standard error, for as long as the block runs; none off a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        row = bar.add_task(task)
        yield lambda done, total: bar.update(row, completed=done, total=total)


if __name__ == "__main__":
    main()
