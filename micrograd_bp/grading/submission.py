"""What a user hands in to be judged: a gradient function in one of several forms, or its results.

A function's parameters are told by their names, whatever the order:

- ``thetas`` (or ``weights``): the list of matrices Θ⁽ˡ⁾; ``theta`` (or ``nn_params``): all of
  them unrolled, column by column; ``Theta1``, ``Theta2``, …: each by itself,
- ``sizes`` (or ``layers``): the units per layer; ``input_layer_size``, ``hidden_layer_size``,
  ``num_labels``: those of a network with one hidden layer,
- ``X``; ``Y`` one-hot, or ``y``, which may also be class labels; ``lambda_`` (or ``lam``, …).

With names not in the list, the number of parameters decides: (theta), (thetas, X, Y),
(thetas, X, Y, lambda_) or (theta, sizes, X, Y, lambda_). It returns the list of matrices D⁽ˡ⁾ or
one vector, alone or after the cost: (J, gradient).
"""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..network.sigmoid import SigmoidNetwork, reshape
from ..support.arrays import names_in, numbers, one_number, read_arrays
from ..support.validation import Array, finite_array, regularization

__all__ = [
    "Answer",
    "Call",
    "StoredData",
    "StoredResults",
    "UserError",
    "calls",
    "stored_data",
    "stored_results",
]

NAMES = {
    "thetas": ("thetas", "weights", "theta_list", "matrices", "ws"),
    "theta": ("theta", "nn_params", "theta_vec", "thetavec", "params", "parameters", "w"),
    "sizes": ("sizes", "layers", "layer_sizes"),
    "input": ("input_layer_size", "input_size", "n_inputs"),
    "hidden": ("hidden_layer_size", "hidden_size", "n_hidden"),
    "output": ("num_labels", "output_layer_size", "output_size", "n_outputs", "num_classes"),
    "X": ("x",),
    "Y": ("y", "labels", "targets"),
    "lambda": ("lambda_", "lam", "lamda", "lmbda", "lambd", "_lambda", "reg", "reg_lambda"),
}
ROLES = {name: role for role, names in NAMES.items() for name in names}
BY_COUNT = {
    1: ["theta"],
    3: ["thetas", "X", "Y"],
    4: ["thetas", "X", "Y", "lambda"],
    5: ["theta", "sizes", "X", "Y", "lambda"],
}
LABELS = {
    "one-hot": "",
    "from 0": ", y as class numbers from 0",
    "from 1": ", y as class labels from 1",
}


class UserError(ValueError):
    """The user's function raised an exception or returned what is no gradient."""


@dataclass(frozen=True)
class Answer:
    """A gradient as it was handed in: one ``vector``, or ``matrices``, with J if it was given."""

    parts: list[npt.NDArray[Any]]  # the matrices, or the vector alone
    is_vector: bool
    cost: float | None = None

    @property
    def vector(self) -> npt.NDArray[Any]:
        """The whole gradient unrolled column by column."""
        return np.concatenate([part.ravel(order="F") for part in self.parts])

    def fits(self, shapes: Sequence[tuple[int, ...]]) -> bool:
        """Whether these are the shapes of the weights, or their number."""
        if self.is_vector:
            return self.vector.size == sum(int(np.prod(shape)) for shape in shapes)
        return [part.shape for part in self.parts] == [tuple(shape) for shape in shapes]


@dataclass(frozen=True)
class Call:
    """One way to call a user's function."""

    function: Callable[..., Any]
    roles: tuple[str, ...]
    keywords: tuple[str | None, ...]  # None: by position
    labels: str  # a key of LABELS
    by_name: bool  # whether the names of the parameters told their roles

    @property
    def description(self) -> str:
        """What the function was given, e.g. "θ as one vector, y as class numbers from 0"."""
        first = {"thetas": "Θ as a list of matrices", "theta": "θ as one vector"}
        return first.get(self.roles[0], "Θ matrix by matrix") + LABELS[self.labels]

    @property
    def bound(self) -> bool:
        """Whether the function gets θ alone, and so belongs to one network and its data."""
        return self.roles == ("theta",)

    @property
    def needs_network(self) -> bool:
        """Whether the function gets θ as one vector and no sizes, so that it must know them."""
        return "theta" in self.roles and not {"sizes", "hidden"} & set(self.roles)

    def __call__(self, net: SigmoidNetwork, X: Array, Y: Array, lambda_: float) -> Answer:
        """The answer for one network; UserError if there is none. Inputs are passed as copies."""
        values = {
            "thetas": [theta.copy() for theta in net.thetas],
            "theta": net.theta,
            "sizes": list(net.sizes),
            "X": X.copy(),
            "Y": self._labels(Y),
            "lambda": lambda_,
            **{f"theta{l}": theta.copy() for l, theta in enumerate(net.thetas, start=1)},
        }
        if len(net.sizes) == 3:
            values |= dict(zip(("input", "hidden", "output"), net.sizes, strict=True))
        if not set(self.roles) <= set(values) or self._leaves_out(len(net.thetas)):
            raise UserError(f"function: its parameters do not fit a network of {net.sizes}")
        positional = [values[r] for r, k in zip(self.roles, self.keywords, strict=True) if not k]
        named = {k: values[r] for r, k in zip(self.roles, self.keywords, strict=True) if k}
        try:
            with np.errstate(all="ignore"):
                returned = self.function(*positional, **named)
        except Exception as error:
            raise UserError(_where(self.function, error)) from error
        return _answer(returned)

    def _leaves_out(self, matrices: int) -> bool:
        given = sum(bool(re.fullmatch(r"theta\d+", role)) for role in self.roles)
        return 0 < given != matrices

    def _labels(self, Y: Array) -> npt.NDArray[Any]:
        if self.labels == "one-hot":
            return Y.copy()
        if Y.shape[1] == 1:
            return Y[:, 0].astype(np.intp)
        return np.asarray(Y.argmax(axis=1) + (1 if self.labels == "from 1" else 0))


