"""The weights of a network among the numbers that an object or a script holds, by their shapes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise, product
from typing import Any

from .layouts import Layout, Numbers, leaves

__all__ = ["Chain", "Path", "chains", "name_of"]

Path = tuple[str, ...]
NOT_WEIGHTS = re.compile(
    r"(?i)^(x|y|inputs?|outputs?|targets?|labels?|d_?[wb].*|delta.*|grad.*|nabla.*|a\d*|z\d*)$"
)
WEIGHTS = re.compile(r"(?i)^_*w|weight|theta|syn|kernel|coef")
BIAS = re.compile(r"(?i)^b|bias")


@dataclass(frozen=True)
class Chain:
    """Where the weights of each layer stand, how they are laid out, and the units per layer."""

    weights: tuple[Path, ...]
    biases: tuple[Path, ...]
    layout: Layout
    sizes: tuple[int, ...]


def chains(tree: Mapping[str, Any]) -> Iterator[Chain]:
    """The chains of matrices among the numbers in ``tree``, the likeliest first.

    >>> import numpy as np
    >>> [c.sizes for c in chains({"W1": np.ones((5, 4)), "W2": np.ones((3, 5))})][0]
    (4, 5, 3)
    """
    everything = [
        (path, array)
        for path, array in leaves(tree)
        if array.ndim in (1, 2) and array.size and not NOT_WEIGHTS.match(name_of(path))
    ]
    matrices = [
        (path, array) for path, array in everything
        if array.ndim == 2 and not (BIAS.search(name_of(path)) and 1 in array.shape)
    ]  # fmt: skip
    told = [(path, array) for path, array in matrices if WEIGHTS.search(name_of(path))]
    matrices = told or matrices
    vectors = [(p, a) for p, a in everything if all(p != path for path, _ in matrices)]
    for chosen in _sequences(matrices):
        for turned, extra in product((False, True), (0, 1)):
            chain = _chain(chosen, vectors, turned, extra)
            if chain is not None:
                yield chain
                if extra:
                    yield replace(chain, layout=replace(chain.layout, last=True))


Leaf = tuple[Path, Numbers]
SEVERAL = 7  # matrices, of which sub-sequences are tried; of more only all of them


def _sequences(matrices: Sequence[Leaf]) -> Iterator[Sequence[Leaf]]:
    """All matrices in order, then fewer of them, then the same in the opposite order."""
    for count in range(len(matrices), 0, -1):
        if count == len(matrices) or len(matrices) <= SEVERAL:
            for chosen in combinations(matrices, count):
                yield chosen
                if count > 1:
                    yield chosen[::-1]


def _chain(
    matrices: Sequence[Leaf], vectors: Sequence[Leaf], turned: bool, extra: int
) -> Chain | None:
    """The chain of these matrices, (out, in + extra) or turned, if they are one."""
    shapes = [array.shape[::-1] if turned else array.shape for _, array in matrices]
    # each layer takes what the one before gives
    for before, after in pairwise(shapes):
        if after[1] != before[0] + extra:
            return None
    sizes = (shapes[0][1] - extra, *(shape[0] for shape in shapes))
    if min(sizes) < 1:
        return None
    paths = tuple(path for path, _ in matrices)
    if extra:
        return Chain(paths, (), Layout("theta", turned), sizes)
    biases = _biases(vectors, sizes[1:])
    if biases is None:
        return Chain(paths, (), Layout("none", turned), sizes)
    deep = [array.shape for _, array in biases if array.ndim == 2]
    column = all(shape[1] == 1 for shape in deep) and not (turned and set(deep) == {(1, 1)})
    bias = ("column" if column else "row") if deep else "flat"
    return Chain(paths, tuple(path for path, _ in biases), Layout("apart", turned, bias), sizes)


def _biases(
    vectors: Sequence[tuple[Path, Numbers]], sizes: Sequence[int]
) -> list[tuple[Path, Numbers]] | None:
    """One vector for each layer, in order; None if there are none."""
    left = [v for v in vectors if BIAS.search(name_of(v[0])) or BIAS.search(v[0][0])] or list(
        vectors
    )
    found = []
    for size in sizes:
        place = next(
            (i for i, (_, a) in enumerate(left) if a.size == size and max(a.shape) == a.size), None
        )
        if place is None:
            return None
        found.append(left.pop(place))
    return found


def name_of(path: Path) -> str:
    """The last word of a path that is no number."""
    return next((part for part in reversed(path) if not part.isdigit()), "")
