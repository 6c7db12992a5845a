"""A user's .py file, run in a process of its own with a time limit.

The separate process keeps endless loops, crashes and print statements away from the report. It
is no protection against malicious code: the file runs with all rights of whoever starts it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any




__all__ = ["grade_file", "grade_submission"]

# Which function of a file is meant when several could be: the first of these.
USUAL_NAMES = (
    "backprop",
    "backpropagation",
    "gradient",
    "gradients",
    "costFunction",
    "cost_function",
    "nnCostFunction",
    "nn_cost_function",
)


def grade_submission(submission: str, timeout: float = 30.0) -> Diagnosis:
    """Judge "FILE.py", "FILE.py:FUNCTION" or a .mat, .npz or .json file of results.

    Raises OSError or ValueError, as ``grade_file`` and ``check_backprop`` do.
    """
    file, colon, function = submission.rpartition(":")
    if colon and file.endswith(".py"):
        return grade_file(Path(file), function, timeout)
    path = Path(submission)
    if path.suffix == ".py":
        return grade_file(path, None, timeout)
    return check_backprop(path)


def grade_file(path: Path, function: str | None = None, timeout: float = 30.0) -> Diagnosis:
    """Run ``check_backprop`` on a function of a .py file, in another process.

    ``function`` is its name; without it the file's only function that takes weights and labels
    is meant, or one with a usual name such as ``backprop`` or ``costFunction``. ``timeout`` is
    in seconds. Raises FileNotFoundError, and ValueError with one line for whatever keeps the file
    from being judged: an exception (with its line number), no such function, the time limit.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    if not 0.0 < timeout < float("inf"):
        raise ValueError(f"timeout: got {timeout:g}, expected a number of seconds above 0")
    with tempfile.TemporaryDirectory() as folder:
        answer, errors = Path(folder, "answer"), Path(folder, "errors")
        command = [sys.executable, "-m", __name__, str(path), function or "", str(answer)]
        with errors.open("wb") as stderr:
            status = _run(command, stderr, timeout)
        if status is None:
            raise UserError(
                f"{path.name}: no result within {timeout:g} s; is there an endless loop?"
            )
        if not answer.exists():
            last = errors.read_text(errors="replace").strip().rpartition("\n")[2]
            raise UserError(f"{path.name}: the process ended without a result ({last or status})")
        result = pickle.loads(answer.read_bytes())  # written by the code that has just been run
    if isinstance(result, Diagnosis):
        return result
    raise UserError(str(result))


def _run(command: list[str], stderr: Any, timeout: float) -> int | None:
    """The exit status, or None if the time was over; nothing is left running."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        start_new_session=True,
    )
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and whatever it started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):  # all of them have ended
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _judge(path: Path, name: str) -> Diagnosis | str:
    """In the other process: the diagnosis, or the one line that says why there is none."""
    try:
        module = _load(path)
        function = _function(module, path, name)
        first = next(iter(calls(function)))
        if not first.needs_network:
            return check_backprop(function)
        data = _own_data(module, path, function)
        return check_backprop(function, data.net, data.X, data.Y, data.lambda_ or 0.0)
    except UserError as error:
        return str(error)
    except SystemExit:
        return f"{path.name}: the file calls exit() and ends before it can be judged"
    except (ValueError, TypeError) as error:
        text = str(error)
        return text if text.startswith(path.name) else f"{path.name}: {text}"


def _own_data(module: ModuleType, path: Path, function: Callable[..., Any]) -> StoredData:
    """The network and data that the file itself holds, for a function that knows their sizes."""
    try:
        return stored_data(path.name, vars(module))
    except ValueError as error:
        raise UserError(
            f"{path.name}: {function.__name__} takes θ as one vector and no sizes, so the file "
            f"must hold Theta1, Theta2, …, X and y for it ({error})"
        ) from None


def _load(path: Path) -> ModuleType:
    """Execute the file as a module whose ``__name__`` is not "__main__"."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise UserError(f"{path.name}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        file = Path(error.filename or path).name
        raise UserError(
            f"{file}, line {error.lineno}: {type(error).__name__}: {error.msg}"
        ) from error
    except Exception as error:
        lines = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if Path(frame.filename).name == path.name
        ]
        where = f"{path.name}, line {lines[-1]}" if lines else path.name
        raise UserError(f"{where}: {type(error).__name__}: {error}") from error
    return module


def _function(module: ModuleType, path: Path, name: str) -> Callable[..., Any]:
    own = {
        key: value
        for key, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__
    }
    if name:
        chosen = getattr(module, name, None)
        if not callable(chosen):
            raise UserError(f"{path.name}: no function {name}; found {', '.join(own) or 'none'}")
        return chosen  # type: ignore[no-any-return]
    fitting = [key for key, function in own.items() if _by_name(function)]
    usual = [key for key in USUAL_NAMES if key in own]
    if len(fitting) == 1 or usual:
        return own[fitting[0] if len(fitting) == 1 else usual[0]]
    choice = fitting or list(own)
    raise UserError(
        f"{path.name}: which function? Write {path.name}:{choice[0] if choice else 'NAME'}; "
        f"found {', '.join(choice) or 'none'}"
    )


def _by_name(function: Callable[..., Any]) -> bool:
    """Whether the names of its parameters, not only their number, say that it is a gradient."""
    try:
        first: Call = next(iter(calls(function)))
    except TypeError:
        return False
    return first.by_name


if __name__ == "__main__":
    # imported once more under its real name, so that what is pickled can be found again
    from micrograd_bp.grading.sandbox import _judge as judge

    result = judge(Path(sys.argv[1]), sys.argv[2])
    Path(sys.argv[3]).write_bytes(pickle.dumps(result))
