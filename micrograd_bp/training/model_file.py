"""The file of a trained classifier: what must stand in it, checked whole before it is used.

A .npz file with the arrays below and ``about``, the rest as JSON. A file whose parts do not fit
each other is refused, however it came to be: a model that is read has been a model when written.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..support.arrays import numbers, read_arrays, texts
from ..support.validation import Array
from .settings import Settings, whole_number

__all__ = ["FORMAT", "Stored", "read_model"]

FORMAT = "micrograd_bp model 1"
ABOUT = (
    "format", "settings", "features", "classes", "fingerprint", "best_epoch", "epoch", "seconds",
)  # fmt: skip
ARRAYS = ("about", "best_theta", "theta", "costs", "mean", "scale")


class Stored(NamedTuple):
    """The parts of a model file, which fit each other."""

    settings: Settings
    features: tuple[str, ...]
    classes: tuple[str, ...]
    fingerprint: str
    best_epoch: int
    epoch: int
    seconds: float
    best_theta: Array  # (P,)
    theta: Array  # (P,)
    costs: list[float]
    mean: Array  # (n,)
    scale: Array  # (n,)


def read_model(path: str | Path) -> Stored:
    """Read what ``Model.save`` wrote.

    Raises OSError if the file cannot be read, ValueError if it is damaged, something else, or
    its parts do not fit each other.
    """
    Path(path).stat()  # a model that is missing is said in the system's words
    arrays = read_arrays(path, (".npz",), "model")
    try:
        return _checked(_about(arrays), arrays)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{path}: not a readable model file ({error})") from None


def _about(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON part, with every entry that it must have and no other."""
    _same_names("", arrays, ARRAYS)
    if arrays["about"].dtype.kind != "U" or arrays["about"].shape != ():
        raise ValueError(f"about is of type {arrays['about'].dtype}, expected text")
    about = json.loads(str(arrays["about"]))
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        form = about.get("format") if isinstance(about, dict) else type(about).__name__
        raise ValueError(f"its format is {form}, expected {FORMAT}")
    _same_names("about: ", about, ABOUT)
    if not isinstance(about["settings"], dict):
        raise ValueError("settings are no object")
    _same_names("settings: ", about["settings"], [field.name for field in fields(Settings)])
    return about


def _same_names(where: str, found: Mapping[str, Any], expected: Any) -> None:
    missing, strange = set(expected) - set(found), set(found) - set(expected)
    if missing or strange:
        what = f"no entry {min(missing)!r}" if missing else f"unknown entry {min(strange)!r}"
        raise ValueError(f"{where}{what}")


def _checked(about: Mapping[str, Any], arrays: Mapping[str, Any]) -> Stored:
    settings = _settings(about["settings"])
    features = tuple(texts("features", about["features"]))
    classes = tuple(texts("classes", about["classes"]))
    inputs, outputs = settings.sizes[0], settings.sizes[-1]
    _expect("features", len(features), inputs)
    _expect("different features", len(set(features)), inputs)
    if len(set(classes)) != len(classes) or len(classes) < 2:
        raise ValueError(f"classes: got {', '.join(classes) or 'none'}, expected two or more names")
    if len(classes) != outputs and (len(classes), outputs) != (2, 1):
        raise ValueError(f"got {len(classes)} classes for {outputs} outputs")
    weights = sum((n + 1) * to for n, to in pairwise(settings.sizes))
    lengths = {"best_theta": weights, "theta": weights, "mean": inputs, "scale": inputs}
    vectors = {name: _vector(name, arrays[name]) for name in (*lengths, "costs")}
    for name, length in lengths.items():
        _expect(f"numbers in {name}", len(vectors[name]), length)
    if np.any(vectors["scale"] <= 0.0):
        raise ValueError(f"scale: got {vectors['scale'].min():g}, expected numbers > 0")
    costs = vectors["costs"].tolist()
    epoch = whole_number("epoch", about["epoch"], 0)
    best = whole_number("best_epoch", about["best_epoch"], 0)
    if not costs or epoch > len(costs) - 1 or len(costs) - 1 > settings.epochs:
        raise ValueError(f"got {len(costs)} costs and epoch {epoch} of {settings.epochs}")
    if best >= len(costs) or min(costs) < 0.0 or costs[best] > min(costs):
        raise ValueError(f"best_epoch: got {best}, expected that of the least cost")
    seconds = about["seconds"]
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds >= 0.0:
        raise ValueError(f"seconds: got {seconds!r}, expected a number ≥ 0")
    if not math.isfinite(seconds):
        raise ValueError(f"seconds: got {seconds!r}, expected a finite number")
    fingerprint = about["fingerprint"]
    if not isinstance(fingerprint, str) or not re.fullmatch("[0-9a-f]{64}", fingerprint):
        raise ValueError("fingerprint: expected 64 hexadecimal digits")
    return Stored(
        settings, features, classes, fingerprint, best, epoch, float(seconds),
        vectors["best_theta"], vectors["theta"], costs, vectors["mean"], vectors["scale"],
    )  # fmt: skip


def _settings(stored: Mapping[str, Any]) -> Settings:
    sizes = stored["sizes"]
    if not isinstance(sizes, list):
        raise ValueError(f"sizes: got {sizes!r}, expected a list")
    settings = Settings(**{**stored, "sizes": tuple(sizes)})
    settings.check()
    return settings


def _vector(name: str, array: Any) -> Array:
    if array.ndim != 1 or array.dtype.kind != "f":
        raise ValueError(f"{name}: got {array.dtype} of shape {array.shape}, expected a vector")
    return numbers(name, array)


def _expect(what: str, found: int, expected: int) -> None:
    if found != expected:
        raise ValueError(f"got {found} {what}, expected {expected}")
