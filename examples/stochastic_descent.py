"""Stochastic against batch gradient descent: an update for each example, or one for all.

The source's loop updates θ after every example. For the same number of examples seen it takes
m steps where batch descent takes one: it is far sooner near a minimum, and then wanders about
it, as each step follows the cost of one example only. Mini-batches lie between.

Run: python stochastic_descent.py [PLOT.png] [--quick]
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np

from micrograd_bp import SigmoidNetwork
from micrograd_bp.training.data import iris
from micrograd_bp.training.plots import log_cost_axis
from micrograd_bp.training.train import train

parser = argparse.ArgumentParser(description="Stochastic, mini-batch and batch descent on iris.")
parser.add_argument("plot", nargs="?", default="stochastic_descent.png")
parser.add_argument("--quick", action="store_true", help="fewer epochs")
arguments = parser.parse_args()

LAMBDA, GOAL = 0.05, 0.3
EPOCHS = 100 if arguments.quick else 300
data = iris()
X = (data.X - data.X.mean(axis=0)) / data.X.std(axis=0)
net = SigmoidNetwork.suggest(4, 3, seed=0)
RUNS = {
    "batch, rate 1": {"method": "gd", "rate": 1.0},
    "batches of 10, rate 0.5": {"method": "sgd", "batch": 10, "rate": 0.5},
    "one by one, rate 0.2": {"method": "sgd", "batch": 1, "rate": 0.2},
}

figure, axes = plt.subplots(figsize=(7.5, 4.4), layout="constrained")
epochs_needed, restless = {}, {}
for name, options in RUNS.items():
    costs = np.array(train(net, X, data.y, LAMBDA, epochs=EPOCHS, **options).costs)
    reached = np.flatnonzero(costs < GOAL)
    epochs_needed[name] = int(reached[0]) if reached.size else None
    restless[name] = float(np.mean(np.diff(costs[-50:]) > 0))
    when = f"in epoch {reached[0]}" if reached.size else f"not in {EPOCHS} epochs"
    print(
        f"{name:24s}: J below {GOAL} {when}; best {costs.min():.4f}; of the last 50 epochs "
        f"{restless[name]:.0%} raise J"
    )
    axes.plot(costs, label=name, linewidth=1.2)
axes.axhline(GOAL, color="0.6", linewidth=0.8)
axes.set(xlabel="epoch (each example seen once more)", ylabel="cost J of all examples",
         title="The same network, the same start")  # fmt: skip
log_cost_axis(axes)
axes.legend(frameon=False)
axes.spines[["top", "right"]].set_visible(False)
figure.savefig(arguments.plot, dpi=150)

batch, _, single = RUNS
later = epochs_needed[batch] or f"more than {EPOCHS}"
print(
    f"Conclusion: one by one needs {epochs_needed[single]} epochs to J < {GOAL}, batch descent "
    f"{later}; but near the minimum {restless[single]:.0%} of its epochs go uphill, of batch "
    f"descent's {restless[batch]:.0%}. The plot is in {arguments.plot}"
)
