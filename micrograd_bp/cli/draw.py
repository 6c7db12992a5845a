"""micrograd-bp draw."""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from ..drawing.dot import render
from ..drawing.draw import VIEWS
from ..drawing.draw import draw as drawn
from ..network.graph import ExampleGraph, example_graph
from ..network.sigmoid import SigmoidNetwork
from ..scalar.engine import Value
from .options import (
    DataOption,
    HeaderOption,
    SeedOption,
    TargetOption,
    dataset_of,
    layer_sizes,
    parse_layers,
)
from .streams import print_error

__all__ = ["draw"]


def draw(
    output: Annotated[Path, typer.Argument(help="FILE.svg, .png, .pdf or .dot")],
    layers: Annotated[
        str | None, typer.Option("--layers", help="Units per layer [default: 2-2-1]")
    ] = None,
    seed: SeedOption = 0,
    data: DataOption = None,
    target: TargetOption = None,
    header: HeaderOption = None,
    example: Annotated[int, typer.Option(help="Which row of the data, from 0")] = 0,
    style: Annotated[
        str, typer.Option(help="cards, or nodes: each operation a small node of its own")
    ] = "cards",
    view: Annotated[
        str | None,
        typer.Option(help=f"{', '.join(VIEWS)} [default: the finest that is legible]"),
    ] = None,
    path: Annotated[
        str | None, typer.Option(help='Mark every path from a weight to J, e.g. "theta1[2,3]"')
    ] = None,
    theme: Annotated[str, typer.Option(help="light or dark")] = "light",
) -> None:
    """Draw the graph of one example's cost with its values and gradients."""
    net, x, y = _one_example(layers, data, target, header, example, seed)
    graph = example_graph(net, x, y)
    graph.cost.backward()
    ends = None if path is None else (_theta(graph, path), graph.cost)
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        picture = drawn(graph, view=view, path=ends, theme=theme, style=style)
    for note in notes:
        print(f"note: {_in_options(str(note.message))}", file=sys.stderr)
    print_error(f"wrote {render(picture, output)}")


def _in_options(note: str) -> str:
    """A remark of ``draw`` in the words of this command: --view scalar for view="scalar"."""
    return re.sub(r'view="(\w+)"', r"--view \1", note)


def _one_example(
    layers: str | None,
    data: str | None,
    target: str | None,
    header: bool | None,
    example: int,
    seed: int,
) -> tuple[SigmoidNetwork, Any, Any]:
    """A network and a row of the data; of iris, if the layers fit it, when none is given.

    Other layers get an example of their own, drawn with the seed.
    """
    sizes = [2, 2, 1] if layers is None and data is None else None
    if layers is not None:
        sizes = parse_layers(layers)
    if data is None and sizes is not None and (sizes[0], sizes[-1]) != (4, 3):
        given = {"--target": target, "--header": header, "--example": example or None}
        wrong = next((f"{k}: got {v!r}" for k, v in given.items() if v is not None), None)
        if wrong is not None:
            raise ValueError(f"{wrong} without --data")
        x = np.random.default_rng(seed).normal(size=sizes[0]).round(2)
        return SigmoidNetwork(sizes, seed=seed), x, 1 if sizes[-1] > 1 else 1.0
    dataset = dataset_of(data, target, header)
    if not 0 <= example < len(dataset.X):
        raise ValueError(f"--example: got {example}, expected 0 to {len(dataset.X) - 1}")
    net = SigmoidNetwork(layer_sizes(layers, dataset), seed=seed)
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
