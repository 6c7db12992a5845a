"""A search for wrong verdicts: is a wrong gradient ever called right, or a right one wrong?

Random costs of every kind of trouble (smooth, oscillating with frequencies from 1 to 10⁸,
kinked, noisy, badly scaled by 10^±15, at the edge of their domain), each with its gradient on
paper, and the same gradient with an error planted: factors and single components off by 1e-6 to
1e2, zero, the other sign, another order. ``check_gradient`` judges all of them, beside PyTorch's
gradcheck, SciPy's check_grad and JAX's check_grads on the same costs.

    python tests/benchmarks/judge.py                        # 5,000 costs
    python tests/benchmarks/judge.py --costs 300 --peers 0
    python tests/benchmarks/judge.py --show 5               # print the first wrong verdicts

A planted error counts where values of the cost can show it at all: that is above ``visible``,
which every cost states from its own noise. Needs scipy, torch and jax for the peers.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from micrograd_bp import check_gradient

Array = np.ndarray
EPSILON = np.finfo(float).eps
LEAST = 0.05  # of the largest slope: errors are planted in no smaller one


@dataclass
class Case:
    """A cost with its gradient on paper.

    ``scale`` (P,) is how far each parameter moves before the cost changes its slope;
    ``visible`` is the least relative error of a component that its values can show.
    """

    kind: str
    cost: Callable[[Array], float]
    gradient: Callable[[Array], Array]
    theta: Array
    scale: Array
    visible: float = 1e-6
    options: dict[str, Any] = field(default_factory=dict)
    exact: bool = True  # False: at a kink or an edge, where other slopes may be right as well


def _smooth_term(rng: np.random.Generator) -> tuple[Callable, Callable]:
    terms = [
        (np.sin, np.cos),
        (np.tanh, lambda u: 1.0 / np.cosh(u) ** 2),
        (np.exp, np.exp),
        (lambda u: np.logaddexp(0.0, u), lambda u: 1.0 / (1.0 + np.exp(-u))),
        (lambda u: u**2, lambda u: 2.0 * u),
        (lambda u: u**3 - u, lambda u: 3.0 * u**2 - 1.0),
        (lambda u: 1.0 / (1.0 + u**2), lambda u: -2.0 * u / (1.0 + u**2) ** 2),
        (lambda u: np.sqrt(1.0 + u**2), lambda u: u / np.sqrt(1.0 + u**2)),
        (np.arctan, lambda u: 1.0 / (1.0 + u**2)),
    ]
    return terms[rng.integers(len(terms))]


def smooth(rng: np.random.Generator, scale: Array | float = 1.0) -> Case:
    """Σ c φ(w·θ/s + b) over a few random terms."""
    size = int(rng.integers(1, 6))
    scale = np.broadcast_to(scale, (size,)).copy()
    u0 = rng.uniform(-1.5, 1.5, size=size)
    count = int(rng.integers(1, 5))
    parts = [
        (*_smooth_term(rng), rng.normal(size=size), rng.normal(), rng.uniform(0.5, 2.0))
        for _ in range(count)
    ]
    offset = float(rng.choice([0.0, 1.0, 1e3]))

    def cost(t: Array) -> float:
        u = t / scale
        return offset + sum(c * f(w @ u + b) for f, _, w, b, c in parts)

    def gradient(t: Array) -> Array:
        u = t / scale
        return sum(c * df(w @ u + b) * w for _, df, w, b, c in parts) / scale

    return Case("smooth", cost, gradient, u0 * scale, scale)


def scaled(rng: np.random.Generator) -> Case:
    """The same in units from 1e-15 to 1e15, one for each parameter or one for all."""
    powers = rng.uniform(-15.0, 15.0, size=1 if rng.random() < 0.5 else 5)
    size = int(rng.integers(1, 6))
    units = 10.0 ** (powers[:size] if len(powers) > 1 else np.repeat(powers, size))
    u0 = rng.uniform(0.3, 1.5, size=size) * rng.choice([-1.0, 1.0], size=size)
    kind = int(rng.integers(4))
    b = rng.uniform(0.5, 2.0, size=size)
    value = 10.0 ** rng.uniform(-15.0, 15.0) if rng.random() < 0.5 else 1.0

    def cost(t: Array) -> float:
        u = t / units
        if kind == 0:
            return value * np.sum(b * np.sin(u))
        if kind == 1:
            return value * np.sum(b / (1.0 + u**2))
        if kind == 2:
            with np.errstate(all="ignore"):
                return value * np.sum(
                    b * (np.log(np.abs(u) if u.size < 0 else u * np.sign(u0)) - 1.0) ** 2
                )
        return value * np.logaddexp(0.0, b @ u)

    def gradient(t: Array) -> Array:
        u = t / units
        if kind == 0:
            du = b * np.cos(u)
        elif kind == 1:
            du = -2.0 * b * u / (1.0 + u**2) ** 2
        elif kind == 2:
            du = b * 2.0 * (np.log(u * np.sign(u0)) - 1.0) / u
        else:
            du = b / (1.0 + np.exp(-(b @ u)))
        return value * du / units

    return Case("badly scaled", cost, gradient, u0 * units, units)


def oscillating(rng: np.random.Generator) -> Case:
    """A smooth cost and A sin(ωt), ω from 1 to 10⁸, or in powers of two times π."""
    base = smooth(rng)
    omega = 10.0 ** rng.uniform(0.0, 8.0, size=base.theta.size)
    if rng.random() < 0.3:
        omega = np.pi * 2.0 ** np.round(np.log2(omega / np.pi))
    amplitude = 10.0 ** rng.uniform(-1.0, 1.0, size=omega.size) / omega ** rng.uniform(0.0, 1.0)
    base.scale = np.minimum(base.scale, 1.0 / omega)

    def cost(t: Array) -> float:
        return base.cost(t) + np.sum(amplitude * np.sin(omega * t))

    def gradient(t: Array) -> Array:
        return base.gradient(t) + amplitude * omega * np.cos(omega * t)

    # the rounding of ωt is noise of the size A ω θ ε, against a slope of A ω over a step 1/ω
    size = abs(base.cost(base.theta)) + np.sum(amplitude)
    rounding = EPSILON * np.max(np.abs(omega * base.theta)) * 30.0
    noise = EPSILON * (size + np.sum(np.abs(amplitude * omega * base.theta)))
    slopes = np.abs(gradient(base.theta))
    base_slope = np.median(slopes)
    visible = max(1e-6, rounding, 100.0 * noise * np.max(omega) / max(base_slope, 1e-300))
    forgotten = base.gradient
    case = Case("oscillating", cost, gradient, base.theta, base.scale, visible)
    case.options = {"forgotten": forgotten}
    return case


def kinked(rng: np.random.Generator) -> Case:
    """A smooth cost with |t − a| or relu(t − a) at 1e-9 to 1e-1 from θ, on one or both sides."""
    base = smooth(rng)
    size = base.theta.size
    count = int(rng.integers(1, 4))
    places = []
    for _ in range(count):
        distance = 10.0 ** rng.uniform(-8.0, -1.0, size=size) * rng.choice([-1.0, 1.0], size=size)
        places.append((distance, rng.uniform(-1.0, 1.0, size=size)))
    theta = base.theta

    def cost(t: Array) -> float:
        return base.cost(t) + sum(np.sum(c * np.abs(t - theta - a)) for a, c in places)

    def gradient(t: Array) -> Array:
        return base.gradient(t) + sum(c * np.sign(t - theta - a) for a, c in places)

    nearest = min(np.min(np.abs(a)) for a, _ in places)
    slopes = np.abs(gradient(theta))
    noise = 30.0 * EPSILON * (abs(cost(theta)) + 1.0)
    visible = max(1e-6, 50.0 * noise / nearest / np.max(slopes))
    case = Case("kinked", cost, gradient, theta, base.scale, visible)
    case.options = {"forgotten": base.gradient}
    return case


def noisy(rng: np.random.Generator) -> Case:
    """A smooth cost rounded to float32, to decimals, or with a fixed noise of 1e-13 to 1e-5."""
    base = smooth(rng)
    how = int(rng.integers(3))
    level = 10.0 ** rng.uniform(-13.0, -5.0)
    rough = rng.normal(size=4096)

    def cost(t: Array) -> float:
        value = base.cost(t)
        if how == 0:
            return float(np.float32(value))
        if how == 1:
            return float(np.round(value / level) * level)
        return float(value + level * rough[hash(t.tobytes()) % len(rough)])

    size = abs(base.cost(base.theta))
    noise = 6e-8 * size if how == 0 else level
    slopes = np.abs(base.gradient(base.theta))
    least = np.min(slopes[slopes >= LEAST * slopes.max()])
    visible = max(1e-6, 200.0 * noise / max(least, 1e-300))
    return Case("noisy", cost, base.gradient, base.theta, base.scale, visible)


def edge(rng: np.random.Generator) -> Case:
    """At or near the edge of the domain: log, sqrt, a one-sided line or power, or bounds."""
    size = int(rng.integers(1, 4))
    how = int(rng.integers(4))
    near = 10.0 ** rng.uniform(-9.0, 0.0, size=size)
    b = rng.uniform(0.5, 2.0, size=size)
    theta = near if how < 2 else np.zeros(size)

    def cost(t: Array) -> float:
        with np.errstate(all="ignore"):
            if how == 0:
                return float(np.sum(b * np.log(t)))
            if how == 1:
                return float(np.sum(b * np.sqrt(t)))
            if np.any(t < 0.0) and how == 2:
                return float("nan")
            return float(np.sum(b * np.sin(t)) + np.sum(t**2))

    def gradient(t: Array) -> Array:
        if how == 0:
            return b / t
        if how == 1:
            return 0.5 * b / np.sqrt(t)
        return b * np.cos(t) + 2.0 * t

    case = Case("at an edge", cost, gradient, theta, near if how < 2 else np.ones(size))
    if how == 3:
        case.options = {"bounds": (0.0, None)}
    slopes = np.abs(gradient(theta)) * case.scale
    size_of = abs(cost(theta)) + 1e-3
    case.visible = max(1e-6, 1e4 * EPSILON * size_of / np.min(slopes))
    return case


KINDS = {
    "smooth": smooth,
    "oscillating": oscillating,
    "kinked": kinked,
    "noisy": noisy,
    "badly scaled": scaled,
    "at an edge": edge,
}


# Errors


def planted(case: Case, rng: np.random.Generator) -> tuple[str, Array] | None:
    """A wrong gradient at θ, and what was done to it; None if it would not show."""
    g = case.gradient(case.theta)
    weight = np.abs(g) * case.scale
    wrong = g.copy()
    what = str(rng.choice(["component", "factor", "zero", "sign", "order", "added", "forgotten"]))
    size = 10.0 ** rng.uniform(-6.0, 2.0) * rng.choice([-1.0, 1.0])
    p = int(rng.choice(np.flatnonzero(weight >= LEAST * weight.max())))
    if what == "component":
        wrong[p] *= 1.0 + size
    elif what == "factor":
        wrong *= 1.0 + size
    elif what == "zero":
        wrong[:] = 0.0
    elif what == "sign":
        wrong *= -1.0
    elif what == "order":
        wrong = np.roll(wrong, 1)
    elif what == "added":
        wrong[p] += size * np.abs(g[p])
    elif "forgotten" in case.options:
        wrong = case.options["forgotten"](case.theta)
    error = np.max(np.abs(wrong - g)[p] / np.abs(g[p]))
    error = max(error, float(np.max(np.abs(wrong - g) * case.scale) / weight.max()))
    return (what, wrong) if error > 2.0 * case.visible else None


def error_of(case: Case, wrong: Array) -> float:
    """The planted error, in parts of the gradient, each parameter in its own unit."""
    g = case.gradient(case.theta)
    return float(np.max(np.abs(wrong - g) * case.scale) / np.max(np.abs(g) * case.scale))


# Judges: "right", "wrong" or "undecided"


def ours(case: Case, slopes: Array) -> str:
    options = {key: value for key, value in case.options.items() if key != "forgotten"}
    given: Any = slopes
    return check_gradient(case.cost, lambda t: given, case.theta, **options).outcome


def scipy_check(case: Case, slopes: Array) -> str:
    from scipy.optimize import check_grad

    error = check_grad(case.cost, lambda t: slopes, case.theta)
    return "right" if error <= 1e-6 * max(1.0, np.linalg.norm(slopes)) else "wrong"


def torch_check(case: Case, slopes: Array) -> str:
    import torch

    class Judged(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return torch.tensor(float(case.cost(x.detach().numpy())), dtype=torch.float64)

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            return upstream * torch.from_numpy(slopes)

    x = torch.tensor(case.theta, dtype=torch.float64, requires_grad=True)
    passed = torch.autograd.gradcheck(Judged.apply, (x,), raise_exception=False)
    return "right" if passed else "wrong"


def jax_check(case: Case, slopes: Array) -> str:
    import jax
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)

    @jax.custom_jvp
    def cost(t: Any) -> Any:
        shape = jax.ShapeDtypeStruct((), np.float64)
        return jax.pure_callback(lambda x: np.float64(case.cost(np.asarray(x))), shape, t)

    @cost.defjvp
    def _jvp(primals: Any, tangents: Any) -> Any:
        return cost(*primals), jax.numpy.dot(slopes, tangents[0])

    try:
        check_grads(cost, (case.theta,), order=1, modes=["fwd"])
    except AssertionError:
        return "wrong"
    return "right"


JUDGES: dict[str, Callable[[Case, Array], str]] = {
    "micrograd_bp": ours,
    "PyTorch gradcheck": torch_check,
    "SciPy check_grad": scipy_check,
    "JAX check_grads": jax_check,
}


@dataclass
class Tally:
    """What a judge said: counts of (kind of gradient, verdict)."""

    counts: Counter = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, truth: str, kind: str, verdict: str, note: str) -> None:
        self.counts[truth, verdict] += 1
        self.counts[truth, kind, verdict] += 1
        if (truth, verdict) in (("right", "wrong"), ("large", "right"), ("small", "right")) or (
            truth == "large" and verdict == "undecided"
        ):
            self.examples.append(f"{truth} error called {verdict}: {note}")

    def share(self, truth: str, verdict: str) -> str:
        total = sum(n for key, n in self.counts.items() if len(key) == 2 and key[0] == truth)
        count = self.counts[truth, verdict]
        return f"{count:,} of {total:,} ({100.0 * count / max(total, 1):.1f} %)"


def search(args: argparse.Namespace) -> dict[str, Tally]:
    tallies = {name: Tally() for name in JUDGES}
    for k in range(args.first, args.first + args.costs):
        rng = np.random.default_rng((args.seed, k))
        names = [args.kind] if args.kind else list(KINDS)
        case = KINDS[names[k % len(names)]](rng)
        g = case.gradient(case.theta)
        if not (np.all(np.isfinite(g)) and np.any(g) and np.isfinite(case.cost(case.theta))):
            continue
        gradients = [("right", "right", g)]
        for _ in range(2):
            if (found := planted(case, rng)) is not None:
                size = "large" if error_of(case, found[1]) > max(1e-3, case.visible) else "small"
                gradients.append((size, *found))
        for name, judge in JUDGES.items():
            if name != "micrograd_bp" and k - args.first >= args.peers:
                continue
            started = time.perf_counter()
            for truth, what, slopes in gradients:
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    verdict = judge(case, slopes)
                tallies[name].add(truth, case.kind, verdict, f"cost {k} ({case.kind}), {what}")
            tallies[name].seconds += time.perf_counter() - started
    return tallies


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--costs", type=int, default=5000)
    parser.add_argument("--first", type=int, default=0, help="number of the first cost")
    parser.add_argument("--peers", type=int, default=5000, help="costs that the peers judge")
    parser.add_argument("--kind", choices=list(KINDS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=int, default=0, help="examples of wrong verdicts")
    args = parser.parse_args()
    tallies = search(args)
    heads = ("wrong called right", "right called wrong", "undecided, error > 1e-3")
    print(" " * 20 + "".join(f"{head:>26}" for head in heads))
    for name, tally in tallies.items():
        if not tally.counts:
            continue
        bad = Tally(tally.counts.copy())
        for verdict in ("right", "wrong", "undecided"):
            bad.counts["planted", verdict] = sum(
                tally.counts[size, verdict] for size in ("large", "small")
            )
        cells = (
            bad.share("planted", "right"),
            bad.share("right", "wrong"),
            bad.share("large", "undecided"),
        )
        print(
            f"{name:20}" + "".join(f"{cell:>26}" for cell in cells) + f"  [{tally.seconds:.0f} s]"
        )
    ours_tally = tallies["micrograd_bp"]
    print(f"right gradients undecided: {ours_tally.share('right', 'undecided')}")
    for kind in KINDS:
        row = {
            f"{truth} {verdict}": ours_tally.counts[truth, kind, verdict]
            for truth in ("right", "small", "large")
            for verdict in ("right", "undecided", "wrong")
        }
        print(f"  {kind:14}", row)
    print("\n".join(ours_tally.examples[: args.show]))


if __name__ == "__main__":
    main()
