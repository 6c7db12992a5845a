"""The pictures: their numbers against other methods, their nodes against the graph."""

import math
import re
import shutil
import warnings
import xml.etree.ElementTree as ET
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from graphviz.backend import dot_command

from micrograd_bp import (
    SigmoidNetwork,
    Value,
    backprop_gradient,
    draw,
    example_graph,
    numerical_gradient,
)
from micrograd_bp.drawing.dot import svg
from micrograd_bp.drawing.style import THEMES

SVG = "{http://www.w3.org/2000/svg}"
TITLE = "{http://www.w3.org/1999/xlink}title"
SIZES = ([2, 2, 1], [4, 5, 3])


def network_graph(sizes, backward=True):
    net = SigmoidNetwork(sizes, seed=1)
    x = np.random.default_rng(2).normal(size=sizes[0])
    y = np.eye(sizes[-1])[0]
    graph = example_graph(net, x, y)
    if backward:
        graph.cost.backward()
    return net, x, y, graph


class Parsed:
    """What stands in an SVG: its nodes by kind, its edges, every text."""

    def __init__(self, picture):
        self.root = ET.fromstring(svg(picture).encode())
        self.nodes = {}
        self.kinds = {}
        self.edges = []
        for group in self.root.iter(f"{SVG}g"):
            kind = group.get("class", "")
            title = group.findtext(f"{SVG}title", "")
            if kind.startswith("node"):
                self.nodes[title] = self.texts(group)
                self.kinds[title] = kind.removeprefix("node").strip()
            elif kind.startswith("edge"):
                # a port such as n0:w is part of the title in some versions of Graphviz
                ends = [end.partition(":")[0] for end in title.split("->")]
                self.edges.append((*ends, tuple(self.texts(group))))

    @staticmethod
    def texts(element):
        found = ("".join(text.itertext()) for text in element.iter(f"{SVG}text"))
        return [" ".join(text.split()) for text in found]

    @property
    def text(self):
        return "\n".join(self.texts(self.root))


def numbers(text):
    return [float(n.replace("−", "-")) for n in re.findall(r"[−]?\d+\.?\d*(?:e[−+]?\d+)?", text)]


def written(text, name):
    """The number that a picture gives for a name, as in `δ₁⁽²⁾ = −0.05`."""
    found = re.search(rf"{re.escape(name)} = (−?[\d.]+(?:e[−+]\d+)?)", text)
    assert found, f"{name} is not in the picture"
    return float(found[1].replace("−", "-"))


# Numbers


@pytest.mark.parametrize("view", ["scalar", "unit"])
@pytest.mark.parametrize("sizes", [[2, 2, 1], [3, 2, 2]])
def test_deltas_in_the_picture_are_those_of_the_matrix_formulas(sizes, view):
    net, x, y, graph = network_graph(sizes)
    text = Parsed(draw(graph, view=view)).text
    deltas = backprop_gradient(net, [x], [y]).deltas
    for layer, label in (2, "⁽²⁾"), (3, "⁽³⁾"):
        for i, delta in enumerate(deltas[layer - 1][0]):
            assert written(text, f"δ{'₁₂'[i]}{label}") == pytest.approx(delta, rel=5e-3)


def test_gradients_on_the_unit_views_lines_are_those_of_the_matrix_formulas():
    net, x, y, graph = network_graph([4, 5, 3])
    parsed = Parsed(draw(graph, view="unit"))
    D = backprop_gradient(net, [x], [y]).D
    for layer, theta in enumerate(net.thetas, start=1):
        for (i, j), weight in np.ndenumerate(theta):
            (label,) = parsed.nodes[f"unit{layer}_{j} unit{layer + 1}_{i + 1}"]
            value, gradient = numbers(label.partition("=")[2])
            assert value == pytest.approx(weight, rel=5e-3)
            assert gradient == pytest.approx(D[layer - 1][i, j], rel=5e-3)


