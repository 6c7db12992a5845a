"""The program of a submission's process: it loads the file and answers with arrays.

It is started by its path, isolated from the environment, and never imports micrograd_bp: the
verdict is found in the parent, and nothing that happens here can reach it but arrays. It is no
protection against malicious code: the file runs with the rights of whoever starts it.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import os
import re
import signal
import sys
import time
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REFEREE = str(HERE.parent)
STATEMENT_SECONDS = 3.0  # for each statement outside functions, and a tenth of it after
WAITING_SECONDS = 10.0  # the same by the clock on the wall, for what sleeps
LOAD_SECONDS = 9.0  # so much for all of them
PROCESSES = {
    "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.spawn", "os.system",
    "subprocess.Popen", "pty.spawn", "os.kill", "os.killpg", "signal.pthread_kill",
}  # fmt: skip
NATIVE = {  # the same through the C library
    "fork", "vfork", "clone", "posix_spawn", "system", "popen", "kill", "killpg", "tgkill",
    "pthread_kill", "ptrace", "syscall", "process_vm_readv", "process_vm_writev", "execv", "execve",
    "execvp", "execl", "execlp", "setsid",
}  # fmt: skip
INSIDE = re.compile(r"^/proc/.*/(mem|fd|fdinfo|environ|task)\b")  # of a process


def sibling(name: str) -> types.ModuleType:
    """Another file of this folder, loaded by its path under a name of its own."""
    key = f"_referee_{name}"
    spec = importlib.util.spec_from_file_location(key, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[key] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Overtime(BaseException):
    """A statement outside functions took too long."""


# Limits


def limit(memory: int) -> None:
    """Memory and file sizes; and end with the parent, where the system can see to it."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**28, 2**28))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Watch:
    """What the submission may not do is refused; the interpreter itself asks before it does."""

    def __init__(self, error: type[Exception]) -> None:
        self.refused: list[str] = []
        self.error = error
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        native = event.startswith("ctypes.dlsym") and str(arguments[-1]) in NATIVE
        if native or event in PROCESSES:
            self._refuse(event, "a submission may start or end no process")
        elif event == "open" and INSIDE.match(str(arguments[0])):
            self._refuse(event, "a submission may not look into a process")
        elif event.partition(".")[0] in ("open", "os", "shutil"):
            for value in arguments:
                if isinstance(value, (str, bytes)) and REFEREE in os.fsdecode(value):
                    self._refuse(event, "micrograd_bp is out of a submission's reach")

    def _refuse(self, event: str, text: str) -> None:
        if len(self.refused) < 20:
            self.refused.append(event)
        raise self.error(text)


class Clock:
    """The time limit of the statements outside functions: of the processor, which does not depend
    on what else the machine does, and a longer one of the clock on the wall."""

    def __init__(self) -> None:
        self.end = time.process_time() + LOAD_SECONDS

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        if not hasattr(signal, "setitimer"):  # Windows
            yield
            return

        def over(*_: object) -> None:
            raise Overtime("took too long outside functions")

        late = time.process_time() > self.end
        limits = {signal.ITIMER_PROF: STATEMENT_SECONDS, signal.ITIMER_REAL: WAITING_SECONDS}
        signal.signal(signal.SIGALRM, over)
        signal.signal(signal.SIGPROF, over)
        for timer, seconds in limits.items():
            signal.setitimer(timer, seconds / (10 if late else 1), 0.5)
        try:
            yield
        finally:
            for timer in limits:
                signal.setitimer(timer, 0.0)


# Questions and answers


class Server:
    """Reads questions from one pipe and writes the answers to another."""

    def __init__(self, questions: int, answers: int) -> None:
        self.questions, self.answers = questions, answers
        self.wire, self.workshop_type = sibling("wire"), sibling("workshop")
        self.trace, self.ready = sibling("trace"), sibling("stubs")
        self.ready.make_harmless()
        self.source, self.filename = "", ""
        self.shop: Any = None

    def serve(self) -> None:
        while True:
            header = self._read(self.wire.header_size)
            first, second = self.wire.lengths(header)
            question = self.wire.decode(self._read(first), self._read(second))
            try:
                answer = getattr(self, "do_" + question.pop("do"))(**question)
            except self.workshop_type.FailedStepError as failure:
                answer = {"failure": failure.plain()}
            answer["refused"] = list(self.watch.refused)
            answer["referee"] = self.stubs.referee
            try:
                message = self.wire.encode(answer)
            except ValueError as error:
                text = {"line": None, "kind": "ValueError", "text": str(error), "exit": False}
                message = self.wire.encode({"failure": text})
            self._write(message)

    def _read(self, size: int) -> bytes:
        parts = []
        while size:
            part = os.read(self.questions, min(size, 2**20))
            if not part:
                os._exit(0)
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _write(self, message: bytes) -> None:
        view = memoryview(message)
        while view:
            view = view[os.write(self.answers, view) :]

    def do_load(self, source: str, filename: str) -> dict[str, Any]:
        self.source, self.filename = source, filename
        folder = str(Path(filename).parent)
        self.stubs = self.ready.Stubs(folder)
        sys.meta_path.insert(0, self.stubs)
        sys.meta_path.append(self.stubs.last())
        site = (i for i, path in enumerate(sys.path) if "site-packages" in path)
        sys.path.insert(next(site, len(sys.path)), folder)  # behind the standard library
        with contextlib.suppress(OSError):
            os.chdir(folder)
        self.watch = Watch(self.ready.RefusedError)
        self.shop = self.workshop_type.Workshop(filename)
        self.shop.load(ast.parse(source), Clock())
        self.ready.keep_old_names()
        inventory = self.shop.inventory()
        inventory["data"] = self.wire.plain_tree(inventory["data"])
        return {"inventory": inventory, "missing": list(dict.fromkeys(self.stubs.missing))}

    def do_run(self, program: Sequence[Any]) -> dict[str, Any]:
        return {"results": self.shop.perform(program, self.wire)}

    def do_trace(self, program: Sequence[Any]) -> dict[str, Any]:
        """The program twice in an instrumented copy of the file, with all that it computed."""
        recorder = self.trace.Recorder()
        shop = self.workshop_type.Workshop(self.filename, {self.trace.RECORD: recorder})
        tree, _ = self.trace._rewritten(self.source)
        shop.load(tree, Clock())
        made, events = [], []
        for _ in range(2):
            recorder.start()
            made.append(shop.perform(program, self.wire))
            events.append(list(recorder.stop()))
        return {"results": made[0], "events": events[0], "again": events[1]}


def main(arguments: Sequence[str]) -> None:
    """``worker.py QUESTIONS ANSWERS MEMORY``: two file descriptors and bytes."""
    questions, answers, memory = map(int, arguments)
    limit(memory)
    server = Server(questions, answers)
    try:
        server.serve()
    finally:
        os._exit(0)  # no atexit, no waiting for threads


if __name__ == "__main__":
    main(sys.argv[1:])
