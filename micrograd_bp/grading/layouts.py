"""How weights, examples and labels are laid out in people's code, and back again.

The course's layout is Θ⁽ˡ⁾ (s_{l+1}, s_l + 1) with the bias first, examples in rows and one-hot
labels (m, K). Whatever other layout a code wants, its gradient is brought back to that one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ..gradients import Gradient, backprop_gradient
from ..network.sigmoid import SigmoidNetwork
from ..support.validation import Array
from .model import with_bias
from .submission import UserError

__all__ = [
    "COURSE",
    "EXAMPLES",
    "LABELS",
    "ROW_BY_ROW",
    "Layout",
    "Problem",
    "gather",
    "leaves",
    "random_problem",
]

Numbers = npt.NDArray[Any]
SEED = 1986


@dataclass(frozen=True)
class Problem:
    """One network with its data, in the course's layout."""

    net: SigmoidNetwork
    X: Array
    Y: Array
    lambda_: float

    @cached_property
    def exact(self) -> Gradient:
        return backprop_gradient(self.net, self.X, self.Y, self.lambda_)

    @cached_property
    def without_biases(self) -> Problem:
        """The same problem with all bias weights 0."""
        thetas = [np.hstack([0.0 * theta[:, :1], theta[:, 1:]]) for theta in self.net.thetas]
        return replace(self, net=SigmoidNetwork(thetas=thetas))


@dataclass(frozen=True)
class Layout:
    """How a code holds the weights of each layer.

    ``kind`` is "theta" (with the bias column), "apart" (W and b) or "none" (no biases at all);
    ``turned`` says that matrices are (in, out); ``bias`` is the shape of b: "flat" (s,),
    "column" (s, 1) or "row" (1, s); ``last`` says that Θ has its bias weights behind the others.
    """

    kind: str = "theta"
    turned: bool = False
    bias: str = "flat"
    last: bool = False

    @property
    def has_biases(self) -> bool:
        """Whether the code has any bias weights."""
        return self.kind != "none"

    @property
    def words(self) -> str:
        """In the report: how the weights were handed over, "" for the course's way."""
        made = {"theta": [], "apart": ["W and b apart"], "none": ["no biases"]}[self.kind]
        made += ["weights as (in, out)"] * self.turned + ["the bias weight last"] * self.last
        return ", ".join(made)

    def problem(self, problem: Problem) -> Problem:
        """The problem that such weights can hold."""
        return problem if self.has_biases else problem.without_biases

    def pieces(self, matrices: Sequence[Array]) -> tuple[list[Numbers], list[Numbers]]:
        """Matrices of Θ's shapes in this layout: the matrices, and the biases where they are
        apart."""
        weights = [M if self.kind == "theta" else M[:, 1:] for M in matrices]
        weights = [np.roll(M, -1, axis=1) if self.last else M for M in weights]
        weights = [np.array(M.T if self.turned else M) for M in weights]
        shapes = {"flat": (-1,), "column": (-1, 1), "row": (1, -1)}
        biases = [np.array(M[:, 0]).reshape(shapes[self.bias]) for M in matrices]
        return weights, biases if self.kind == "apart" else []

    def matrices(
        self, weights: Sequence[Numbers], biases: Sequence[Numbers], exact: Sequence[Array]
    ) -> list[Numbers]:
        """The course's matrices from pieces of this layout; ``exact`` gives what they lack."""
        made = [M.T if self.turned else M for M in weights]
        if self.kind == "theta":
            return [np.roll(M, 1, axis=1) if self.last else M for M in made]
        columns = [np.reshape(b, (-1, 1)) for b in biases] or [D[:, :1] for D in exact]
        return [np.hstack([b, M]) for b, M in zip(columns, made, strict=True)]


COURSE = Layout()


# Examples and labels: what is made of X (m, n) and Y (m, K), and in which words


EXAMPLES: dict[str, Callable[[Array], Numbers]] = {
    "": lambda X: X.copy(),
    "X with its column of ones": with_bias,
    "examples in columns": lambda X: np.array(X.T),
    "examples in columns with a row of ones": lambda X: np.array(with_bias(X).T),
    "one example as (n,)": lambda X: X[0].copy(),
    "one example as (n, 1)": lambda X: X[0][:, np.newaxis].copy(),
    "examples as (m, 1, n)": lambda X: X[:, np.newaxis].copy(),
    "X with a column of ones behind": lambda X: np.roll(with_bias(X), -1, axis=1),
}
ROW_BY_ROW = ("examples as (m, 1, n)", "Y as (m, 1, K)")  # each example a matrix of one row
SINGLE = {"one example as (n,)", "one example as (n, 1)"}


def _labels(Y: Array) -> Numbers:
    """Class numbers from 0; of a single output its 0 and 1."""
    return np.asarray(Y[:, 0] if Y.shape[1] == 1 else Y.argmax(axis=1)).astype(np.intp)


def _many(Y: Array) -> Array:
    if Y.shape[1] == 1:
        raise UserError("one output has no other labels than 0 and 1")
    return Y


