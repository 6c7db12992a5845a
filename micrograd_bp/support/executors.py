"""Work spread over processes or a cluster: any ``concurrent.futures.Executor`` serves."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing import connection, get_context, parent_process, resource_tracker
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from .interrupts import interrupts_deferred

__all__ = ["cluster", "ordered_map", "process_pool", "renewable"]

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
WATCH_SECONDS = 1.0  # between two looks at an executor whose result is awaited


def ordered_map(
    executor: Executor | None,
    function: Callable[..., Result],
    tasks: Iterable[tuple[Any, ...]],
    shared: tuple[Any, ...] = (),
) -> Iterator[Result]:
    """``function(*shared, *task)`` for each task, in the order of the tasks, wherever they run.

    What is ``shared`` goes once to each process of a pool of processes, and once to each worker
    of a Dask cluster; executors of other kinds are given it with each task.

    Without an executor they run here, one after the other. What has not begun is cancelled when
    a task fails or the caller stops. What was lost with a process of ``process_pool`` runs again
    in another. Raises ChildProcessError if that does not help, if a process of another pool is
    lost, or if a cluster no longer answers.

    >>> list(ordered_map(None, pow, [(2, 3), (2, 4)]))
    [8, 16]
    """
    if executor is None:
        for task in tasks:
            yield function(*shared, *task)
        return
    with _sent(executor, shared) as sent:
        yield from _in_order(executor, partial(_call, function), [(sent, *t) for t in tasks])


def _in_order(
    executor: Executor, function: Callable[..., Result], listed: list[tuple[Any, ...]]
) -> Iterator[Result]:
    futures = [executor.submit(function, *task) for task in listed]
    lost = 0
    try:
        for i in range(len(listed)):
            while True:
                try:
                    result = _awaited(executor, futures[i])
                    break
                except BrokenExecutor as error:
                    lost += 1
                    if not isinstance(executor, _Processes) or lost > RETRIES:
                        raise ChildProcessError(
                            "executor: a process ended before its work was done"
                        ) from error
                    executor.renew()
                    for j in range(i, len(listed)):
                        if not _succeeded(futures[j]):
                            futures[j] = executor.submit(function, *listed[j])
            yield result
    finally:
        for future in futures:
            future.cancel()


@contextmanager
def _sent(executor: Executor, shared: tuple[Any, ...]) -> Iterator[Any]:
    """What stands for ``shared`` in a task: itself, a Dask future, or where it is stored."""
    client: Any = getattr(executor, "_client", None)
    if shared and hasattr(client, "scatter"):
        yield client.scatter([shared], broadcast=True, hash=False)[0]
    elif shared and isinstance(executor, _Processes | ProcessPoolExecutor):
        with tempfile.TemporaryDirectory(prefix="micrograd_bp-") as folder:
            path = Path(folder, "shared")
            path.write_bytes(pickle.dumps(shared, pickle.HIGHEST_PROTOCOL))
            yield _Stored(path)
    else:
        yield shared


@dataclass(frozen=True)
class _Stored:
    """A file of this process's own, in a folder that nobody else can write to."""

    path: Path


def _call(function: Callable[..., Result], shared: Any, *task: Any) -> Result:
    return function(*(_load(shared) if isinstance(shared, _Stored) else shared), *task)


@lru_cache(maxsize=1)
def _load(stored: _Stored) -> Any:
    return pickle.loads(stored.path.read_bytes())


def _awaited(executor: Executor, future: Future[Result]) -> Result:
    """The result, as soon as it is there; meanwhile an executor that can be is watched."""
    watch = getattr(executor, "watch", None)
    while True:
        try:
            return future.result(None if watch is None else WATCH_SECONDS)
        except NotYet:
            if watch is None or future.done():  # the task's own TimeoutError
                raise
            watch()
        except CancelledError as error:
            raise ChildProcessError("executor: it has given up the work") from error


