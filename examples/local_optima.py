"""J is not convex: different starts end in different local optima (XOR, two hidden units).

"Gradient descent can get stuck in local minima. In practice this is not a huge problem." XOR is
where it is one: with two hidden units a start decides whether all four points are learned. Each
of the local optima has a cost that can be told in advance: a group of n points that the network
cannot tell apart, k of them of class 1, costs n H(k/n) / 4 with H the entropy in nats.

Run: python local_optima.py [PLOT.png] [--quick]
"""

import argparse
import math
from collections import Counter

import matplotlib.pyplot as plt
import numpy as np

from micrograd_bp import SigmoidNetwork
from micrograd_bp.training.train import train

parser = argparse.ArgumentParser(description="XOR from 200 random starts.")
parser.add_argument("plot", nargs="?", default="local_optima.png")
parser.add_argument("--quick", action="store_true", help="40 starts instead of 200")
arguments = parser.parse_args()

X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])


def entropy(p):
    return -p * math.log(p) - (1 - p) * math.log(1 - p)


OPTIMA = {
    "all four right": 0.0,
    "two points confused": 2 * entropy(1 / 2) / 4,
    "three points confused": 3 * entropy(1 / 3) / 4,
    "all four confused": entropy(1 / 2),
}

runs = []
for seed in range(40 if arguments.quick else 200):
    net = SigmoidNetwork([2, 2, 1], init=2.0, seed=seed)
    result = train(net, X, y, method="lbfgs", epochs=1000)
    name = min(OPTIMA, key=lambda name: abs(OPTIMA[name] - result.cost))
    runs.append((result.cost, name, result.net))
runs.sort(key=lambda run: run[0])
counts = Counter(name for _, name, _ in runs)
for name, cost in OPTIMA.items():
    found = [run[0] for run in runs if run[1] == name]
    off = max((abs(run - cost) for run in found), default=0.0)
    print(f"{name:22s} J = {cost:.4f}: {len(found):3d} starts, at most {off:.1e} away from it")

figure = plt.figure(figsize=(12, 3.6), layout="constrained")
shown = [name for name in OPTIMA if counts[name]]
grid = figure.add_gridspec(1, 2 + len(shown), width_ratios=[2, 0.05, *[1] * len(shown)])
axes = figure.add_subplot(grid[0])
for i, name in enumerate(OPTIMA):
    places = [place for place, run in enumerate(runs) if run[1] == name]
    axes.plot(places, [runs[place][0] for place in places], ".", color=f"C{i}")
    if places:
        axes.axhline(OPTIMA[name], color=f"C{i}", linewidth=0.8, linestyle="--")
        axes.text(0, OPTIMA[name] + 0.012, f"{name}: {len(places)}", color=f"C{i}")
axes.set(xlabel="starts, sorted", ylabel="cost J at the end", title=f"XOR from {len(runs)} starts")
axes.set_ylim(-0.03, 0.56)
axes.spines[["top", "right"]].set_visible(False)
side = np.linspace(-0.3, 1.3, 120)
points = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
for i, name in enumerate(shown):
    net = next(run[2] for run in runs if run[1] == name)
    axes = figure.add_subplot(grid[2 + i])
    h = net.forward(points).a[-1].reshape(120, 120)
    axes.imshow(h, origin="lower", extent=(-0.3, 1.3) * 2, cmap="coolwarm", vmin=0, vmax=1)
    axes.scatter(*X.T, c=y, cmap="coolwarm", edgecolors="black", s=60, vmin=0, vmax=1)
    axes.set_title(name, fontsize="medium")
    axes.set(xticks=[0, 1], yticks=[0, 1], xlabel="x₁", ylabel="x₂")
figure.savefig(arguments.plot, dpi=150)

stuck = len(runs) - counts["all four right"]
print(
    f"Conclusion: {stuck} of {len(runs)} starts ({stuck / len(runs):.0%}) end in a local optimum "
    f"above the global one. The plot is in {arguments.plot}"
)
