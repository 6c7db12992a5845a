"""A submission's process, from the referee's side: started, asked, limited and ended.

The process receives arrays and returns arrays; what it prints goes nowhere, what it starts is
ended with it, and whatever it does instead of answering is told in one line.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from . import wire
from .submission import Trace, UserError, step_error

__all__ = ["MEMORY", "Channel", "Process"]

MEMORY = 4096  # MB of address space, of which most libraries only reserve the larger part
MARK = "MICROGRAD_BP_SUBMISSION"  # in the environment of the process and of all that it starts


MOST_CROWDED = 3.0


def crowded() -> float:
    """How much longer than alone a process takes here now, by the load of the last minute."""
    try:
        return min(MOST_CROWDED, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))
    except (AttributeError, OSError):  # Windows
        return 1.0


class Channel:
    """Two ends of pipes, and the seconds that are left for what comes through them: those of a
    machine that does nothing else."""

    def __init__(self, name: str, inward: int, outward: int, timeout: float) -> None:
        self.name, self._in, self._out = name, inward, outward
        self.timeout = self.left = timeout
        self.alive = True

    def send(self, message: bytes) -> None:
        """Write all of it; UserError if that takes too long or nobody reads any more."""
        os.set_blocking(self._out, False)
        view = memoryview(message)
        while view:
            self._wait([], [self._out])
            try:
                view = view[os.write(self._out, view[:65536]) :]
            except BrokenPipeError:
                raise self.ended() from None

    def receive(self, size: int) -> bytes:
        """So many bytes; UserError if they do not come in time."""
        parts = []
        while size:
            part = self.receive_some(size)
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def receive_some(self, most: int = 2**20) -> bytes:
        """What is there, as soon as something is."""
        self._wait([self._in], [])
        part = os.read(self._in, min(most, 2**20))
        if not part:
            raise self.ended()
        return part

    def _wait(self, reading: list[int], writing: list[int]) -> None:
        started, crowd = time.monotonic(), crowded()
        ready = select.select(reading, writing, [], max(0.0, self.left * crowd))
        self.left -= (time.monotonic() - started) / crowd
        if not any(ready[:2]):
            self.alive = False
            raise self.late()

    def late(self) -> UserError:
        """What to say when the time is over."""
        return UserError(
            f"{self.name}: no result within {self.timeout:g} s; is there an endless loop?"
        )

    def ended(self) -> UserError:
        """What to say when the other side is gone."""
        self.alive = False
        return UserError(f"{self.name}: the process ended without a result")

    def close(self) -> None:
        """Close both ends."""
        for descriptor in (self._in, self._out):
            with contextlib.suppress(OSError):
                os.close(descriptor)


class Process:
    """One submission in a process of its own; a context manager that leaves nothing behind."""

    def __init__(self, name: str, timeout: float, memory: int = MEMORY) -> None:
        self.name = name
        self.source = ""
        self.refused: list[str] = []
        self.referee = False
        self._mark = f"{os.getpid()}-{time.monotonic_ns()}"
        to_read, outward = os.pipe()
        inward, to_write = os.pipe()
        self._channel = Channel(name, inward, outward, timeout)
        script = str(Path(__file__).with_name("worker.py"))
        numbers = [str(n) for n in (to_read, to_write, memory * 2**20)]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", script, *numbers],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(to_read, to_write),
            env=environment | threads | {MARK: self._mark},
            start_new_session=True,
        )
        os.close(to_read)
        os.close(to_write)

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    @property
    def alive(self) -> bool:
        """Whether it still answers."""
        return self._channel.alive

    def late(self) -> UserError:
        """What to say when it does not answer any more."""
        return self._channel.late() if self._channel.left <= 0.0 else self._ended()

    def ask(self, **question: Any) -> dict[str, Any]:
        """The answer to one question; UserError in one line if there is none in time."""
        channel = self._channel
        try:
            channel.send(wire.encode(question))
            first, second = wire.lengths(channel.receive(wire.header_size))
            answer = wire.decode(channel.receive(first), channel.receive(second))
            assert isinstance(answer, dict)
            self.refused = [str(event) for event in answer.pop("refused", [])]
            self.referee = bool(answer.pop("referee", False))
        except UserError:
            if channel.alive or channel.left <= 0.0:
                raise
            raise self._ended() from None
        except Exception as error:  # whatever was written into the pipe, it is no answer
            channel.alive = False
            raise UserError(f"{self.name}: the process gave no readable answer") from error
        if "failure" in answer:
            raise self._failed(answer["failure"])
        return answer

    def run(self, program: Sequence[Sequence[Any]]) -> list[Any]:
        """The results of a program's steps; UserError if one of them raises."""
        results = self.ask(do="run", program=[list(step) for step in program]).get("results")
        if not isinstance(results, list) or len(results) != len(program):
            raise UserError(f"{self.name}: the process gave no readable answer")
        return results

    def trace(self, program: Sequence[Sequence[Any]]) -> Trace | None:
        """The program twice on an instrumented copy of the file."""
        answer = self.ask(do="trace", program=[list(step) for step in program])
        try:
            first, again = ([(int(n), np.asarray(a, float)) for n, a in answer[key]]
                            for key in ("events", "again"))  # fmt: skip
            return Trace(self.source, self.name, list(answer["results"]), first, again)
        except (KeyError, TypeError, ValueError):
            raise UserError(f"{self.name}: the process gave no readable answer") from None

    def _failed(self, failure: Any) -> UserError:
        try:
            line, kind, text = failure["line"], str(failure["kind"]), str(failure["text"])
            ends = bool(failure["exit"])
        except (KeyError, TypeError):
            return UserError(f"{self.name}: the process gave no readable answer")
        if ends:
            return UserError(f"{self.name}: the file calls exit() instead of giving a gradient")
        return step_error(self.name, line if isinstance(line, int) else None, kind, text)

    def _ended(self) -> UserError:
        status = self._process.wait()
        how = f"signal {-status}" if status < 0 else str(status)
        return UserError(f"{self.name}: the process ended without a result ({how})")

    def end(self) -> None:
        """Kill the process and whatever it started, in whatever session that may be."""
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._channel.close()
        for pid in marked(f"{MARK}={self._mark}"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def marked(mark: str) -> list[int]:
    """The processes that carry ``mark`` in their environment, where the system shows it."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ") if sys.platform == "linux" else ():
        with contextlib.suppress(OSError):
            if mark.encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found
