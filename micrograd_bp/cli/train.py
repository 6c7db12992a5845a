"""micrograd-bp train."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from ..network.sigmoid import SigmoidNetwork
from ..support.interrupts import interrupts_deferred
from ..training.classifier import Model, Settings, fit, load_model, training_tables
from ..training.data import Dataset
from ..training.plots import figure_format, plot_training
from .options import (
    HeaderOption,
    NamedDataOption,
    TargetOption,
    dataset_of,
    keep,
    layer_sizes,
    progress_bar,
    try_targets,
)
from .streams import print_error, show

__all__ = ["InterruptedTraining", "train"]


class InterruptedTraining(Exception):  # noqa: N818 - it went as the user wished
    """Ctrl-C ended training; the message says what is kept."""


def train(
    data: NamedDataOption = "iris",
    target: TargetOption = None,
    header: HeaderOption = None,
    layers: Annotated[
        str | None,
        typer.Option("--layers", help="Units per layer [default: one hidden layer, suggested]"),
    ] = None,
    lambda_: Annotated[
        float | None, typer.Option("--lambda", help="Regularization [default: 0.1]")
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
    dataset = dataset_of(data, target, header)
    sizes = None if layers is None else tuple(layer_sizes(layers, dataset))
    given: dict[str, Any] = {
        "sizes": sizes, "lambda_": lambda_, "method": method, "epochs": epochs, "rate": rate,
        "batch": batch, "seed": seed, "gradient": gradient, "test_share": test_share,
        "scaling": scaling,
    }  # fmt: skip
    chosen = {name: value for name, value in given.items() if value is not None}
    _try_files(save, plot)
    if resume is None:
        before = None
        if data == "digits":
            chosen.setdefault("scaling", "common")
        suggested = SigmoidNetwork.suggest(dataset.X.shape[1], len(dataset.classes))
        settings = Settings(**{"sizes": tuple(suggested.sizes)} | chosen)
    else:
        before = load_model(resume)
        settings = replace(before.settings, **chosen)
    return _trained(dataset, settings, before, check_every, save, plot)


def _try_files(save: Path | None, plot: Path | None) -> None:
    """Raise before the training for files that could not be written after it."""
    if save is not None and save.suffix != ".npz":
        raise ValueError(f"--save: got {save}, expected a .npz file")
    if plot is not None:
        figure_format(plot)
    for path in (save, plot):
        if path is not None and not path.parent.is_dir():
            raise FileNotFoundError(f"{path}: there is no folder {path.parent}")
    try_targets(save=save, plot=plot)


def _trained(
    dataset: Dataset,
    settings: Settings,
    before: Model | None,
    check_every: int,
    save: Path | None,
    plot: Path | None,
) -> int:
    """Train, keep the model, print the tables, draw: the exit status."""
    with interrupts_deferred():  # between the end of training and its being saved
        with progress_bar("training") as bar:
            model = fit(
                dataset,
                settings,
                resume=before,
                check_every=check_every,
                progress=bar and (lambda done, total, cost: bar(done, total, f"cost {cost:.4g}")),
            )
        failed = keep(save, model.save, say=False)
    if model.training.interrupted:
        stop = model.training.stopped
        raise InterruptedTraining(f"{stop}; {_said(failed)}" if failed else stop)
    show(*training_tables(model, dataset))
    failed = keep(plot, lambda path: plot_training(model, dataset, path), say=False) or failed
    if model.training.stopped:
        print_error(model.training.stopped)
    if failed:
        raise failed
    if model.training.stopped:
        return 1
    for path in filter(None, (save, plot)):
        print_error(f"wrote {path}")
    return 0


def _said(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}"
