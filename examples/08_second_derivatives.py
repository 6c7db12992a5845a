"""Second derivatives: backward(create_graph=True), Newton's method and the curvature of J.

Look at the exponents of Newton's gradient norms: each about twice the one before. And at the
two eigenvalues of the Hessian: their ratio is what makes gradient descent crawl.

Run: python 08_second_derivatives.py [PICTURE.png]
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from micrograd_bp import SigmoidNetwork, Value, backprop_gradient, check_expression
from micrograd_bp.training.data import iris

PICTURE = sys.argv[1] if len(sys.argv) > 1 else "08_second_derivatives.png"
ENOUGH = 1e-10  # the gradient norm at which Newton's method stops

# One sigmoid unit: is an iris virginica (1) or versicolor (0), by the width of its petal?
data = iris()
flowers = data.y > 0
PETALS, LABELS = data.X[flowers, 3], (data.y[flowers] == 2).astype(float)


def unit_cost(bias: Value, weight: Value, inputs: np.ndarray) -> Value:
    """J of one unit as a graph: −log g(z) where y = 1, −log g(−z) where y = 0."""
    terms = []
    for x, y in zip(inputs.tolist(), LABELS.tolist(), strict=True):
        z = bias + weight * x
        terms.append((z if y else -z).log_sigmoid())
    return -Value.sum(terms) / len(terms)


def derivatives(theta: np.ndarray, inputs: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """J, its gradient and its Hessian: one backward pass, then one more for each row."""
    leaves = [Value(theta[0], label="θ₀"), Value(theta[1], label="θ₁")]
    cost = unit_cost(*leaves, inputs)
    cost.backward(create_graph=True)
    slopes = [leaf.grad for leaf in leaves]  # Values: they can be differentiated again
    rows = []
    for slope in slopes:
        slope.zero_grad()
        slope.backward()
        rows.append([leaf.grad for leaf in leaves])
    return cost.data, np.array([slope.data for slope in slopes]), np.array(rows)


def newton(inputs: np.ndarray) -> list[np.ndarray]:
    """The steps θ ← θ − H⁻¹ ∇J."""
    theta, path = np.zeros(2), []
    while len(path) < 20:
        _, slope, hessian = derivatives(theta, inputs)
        path.append(theta)
        if np.linalg.norm(slope) < ENOUGH:
            break
        theta = theta - np.linalg.solve(hessian, slope)
    return path


def unit_gradient(theta: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """The gradient by the matrix formulas, for the many steps of gradient descent."""
    net = SigmoidNetwork(thetas=[[theta]])
    return backprop_gradient(net, inputs[:, np.newaxis], LABELS).vector


def descent(start: np.ndarray, inputs: np.ndarray, rate: float, steps: int) -> list[np.ndarray]:
    """The steps θ ← θ − rate · ∇J."""
    path = [start]
    for _ in range(steps):
        path.append(path[-1] - rate * unit_gradient(path[-1], inputs))
    return path


print("Newton's method on two parameters, the Hessian by differentiating the gradient's graph:\n")
print("  step         θ₀         θ₁              J      ‖∇J‖   ‖θ − last θ‖")
path = newton(PETALS)
optimum = path[-1]
for step, theta in enumerate(path):
    J, slope, hessian = derivatives(theta, PETALS)
    norm, distance = np.linalg.norm(slope), np.linalg.norm(theta - optimum)
    print(
        f"  {step:4d} {theta[0]:10.4f} {theta[1]:10.4f}   {J:.10f}   {norm:7.0e}   {distance:7.0e}"
    )

h = 1 / (1 + np.exp(-(optimum[0] + optimum[1] * PETALS)))
columns = np.column_stack([np.ones_like(PETALS), PETALS])
by_formula = (columns.T * (h * (1 - h))) @ columns / len(h)
leaves = [Value(optimum[0], label="θ₀"), Value(optimum[1], label="θ₁")]
check = check_expression(unit_cost(*leaves, PETALS), leaves, order=2)
print("\nIs that Hessian right? Its largest difference from the textbook's (1/m) Σ h(1−h) x xᵀ is")
print(f"{np.abs(hessian - by_formula).max():.0e}; check_expression(…, order=2) "
      f"{'passed' if check.passed else 'FAILED'}.")  # fmt: skip

print("\nCurvature of J at its lowest point, and what it does to gradient descent with the rate")
print("1/λ₂ (λ₁ < λ₂ the eigenvalues of the Hessian). Near the lowest point each step leaves the")
print("part 1 − λ₁/λ₂ of the distance; measured over the last 100 of 1500 steps:\n")
print("  input                       λ₁        λ₂   λ₂/λ₁   predicted   measured")
falls, rates = {}, {}
centred = PETALS - PETALS.mean()
for name, inputs in (("petal width", PETALS), ("the same minus its mean", centred)):
    best = newton(inputs)[-1]
    low, high = np.linalg.eigvalsh(derivatives(best, inputs)[2])
    rates[name] = 1 / high
    steps = descent(np.zeros(2), inputs, 1 / high, 1500)
    falls[name] = [np.linalg.norm(theta - best) for theta in steps]
    distances = np.array([d for d in falls[name] if d > 1e-9])
    measured = (distances[-1] / distances[-101]) ** 0.01
    print(f"  {name:24} {low:7.5f}   {high:7.5f} {high / low:7.0f} "
          f"{1 - low / high:11.5f} {measured:10.5f}")  # fmt: skip

print("\nThe same λ₂ says which rates can work at all. 200 steps from a point 0.001 away:\n")
largest = 1 / rates["petal width"]
for factor in (1.9, 2.1):
    nudged = descent(optimum + np.array([0.0, 1e-3]), PETALS, factor / largest, 200)[-1]
    distance = np.linalg.norm(nudged - optimum)
    print(f"  rate {factor}/λ₂ = {factor / largest:.2f}: {distance:.4f} away")

figure, (plane, fall) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
bias, weight = np.meshgrid(np.linspace(-27, 3, 121), np.linspace(-2, 16, 121))
z = bias[..., np.newaxis] + weight[..., np.newaxis] * PETALS
J = np.mean(np.logaddexp(0, np.where(LABELS == 1, -z, z)), axis=-1)
levels = np.geomspace(0.17, 20, 14)
plane.contour(bias, weight, J, levels, colors="0.75", linewidths=0.8)
trail = np.array(descent(np.zeros(2), PETALS, rates["petal width"], 1500))
plane.plot(*trail.T, color="#d55e00", label="gradient descent, 1500 steps")
plane.plot(*np.array(path).T, "o-", color="#0072b2", markersize=4,
           label=f"Newton, {len(path) - 1} steps")  # fmt: skip
plane.plot(*optimum, "*", color="black", markersize=11, label="lowest point")
plane.set(title="Level lines of J: a narrow valley", xlabel="θ₀ (bias)", ylabel="θ₁ (petal width)")
plane.legend(frameon=True, framealpha=0.9, edgecolor="none", loc="lower left", fontsize=9)
fall.semilogy([np.linalg.norm(theta - optimum) for theta in path[:-1]], "o-", color="#0072b2",
              markersize=4, label="Newton")  # fmt: skip
for (name, distances), colour, style in zip(
    falls.items(), ("#d55e00", "#009e73"), ("-", "--"), strict=True
):
    fall.semilogy(distances, style, color=colour, label=f"gradient descent, {name}")
fall.set(title="Distance from the lowest point", xlabel="step", ylabel="‖θ − θ*‖", xscale="symlog",
         ylim=(1e-13, 1e4))  # fmt: skip
fall.legend(frameon=False, fontsize=9)
for axes in (plane, fall):
    axes.spines[["top", "right"]].set_visible(False)
figure.savefig(PICTURE, dpi=120)
print("""
Exercises, each judged by the package:
  1. Write the second derivative of x³ sin x from two backward passes, then have both orders
     checked:  check_expression(x**3 * x.sin(), order=2)
  2. Newton's method for √2: find the zero of x² − 2 with slopes from backward(), and check the
     slope that you used at your last step:  check_expression(x**2 - 2.0)""")
print(
    f"\nConclusion: Newton {len(path) - 1} steps; gradient descent "
    f"{falls['petal width'][-1]:.1g} away after {len(falls['petal width']) - 1}; plot: {PICTURE}"
)
