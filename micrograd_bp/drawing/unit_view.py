"""A network as textbooks draw it: a circle for each unit, a line for each weight.

The places are computed here, not by Graphviz, so that columns and rows stay in order: units in a
column for each layer, and the label of each θ beside the unit that it leads to. Of a wide layer
a few units are drawn, and an ellipsis stands for the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..scalar.engine import Value
from . import paths
from .style import (
    Picture,
    Theme,
    at,
    coloured,
    inches,
    lines,
    number,
    plain,
    safe,
    slope,
    stroke,
    text,
    tooltip,
)
from .units import Weight, onward, units_drawn, weights_between

if TYPE_CHECKING:
    from ..network.graph import ExampleGraph

__all__ = ["MOST_LABELLED", "unit_view"]

# In points. A label fits two numbers of three digits beside a θ with its indices.
LABEL_WIDTH, LABEL_HEIGHT = 172, 17
CIRCLE, BIAS_CIRCLE, SMALL_CIRCLE = 100, 64, 30
BELOW = 5  # the middle of a label, where θ's line ends, begins the share of δ

# A unit whose g′(z) is below this part of its largest value, 1/4, hardly listens: |z| > 5.3.
SATURATED = 0.02 / 4
MOST_LABELLED = 150  # weights up to which θ and ∂J/∂θ stand on the lines; above, in tooltips


def unit_view(
    graph: ExampleGraph,
    ends: tuple[Value, Value] | None,
    theme: Theme,
    *,
    whole: bool = True,
) -> Picture:
    """The picture; ``ends`` are a θ and the cost, to mark the paths between them.

    Without ``whole`` an ellipsis stands for most units of a wide layer. Raises ValueError if
    ``ends`` are something else.
    """
    return _UnitView(graph, ends, theme, whole).picture


class _UnitView:
    def __init__(
        self, graph: ExampleGraph, ends: tuple[Value, Value] | None, theme: Theme, whole: bool
    ) -> None:
        self.graph = graph
        self.theme = theme
        self.layers = len(graph.a)
        sizes = [len(units) for units in graph.a]
        self.drawn = [list(range(1, n + 1)) for n in sizes] if whole else units_drawn(sizes)
        # a place for each unit in its column, counted from 0; of an ellipsis, before the last
        self.rows = [
            {i: place + (i > drawn[place - 1] + 1 > 1) for place, i in enumerate(drawn)}
            for drawn in self.drawn
        ]
        self.weights = list(weights_between(graph, self.drawn))
        self.small = len(self.weights) > MOST_LABELLED
        self.circle = SMALL_CIRCLE if self.small else CIRCLE
        self.weighted = {  # activation -> its weighted input
            a: z
            for units, inputs in zip(graph.a[1:], graph.z[1:], strict=True)
            for a, z in zip(units, inputs or [], strict=True)
        }
        self.steps = {} if ends is None else self._steps(*ends)
        backward = graph.cost.has_grad
        largest = max(abs(slope(weight.theta)) for weight in self.weights)
        self.picture = Picture(
            theme,
            largest if backward else None,
            layout="neato",
            splines="line",
            outputorder="edgesfirst",
        )
        shares = [abs(self._share(weight)) for weight in self.weights]
        outputs = [abs(slope(z)) for z in graph.z[-1] or []]
        self.largest_share = max([*shares, *outputs])
        self.largest_weight = max(abs(weight.theta.data) for weight in self.weights)
        self.saturated = False
        self._add_titles()
        self._add_units()
        for weight in sorted(self.weights, key=lambda weight: abs(slope(weight.theta))):
            self._add_weight(weight)  # the strongest on top
        self._add_cost()
        self._add_caption(ends)

    def _share(self, weight: Weight) -> float:
        """δ_k θ_ki g′(z_i): what this weight adds to the δ of the unit it comes from, (2)."""
        if weight.source not in self.weighted:
            return 0.0
        return slope(weight.z) * onward(weight)

    def _x(self, layer: int) -> float:
        return (layer - 1) * (520.0 if self.small else LABEL_WIDTH + 230.0)

    def _y(self, layer: int, i: int) -> float:
        """Of unit i: units are as far apart as the labels of their weights need; bias on top."""
        if i == 0:
            return self._y(layer, 1) + 1.1 * self.circle
        inputs = 0 if layer == 1 else len(self.drawn[layer - 2]) + 1
        room = max(self.circle + 16.0, inputs * LABEL_HEIGHT + 16.0)
        pitch = self.circle + 4.0 if self.small else room
        places = max(self.rows[layer - 1].values())
        return (places / 2 - self.rows[layer - 1][i]) * pitch

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
            drawn = self.drawn[layer - 1]
            for i in drawn:
                self._add_unit(layer, i, activations[i - 1])
            hidden = len(activations) - len(drawn)
            if hidden:
                last = self._y(layer, drawn[-1])
                gap = self._y(layer, drawn[-2]) - last
                # to the left of the middle: lines leave a column to the right
                place = at(self._x(layer) - self.circle / 4, last + gap / 2)
                self.picture.note(f"… {hidden:,} more", place, self.theme.faint)

    def _add_unit(self, layer: int, i: int, unit: Value) -> None:
        name = _name(unit)
        rows = [safe(f"{name} = {number(unit.data)}")]
        tip = f"{name} = {unit.data!r}"
        x, y = self._x(layer), self._y(layer, i)
        if i == 0:
            x += 0.85 * self.circle  # so that its lines pass beside the other units, not behind
        z = self.weighted.get(unit)
        if z is not None:
            rows.insert(0, safe(f"z = {number(z.data)}"))
            tip += f", {_name(z)} = {z.data!r}"
        if z is not None and z.has_grad:
            delta = _name(z).replace("z", "δ", 1)
            tip += f", {delta} = {slope(z)!r}"
            rows.append(coloured(f"{delta} = {number(slope(z))}", self.theme.backward))
        g_prime = 1.0 if z is None else unit.local_derivatives()[0]
        saturated = g_prime < SATURATED
        if saturated:
            passes = f"g′ = {number(g_prime, 1)}"
            tip += f", saturated: {passes}"
            rows.append(coloured(passes, self.theme.faint))
        self.saturated |= saturated
        kind = "bias" if i == 0 else "data" if z is None else "a"
        label = text(name) if self.small else lines(*rows, align="center")
        self._circle(_unit_id(layer, i), label, at(x, y), kind, tip, rings=1 + saturated)

    def _circle(
        self, name: str, label: str, place: str, kind: str, tip: str, rings: int = 1
    ) -> None:
        self.picture.digraph.node(
            name,
            label=label,
            pos=place,
            shape="circle",
            fixedsize="true",
            width=inches(BIAS_CIRCLE if kind == "bias" and not self.small else self.circle),
            fontsize="9" if self.small else "11",
            style="filled,dashed" if kind == "bias" else "filled",
            fillcolor=self.theme.fills[kind],
            tooltip=tooltip(tip),
            peripheries=str(rings),
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
            content = f"{_name(theta)} g′({_name(before)}) = {number(onward(weight))}"
        self._connect(
            (_unit_id(weight.layer, weight.j), _unit_id(weight.layer + 1, weight.i)),
            content,
            self._label_y(weight),
            tip,
            self._line(theta.data, marked),
            slope(theta) if theta.has_grad else None,
            share=self._share(weight) if before is not None and before.has_grad else None,
        )

    def _label_y(self, weight: Weight) -> float:
        """The labels of a unit's weights are stacked to its left, bias on top."""
        sources = [0, *self.drawn[weight.layer - 1]]
        row = sources.index(weight.j)
        middle = (len(sources) - 1) / 2
        return self._y(weight.layer + 1, weight.i) + (middle - row) * LABEL_HEIGHT

    def _line(self, weight: float | None, marked: bool) -> dict[str, str]:
        """Of a θ, forward: its sign and its size, or whether it is on a marked path."""
        if marked:
            return {"color": self.theme.path, "penwidth": "3"}
        if self.steps or weight is None:  # all else steps back
            return {"color": self.theme.line, "penwidth": "0.5"}
        size = abs(weight) / self.largest_weight if weight else 0.0
        return stroke(self.theme.forward, weight, 0.5 * size)

    def _connect(
        self,
        ends: tuple[str, str],
        content: str,
        label_y: float,
        tip: str,
        line: dict[str, str],
        gradient: float | None,
        share: float | None,
    ) -> None:
        """A line from one circle to another through its label, and the share of δ that flows back.

        θ's line ends in the middle of the label's left end, the share begins below.
        """
        digraph = self.picture.digraph
        tail, head = ends
        line["edgetooltip"] = tooltip(tip)
        if self.small:
            faded = self.picture.signed(gradient, fading=True)
            digraph.edge(tail, head, arrowhead="none", **line | faded)
            return
        border = {"color": self.theme.line, "penwidth": "1"}
        if not self.steps and gradient is not None:
            border = stroke(self.theme.backward, 1.0, 0.5 * self.picture.relative(gradient))
        name = f"{tail} {head}"
        layer = int(tail.removeprefix("unit").partition("_")[0])
        x = self._x(layer + 1) - self.circle / 2 - 46 - LABEL_WIDTH / 2
        digraph.node(
            name,
            label=text(content),
            pos=at(x, label_y),
            shape="box",
            style="filled,rounded" + (",dashed" if gradient is not None and gradient < 0 else ""),
            fixedsize="true",
            width=inches(LABEL_WIDTH),
            height=inches(LABEL_HEIGHT - 3),
            fontsize="10",
            color=border["color"],
            penwidth=border["penwidth"],
            fillcolor=self.theme.background,
            tooltip=tooltip(tip),
            **{"class": "weight"},
        )
        digraph.edge(f"{name}:e", head, **line)
        digraph.edge(tail, f"{name}:w", **line, arrowhead="none")
        if share is not None and not self.steps:
            start = self._point(f"{name} δ", x - LABEL_WIDTH / 2, label_y - BELOW)
            sent = f"sends back {number(share)} of δ" if layer < self.layers else "δ = h − y"
            digraph.edge(start, tail, **self._share_line(share), edgetooltip=tooltip(sent))

    def _point(self, name: str, x: float, y: float) -> str:
        """An invisible place that a line can end at."""
        self.picture.digraph.node(
            name, label="", pos=at(x, y), shape="point", style="invis", width="0.01",
            **{"class": "place"},
        )  # fmt: skip
        return name

    def _share_line(self, share: float) -> dict[str, str]:
        """What flows back: its sign, and its size beside the largest share."""
        size = abs(share) / self.largest_share if share else 0.0
        return stroke(self.theme.backward if share else self.theme.line, share, size)

    def _add_cost(self) -> None:
        """J, and the lines to it from the output units."""
        graph = self.graph
        for k in self.drawn[-1]:
            y, term, h = graph.y[k - 1], graph.terms[k - 1], graph.a[-1][k - 1]
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
                None,
                share=slope(z) if z.has_grad else None,
            )
        label = text(f"J\n{number(graph.cost.data)}")
        self._circle("J", label, at(self._x(self.layers + 1), 0.0), "cost",
                     f"J = {graph.cost.data!r}")  # fmt: skip

    def _add_caption(self, ends: tuple[Value, Value] | None) -> None:
        picture = self.picture
        if ends is not None:
            picture.path_caption(paths.written_out(self.steps, *ends, _name), ends)
            return
        if not self.small:
            forward = coloured("line to a unit, ►: θ", self.theme.forward)
            widest = f"   width: its size, the widest {number(self.largest_weight)}"
            picture.caption.append(forward + safe(widest))
        carrier = "line" if self.small else "frame of a θ"
        picture.legend(f"{carrier}: ∂J/∂θᵢⱼ = aⱼ δᵢ, equation (1)")
        if picture.largest and not self.small:
            flow = coloured(
                "line from a unit, ◄: its share δₖ θₖᵢ g′(zᵢ) of the δᵢ before it, equation (2)",
                self.theme.backward,
            )
            picture.caption.append(
                flow + safe(f"   width: its size, the widest {number(self.largest_share)}")
            )

        if self.saturated:
            ring = "double ring: saturated, its g′ lets hardly any δ pass"
            picture.caption.append(coloured(ring, self.theme.faint))

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
                steps[before].append((weight.z, onward(weight)))
                steps.setdefault(weight.z, [])
        for z in self.graph.z[-1] or []:
            if z in steps:
                steps[z] = [(cost, paths.number_and_sum(paths.between(z, cost), z, cost)[1])]
        steps[cost] = []
        return steps


def _name(node: Value) -> str:
    return plain(node.label)


def _unit_id(layer: int, i: int) -> str:
    return f"unit{layer}_{i}"
