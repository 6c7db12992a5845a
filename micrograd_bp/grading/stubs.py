"""What a submission asks for and should not get: plots, questions, modules that are missing.

Loaded by its path in the submission's process, as ``worker.py`` is; it imports NumPy and the
standard library only.
"""

from __future__ import annotations

import argparse
import builtins
import contextlib
import functools
import importlib.abc
import importlib.machinery
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["RefusedError", "Stubs", "keep_old_names", "make_harmless"]

PLOTTING = {"matplotlib", "pylab", "seaborn", "plotly", "cv2", "tkinter", "turtle", "pygame"}


class RefusedError(PermissionError):
    """A submission tried what it may not do."""


# The functions that everybody's helper files hold, by their names without underscores


def sigmoid(z: Any) -> Any:
    """g(z) = 1 / (1 + e⁻ᶻ)."""
    return 1.0 / (1.0 + np.exp(-np.asarray(z)))


def sigmoid_gradient(z: Any) -> Any:
    """g′(z), of the weighted input."""
    return sigmoid(z) * (1.0 - sigmoid(z))


def relu(z: Any) -> Any:
    """max(0, z)."""
    return np.maximum(z, 0.0)


def with_cache(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function as "dnn_utils" has it: with its argument beside the result."""
    return lambda Z: (function(Z), Z)


USUAL: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("sigmoid", "logistic", "expit"), sigmoid),
    **dict.fromkeys(
        ("sigmoidgradient", "sigmoidprime", "sigmoidderivative", "dsigmoid"), sigmoid_gradient
    ),
    "relu": relu,
    "tanh": np.tanh,
}
USUAL_WITH_CACHE: dict[str, Callable[..., Any]] = {
    "sigmoid": with_cache(sigmoid),
    "relu": with_cache(relu),
    "sigmoidbackward": lambda dA, Z: dA * sigmoid_gradient(Z),
    "relubackward": lambda dA, Z: np.where(Z > 0.0, dA, 0.0),
}


# Modules that are missing


class Stub(types.ModuleType):
    """Stands for a module that is missing, or only draws: what is in it does nothing, but for the
    usual functions (sigmoid, relu) of a helper file."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        usual = USUAL_WITH_CACHE if self.__name__.startswith(("dnn_utils", "dnn_app")) else USUAL
        plain = name.lower().replace("_", "")
        return usual[plain] if plain in usual else Nothing(f"{self.__name__}.{name}")


class Nothing:
    """Callable, iterable, a context manager; a decorator gives back what it decorates."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        if self._name.startswith("micrograd_bp"):
            raise RefusedError("micrograd_bp is the referee and cannot be used by a submission")
        if len(arguments) == 1 and not named and isinstance(arguments[0], types.FunctionType):
            return arguments[0]
        return Nothing(self._name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Nothing(f"{self._name}.{name}")

    def __getitem__(self, key: Any) -> Nothing:
        return Nothing(self._name)

    def __setitem__(self, key: Any, value: Any) -> None:
        return None

    def __iter__(self) -> Iterator[Any]:
        return iter((Nothing(self._name), Nothing(self._name)))

    def __enter__(self) -> Nothing:
        return self

    def __exit__(self, *details: object) -> None:
        return None

    def __mro_entries__(self, bases: Any) -> tuple[type, ...]:
        return (object,)

    def __index__(self) -> int:
        return 1

    def __len__(self) -> int:
        return 2

    def _arithmetic(self, *others: Any) -> Nothing:
        return Nothing(self._name)

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = _arithmetic
    __rtruediv__ = __matmul__ = __rmatmul__ = __pow__ = __mod__ = __neg__ = _arithmetic
    __array_ufunc__ = None  # so that NumPy leaves the arithmetic to it


class Stubs(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives a stub for plotting modules and, asked last, for what the submission lacks."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.missing: list[str] = []
        self.referee = False

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        top = name.partition(".")[0]
        if top == "micrograd_bp":
            self.referee = True
        elif top not in PLOTTING and not isinstance(sys.modules.get(top), Stub):
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def last(self) -> importlib.abc.MetaPathFinder:
        """The finder that is asked when no other knows the module."""
        first = self

        class Last(importlib.abc.MetaPathFinder):
            def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
                if "." in name or not first._asked_by_submission():
                    return None
                first.missing.append(name)
                return importlib.machinery.ModuleSpec(name, first, is_package=True)

        return Last()

    def _asked_by_submission(self) -> bool:
        """Libraries try optional imports, and must be told that these are missing."""
        frame: Any = sys._getframe(2)
        while frame is not None and "importlib" in frame.f_code.co_filename:
            frame = frame.f_back
        return frame is not None and str(Path(frame.f_code.co_filename).parent) == self.folder

    def create_module(self, spec: Any) -> types.ModuleType:
        return Stub(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        return None


def make_harmless() -> None:
    """Questions, options and figures get answers; names that NumPy once had are there."""
    builtins.input = lambda *_: "1"
    sys.argv = ["submission.py"]
    setattr(argparse.ArgumentParser, "error", lambda self, message: None)  # noqa: B010
    warnings.simplefilter("ignore")
    once: dict[str, Any] = {"float": float, "int": int, "bool": bool, "object": object}
    once |= {"float_": np.float64, "mat": np.asmatrix, "product": np.prod}
    once["asfarray"] = lambda a, dtype=np.float64: np.asarray(a, dtype)
    for name, value in once.items():
        if name not in vars(np):
            setattr(np, name, value)


def keep_old_names() -> None:
    """Names and arguments that pandas and scikit-learn once had, where they were imported."""
    pandas = sys.modules.get("pandas")
    with contextlib.suppress(AttributeError):
        if pandas is not None and not hasattr(pandas.DataFrame, "as_matrix"):
            pandas.DataFrame.as_matrix = pandas.DataFrame.to_numpy
    preprocessing = sys.modules.get("sklearn.preprocessing")
    with contextlib.suppress(AttributeError):
        encoder: Any = preprocessing.OneHotEncoder  # type: ignore[union-attr]
        first = encoder.__init__
        if not hasattr(first, "__wrapped__"):

            @functools.wraps(first)
            def made(self: Any, *, sparse: bool | None = None, **options: Any) -> None:
                first(self, **options if sparse is None else options | {"sparse_output": sparse})

            encoder.__init__ = made