LABELS: dict[str, Callable[[Array], Any]] = {
    "": lambda Y: Y.copy(),
    "y as class numbers from 0": _labels,
    "y as class labels from 1": lambda Y: _labels(_many(Y)) + 1,
    "y as (m, 1) class labels from 1": lambda Y: _labels(_many(Y))[:, np.newaxis] + 1,
    "y as (m, 1) class numbers from 0": lambda Y: _labels(_many(Y))[:, np.newaxis],
    "y as class labels with K for 0": lambda Y: _k_for_0(Y),
    "y as (m, 1) class labels with K for 0": lambda Y: _k_for_0(Y)[:, np.newaxis],
    "Y with examples in columns": lambda Y: np.array(Y.T),
    "y as (1, m) class labels from 1": lambda Y: _labels(_many(Y))[np.newaxis] + 1,
    "y as (1, m) class numbers from 0": lambda Y: _labels(_many(Y))[np.newaxis],
    "Y as (m, 1, K)": lambda Y: Y[:, np.newaxis].copy(),
    "y of one example as (K,)": lambda Y: Y[0].copy(),
    "y of one example as (K, 1)": lambda Y: Y[0][:, np.newaxis].copy(),
    "y of one example as its class number": lambda Y: int(_labels(_many(Y))[0]),
    "y of one example as a number": lambda Y: float(Y[0, 0]),
}
LABEL_WORDS = {words for words in LABELS if "class" in words}


def _k_for_0(Y: Array) -> Numbers:
    labels = _labels(_many(Y))
    return np.where(labels == 0, Y.shape[1], labels)


def random_problem(sizes: Sequence[int], m: int, lambda_: float, seed: int = SEED) -> Problem:
    """A small random network with m examples that hold every class, unequally often."""
    return _random_problem(tuple(sizes), m, lambda_, seed)


@lru_cache(maxsize=64)
def _random_problem(sizes: tuple[int, ...], m: int, lambda_: float, seed: int) -> Problem:
    rng = np.random.default_rng([seed, m, *sizes])
    net = SigmoidNetwork(sizes, init=1.2, seed=rng)
    X = rng.normal(size=(m, sizes[0]))
    classes = max(2, sizes[-1])
    pattern = [1, 0, *range(2, classes), classes - 1, 0]  # first and last differ
    if m <= len(pattern):
        labels = pattern[:m]
    else:
        labels = [*pattern, *rng.integers(0, classes, m - len(pattern))]
    return Problem(net, X, net.targets([int(label) for label in labels]), lambda_)


# Numbers in a returned value


def leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Numbers]]:
    """Every array of numbers in nested lists, tuples and dicts, with the way to it."""
    if isinstance(tree, np.ndarray):
        if tree.dtype.kind in "biuf":
            yield path, tree
    elif isinstance(tree, (bool, int, float)):
        yield path, np.asarray(float(tree))
    elif isinstance(tree, dict):
        for key, item in tree.items():
            yield from leaves(item, (*path, key))
    elif isinstance(tree, (list, tuple)):
        if _ends_in_numbers(tree):
            yield path, np.asarray(tree, dtype=np.float64)
        else:
            for index, item in enumerate(tree):
                yield from leaves(item, (*path, str(index)))


def _ends_in_numbers(tree: Sequence[Any]) -> bool:
    """Whether nested lists of plain numbers make one rectangular array."""
    plain = (isinstance(x, (bool, int, float, list)) or getattr(x, "shape", 0) == () for x in tree)
    if not tree or not all(plain):
        return False
    try:
        return bool(np.asarray(tree).dtype.kind in "biuf")
    except ValueError:
        return False


def gather(tree: Any, layout: Layout, like: Sequence[Array]) -> list[Numbers] | None:
    """Matrices of the shapes of ``like`` from the arrays in ``tree``; None if they are not there.

    Arrays are told by their shapes, and equal shapes by their order; a bias may come flat, as a
    column or as a row, whatever it was given as.
    """
    return next(gathered(tree, layout, like), None)


def gathered(tree: Any, layout: Layout, like: Sequence[Array]) -> Iterator[list[Numbers]]:
    """Every such set of matrices: those under a gradient's name, the first, and the last."""
    single = len(like) == 1 and like[0].shape[0] == 1  # db of one unit may be a plain number
    everything = [(path, array) for path, array in leaves(tree) if array.ndim or single]
    keys = [NUMBERED.search(path[-1]) if path else None for path, _ in everything]
    numbers = [int(found[0]) for found in keys if found]
    if len(numbers) == len(everything):  # they tell the layer: "W3" may stand before "W1"
        everything = [everything[i] for i in np.argsort(numbers, kind="stable")]
    named = [(path, array) for path, array in everything if path and GRADIENT.match(path[-1])]
    for chosen in (named, everything):
        arrays = [array for _, array in chosen]
        made = _by_shape(list(arrays), layout, like)
        if made is not None:
            yield made
            if len(arrays) >= 2 * len(like):  # without regularization and with it, perhaps
                backward = _by_shape(arrays[::-1], layout, like[::-1])
                if backward is not None:
                    yield backward[::-1]


GRADIENT = re.compile(r"(?i)d_?[wb_]|d_?theta|.*grad|nabla|delta_?[wb]")  # as keys are called


NUMBERED = re.compile(r"(?<=[A-Za-z_])\d+$")


def _by_shape(left: list[Numbers], layout: Layout, like: Sequence[Array]) -> list[Numbers] | None:
    weights, biases = layout.pieces(like)
    found: list[Numbers] = []
    for piece in weights:
        place = next((i for i, a in enumerate(left) if a.shape == piece.shape), None)
        if place is None:
            return None
        found.append(left.pop(place))
    flat: list[Numbers] = []
    for piece in biases:
        fits = (i for i, a in enumerate(left) if a.size == piece.size and a.ndim <= 2)
        place = next(fits, None)
        if place is None:
            return None
        flat.append(left.pop(place))
    return layout.matrices(found, flat, like)
