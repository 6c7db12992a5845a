"""The source's "putting it together": every step of training a network, in its order.

Run: python whole_recipe.py [PLOT.png]
"""

import sys

import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize

from micrograd_bp import SigmoidNetwork, compare_gradients, cost_function
from micrograd_bp.training.data import iris

data = iris()
X = (data.X - data.X.mean(axis=0)) / data.X.std(axis=0)
LAMBDA = 0.1

# 1. Architecture: inputs = features, outputs = classes, one hidden layer by default.
# 2. Initialize at random, in [−ε, ε] with ε = √6/√(L_in + L_out).
net = SigmoidNetwork.suggest(n_features=4, n_classes=3, seed=0)
print(f"1, 2. {net}, {net.theta.size} random weights")

# 3. Forward propagation, and 4. the cost.
h = net.forward(X).a[-1]
print(f"3, 4. h(x₁) = {h[0].round(3)}; J = {net.cost(X, data.y, LAMBDA):.4f}")

# 5. Backpropagation, 6. compared with the numerical estimate, once.
comparison = compare_gradients(net, X, data.y, LAMBDA)
print(f"5, 6. {comparison.verdict}; the estimate is {comparison.slowdown:.0f} times slower")
if not comparison.passed:
    raise SystemExit(1)

# 7. From here on without the estimate: [jVal, gradient] = costFunction(theta), minimized.
costs = []
cost = cost_function(net, X, data.y, LAMBDA)
found = minimize(
    cost, net.theta, jac=True, method="BFGS", callback=lambda theta: costs.append(cost(theta)[0])
)
net.theta = found.x
right = np.mean(net.predict(X) == data.y)
print(f"7.    J = {found.fun:.4f} after {found.nit} iterations and {found.nfev} gradients")

figure, axes = plt.subplots(figsize=(6.4, 4), layout="constrained")
axes.plot(range(1, len(costs) + 1), costs)
axes.set(xlabel="iteration", ylabel="cost J", title="Iris, 4-4-3, BFGS")
axes.spines[["top", "right"]].set_visible(False)
path = sys.argv[1] if len(sys.argv) > 1 else "whole_recipe.png"
figure.savefig(path, dpi=150)
print(f"Conclusion: {right:.1%} of the {len(X)} flowers right; the plot is in {path}")
