"""A network as textbooks draw it: a circle for each unit, or a box for each layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .engine import Value
from .style import Picture, Theme

if TYPE_CHECKING:
    from .graph import ExampleGraph

__all__ = ["layer_view", "unit_view", "weights_number"]


def weights_number(graph: ExampleGraph) -> int:
    """How many θ the network has: the edges of its unit view."""
    return sum(len(row) for matrix in graph.thetas for row in matrix)


def unit_view(graph: ExampleGraph, ends: tuple[Value, Value] | None, theme: Theme) -> Picture:
    raise NotImplementedError


def layer_view(graph: ExampleGraph, theme: Theme) -> Picture:
    raise NotImplementedError