def test_norms_in_the_layer_view_are_numpys():
    net, x, y, graph = network_graph([4, 5, 3])
    text = Parsed(draw(graph, view="layer")).text
    result = backprop_gradient(net, [x], [y])
    for layer, label in (1, "⁽¹⁾"), (2, "⁽²⁾"):
        expected = np.linalg.norm(net.thetas[layer - 1])
        assert written(text, f"‖Θ{label}‖") == pytest.approx(expected, rel=5e-3)
        expected = np.linalg.norm(result.D[layer - 1])
        assert written(text, f"‖D{label}‖") == pytest.approx(expected, rel=5e-3)
    expected = np.linalg.norm(result.deltas[1])
    assert written(text, "‖δ⁽²⁾‖") == pytest.approx(expected, rel=5e-3)
    for shape in "5 × 5", "3 × 6", "4 × 1":
        assert shape in text


def test_an_edge_shows_the_local_derivative_and_what_it_sends_back():
    x, y = Value(2.0, label="x"), Value(-3.0, label="y")
    z = x * y
    (z * 5.0).backward()
    edges = Parsed(draw(z, view="scalar")).edges
    assert ("n0", "n2", ("−3", "← −15")) in edges  # ∂(xy)/∂x = y, times 5
    assert ("n1", "n2", ("2", "← 10")) in edges


def test_sign_and_size_of_a_gradient_are_the_dashes_and_width_of_its_frame():
    _, _, _, graph = network_graph([4, 5, 3])
    frames = {}
    for line in draw(graph, view="unit").body:
        if match := re.search(r'"(unit\d+_\d+ unit\d+_\d+)" \[', line):
            assert f'color="{THEMES["light"].backward}"' in line
            frames[match[1]] = "dashed" in line, float(re.search(r"penwidth=([\d.]+)", line)[1])
    gradients = {
        f"unit{layer}_{j} unit{layer + 1}_{i}": theta.grad
        for layer, matrix in enumerate(graph.thetas, start=1)
        for i, row in enumerate(matrix, start=1)
        for j, theta in enumerate(row)
    }
    assert frames.keys() == gradients.keys()
    for name, gradient in gradients.items():
        assert frames[name][0] == (gradient < 0)
    by_size = sorted(gradients, key=lambda name: abs(gradients[name]))
    widths = [frames[name][1] for name in by_size]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


@pytest.mark.parametrize("view", ["scalar", "unit", "layer"])
def test_before_any_backward_pass_no_gradient_is_shown(view):
    *_, graph = network_graph([2, 2, 1], backward=False)
    text = Parsed(draw(graph, view=view)).text
    assert "no gradients: backward() has not run" in text
    assert not re.search(r"∂J|∂ |δ|←|D⁽", text.replace("∂node/∂input", ""))


def test_a_gradient_of_zero_is_shown():
    x, y = Value(2.0, label="x"), Value(0.0, label="y")
    product = x * y
    product.label = "p"
    product.backward()
    assert written(Parsed(draw(product)).text, "∂p/∂x") == 0.0


def test_gradients_that_are_values_are_drawn_as_numbers():
    x = Value(3.0, label="x")
    y = x**2
    y.label = "y"
    y.backward(create_graph=True)
    assert written(Parsed(draw(y)).text, "∂y/∂x") == 6.0


def test_an_undefined_local_derivative_is_drawn_as_such():
    root = Value(0.0, label="x").sqrt()
    assert Parsed(draw(root)).edges == [("n0", "n1", ("undefined",))]


# Nodes and edges


@pytest.mark.parametrize("sizes", SIZES)
def test_the_scalar_view_has_a_node_for_every_value_and_an_edge_for_every_input(sizes):
    *_, graph = network_graph(sizes)
    parsed = Parsed(draw(graph, view="scalar"))
    order = graph.cost.topological_order()
    assert len(parsed.nodes) == len(order)
    name = {node: f"n{i}" for i, node in enumerate(order)}
    expected = Counter((name[child], name[node]) for node in order for child in node.inputs)
    assert Counter(edge[:2] for edge in parsed.edges) == expected


