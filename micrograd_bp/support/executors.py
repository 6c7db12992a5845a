"""Work spread over processes or a cluster: any ``concurrent.futures.Executor`` serves."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, TypeVar

__all__ = ["cluster", "ordered_map", "process_pool"]

Result = TypeVar("Result")

# Every BLAS that NumPy is built with reads one of these when it is loaded.
BLAS_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
RETRIES = 3  # of a task whose worker was lost
CONNECT_SECONDS = 10


def ordered_map(
    executor: Executor | None, function: Callable[..., Result], tasks: Iterable[tuple[Any, ...]]
) -> Iterator[Result]:
    """``function(*task)`` for each task, in the order of the tasks, wherever they run.

    Without an executor they run here, one after the other. What has not begun is cancelled when
    a task fails or the caller stops. Raises ChildProcessError if a process of a pool is lost.

    >>> list(ordered_map(None, pow, [(2, 3), (2, 4)]))
    [8, 16]
    """
    if executor is None:
        for task in tasks:
            yield function(*task)
        return
    futures = [executor.submit(function, *task) for task in tasks]
    try:
        for future in futures:
            yield future.result()
    except BrokenExecutor as error:
        raise ChildProcessError("executor: a process ended before its work was done") from error
    finally:
        for future in futures:
            future.cancel()


@contextmanager
def process_pool(jobs: int) -> Iterator[Executor]:
    """``jobs`` processes whose BLAS uses one thread each, so that they do not fight for cores.

    As for every process that Python spawns, a script must guard its start with
    ``if __name__ == "__main__"``. Raises ValueError unless jobs ≥ 1.
    """
    if jobs < 1:
        raise ValueError(f"jobs: got {jobs}, expected at least 1")
    before = {name: os.environ.get(name) for name in BLAS_THREADS}
    os.environ.update(dict.fromkeys(BLAS_THREADS, "1"))  # spawned processes inherit it
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_leave_interrupt_to_parent)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of a running Dask scheduler, e.g. ``tcp://127.0.0.1:8786``, as an executor.

    A task whose worker is lost runs again on another. Raises ValueError if Dask is not
    installed or nobody answers at the address.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ValueError(
            "cluster: Dask is not installed; pip install 'micrograd_bp[cluster]'"
        ) from None
    connect: Any = Client  # Dask has no types
    try:
        client = connect(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ValueError(f"cluster: got {address!r}, where no Dask scheduler answers") from error
    with client:
        yield client.get_executor(retries=RETRIES)


def _leave_interrupt_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
