"""A function that is at hand, run in this process."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from . import wire
from .submission import Trace, step_error
from .trace import RECORD, Recorder, instrument, parsed
from .workshop import FailedStepError, Workshop

__all__ = ["Local"]


class Local:
    """Carries out programs in this process; the function is called "function" in them."""

    alive = True

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        code = getattr(inspect.unwrap(function), "__code__", None)
        self.filename = getattr(code, "co_filename", "")
        self.name = Path(self.filename).name if code is not None else "function"
        self.shop = Workshop(self.filename, {"function": function})

    def run(self, program: Sequence[Sequence[Any]]) -> list[Any]:
        """The results of the steps; UserError if one of them raises."""
        return self._run(self.shop, program)

    def _run(self, shop: Workshop, program: Sequence[Sequence[Any]]) -> list[Any]:
        try:
            return shop.perform(program, wire)
        except FailedStepError as failure:
            name = self.name if failure.line else "function"
            raise step_error(name, failure.line, failure.kind, failure.text) from failure

    def trace(self, program: Sequence[Sequence[Any]]) -> Trace | None:
        """The program twice on an instrumented copy of the function, where its source is."""
        recorder = Recorder()
        copied = self._copy(recorder)
        if copied is None:
            return None
        source, function = copied
        shop = Workshop(self.filename, {"function": function})
        results, events = [], []
        for _ in range(2):
            recorder.start()
            results.append(self._run(shop, program))
            events.append(list(recorder.stop()))
        return Trace(source, self.name, results[0], events[0], events[1])

    def _copy(self, recorder: Recorder) -> tuple[str, Callable[..., Any]] | None:
        """The instrumented function; None without a source, or if it closes over variables."""
        plain = inspect.unwrap(self.function)
        if not inspect.isfunction(plain) or plain.__closure__:
            return None
        try:
            lines, first = inspect.getsourcelines(plain)
            text = textwrap.dedent("".join(lines))
            if not isinstance(parsed(text).body[0], ast.FunctionDef):
                return None
            source = "\n" * (first - 1) + text  # so that lines count as in the file
            names = {**plain.__globals__, RECORD: recorder}
            exec(instrument(source, self.filename), names)
        except (OSError, TypeError, SyntaxError, IndexError):
            return None
        made = names[plain.__name__]
        return (source, made) if callable(made) else None