def calls(function: Callable[..., Any]) -> Iterator[Call]:
    """The ways to call ``function``, the most likely first; TypeError if none is known.

    >>> def costFunction(theta, sizes, X, Y, lambda_): ...
    >>> [call.description for call in calls(costFunction)]
    ['θ as one vector']
    """
    roles, keywords, names = _roles(function)
    by_name = all(_role(name) is not None for name in names)
    label_forms = ["one-hot"]
    if "Y" in roles and names[roles.index("Y")] != "Y":
        label_forms += ["from 0", "from 1"]
    forms = [roles]
    if names[0].lower() not in ROLES and roles[0] in ("thetas", "theta"):
        other = "theta" if roles[0] == "thetas" else "thetas"
        forms.append([other, *roles[1:]])
    for form in forms:
        for labels in label_forms:
            yield Call(function, tuple(form), tuple(keywords), labels, by_name)


def _roles(function: Callable[..., Any]) -> tuple[list[str], list[str | None], list[str]]:
    """The role of each parameter, its keyword if it has to be named, and its name."""
    try:
        signature = inspect.signature(function)
    except ValueError:  # written in C
        return BY_COUNT[4], [None] * 4, ["thetas", "X", "Y", "lambda_"]
    kinds = inspect.Parameter
    given = [
        p
        for p in signature.parameters.values()
        if p.kind not in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD)
        and (p.default is kinds.empty or _role(p.name) is not None)
    ]
    if not given and any(p.kind is kinds.VAR_POSITIONAL for p in signature.parameters.values()):
        return BY_COUNT[4], [None] * 4, ["thetas", "X", "Y", "lambda_"]
    keywords: list[str | None] = []
    for p in given:  # after a parameter that is left out, the others need their names
        skipped = list(signature.parameters.values()).index(p) > len(keywords)
        keywords.append(p.name if p.kind is kinds.KEYWORD_ONLY or skipped else None)
    roles = [_role(p.name) for p in given]
    names = [p.name for p in given]
    known = [role for role in roles if role is not None]
    if len(known) == len(roles) == len(set(known)) and _complete(known):
        return known, keywords, names
    if len(given) in BY_COUNT:
        return BY_COUNT[len(given)], keywords, names
    raise TypeError(
        f"function: got parameters ({', '.join(signature.parameters)}), expected "
        "(thetas, X, Y, lambda_), (theta, sizes, X, Y, lambda_) or (theta)"
    )


def _role(name: str) -> str | None:
    lower = name.lower()
    numbered = re.fullmatch(r"(?:theta|w)_?(\d+)", lower)
    return f"theta{numbered[1]}" if numbered else ROLES.get(lower)


def _complete(roles: Sequence[str]) -> bool:
    weights = any(role.startswith("theta") for role in roles)
    return weights and ("Y" in roles or list(roles) == ["theta"])


def _answer(returned: Any) -> Answer:
    if returned is None:
        raise UserError("function: returned None; is its return statement missing?")
    if hasattr(returned, "vector") and hasattr(returned, "cost"):  # a Gradient of this package
        return Answer([np.asarray(returned.vector)], True, float(returned.cost))
    cost, gradient = None, returned
    if isinstance(returned, (tuple, list)) and len(returned) > 1 and _dimensions(returned[1]):
        J, *rest = returned
        deepest = 2 if isinstance(returned, tuple) else 1  # [D1, D2] may begin with a 1×1 matrix
        if not _dimensions(J) or (_dimensions(J) <= deepest and np.size(J) == 1):
            cost, gradient = float(_numbers(J).ravel()[0]), rest[0] if len(rest) == 1 else rest
    return replace(_gradient(gradient), cost=cost)


