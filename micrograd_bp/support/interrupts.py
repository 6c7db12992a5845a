"""Ctrl-C where it may come, and put off where work would be lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["interruptible", "interrupts_deferred"]


class _Deferred:
    """A handler of SIGINT that raises KeyboardInterrupt only while it is ``open``."""

    def __init__(self) -> None:
        self.open = False
        self.pending = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.open:
            self.open = False  # once: what follows is the keeping of the work
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
    handler = _Deferred()
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if handler.pending:
        raise KeyboardInterrupt


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C end this block, within ``interrupts_deferred`` and elsewhere.

    >>> with interrupts_deferred():
    ...     try:
    ...         with interruptible():
    ...             signal.raise_signal(signal.SIGINT)
    ...     except KeyboardInterrupt:
    ...         print("ended")
    ended
    """
    handler = signal.getsignal(signal.SIGINT)
    if not isinstance(handler, _Deferred):
        yield
        return
    handler.open = True
    try:
        if handler.pending:
            handler.pending = False
            raise KeyboardInterrupt
        yield
    finally:
        handler.open = False
