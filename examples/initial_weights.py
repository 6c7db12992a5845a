"""How large the random weights should be at the start: ε_init too small, right, too large.

"A good choice of ε_init is √6 / √(L_in + L_out)." A 4-8-8-3 network learns iris from weights
drawn from [−ε, ε] for many ε. Too small: the hidden units hardly answer to their inputs, and
almost no gradient reaches the first layer. Too large: the units are saturated, g' is near 0.

Run: python initial_weights.py [PLOT.png] [--quick]
"""

import argparse
import math

import matplotlib.pyplot as plt
import numpy as np

from micrograd_bp import SigmoidNetwork, backprop_gradient
from micrograd_bp.training.data import iris
from micrograd_bp.training.plots import log_cost_axis
from micrograd_bp.training.train import train

parser = argparse.ArgumentParser(description="Initial weights too small, right, too large.")
parser.add_argument("plot", nargs="?", default="initial_weights.png")
parser.add_argument("--quick", action="store_true", help="one seed instead of three")
arguments = parser.parse_args()

SIZES, EPOCHS, RATE = [4, 8, 8, 3], 300, 1.0
seeds = range(1 if arguments.quick else 3)
RIGHT = math.sqrt(6) / math.sqrt(8 + 8)  # the formula for the middle matrix
epsilons = RIGHT * 2.0 ** np.arange(-8, 8)
small, large = epsilons[0], epsilons[-1]

data = iris()
X = (data.X - data.X.mean(axis=0)) / data.X.std(axis=0)


def saturated(net):
    """The share of hidden units, over all examples, whose slope g' is below a tenth of its most."""
    hidden = np.concatenate([a.ravel() for a in net.forward(X).a[1:-1]])
    return np.mean(hidden * (1 - hidden) < 0.025)


costs, curves = [], {}
for epsilon in epsilons:
    final = []
    for seed in seeds:
        net = SigmoidNetwork(SIZES, init=epsilon, seed=seed)
        result = train(net, X, data.y, method="gd", rate=RATE, epochs=EPOCHS)
        final.append(result.cost)
        if seed == 0 and epsilon in (small, RIGHT, large):
            curves[epsilon] = result.costs
            slope = np.linalg.norm(backprop_gradient(net, X, data.y).D[0])
            print(
                f"ε = {epsilon:8.4f}: {saturated(net):4.0%} of the hidden units saturated at the "
                f"start, ‖D⁽¹⁾‖ = {slope:.1e}, J = {result.costs[0]:.2f} → {result.cost:.3f}"
            )
    costs.append(np.median(final))

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
names = {small: "too small", RIGHT: "√6/√(L_in+L_out)", large: "too large"}
for epsilon, name in names.items():
    left.plot(curves[epsilon], label=f"{name}: ε = {epsilon:.3g}")
left.set(xlabel="epoch", ylabel="cost J", title="Batch gradient descent on iris")
left.legend(frameon=False)
right.plot(epsilons, costs, "o-")
right.axvline(RIGHT, color="0.5", linestyle="--", label="√6/√(L_in+L_out)")
right.set(xlabel="ε_init", xscale="log", title=f"After {EPOCHS} epochs",
          ylabel="cost J, median over the seeds")  # fmt: skip
right.legend(frameon=False)
for axes in (left, right):
    log_cost_axis(axes)
    axes.spines[["top", "right"]].set_visible(False)
figure.savefig(arguments.plot, dpi=150)

at_right = costs[int(np.flatnonzero(epsilons == RIGHT)[0])]
print(
    f"Conclusion: after {EPOCHS} epochs J is {at_right:.3f} from ε = {RIGHT:.2f}, "
    f"{costs[0]:.3f} from {small:.2g} and {costs[-1]:.3f} from {large:.3g}; the best of all "
    f"{len(costs)} is ε = {epsilons[int(np.argmin(costs))]:.2f}. The plot is in {arguments.plot}"
)