def _gradient(gradient: Any) -> Answer:
    """Matrices or a vector, from whatever container they come in."""
    if isinstance(gradient, np.ndarray) and gradient.dtype == object:
        gradient = list(gradient.ravel())
    if _dimensions(gradient) == 3:
        return _matrices(gradient)
    array = _numbers(gradient)
    if array.ndim == 2 and 1 not in array.shape:
        return Answer([array], False)
    if array.ndim not in (1, 2) or array.size == 0:
        raise UserError(f"function: returned an array of shape {array.shape}, expected a gradient")
    return Answer([array.ravel()], True)


def _dimensions(value: Any) -> int:
    """How deep lists or arrays are nested, without regard to their lengths."""
    if isinstance(value, (list, tuple)):
        return 1 + (_dimensions(value[0]) if value else 0)
    return int(np.ndim(value))


def _matrices(parts: Sequence[Any]) -> Answer:
    return Answer([np.atleast_2d(_numbers(part)) for part in parts], False)


def _numbers(values: Any) -> npt.NDArray[Any]:
    try:
        array = np.asarray(values.detach() if hasattr(values, "detach") else values)  # a tensor
        if array.dtype.kind not in "biuf":
            raise TypeError
    except (TypeError, ValueError, RuntimeError):
        raise UserError(
            f"function: returned {type(values).__name__}, expected the list of matrices D, a "
            "vector, or (J, gradient)"
        ) from None
    return array if array.dtype == np.float32 else array.astype(np.float64)


def _where(function: Callable[..., Any], error: Exception) -> str:
    """The exception in one line, with the line of the user's own file where it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    own = getattr(inspect.unwrap(function), "__code__", None)
    mine = [frame for frame in frames if own is not None and frame.filename == own.co_filename]
    text = " ".join(str(error).split())
    what = f"{type(error).__name__}: {text}" if text else type(error).__name__
    if not mine:
        return f"function: {what}"
    return f"{Path(mine[-1].filename).name}, line {mine[-1].lineno}: {what}"


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
    targets = _stored_labels(name, found["y"], net.sizes[-1], octave) if "y" in found else Y
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
    numbered = _numbered(arrays, r"theta_?(\d+)")
    thetas = numbered or found.get("thetas")
    if thetas is not None:
        return SigmoidNetwork(thetas=[np.atleast_2d(np.asarray(theta)) for theta in thetas])
    if "theta" in found and "sizes" in found:
        net = SigmoidNetwork([int(s) for s in np.ravel(found["sizes"])], init="zeros")
        net.thetas = reshape(finite_array(f"{name}: theta", found["theta"]).ravel(), net.shapes)
        return net
    return None


def _stored_answer(name: str, arrays: Mapping[str, Any]) -> Answer:
    found = _found(arrays)
    matrices = _numbered(arrays, r"(?:theta|d)_?(\d+)_?grad|d_?(\d+)|grad_?(\d+)")
    gradient = found.get("gradient", matrices or None)
    if gradient is None:
        raise _missing(name, "grad", arrays)
    if isinstance(gradient, list) and gradient and np.ndim(gradient[0]) == 0:
        gradient = np.asarray(gradient)
    costs = numbers(f"{name}: J", found["cost"]).ravel() if "cost" in found else None
    if costs is not None and costs.size == 0:
        raise ValueError(f"{name}: J: got no number, expected one")
    try:
        answer = _gradient(gradient)
    except UserError as error:
        raise ValueError(str(error).replace("function: returned", f"{name}: grad is")) from None
    return replace(answer, cost=None if costs is None else float(costs[-1]))


def _numbered(arrays: Mapping[str, Any], pattern: str) -> list[Any]:
    matches = [(re.fullmatch(pattern, key, re.IGNORECASE), key) for key in arrays]
    return [
        arrays[key]
        for _, key in sorted((int(next(filter(None, m.groups()))), key) for m, key in matches if m)
    ]


def _stored_labels(name: str, y: Any, K: int, octave: bool) -> Array:
    array = finite_array(f"{name}: y", y.toarray() if hasattr(y, "toarray") else y)
    if array.ndim == 2 and array.shape[1] == K and K > 1:
        return array
    labels = array.ravel()
    if K > 1 and labels.min() >= 1 and (octave or labels.max() == K):
        return labels - 1.0
    return labels


def _missing(name: str, what: str, arrays: Mapping[str, Any]) -> ValueError:
    return ValueError(f"{name}: got {names_in(arrays)}, expected {what} as well")
