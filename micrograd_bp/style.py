"""How the pictures look: colours, numbers, text that is safe in DOT, and the legend."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import graphviz

__all__ = ["THEMES", "Picture", "Theme", "coloured", "lines", "number", "plain", "safe", "tooltip"]

FONT = "Helvetica"
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


def plain(label: str) -> str:
    """A label on one line, shortened, without characters that cannot be shown.

    >>> plain("two\\nlines")
    'two lines'
    """
    text = _UNPRINTABLE.sub(" ", label)
    return text if len(text) <= MAX_LABEL else text[: MAX_LABEL - 1] + "…"


def safe(text: str) -> str:
    """Text for the inside of an HTML-like label, where < & and quotes mean something.

    >>> safe("<b> & co")
    '&lt;b&gt; &amp; co'
    """
    return html.escape(text)


def tooltip(text: str) -> str:
    r"""Text for a tooltip: an escString, in which also a backslash and & mean something.

    >>> print(tooltip(r"\N & co"))
    \\N &amp; co
    """
    import graphviz

    escaped: str = graphviz.escape(html.escape(text))
    return escaped


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
        import graphviz

        self.theme = theme
        self.largest = largest  # the gradient that gets the widest line; 0 if there is none
        self.caption: list[str] = []
        self.digraph = graphviz.Digraph(
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

    def signed(self, gradient: float | None) -> dict[str, str]:
        """Colour and width of a line for a gradient: its sign and its size."""
        if gradient is None or self.largest == 0.0:
            return {}
        colour = self.theme.positive if gradient >= 0 else self.theme.negative
        return {
            "color": colour if gradient else self.theme.line,
            "penwidth": f"{0.5 + 4.5 * abs(gradient) / self.largest:.2f}",
        }

    def in_order(self, names: Sequence[str]) -> None:
        """Put these nodes into one column, from top to bottom."""
        with self.digraph.subgraph() as column:
            column.attr(rank="same")
            for above, below in pairwise(names):
                column.edge(above, below, style="invis")

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
