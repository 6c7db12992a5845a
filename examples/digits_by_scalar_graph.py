"""A real task learned by the scalar graph: 1,797 handwritten digits (needs scikit-learn).

Every number of a 64-25-10 network's cost is a node of a graph, and nobody wrote a formula for
its gradient: the graph of one example is recorded once and replayed, forward and backward, over
mini-batches of the others.

Run: python digits_by_scalar_graph.py [PLOT.png] [--quick]
"""

import argparse

import numpy as np

from micrograd_bp.training.classifier import Settings, fit, split
from micrograd_bp.training.data import digits
from micrograd_bp.training.plots import plot_training

parser = argparse.ArgumentParser(description="Handwritten digits learned by the scalar graph.")
parser.add_argument("plot", nargs="?", default="digits_by_scalar_graph.png")
parser.add_argument("--quick", action="store_true", help="fewer epochs")
arguments = parser.parse_args()

GOAL = 0.95
data = digits()
settings = Settings(
    (64, 25, 10), lambda_=1.0, method="sgd", rate=0.5, batch=10, gradient="tape",
    epochs=10 if arguments.quick else 30, scaling="common",
)  # fmt: skip
model = fit(data, settings)
_, test = split(data, settings.test_share, settings.seed)
accuracy = np.mean(model.predict(data.X[test]) == data.y[test])
plot_training(model, data, arguments.plot)
verdict = "reaches" if accuracy >= GOAL and model.training.seconds < 60 else "misses"
print(
    f"{len(model.training.costs) - 1} epochs over {len(data.X) - len(test)} digits in "
    f"{model.training.seconds:.1f} s: J fell from {model.training.costs[0]:.2f} to "
    f"{model.training.cost:.3f}\n"
    f"Conclusion: the scalar graph {verdict} {GOAL:.0%} in less than a minute: "
    f"{accuracy:.1%} of {len(test)} test digits right. The plot is in {arguments.plot}"
)
