"""Unrolling: matrices into one vector and back, column by column as Octave does it.

    python 04_unrolling.py [FOLDER]      writes 04_unrolling.png

Look at what a row-major slip leaves as it was: every value, the norm, most of what one checks.
"""

import sys
from pathlib import Path

import numpy as np

from micrograd_bp import SigmoidNetwork, backprop_gradient, check_gradient, reshape, unroll
from micrograd_bp.data import iris

FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else ".")

# The source's example. Every entry says where it stands: 3.07 is row 3, column 7.
theta1 = np.add.outer(np.arange(1, 11), np.arange(1, 12) / 100)
theta2 = 100.0 + np.arange(1, 9).reshape(8, 1)
theta_vec = unroll([theta1, theta2])
print("thetaVec = [theta1(:); theta2(:)] of a 10×11 and an 8×1 matrix, row.column:\n")
print(f"  {theta_vec.size} numbers = {theta1.size} + {theta2.size}")
print(f"  it starts {theta_vec[:12]}: down the first column, then the second")
print(f"  and ends  {theta_vec[108:113]} …: the last entries of theta1, then theta2")
back1, back2 = reshape(theta_vec, [(10, 11), (8, 1)])
print("\ntheta1 = reshape(thetaVec(1:110), 10, 11), theta2 = reshape(thetaVec(111:118), 8, 1):\n")
same = np.array_equal(back1, theta1) and np.array_equal(back2, theta2)
print(f"  the matrices come back {'exactly' if same else 'CHANGED'}")
i, j = 3, 7
place = (j - 1) * 10 + i
print(f"  row {i}, column {j} stands at (j − 1)·10 + i = {place}, counted from 1 as in Octave: "
      f"{theta_vec[place - 1]:.2f}")  # fmt: skip

# The slip: NumPy's ravel() goes row by row unless told otherwise.
data = iris()
net = SigmoidNetwork([4, 5, 3], seed=0)
gradient = backprop_gradient(net, data.X, data.y)
right = unroll(gradient.D)
wrong = np.concatenate([D.ravel() for D in gradient.D])  # order="F" forgotten

stayed = int(np.sum(right == wrong))
cosine = float(right @ wrong / (np.linalg.norm(right) * np.linalg.norm(wrong)))
print("\nThe gradient of a 4-5-3 network on iris, unrolled row by row by mistake (ravel() is")
print("row-major), where the optimizer expects columns:\n")
print(f"  values that differ, once sorted    {int(np.sum(np.sort(right) != np.sort(wrong)))}")
print(f"  norm, right and wrong              {np.linalg.norm(right):.6f}, "
      f"{np.linalg.norm(wrong):.6f}")  # fmt: skip
print(f"  entries that kept their place      {stayed} of {right.size}")
print(f"  angle between the two              {np.degrees(np.arccos(cosine)):.1f}°")


def cost(theta: np.ndarray) -> float:
    """J of the network with these weights."""
    return SigmoidNetwork(thetas=reshape(theta, net.shapes)).cost(data.X, data.y)


print("\nA step of the same length downhill, by both:\n")
rate = 0.1
start = cost(net.theta)
print(f"  J before {start:.6f}")
print(f"  J after the right gradient {cost(net.theta - rate * right):.6f}")
print(f"  J after the wrong one      {cost(net.theta - rate * wrong):.6f}")

for name, vector in (("right", right), ("wrong", wrong)):
    verdict = check_gradient(cost, lambda theta, vector=vector: vector, net.theta)
    print(f"\nA gradient check of the {name} one says: {str(verdict).splitlines()[-1]}")
