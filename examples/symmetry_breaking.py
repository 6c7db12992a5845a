"""Zeros, or equal weights, keep the hidden units of a layer identical for ever; random ones do not.

"Initializing all θ values as 0 (or a same value) doesn't work: after each update, parameters
corresponding to inputs going into each hidden unit are identical." Here a 4-4-3 network learns
iris from three starts, and the weights into each of its hidden units are watched at every epoch.

Run: python symmetry_breaking.py [PLOT.png]
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from micrograd_bp import SigmoidNetwork, cost_function, reshape
from micrograd_bp.training.data import iris

SIZES = [4, 4, 3]
EPOCHS, RATE = 400, 1.0

data = iris()
X = (data.X - data.X.mean(axis=0)) / data.X.std(axis=0)

zeros = SigmoidNetwork(SIZES, init="zeros")
equal = SigmoidNetwork(thetas=[np.full_like(theta, 0.3) for theta in zeros.thetas])
starts = {"all 0": zeros, "all 0.3": equal, "random": SigmoidNetwork(SIZES, seed=0)}

figure, panels = plt.subplots(1, 3, figsize=(11, 3.8), sharex=True, layout="constrained")
for axes, (name, net) in zip(panels, starts.items(), strict=True):
    J = cost_function(net, X, data.y)
    theta = net.theta
    history = []  # of Θ⁽¹⁾: row i holds the weights into hidden unit i
    for _ in range(EPOCHS):
        history.append(reshape(theta, net.shapes)[0])
        theta = theta - RATE * J(theta)[1]
    units = np.array(history)  # (epochs, units, inputs + 1)
    apart = np.abs(units - units[:, :1]).max(axis=(1, 2))  # from the first unit, at each epoch
    net.theta = theta
    print(
        f"{name:8s}: J = {net.cost(X, data.y):.4f} after {EPOCHS} epochs, accuracy "
        f"{np.mean(net.predict(X) == data.y):.1%}; the hidden units differ by at most "
        f"{apart.max():.2g} in all that time"
    )
    for i in range(SIZES[1]):  # ever thinner, so that lines on each other are seen
        axes.plot(units[:, i, 3], linewidth=9 - 2.2 * i, label=f"unit {i + 1}")
    axes.set(title=f"start: {name}", xlabel="epoch")
    axes.spines[["top", "right"]].set_visible(False)
    if name == "random":
        assert apart.min() > 0.0, "random units must differ from the first epoch to the last"
    else:
        assert apart.max() < 1e-12, "equal units must stay equal"
panels[0].set_ylabel("θᵢ₃⁽¹⁾: petal length → hidden unit i")
panels[0].legend(frameon=False)

path = sys.argv[1] if len(sys.argv) > 1 else "symmetry_breaking.png"
figure.savefig(path, dpi=150)
print(f"Conclusion: four equal units do the work of one; the plot is in {path}")
