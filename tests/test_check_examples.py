"""The examples of gradient checks run, and say what they are there to say."""

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(*arguments):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True)


def test_the_numpy_example_shows_a_right_and_a_wrong_gradient():
    result = run(str(EXAMPLES / "check_numpy_gradient.py"))
    assert result.returncode == 0, result.stderr
    right, wrong = result.stdout.split("\n\nGradient check: ")
    assert right.startswith("Gradient check: RIGHT (12 parameters)")
    assert wrong.startswith("WRONG (12 parameters, 12 wrong)")


def test_the_torch_example_says_what_is_missing():
    """Without PyTorch it is one line; with it, the example finds what gradcheck lets pass."""
    path = str(EXAMPLES / "check_torch_function.py")
    hidden = f"import sys, runpy; sys.modules['torch'] = None; runpy.run_path({path!r})"
    result = run("-c", hidden)
    assert result.returncode == 1
    assert result.stderr.strip() == (
        "This example needs PyTorch, which is not installed: pip install torch"
    )
