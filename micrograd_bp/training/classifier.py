"""A classifier made of a trained network, and the file that keeps it.

Around the network stand what its numbers mean: how features were scaled and which class each
output is. The file holds that and the state of training, so that training can go on exactly.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..network.sigmoid import SigmoidNetwork
from ..support.files import write_file
from ..support.validation import Array
from .data import Dataset
from .model_file import FORMAT, read_model
from .settings import METHODS, SCALINGS, Settings
from .train import Progress, Training, train

if TYPE_CHECKING:
    from rich.table import Table

__all__ = [
    "SCALINGS",
    "Model",
    "Settings",
    "confusion",
    "fit",
    "load_model",
    "split",
    "training_tables",
]


@dataclass(frozen=True)
class Model:
    """A trained network, with all that it takes to classify further examples and to go on."""

    settings: Settings
    training: Training
    mean: Array  # (n,): an input of the network is (feature − mean) / scale
    scale: Array  # (n,)
    features: tuple[str, ...]
    classes: tuple[str, ...]
    fingerprint: str  # of the data it was fitted to

    @property
    def net(self) -> SigmoidNetwork:
        """The network with the best weights."""
        return self.training.net

    def inputs(self, X: npt.ArrayLike) -> Array:
        """Features (m, n) scaled as those of the training."""
        return _scaled(X, self.mean, self.scale)

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.intp]:
        """The class of each example, indices into ``classes``; X (m, n) holds raw features."""
        return self.net.predict(self.inputs(X))

    def save(self, path: str | Path) -> None:
        """Write the model to a .npz file. Raises OSError if it cannot be written."""
        t = self.training
        about = {
            "format": FORMAT,
            "settings": asdict(self.settings),
            "features": self.features,
            "classes": self.classes,
            "fingerprint": self.fingerprint,
            "best_epoch": t.best_epoch,
            "epoch": t.epoch,
            "seconds": t.seconds,
        }
        content = io.BytesIO()
        np.savez(
            content,
            about=np.array(json.dumps(about)),
            best_theta=t.net.theta,
            theta=t.theta,
            costs=np.array(t.costs),
            mean=self.mean,
            scale=self.scale,
        )
        write_file(path, content.getvalue())


def load_model(path: str | Path) -> Model:
    """Read what ``Model.save`` wrote.

    Raises OSError if the file cannot be read, ValueError if it is damaged, something else, or
    its parts do not fit each other.
    """
    stored = read_model(path)
    net = SigmoidNetwork(stored.settings.sizes, init="zeros")
    net.theta = stored.best_theta
    training = Training(
        net=net,
        costs=stored.costs,
        best_epoch=stored.best_epoch,
        theta=stored.theta,
        epoch=stored.epoch,
        seconds=stored.seconds,
    )
    return Model(
        settings=stored.settings,
        training=training,
        mean=stored.mean,
        scale=stored.scale,
        features=stored.features,
        classes=stored.classes,
        fingerprint=stored.fingerprint,
    )


def fit(
    data: Dataset,
    settings: Settings,
    *,
    resume: Model | None = None,
    check_every: int = 0,
    progress: Progress | None = None,
) -> Model:
    """Scale the training part of the data and train a network on it, or go on with ``resume``.

    ``resume``, ``check_every`` and ``progress`` are as in ``train``.

    Raises
    ------
    ValueError
        If the settings do not fit the data, if a feature is constant, or if ``resume`` was
        trained on other data or with other settings.

    Examples
    --------
    >>> from micrograd_bp.training.data import iris
    >>> model = fit(iris(), Settings((4, 4, 3)))
    >>> model.predict([[5.1, 3.5, 1.4, 0.2]]), model.classes[0]
    (array([0]), 'setosa')
    """
    print_of_data = _fingerprint(data)
    if resume is not None:
        if resume.fingerprint != print_of_data:
            raise ValueError(
                f"resume: the model was trained on other data than {data.name} "
                f"({len(data.X)} examples, {len(data.features)} features)"
            )
        before, now = asdict(resume.settings), asdict(settings)
        for name in before:
            if name != "epochs" and before[name] != now[name]:
                raise ValueError(
                    f"{name.rstrip('_')}: got {now[name]}, but the model to resume was trained "
                    f"with {before[name]}"
                )
    rows, _ = split(data, settings.test_share, settings.seed)
    mean, scale = _scaling(data, rows, settings.scaling)
    training = train(
        SigmoidNetwork(settings.sizes, seed=settings.seed),
        _scaled(data.X[rows], mean, scale),
        data.y[rows],
        settings.lambda_,
        method=settings.method,
        epochs=settings.epochs,
        rate=settings.rate,
        batch=settings.batch,
        seed=settings.seed,
        gradient=settings.gradient,
        check_every=check_every,
        resume=None if resume is None else resume.training,
        progress=progress,
    )
    return Model(settings, training, mean, scale, data.features, data.classes, print_of_data)


def training_tables(model: Model, data: Dataset) -> list[Table | str]:
    """How training went, and how well both parts of the data are classified: tables and a line."""
    from ..support.tables import table

    t, settings = model.training, model.settings
    parts = split(data, settings.test_share, settings.seed)
    rows = dict(zip(("training", "test"), parts, strict=True))
    counts = {
        part: confusion(data.y[chosen], model.predict(data.X[chosen]), len(data.classes))
        for part, chosen in rows.items()
        if chosen.size
    }
    accuracy = table(
        f"{'-'.join(map(str, settings.sizes))} on {data.name}",
        ["set", ">examples", ">cost without λ", ">right", ">accuracy"],
        [
            [
                part,
                str(count.sum()),
                f"{model.net.cost(model.inputs(data.X[rows[part]]), data.y[rows[part]]):.4g}",
                str(np.trace(count)),
                f"{np.trace(count) / count.sum():.1%}",
            ]
            for part, count in counts.items()
        ],
    )
    part, count = list(counts.items())[-1]
    matrix = _confusion_table(f"Confusion, {part} set", data.classes, count)
    closing = (
        f"{METHODS[settings.method]}, λ = {settings.lambda_:g}: J fell from {t.costs[0]:.4g} to "
        f"{t.cost:.4g} in {len(t.costs) - 1} epochs and {t.seconds:.3g} s"
    )
    return [accuracy, matrix, closing]


def _confusion_table(title: str, names: Sequence[str], count: npt.NDArray[np.intp]) -> Table:
    """The matrix, or where it is wider than a page the same numbers without its zeros."""
    from ..support.tables import WIDTH, table

    corner = "class ╲ taken for"
    cells = [max(len(name), len(str(count.max()))) for name in names]
    if max(len(corner), *map(len, names)) + sum(cells) + 3 * len(names) < WIDTH:
        return table(
            title,
            [corner, *(f">{name}" for name in names)],
            [[name, *map(str, row)] for name, row in zip(names, count, strict=True)],
        )
    rows = []
    for k, (name, row) in enumerate(zip(names, count, strict=True)):
        others = [j for j in np.argsort(-row, kind="stable") if row[j] and j != k]
        rows.append(
            [name, str(row.sum()), str(row[k]), ", ".join(f"{names[j]} {row[j]}" for j in others)]
        )
    return table(title, ["class", ">examples", ">right", "taken for, how often"], rows)


def split(
    data: Dataset, test_share: float, seed: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Row numbers for training and for testing, with the same share of every class.

    Raises ValueError unless 0 ≤ ``test_share`` < 1.
    """
    if not 0.0 <= test_share < 1.0:
        raise ValueError(f"test_share: got {test_share}, expected 0 ≤ share < 1")
    rng = np.random.default_rng(seed)
    testing = np.zeros(len(data.y), dtype=bool)
    for c in range(len(data.classes)):
        members = rng.permutation(np.flatnonzero(data.y == c))
        testing[members[: int(test_share * len(members))]] = True
    return np.flatnonzero(~testing), np.flatnonzero(testing)


