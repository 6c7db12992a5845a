"""A network as textbooks draw it: a circle for each unit, a line for each weight.

The places are computed here, not by Graphviz, so that columns and rows stay in order: units in a
column for each layer, and the label of each θ beside the unit that it leads to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ..drawing import paths
from ..scalar.engine import Value
from .style import Picture, Theme, at, coloured, inches, number, plain, slope, text, tooltip

if TYPE_CHECKING:
    from ..network.graph import ExampleGraph

__all__ = ["unit_view", "weights_number"]

# In points. A label fits two numbers of three digits beside a θ with its indices.
LABEL_WIDTH, LABEL_HEIGHT = 172, 17
CIRCLE, SMALL_CIRCLE = 76, 30

MOST_LABELLED = 150  # weights up to which θ and ∂J/∂θ stand on the lines; above, in tooltips


class Weight(NamedTuple):
    """One θ of the network and the units that it joins."""

    theta: Value
    layer: int  # from this layer, counted from 1, to the next
    j: int  # the unit it comes from, 0 for the bias unit
    i: int  # the unit it leads to
    source: Value  # the activation of the unit it comes from
    z: Value  # the weighted input of the unit it leads to


def weights_number(graph: ExampleGraph) -> int:
    """How many θ the network has: the lines of its unit view."""
    return sum(len(row) for matrix in graph.thetas for row in matrix)


def unit_view(graph: ExampleGraph, ends: tuple[Value, Value] | None, theme: Theme) -> Picture:
    """The picture; ``ends`` are a θ and the cost, to mark the paths between them.

    Raises ValueError if they are something else.
    """
    return _UnitView(graph, ends, theme).picture


def _weights(graph: ExampleGraph) -> Iterator[Weight]:
    for layer, matrix in enumerate(graph.thetas, start=1):
        sources = [graph.bias[layer - 1], *graph.a[layer - 1]]
        for i, (row, z) in enumerate(zip(matrix, graph.z[layer] or [], strict=True), start=1):
            for j, (theta, source) in enumerate(zip(row, sources, strict=True)):
                yield Weight(theta, layer, j, i, source, z)


class _UnitView:
    def __init__(self, graph: ExampleGraph, ends: tuple[Value, Value] | None, theme: Theme) -> None:
        self.graph = graph
        self.theme = theme
        self.layers = len(graph.a)
        self.weights = list(_weights(graph))
        self.small = len(self.weights) > MOST_LABELLED
        self.circle = SMALL_CIRCLE if self.small else CIRCLE
        self.weighted = {  # activation -> its weighted input
            a: z
            for units, inputs in zip(graph.a[1:], graph.z[1:], strict=True)
            for a, z in zip(units, inputs or [], strict=True)
        }
        self.steps = {} if ends is None else self._steps(*ends)
        largest = max(abs(slope(weight.theta)) for weight in self.weights)
        self.picture = Picture(
            theme, largest, layout="neato", splines="line", outputorder="edgesfirst"
        )
        self._add_titles()
        self._add_units()
        for weight in sorted(self.weights, key=lambda weight: abs(slope(weight.theta))):
            self._add_weight(weight)  # the strongest on top
        self._add_cost()
        self._add_caption(ends)

    def _x(self, layer: int) -> float:
        return (layer - 1) * (520.0 if self.small else LABEL_WIDTH + 230.0)

    def _y(self, layer: int, i: int) -> float:
        """Of unit i: units are as far apart as the labels of their weights need; bias on top."""
        if i == 0:
            return self._y(layer, 1) + 1.5 * self.circle
        inputs = 0 if layer == 1 else len(self.graph.a[layer - 2]) + 1
        room = max(self.circle + 34.0, inputs * LABEL_HEIGHT + 16.0)
        pitch = self.circle + 4.0 if self.small else room
        return ((len(self.graph.a[layer - 1]) + 1) / 2 - i) * pitch

    def _add_titles(self) -> None:
        tops = [self._y(layer, 0) for layer in range(1, self.layers)]
        height = max([*tops, self._y(self.layers, 1)]) + self.circle
        for layer in range(1, self.layers + 1):
            kind = "input" if layer == 1 else "output" if layer == self.layers else "hidden"
            place = at(self._x(layer), height)
            self.picture.note(f"layer {layer}\n{kind}", place, self.theme.faint)

    def _add_units(self) -> None:
        for layer, activations in enumerate(self.graph.a, start=1):
            for bias in self.graph.bias[layer - 1 : layer]:
                self._add_unit(layer, 0, bias)
            for i, unit in enumerate(activations, start=1):
                self._add_unit(layer, i, unit)

    def _add_unit(self, layer: int, i: int, unit: Value) -> None:
        rows = [_name(unit), number(unit.data)]
        tip = f"{_name(unit)} = {unit.data!r}"
        x, y = self._x(layer), self._y(layer, i)
        if i == 0:
            x += 0.85 * self.circle  # so that its lines pass beside the other units, not behind
        z = self.weighted.get(unit)
        if z is not None:
            rows.append(f"z = {number(z.data)}")
            tip += f", {_name(z)} = {z.data!r}"
        if z is not None and z.has_grad:
            delta = _name(z).replace("z", "δ", 1)
            tip += f", {delta} = {slope(z)!r}"
            if not self.small:
                below = at(x - 16, y - self.circle / 2 - 9)  # clear of the lines to the right
                self.picture.note(f"{delta} = {number(slope(z))}", below, self.theme.delta)
        self._circle(
            _unit_id(layer, i),
            rows[:1] if self.small else rows,
            at(x, y),
            "bias" if i == 0 else "data" if z is None else "a",
            tip,
        )

    def _circle(self, name: str, rows: list[str], place: str, kind: str, tip: str) -> None:
        self.picture.digraph.node(
            name,
            label=text("\n".join(rows)),
            pos=place,
            shape="circle",
            fixedsize="true",
            width=inches(self.circle),
            fontsize="9" if self.small else "11",
            style="filled,dashed" if kind == "bias" else "filled",
            fillcolor=self.theme.fills[kind],
            tooltip=tooltip(tip),
            **{"class": "unit"},
        )

    def _add_weight(self, weight: Weight) -> None:
        """A line for one θ: its value and gradient; on a marked path, the local derivative."""
        theta = weight.theta
        content = f"{_name(theta)} = {number(theta.data)}"
        tip = f"{_name(theta)} = {theta.data!r}"
        if theta.has_grad:
            content += f"   ∂ {number(slope(theta))}"
            tip += f", ∂J/∂{_name(theta)} = {slope(theta)!r}"
        before = self.weighted.get(weight.source)
        marked = theta in self.steps or before in self.steps
        if theta in self.steps:
            content = f"∂{_name(weight.z)}/∂{_name(theta)} = {number(weight.source.data)}"
        elif before is not None and before in self.steps:
            content = f"{_name(theta)} g′({_name(before)}) = {number(_onward(weight))}"
        self._connect(
            (_unit_id(weight.layer, weight.j), _unit_id(weight.layer + 1, weight.i)),
            content,
            self._label_y(weight),
            tip,
            self._line(slope(theta) if theta.has_grad else None, marked),
            carries_delta=before is not None and before.has_grad,
        )

    def _label_y(self, weight: Weight) -> float:
        """The labels of a unit's weights are stacked to its left, bias on top."""
        last = len(self.graph.a[weight.layer - 1])
        return self._y(weight.layer + 1, weight.i) + (last / 2 - weight.j) * LABEL_HEIGHT

    def _line(self, gradient: float | None, marked: bool) -> dict[str, str]:
        if marked:
            return {"color": self.theme.path, "penwidth": "3"}
        if self.steps:  # all else steps back
            return {"color": self.theme.line, "penwidth": "0.5"}
        return self.picture.signed(gradient, fading=self.small)

    def _connect(
        self,
        ends: tuple[str, str],
        content: str,
        label_y: float,
        tip: str,
        line: dict[str, str],
        carries_delta: bool,
    ) -> None:
        """A line from one circle to another through its label, with δ flowing back beside it."""
        digraph = self.picture.digraph
        tail, head = ends
        line = {"color": self.theme.line, **line, "edgetooltip": tooltip(tip)}
        if self.small:
            digraph.edge(tail, head, arrowhead="none", **line)
            return
        name = f"{tail} {head}"
        layer = int(tail.removeprefix("unit").partition("_")[0])
        digraph.node(
            name,
            label=text(content),
            pos=at(self._x(layer + 1) - self.circle / 2 - 46 - LABEL_WIDTH / 2, label_y),
            shape="box",
            style="filled,rounded",
            fixedsize="true",
            width=inches(LABEL_WIDTH),
            height=inches(LABEL_HEIGHT - 3),
            fontsize="10",
            color=line["color"],
            fillcolor=self.theme.background,
            tooltip=tooltip(tip),
            **{"class": "weight"},
        )
        if carries_delta and not self.steps:
            line["color"] += f":{self.theme.delta}"
            digraph.edge(tail, f"{name}:w", **line, dir="back", arrowtail="normal")
        else:
            digraph.edge(tail, f"{name}:w", **line, arrowhead="none")
        digraph.edge(f"{name}:e", head, **line)

    def _add_cost(self) -> None:
        """J, and the lines to it from the output units."""
        graph = self.graph
        outputs = zip(graph.y, graph.terms, graph.a[-1], strict=True)
        for k, (y, term, h) in enumerate(outputs, start=1):
            z = self.weighted[h]
            content = f"{_name(y)} = {number(y.data)}   {_name(term)} = {number(term.data)}"
            tip = f"{_name(y)} = {y.data!r}, {_name(term)} = {term.data!r}"
            if z in self.steps:
                content = f"∂J/∂{_name(z)} = {number(self.steps[z][0][1])}"
            self._connect(
                (_unit_id(self.layers, k), "J"),
                content,
                self._y(self.layers, k),
                tip,
                self._line(None, z in self.steps),
                carries_delta=z.has_grad,
            )
        place = at(self._x(self.layers + 1), 0.0)
        value = number(graph.cost.data)
        self._circle("J", ["J", value], place, "cost", f"J = {graph.cost.data!r}")

    def _add_caption(self, ends: tuple[Value, Value] | None) -> None:
        picture = self.picture
        if ends is not None:
            picture.path_caption(paths.written_out(self.steps, *ends, _name), ends)
            return
        picture.legend("∂J/∂θᵢⱼ = aⱼ δᵢ, equation (1)")
        if picture.largest and not self.small:
            flow = "◄ δ flows back: at each unit δᵢ = Σₖ δₖ θₖᵢ g′(zᵢ), equation (2)"
            picture.caption.append(coloured(flow, self.theme.delta))
        if self.small:
            picture.caption.append(coloured("numbers: as tooltips in the SVG", self.theme.faint))

    def _steps(self, theta: Value, cost: Value) -> paths.Steps[Value]:
        """The chain rule from one θ to J in steps from weighted input to weighted input."""
        first = next((weight for weight in self.weights if weight.theta is theta), None)
        if first is None or cost is not self.graph.cost:
            raise ValueError(
                f"path: got {theta!r} to {cost!r}; the unit view marks "
                'paths from a θ to J, view="scalar" all'
            )
        steps: dict[Value, list[tuple[Value, float]]] = {theta: [(first.z, first.source.data)]}
        steps[first.z] = []
        for weight in self.weights:
            before = self.weighted.get(weight.source)
            if before is not None and before in steps:
                steps[before].append((weight.z, _onward(weight)))
                steps.setdefault(weight.z, [])
        for z in self.graph.z[-1] or []:
            if z in steps:
                steps[z] = [(cost, paths.number_and_sum(paths.between(z, cost), z, cost)[1])]
        steps[cost] = []
        return steps


def _name(node: Value) -> str:
    return plain(node.label)


def _onward(weight: Weight) -> float:
    """∂z_k/∂z_i = θ_ki g′(z_i), equation (4)."""
    return weight.theta.data * weight.source.local_derivatives()[0]


def _unit_id(layer: int, i: int) -> str:
    return f"unit{layer}_{i}"
