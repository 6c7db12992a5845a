"""The chain rule on three nodes: θ → z → h → J, one local derivative a step.

Look at the three numbers on the way back: each node knows only the derivative of its own
operation, and ∂J/∂θ is the product of these.

Run: python 01_chain_rule.py [PICTURE.svg]
"""

import math
import sys

from micrograd_bp import Value, draw
from micrograd_bp.drawing.dot import render

PICTURE = sys.argv[1] if len(sys.argv) > 1 else "01_chain_rule.svg"
THETA, X = 0.8, 1.5  # one weight, one input; the label is y = 1, so J = −log h


def cost(theta: float) -> float:
    """The same cost as an ordinary function, for an estimate that knows no chain rule."""
    return -math.log(1 / (1 + math.exp(-theta * X)))


theta, x = Value(THETA, label="θ"), Value(X, label="x")
z = theta * x
h = z.sigmoid()
J = -h.log()
z.label, h.label, J.label = "z", "h", "J"
J.inputs[0].label = "log h"
J.backward()

print("Forward: each node is computed from the one before it.\n")
print(f"  z = θ x      = {THETA} × {X} = {z.data:.6f}")
print(f"  h = g(z)     = {h.data:.6f}")
print(f"  J = −log h   = {J.data:.6f}")

dz_dtheta = z.local_derivatives()[0]
dh_dz = h.local_derivatives()[0]
dj_dh = -J.inputs[0].local_derivatives()[0]
print("\nBackward: the local derivative of each step, and the product so far.\n")
product = 1.0
for step, local, name, node in (
    ("∂J/∂h = −1/h     ", dj_dh, "∂J/∂h", h),
    ("∂h/∂z = h (1 − h)", dh_dz, "∂J/∂z", z),
    ("∂z/∂θ = x        ", dz_dtheta, "∂J/∂θ", theta),
):
    product *= local
    print(f"  {step} = {local:+.6f}    {name} = {product:+.6f}   (backward found {node.grad:+.6f})")
print(
    f"\n∂J/∂z is h − y = {h.data - 1:+.6f}: the δ of an output unit, before any matrix is in sight."
)

epsilon = 1e-4
estimate = (cost(THETA + epsilon) - cost(THETA - epsilon)) / (2 * epsilon)
print("\nMove θ by ±0.0001 and watch J alone, no derivative written anywhere:\n")
print(f"  (J(θ+ε) − J(θ−ε)) / 2ε = {estimate:+.9f}")
print(f"  chain rule             = {theta.grad:+.9f}, a difference of {estimate - theta.grad:.1e}")

# The other half of the chain rule: what is used twice.
t = Value(THETA, label="θ")
f = t * t.sigmoid()
f.backward()
along_factor, along_sigmoid = t.sigmoid().data, THETA * t.sigmoid().local_derivatives()[0]
print(
    "\nA value that is used twice, f = θ · g(θ), reaches f by two paths. Their products add up:\n"
)
print(f"  through the factor θ  {along_factor:+.6f}")
print(f"  through g(θ)          {along_sigmoid:+.6f}")
print(
    f"  sum                   {along_factor + along_sigmoid:+.6f}   (backward found {t.grad:+.6f})"
)
print("\nThat sum is all that is behind the Σ of equation (2): see 03_equations.py.")

render(draw(J, path=(theta, J)), PICTURE)
error = abs(product / estimate - 1)
print("""
Exercises, each judged by the package:
  1. Write tanh x = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ) from Values and operators alone:
       x = Value(0.5, label="x");  print(check_expression(mine(x)))
  2. Give softplus, log(1 + eˣ), the derivative that is missing here:
       Op("softplus", lambda m, x: m.log1p(m.exp(x)), lambda out, x: (...,))
       print(check_expression(Value.apply(op, x)))  # WRONG until it is right""")
print(f"\nConclusion: product and estimate agree to {error:.0e} of the slope; picture: {PICTURE}")
