"""Functions in Octave's language, run by Octave itself.

Octave reads one call after the other from its standard input and writes the numbers that come
back, in decimal text with all their digits, into a pipe of their own; what a function prints goes
nowhere.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from . import wire
from .diagnosis import Diagnosis
from .forms import Source, octave_signature
from .functions import function_candidates
from .grade import judge, with_lines
from .octave_trace import NOTE, instrumented
from .process import Channel
from .submission import Event, Trace, UserError, step_error

__all__ = ["Octave", "grade_octave"]

SHOW = r"""function referee_show(out, value)
if (iscell(value))
  value = value(:); fprintf(out, "cell %d\n", numel(value));
  for i = 1:numel(value) referee_show(out, value{i}); end
elseif (isnumeric(value) || islogical(value))
  value = double(full(value)); fprintf(out, "array %d %d\n", rows(value), columns(value));
  fprintf(out, "%.17g\n", value(:));
else
  fprintf(out, "other %s\n", class(value));
end
end
"""
PREAMBLE = """
warning("off", "all"); page_screen_output(false); global referee_out referee_left;
referee_out = fopen("/dev/fd/{fd}", "w");
eval({show});
eval({note});
addpath({folder});
{helpers}
"""
HELPERS = {  # of the course, where the file calls them and they are not beside it
    "sigmoid": "function g = sigmoid(z)\ng = 1 ./ (1 + exp(-z));\nend",
    "sigmoidGradient": "function g = sigmoidGradient(z)\n"
    "g = 1 ./ (1 + exp(-z)); g = g .* (1 - g);\nend",
}
CALL = """
referee_left = 500000;
try
  {take} = {name}({given});
  fprintf(referee_out, "values %d\\n", {count});
  for referee_k = 1:{count} referee_show(referee_out, referee_values{{referee_k}}); end
catch referee_error
  referee_line = 0;
  if (numel(referee_error.stack) > 0) referee_line = referee_error.stack(1).line; end
  fprintf(referee_out, "error %d %s\\n", referee_line, strrep(referee_error.message, "\\n", " "));