def confusion(
    actual: npt.NDArray[np.intp], predicted: npt.NDArray[np.intp], classes: int
) -> npt.NDArray[np.intp]:
    """How often each class (row) was taken for each (column).

    >>> confusion(np.array([0, 1, 1]), np.array([0, 0, 1]), 2)
    array([[1, 0],
           [1, 1]])
    """
    counts = np.zeros((classes, classes), dtype=np.intp)
    np.add.at(counts, (actual, predicted), 1)
    return counts


def _scaling(data: Dataset, rows: npt.NDArray[np.intp], scaling: str) -> tuple[Array, Array]:
    if scaling not in SCALINGS:
        raise ValueError(f"scaling: got {scaling!r}, expected {' or '.join(SCALINGS)}")
    X = data.X[rows]
    # in units of a power of two the same bits, but squares of no data over- or underflow
    axis = 0 if scaling == "each" else None
    unit = np.ldexp(1.0, np.frexp(np.abs(X).max(axis=axis))[1] - 1)
    mean, scale = (X / unit).mean(axis=axis) * unit, (X / unit).std(axis=axis) * unit
    constant = np.flatnonzero((X.max(axis=0) == X.min(axis=0)) | (scale == 0.0))
    if scaling == "each" and constant.size:
        first = constant[0]
        others = f" (and {constant.size - 1} more)" if constant.size > 1 else ""
        raise ValueError(
            f"X: feature {data.features[first]!r}{others} is {X[0, first]:g} in every training "
            "example and cannot be standardized: leave it out, or choose the scaling common"
        )
    if constant.size == X.shape[1]:
        raise ValueError("X: every feature is constant, expected some to vary")
    return np.broadcast_to(mean, X.shape[1]).copy(), np.broadcast_to(scale, X.shape[1]).copy()


def _scaled(X: npt.ArrayLike, mean: Array, scale: Array) -> Array:
    with np.errstate(over="ignore"):  # whoever computes with an infinite input refuses it
        X = np.asarray(X, dtype=np.float64)
        off = X - mean
        return np.where(np.isfinite(off), off / scale, X / scale - mean / scale)


def _fingerprint(data: Dataset) -> str:
    digest = hashlib.sha256(json.dumps([data.X.shape, data.features, data.classes]).encode())
    digest.update(np.ascontiguousarray(data.X).tobytes())
    digest.update(np.ascontiguousarray(data.y, dtype=np.int64).tobytes())
    return digest.hexdigest()
