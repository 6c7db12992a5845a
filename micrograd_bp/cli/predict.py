"""micrograd-bp predict."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ..training.classifier import load_model
from ..training.data import load_examples
from .options import BUILT_IN, NamedDataOption

__all__ = ["predict"]


def predict(
    path: Annotated[Path, typer.Argument(metavar="MODEL.npz", help="What train --save wrote")],
    data: NamedDataOption,
) -> int:
    """Classify examples: a line of CSV for each, with the output of its class."""
    model = load_model(path)
    if data in BUILT_IN:
        dataset = BUILT_IN[data]()
        X: Any = dataset.X
        labels: Any = [dataset.classes[c] for c in dataset.y]
        if dataset.features != model.features:
            raise ValueError(f"--data: got {data}, expected {len(model.features)} features of "
                             f"the model: {', '.join(model.features)}")  # fmt: skip
    else:
        X, labels = load_examples(data, model.features)
    h = model.net.forward(model.inputs(X)).a[-1]
    predicted = model.predict(X)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["example", "predicted", "output"] + ["actual"] * (labels is not None))
    for i, c in enumerate(predicted):
        output = h[i, c] if h.shape[1] > 1 else (h[i, 0] if c else 1.0 - h[i, 0])
        row = [i + 1, model.classes[c], f"{output:.6g}"]
        writer.writerow(row + ([] if labels is None else [labels[i]]))
    if labels is not None:
        right = sum(model.classes[c] == name for c, name in zip(predicted, labels, strict=True))
        print(f"{right} of {len(labels)} right ({right / len(labels):.1%})", file=sys.stderr)
    return 0