@pytest.mark.parametrize("sizes", [*SIZES, [3, 1], [2, 3, 2, 2]])
def test_the_unit_view_has_a_circle_for_every_unit_and_a_label_for_every_weight(sizes):
    *_, graph = network_graph(sizes)
    parsed = Parsed(draw(graph, view="unit"))
    kinds = Counter(parsed.kinds.values())
    assert kinds["unit"] == sum(sizes) + len(sizes) - 1 + 1  # with bias units, and J
    weights = sum((n + 1) * m for n, m in pairwise(sizes))
    assert kinds["weight"] == weights + sizes[-1]  # one more from each output to J
    for name in (name for name, kind in parsed.kinds.items() if kind == "weight"):
        tail, head = name.split(" ")
        assert [edge[:2] for edge in parsed.edges if name in edge] == [(tail, name), (name, head)]


@pytest.mark.parametrize("sizes", [[2, 2, 1], [64, 25, 10]])
def test_the_layer_view_has_a_box_for_every_matrix(sizes):
    *_, graph = network_graph(sizes)
    nodes = Parsed(draw(graph, view="layer")).nodes
    boxes = {name for name in nodes if not name.startswith("note")}
    assert boxes == {*["a1", "a2", "a3", "Theta1", "Theta2", "J", "delta2", "delta3", "D1", "D2"]}


def test_an_input_that_enters_twice_has_two_edges():
    x = Value(3.0, label="x")
    assert len(Parsed(draw(x * x)).edges) == 2


@pytest.mark.skipif(shutil.which("dot") is None, reason="no Graphviz to compare with")
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("view", ["scalar", "unit", "layer"])
def test_both_back_ends_give_the_same_graph(monkeypatch, view, theme):
    *_, graph = network_graph([4, 5, 3])
    monkeypatch.setattr(dot_command, "DOT_BINARY", Path("dot"))
    system = Parsed(draw(graph, view=view, theme=theme))
    assert "graphviz-pure" not in ET.tostring(system.root, encoding="unicode")
    monkeypatch.setattr(dot_command, "DOT_BINARY", Path("dot"))
    monkeypatch.setenv("PATH", "")
    embedded = Parsed(draw(graph, view=view, theme=theme))
    assert Path(dot_command.DOT_BINARY).stem == "graphviz-pure"
    assert embedded.nodes == system.nodes
    assert embedded.kinds == system.kinds
    assert Counter(embedded.edges) == Counter(system.edges)
    assert Counter(embedded.text.split("\n")) == Counter(system.text.split("\n"))


def test_a_graph_of_20_000_nodes_is_written_in_full():
    v = Value(0.5)
    for _ in range(6666):
        v = v * 0.9 + 0.1
    source = draw(v, view="scalar").source
    assert len(re.findall(r"^\tn\d+ \[", source, re.MULTILINE)) == len(v.topological_order())
    assert source.count(" -> ") == 4 * 6666


# Names and labels


def test_unlabelled_values_are_named_by_number_and_formula():
    root = (Value(2.0) * 3.0 + 1.0).exp() ** 2
    nodes = Parsed(draw(root)).nodes
    titles = [texts[0] for texts in nodes.values()]
    assert sorted(titles) == sorted(
        ["2", "3", "v₁ = 2 · 3", "1", "v₂ = v₁ + 1", "v₃ = exp(v₂)", "v₄ = v₃²"]
    )


NASTY = [
    '"quoted"',
    "a < b & c > d",
    "<b>bold</b>",
    "<script>alert(1)</script>",
    "&lt;already&gt; &amp;amp;",
    "back\\slash \\N \\G",
    'ends in \\"',
    "ends in \\",
    "'single' ]; x -> y",
    "θ₁₁⁽¹⁾ ⊙ 漢字",
]


