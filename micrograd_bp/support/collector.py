"""Python's cyclic garbage collector, out of the way while a large graph is built."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collector_paused"]


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the cyclic garbage collector from running while the block, or function, runs.

    A graph of Values has no cycles, and is freed without the collector; but while it grows, each
    of the collector's full passes looks at all of it again. Whether the collector runs is the
    user's to set: it is put back as it was, also when an error leaves the block.

    >>> with collector_paused():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
