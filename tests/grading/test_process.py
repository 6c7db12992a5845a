"""The referee sits elsewhere: whatever a submission does, it gets one line and is never right."""

import os
import signal
import subprocess
import sys
import time

import pytest

from micrograd_bp.cli import run
from micrograd_bp.grading.process import marked

WRONG = """import numpy as np
def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]
def backprop(Theta1, Theta2, X, Y, lambda_):
    m = len(X); a1 = one(X); a2 = one(g(a1 @ Theta1.T)); h = g(a2 @ Theta2.T)
    d3 = h - Y; d2 = d3 @ Theta2[:, 1:]
    return [d2.T @ a1 / m, d3.T @ a2 / m]
"""
INSIDE = "import numpy as np\ndef backprop(Theta1, Theta2, X, Y, lambda_):\n    "
RIGHT = """
    a1 = np.c_[np.ones(len(X)), X]; a2 = 1 / (1 + np.exp(-a1 @ Theta1.T))
    a2 = np.c_[np.ones(len(X)), a2]; d3 = 1 / (1 + np.exp(-a2 @ Theta2.T)) - Y
    d2 = d3 @ Theta2[:, 1:] * a2[:, 1:] * (1 - a2[:, 1:]); m = len(X)
    D1, D2 = d2.T @ a1 / m, d3.T @ a2 / m
    D1[:, 1:] += lambda_ / m * Theta1[:, 1:]; D2[:, 1:] += lambda_ / m * Theta2[:, 1:]
    return [D1, D2]
"""
CHEATS = {
    "patches": WRONG
    + "import sys\nfor m in list(sys.modules.values()):\n"
    + "    for n in ('judge', 'diagnose', 'perform'):\n"
    + "        if hasattr(m, n): setattr(m, n, None)\n",
    "patches NumPy": WRONG
    + "np.max = lambda *a, **k: 0.0\nnp.array_equal = lambda *a, **k: True\n",
    "prints": INSIDE + "print('RIGHT: the gradient is exact')\n    return [Theta1, Theta2]\n",
    "forges": INSIDE
    + "import os\n    for fd in range(3, 30):\n        try: os.write(fd, b'\\0' * 16)\n"
    + "        except OSError: pass\n    return [Theta1, Theta2]\n",
    "exits": INSIDE + "import os; os._exit(0)\n",
    "forks": INSIDE + "import os\n    os.fork()\n    return [Theta1, Theta2]\n",
    "sleeps": INSIDE + "import time; time.sleep(60)\n",
    "uses the referee": "from micrograd_bp import SigmoidNetwork, backprop_gradient\n"
    "def backprop(thetas, X, Y, lambda_):\n"
    "    return backprop_gradient(SigmoidNetwork(thetas=thetas), X, Y, lambda_).D\n",
    "constant cost": INSIDE + "return 0.0, [0 * Theta1, 0 * Theta2]\n",
    "cost of θ alone": INSIDE + "return 0.5 * (Theta1**2).sum() + 0.5 * (Theta2**2).sum(), "
    "[Theta1, Theta2]\n",
    "takes memory": INSIDE + "return [np.ones((200000, 200000)), Theta2]\n",
    "right for the usual number of examples": INSIDE
    + "if len(X) not in (1, 6): return [Theta1, Theta2]"
    + RIGHT,
    "kills through the C library": INSIDE
    + "import ctypes, os\n    ctypes.CDLL(None).kill(os.getppid(), 15)\n"
    + "    return [Theta1, Theta2]\n",
    "looks into the referee": INSIDE
    + "import os\n    open(f'/proc/{os.getppid()}/mem', 'rb')\n    return [Theta1, Theta2]\n",
    "crashes without λ": WRONG.replace("m = len(X);", "m = 1 / lambda_; m = len(X);"),
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_cheat_is_never_right_and_gets_one_line(cheat, tmp_path, capfd):
    (tmp_path / "cheat.py").write_text(CHEATS[cheat])
    status = run(["grade", str(tmp_path / "cheat.py"), "--timeout", "5"])
    out, err = capfd.readouterr()
    assert status in (1, 2)
    assert not out.startswith(("RIGHT", "NEARLY"))
    if status == 1:
        assert out.startswith("WRONG")
    else:
        assert out == ""
        assert err.startswith("error: cheat.py")
        assert err.count("\n") == 1


def test_control_characters_are_shown_and_not_obeyed(tmp_path, capfd):
    (tmp_path / "f.py").write_text(INSIDE + "raise ValueError('\\x1b[2JRIGHT')\n")
    assert run(["grade", str(tmp_path / "f.py")]) == 2
    assert "\x1b" not in capfd.readouterr().err


def test_names_threads_arguments_and_exits_of_a_students_folder_are_harmless(tmp_path, capfd):
    for name in ("random", "types", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('mine')\n")
    (tmp_path / "f.py").write_text(
        "import argparse, atexit, sys, threading, time\nimport matplotlib.pyplot as plt\n"
        "p = argparse.ArgumentParser(); p.add_argument('file'); args = p.parse_args()\n"
        "n = int(input('n? ')); plt.plot([1]); plt.show()\n"
        "threading.Thread(target=time.sleep, args=(60,)).start()\n"
        "atexit.register(time.sleep, 60)\n" + INSIDE.rstrip() + RIGHT + "undefined_name\n"
    )
    started = time.monotonic()
    assert run(["grade", str(tmp_path / "f.py")]) == 0
    assert time.monotonic() - started < 50
    assert capfd.readouterr().out.startswith("RIGHT")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows it")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_killed_referee_leaves_no_process_behind(tmp_path, how):
    started = tmp_path / "started"
    (tmp_path / "f.py").write_text(
        f"open({str(started)!r}, 'w').close()\n" + INSIDE + "\n    while True: pass\n"
    )
    command = [sys.executable, "-m", "micrograd_bp.cli", "grade", str(tmp_path / "f.py")]
    parent = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    mark = f"MICROGRAD_BP_SUBMISSION={parent.pid}-"
    wait_until(started.exists)
    assert marked(mark)
    os.kill(parent.pid, how)
    parent.wait()
    wait_until(lambda: not marked(mark))


def wait_until(condition):
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert condition()
