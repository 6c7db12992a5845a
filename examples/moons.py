"""The moons that micrograd's users know, learned by the scalar graph with sigmoid units.

Two half circles, one in the other, with noise: no line parts them. The gradient comes from the
scalar graph of one example, recorded once and replayed over all of them.

Run: python moons.py [PLOT.png]
"""

import sys

import numpy as np

from micrograd_bp.training.classifier import Settings, fit, split
from micrograd_bp.training.data import Dataset
from micrograd_bp.training.plots import plot_training

rng = np.random.default_rng(0)
angle = rng.uniform(0, np.pi, 200)
upper = np.column_stack([np.cos(angle[:100]), np.sin(angle[:100])])
lower = np.column_stack([1 - np.cos(angle[100:]), 0.5 - np.sin(angle[100:])])
X = np.concatenate([upper, lower]) + rng.normal(scale=0.1, size=(200, 2))
moons = Dataset("moons", X, np.repeat([0, 1], 100), ("x₁", "x₂"), ("upper", "lower"))

accuracy = {}
for sizes in ((2, 1), (2, 8, 1)):
    model = fit(moons, Settings(sizes, lambda_=0.01, gradient="tape", epochs=300))
    _, test = split(moons, model.settings.test_share, model.settings.seed)
    accuracy[sizes] = np.mean(model.predict(moons.X[test]) == moons.y[test])
    print(
        f"{'-'.join(map(str, sizes)):6s}: J = {model.training.cost:.4f} after "
        f"{len(model.training.costs) - 1} iterations in {model.training.seconds:.2f} s, "
        f"{accuracy[sizes]:.1%} of {len(test)} test points right"
    )

path = sys.argv[1] if len(sys.argv) > 1 else "moons.png"
plot_training(model, moons, path)
gain = accuracy[2, 8, 1] - accuracy[2, 1]
print(f"Conclusion: the hidden layer gains {100 * gain:.0f} points; the plot is in {path}")
