"""Unrolling: matrices into one vector and back, column by column as Octave does it.

Look at what a row-major slip leaves as it was: every value, the norm, most of what one checks.

Run: python 04_unrolling.py [PICTURE.png]
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from micrograd_bp import SigmoidNetwork, backprop_gradient, check_gradient, reshape, unroll
from micrograd_bp.training.data import iris

PICTURE = sys.argv[1] if len(sys.argv) > 1 else "04_unrolling.png"
SHOWN = (0, 1, 10, 100, 300, 1000)  # steps to print


def listed(numbers: np.ndarray) -> str:
    """The numbers in a row."""
    return " ".join(f"{number:.2f}" for number in numbers)


# The source's example. Every entry says where it stands: 3.07 is row 3, column 7.
theta1 = np.add.outer(np.arange(1, 11), np.arange(1, 12) / 100)
theta2 = 100.0 + np.arange(1, 9).reshape(8, 1)
theta_vec = unroll([theta1, theta2])
print("thetaVec = [theta1(:); theta2(:)] of a 10×11 and an 8×1 matrix, row.column:\n")
print(f"  {theta_vec.size} numbers = {theta1.size} + {theta2.size}")
print(f"  numbers   1 to 12:   {listed(theta_vec[:12])}")
print(f"  numbers 109 to 113:  {listed(theta_vec[108:113])}  (theta2 starts at 111)")
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
angle = float(np.degrees(np.arccos(cosine)))
print("\nThe gradient of a 4-5-3 network on iris, unrolled row by row by mistake (ravel() is")
print("row-major), where the optimizer expects columns:\n")
print(f"  values that differ, once sorted    {int(np.sum(np.sort(right) != np.sort(wrong)))}")
print(f"  norm, right and wrong              {np.linalg.norm(right):.6f}, "
      f"{np.linalg.norm(wrong):.6f}")  # fmt: skip
print(f"  entries that kept their place      {stayed} of {right.size}")
print(f"  angle between the two              {angle:.1f}°")


def cost(theta: np.ndarray) -> float:
    """J of the network with these weights."""
    return SigmoidNetwork(thetas=reshape(theta, net.shapes)).cost(data.X, data.y)


def descent(order: str, steps: int = 1001, rate: float = 0.1) -> list[float]:
    """J after each step of gradient descent with the gradient unrolled in this order."""
    theta, costs = net.theta, []
    for _ in range(steps):
        at = SigmoidNetwork(thetas=reshape(theta, net.shapes))
        result = backprop_gradient(at, data.X, data.y)
        costs.append(result.cost)
        theta = theta - rate * np.concatenate([D.ravel(order=order) for D in result.D])
    return costs


by_columns, by_rows = descent("F"), descent("C")
print("\nGradient descent from the same start with either:\n")
print("  step          " + "".join(f"{step:9d}" for step in SHOWN))
print("  J, by columns " + "".join(f"{by_columns[step]:9.4f}" for step in SHOWN))
print("  J, by rows    " + "".join(f"{by_rows[step]:9.4f}" for step in SHOWN))
first_rise = int(np.argmax(np.diff(by_rows) > 0))
print(f"\nWith the slip J falls for {first_rise} steps and then rises, and ends at "
      f"{by_rows[-1] / by_columns[-1]:.1f} times the right J.")  # fmt: skip

print("\nA gradient check needs no training to tell them apart:\n")
for name, vector in (("by columns", right), ("by rows", wrong)):
    check = check_gradient(cost, vector, net.theta)
    verdict = "passed" if check.passed else "FAILED"
    count = sum(parameter in check.wrong for parameter in check.parameters)
    print(f"  {name:10}  {verdict}, {count} of {check.size} parameters wrong")

figure, (before, after, fall) = plt.subplots(
    1, 3, figsize=(11, 2.8), layout="constrained", width_ratios=[1.2, 1.2, 1.1]
)
limit = np.abs(gradient.D[1]).max()
misread = reshape(wrong, net.shapes)[1]
for axes, D, title in (
    (before, gradient.D[1], "D⁽²⁾ as it is"),
    (after, misread, "D⁽²⁾ written by rows,\nread by columns"),
):
    axes.imshow(D, cmap="PuOr", vmin=-limit, vmax=limit)
    for (row, column), entry in np.ndenumerate(D):
        dark = abs(entry) > 0.6 * limit
        axes.text(column, row, f"{entry:.2f}", ha="center", va="center", fontsize=8,
                  color="white" if dark else "black")  # fmt: skip
    axes.set(title=title, xlabel="j, from hidden unit (0: bias)", xticks=range(6))
    axes.set_yticks(range(3), labels=range(1, 4))
before.set_ylabel("i, to output unit")
fall.plot(by_columns, color="#0072b2", label="by columns")
fall.plot(by_rows, "--", color="#d55e00", label="by rows (the slip)")
fall.set(title="J on iris, gradient descent", xlabel="step", ylabel="J")
fall.legend(frameon=False)
fall.spines[["top", "right"]].set_visible(False)
figure.savefig(PICTURE, dpi=120)
print("""
Exercises, each judged by the package:
  1. Write costFunction(theta, ...) with theta unrolled by columns, returning (J, gradient):
       micrograd-bp grade mine.py
  2. Read theta by rows and return the gradient by rows. Is that wrong? Then read by columns and
     return by rows. Is that?""")
print(
    f"\nConclusion: the slip moves {right.size - stayed} of {right.size} entries and turns the "
    f"gradient by {angle:.0f}°; plot: {PICTURE}"
)
