"""Three gradients of one network on iris, side by side.

Look at the agreement: graph and matrices differ by rounding alone, the estimate from both by
more, but by no more than the error bar that each parameter has of its own.

Run: python 05_three_gradients.py [PICTURE.png]
"""

import sys
import textwrap

import matplotlib.pyplot as plt
import numpy as np

from micrograd_bp import SigmoidNetwork, compare_gradients
from micrograd_bp.training.data import iris

PICTURE = sys.argv[1] if len(sys.argv) > 1 else "05_three_gradients.png"
COURSE_RULE = 1e-9  # for ‖a − b‖ / ‖a + b‖

data = iris()
net = SigmoidNetwork([4, 5, 3], seed=0)
comparison = compare_gradients(net, data.X, data.y, lambda_=1.0)
print("\n".join(textwrap.fill(line, 100) if len(line) > 100 else line
                for line in str(comparison).splitlines()))  # fmt: skip

autodiff, backprop, numerical = (gradient.vector for gradient in comparison.gradients)
by_rounding = np.abs(autodiff - backprop)
by_estimate = np.abs(numerical - backprop)
bars = comparison.error_bars
relative = np.linalg.norm(numerical - backprop) / np.linalg.norm(numerical + backprop)

print(f"\nOver the {backprop.size} parameters, the largest difference from the matrix formulas:\n")
print(f"  scalar graph        {by_rounding.max():.1e}")
print(f"  two-sided estimate  {by_estimate.max():.1e}")
print(f"\nThe error bars of the estimate go from {bars.min():.0e} to {bars.max():.0e}, a factor of "
      f"{bars.max() / bars.min():.0f}.")  # fmt: skip
print(f"Beyond its own bar: {np.sum(by_estimate > bars)} of {bars.size} parameters.")
verdict = "passes" if relative < COURSE_RULE else "FAILS"
print(f"\nOne fixed number for all, the course's ‖a−b‖/‖a+b‖ < {COURSE_RULE:.0e}, comes out as "
      f"{relative:.0e}:")  # fmt: skip
print(f"by that rule this gradient {verdict}; by its error bars it "
      f"{'passes' if comparison.passed else 'FAILS'}.")  # fmt: skip
print(f"\nThe estimate took {comparison.slowdown:.0f} times as long as backprop, "
      f"with only {backprop.size} parameters.")  # fmt: skip
print("Check with it, then switch it off.")

order = np.argsort(bars)
figure, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
place = np.arange(bars.size)
least = 1e-18  # a difference of exactly 0 has no logarithm
axes.semilogy(place, bars[order], "_", color="0.25", markersize=8, label="its error bar")
axes.semilogy(place, np.maximum(by_estimate, least)[order], "o", color="#d55e00", markersize=4,
              label="|estimate − matrices|")  # fmt: skip
axes.semilogy(place, np.maximum(by_rounding, least)[order], "s", color="#009e73", markersize=4,
              label="|graph − matrices|")  # fmt: skip
axes.set_title("∂J/∂θ three ways, 4-5-3 on iris: each parameter against its own error bar")
axes.set_xlabel("the parameters, by error bar")
axes.set_ylabel("difference (an exact 0 stands at $10^{-18}$)")
axes.set_xticks(place, [net.parameter_name(int(i)) for i in order], rotation=90, fontsize=7)
axes.legend(frameon=False, loc="center right")
axes.grid(axis="y", alpha=0.3)
axes.spines[["top", "right"]].set_visible(False)
figure.savefig(PICTURE, dpi=120)
print("""
Exercises, each judged by the package:
  1. Build the cost of the first flower with example_graph(net, data.X[0], data.y[0]) and have all
     43 slopes checked:  check_expression(graph.cost, wrt=[... every θ ...])
  2. Write the gradient with a loop over the examples instead of matrix products, and let
     micrograd-bp grade mine.py  say whether both are the same.""")
print(
    f"\nConclusion: {np.sum(by_estimate > bars)} of {bars.size} parameters beyond their error bars"
    f"; plot: {PICTURE}"
)
