"""The command line in the world: pipes that close, full disks, terminals without θ, signals."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import micrograd_bp
from micrograd_bp.cli import run
from micrograd_bp.training.classifier import load_model

ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(Path(micrograd_bp.__file__).parents[1]),
    "PYTHONIOENCODING": "utf-8",
}
COMMAND = [sys.executable, "-W", "error", "-m", "micrograd_bp"]  # a warning would be a traceback
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such shell")


def start(*arguments, folder=None, **environment):
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env=ENVIRONMENT | environment,
        check=False,
    )


def shell(line, folder):
    """The exit status of the first program of a pipeline, and what it said on standard error."""
    command = " ".join(f"'{word}'" for word in COMMAND)
    script = f"{command} {line}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=ENVIRONMENT, capture_output=True, check=False
    )
    return done.returncode, done.stderr.decode()


@posix
@pytest.mark.parametrize(
    "line", ["check | head -1", "check | true", "check >&-", "check 2>&-", "check --json | true"]
)
def test_a_reader_that_leaves_changes_no_verdict(tmp_path, line):
    assert shell(line, tmp_path) == (0, "")


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_standard_output_is_said_in_one_line(tmp_path):
    status, said = shell("check > /dev/full", tmp_path)
    assert status == 2
    assert said == "error: standard output: No space left on device\n"


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_help_that_cannot_be_printed_is_one_line_too(tmp_path):
    assert shell("--help > /dev/full", tmp_path) == (
        2,
        "error: standard output: No space left on device\n",
    )


def test_modules_of_the_users_folder_stop_nothing(tmp_path):
    for name in ("random", "types", "numpy", "json", "signal", "typing"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(5)")
    student = Path(__file__).parent / "students" / "right_vectorised.py"
    (tmp_path / "student.py").write_bytes(student.read_bytes())
    done = start("grade", "student.py", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_where_theta_is_lacking_it_is_written_out(encoding):
    done = start("check", PYTHONIOENCODING=encoding)
    assert done.returncode == 0
    assert re.search(r"theta1\[\d,\d\]", done.stdout)
    assert "delta2[" in done.stdout
    assert "?" not in done.stdout
    assert "\\u" not in done.stdout
    done = start("check", "--json", PYTHONIOENCODING=encoding)
    assert "θ" in json.dumps(json.loads(done.stdout), ensure_ascii=False)
    done = start("check", "--lambda", "-1", PYTHONIOENCODING=encoding)
    assert done.stderr == "error: lambda_: got -1.0, expected a finite number >= 0\n"


def test_every_command_runs_without_a_warning_a_home_or_a_wide_terminal(tmp_path):
    (tmp_path / "student.py").write_text(
        "def backprop(thetas, X, Y, lambda_):\n    return thetas\n"
    )
    bare = {"HOME": str(tmp_path / "none"), "COLUMNS": "20", "MPLCONFIGDIR": ""}
    for line, status in (
        (["train", "--epochs", "3", "--save", "m.npz", "--plot", "p.png"], 0),
        (["predict", "m.npz", "--data", "iris"], 0),
        (["draw", "p.svg"], 0),
        (["grade", "student.py"], 1),
        (["check", "--html", "c.html", "--jobs", "2"], 0),
    ):
        done = start(*line, folder=tmp_path, **bare)
        assert done.returncode == status, (line, done.stderr)
        assert "Traceback" not in done.stderr
        assert "Warning" not in done.stderr
        assert all(re.match(r"wrote |\d+ of ", row) for row in done.stderr.splitlines())


def test_without_arguments_there_is_a_short_usage(capsys):
    assert run([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: micrograd-bp check | draw | grade")
    assert len(err.splitlines()) <= 3


@pytest.mark.parametrize("command", ["check", "draw", "grade", "train", "predict"])
def test_help_is_whole_and_lists_the_exit_statuses(capsys, command):
    assert run(["--help"]) == 0
    overview = capsys.readouterr().out
    assert "..." not in overview.partition("\n")[2]  # behind the usage
    assert run([command, "--help"]) == 0
    for text in (overview, capsys.readouterr().out):
        assert re.search(r"Exit status: 0 .* 1 .* 2 .* 130 ", " ".join(text.split()))


def test_shells_can_complete():
    done = start(
        _MICROGRAD_BP_COMPLETE="complete_bash", COMP_WORDS="micrograd-bp ch", COMP_CWORD="1"
    )
    assert done.stdout.split() == ["check"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (["check", "--jobs", "abc"], "(got 'abc')"),
        (["check", "--epsilon=abc"], "(got 'abc')"),
        (["check", "--data", "a\x1b[2J.csv"], r"a\x1b[2J.csv: no such file"),
        (["check", "--html", "."], ".: Is a directory"),
        (["check", "--epsilon", "1e300"], "epsilon: got 1e+300, too large a step"),
        (["grade", "results.json", "--timeout", "-1"], "timeout: got -1, expected a number of"),
        (["grade", ".", "--memory", "0"], "memory: got 0, expected a number of MB"),
        (["check", "--html", "no/page.html"], "no/page.html: No such file or directory"),
        (["check", "--layers", "4-2000000000000-3"], "GB of memory, there are"),
        (["train", "--save", "m.npz", "--plot", "./m.npz"], "got the ending 'npz'"),
        (["train", "--no-header"], "--no-header: got it with iris, which is no file"),
    ],
)
def test_messages_say_what_came(tmp_path, monkeypatch, capsys, line, message):
    monkeypatch.chdir(tmp_path)
    assert run(line) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert message in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
@pytest.mark.parametrize(
    "line", [["check", "--html"], ["draw"], ["train", "--epochs", "1", "--plot"]]
)
def test_whatever_a_file_is_called_it_is_said_in_one_line(tmp_path, capsys, line):
    assert run([*line, str(tmp_path / "a\nb\x1b[31m.svg")]) == 0
    assert capsys.readouterr().err == f"wrote {tmp_path}/a b\\x1b[31m.svg\n"


@posix
def test_a_device_is_written_to_and_not_replaced(tmp_path, capsys):
    before = Path("/dev/null").stat().st_rdev
    assert run(["check", "--html", "/dev/null"]) == 0
    assert Path("/dev/null").stat().st_rdev == before


def test_if_writing_fails_at_the_end_a_copy_is_kept(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def lost(*arguments, **options):
        made = original(*arguments, **options)
        folder.rmdir()
        return made

    from micrograd_bp.cli import train as command

    original = command.fit
    monkeypatch.setattr(command, "fit", lost)
    assert run(["train", "--epochs", "3", "--save", str(folder / "m.npz")]) == 2
    out, err = capsys.readouterr()
    assert "J fell from" in out  # the result is printed all the same
    message = rf"error: {folder}/m\.npz: No such file or directory; a copy is kept in (\S+)\n"
    assert load_model(re.fullmatch(message, err)[1]).training.epoch == 0


@posix
@pytest.mark.parametrize("block", ["interruptible()", "interrupts_deferred(), interruptible()"])
def test_ctrl_c_inside_an_exec_ends_with_130_too(block):
    """Python itself then ends by the signal: dataclasses and namedtuples are made by exec."""
    program = (
        "import sys; sys.argv = ['-m']\n"
        "import micrograd_bp, signal\n"
        "from micrograd_bp.support.interrupts import *\n"
        "try:\n"
        f"    with {block}:\n"
        "        exec('signal.raise_signal(signal.SIGINT)')\n"
        "except KeyboardInterrupt:\n"
        "    end_program(exit_status())\n"
    )
    command = [sys.executable, "-c", program]
    assert subprocess.run(command, env=ENVIRONMENT, check=False).returncode == 130


@posix
@pytest.mark.parametrize("seconds", [0.15, 0.3, 0.6])
def test_ctrl_c_while_everything_loads_is_one_line_and_130(tmp_path, seconds):
    process = subprocess.Popen(
        [*COMMAND, "train", "--method", "sgd", "--epochs", "100000"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env=ENVIRONMENT,
    )
    start = time.monotonic()
    # before, Python itself starts, which takes seconds on a busy machine
    while "micrograd_bp" not in loaded(process.pid) and time.monotonic() < start + 20:
        time.sleep(0.01)
    if not loaded(process.pid):
        process.kill()
        process.communicate()
        pytest.skip("Python itself had not started after 20 s: the machine is too busy")
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert re.fullmatch(r"interrupted[^\n]*\n", err)


def loaded(pid):
    """Whether the package's own early handler is there: SIGINT and SIGTERM are both caught."""
    caught = re.search(r"SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text())
    wanted = sum(1 << (number - 1) for number in (signal.SIGINT, signal.SIGTERM))
    return "micrograd_bp" if caught and int(caught[1], 16) & wanted == wanted else ""


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_when_the_parent_is_ended_nothing_sleeps_on(tmp_path, number):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "big.npz", X=rng.normal(size=(5000, 400)), y=rng.integers(0, 10, 5000))
    line = ["check", "--data", "big.npz", "--layers", "400-60-10", "--prove", "off", "--jobs", "2"]
    process = subprocess.Popen(
        [*COMMAND, *line],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
        start_new_session=True,
    )
    for _ in range(300):
        if len(working_in(tmp_path)) >= 4:  # itself, two workers, the tracker of semaphores
            break
        time.sleep(0.1)
    assert len(working_in(tmp_path)) >= 4
    process.send_signal(number)
    process.wait(timeout=30)
    for _ in range(100):
        if not working_in(tmp_path):
            break
        time.sleep(0.1)
    assert working_in(tmp_path) == []


def working_in(folder):
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
        except OSError:
            continue
    return found
