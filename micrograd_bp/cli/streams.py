"""Standard output and error as they are in the world: closed, full, a pipe that is not read on, or
in an encoding without θ."""

from __future__ import annotations

import contextlib
import io
import json
import os
import select
import sys
from typing import Any, TextIO

from ..support.result import plain
from ..support.tables import ascii_names, console, encodes, shown, table

__all__ = ["flush", "prepare_streams", "print_error", "print_json", "show"]


class _Outlet(io.RawIOBase):
    """A file descriptor whose reader may leave: what he does not read is not missed."""

    def __init__(self, descriptor: int, name: str) -> None:
        self.descriptor, self.stream = descriptor, name
        self.deaf = False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.descriptor

    def isatty(self) -> bool:
        return os.isatty(self.descriptor)

    def write(self, content: Any) -> int:
        if not self.deaf:
            try:
                return os.write(self.descriptor, content)
            except BlockingIOError:
                select.select([], [self.descriptor], [])
                return 0
            except BrokenPipeError:
                self.deaf = True
            except OSError as error:
                self.deaf = True  # said once
                raise OSError(error.errno, error.strerror, self.stream) from None
        return len(content)


class _Text(io.TextIOWrapper):
    """Text in the stream's encoding; what that lacks has ASCII names."""

    def write(self, text: str) -> int:
        return super().write(text if encodes(self, text) else ascii_names(text))


def prepare_streams() -> None:
    """Make ``sys.stdout`` and ``sys.stderr`` ready for whatever stands at their other ends."""
    for descriptor in (0, 1, 2):  # one that is closed would be the next file that is opened
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = _prepared(sys.stdout, 1, "standard output")
    sys.stderr = _prepared(sys.stderr, 2, "standard error")


def _prepared(stream: TextIO | None, descriptor: int, name: str) -> TextIO:
    if os.name == "nt" and stream is not None:  # its consoles are no file descriptors
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
        return stream
    at_terminal = os.isatty(descriptor)
    return _Text(
        io.BufferedWriter(_Outlet(descriptor, name)),
        encoding="utf-8" if stream is None else stream.encoding,  # None: Python found it closed
        errors="backslashreplace",
        line_buffering=at_terminal or descriptor == 2,
    )


def flush() -> None:
    """Send what is left to standard output; OSError if it cannot take it."""
    sys.stdout.flush()
    with contextlib.suppress(OSError):
        sys.stderr.flush()


def print_error(message: str) -> None:
    """One line on standard error, whatever stands in the message."""
    with contextlib.suppress(OSError, ValueError):  # there is no other place to say it
        print(shown(" ".join(message.split())), file=sys.stderr)


def print_json(value: Any) -> None:
    """``value`` as valid JSON in one line, escaped where the stream is not UTF-8."""
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False)
    unicode = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().startswith("utf")
    if not unicode or not encodes(sys.stdout, text):
        text = json.dumps(plain(value), allow_nan=False)
    print(text)


def show(*parts: Any) -> None:
    """Tables to standard output: in colour on a terminal, as plain text elsewhere."""
    from rich.table import Table

    for part in parts:
        printed = shown(part) if isinstance(part, str) else part
        if isinstance(part, Table) and not encodes(sys.stdout, "θ₁⁽¹⁾─"):
            printed = _in_ascii(part)  # before its columns are laid out
        console(sys.stdout).print(printed)


def _in_ascii(made: Any) -> Any:
    marks = {"right": ">", "left": ""}
    headings = [
        ("=" if column.no_wrap else marks.get(column.justify, "")) + ascii_names(str(column.header))
        for column in made.columns
    ]
    cells = [[ascii_names(str(cell)) for cell in column.cells] for column in made.columns]
    return table(ascii_names(str(made.title)), headings, zip(*cells, strict=True))