@pytest.mark.parametrize("path", ["system", "embedded"])
@pytest.mark.parametrize("label", NASTY)
def test_a_label_is_text_whatever_stands_in_it(monkeypatch, label, path):
    monkeypatch.setattr(dot_command, "DOT_BINARY", Path("dot"))
    if path == "embedded":
        monkeypatch.setenv("PATH", "")
    *_, graph = network_graph([2, 2, 1])
    graph.a[1][0].label = graph.thetas[0][0][1].label = label
    for view in "scalar", "unit":
        parsed = Parsed(draw(graph, view=view))
        assert label in parsed.text
        elements = {element.tag.removeprefix(SVG) for element in parsed.root.iter()}
        drawn = {"g", "title", "text", "polygon", "path", "ellipse", "polyline", "a"}
        assert elements <= {"svg", *drawn}
        tips = [element.get(TITLE, "") for element in parsed.root.iter(f"{SVG}a")]
        assert any(tip.startswith(f"{label} = ") for tip in tips)


@pytest.mark.parametrize("label", ["two\nlines", "a\x00b\x1bc", "\ud800", "x" * 5000])
def test_a_label_that_cannot_be_shown_is_shortened_to_what_can(label):
    x = Value(1.0, label=label)
    (title, _) = Parsed(draw(x * 2.0)).nodes["n0"]
    assert title in {"two lines", "a b c", "", "x" * 39 + "…"}
    *_, graph = network_graph([2, 2, 1])
    graph.a[1][0].label = graph.z[1][0].label = graph.thetas[0][0][1].label = label
    for view in "scalar", "unit":
        text = Parsed(draw(graph, view=view, path=(graph.thetas[0][0][1], graph.cost))).text
        assert max(map(len, text.split("\n"))) < 500


# Paths


@pytest.mark.parametrize(("view", "count"), [("scalar", 6), ("unit", 3)])
def test_the_sum_over_all_paths_is_the_estimated_gradient(view, count):
    net, x, y, graph = network_graph([4, 5, 3])
    text = Parsed(draw(graph, view=view, path=(graph.thetas[0][1][3], graph.cost))).text
    estimate = numerical_gradient(net, [x], [y]).D[0][1, 3]
    assert f"Σ of {count} paths" in text
    assert written(text, f"Σ of {count} paths") == pytest.approx(estimate, rel=1e-3)
    found = re.search(r"backward\(\) found (\S+)", text)[1]
    assert float(found.replace("−", "-")) == pytest.approx(estimate, rel=1e-3)
    products = [
        numbers(line)[-1] for line in text.split("\n") if line.count("→") > 1 and "=" in line
    ]
    assert len(products) == count
    assert math.fsum(products) == pytest.approx(estimate, rel=1e-3)
    for line in text.split("\n"):
        if line.count("→") > 1:
            *factors, product = numbers(line.partition(":  ")[2] or line.partition(": ")[2])
            assert math.prod(factors) == pytest.approx(product, rel=0.05, abs=1e-9)


def test_very_many_paths_are_summed_without_walking_them():
    x = Value(1.0, label="x")
    y = x
    for _ in range(60):
        y = y + y
    text = Parsed(draw(y, path=(x, y), view="scalar")).text
    assert f"Σ of {2**60:,} paths = 1.153e+18" in text  # dy/dx = 2⁶⁰
    assert f"… and {2**60 - 12:,} more" in text


def test_only_the_edges_on_a_path_are_marked():
    x, y = Value(2.0, label="x"), Value(3.0, label="y")
    product, sine = x * y, y.sin()
    root = product + sine
    name = {node: f"n{i}" for i, node in enumerate(root.topological_order())}
    colour = THEMES["light"].path
    marked = {
        line.split(" [")[0].strip()
        for line in draw(root, path=(x, root)).body
        if "->" in line and colour in line
    }
    assert marked == {f"{name[x]} -> {name[product]}", f"{name[product]} -> {name[root]}"}


def test_where_no_path_leads_is_an_error():
    x, y = Value(2.0, label="x"), Value(3.0, label="y")
    product = x * y
    with pytest.raises(ValueError, match="path: no path leads from"):
        draw(product, path=(x, y))
    with pytest.raises(ValueError, match="is not in this graph"):
        draw(product, path=(Value(1.0), product))
    with pytest.raises(TypeError, match="expected two Values"):
        draw(product, path=("x", "J"))


# Views


