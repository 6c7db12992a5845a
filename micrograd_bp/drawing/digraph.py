"""A ``graphviz.Digraph`` that keeps the layout program's remarks on fonts to itself."""

from __future__ import annotations

from functools import partialmethod

import graphviz

__all__ = ["QuietDigraph"]


class QuietDigraph(graphviz.Digraph):  # type: ignore[misc]
    """The embedded layout program remarks on standard error that it guesses the width of θ.

    In a notebook that would stand in red above each picture. Errors are raised as ever, and
    ``quiet=False`` lets the remarks through.
    """

    pipe = partialmethod(graphviz.Digraph.pipe, quiet=True)
    render = partialmethod(graphviz.Digraph.render, quiet=True)
