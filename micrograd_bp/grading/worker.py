"""The program of a submission's process: it loads the file and answers with arrays.

It is started by its path, isolated from the environment, and never imports micrograd_bp: the
verdict is found in the parent, and nothing that happens here can reach it but arrays. It is no
protection against malicious code: the file runs with the rights of whoever starts it.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
import time
import types
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REFEREE = str(HERE.parent)
STATEMENT_SECONDS = 3.0  # for each statement outside functions, and a tenth of it after
LOAD_SECONDS = 9.0  # so much for all of them
PLOTTING = {"matplotlib", "pylab", "seaborn", "plotly", "cv2", "tkinter", "turtle", "pygame"}
PROCESSES = {
    "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.spawn", "os.system",
    "subprocess.Popen", "pty.spawn", "os.kill", "os.killpg", "signal.pthread_kill",
}  # fmt: skip


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


class RefusedError(PermissionError):
    """A submission tried what it may not do."""


# Harmless imports


class Stub(types.ModuleType):
    """Stands for a module that is missing, or only draws: everything in it does nothing."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []  # so that it may have sub-modules

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Nothing(f"{self.__name__}.{name}")


class Nothing:
    """Callable, iterable, a context manager; a decorator gives back what it decorates."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        if self._name.startswith("micrograd_bp"):
            raise RefusedError("micrograd_bp is the referee and cannot be used by a submission")
        if len(arguments) == 1 and not named and isinstance(arguments[0], types.FunctionType):
            return arguments[0]
        return Nothing(self._name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Nothing(f"{self._name}.{name}")

    def __getitem__(self, key: Any) -> Nothing:
        return Nothing(self._name)

    def __iter__(self) -> Iterator[Any]:
        return iter((Nothing(self._name), Nothing(self._name)))

    def __enter__(self) -> Nothing:
        return self

    def __exit__(self, *details: object) -> None:
        return None

    def __mro_entries__(self, bases: Any) -> tuple[type, ...]:
        return (object,)


class Stubs(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives a stub for plotting modules and, asked last, for what the submission lacks."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.missing: list[str] = []
        self.referee = False

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        top = name.partition(".")[0]
        if top == "micrograd_bp":
            self.referee = True
        elif top not in PLOTTING and not isinstance(sys.modules.get(top), Stub):
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def last(self) -> importlib.abc.MetaPathFinder:
        """The finder that is asked when no other knows the module."""
        first = self

        class Last(importlib.abc.MetaPathFinder):
            def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
                if "." in name or not first._asked_by_submission():
                    return None
                first.missing.append(name)
                return importlib.machinery.ModuleSpec(name, first, is_package=True)

        return Last()

    def _asked_by_submission(self) -> bool:
        """Libraries try optional imports, and must be told that these are missing."""
        frame: Any = sys._getframe(2)
        while frame is not None and "importlib" in frame.f_code.co_filename:
            frame = frame.f_back
        return frame is not None and str(Path(frame.f_code.co_filename).parent) == self.folder

    def create_module(self, spec: Any) -> types.ModuleType:
        return Stub(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        return None


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

    def __init__(self) -> None:
        self.refused: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in PROCESSES:
            self._refuse(event, "a submission may start or end no process")
        elif event.partition(".")[0] in ("open", "os", "shutil"):
            for value in arguments:
                if isinstance(value, (str, bytes)) and REFEREE in os.fsdecode(value):
                    self._refuse(event, "micrograd_bp is out of a submission's reach")

    def _refuse(self, event: str, text: str) -> None:
        if len(self.refused) < 20:
            self.refused.append(event)
        raise RefusedError(text)


class Clock:
    """The time limit of the statements outside functions."""

    def __init__(self) -> None:
        self.end = time.monotonic() + LOAD_SECONDS

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        if not hasattr(signal, "setitimer"):  # Windows
            yield
            return

        def over(*_: object) -> None:
            raise Overtime("took too long outside functions")

        late = time.monotonic() > self.end
        signal.signal(signal.SIGALRM, over)
        signal.setitimer(signal.ITIMER_REAL, STATEMENT_SECONDS / (10 if late else 1), 0.5)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)


def make_harmless() -> None:
    """Questions, options and figures get answers; names that NumPy once had are there."""
    import numpy as np

    builtins.input = lambda *_: "1"
    sys.argv = ["submission.py"]
    setattr(argparse.ArgumentParser, "error", lambda self, message: None)  # noqa: B010
    warnings.simplefilter("ignore")
    once: dict[str, Any] = {"float": float, "int": int, "bool": bool, "object": object}
    once |= {"float_": np.float64, "mat": np.asmatrix, "product": np.prod}
    for name, value in once.items():
        if name not in vars(np):
            setattr(np, name, value)


# Questions and answers


class Server:
    """Reads questions from one pipe and writes the answers to another."""

    def __init__(self, questions: int, answers: int) -> None:
        self.questions, self.answers = questions, answers
        self.wire, self.workshop_type = sibling("wire"), sibling("workshop")
        self.trace = sibling("trace") if (HERE / "trace.py").exists() else None
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
        self.stubs = Stubs(folder)
        sys.meta_path.insert(0, self.stubs)
        sys.meta_path.append(self.stubs.last())
        site = (i for i, path in enumerate(sys.path) if "site-packages" in path)
        sys.path.insert(next(site, len(sys.path)), folder)  # behind the standard library
        with contextlib.suppress(OSError):
            os.chdir(folder)
        self.watch = Watch()
        self.shop = self.workshop_type.Workshop(filename)
        self.shop.load(ast.parse(source), Clock())
        inventory = self.shop.inventory()
        inventory["data"] = self.wire.plain_tree(inventory["data"])
        return {"inventory": inventory, "missing": list(dict.fromkeys(self.stubs.missing))}

    def do_run(self, program: Sequence[Any]) -> dict[str, Any]:
        return {"results": self.shop.perform(program, self.wire)}

    def do_trace(self, program: Sequence[Any]) -> dict[str, Any]:
        """The program twice in an instrumented copy of the file, with all that it computed."""
        if self.trace is None:
            return {"results": None}
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
    make_harmless()
    server = Server(questions, answers)
    try:
        server.serve()
    finally:
        os._exit(0)  # no atexit, no waiting for threads


if __name__ == "__main__":
    main(sys.argv[1:])
