"""Pictures of a training run: the cost, what the hidden units look at, and the decision."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..support.files import write_file
from ..support.validation import Array
from .classifier import Model, split
from .data import Dataset

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["figure_format", "log_cost_axis", "plot_training", "save_figure"]

FORMATS = ("png", "svg", "pdf")

# Okabe and Ito (2008), told apart by colour-blind readers too, and gray
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#7f7f7f")
MOST_UNITS = 100  # hidden-unit images on one page
GRID = 300  # points along each side of the decision regions


def plot_training(model: Model, data: Dataset, path: str | Path) -> None:
    """Draw the cost curve, decision regions (two features) or hidden-unit images (pixels).

    Images are drawn if the features share one scale and are a square number of pixels. Raises
    ValueError unless ``path`` ends in .png, .svg or .pdf, OSError if it cannot be written.
    """
    save_figure(_figure(model, data), path)


def save_figure(figure: Figure, path: str | Path) -> None:
    """Write a matplotlib figure as a whole or not at all: .png, .svg or .pdf.

    Raises ValueError for another ending, OSError if it cannot be written.
    """
    content = io.BytesIO()
    figure.savefig(content, format=figure_format(path), dpi=150)
    write_file(path, content.getvalue())


def figure_format(path: str | Path) -> str:
    """The format that a path's ending asks for; ValueError if it is none of ``FORMATS``."""
    ending = Path(path).suffix.removeprefix(".").lower()
    if ending not in FORMATS:
        raise ValueError(f"{path}: got the ending {ending!r}, expected {', '.join(FORMATS)}")
    return ending


def log_cost_axis(axes: Axes) -> None:
    """A logarithmic y axis, labelled 0.1, 0.2, 0.5, 1, …"""
    from matplotlib.ticker import LogLocator, NullLocator

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())


def _figure(model: Model, data: Dataset) -> Figure:
    from matplotlib.figure import Figure

    right = _right_panel(model, data)
    figure = Figure(figsize=(10.0, 4.6) if right else (6.4, 4.4), layout="constrained")
    if right is None:
        _cost_curve(figure.add_subplot(), model)
        return figure
    ((left_side, right_side),) = figure.subfigures(1, 2, squeeze=False)
    _cost_curve(left_side.add_subplot(), model)
    right(right_side)
    return figure


def _right_panel(model: Model, data: Dataset) -> Callable[[Figure], None] | None:
    n = data.X.shape[1]
    if n == 2:
        return lambda figure: _decision_regions(figure.add_subplot(), model, data)
    if model.settings.scaling == "common" and n > 4 and math.isqrt(n) ** 2 == n:
        return lambda figure: _unit_images(figure, model)
    return None


def _cost_curve(axes: Axes, model: Model) -> None:
    t = model.training
    axes.plot(range(len(t.costs)), t.costs, color=COLOURS[0])
    axes.plot(t.best_epoch, t.cost, "o", color=COLOURS[1], label=f"best: {t.cost:.4g}")
    axes.set(xlabel="epoch", ylabel="cost J, training set", title="Cost")
    if min(t.costs) > 0.0 and max(t.costs) > 10.0 * min(t.costs):
        log_cost_axis(axes)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)


def _decision_regions(axes: Axes, model: Model, data: Dataset) -> None:
    low, high = data.X.min(axis=0), data.X.max(axis=0)
    margin = 0.08 * (high - low)
    x1, x2 = (np.linspace(a, b, GRID) for a, b in zip(low - margin, high + margin, strict=True))
    points = np.stack(np.meshgrid(x1, x2), axis=-1).reshape(-1, 2)
    regions = model.predict(points).reshape(GRID, GRID)
    count = len(data.classes)
    colours = [COLOURS[c % len(COLOURS)] for c in range(count)]
    axes.contourf(x1, x2, regions, levels=np.arange(count + 1) - 0.5, colors=colours, alpha=0.25)
    trained, tested = split(data, model.settings.test_share, model.settings.seed)
    for c, name in enumerate(data.classes):
        for rows, marker, note in ((trained, "o", ""), (tested, "^", ", test")):
            x = data.X[rows[data.y[rows] == c]]
            axes.plot(
                *x.T, marker, color=colours[c], markersize=4, markeredgecolor="white",
                markeredgewidth=0.4, label=_plain(f"{name}{note}") if len(x) else None,
            )  # fmt: skip
    x_name, y_name = map(_plain, data.features)
    axes.set(xlabel=x_name, ylabel=y_name, title="Decision regions")
    axes.legend(fontsize="small")


def _unit_images(figure: Figure, model: Model) -> None:
    """The weights into each unit of layer 2 as an image: what the unit responds to."""
    weights: Array = model.net.thetas[0][:MOST_UNITS, 1:]
    side = math.isqrt(weights.shape[1])
    columns = math.ceil(math.sqrt(len(weights)))
    figure.suptitle("Weights into each unit of layer 2 (blue −, red +)")
    grid = figure.subplots(math.ceil(len(weights) / columns), columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, row in zip(grid.flat, weights, strict=False):
        limit = float(np.abs(row).max()) or 1.0
        axes.imshow(row.reshape(side, side), cmap="RdBu_r", vmin=-limit, vmax=limit)


def _plain(name: str) -> str:
    """A name from the data as matplotlib shows it letter by letter: $ starts no formula."""
    return name.replace("$", r"\$")