def _succeeded(future: Future[Any]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


@contextmanager
def process_pool(jobs: int) -> Iterator[Executor]:
    """``jobs`` processes whose BLAS uses one thread each, so that they do not fight for cores.

    As for every process that Python spawns, a script must guard its start with
    ``if __name__ == "__main__"``. They end with the process that started them, however that
    ends. Raises ValueError unless jobs ≥ 1.
    """
    if jobs < 1:
        raise ValueError(f"jobs: got {jobs}, expected at least 1")
    before = {name: os.environ.get(name) for name in BLAS_THREADS}
    os.environ.update(dict.fromkeys(BLAS_THREADS, "1"))  # spawned processes inherit it
    pool = _Processes(jobs)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class _Processes(Executor):
    """A pool of processes that is replaced by a new one when one of them is lost."""

    def __init__(self, jobs: int, like: ProcessPoolExecutor | None = None) -> None:
        """``like`` is somebody's own pool, which serves until a process of it is lost."""
        self.jobs, self.like = jobs, like
        if hasattr(resource_tracker, "ensure_running"):  # before signals are held back, see below
            resource_tracker.ensure_running()
        self.pool = like or self._new()

    def _new(self) -> ProcessPoolExecutor:
        if self.like is not None:
            own = self.like
            return ProcessPoolExecutor(self.jobs, own._mp_context, own._initializer, own._initargs)
        return ProcessPoolExecutor(self.jobs, get_context("spawn"), initializer=_begin_worker)

    def renew(self) -> None:
        # A lost pool ends first, whosever it is: processes that are forked while its threads are
        # still writing hold the ends of its pipes open.
        self.pool.shutdown(cancel_futures=True)
        self.pool = self._new()

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        # A process started now is deaf to Ctrl-C from its birth, and is told all it must know:
        # what no thread of this process has blocked comes to the main one when that is done.
        with interrupts_deferred(), _interrupts_held_back():
            try:
                return self.pool.submit(fn, *args, **kwargs)
            except BrokenExecutor:  # one was lost while there was nothing to do
                self.renew()
                return self.pool.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if self.pool is not self.like:
            self.pool.shutdown(wait, cancel_futures=cancel_futures)


@contextmanager
def renewable(executor: Executor | None) -> Iterator[Executor | None]:
    """The executor; if it is a pool of processes and one is lost, another pool takes over."""
    if not isinstance(executor, ProcessPoolExecutor):
        yield executor
        return
    pool = _Processes(getattr(executor, "_max_workers", 1), executor)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin_worker() -> None:
    """In a new process of the pool: Ctrl-C is for the parent, and without it there is no work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of a running Dask scheduler, e.g. ``tcp://127.0.0.1:8786``, as an executor.

    A task whose worker is lost runs again on another. Raises ValueError if Dask is not
    installed, nobody answers at the address or no worker is there; and ChildProcessError, from
    the work that is awaited, if the scheduler or all workers are lost.
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
    try:
        try:
            client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except (OSError, NotYet) as error:
            raise ValueError(
                f"cluster: got {address!r}, whose scheduler has no workers after "
                f"{CONNECT_SECONDS} s"
            ) from error
        yield _Cluster(client, address)
    finally:
        with suppress(Exception):  # a scheduler that is gone cannot be taken leave of
            client.close(timeout=CONNECT_SECONDS if _answers(address) else WATCH_SECONDS)


class _Cluster(Executor):
    """A Dask cluster that is asked, while work is awaited, whether it is still there."""

    def __init__(self, client: Any, address: str) -> None:
        self._client, self.address = client, address
        self.executor = client.get_executor(retries=RETRIES, pure=False)
        self.alone_since: float | None = None

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        future: Future[Result] = self.executor.submit(fn, *args, **kwargs)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.executor.shutdown(wait=wait, cancel_futures=cancel_futures)

    def watch(self) -> None:
        """Raise ChildProcessError if the scheduler does not answer, or long has no workers."""
        if not _answers(self.address):
            raise ChildProcessError(f"cluster: the scheduler at {self.address} is gone")
        if self._client.scheduler_info()["workers"]:
            self.alone_since = None
            return
        self.alone_since = self.alone_since or time.monotonic()
        if time.monotonic() - self.alone_since > CONNECT_SECONDS:
            raise ChildProcessError(
                f"cluster: the scheduler at {self.address} has lost its workers"
            )


def _answers(address: str) -> bool:
    """Whether somebody listens at a TCP address; True for addresses of other kinds."""
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme not in ("tcp", "tls") or parts.port is None:
        return True
    try:
        socket.create_connection((parts.hostname or "", parts.port), WATCH_SECONDS).close()
    except OSError:
        return False
    return True
