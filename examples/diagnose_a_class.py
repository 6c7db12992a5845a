"""Grade a folder of submissions, one line for each: what a teacher wants on a Monday morning.

    python examples/diagnose_a_class.py FOLDER

Each .py file is executed, in a process of its own with a time limit. Without a folder, two
submissions written here are graded.
"""

import sys
import tempfile
from pathlib import Path

from micrograd_bp.grading.sandbox import grade_submission

ADA = """
import numpy as np

def backprop(thetas, X, Y, lambda_):
    a = [X]
    for Theta in thetas:
        a.append(1 / (1 + np.exp(-np.insert(a[-1], 0, 1, axis=1) @ Theta.T)))
    D, delta = [], a[-1] - Y
    for Theta, units in zip(thetas[::-1], a[-2::-1]):
        penalty = lambda_ * Theta
        penalty[:, 0] = 0
        D.insert(0, (delta.T @ np.insert(units, 0, 1, axis=1) + penalty) / len(X))
        delta = delta @ Theta[:, 1:] * units * (1 - units)
    return D
"""
BEN = ADA.replace("/ len(X)", "")  # the averaging over the examples was forgotten


def grade(folder):
    """Print one line for every submission in the folder."""
    for path in sorted(folder.iterdir()):
        if path.suffix in (".py", ".mat", ".npz", ".json"):
            try:
                line = grade_submission(str(path), timeout=10).verdict
            except (ValueError, OSError) as error:
                line = f"UNUSABLE: {error}"
            print(f"{path.stem:20} {line}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        grade(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "ada.py").write_text(ADA)
            Path(folder, "ben.py").write_text(BEN)
            grade(Path(folder))
