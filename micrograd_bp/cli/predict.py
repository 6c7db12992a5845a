"""micrograd-bp predict."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ..support.validation import Array
from ..training.classifier import Model, load_model
from ..training.data import load_examples
from .options import BUILT_IN, HeaderOption, NamedDataOption

__all__ = ["predict"]


def predict(
    path: Annotated[Path, typer.Argument(metavar="MODEL.npz", help="What train --save wrote")],
    data: NamedDataOption,
    header: HeaderOption = None,
) -> int:
    """Classify examples: a line of CSV for each, with the output of its class."""
    model = load_model(path)
    X, labels = _examples(model, data, header)
    actual = _actual(model, data, labels)
    h = model.net.forward(model.inputs(X)).a[-1]
    predicted = model.predict(X)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["example", "predicted", "output"] + ["actual"] * (actual is not None))
    for i, c in enumerate(predicted):
        output = h[i, c] if h.shape[1] > 1 else (h[i, 0] if c else 1.0 - h[i, 0])
        row = [i + 1, model.classes[c], f"{output:.6g}"]
        writer.writerow(row + ([] if actual is None else [actual[i]]))
    if actual is not None:
        right = sum(model.classes[c] == name for c, name in zip(predicted, actual, strict=True))
        print(f"{right} of {len(actual)} right ({right / len(actual):.1%})", file=sys.stderr)
    return 0


def _examples(model: Model, data: str, header: bool | None) -> tuple[Array, Sequence[str] | None]:
    """What to classify, and what the file says of its classes."""
    if data not in BUILT_IN:
        return load_examples(data, model.features, header=header)
    dataset = BUILT_IN[data]()
    if dataset.features != model.features:
        raise ValueError(
            f"--data: got {data}, expected {len(model.features)} features of the model: "
            f"{', '.join(model.features)}"
        )
    return dataset.X, [dataset.classes[c] for c in dataset.y]


def _actual(model: Model, data: str, labels: Sequence[str] | None) -> Sequence[str] | None:
    """The labels, if they are classes of the model; ValueError if only some of them are."""
    if labels is None or not (strange := sorted(set(labels) - set(model.classes))):
        return labels
    if len(strange) < len(set(labels)):
        raise ValueError(
            f"--data: got the class {strange[0]!r} in {data}, expected those of the model: "
            f"{', '.join(model.classes)}"
        )
    print(f"note: {data} has none of the model's classes: nothing to compare with", file=sys.stderr)
    return None
