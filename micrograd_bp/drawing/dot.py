"""Pictures from a ``graphviz.Digraph``: the layout program that is there, and the file written.

The ``graphviz`` package calls a program ``dot`` that pip does not install. Where the machine has
none, the command of ``graphviz-pure`` takes its place: pip puts it beside the running Python.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from ..support.files import write_file

if TYPE_CHECKING:
    import graphviz

__all__ = ["find_dot", "render", "svg"]

FORMATS = ("svg", "png", "pdf", "dot")
EMBEDDED = "graphviz-pure"
PNG_DPI = 144  # twice the 72 points of an inch, so that small subscripts stay legible
PNG_PIXELS = 32767  # the longest side that every renderer of PNG can make


def find_dot() -> str | None:
    """The path of the layout program: the system's ``dot``, else graphviz-pure, else None.

    The ``graphviz`` package is told about it, so that a Digraph's own ``render``, ``pipe`` and
    notebook display use it as well. A program that the user has configured there stays.
    """
    from graphviz.backend import dot_command

    program = shutil.which(str(dot_command.DOT_BINARY)) or _embedded()
    if program is not None:
        dot_command.DOT_BINARY = Path(program)
    return program


def render(digraph: graphviz.Digraph, path: str | os.PathLike[str]) -> Path:
    """Write the picture to ``path``: SVG, PNG, PDF or DOT by the ending of its name.

    A PNG has 144 pixels to the inch, fewer where it would pass 32,767 pixels: a picture that large
    is better an SVG. The file appears complete or not at all. Returns the path. Raises ValueError
    if the ending is another one or Graphviz refuses the graph, FileNotFoundError if there is no
    layout program for the format, OSError if the file cannot be written.

    >>> import tempfile
    >>> import graphviz
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     render(graphviz.Digraph(body=["a -> b"]), f"{folder}/graph.svg").name
    'graph.svg'
    """
    target = Path(path)
    ending = target.suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        expected = ", ".join(f".{name}" for name in FORMATS)
        raise ValueError(f"path: got {target.name!r}, expected a name that ends in {expected}")
    if ending == "dot":
        picture = digraph.source.encode()
    elif ending == "png":
        sharp = digraph.copy()
        sharp.graph_attr["dpi"] = f"{min(PNG_DPI, 72 * PNG_PIXELS / _longest_side(digraph)):.2f}"
        picture = _laid_out(sharp, ending)
    else:
        picture = _laid_out(digraph, ending)
    write_file(target, picture)
    return target


def svg(digraph: graphviz.Digraph) -> str:
    """The picture as the text of an SVG document.

    Raises FileNotFoundError if there is no layout program, ValueError if it refuses the graph.

    >>> import graphviz
    >>> svg(graphviz.Digraph(body=["a -> b"])).count('class="node"')
    2
    """
    return _laid_out(digraph, "svg").decode()


def _embedded() -> str | None:
    """graphviz-pure's command: beside the running Python, which need not be on PATH, or on it."""
    folders = [
        sysconfig.get_path("scripts"),
        str(Path(sys.executable).parent),
        sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user")),
        os.environ.get("PATH", ""),
    ]
    return shutil.which(EMBEDDED, path=os.pathsep.join(folders))


def _laid_out(digraph: graphviz.Digraph, ending: str) -> bytes:
    import graphviz

    program = find_dot()
    if program is None:
        raise FileNotFoundError(
            "no Graphviz on this machine: install it (https://graphviz.org/download) "
            "or run `pip install graphviz-pure`"
        )
    if ending == "pdf" and Path(program).stem == EMBEDDED:
        raise FileNotFoundError(
            "PDF needs Graphviz itself: install it (https://graphviz.org/download), "
            "or write .svg or .png, which the embedded one can"
        )
    try:
        return digraph.pipe(format=ending, quiet=True)  # type: ignore[no-any-return]
    except graphviz.CalledProcessError as error:
        lines = (error.stderr or b"").decode(errors="replace").split("\n")
        raise ValueError(f"Graphviz cannot lay out this graph: {lines[0]}") from error


def _longest_side(digraph: graphviz.Digraph) -> float:
    """The larger of the picture's width and height, in points."""
    size = re.search(r'<svg width="([\d.]+)pt" height="([\d.]+)pt"', svg(digraph))
    assert size is not None
    return max(float(size[1]), float(size[2]))
