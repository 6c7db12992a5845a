"""Results that were computed elsewhere: what Octave, NumPy or JSON saved, judged without code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..network.sigmoid import SigmoidNetwork, reshape
from ..support.arrays import names_in, numbers, one_number, read_arrays
from ..support.validation import Array, finite_array, regularization
from .submission import Answer, UserError, gradient_of

__all__ = ["StoredData", "StoredResults", "stored_data", "stored_results"]


@dataclass(frozen=True)
class StoredData:
    """A network and its data, as they were stored."""

    net: SigmoidNetwork
    X: Array
    Y: Array
    lambda_: float | None  # None: not stored


@dataclass(frozen=True)
class StoredResults(StoredData):
    """A gradient that was computed elsewhere, with the network and data that it belongs to."""

    answer: Answer


KEYS = {
    "X": ("X", "x"),
    "y": ("y", "Y"),
    "lambda": ("lambda", "lambda_", "lam", "Lambda"),
    "cost": ("J", "cost", "jVal"),
    "gradient": ("grad", "gradient", "D", "grads"),
    "theta": ("theta", "nn_params", "thetaVec", "Theta"),
    "thetas": ("thetas", "Thetas"),
    "sizes": ("sizes", "layers"),
}


def stored_results(
    source: Mapping[str, Any] | str | Path,
    net: SigmoidNetwork | None = None,
    X: npt.ArrayLike | None = None,
    Y: npt.ArrayLike | None = None,
) -> StoredResults:
    """Read X, y, the weights and the gradient from a mapping or a .mat, .npz or .json file.

    Weights are ``Theta1``, ``Theta2``, … or ``theta`` with ``sizes``; the gradient is ``grad``
    (one vector) or ``Theta1_grad``, …; ``lambda`` and ``J`` may be there too. Class labels that
    reach K, or come from a .mat file, count from 1, as in Octave (where 10 stands for digit 0).
    ``net``, ``X`` and ``Y`` fill in for what is not stored. Raises ValueError for what is missing.

    >>> results = stored_results({"X": [[1.0, 2.0]], "y": [1], "Theta1": [[0.0, 0.0, 0.0]],
    ...                           "grad": [-0.5, -0.5, -1.0]})
    >>> results.net, results.answer.is_vector
    (SigmoidNetwork([2, 1]), True)
    """
    if isinstance(source, Mapping):
        arrays, octave, name = dict(source), False, "results"
    else:
        path = Path(source)
        arrays, octave, name = read_arrays(path), path.suffix.lower() == ".mat", path.name
    data = stored_data(name, arrays, net, X, Y, octave)
    return StoredResults(**vars(data), answer=_stored_answer(name, arrays))


def stored_data(
    name: str,
    arrays: Mapping[str, Any],
    net: SigmoidNetwork | None = None,
    X: npt.ArrayLike | None = None,
    Y: npt.ArrayLike | None = None,
    octave: bool = False,
) -> StoredData:
    """The network and data among ``arrays``, keyed as for ``stored_results``; ``name`` is for
    messages, ``octave`` says that labels count from 1. Raises ValueError for what is missing."""
    found = _found(arrays)
    net = _stored_net(name, arrays, found) or net
    if net is None:
        raise _missing(name, "Theta1, Theta2, …", arrays)
    examples = found.get("X", X)
    if examples is None:
        raise _missing(name, "X", arrays)
    examples = np.atleast_2d(finite_array(f"{name}: X", examples))
    if examples.shape[1] == net.sizes[0] + 1 and np.all(examples[:, 0] == 1.0):
        examples = examples[:, 1:]  # saved after the bias unit was put before it
    targets = (
        _stored_labels(name, found["y"], len(examples), net.sizes[-1], octave)
        if "y" in found
        else Y
    )
    if targets is None:
        raise _missing(name, "y", arrays)
    examples, checked = net.data(examples, targets)
    lambda_ = found.get("lambda")
    value = None
    if lambda_ is not None:
        value = regularization(one_number(f"{name}: lambda", lambda_))
    return StoredData(net, examples, checked, value)


def _found(arrays: Mapping[str, Any]) -> dict[str, Any]:
    return {role: arrays[key] for role, keys in KEYS.items() for key in keys if key in arrays}


def _stored_net(
    name: str, arrays: Mapping[str, Any], found: Mapping[str, Any]
) -> SigmoidNetwork | None:
    numbered = _numbered(name, arrays, r"theta_?(\d+)")
    thetas = numbered or found.get("thetas")
    if thetas is not None:
        return SigmoidNetwork(thetas=[np.atleast_2d(np.asarray(theta)) for theta in thetas])
    if "theta" in found and "sizes" in found:
        sizes = numbers(f"{name}: sizes", found["sizes"]).ravel()
        if np.any(sizes != np.floor(sizes)):
            raise ValueError(f"{name}: sizes: got {sizes.tolist()}, expected whole numbers")
        net = SigmoidNetwork([int(size) for size in sizes], init="zeros")
        net.thetas = reshape(finite_array(f"{name}: theta", found["theta"]).ravel(), net.shapes)
        return net
    return None


def _stored_answer(name: str, arrays: Mapping[str, Any]) -> Answer:
    found = _found(arrays)
    matrices = _numbered(name, arrays, r"(?:theta|d)_?(\d+)_?grad|d_?(\d+)|grad_?(\d+)")
    gradient = found.get("gradient", matrices or None)
    if gradient is None:
        raise _missing(name, "grad", arrays)
    if isinstance(gradient, list) and gradient and np.ndim(gradient[0]) == 0:
        gradient = np.asarray(gradient)
    costs = numbers(f"{name}: J", found["cost"]).ravel() if "cost" in found else None
    if costs is not None and costs.size == 0:
        raise ValueError(f"{name}: J: got no number, expected one")
    try:
        answer = gradient_of(gradient)
    except UserError as error:
        raise ValueError(str(error).replace("function: returned", f"{name}: grad is")) from None
    return replace(answer, cost=None if costs is None else float(costs[-1]))


def _numbered(name: str, arrays: Mapping[str, Any], pattern: str) -> list[Any]:
    """The arrays named Theta1, Theta2, … or the like, in order; ValueError if one is lacking."""
    matches = [(re.fullmatch(pattern, key, re.IGNORECASE), key) for key in arrays]
    found = sorted((int(next(filter(None, m.groups()))), key) for m, key in matches if m)
    numbers = [number for number, _ in found]
    if numbers and numbers not in (list(range(len(numbers))), list(range(1, len(numbers) + 1))):
        keys = ", ".join(key for _, key in found)
        raise ValueError(f"{name}: got {keys}, expected one for each layer, counted from 1")
    return [arrays[key] for _, key in found]


def _stored_labels(name: str, y: Any, m: int, K: int, octave: bool) -> Array:
    array = finite_array(f"{name}: y", y.toarray() if hasattr(y, "toarray") else y)
    if array.shape == (m, K) and K > 1:  # else labels, perhaps in a row, as SciPy saves them
        return array
    labels = array.ravel()
    if K > 1 and labels.min() >= 1 and (octave or labels.max() == K):
        return labels - 1.0
    return labels


def _missing(name: str, what: str, arrays: Mapping[str, Any]) -> ValueError:
    return ValueError(f"{name}: got {names_in(arrays)}, expected {what} as well")
