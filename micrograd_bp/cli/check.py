"""micrograd-bp check."""

from __future__ import annotations

from typing import Annotated

import typer

from ..comparison.compare import compare_gradients
from ..comparison.equations import verify_equations
from ..network.sigmoid import SigmoidNetwork
from ..support.result import json_text
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
    layer_sizes,
    progress_bar,
    show,
)

__all__ = ["check"]


def check(
    data: DataOption = None,
    target: TargetOption = None,
    header: HeaderOption = None,
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
    dataset = dataset_of(data, target, header)
    net = SigmoidNetwork(layer_sizes(layers, dataset), seed=seed)
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
            seed=seed,
        )
    equations = verify_equations(net, comparison.X[0], comparison.Y[0])
    if html is not None:
        comparison.to_html(html, features=dataset.features, classes=dataset.classes)
    if as_json:
        print(json_text(comparison.to_dict() | {"equations": list(equations)}))
    else:
        show(*comparison.tables(), *equations.tables())
        if not equations:
            print(equations.verdict)
        print(comparison.verdict)
    return 0 if comparison and equations else 1
