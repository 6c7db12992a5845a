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
    "text",
    "tooltip",
]

FONT = "Helvetica"
MAX_LINE = 200
MAX_LABEL = 40  # characters of a label that are shown; a picture is no place for a novel

# Neither XML nor a terminal can show these: control characters and halves of surrogate pairs.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")


@dataclass(frozen=True)
class Theme:
    """Colours that colour-blind people tell apart (Okabe and Ito, 2008), on neutral ones."""

    background: str
    text: str
    faint: str
    line: str
    positive: str
    negative: str
    delta: str
    path: str
    fills: dict[str, str]


THEMES = {
    "light": Theme(
        background="#ffffff",
        text="#1a1a1a",
        faint="#6b6b6b",
        line="#9a9a9a",
        positive="#0072B2",
        negative="#D55E00",
        delta="#8E3B75",  # their reddish purple, darkened until small text reads on white
        path="#009E73",
        fills={
            "inner": "#f3f3f3",
            "data": "#ffffff",
            "bias": "#e2e2e2",
            "parameter": "#fdf6d2",
            "z": "#f6e4ef",
            "a": "#e1f0fa",
            "cost": "#fbe6da",
        },
    ),
    "dark": Theme(
        background="#14171a",
        text="#f2f2f2",
        faint="#a5abb2",
        line="#767d85",
        positive="#56B4E9",
        negative="#E69F00",
        delta="#E6A0C8",
        path="#2BC79A",
        fills={
            "inner": "#2a2e33",
            "data": "#14171a",
            "bias": "#40454b",
            "parameter": "#45401c",
            "z": "#43293a",
            "a": "#1c3648",
            "cost": "#4a2d1b",
        },
    ),
}


def number(value: float, digits: int = 3) -> str:
    """A number for a picture, with a minus sign as wide as the plus sign.

    >>> number(-0.012345), number(2.0)
    ('−0.0123', '2')
    """
    return f"{value + 0.0:.{digits}g}".replace("-", "−")  # + 0.0 makes 0 of −0


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


def lines(*parts: str) -> str:
    """An HTML-like label of left-aligned lines, given as safe text."""
    return "<" + "".join(f'{part}<br align="left"/>' for part in parts) + ">"


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

    def __init__(self, theme: Theme, largest: float, **graph_attr: str) -> None:
        from .digraph import QuietDigraph

        self.theme = theme
        self.largest = largest  # the gradient that gets the widest line; 0 if there is none
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

    def signed(self, gradient: float | None, fading: bool = False) -> dict[str, str]:
        """Colour and width of a line for a gradient: its sign and its size.

        With ``fading`` the small ones fade into the background, where lines are very many.
        """
        if gradient is None or self.largest == 0.0:
            return {}
        size = abs(gradient) / self.largest
        colour = self.theme.positive if gradient >= 0 else self.theme.negative
        if fading:
            colour = _mixed(self.theme.background, colour, 0.1 + 0.9 * size)
            return {"color": colour, "penwidth": f"{0.2 + 2.8 * size:.2f}"}
        return {
            "color": colour if gradient else self.theme.line,
            "penwidth": f"{0.5 + 4.5 * size:.2f}",
        }

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
            total += coloured(f"    backward() found {number(slope(source), 4)}", self.theme.delta)
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
        """Explain the lines' colour and width in the caption, if a backward pass has run."""
        theme = self.theme
        if self.largest == 0.0:
            self.caption.append(coloured("no gradients: backward() has not run", theme.faint))
            return
        signs = [coloured("■ positive", theme.positive), coloured("■ negative", theme.negative)]
        widest = safe(f"width: its size, the widest {number(self.largest)}")
        self.caption.append("   ".join([safe(f"line: {meaning}"), *signs, widest]))

    def finished(self) -> graphviz.Digraph:
        """The Digraph with its caption below it."""
        if self.caption:
            self.digraph.graph_attr["label"] = table(self.caption)
        return self.digraph


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
