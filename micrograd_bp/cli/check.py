"""micrograd-bp check."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from ..comparison.compare import compare_gradients
from ..comparison.equations import verify_equations
from ..network.sigmoid import SigmoidNetwork
from ..training.classifier import load_model
from ..training.data import Dataset
from .options import (
    DataOption,
    HeaderOption,
    HtmlOption,
    JsonOption,
    LambdaOption,
    LayersOption,
    SeedOption,
    TargetOption,
    dataset_of,
    executor_for,
    keep,
    layer_sizes,
    progress_bar,
    try_targets,
)
from .streams import print_json, show

__all__ = ["check"]


EpsilonOption = Annotated[float, typer.Option(help="Step of the two-sided estimate")]
ExampleOption = Annotated[
    int, typer.Option(help="Row, from 0, whose equations and graph are shown")
]
ModelOption = Annotated[
    Path | None, typer.Option(metavar="MODEL.npz", help="A network that train --save wrote")
]
SampleOption = Annotated[int | None, typer.Option(help="Estimate only this many random parameters")]
ProveOption = Annotated[
    str,
    typer.Option(
        metavar="N|all|off",
        help="Examples on which the formulas are proved in ball arithmetic "
        "[default: as many as about a second allows]",
        show_default=False,
    ),
]
JobsOption = Annotated[
    int, typer.Option(min=1, help="Processes that share the work; the result is the same")
]
ClusterOption = Annotated[
    str | None,
    typer.Option("--cluster", help="Dask scheduler that shares it, e.g. tcp://host:8786"),
]


def check(
    data: DataOption = None,
    target: TargetOption = None,
    header: HeaderOption = None,
    layers: LayersOption = None,
    lambda_: LambdaOption = 1.0,
    epsilon: EpsilonOption = 1e-4,
    seed: SeedOption = 0,
    example: ExampleOption = 0,
    model: ModelOption = None,
    sample: SampleOption = None,
    prove: ProveOption = "auto",
    jobs: JobsOption = 1,
    cluster_address: ClusterOption = None,
    as_json: JsonOption = False,
    html: HtmlOption = None,
) -> int:
    """Compute the gradient three ways, prove that the formulas agree, and compare.

    Exits 0 if nothing contradicts, 1 if something does or if nothing was decided.
    """
    try_targets(html=html)
    dataset = dataset_of(data, target, header)
    if not 0 <= example < len(dataset.X):
        raise ValueError(f"--example: got {example}, expected 0 to {len(dataset.X) - 1}")
    net, dataset = _network(model, layers, dataset, seed)
    with (
        executor_for(jobs, cluster_address) as executor,
        progress_bar("numerical estimate") as progress,
    ):
        comparison = compare_gradients(
            net,
            dataset.X,
            dataset.y,
            lambda_,
            epsilon,
            sample,
            executor=executor,
            progress=progress,
            prove=int(prove) if prove.isdecimal() else prove,
            seed=seed,
        )
    with progress_bar("equations"):
        equations = verify_equations(net, comparison.X[example], comparison.Y[example])
    if as_json:
        print_json(comparison.to_dict() | {"equations": list(equations)})
    else:
        show(*comparison.tables(), *equations.tables())
        if not equations:
            print(equations.verdict)
        print(comparison.verdict)
    failed = keep(
        html,
        lambda path: comparison.to_html(
            path, example=example, features=dataset.features, classes=dataset.classes
        ),
    )
    if failed:
        raise failed
    return 0 if comparison and equations else 1


def _network(
    path: Path | None, layers: str | None, dataset: Dataset, seed: int
) -> tuple[SigmoidNetwork, Dataset]:
    """The network to check, and its data: of a trained model, scaled and labelled as it learned."""
    if path is None:
        return SigmoidNetwork(layer_sizes(layers, dataset), seed=seed), dataset
    if layers is not None:
        raise ValueError(f"--layers: got {layers} with --model, which has its own")
    trained = load_model(path)
    if dataset.features != trained.features:
        raise ValueError(
            f"--model: {path} expects {len(trained.features)} features "
            f"({', '.join(trained.features)}), got {', '.join(dataset.features)}"
        )
    if strange := sorted(set(dataset.classes) - set(trained.classes)):
        raise ValueError(f"--model: {path} knows no class {strange[0]!r} of the data")
    y = np.array([trained.classes.index(dataset.classes[label]) for label in dataset.y])
    X = trained.inputs(dataset.X)
    return trained.net, replace(dataset, X=X, y=y, classes=trained.classes)
