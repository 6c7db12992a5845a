"""What the commands share: options, data, layers, where work runs and how it is shown."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Annotated

import typer

from ..support.executors import cluster, process_pool
from ..support.files import try_target
from ..training.data import Dataset, digits, iris, load
from .streams import print_error

DATA = "iris, digits, CSV with a header, or NPZ / MAT with X and y"
NamedDataOption = Annotated[str, typer.Option("--data", help=DATA)]
DataOption = Annotated[str | None, typer.Option("--data", help=f"{DATA} [default: iris]")]
TargetOption = Annotated[
    str | None, typer.Option("--target", help="CSV column with the classes [default: the last]")
]
HeaderOption = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header",
        help="Whether the first row of a CSV names its columns [default: it must, or is refused]",
    ),
]
LayersOption = Annotated[
    str | None,
    typer.Option("--layers", help="Units per layer, e.g. 4-5-3 [default: one hidden layer of 5]"),
]
LambdaOption = Annotated[float, typer.Option("--lambda", help="Regularization")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of the random weights")]
HtmlOption = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write the interactive page")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables")]


BUILT_IN = {"iris": iris, "digits": digits}


def executor_for(jobs: int, address: str | None) -> AbstractContextManager[Executor | None]:
    """Where the work runs: here, in processes of this machine, or on a cluster."""
    if address is not None and jobs > 1:
        raise ValueError("--jobs: got it together with --cluster, expected one of them")
    if address is not None:
        return cluster(address)
    return process_pool(jobs) if jobs > 1 else nullcontext()


def dataset_of(name: str | None, target: str | None, header: bool | None = None) -> Dataset:
    """The data of a file, or those that come with the package under this name; else iris."""
    if name is not None and name not in BUILT_IN:
        return load(name, target, header=header)
    if target is not None:
        why = " without --data" if name is None else f", but {name} has no columns to choose from"
        raise ValueError(f"--target: got {target!r}{why}")
    if header is not None:
        why = "without --data" if name is None else f"with {name}, which is no file"
        raise ValueError(f"--{'' if header else 'no-'}header: got it {why}")
    return BUILT_IN[name or "iris"]()


def layer_sizes(layers: str | None, dataset: Dataset) -> list[int]:
    inputs, outputs = dataset.X.shape[1], dataset.outputs()
    if layers is None:
        return [inputs, 5, outputs]
    sizes = parse_layers(layers)
    fits = outputs, len(dataset.classes)  # two classes serve one output or two
    if sizes[0] != inputs or sizes[-1] not in fits:
        raise ValueError(
            f"--layers: got {layers}, expected {inputs} inputs and {outputs} outputs "
            f"for {dataset.name} ({inputs} features, {len(dataset.classes)} classes)"
        )
    return sizes


def parse_layers(layers: str) -> list[int]:
    parts = layers.split("-")
    if len(parts) < 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise ValueError(f"--layers: got {layers!r}, expected units per layer such as 4-5-3")
    return [int(part) for part in parts]


def try_targets(**paths: Path | None) -> None:
    """Raise OSError for an option's file that could not be written: before the work, not after.

    Raises ValueError if two options name one file.
    """
    given = {name: path for name, path in paths.items() if path is not None}
    for name, path in given.items():
        try_target(path)
        for other, same in given.items():
            if name < other and os.path.realpath(path) == os.path.realpath(same):
                raise ValueError(f"--{name}, --{other}: got {path} for both")


def keep(path: Path | None, write: Callable[[Path], None], say: bool = True) -> OSError | None:
    """``write(path)``; where that fails, ``write`` to another folder, and the error says where.

    The error is returned, for the caller to print the result before he raises it.
    """
    if path is None:
        return None
    try:
        write(path)
        if say:
            print_error(f"wrote {path}")
    except OSError as error:
        for folder in (Path(tempfile.gettempdir()), Path.home(), Path.cwd()):
            with suppress(OSError, RuntimeError):
                copy = Path(tempfile.mkdtemp(prefix="micrograd-bp-", dir=folder), path.name)
                write(copy)
                text = f"{error.strerror or error}; a copy is kept in {copy}"
                return OSError(error.errno, text, str(path))
        return error
    return None


@contextmanager
def progress_bar(task: str) -> Iterator[Callable[..., None] | None]:
    """A progress bar on standard error, for as long as the block runs; none off a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        row = bar.add_task(task, total=None)  # in motion, until it is known how far
        yield lambda done, total, note=task: bar.update(
            row, completed=done, total=total, description=note
        )
