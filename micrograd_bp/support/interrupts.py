"""Ctrl-C: one line and exit status 130 wherever it comes, and put off where work would be lost.

A program's end is asked for by other signals too (SIGTERM by a supervisor, SIGHUP by a terminal
that closes): they take the same way, so that nothing is left behind.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NoReturn

__all__ = [
    "end_program",
    "exit_status",
    "interruptible",
    "interrupts_deferred",
    "one_line_for_interrupts",
    "raise_deferred",
    "was_interrupted",
]

ENDED_BY_SIGNAL = 128  # and the signal's number: what a shell reports; 130 for Ctrl-C


class _Leaving:
    """A handler of SIGINT for a whole program.

    While it is ``open`` the first Ctrl-C raises KeyboardInterrupt, so that files are closed and
    processes ended. At any other time, and at the second Ctrl-C, it leaves at once.
    """

    def __init__(self) -> None:
        self.open = False
        self.seen = False
        self.raised = False  # also by the handler that puts interrupts off
        self.number = int(signal.SIGINT)
        self.status: int | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.number = number
        if self.seen or not self.open:
            self.leave()
        self.seen = self.raised = True
        raise KeyboardInterrupt

    def leave(self) -> None:
        """End the program with one line, without any more Python running."""
        if self.open:  # a progress bar may have hidden the cursor
            os.write(2, b"\x1b[?25h" if os.isatty(2) else b"")
        os.write(2, b"interrupted\n")
        os._exit(ENDED_BY_SIGNAL + self.number)

    def leave_with_status(self) -> None:
        """At exit: Python ends by the signal itself, whatever sys.exit said, if an interrupt was
        ever raised inside ``exec`` or ``eval`` of a text, as dataclasses and namedtuples use them
        (``unhandled_keyboard_interrupt`` in CPython's pythonrun.c)."""
        if self.status is not None:
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError, ValueError):  # closed, or nobody reads
                    stream.flush()
            os._exit(self.status)


def end_program(status: int) -> NoReturn:
    """Leave with this status. From here on Ctrl-C changes nothing any more."""
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    if isinstance(handler, _Leaving):
        handler.status = status if handler.raised else None
    sys.exit(status)


def one_line_for_interrupts(instead_of: Any = signal.default_int_handler) -> None:
    """Let Ctrl-C end this program with one line from now on, imports included.

    A program that was started with interrupts ignored, or with another handler than
    ``instead_of``, goes on with it.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGINT) is instead_of:
        handler = _Leaving()
        signal.signal(signal.SIGINT, handler)
        atexit.register(handler.leave_with_status)  # the first one registered is called last
        for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, _as_interrupt)
        before = sys.unraisablehook

        def hook(unraisable: Any) -> None:
            """An interrupt that came where Python can only print it: in a destructor, say.

            What else a destructor complains of, of some library's, changes nothing for the user.
            """
            if not issubclass(unraisable.exc_type, KeyboardInterrupt):
                if sys.flags.dev_mode:
                    before(unraisable)
                return
            current = signal.getsignal(signal.SIGINT)
            if isinstance(current, _Deferred):
                current.pending = True
            else:
                handler.leave()

        sys.unraisablehook = hook


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    handler = signal.getsignal(signal.SIGINT)
    if callable(handler):
        handler(number, frame)


def exit_status() -> int:
    """The status of a program that a signal has ended: 130 for Ctrl-C."""
    handler = signal.getsignal(signal.SIGINT)
    number = handler.number if isinstance(handler, _Leaving) else signal.SIGINT
    return ENDED_BY_SIGNAL + number


def was_interrupted() -> bool:
    """Whether Ctrl-C has come since ``interruptible`` began, even if some library hid it."""
    handler = signal.getsignal(signal.SIGINT)
    return isinstance(handler, _Leaving) and handler.seen


class _Deferred:
    """A handler of SIGINT that raises KeyboardInterrupt only while it is ``open``."""

    def __init__(self, before: Any) -> None:
        self.before = before
        self.open = False
        self.pending = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if isinstance(self.before, _Leaving):
            self.before.number = number
            self.before.raised |= self.open
        if self.open:
            self.open = False  # once: what follows is the keeping of the work
            self.pending = True  # until it arrives: C code may swallow what is raised inside it
            raise KeyboardInterrupt
        self.pending = True


@contextmanager
def interrupts_deferred() -> Iterator[None]:
    """Put Ctrl-C off until the block is done, but for the parts of it that are ``interruptible``.

    So nothing can come between the end of long work and its being saved. Off the main thread,
    where Python delivers no signals, it changes nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    handler = _Deferred(before)
    signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if handler.pending:
        raise KeyboardInterrupt


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C end this block by KeyboardInterrupt, whichever handler there is.

    >>> with interrupts_deferred():
    ...     try:
    ...         with interruptible():
    ...             signal.raise_signal(signal.SIGINT)
    ...     except KeyboardInterrupt:
    ...         print("ended")
    ended
    """
    handler = signal.getsignal(signal.SIGINT)
    if not isinstance(handler, _Deferred | _Leaving):
        yield
        return
    handler.open = True
    try:
        raise_deferred()
        yield
    except KeyboardInterrupt:
        if isinstance(handler, _Deferred):
            handler.pending = False
        raise
    finally:
        handler.open = False


def raise_deferred() -> None:
    """Raise KeyboardInterrupt if one has been put off; for long loops."""
    handler = signal.getsignal(signal.SIGINT)
    if isinstance(handler, _Deferred) and handler.pending:
        handler.pending = handler.open = False
        raise KeyboardInterrupt
