"""How often is a right gradient called wrong, and a wrong one right? A table of four judges.

On the same random cases: ``check_gradient`` / ``check_expression``, the course's rule
(relative difference below 1e-9 at ε = 1e-4), SciPy's ``check_grad`` at 1e-6, and PyTorch's
``gradcheck`` with its defaults.

    python tests/benchmarks/calibration.py                     # 1,000 networks, 200 expressions
    python tests/benchmarks/calibration.py --networks 50 --expressions 20
    python -W error tests/benchmarks/calibration.py --only comparisons --comparisons 1000

``comparisons`` asks the same of ``compare_gradients``, with its proof and with floats alone, on
4,000 right networks of every scale and on scikit-learn's raw wine and breast cancer tables.

Needs scipy and torch. A section is a function (args, rng) -> rows of text; ``SECTIONS`` lists them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sized
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.optimize
import torch
from sklearn.datasets import load_breast_cancer, load_wine

from micrograd_bp import (
    SigmoidNetwork,
    Value,
    backprop_gradient,
    check_expression,
    check_gradient,
    compare_gradients,
)

Array = np.ndarray
Cost = Callable[[Array], float]
Gradient = Callable[[Array], Array]

COURSE_LIMIT, COURSE_EPSILON = 1e-9, 1e-4
SCIPY_LIMIT = 1e-6
PLANTED = 1e-5  # relative error of one parameter
LARGE = 0.1  # "of the order of the largest": at least this part of it


# Cases


@dataclass
class NetworkCase:
    """A network with data, and its cost and its right gradient as functions of theta."""

    net: SigmoidNetwork
    X: Array
    Y: Array
    lambda_: float

    def cost(self, theta: Array) -> float:
        return self._at(theta).cost(self.X, self.Y, self.lambda_)

    def gradient(self, theta: Array) -> Array:
        return backprop_gradient(self._at(theta), self.X, self.Y, self.lambda_).vector

    def _at(self, theta: Array) -> SigmoidNetwork:
        moved = SigmoidNetwork(thetas=self.net.thetas)
        moved.theta = theta
        return moved


def random_network_case(rng: np.random.Generator) -> NetworkCase:
    """1–4 layers of weights of size 10⁻² to 10^0.8, inputs of 10⁻¹ to 10, λ 0 to 3, m 1 to 8.

    Every third case has λ = 0. Layers have 1 to 5 units.
    """
    sizes = [int(size) for size in rng.integers(1, 6, size=rng.integers(2, 6))]
    weight = 10.0 ** rng.uniform(-2.0, 0.8)
    thetas = [
        weight * rng.standard_normal((after, before + 1)) for before, after in pairwise(sizes)
    ]
    m, classes = int(rng.integers(1, 9)), sizes[-1]
    X = 10.0 ** rng.uniform(-1.0, 1.0) * rng.standard_normal((m, sizes[0]))
    labels = rng.integers(max(classes, 2), size=m)
    Y = np.eye(classes)[labels] if classes > 1 else labels[:, np.newaxis].astype(float)
    lambda_ = float(rng.uniform(0.0, 3.0)) if rng.integers(3) else 0.0
    return NetworkCase(SigmoidNetwork(thetas=thetas), X, Y, lambda_)


def extreme_network_case(rng: np.random.Generator) -> tuple[NetworkCase, float]:
    """1–5 layers, inputs 10⁻³ to 10⁶, weights 10⁻³ to 10³, λ 0 to 10³, and ε from 10⁻⁶ to 0.3.

    Units saturate; features are zero, subnormal or tiny; labels are sometimes between 0 and 1.
    """
    sizes = [int(size) for size in rng.integers(1, 6, size=rng.integers(2, 7))]
    weight = 10.0 ** rng.uniform(-3.0, 3.0)
    thetas = [
        weight * rng.standard_normal((after, before + 1)) for before, after in pairwise(sizes)
    ]
    m, classes = int(rng.integers(1, 9)), sizes[-1]
    X = 10.0 ** rng.uniform(-3.0, 6.0) * rng.standard_normal((m, sizes[0]))
    column, kind = rng.integers(sizes[0]), rng.integers(6)
    if kind < 3:
        X[:, column] = [np.zeros(m), 5e-324 * rng.integers(1, 1000, m), 1e-310 * X[:, column]][kind]
    labels = rng.integers(max(classes, 2), size=m)
    Y = np.eye(classes)[labels] if classes > 1 else labels[:, np.newaxis].astype(float)
    if rng.integers(6) == 0:
        Y = rng.uniform(size=Y.shape)
    lambda_ = float(rng.choice([0.0, 10.0 ** rng.uniform(-3.0, 3.0), 1e3]))
    epsilon = float(10.0 ** rng.uniform(-6.0, np.log10(0.3)))
    return NetworkCase(SigmoidNetwork(thetas=thetas), X, Y, lambda_), epsilon


UNARY: dict[str, Callable[[Value], Value]] = {
    "exp": Value.exp,
    "log": lambda v: (v * v + 0.1).log(),
    "sqrt": lambda v: (v * v + 0.1).sqrt(),
    "sin": Value.sin,
    "cos": Value.cos,
    "tanh": Value.tanh,
    "sigmoid": Value.sigmoid,
    "log_sigmoid": Value.log_sigmoid,
    "relu": Value.relu,
    "abs": Value.abs,
    "neg": lambda v: -v,
    "square": lambda v: v**2,
    "cube": lambda v: v**3,
    "power": lambda v: (v * v + 0.1) ** 0.3,
    "2**": lambda v: 2.0**v,
}
BINARY: dict[str, Callable[[Value, Value], Value]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / (b * b + 0.1),
}


@dataclass
class ExpressionCase:
    """An expression of up to 30 random operations, and where it is to be differentiated."""

    theta: Array
    recipe: list[tuple[str, int, int]]

    def build(self, theta: Array) -> tuple[Value, list[Value]]:
        leaves = [Value(x, label=f"x{i}") for i, x in enumerate(theta.tolist())]
        nodes = list(leaves)
        for name, i, j in self.recipe:
            nodes.append(
                UNARY[name](nodes[i]) if name in UNARY else BINARY[name](*nodes[i : j + 1 : j - i])
            )
        return Value.sum(nodes[-3:]), leaves

    def cost(self, theta: Array) -> float:
        return self.build(theta)[0].data

    def gradient(self, theta: Array) -> Array:
        value, leaves = self.build(theta)
        value.backward()
        return np.array([leaf.grad for leaf in leaves])


def random_expression_case(rng: np.random.Generator) -> ExpressionCase:
    """2–5 inputs, 5–30 operations; drawn again where its value is not below 1e6."""
    names = [*UNARY, *BINARY]
    while True:
        theta = 10.0 ** rng.uniform(-1.0, 0.5) * rng.standard_normal(rng.integers(2, 6))
        recipe = []
        for k in range(rng.integers(5, 31)):
            i, j = sorted(rng.choice(theta.size + k, size=2, replace=False).tolist())
            recipe.append((names[rng.integers(len(names))], i, j))
        case = ExpressionCase(theta, recipe)
        try:
            if abs(case.cost(theta)) < 1e6 and np.all(np.isfinite(case.gradient(theta))):
                return case
        except ValueError:
            continue


# Judges: does the gradient pass?


def ours(cost: Cost, gradient: Gradient, theta: Array) -> bool:
    return check_gradient(cost, gradient, theta).passed


def course(cost: Cost, gradient: Gradient, theta: Array) -> bool:
    steps = COURSE_EPSILON * np.eye(theta.size)
    numerical = np.array([cost(theta + e) - cost(theta - e) for e in steps]) / (2 * COURSE_EPSILON)
    analytic = gradient(theta)
    scale = np.linalg.norm(analytic + numerical)
    return bool(np.linalg.norm(analytic - numerical) <= COURSE_LIMIT * scale)


def scipy_check(cost: Cost, gradient: Gradient, theta: Array) -> bool:
    return bool(scipy.optimize.check_grad(cost, gradient, theta) < SCIPY_LIMIT)


def torch_check(cost: Cost, gradient: Gradient, theta: Array) -> bool:
    class Judged(torch.autograd.Function):
        @staticmethod
        def forward(ctx: object, x: torch.Tensor) -> torch.Tensor:
            ctx.save_for_backward(x)
            return torch.tensor(cost(x.detach().numpy()), dtype=torch.float64)

        @staticmethod
        def backward(ctx: object, upstream: torch.Tensor) -> torch.Tensor:
            (x,) = ctx.saved_tensors
            return upstream * torch.from_numpy(gradient(x.detach().numpy()))

    x = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    return bool(torch.autograd.gradcheck(Judged.apply, (x,), raise_exception=False))


JUDGES = {
    "micrograd_bp": ours,
    "course, 1e-9": course,
    "SciPy check_grad, 1e-6": scipy_check,
    "PyTorch gradcheck": torch_check,
}


# Sections


def right_gradients(args: argparse.Namespace, rng: np.random.Generator) -> list[str]:
    """False alarms on right gradients."""
    networks = [random_network_case(rng) for _ in range(args.networks)]
    expressions = [random_expression_case(rng) for _ in range(args.expressions)]
    rows = []
    for name, judge in JUDGES.items():
        alarms = sum(not judge(c.cost, c.gradient, c.net.theta) for c in networks)
        on_expressions = sum(not judge(c.cost, c.gradient, c.theta) for c in expressions)
        rows.append(row(name, share(alarms, networks), share(on_expressions, expressions)))
    graphs = [case.build(case.theta)[0] for case in expressions]
    for order in (1, 2):
        alarms = sum(not check_expression(value, order=order) for value in graphs)
        rows.append(row(f"check_expression order {order}", "", share(alarms, graphs)))
    return [row("", "networks", "expressions"), *rows]


def planted_errors(args: argparse.Namespace, rng: np.random.Generator) -> list[str]:
    """Caught: one parameter of the order of the largest is wrong by 1e-5 of itself."""
    cases = []
    for _ in range(args.networks):
        case = random_network_case(rng)
        slopes = np.abs(case.gradient(case.net.theta))
        cases.append((case, int(rng.choice(np.flatnonzero(slopes >= LARGE * slopes.max())))))
    rows = []
    for name, judge in JUDGES.items():
        caught = sum(
            not judge(case.cost, planted(case.gradient, p), case.net.theta) for case, p in cases
        )
        rows.append(row(name, share(caught, cases)))
    named = 0
    for case, p in cases:
        check = check_gradient(case.cost, planted(case.gradient, p), case.net.theta)
        found = [slope.index for slope in check.wrong if slope.index is not None]
        named += found == [p]
    rows.append(row("and names just that one", share(named, cases)))
    return [row("", "networks"), *rows]


def error_bars(args: argparse.Namespace, rng: np.random.Generator) -> list[str]:
    """How wide the bars are, and how many parameters are left undecided."""
    widths, statuses, evaluations = [], [], 0
    for _ in range(args.networks):
        case = random_network_case(rng)
        check = check_gradient(case.cost, case.gradient, case.net.theta)
        largest = max(abs(slope.analytic) for slope in check.parameters)
        widths += [slope.error_bar / largest for slope in check.parameters]
        statuses += [slope.status for slope in check.parameters]
        evaluations += check.evaluations
    undecided = [status for status in statuses if status == "undecided"]
    median, most, widest = np.percentile(widths, [50, 99, 100])
    return [
        f"parameters undecided: {share(len(undecided), statuses)}",
        f"parameters at a kink: {share(statuses.count('kink'), statuses)}",
        f"bar / largest gradient: median {median:.1e}, 99 % below {most:.1e}, all to {widest:.1e}",
        f"evaluations of the cost per parameter: {evaluations / len(statuses):.1f}",
    ]


def comparisons(args: argparse.Namespace, rng: np.random.Generator) -> list[str]:
    """compare_gradients on right networks: what is called wrong, undecided, proved."""
    cases = []
    for _ in range(args.comparisons):
        case, epsilon = extreme_network_case(rng)
        cases.append((case.net, case.X, case.Y, case.lambda_, epsilon))
    groups = {"networks of every scale": cases}
    for load, outputs in ((load_wine, 3), (load_breast_cancer, 1)):
        X, y = load(return_X_y=True)
        sizes = [X.shape[1], 5, outputs]
        groups[f"{load.__name__[5:]}, raw"] = [
            (SigmoidNetwork(sizes, seed=seed), X, y, 1.0, 1e-4) for seed in range(args.seeds)
        ]
    rows = [row("", "false alarms", "undecided", "proved, least digits")]
    for name, group in groups.items():
        for prove in ("auto", "off"):
            found = [compare_gradients(*case, prove=prove) for case in group]
            counts = [sum(c.outcome == word for c in found) for word in ("wrong", "undecided")]
            proofs = [c.proof for c in found if c.proof is not None and c.proof.proved.all()]
            least = f", {min(p.digits for p in proofs)}" if proofs else ""
            shown = [share(count, group) for count in counts]
            rows.append(row(f"{name}, {prove}", *shown, share(len(proofs), group) + least))
    return rows


SECTIONS: list[Callable[[argparse.Namespace, np.random.Generator], list[str]]] = [
    right_gradients,
    planted_errors,
    error_bars,
    comparisons,
]


def planted(gradient: Gradient, index: int) -> Gradient:
    def wrong(theta: Array) -> Array:
        slopes = gradient(theta).copy()
        slopes[index] *= 1.0 + PLANTED
        return slopes

    return wrong


def share(count: int, cases: Sized) -> str:
    total = len(cases)
    return f"{count:,} of {total:,} ({100.0 * count / total:.1f} %)" if total else "no cases"


def row(name: str, *cells: str) -> str:
    return f"{name:30}" + "".join(f"{cell:>24}" for cell in cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", type=int, default=1000)
    parser.add_argument("--expressions", type=int, default=200)
    parser.add_argument("--comparisons", type=int, default=4000)
    parser.add_argument("--seeds", type=int, default=20, help="weights for each raw table")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help="one section, by the name of its function")
    args = parser.parse_args()
    for section in SECTIONS:
        if args.only in (None, section.__name__):
            started = time.perf_counter()
            rows = section(args, np.random.default_rng(args.seed))
            print(f"\n{(section.__doc__ or '').splitlines()[0]}")
            print("\n".join(f"  {row}" for row in rows))
            print(f"  [{time.perf_counter() - started:.0f} s]", flush=True)


if __name__ == "__main__":
    main()
