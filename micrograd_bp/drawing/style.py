"""How the pictures look: colours, numbers, text that is safe in DOT, and the legend."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..scalar.engine import Value

if TYPE_CHECKING:
    import graphviz

__all__ = [
    "THEMES",
    "Picture",
    "Theme",
    "add",
    "at",
    "coloured",
    "in_order",
    "inches",
    "lines",
    "number",
    "plain",
    "safe",
    "slope",
    "stroke",
    "text",
    "tooltip",
]

FONT = "Helvetica"
MAX_LINE = 200
LARGEST_PLAIN = 1e6  # from here on numbers are written with an exponent
MAX_LABEL = 40  # characters of a label that are shown; a picture is no place for a novel

_EXPONENT_ZEROS = re.compile(r"(?<=e)([+-])0+(?=\d)")

# Neither XML nor a terminal can show these: control characters and halves of surrogate pairs.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")


@dataclass(frozen=True)
class Theme:
    """Colours that colour-blind people tell apart (Okabe and Ito, 2008), on neutral ones.

    One code in pictures, page and plots: the hue is the direction (``forward`` for values,
    ``backward`` for δ and every derivative), a dashed line is negative, and width is size.
    """

    background: str
    text: str
    faint: str
    line: str
    forward: str
    backward: str
    path: str
    fills: dict[str, str]


THEMES = {
    "light": Theme(
        background="#ffffff",
        text="#1b1f24",
        faint="#59626d",
        line="#8f98a3",
        forward="#0072b2",
        backward="#b84f00",
        path="#00785a",
        fills={
            "inner": "#f6f7f9",
            "data": "#ffffff",
            "bias": "#e4e7eb",
            "parameter": "#fdf6d2",
            "z": "#fdf0e6",
            "a": "#edf6fc",
            "cost": "#f3f3fa",
        },
    ),
    "dark": Theme(
        background="#15181c",
        text="#e8ebee",
        faint="#a2acb8",
        line="#6d7884",
        forward="#56b4e9",
        backward="#ff9350",
        path="#8fe3a0",
        fills={
            "inner": "#1e2329",
            "data": "#15181c",
            "bias": "#353c44",
            "parameter": "#3a3517",
            "z": "#3b2616",
            "a": "#17303f",
            "cost": "#2a2a41",
        },
    ),
}


def number(value: float, digits: int = 3) -> str:
    """A number as people write it, with a minus sign as wide as the plus sign.

    >>> number(-0.012345), number(2.0), number(1000.0), number(-2.5e-7)
    ('−0.0123', '2', '1000', '−2.5e−7')
    """
    written = f"{value + 0.0:.{digits}g}"  # + 0.0 makes 0 of −0
    if "e" in written:
        small = 1.0 <= abs(value) < LARGEST_PLAIN
        written = f"{value:.0f}" if small else _EXPONENT_ZEROS.sub(r"\1", written)
    return written.replace("-", "−")


def plain(label: str, most: int = MAX_LABEL) -> str:
    """A label on one line, shortened, without characters that cannot be shown.

    >>> plain("two\\nlines")
    'two lines'
    """
    text = _UNPRINTABLE.sub(" ", label)
    return text if len(text) <= most else text[: most - 1] + "…"


def safe(text: str) -> str:
    """Text for the inside of an HTML-like label, where < & \\ and quotes mean something.

    >>> safe("<b> & co")
    '&lt;b&gt; &amp; co'
    """
    return html.escape(text).replace("\\", "\\\\")


def tooltip(content: str) -> str:
    """Text for a tooltip, in which Graphviz replaces what follows a backslash, and does so twice.

    >>> print(tooltip("a & b"))
    a &amp; b
    """
    return html.escape(plain(content, MAX_LINE)).replace("\\", "\\" * 4)


def text(content: str) -> str:
    r"""Text for a plain label, with \\n between its lines.

    >>> print(text("<a>\nb"))
    &lt;a&gt;\nb
    """
    import graphviz

    escaped = [graphviz.escape(html.escape(plain(line, MAX_LINE))) for line in content.split("\n")]
    joined: str = graphviz.nohtml("\\n".join(escaped))
    return joined


def slope(node: Value) -> float:
    """The node's gradient as a number, also after backward(create_graph=True)."""
    grad: Any = node.grad
    return float(grad.data if isinstance(grad, Value) else grad)


def lines(*parts: str, align: str = "left") -> str:
    """An HTML-like label of lines, given as safe text."""
    return "<" + "".join(f'{part}<br align="{align}"/>' for part in parts) + ">"


def coloured(text: str, colour: str, size: int | None = None) -> str:
    """Safe text as a piece of an HTML-like label."""
    points = "" if size is None else f' point-size="{size}"'
    return f'<font color="{colour}"{points}>{safe(text)}</font>'


def table(rows: list[str]) -> str:
    """An HTML-like label of rows, given as safe text: the caption below a picture."""
    cells = "".join(f'<tr><td align="left">{row}</td></tr>' for row in rows)
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="3">{cells}</table>>'


