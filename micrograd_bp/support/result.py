"""The shape that every verdict shares: a word, a sentence, tables, and plain types for JSON."""

from __future__ import annotations

import dataclasses
import html
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence, Set
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .files import write_file

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["PASSING", "Result", "json_text", "plain"]

# The outcomes that count as passed; "undecided" never does.
PASSING = frozenset({"right", "nearly right", "right for its own cost"})


class Result(ABC):
    """Base of every verdict. It is true if it passed; ``str()`` is a report for people.

    A subclass states its ``outcome``, its ``verdict``, its ``tables`` and its ``details``.
    """

    @property
    @abstractmethod
    def outcome(self) -> str:
        """One word: "right", "wrong", "undecided", or another that the subclass lists."""

    @property
    @abstractmethod
    def verdict(self) -> str:
        """One sentence for people."""

    @abstractmethod
    def tables(self) -> list[Table | str]:
        """The numbers behind the verdict, as rich tables and lines of text."""

    @abstractmethod
    def details(self) -> dict[str, Any]:
        """What ``to_dict`` holds beside the verdict; its values need not be plain yet."""

    @property
    def passed(self) -> bool:
        """Whether it was confirmed: what is undecided has not passed."""
        return self.outcome in PASSING

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.verdict}>"

    def __str__(self) -> str:
        from .tables import render

        return render(*self.report())

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"

    def report(self) -> list[Table | str]:
        """All that is printed, in order: the tables, and the verdict below them."""
        return [*self.tables(), self.verdict]

    def to_dict(self) -> dict[str, Any]:
        """Everything in plain types, for JSON; a number that is not finite becomes None."""
        head = {"outcome": self.outcome, "passed": self.passed, "verdict": self.verdict}
        made: dict[str, Any] = plain(head | self.details())
        return made

    def to_html(self, path: str | Path, **options: Any) -> None:
        """Write the interactive page: one HTML file that loads nothing.

        ``options`` are those of the page of this kind of result. Raises OSError if the file
        cannot be written.
        """
        from ..report.page import page_of  # the house's only arrow upward

        write_file(path, page_of(self, **options).encode())


def plain(value: Any) -> Any:
    """``value`` in the types of JSON: None for what is not finite, lists for arrays.

    >>> plain({"a": np.array([1.0, np.nan]), "b": (np.int64(2), {3})})
    {'a': [1.0, None], 'b': [2, [3]]}
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if isinstance(value, (Sequence, Set)) and not isinstance(value, str):
        return [plain(item) for item in value]
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def json_text(value: Any) -> str:
    """``value`` as valid JSON in one line."""
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False)
