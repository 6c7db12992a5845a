"""A network of sigmoid units: its weights Θ, the forward pass and the cost J.

Everything here is arrays; the same network built node by node is in ``graph.py``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..support.memory import require_memory
from ..support.validation import Array, finite_array, random_generator, regularization
from .symbols import symbol

__all__ = ["ForwardPass", "SigmoidNetwork", "reshape", "sigmoid", "unroll"]

# A weight as float64, and once more when they are unrolled.
WEIGHT_BYTES = 16.0


def sigmoid(z: npt.ArrayLike) -> Array:
    """g(z) = 1 / (1 + e⁻ᶻ), element by element, with relative precision on both sides.

    >>> sigmoid([0.0, -700.0])
    array([5.00000000e-001, 9.85967654e-305])
    """
    z = np.asarray(z, dtype=np.float64)
    e = np.exp(-np.abs(z))  # never overflows
    return np.asarray(np.where(z >= 0, 1.0, e) / (1.0 + e))


def unroll(matrices: Sequence[npt.ArrayLike]) -> Array:
    """Put matrices of any shapes into one vector, column after column as Octave's ``M(:)``.

    The source's ``thetaVec = [theta1(:); theta2(:)]``.

    >>> unroll([[[1, 2], [3, 4]], [[5, 6]]])
    array([1., 3., 2., 4., 5., 6.])
    """
    if len(matrices) == 0:
        return np.empty(0)
    arrays = [finite_array(f"matrices[{i}]", matrix) for i, matrix in enumerate(matrices)]
    return np.concatenate([array.ravel(order="F") for array in arrays])


def reshape(vector: npt.ArrayLike, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """Take ``unroll``'s vector apart again into matrices of the given shapes.

    The source's ``theta1 = reshape(thetaVec(1:110), 10, 11)``, for all matrices at once.
    Raises ValueError if the vector's length is not the sum of the shapes' sizes.

    >>> reshape([1, 3, 2, 4, 5, 6], [(2, 2), (1, 2)])
    [array([[1., 2.],
           [3., 4.]]), array([[5., 6.]])]
    """
    flat = np.array(vector, dtype=np.float64)
    counts = [math.prod(shape) for shape in shapes]
    if flat.shape != (sum(counts),):
        raise ValueError(
            f"vector: got shape {flat.shape}, expected ({sum(counts)},) for matrices of "
            f"{' and '.join('×'.join(map(str, shape)) for shape in shapes)}"
        )
    pieces = np.split(flat, np.cumsum(counts)[:-1]) if counts else []
    return [piece.reshape(shape, order="F") for piece, shape in zip(pieces, shapes, strict=True)]


class ForwardPass(NamedTuple):
    """Weighted inputs and activations, lists over the layers of arrays (m, s_l)."""

    z: list[Array | None]  # z[0] is None: the input layer has no weighted input
    a: list[Array]  # a[0] is X; a[-1] is h_θ(x)


class SigmoidNetwork:
    """A fully connected network whose every unit is a sigmoid.

    Parameters
    ----------
    sizes : sequence of int
        The units of each layer from input to output, bias units not counted.
    thetas : sequence of array_like, optional
        The weights themselves: Θ⁽ˡ⁾ of shape (s_{l+1}, s_l + 1), its column 0 for the bias unit.
        Without them the weights are drawn uniformly from [−ε, ε].
    init : str or float, optional
        "glorot" takes ε = √6 / √(L_in + L_out) for each matrix, a number is ε itself, and "zeros"
        starts at 0, where all hidden units of a layer stay alike for ever.
    seed : int or numpy.random.Generator, optional
        What the weights are drawn with.

    Raises
    ------
    ValueError, TypeError
        If sizes, weights or ``init`` do not fit.

    Examples
    --------
    >>> net = SigmoidNetwork([4, 5, 3], seed=0)
    >>> [theta.shape for theta in net.thetas], net.theta.shape
    ([(5, 5), (3, 6)], (43,))
    """

    sizes: list[int]
    thetas: list[Array]

    def __init__(
        self,
        sizes: Sequence[int] | None = None,
        *,
        thetas: Sequence[npt.ArrayLike] | None = None,
        init: str | float = "glorot",
        seed: int | np.random.Generator | None = None,
    ) -> None:
        if thetas is not None:
            self.thetas = _weights(thetas)
            self.sizes = [theta.shape[1] - 1 for theta in self.thetas]
            self.sizes.append(self.thetas[-1].shape[0])
            if sizes is not None and list(sizes) != self.sizes:
                raise ValueError(f"sizes: got {list(sizes)}, but thetas are for {self.sizes}")
        elif sizes is not None:
            self.sizes = _layer_sizes(sizes)
            weights = sum(to * (n + 1.0) for n, to in pairwise(self.sizes))
            require_memory(f"sizes: {self.sizes}", WEIGHT_BYTES * weights)
            rng = random_generator(seed)
            self.thetas = [
                rng.uniform(-epsilon, epsilon, (l_out, l_in + 1))
                for l_in, l_out in pairwise(self.sizes)
                for epsilon in [_epsilon_init(init, l_in, l_out)]
            ]
        else:
            raise TypeError("sizes: got None, expected the units per layer, or thetas")

    @classmethod
    def suggest(
        cls,
        n_features: int,
        n_classes: int,
        hidden_layers: int = 1,
        *,
        seed: int | np.random.Generator | None = None,
    ) -> SigmoidNetwork:
        """The source's reasonable default: one hidden layer, or several with as many units each.

        As many inputs as features, an output for each class (a single one for two classes), and
        hidden layers as wide as the wider of the two. Raises ValueError or TypeError unless
        ``n_features`` ≥ 1, ``n_classes`` ≥ 2 and ``hidden_layers`` ≥ 0 are whole numbers.

        >>> SigmoidNetwork.suggest(4, 3), SigmoidNetwork.suggest(64, 10, hidden_layers=2)
        (SigmoidNetwork([4, 4, 3]), SigmoidNetwork([64, 64, 64, 10]))
        """
        given = {"n_features": n_features, "n_classes": n_classes, "hidden_layers": hidden_layers}
        for (name, number), least in zip(given.items(), (1, 2, 0), strict=True):
            if isinstance(number, bool) or not isinstance(number, Integral):
                raise TypeError(f"{name}: got {number!r}, expected a whole number")
            if number < least:
                raise ValueError(f"{name}: got {number}, expected at least {least}")
        outputs = 1 if n_classes == 2 else n_classes
        hidden = [max(n_features, outputs)] * hidden_layers
        return cls([n_features, *hidden, outputs], seed=seed)

    def __repr__(self) -> str:
        return f"SigmoidNetwork({self.sizes})"

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of the weight matrices."""
        return [theta.shape for theta in self.thetas]

    @property
    def theta(self) -> Array:
        """All weights unrolled into one vector (a copy); assign a vector to set them."""
        return unroll(self.thetas)

    @theta.setter
    def theta(self, vector: npt.ArrayLike) -> None:
        self.thetas = reshape(finite_array("theta", vector), self.shapes)

    def parameter_name(self, index: int) -> str:
        """The symbol of one entry of ``theta``.

        Raises ValueError if there is no such entry.

        >>> SigmoidNetwork([2, 2, 1], seed=0).parameter_name(3)
        'θ₂₁⁽¹⁾'
        """
        position = index
        for layer, (rows, columns) in enumerate(self.shapes, start=1):
            if 0 <= position < rows * columns:
                return symbol("θ", position % rows + 1, position // rows, layer=layer)
            position -= rows * columns
        raise ValueError(f"index: got {index}, expected 0 to {self.theta.size - 1}")

    def forward(self, X: npt.ArrayLike) -> ForwardPass:
        """Forward propagation of the examples X (m, s_1): z⁽ˡ⁺¹⁾ = Θ⁽ˡ⁾[1; a⁽ˡ⁾], a = g(z).

        Raises ValueError if X has another shape or is not finite.

        >>> net = SigmoidNetwork([2, 1], init="zeros")
        >>> net.forward([[1.0, 2.0]]).a[-1]
        array([[0.5]])
        """
        z: list[Array | None] = [None]
        a = [self.examples(X)]
        units = sum(self.sizes[1:])
        require_memory(f"X: {len(a[0])} examples through {self}", 16.0 * len(a[0]) * units)
        for theta in self.thetas:
            weighted = theta[:, 0] + a[-1] @ theta[:, 1:].T
            z.append(weighted)
            a.append(sigmoid(weighted))
        return ForwardPass(z, a)

    def cost(self, X: npt.ArrayLike, Y: npt.ArrayLike, lambda_: float = 0.0) -> float:
        """J: the mean over the examples of equation (3), plus λ/2m Σ θ² without bias weights.

        X is (m, s_1); Y one-hot (m, K), class indices (m,), or 0/1 (m,) for a single output.
        Raises ValueError if they do not fit the network.

        >>> SigmoidNetwork([2, 1], init="zeros").cost([[1.0, 2.0]], [1])  # log 2
        0.6931471805599453
        """
        examples, targets = self.data(X, Y)
        m = len(examples)
        z = self.forward(examples).z[-1]
        assert z is not None
        # -log g(z) = max(-z, 0) + log(1 + e^-|z|), which stays finite where g rounds to 0 or 1
        losses = (
            np.log1p(np.exp(-np.abs(z)))
            + targets * np.maximum(-z, 0.0)
            + (1.0 - targets) * np.maximum(z, 0.0)
        )
        penalty = sum(float(np.sum(theta[:, 1:] ** 2)) for theta in self.thetas)
        return float(np.sum(losses)) / m + regularization(lambda_) / (2.0 * m) * penalty

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.intp]:
        """The class of each example, (m,): the largest output, or h ≥ 0.5 of a single one.

        >>> SigmoidNetwork(thetas=[[[0.0, 1.0]]]).predict([[-2.0], [3.0]])
        array([0, 1])
        """
        h = self.forward(X).a[-1]
        if self.sizes[-1] == 1:
            return np.asarray(h[:, 0] >= 0.5, dtype=np.intp)
        return np.asarray(np.argmax(h, axis=1))

    def examples(self, X: npt.ArrayLike) -> Array:
        """X as a finite array (m, s_1), m ≥ 1; ValueError if it is not one."""
        array = finite_array("X", X)
        if array.ndim != 2 or array.shape[1] != self.sizes[0] or len(array) == 0:
            raise ValueError(
                f"X: got shape {array.shape}, expected (m, {self.sizes[0]}) with m ≥ 1"
            )
        return array

    def targets(self, Y: npt.ArrayLike) -> Array:
        """Y, one-hot (m, K), class indices (m,) or 0/1 (m,), as an array (m, K).

        Raises ValueError if it is none of these.

        >>> SigmoidNetwork([2, 3], seed=0).targets([2, 0])
        array([[0., 0., 1.],
               [1., 0., 0.]])
        """
        array = finite_array("Y", Y)
        classes = self.sizes[-1]
        if array.size == 0 or array.ndim not in (1, 2):
            raise ValueError(f"Y: got shape {array.shape}, expected (m, {classes}) or (m,)")
        if array.ndim == 1 and classes > 1:
            wrong = array[(array != np.floor(array)) | (array < 0) | (array >= classes)]
            if wrong.size:
                raise ValueError(
                    f"Y: got label {wrong[0]:g}, expected class indices 0 to {classes - 1}"
                )
            return np.eye(classes)[array.astype(np.intp)]
        if array.ndim == 1:
            array = array[:, np.newaxis]
        if array.shape[1] != classes:
            raise ValueError(f"Y: got shape {array.shape}, expected (m, {classes}) or (m,)")
        if array.min() < 0.0 or array.max() > 1.0:
            outside = array.min() if array.min() < 0.0 else array.max()
            raise ValueError(f"Y: got {outside:g}, expected values from 0 to 1")
        return array

    def data(self, X: npt.ArrayLike, Y: npt.ArrayLike) -> tuple[Array, Array]:
        """X and Y checked against the network and each other: arrays (m, s_1) and (m, K)."""
        examples, targets = self.examples(X), self.targets(Y)
        if len(examples) != len(targets):
            raise ValueError(
                f"Y: got {len(targets)} labels, expected {len(examples)}, one for each row of X"
            )
        return examples, targets

    def example(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, Array]:
        """One example checked: arrays (s_1,) and (K,)."""
        if np.ndim(x) != 1:
            raise ValueError(f"x: got shape {np.shape(x)}, expected ({self.sizes[0]},)")
        if np.ndim(y) > 1:
            raise ValueError(
                f"y: got shape {np.shape(y)}, expected ({self.sizes[-1]},) or one label"
            )
        X, Y = self.data(np.asarray(x)[np.newaxis], np.asarray(y)[np.newaxis])
        return X[0], Y[0]