end
fflush(referee_out);
"""


class Octave:
    """One .m file in a process of Octave; carries out the programs of function bindings."""

    def __init__(
        self, source: Source, count: int, timeout: float, memory: int, folder: Path | None = None
    ) -> None:
        """``folder`` holds a copy of the file that runs in its place."""
        program = shutil.which("octave-cli") or shutil.which("octave")
        if program is None:
            raise UserError(
                f"{source.name}: Octave is not installed; install it (apt install octave-cli, "
                "brew install octave), or save the results to a .mat file and grade that"
            )
        self.name, self.count, self._made = source.name, count, (source, count, timeout, memory)
        self.events: list[Event] = []
        read, write = os.pipe()
        options = "--no-gui --quiet --no-init-file --no-history --no-window-system"
        command = f"ulimit -v {memory * 1024}; exec {shlex.quote(program)} {options}"
        if shutil.which("setpriv"):  # it ends with this process, even if that is killed
            command = command.replace("exec ", "exec setpriv --pdeathsig KILL ", 1)
        self._process = subprocess.Popen(
            ["sh", "-c", command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(write,),
            cwd=folder or source.path.resolve().parent,
            start_new_session=True,
        )
        os.close(write)
        assert self._process.stdin is not None
        outward = os.dup(self._process.stdin.fileno())
        self._process.stdin.close()
        self._channel = Channel(source.name, read, outward, timeout)
        self._rest = b""
        beside = _text(str(source.path.resolve().parent))
        self.supplied = [name for name in HELPERS if _lacks(source, name)]
        helpers = "\n".join(f"eval({_text(HELPERS[name])});" for name in self.supplied)
        preamble = PREAMBLE.format(
            fd=write, folder=beside, show=_text(SHOW), note=_text(NOTE), helpers=helpers
        )
        self._channel.send(preamble.encode())

    @property
    def alive(self) -> bool:
        """Whether it still answers."""
        return self._channel.alive

    def __enter__(self) -> Octave:
        return self

    def __exit__(self, *details: object) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._channel.close()

    def trace(self, program: Sequence[Sequence[Any]]) -> Trace | None:
        """The program twice with a copy of the file that tells what it computes; None if that
        does not run."""
        source = self._made[0]
        text, places = instrumented(source.text)
        results, events = [], []
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, source.path.name).write_text(text, encoding="utf-8")
            try:
                with Octave(*self._made, Path(folder)) as copy:
                    for _ in range(2):
                        copy.events = []
                        results.append(copy.run(program))
                        events.append(copy.events)
            except UserError:
                return None
        return Trace(source.text, source.name, results[0], events[0], events[1], places)

    def run(self, program: Sequence[Sequence[Any]]) -> list[Any]:
        """The results of the steps; UserError if one of them raises."""
        results: list[Any] = []
        for kind, *rest in program:
            if kind == "value":
                results.append(rest[0])
            elif kind == "get":
                results.append(results[rest[0]])
            elif (kind == "call" and not rest[2]) or isinstance(rest[2], wire.Result):
                given = rest[1]
                if isinstance(given, wire.Result) and given.step is not None:
                    given = results[given.step]["positional"]
                results.append(self._call(str(rest[0]), given))
            else:
                raise UserError(f"{self.name}: this form is not for Octave")
        return results

    def _call(self, name: str, given: Sequence[Any]) -> Any:
        text = CALL.format(
            take="[" + ", ".join(f"referee_values{{{k}}}" for k in range(1, self.count + 1)) + "]",
            name=name, given=", ".join(map(_literal, given)), count=self.count,
        )  # fmt: skip
        self._channel.send(("referee_values = {};" + text).encode())
        kind, *rest = self._line().split(" ", 2)
        while kind == "event":
            self.events.append((int(rest[0]), self._value()))
            kind, *rest = self._line().split(" ", 2)
        if kind == "error":
            line = int(rest[0]) if rest[0].isdecimal() else 0
            what = rest[1] if len(rest) > 1 else ""
            raise step_error(self.name, line if line > 0 else None, "error", what)
        values = [self._value() for _ in range(int(rest[0]))]
        return tuple(values) if len(values) > 1 else values[0]

    def _line(self) -> str:
        while b"\n" not in self._rest:
            self._rest += self._channel.receive_some()
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode("utf-8", "replace")

    def _value(self) -> Any:
        kind, *rest = self._line().split(" ")
        if kind == "cell":
            return [self._value() for _ in range(int(rest[0]))]
        if kind == "other":
            return wire.Opaque(rest[0])
        rows, columns = map(int, rest)
        numbers = [float(self._line().replace("NA", "nan")) for _ in range(rows * columns)]
        return np.array(numbers).reshape((rows, columns), order="F")


def _lacks(source: Source, name: str) -> bool:
    """Whether a function of the course is called but is neither in the file nor beside it."""
    called = re.search(rf"\b{name}\s*\(", source.text)
    defined = re.search(rf"(?m)^\s*function\b[^\n]*\b{name}\b", source.text)
    return bool(called and not defined) and not source.path.with_name(f"{name}.m").exists()


def _literal(value: Any) -> str:
    """A value in Octave's notation; vectors are columns, lists are cells."""
    if isinstance(value, wire.matrix):
        value = value.array
    if isinstance(value, np.ndarray):
        table = value.reshape(len(value), -1) if value.ndim else value.reshape(1, 1)
        rows = (" ".join(repr(float(x)) for x in row) for row in table)
        return "[" + "; ".join(rows) + "]"
    if isinstance(value, (bool, int, float)):
        return repr(float(value))
    if isinstance(value, (list, tuple)):
        return "{" + ", ".join(map(_literal, value)) + "}"
    raise UserError(f"function: {type(value).__name__} cannot be handed to Octave")


def _text(value: str) -> str:
    lines = ("'" + line.replace("'", "''") + "'" for line in value.split("\n"))
    return "[" + ", char(10), ".join(lines) + "]"


def grade_octave(source: Source, timeout: float, memory: int) -> Diagnosis:
    """Judge the first function of an .m file. Raises UserError if there is nothing to judge."""
    described = octave_signature(source.text)
    if described is None:
        raise UserError(
            f"{source.name}: no function; expected function [J grad] = {source.path.stem}(…)"
        )
    _, parameters, count = described
    function = {
        "name": source.path.stem,  # Octave calls a function by its file's name
        "parameters": [
            {"name": p, "kind": "POSITIONAL_ONLY", "optional": False, "default": None}
            for p in parameters
            if re.fullmatch(r"\w+", p)
        ],
    }
    inventory = {"functions": [function], "classes": [], "data": {}, "loops": []}
    with Octave(source, max(1, count), timeout, memory) as octave:
        candidates = function_candidates(inventory, [function], octave)
        # of θ alone it is about data of its own
        found = judge(candidates, octave, None, 0.0, inventory) if len(parameters) > 1 else None
        judged = None if found is None else with_lines(*found, octave)
    if judged is None:
        raise UserError(
            f"{source.name}: got parameters ({', '.join(parameters)}), expected θ, X, y"
        )
    supplied = " and ".join(f"{name}.m" for name in octave.supplied)
    if not supplied:
        return judged
    note = f"not beside the file, and taken to be the course's: {supplied}."
    return replace(judged, notes=(note, *judged.notes))
