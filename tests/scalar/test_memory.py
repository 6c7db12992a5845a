"""However sums of rows are read, they are the sums that a plain loop makes, to the bit."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from micrograd_bp.scalar.memory import GRADIENT, Memory, Sums

# starts, rows, signs
SUMS = {
    "one row after the other": ([0, 1, 2, 3], [4, 5, 6], [1, 1, 1]),
    "one row for all": ([0, 1, 2, 3], [4, 4, 4], [1, 1, 1]),
    "rows anywhere": ([0, 1, 2, 3], [4, 0, 9], [1, 1, 1]),
    "subtracted rows": ([0, 1, 2, 3], [4, 0, 9], [-1, -1, -1]),
    "two slices": ([0, 2, 4, 6], [0, 5, 1, 6, 2, 7], [1, 1, 1, 1, 1, 1]),
    "a difference of slices": ([0, 2, 4, 6], [0, 5, 1, 6, 2, 7], [1, -1, 1, -1, 1, -1]),
    "slices that begin negative": ([0, 2, 4, 6], [0, 5, 1, 6, 2, 7], [-1, 1, -1, 1, -1, 1]),
    "a block of terms": ([0, 5, 10], [0, 2, 4, 6, 8, 1, 3, 5, 7, 9], [1] * 10),
    "a block that is subtracted": ([0, 5, 10], [0, 2, 4, 6, 8, 1, 3, 5, 7, 9], [-1] * 10),
    "runs of one term, none and two": (
        [0, 1, 2, 2, 4, 6],
        [4, 0, 6, 1, 7, 2],
        [1, 1, 1, -1, 1, -1],
    ),
    "of any length, or none": ([0, 4, 4, 7], [9, 1, 1, 5, 0, 2, 8], [1, -1, 1, 1, -1, -1, 1]),
    "no sums": ([0], [], []),
}


@pytest.mark.parametrize("given", [False, True], ids=["room", "out"])
@pytest.mark.parametrize("case", SUMS)
def test_sums_are_those_of_a_plain_loop(case, given):
    starts, rows, signs = SUMS[case]
    array = np.random.default_rng(0).normal(size=(10, 7))
    expected = np.zeros((len(starts) - 1, 7))
    for i, (start, stop) in enumerate(pairwise(starts)):
        for k in range(start, stop):
            expected[i] += signs[k] * array[rows[k]]
    sums = Sums(np.array(starts), np.array(rows, dtype=np.intp), np.array(signs, dtype=float))
    memory, out = Memory([array], [], []), np.full_like(expected, np.nan) if given else None
    calls, found = sums.read(memory, array, GRADIENT, out)
    for call in calls:
        call()
    assert out is None or found is out
    np.testing.assert_array_equal(found, expected)


def test_the_tape_of_a_network_does_without_scipy_whose_import_takes_longer_than_a_check():
    code = """
import sys
import numpy as np
from micrograd_bp import SigmoidNetwork, autodiff_gradient
net = SigmoidNetwork([4, 5, 3], seed=0)
autodiff_gradient(net, np.eye(4), [0, 1, 2, 0], 1.0, replay=True)
print("scipy" in sys.modules)
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"
