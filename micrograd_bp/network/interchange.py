"""Weights from and to scikit-learn, PyTorch and Octave.

All three keep the numbers of Θ⁽ˡ⁾, in other layouts:

============ ============================================== =================================
here         ``thetas[l-1]`` (s_{l+1}, s_l + 1)             column 0 for the bias unit
scikit-learn ``coefs_[l-1]`` (s_l, s_{l+1}), transposed     ``intercepts_[l-1]`` (s_{l+1},)
PyTorch      ``weight`` (s_{l+1}, s_l)                      ``bias`` (s_{l+1},)
Octave       ``Theta1``, ``Theta2``, … as here              column 1 for the bias unit
============ ============================================== =================================

scikit-learn's output units are sigmoids, as here, for two classes or for an indicator matrix
of labels; for three classes or more it puts a softmax there. A softmax does not change which
output is the largest, so the class predicted is the same, but the outputs, the cost and the
gradient are not. With sigmoids its cost is J with λ = ``alpha``.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..support.arrays import names_in, numbers, read_arrays
from ..support.files import write_file
from ..support.validation import Array
from .sigmoid import SigmoidNetwork

__all__ = ["from_octave", "from_sklearn", "from_torch", "to_octave", "to_sklearn", "to_torch"]


def from_sklearn(mlp: Any) -> SigmoidNetwork:
    """The network of a fitted ``MLPClassifier(activation="logistic")``.

    Warns (UserWarning) if its output units are a softmax: ``predict`` then gives the same
    classes (``mlp.classes_`` in order), but the outputs are other numbers. Raises TypeError if
    ``mlp`` is not fitted, ValueError if its hidden units are not sigmoids.

    >>> from types import SimpleNamespace
    >>> mlp = SimpleNamespace(
    ...     activation="logistic", out_activation_="logistic", n_layers_=2,
    ...     coefs_=[[[2.0], [3.0]]], intercepts_=[[1.0]])
    >>> from_sklearn(mlp).thetas
    [array([[1., 2., 3.]])]
    """
    if not hasattr(mlp, "coefs_"):
        raise TypeError(f"mlp: got {type(mlp).__name__}, expected a fitted MLPClassifier")
    if mlp.activation != "logistic" and len(mlp.coefs_) > 1:
        raise ValueError(f"mlp: got activation {mlp.activation!r}, expected 'logistic'")
    if mlp.out_activation_ == "softmax":
        warnings.warn(
            "mlp: its outputs are a softmax, here they are sigmoids: the predicted classes are "
            "the same, the outputs are not",
            stacklevel=2,
        )
    elif mlp.out_activation_ != "logistic":
        raise ValueError(f"mlp: got outputs {mlp.out_activation_!r}, expected 'logistic'")
    layers = zip(mlp.coefs_, mlp.intercepts_, strict=True)
    return SigmoidNetwork(thetas=[_theta(np.transpose(w), b) for w, b in layers])


def to_sklearn(net: SigmoidNetwork, alpha: float = 0.0) -> Any:
    """A fitted ``MLPClassifier`` with the network's weights; its ``alpha`` is our λ.

    With one output it knows the classes 0 and 1, with more it is a multilabel classifier, as
    only there are scikit-learn's outputs sigmoids. ``predict_proba`` equals ``net``'s outputs
    (with one output, its second column). Raises ImportError without scikit-learn.

    >>> net = SigmoidNetwork([2, 3, 1], seed=0)
    >>> X = [[0.5, -1.0]]
    >>> bool(abs(to_sklearn(net).predict_proba(X)[0, 1] - net.forward(X).a[-1][0, 0]) < 1e-15)
    True
    """
    from sklearn.neural_network import MLPClassifier

    mlp = MLPClassifier(tuple(net.sizes[1:-1]), activation="logistic", alpha=alpha)
    outputs = net.sizes[-1]
    # shown two examples, one without and one with each label, it knows all but the weights
    labels = [0, 1] if outputs == 1 else [[0] * outputs, [1] * outputs]
    mlp.partial_fit(np.zeros((2, net.sizes[0])), labels, classes=range(max(2, outputs)))
    vars(mlp).pop("_optimizer")  # its memory of those two
    mlp.coefs_ = [theta[:, 1:].T.copy() for theta in net.thetas]
    mlp.intercepts_ = [theta[:, 0].copy() for theta in net.thetas]
    return mlp


def from_torch(state: Mapping[str, Any]) -> SigmoidNetwork:
    """The network of a ``state_dict`` of ``Linear`` layers with a ``Sigmoid`` after each.

    ``state`` maps names to tensors or arrays, for each layer in turn ``….weight`` (s_{l+1}, s_l)
    and ``….bias`` (s_{l+1},). Raises ValueError if it holds anything else.

    >>> from_torch({"0.weight": [[2.0, 3.0]], "0.bias": [1.0]}).thetas
    [array([[1., 2., 3.]])]
    """
    layers: dict[str, dict[str, Any]] = {}
    for name, array in state.items():
        layer, _, kind = name.rpartition(".")
        layers.setdefault(layer, {})[kind] = array
    for layer, parts in layers.items():
        if set(parts) != {"weight", "bias"}:
            raise ValueError(
                f"state: layer {layer!r} has {', '.join(sorted(parts))}, expected bias, weight"
            )
    return SigmoidNetwork(thetas=[_theta(p["weight"], p["bias"]) for p in layers.values()])


def to_torch(net: SigmoidNetwork) -> dict[str, Array]:
    """Arrays for ``Sequential(Linear, Sigmoid, Linear, Sigmoid, …)``, by its parameters' names.

    ``model.load_state_dict({k: torch.from_numpy(a) for k, a in to_torch(net).items()})`` takes
    them; the model must be ``.double()`` to keep all digits.

    >>> to_torch(SigmoidNetwork(thetas=[[[1.0, 2.0, 3.0]]]))
    {'0.weight': array([[2., 3.]]), '0.bias': array([1.])}
    """
    state = {}
    for l, theta in enumerate(net.thetas):
        state[f"{2 * l}.weight"] = theta[:, 1:].copy()
        state[f"{2 * l}.bias"] = theta[:, 0].copy()
    return state


def from_octave(path: str | Path) -> SigmoidNetwork:
    """The network of ``Theta1``, ``Theta2``, … in a .mat file, as the course's exercises save it.

    Raises OSError if the file cannot be read, ValueError if it holds no such matrices.

    >>> import tempfile
    >>> net = SigmoidNetwork([2, 3, 1], seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_octave(net, f"{folder}/weights.mat")
    ...     bool((from_octave(f"{folder}/weights.mat").theta == net.theta).all())
    True
    """
    arrays = read_arrays(path, (".mat",))
    count = sum(name.startswith("Theta") for name in arrays)
    names = [f"Theta{l}" for l in range(1, count + 1)]
    if count == 0 or not all(name in arrays for name in names):
        raise ValueError(f"{path}: got {names_in(arrays)}, expected matrices Theta1, Theta2, …")
    return SigmoidNetwork(thetas=[numbers(f"{path}: {name}", arrays[name]) for name in names])


def to_octave(net: SigmoidNetwork, path: str | Path) -> None:
    """Write ``Theta1``, ``Theta2``, … to a .mat file; Octave's ``load`` reads it.

    Raises OSError if it cannot be written.

    >>> import tempfile
    >>> from scipy.io import loadmat
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_octave(SigmoidNetwork([2, 3, 1], seed=0), f"{folder}/weights.mat")
    ...     loadmat(f"{folder}/weights.mat")["Theta2"].shape
    (1, 4)
    """
    from scipy.io import savemat

    content = io.BytesIO()
    savemat(content, {f"Theta{l}": theta for l, theta in enumerate(net.thetas, start=1)})
    write_file(path, content.getvalue())


def _theta(weight: npt.ArrayLike, bias: npt.ArrayLike) -> Array:
    """Θ⁽ˡ⁾ from a weight matrix (s_{l+1}, s_l) and the bias weights (s_{l+1},)."""
    w, b = np.asarray(weight), np.asarray(bias)
    if w.ndim != 2 or b.shape != w.shape[:1]:
        raise ValueError(
            f"weight, bias: got shapes {w.shape} and {b.shape}, expected (units, inputs) and "
            "(units,)"
        )
    return np.column_stack([b, w])
