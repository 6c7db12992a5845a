"""Three gradients of one network on iris, side by side, and what each of them costs.

    python 05_three_gradients.py [FOLDER]      writes 05_three_gradients.png

Look at the verdicts: graph and matrices agree to rounding, the estimate to its own error bar.
Then at the slopes of the picture: why nobody trains with the numerical gradient.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from micrograd_bp import (
    SigmoidNetwork,
    autodiff_gradient,
    backprop_gradient,
    compare_gradients,
    numerical_gradient,
)
from micrograd_bp.data import iris

FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
METHODS = {  # with how many runs, of which the fastest counts, and how it is plotted
    "numerical": (numerical_gradient, 3, "#d55e00", "^"),
    "autodiff": (autodiff_gradient, 3, "#009e73", "s"),
    "backprop": (backprop_gradient, 30, "#0072b2", "o"),
}
HIDDEN = [5, 10, 20, 40, 80]

data = iris()
comparison = compare_gradients(SigmoidNetwork([4, 5, 3], seed=0), data.X, data.y, lambda_=1.0)
print(comparison)

print(
    "\nThe same three on wider and wider networks 4-s-3 (30 flowers, the fastest of several runs):\n"
)
X, y = data.X[::5], data.y[::5]
times = {name: [] for name in METHODS}
sizes = []
print("     s   parameters " + "".join(f"{name:>14}" for name in METHODS))
for hidden in HIDDEN:
    net = SigmoidNetwork([4, hidden, 3], seed=0)
    sizes.append(net.theta.size)
    for name, (method, runs, _, _) in METHODS.items():
        times[name].append(min(method(net, X, y).seconds for _ in range(runs)))
    print(
        f"  {hidden:4d} {sizes[-1]:12d} "
        + "".join(f"{1e3 * seconds[-1]:11.3f} ms" for seconds in times.values())
    )

slopes = {name: np.polyfit(np.log(sizes), np.log(seconds), 1)[0] for name, seconds in times.items()}
print("\nTime grows with the number P of parameters about as")
for name, slope in slopes.items():
    print(f"  {name:10} P^{slope:.1f}")
ratio = times["numerical"][-1] / times["backprop"][-1]
print(
    f"\nThe estimate computes J 2P = {2 * sizes[-1]} times, backprop once: {ratio:.0f} times as long"
)
print(f"with {sizes[-1]} parameters. Check with it, then switch it off.")

figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
for name, (_, _, colour, marker) in METHODS.items():
    label = f"{name}, slope {slopes[name]:.1f}"
    axes.loglog(sizes, 1e3 * np.array(times[name]), color=colour, marker=marker, label=label)
axes.set_xticks(sizes, labels=sizes)
axes.minorticks_off()
axes.set(title="Time of one gradient", xlabel="parameters P", ylabel="milliseconds")
axes.legend(frameon=False)
axes.spines[["top", "right"]].set_visible(False)
axes.grid(alpha=0.3)
figure.savefig(FOLDER / "05_three_gradients.png", dpi=120)
print(f"\nPicture: {FOLDER / '05_three_gradients.png'}")