def _layer_sizes(sizes: Sequence[int]) -> list[int]:
    listed = list(sizes)
    for size in listed:
        if isinstance(size, bool) or not isinstance(size, Integral):
            raise TypeError(f"sizes: got {size!r}, expected whole numbers of units")
    if len(listed) < 2 or min(listed) < 1:
        raise ValueError(f"sizes: got {listed}, expected at least two layers of one unit or more")
    return [int(size) for size in listed]


def _weights(thetas: Sequence[npt.ArrayLike]) -> list[Array]:
    if len(thetas) == 0:
        raise ValueError("thetas: got no matrix, expected at least one")
    arrays = [finite_array(f"thetas[{i}]", theta).copy() for i, theta in enumerate(thetas)]
    for i, array in enumerate(arrays):
        columns = "s + 1" if i == 0 else arrays[i - 1].shape[0] + 1
        fits = array.ndim == 2 and array.shape[0] >= 1 and array.shape[1] >= 2
        if not fits or (i > 0 and array.shape[1] != columns):
            raise ValueError(
                f"thetas[{i}]: got shape {array.shape}, expected (units, {columns}), "
                "column 0 for the bias unit"
            )
    return arrays


def _epsilon_init(init: str | float, l_in: int, l_out: int) -> float:
    if init == "glorot":
        return math.sqrt(6.0) / math.sqrt(l_in + l_out)
    if init == "zeros":
        return 0.0
    if isinstance(init, Real) and not isinstance(init, bool) and 0 <= float(init) < math.inf:
        return float(init)
    raise ValueError(f"init: got {init!r}, expected 'glorot', 'zeros' or a number ε ≥ 0")
