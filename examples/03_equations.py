"""Equations (1) to (4) with their numbers: one δ followed from the cost to an input weight.

Look at step 2: a hidden unit feeds every unit of the next layer, so its δ is a sum.

Run: python 03_equations.py [PICTURE.svg]
"""

import sys

import numpy as np

from micrograd_bp import SigmoidNetwork, backprop_gradient, draw, example_graph, verify_equations
from micrograd_bp.drawing.dot import render
from micrograd_bp.support.tables import render as text

PICTURE = sys.argv[1] if len(sys.argv) > 1 else "03_equations.svg"
THETA_1 = [[0.1, 0.8, -0.5], [-0.3, 0.4, 0.9]]
THETA_2 = [[0.2, 1.1, -0.7], [-0.4, -0.6, 0.5]]
x, y = [1.5, 2.0], [1, 0]

net = SigmoidNetwork(thetas=[THETA_1, THETA_2])
graph = example_graph(net, x, y)
graph.cost.backward()
theta = graph.thetas[0][0][2]  # θ₁₂⁽¹⁾, the one we follow: from x₂ to hidden unit 1
_, z2, z3 = graph.z
_, a2, h = graph.a

print("Equation (3): the cost of one example, summed over the output units.\n")
for h_k, y_k, J_k in zip(h, y, graph.terms, strict=True):
    logs = f"−{y_k} log {h_k.data:.6f} − {1 - y_k} log {1 - h_k.data:.6f}"
    print(f"  {J_k.label} = {logs} = {J_k.data:.6f}")
print(f"  J  = {graph.cost.data:.6f}")

print("\nStep 1. The δ of the output layer is h − y:\n")
for h_k, y_k, z_k in zip(h, y, z3, strict=True):
    delta = z_k.label.replace("z", "δ")
    found = f"(∂J/∂{z_k.label} in the graph: {z_k.grad:+.6f})"
    print(f"  {delta} = {h_k.data:.6f} − {y_k} = {h_k.data - y_k:+.6f}    {found}")

print("\nStep 2. Back to hidden unit 1. Equation (4): the product along each path, then the sum.")
print("Equation (2) is the same with ∂z_k/∂z_1 written out as θ_k1 g'(z_1).\n")
slope = a2[0].data * (1 - a2[0].data)
print(f"  g'(z₁⁽²⁾) = a₁⁽²⁾ (1 − a₁⁽²⁾) = {a2[0].data:.6f} × {1 - a2[0].data:.6f} = {slope:.6f}\n")
shares = []
for k, z_k in enumerate(z3, start=1):
    weight = graph.thetas[1][k - 1][1]
    shares.append(z_k.grad * weight.data * slope)
    factors = f"{z_k.label.replace('z', 'δ')} {weight.label} g'"
    numbers = f"{z_k.grad:+.6f} × {weight.data:+.1f} × {slope:.6f}"
    print(f"  through output {k}:  {factors} = {numbers} = {shares[-1]:+.6f}")
print(f"  their sum, δ₁⁽²⁾ {'=':>41} {sum(shares):+.6f}")
print(f"  ∂J/∂z₁⁽²⁾ in the graph {'=':>35} {z2[0].grad:+.6f}")

print("\nStep 3. Equation (1): the weight's gradient is what comes in times the δ it goes to.\n")
product = f"{x[1]} × {sum(shares):+.6f} = {x[1] * sum(shares):+.6f}"
print(f"  ∂J/∂{theta.label} = x₂ δ₁⁽²⁾ = {product}    (in the graph: {theta.grad:+.6f})")

# Why a sum: the weight is moved, and each part of the cost answers for itself.
epsilon = 1e-4
plus, minus = ([np.array(m) for m in (THETA_1, THETA_2)] for _ in range(2))
plus[0][0, 2] += epsilon
minus[0][0, 2] -= epsilon


def costs_of_outputs(thetas: list) -> np.ndarray:
    """J₁ and J₂ by equation (3)."""
    out = SigmoidNetwork(thetas=thetas).forward([x]).a[-1][0]
    return -np.log(np.where(np.array(y) == 1, out, 1 - out))


moved = (costs_of_outputs(plus) - costs_of_outputs(minus)) / (2 * epsilon)
print(f"\nWhy (2) has a sum. Move {theta.label} by ±{epsilon} and watch the cost of each output:\n")
for J_k, found, share in zip(graph.terms, moved, shares, strict=True):
    print(f"  {J_k.label} changes at the rate {found:+.9f}; x₂ × its path {x[1] * share:+.9f}")
total = x[1] * sum(shares)
print(f"  J  changes at the rate {moved.sum():+.9f}; x₂ × the sum {total:+.9f}")
print("One weight moves both costs, and J is their sum. Leave one path out and the gradient is")
print(
    f"wrong by {abs(moved[1] / moved.sum()):.0%} here (path 2 lost) or "
    f"{abs(moved[0] / moved.sum()):.0%} (path 1 lost)."
)

deltas = backprop_gradient(net, [x], [y]).deltas
print("\nThe matrix form of (2) computes the whole layer at once, the same numbers:\n")
print(f"  (Θ⁽²⁾)ᵀ δ⁽³⁾ .* a⁽²⁾ .* (1 − a⁽²⁾) = {deltas[1][0]}")
print(f"  the graph's ∂J/∂z⁽²⁾              = {np.array([z.grad for z in z2])}")

checks = verify_equations(net, x, y)
print()
print(text(*checks.tables()))
held = sum(check.passed for check in checks)
render(draw(graph, view="unit", path=(theta, graph.cost)), PICTURE)
print("""
Exercises, each judged by the package:
  1. Write equations (1) and (2) as matrix products over all examples, backprop(thetas, X, Y,
     lambda_) returning [D1, D2, ...]:  micrograd-bp grade mine.py
  2. Take only output 1 into the δ of the hidden layer, and see the lost path named.""")
print(
    f"\nConclusion: δ₁⁽²⁾ is a sum over {len(shares)} paths; {held} of {len(checks)} equations held"
    f"; picture: {PICTURE}"
)
