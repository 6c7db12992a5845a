"""Random inputs at length: every reader, every command, interrupts and kills at random moments.

    python tests/benchmarks/fuzz.py readers [INPUTS [READER ...]]
    python tests/benchmarks/fuzz.py commands [LINES [COMMAND ...]]
    python tests/benchmarks/fuzz.py interrupts [TIMES]
    python tests/benchmarks/fuzz.py kills [TIMES]

Each prints a table of what came out and ends with status 1 if anything is against the rules: a
traceback, a warning, a hang, an answer that is no clear line, data accepted that are none, a
broken model file, a process or a file left over.
"""

from __future__ import annotations

import faulthandler
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from micrograd_bp.training.classifier import load_model
from tests import fuzzing

HANGS = 60.0  # seconds
LINES = {
    "check": ["check"],
    "check --jobs 2": ["check", "--jobs", "2", "--sample", "20"],
    "draw": ["draw", "p.svg"],
    "train": ["train", "--method", "sgd", "--epochs", "300", "--save", "t.npz"],
    "predict": ["predict", "m.npz", "--data", "iris"],
    "grade": ["grade", "student.py"],
}
STUDENT = Path(__file__).parents[1] / "students" / "slope_missing.py"


def readers(inputs: int = 10_000, *names: str) -> int:
    """Every reader on random files."""
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in names or fuzzing.READERS:
            path = Path(folder, f"f{fuzzing.READERS[name][0]}")

            def one(seed: int, name: str = name, path: Path = path) -> str:
                content, truth = fuzzing.made_for(name, random.Random(seed))
                path.write_bytes(content)
                return fuzzing.read(name, path, truth)

            faults += _many(name, inputs, one)
    return faults


def commands(lines: int = 10_000, *names: str) -> int:
    """Random lines of every command, in one process."""
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        fuzzing.prepare(Path(folder))
        for name in names or fuzzing.OF_COMMAND:

            def one(seed: int, name: str = name) -> str:
                line, refused = fuzzing.arguments(random.Random(seed), name)
                return f"status {fuzzing.command(line, refused)}"

            faults += _many(name, lines, one)
    return faults


def _many(name: str, times: int, one: Callable[[int], str]) -> int:
    """What ``one`` says to each seed, counted and printed; how often it was a fault."""
    count, faults, started = Counter[str](), 0, time.perf_counter()
    kinds: dict[str, list[int]] = {}
    for seed in range(times):
        faulthandler.dump_traceback_later(HANGS, exit=True)
        try:
            count[one(seed)] += 1
        except Exception as error:
            faults += 1
            kinds.setdefault(f"{type(error).__name__}: {str(error)[:300]}", []).append(seed)
        faulthandler.cancel_dump_traceback_later()
    seconds = time.perf_counter() - started
    print(f"{name:15} {dict(sorted(count.items()))} {faults} faults  {seconds:.0f} s", flush=True)
    for kind, seeds in sorted(kinds.items(), key=lambda item: -len(item[1]))[:8]:
        print(f"    {len(seeds)} x {kind} (seed {seeds[0]})", flush=True)
    return faults


def interrupts(times: int = 500, *names: str) -> int:
    """Ctrl-C at random moments of every command: one line and 130, or an end before it came."""
    chosen = list(names or LINES)
    rng, faults = random.Random(0), 0
    with tempfile.TemporaryDirectory() as folder:
        _prepare(Path(folder))
        durations = {name: _seconds(line, folder) for name, line in LINES.items() if name in chosen}
        count = {name: Counter[str]() for name in chosen}
        for i in range(times):
            name = chosen[i % len(chosen)]
            process = _start(LINES[name], folder)
            time.sleep(rng.uniform(0.03, durations[name]))
            process.send_signal(signal.SIGINT)
            outcome = _ended(process)
            count[name][outcome] += 1
            if outcome not in ("one line, 130", "ended before", "before Python ran the package"):
                faults += 1
                print(f"    {name}: {outcome}", flush=True)
        for name in chosen:
            print(f"{name:15} {dict(count[name])}")
        faults += _left_over(folder)
    return faults


