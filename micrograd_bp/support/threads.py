"""Blocks of examples spread over the cores of this machine, with the same bits on any number.

NumPy and BLAS release Python's lock, so a thread per core computes one block after the other.
BLAS would start threads of its own in each of them: for as long as ours run it gets one each, by
threadpoolctl, and afterwards what it had. As many threads run as BLAS may use: what limits the
one (``OMP_NUM_THREADS``, an affinity, ``threadpool_limits``) limits the other.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import numpy as np

__all__ = ["in_threads", "one_thread_for", "thread_pool"]

Result = TypeVar("Result")

# Arrays of 0.1 MB that every block takes and gives back would go back to the kernel each time, and
# come again page by page, a third of the time of a gradient. Once an array just below 32 MB has
# been freed, glibc keeps what is freed (mallopt(3), M_MMAP_THRESHOLD). Nothing is written to it.
FREED_ONCE = 2**22 - 2**13


def in_threads(function: Callable[..., Result], tasks: Sequence[tuple[Any, ...]]) -> list[Result]:
    """``function(*task)`` for each task, in the order of the tasks, on the cores that are free.

    The first failing task's error is raised, in the order of the tasks.

    >>> in_threads(pow, [(2, 3), (2, 4)])
    [8, 16]
    """
    if len(tasks) == 1:
        with _blas.shared():
            return [function(*tasks[0])]
    results: list[Any] = [None] * len(tasks)
    errors: dict[int, BaseException] = {}
    queue = iter(range(len(tasks)))  # next() of it is atomic

    def work(settings: Any) -> None:
        with np.errstate(**settings):  # a new thread has none of the caller's
            for i in queue:
                try:
                    results[i] = function(*tasks[i])
                except BaseException as error:
                    errors[i] = error
                    return

    _keep_memory()
    with _blas.shared() as cores:
        settings = (np.geterr(),)
        others = [
            threading.Thread(target=work, args=settings) for _ in range(min(cores, len(tasks)) - 1)
        ]
        for thread in others:
            thread.start()
        try:
            work(*settings)
            for thread in others:
                thread.join()
        finally:
            list(queue)  # nothing more to do for those that still run
    if errors:
        raise errors[min(errors)]
    return results


@contextmanager
def thread_pool() -> Iterator[Executor | None]:
    """An executor with a thread for every core that is free, or None if that is one.

    Meanwhile BLAS has one thread, as for ``in_threads``; what this adds is that results come one
    by one, as ``ordered_map`` gives them.
    """
    with _blas.shared() as cores:
        if cores == 1:
            yield None
            return
        pool = ThreadPoolExecutor(cores)
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def one_thread_for(package: str) -> Iterator[None]:
    """One thread meanwhile for a BLAS of a package's own, as SciPy has, and NumPy's left alone.

    Its threads would wait for each other over vectors as short as θ, longer than they compute.
    """
    folder = re.compile(
        rf"[/\\]{package}(\.libs)?[/\\]"
    )  # of a wheel; NumPy's file is scipy_openblas
    libraries = [library for library in _controllers() if folder.search(library.filepath)]
    before = [library.num_threads for library in libraries]
    for library in libraries:
        library.set_num_threads(1)
    try:
        yield
    finally:
        for library, number in zip(libraries, before, strict=True):
            library.set_num_threads(number)


class _Blas:
    """The number of threads of BLAS, which is the whole process's, taken and given back."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 0
        self.before: list[int] = []

    @contextmanager
    def shared(self) -> Iterator[int]:
        """One thread for BLAS meanwhile; gives how many may be started, 1 if others have."""
        libraries = _libraries()
        with self.lock:
            self.users += 1
            if self.users == 1:
                self.before = [library.num_threads for library in libraries]
                for library in libraries:
                    library.set_num_threads(1)
            cores = min(self.before, default=1) if self.users == 1 else 1
        try:
            yield min(cores, _cores())
        finally:
            with self.lock:
                self.users -= 1
                if self.users == 0:
                    for library, number in zip(libraries, self.before, strict=True):
                        library.set_num_threads(number)


_blas = _Blas()
if hasattr(os, "register_at_fork"):  # a child has none of the threads that were at work
    os.register_at_fork(after_in_child=_blas.__init__)  # type: ignore[misc]


@cache
def _keep_memory() -> None:
    np.empty(FREED_ONCE)


@cache
def _libraries() -> list[Any]:
    """NumPy's BLAS; none, and so one thread, where it is one that cannot be told."""
    found = _controllers()
    return [library for library in found if "numpy" in library.filepath] or found


def _controllers() -> list[Any]:
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return []
    return list(ThreadpoolController().select(user_api="blas").lib_controllers)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