@pytest.mark.parametrize(
    ("sizes", "parts"),
    [([4, 5, 3], "drawn unit by unit"), ([64, 25, 10], "some units of each wide layer are drawn")],
)
def test_a_graph_too_large_to_read_is_drawn_coarser_and_says_so(sizes, parts):
    *_, graph = network_graph(sizes)
    with pytest.warns(UserWarning, match=f"are too many to read: {parts}"):
        picture = draw(graph)
    assert parts in Parsed(picture).text


def test_a_view_that_is_asked_for_is_drawn_without_a_word():
    *_, graph = network_graph([64, 25, 10])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "unit1_64" in draw(graph, view="unit").source
        assert draw(graph, view="scalar").source.count("Σ") >= 35


def test_of_a_large_graph_of_plain_values_the_part_near_the_output_is_drawn():
    v = Value(0.5)
    for _ in range(1000):
        v = v * 1.001
    with pytest.warns(UserWarning, match="2,001 nodes are too many to read: the 120 nearest"):
        parsed = Parsed(draw(v))
    assert len(parsed.nodes) == 120 + 1
    assert parsed.nodes["more"] == ["… 1,881 more nodes"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"view": "units"}, "view: got 'units', expected one of scalar, unit, layer"),
        ({"view": "unit"}, "view: got 'unit', but a plain Value has no units and layers"),
        ({"theme": "blue"}, "theme: got 'blue', expected light or dark"),
    ],
)
def test_unknown_views_and_themes_are_named(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        draw(Value(1.0), **arguments)


def test_something_else_than_a_graph_is_named():
    with pytest.raises(TypeError, match="value_or_graph: got int, expected a Value or an Example"):
        draw(3)


def test_the_layer_view_marks_no_paths():
    *_, graph = network_graph([2, 2, 1])
    with pytest.raises(ValueError, match="path: the layer view has no single parameters"):
        draw(graph, view="layer", path=(graph.thetas[0][0][0], graph.cost))
    with pytest.raises(ValueError, match="the unit view marks paths from a θ to J"):
        draw(graph, view="unit", path=(graph.x[0], graph.cost))


def luminance(colour):
    """Of a colour #rrggbb, as the Web Content Accessibility Guidelines 2.1 define it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    bright, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_text_stands_out_from_what_it_stands_on(theme):
    for fill in theme.fills.values():
        assert contrast(theme.text, fill) >= 4.5
    for kind in "inner", "data", "parameter", "z", "a", "cost":  # a bias unit has no gradient
        assert contrast(theme.backward, theme.fills[kind]) >= 4.5
    for colour in theme.faint, theme.path, theme.forward, theme.backward:
        assert contrast(colour, theme.background) >= 4.5


# Machado, Oliveira and Fernandes (2009), severity 1.0: what linear RGB becomes for the eyes of
# people without one kind of cone.
SIMULATIONS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


def lab(colour, simulation):
    """CIE L*a*b* of #rrggbb as seen with a simulated deficiency."""
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(SIMULATIONS[simulation]) @ linear, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ seen / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("simulation", SIMULATIONS)
@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_directions_are_told_apart_by_every_eye(theme, simulation):
    one, other = (lab(colour, simulation) for colour in (theme.forward, theme.backward))
    assert np.linalg.norm(one - other) > 40  # 2.3 is a just noticeable difference


# Notebooks


def shown(thing):
    formatters = pytest.importorskip("IPython.core.formatters")
    return formatters.DisplayFormatter().format(thing)[0]


def test_a_notebook_shows_a_picture_of_a_value_and_of_a_network():
    *_, graph = network_graph([2, 2, 1])
    x = Value(2.0, label="x")
    for thing, text in ((x * 3.0, "Value(data=6)"), (graph, "ExampleGraph of Value(J: data=")):
        bundle = shown(thing)
        assert bundle["text/plain"].startswith(text)
        assert ET.fromstring(bundle["image/svg+xml"].encode()).tag == f"{SVG}svg"


def test_a_notebook_without_a_layout_program_shows_text(monkeypatch):
    monkeypatch.setattr("micrograd_bp.drawing.dot.find_dot", lambda: None)
    bundle = Value(6.0, label="z")._repr_mimebundle_()
    assert bundle == {"text/plain": "Value(z: data=6)"}


# What a picture must not say


def shares_drawn(picture):
    """(dashed, width) of each line of δ in the unit view, by the weight it flows back through."""
    found = {}
    for line in picture.body:
        if match := re.search(r'"(unit\d+_\d+ (?:unit\d+_\d+|J)) δ" -> ', line):
            assert f'color="{THEMES["light"].backward}"' in line
            found[match[1]] = "dashed" in line, float(re.search(r"penwidth=([\d.]+)", line)[1])
    return found


def test_what_flows_back_to_a_unit_is_its_share_of_delta_in_sign_and_size():
    """δ_k θ_ki g'(z_i) of equation (2), from the matrices; the output layer's is h − y."""
    net, x, y, graph = network_graph([4, 5, 3])
    deltas = backprop_gradient(net, [x], [y]).deltas
    a = net.forward([x]).a[1][0]
    expected = {
        f"unit2_{i + 1} unit3_{k + 1}": deltas[2][0, k]
        * net.thetas[1][k, i + 1]
        * a[i]
        * (1 - a[i])
        for i in range(5)
        for k in range(3)
    }
    expected |= {f"unit3_{k + 1} J": deltas[2][0, k] for k in range(3)}
    drawn = shares_drawn(draw(graph, view="unit"))
    assert drawn.keys() == expected.keys()
    largest = max(map(abs, expected.values()))
    for name, share in expected.items():
        dashed, width = drawn[name]
        assert dashed == (share < 0)
        assert width == pytest.approx(0.5 + 4.5 * abs(share) / largest, abs=0.006)


def test_a_graph_whose_gradients_are_all_zero_is_not_said_to_be_without_a_backward_pass():
    x = Value(-2.0, label="x")
    dead = (x * 3.0).relu()
    dead.backward()
    text = Parsed(draw(dead)).text
    assert "has not run" not in text
    assert "every gradient is 0: no step changes the output" in text
    *_, graph = network_graph([2, 2, 1], backward=False)
    (graph.cost * 0.0).backward()
    for view in "scalar", "unit":
        text = Parsed(draw(graph, view=view)).text
        assert "has not run" not in text
        assert "every gradient is 0: no step changes the output" in text


def test_no_gradient_is_drawn_for_constants_and_targets():
    *_, graph = network_graph([2, 2, 2])
    parsed = Parsed(draw(graph, view="scalar"))
    order = graph.cost.topological_order()
    for i, node in enumerate(order):
        is_constant = not node.inputs and (not node.label or node in {*graph.y, *graph.bias})
        gradients = [text for text in parsed.nodes[f"n{i}"] if "∂" in text or "δ" in text]
        assert bool(gradients) != (is_constant or node.label.startswith("1−y"))
        if is_constant:
            assert all(texts == () for tail, _, texts in parsed.edges if tail == f"n{i}")


def test_a_number_in_an_expression_gets_no_gradient_but_leaves_without_names_do():
    x = Value(2.0, label="x")
    root = x * 3.0
    root.backward()
    assert Parsed(draw(root)).nodes["n1"] == ["3"]
    root = Value(2.0) * Value(3.0)
    root.backward()
    assert Parsed(draw(root)).nodes["n1"] == ["3", "∂ = 2"]


def test_names_are_counted_in_reading_order_and_negative_numbers_stand_in_parentheses():
    x = Value(2.0, label="x")
    titles = [texts[0] for texts in Parsed(draw((x + 1.0) * (x - -4.0) + 1000.0)).nodes.values()]
    assert {"v₁ = x + 1", "v₂ = x − (−4)", "v₃ = v₁ · v₂", "v₄ = v₃ + 1000"} <= set(titles)
    assert "v₁ = −(−4)" in Parsed(draw(-Value(-4.0))).text


def test_a_long_chain_is_folded_into_one_card_with_the_product_of_its_derivatives():
    x = Value(0.5, label="x")
    chain = [x]
    for k in range(50):
        chain.append(chain[-1].sin() if k % 2 else chain[-1] * 1.1)
    chain[-1].backward()
    parsed = Parsed(draw(chain[-1]))
    (fold,) = [texts for texts in parsed.nodes.values() if "operations" in texts[0]]
    assert fold[0] == "46 operations: ·, sin, ·, sin, …"
    slope = chain[2].grad / chain[48].grad  # of the fold as a whole, by the chain rule
    assert any(texts[:1] == (f"{slope:.3g}",) for _, _, texts in parsed.edges)
    whole = Parsed(draw(chain[-1], view="scalar")).nodes
    assert len(whole) == len(chain[-1].topological_order())


def test_a_value_used_twice_ends_a_chain():
    x = Value(0.5, label="x")
    v = x
    for k in range(20):
        v = v.sin() if k % 2 else v * v  # each square uses its input twice
    assert "operations" not in Parsed(draw(v)).text


def test_of_a_wide_layer_some_units_are_drawn_and_the_rest_is_counted():
    *_, graph = network_graph([64, 25, 10])
    with pytest.warns(UserWarning, match="some units of each wide layer are drawn"):
        parsed = Parsed(draw(graph))
    for hidden in "… 58 more", "… 19 more", "… 4 more":
        assert hidden in parsed.text
    assert {"unit1_1", "unit1_64", "unit2_25", "unit3_10"} <= set(parsed.nodes)
    assert "unit1_30" not in parsed.nodes
    drawn = sum(kind == "weight" and " J" not in name for name, kind in parsed.kinds.items())
    assert drawn <= 100


def test_an_operator_may_be_a_small_node_of_its_own():
    x, y = Value(2.0, label="x"), Value(-3.0, label="y")
    z = x * y
    z.label = "z"
    z.backward()
    parsed = Parsed(draw(z, style="nodes"))
    assert parsed.nodes == {
        "n0": ["x", "2", "∂z/∂x = −3"],
        "n1": ["y", "−3", "∂z/∂y = 2"],
        "n2op": ["·"],
        "n2": ["z", "−6", "∂z/∂z = 1"],
    }
    expected = {("n2op", "n2"), ("n0", "n2op"), ("n1", "n2op")}
    assert {edge[:2] for edge in parsed.edges} == expected
    with pytest.raises(ValueError, match="style: got 'dots', expected cards or nodes"):
        draw(z, style="dots")


@pytest.mark.parametrize("sizes", [[1, 1], [2, 2, 1], [2, 2, 2], [3, 4, 4, 2]])
def test_a_picture_has_the_shape_of_a_page(sizes):
    *_, graph = network_graph(sizes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        root = ET.fromstring(svg(draw(graph)).encode())
    width, height = (float(root.get(side).removesuffix("pt")) for side in ("width", "height"))
    assert 1 / 3 < width / height < 3.2


def test_the_layer_view_shows_which_matrices_each_equation_needs():
    *_, graph = network_graph([2, 3, 2])
    edges = {edge[:2] for edge in Parsed(draw(graph, view="layer")).edges}
    assert {("a1", "D1"), ("delta2", "D1"), ("a2", "D2"), ("delta3", "D2")} <= edges  # (1)
    assert {("Theta2", "delta2"), ("delta3", "delta2"), ("a2", "delta2")} <= edges  # (2)


def test_a_saturated_unit_is_marked():
    net = SigmoidNetwork(thetas=[[[0.0, 9.0], [0.0, 0.5]], [[0.0, 1.0, 1.0]]])
    graph = example_graph(net, [1.0], 1.0)
    graph.cost.backward()
    picture = draw(graph, view="unit")
    parsed = Parsed(picture)
    slope = 1 / (2 + 2 * math.cosh(9.0))  # g'(z) = 1 / (2 + 2 cosh z)
    assert parsed.nodes["unit2_1"][-1] == f"g′ = {slope:.1g}".replace("e-0", "e−")
    assert "g′" not in "".join(parsed.nodes["unit2_2"])
    assert picture.source.count("peripheries=2") == 1
    assert "double ring: saturated" in parsed.text