class Picture:
    """A Digraph in the making: it draws with the theme's colours and collects the caption."""

    def __init__(self, theme: Theme, largest: float | None, **graph_attr: str) -> None:
        from .digraph import QuietDigraph

        self.theme = theme
        # the gradient that gets the widest line; None before any backward pass
        self.largest = largest
        self.caption: list[str] = []
        self.digraph: graphviz.Digraph = QuietDigraph(
            graph_attr={
                "rankdir": "LR",
                "bgcolor": theme.background,
                "fontname": FONT,
                "fontsize": "12",
                "fontcolor": theme.text,
                "labelloc": "b",
                "labeljust": "l",
                "pad": "0.2",
                **graph_attr,
            },
            node_attr={
                "fontname": FONT,
                "fontsize": "12",
                "fontcolor": theme.text,
                "color": theme.line,
                "style": "filled",
            },
            edge_attr={
                "fontname": FONT,
                "fontsize": "10",
                "fontcolor": theme.faint,
                "color": theme.line,
                "arrowsize": "0.6",
            },
        )

    def relative(self, gradient: float) -> float:
        """The size of a gradient beside the largest one, from 0 to 1."""
        return abs(gradient) / self.largest if gradient and self.largest else 0.0

    def signed(self, gradient: float | None, fading: bool = False) -> dict[str, str]:
        """The look of a line that carries a gradient: dashed if negative, as wide as it is large.

        With ``fading`` the small ones fade into the background, where lines are very many.
        """
        if gradient is None or self.largest is None:
            return {}
        size = self.relative(gradient)
        colour = self.theme.backward if gradient else self.theme.line
        if fading:
            colour = _mixed(self.theme.background, colour, 0.1 + 0.9 * size)
            return {"color": colour, "penwidth": f"{0.2 + 2.8 * size:.2f}"}
        return stroke(colour, gradient, size)

    def note(self, content: str, place: str, colour: str) -> None:
        """Text at a fixed place."""
        self.digraph.node(
            f"note {place}",
            label=text(content),
            pos=place,
            shape="box",
            style="filled",
            color=self.theme.background,
            fillcolor=self.theme.background,
            fontcolor=colour,
            margin="0.02,0",
            width="0",
            height="0",
            **{"class": "note"},
        )

    def path_caption(self, rows: list[str], ends: tuple[Value, Value]) -> None:
        """What is marked, the paths written out, and the gradient that backward() found."""
        source = ends[0]
        marked = "■ every path, with the local derivative of each step"
        self.caption.append(coloured(marked, self.theme.path))
        self.caption.extend(safe(row) for row in rows[:-1])
        total = f"<b>{safe(rows[-1])}</b>"
        if source.has_grad:
            total += coloured(
                f"    backward() found {number(slope(source), 4)}", self.theme.backward
            )
        self.caption.append(total)

    @contextmanager
    def frame(self, title: str) -> Iterator[graphviz.Digraph]:
        """What is added to it stands in a frame with this title; without a title, in none."""
        if not title:
            yield self.digraph
            return
        with self.digraph.subgraph(name=f"cluster {title}") as framed:
            framed.attr(label=title, color=self.theme.line, fontcolor=self.theme.faint)
            framed.attr(style="rounded", labelloc="t", labeljust="l", tooltip=title)
            yield framed

    def legend(self, meaning: str) -> None:
        """Explain the lines' style and width in the caption, if a backward pass has run."""
        theme = self.theme
        if not self.largest:
            none = "no gradients: backward() has not run"
            every = "every gradient is 0: no step changes the output"
            said = none if self.largest is None else every
            self.caption.append(coloured(said, theme.faint))
            return
        signs = safe("solid: positive, dashed: negative")
        widest = safe(f"width: its size, the widest {number(self.largest)}")
        self.caption.append("   ".join([coloured(meaning, theme.backward), signs, widest]))

    def remark(self, content: str) -> None:
        """A line in the caption, in a faint colour."""
        self.caption.append(coloured(content, self.theme.faint))

    def finished(self) -> graphviz.Digraph:
        """The Digraph with its caption below it."""
        if self.caption:
            self.digraph.graph_attr["label"] = table(self.caption)
        return self.digraph


def stroke(colour: str, number: float, size: float) -> dict[str, str]:
    """A line in a colour: dashed if the number is negative; ``size`` from 0 to 1 is its width."""
    width = {"color": colour, "penwidth": f"{0.5 + 4.5 * size:.2f}"}
    return width | {"style": "dashed"} if number < 0.0 else width


def add(digraph: graphviz.Digraph, subject: str, attributes: Mapping[str, str]) -> None:
    """As ``digraph.node`` and ``digraph.edge``, at a third of their time.

    A graph of 20,000 nodes notices. The subject is a plain name, or two and an arrow; the
    attributes are already safe: plain words, or made by ``lines`` and ``tooltip``.
    """
    listed = " ".join(
        f"{name}={value}" if value.startswith("<") else f'{name}="{value}"'
        for name, value in attributes.items()
    )
    digraph.body.append(f"\t{subject} [{listed}]\n")


def in_order(digraph: graphviz.Digraph, names: Sequence[str]) -> None:
    """Have dot put these nodes, which must be in no frame, into one column from top to bottom."""
    with digraph.subgraph() as column:
        column.attr(rank="same")
        for above, below in pairwise(names):
            column.edge(above, below, style="invis")


def at(x: float, y: float) -> str:
    """A fixed place, given in points; neato reads inches."""
    return f"{inches(x)},{inches(y)}!"


def inches(points: float) -> str:
    """A length as Graphviz reads it."""
    return f"{points / 72:.4f}"


def _mixed(ground: str, colour: str, part: float) -> str:
    """Between two #rrggbb colours: ``part`` of the second."""
    pairs = [(int(ground[i : i + 2], 16), int(colour[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + part * (b - a)):02x}" for a, b in pairs)
