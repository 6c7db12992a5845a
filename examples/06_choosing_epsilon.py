"""Which ε? The error of three numerical gradients against their step, from 1e-1 to 1e-15.

Look at the valley of each curve: on its right the formula is too coarse (truncation), on its
left the two costs are so alike that their difference is all rounding.

Run: python 06_choosing_epsilon.py [PICTURE.png]
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from micrograd_bp import SigmoidNetwork, backprop_gradient, reshape
from micrograd_bp.training.data import iris

PICTURE = sys.argv[1] if len(sys.argv) > 1 else "06_choosing_epsilon.png"
UNIT_ROUNDOFF = 2.0**-53  # the relative error of one float64 operation
STEPS = 10.0 ** np.arange(-1, -15.25, -0.5)

data = iris()
net = SigmoidNetwork([4, 5, 3], seed=0)
Y = np.eye(3)[data.y]
exact = backprop_gradient(net, data.X, data.y)
theta = net.theta.astype(complex)


def cost(theta: np.ndarray) -> complex:
    """Equation (3) over iris, written so that the weights may be complex numbers."""
    a = data.X
    for matrix in complex_matrices(theta):
        a = 1 / (1 + np.exp(-(matrix[:, 0] + a @ matrix[:, 1:].T)))
    return -np.sum(Y * np.log(a) + (1 - Y) * np.log(1 - a)) / len(Y)


def complex_matrices(theta: np.ndarray) -> list[np.ndarray]:
    """reshape() takes real vectors: real and imaginary part are unrolled one by one."""
    parts = zip(reshape(theta.real, net.shapes), reshape(theta.imag, net.shapes), strict=True)
    return [real + 1j * imaginary for real, imaginary in parts]


def one_sided(step: np.ndarray, epsilon: float) -> float:
    """(J(θ+ε) − J(θ)) / ε."""
    return (cost(theta + step).real - start) / epsilon


def two_sided(step: np.ndarray, epsilon: float) -> float:
    """(J(θ+ε) − J(θ−ε)) / 2ε."""
    return (cost(theta + step).real - cost(theta - step).real) / (2 * epsilon)


def complex_step(step: np.ndarray, epsilon: float) -> float:
    """Im J(θ+iε) / ε: no difference is taken, so there is nothing to cancel."""
    return cost(theta + 1j * step).imag / epsilon


SCHEMES = {
    "one-sided": (one_sided, "#d55e00", "^-"),
    "two-sided": (two_sided, "#0072b2", "o-"),
    "complex step": (complex_step, "#009e73", "s--"),
}
start = cost(theta).real
errors = {}
for name, (scheme, _, _) in SCHEMES.items():
    estimates = np.array([[scheme(epsilon * e, epsilon) for e in np.eye(theta.size)]
                          for epsilon in STEPS])  # fmt: skip
    errors[name] = np.max(np.abs(estimates - exact.vector), axis=1)

print(
    f"Largest error over the {theta.size} parameters of a 4-5-3 network on iris, J = {start:.4f}:\n"
)
print("       ε   " + "".join(f"{name:>14}" for name in SCHEMES))
for i in range(0, len(STEPS), 2):
    print(f"  {STEPS[i]:8.0e} " + "".join(f"{errors[name][i]:14.1e}" for name in SCHEMES))


def slope(name: str, largest: float, smallest: float) -> float:
    """The exponent p of error = C εᵖ between two steps, by least squares in the logarithms."""
    part = (largest * 1.01 >= STEPS) & (smallest * 0.99 <= STEPS)
    return float(np.polyfit(np.log(STEPS[part]), np.log(errors[name][part]), 1)[0])


one, two = slope("one-sided", 1e-2, 1e-6), slope("two-sided", 1e-1, 1e-4)
imaginary = slope("complex step", 1e-1, 1e-6)
noise = slope("two-sided", 1e-8, 1e-14)
floor = UNIT_ROUNDOFF * start / STEPS
factor = float(np.median((errors["two-sided"] / floor)[STEPS < 1e-7]))
print("\nThe exponents, measured:\n")
print(f"  truncation, one-sided     error ~ ε^{one:.2f}")
print(f"  truncation, two-sided     error ~ ε^{two:.2f}")
print(f"  truncation, complex step  error ~ ε^{imaginary:.2f}")
print(f"  rounding, two-sided       error ~ ε^{noise:.2f}, about {factor:.1f} times 2⁻⁵³ J / ε")
print("\nThe best step of each, and what it reaches:\n")
for name, values in errors.items():
    best = int(np.argmin(values))
    print(f"  {name:13} ε = {STEPS[best]:.0e}   error {values[best]:.0e}")
print("\nWhere theory puts the valley, truncation against rounding, up to constants:")
print(f"  one-sided 2⁻⁵³ to the power 1/2 = {UNIT_ROUNDOFF**0.5:.0e}, "
      f"two-sided to the power 1/3 = {UNIT_ROUNDOFF ** (1 / 3):.0e}")  # fmt: skip
course = int(np.argmin(np.abs(np.log10(STEPS) + 4)))
two_there, one_there = (errors[name][course] for name in ("two-sided", "one-sided"))
print("\nAt the course's ε = 1e-4 the error is "
      f"{two_there:.0e} two-sided, {one_there:.0e} one-sided.")  # fmt: skip

figure, axes = plt.subplots(figsize=(7.5, 5), layout="constrained")
for name, (_, colour, style) in SCHEMES.items():
    shown = np.maximum(errors[name], 1e-17)  # an error of exactly 0 has no logarithm
    axes.loglog(STEPS, shown, style, color=colour, markersize=5, markerfacecolor="w", label=name)
axes.loglog(STEPS, floor, ":", color="0.35", label="2⁻⁵³ J / ε, the rounding of J")
axes.axvline(1e-4, color="0.75", linewidth=1, zorder=0)
axes.text(1.25e-4, 3e-17, "the course's ε", color="0.4", fontsize=9)
for name, exponent, place, offset in (
    ("one-sided", one, 7, (-40, 10)),
    ("two-sided", two, 5, (48, -10)),
):
    axes.annotate(
        rf"error $\propto\ \varepsilon^{{{exponent:.1f}}}$",
        (STEPS[place], errors[name][place]),
        xytext=offset,
        textcoords="offset points",
        color=SCHEMES[name][1],
        ha="center",
    )
axes.set(
    title="Error of the numerical gradient, 4-5-3 on iris",
    xlabel="step ε", ylabel="largest |estimate − exact|", ylim=(1e-17, 100),
)  # fmt: skip
axes.legend(frameon=False, loc="upper center")
axes.grid(alpha=0.25)
axes.spines[["top", "right"]].set_visible(False)
figure.savefig(PICTURE, dpi=120)
print("""
Exercises, each judged by the package:
  1. Hand in a two-sided estimate as if it were backpropagation:  micrograd-bp grade mine.py
     To how many digits is it right, and which ε gives the most?
  2. The five-point formula (f(x−2ε) − 8 f(x−ε) + 8 f(x+ε) − f(x+2ε)) / 12ε: hold its value for
     sin at 1 against the column "numeric" of  check_expression(Value(1.0).sin()).""")
print(
    f"\nConclusion: ε/10 divides the error by {10**one:.0f} one-sided, by {10**two:.0f} two-sided; "
    f"plot: {PICTURE}"
)