def kills(times: int = 100, *names: str) -> int:
    """kill -9, TERM and HUP at random moments: no model broken, nothing asleep afterwards."""
    chosen = list(names or LINES)
    rng, faults = random.Random(1), 0
    with tempfile.TemporaryDirectory() as folder:
        _prepare(Path(folder))
        durations = {name: _seconds(line, folder) for name, line in LINES.items() if name in chosen}
        for name, line in ((name, LINES[name]) for name in chosen):
            broken = 0
            for i in range(times):
                process = _start(line, folder)
                time.sleep(rng.uniform(0.03, durations[name]))
                process.send_signal((signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)[i % 3])
                outcome = _ended(process)
                if outcome == "HANG":
                    faults += 1
                    print(f"    {name}: hangs after signal {i % 3}", flush=True)
                if (Path(folder) / "t.npz").exists():
                    try:
                        load_model(Path(folder) / "t.npz")
                    except ValueError as error:
                        broken += 1
                        print(f"    {name}: {error}", flush=True)
            faults += broken
            subprocess.run(_command(LINES["train"]), cwd=folder, capture_output=True, check=True)
            time.sleep(1.5)
            left = _left_over(folder)
            faults += left
            print(f"{name:15} {times} killed, {broken} models broken, {left} left over", flush=True)
    return faults


def _prepare(folder: Path) -> None:
    (folder / "m.npz").write_bytes(fuzzing.GOOD)
    (folder / "student.py").write_bytes(STUDENT.read_bytes())


def _command(line: list[str]) -> list[str]:
    return [sys.executable, "-m", "micrograd_bp", *line]


def _start(line: list[str], folder: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        _command(line),
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )


def _seconds(line: list[str], folder: str) -> float:
    started = time.perf_counter()
    _start(line, folder).communicate()
    return time.perf_counter() - started


def _ended(process: subprocess.Popen[str]) -> str:
    try:
        _, said = process.communicate(timeout=HANGS)
    except subprocess.TimeoutExpired:
        subprocess.run(["ps", "-L", "-o", "pid,stat,wchan,cputime", str(process.pid)], check=False)
        process.kill()
        process.communicate()
        return "HANG"
    if process.returncode == 130 and re.fullmatch(r"interrupted[^\n]*\n", said):
        return "one line, 130"
    files = re.findall(r'File "([^"]+)"', said)
    if (process.returncode, said) == (-signal.SIGINT, "") or "init_import_site" in said:
        return "before Python ran the package"  # where nothing of ours can answer
    if process.returncode == -signal.SIGINT and files and "micrograd_bp" not in "".join(files):
        return "before Python ran the package"  # where nothing of ours can answer
    if process.returncode in (0, 1) and "Traceback" not in said and "interrupted" not in said:
        return "ended before"
    return f"{process.returncode}: {said[-1500:]!r}"


def _left_over(folder: str) -> int:
    """Temporary files in the folder and processes that work there, after a moment."""
    files = [p for p in Path(folder).iterdir() if p.name.endswith(".part")]
    asleep = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str((entry / "cwd").readlink()) == folder:
                asleep.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:200])
        except OSError:
            continue
    for what in (*map(str, files), *asleep):
        print(f"    left over: {what}", flush=True)
    return len(files) + len(asleep)


if __name__ == "__main__":
    # A shell starts what runs in the background with SIGINT ignored; children would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    what = {f.__name__: f for f in (readers, commands, interrupts, kills)}
    chosen = what[sys.argv[1]](*map(int, sys.argv[2:3]), *sys.argv[3:])
    print("no faults" if not chosen else f"{chosen} faults")
    sys.exit(1 if chosen else 0)
