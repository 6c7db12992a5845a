"""Why networks are not trained by the numerical gradient: its cost against the number of weights.

"The numerical gradient algorithm is very slow." Backpropagation costs about two forward passes
whatever the number P of weights; the two-sided estimate costs 2 P of them. Both are timed here
on networks 16-h-10 with growing h.

Run: python why_not_numerical.py [PLOT.png] [--quick]
"""

import argparse
import time

import matplotlib.pyplot as plt
import numpy as np

from micrograd_bp import SigmoidNetwork, backprop_gradient, numerical_gradient

parser = argparse.ArgumentParser(description="Backpropagation against the numerical estimate.")
parser.add_argument("plot", nargs="?", default="why_not_numerical.png")
parser.add_argument("--quick", action="store_true", help="smaller networks")
arguments = parser.parse_args()

EXAMPLES, EPOCHS = 50, 100
rng = np.random.default_rng(0)
X, y = rng.normal(size=(EXAMPLES, 16)), rng.integers(0, 10, EXAMPLES)


def seconds(method, net):
    """The least of a few timings."""
    times = []
    for _ in range(3):
        started = time.perf_counter()
        method(net, X, y)
        times.append(time.perf_counter() - started)
    return min(times)


print("    P   backprop   numerical   ratio")
table = []
for hidden in (2, 4, 8, 16, 32) if arguments.quick else (2, 4, 8, 16, 32, 64, 128):
    net = SigmoidNetwork([16, hidden, 10], seed=0)
    fast, slow = seconds(backprop_gradient, net), seconds(numerical_gradient, net)
    table.append((net.theta.size, fast, slow))
    print(f"{net.theta.size:5d}  {1e3 * fast:6.3f} ms  {1e3 * slow:7.1f} ms  {slow / fast:6.0f}")
P, fast, slow = np.array(table).T


def exponent(times):
    """How time grows at the larger half of the networks: as P to this power."""
    half = len(P) // 2
    return np.polyfit(np.log(P[half:]), np.log(times[half:]), 1)[0]


figure, axes = plt.subplots(figsize=(6.4, 4.4), layout="constrained")
axes.loglog(P, slow, "o-", color="C1", label="numerical estimate of the whole gradient")
axes.loglog(P, fast, "o-", color="C0", label="backpropagation")
axes.set(xlabel="weights P", ylabel="seconds for one gradient", title="The price of a gradient")
axes.legend(frameon=False)
axes.spines[["top", "right"]].set_visible(False)
figure.savefig(arguments.plot, dpi=150)
print(
    f"Conclusion: time grows as P^{exponent(slow):.1f} for the estimate, as P^{exponent(fast):.1f} "
    f"for backpropagation; {EPOCHS} epochs with {P[-1]:.0f} weights take {EPOCHS * fast[-1]:.2g} s "
    f"by backpropagation and {EPOCHS * slow[-1]:.3g} s by the estimate, "
    f"{slow[-1] / fast[-1]:.0f} times longer. The plot is in {arguments.plot}"
)
