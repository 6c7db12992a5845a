"""The tape and the numerical estimate beside their peers: one command, one table, one plot.

    python tests/benchmarks/speed.py [--quick] [--plot FILE.svg]

Times are medians of alternating runs in this one process with one BLAS thread, in seconds of the
processor, so that other work on the machine counts less; only two processes beside one are timed
by the clock. Peers that build the graph for each example are timed on a few examples and
multiplied (marked ~). Memory is the growth of a process of its own (Linux).
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np
from rich.console import Console

from micrograd_bp import (
    SigmoidNetwork,
    Tape,
    Value,
    autodiff_gradient,
    backprop_gradient,
    compare_gradients,
    numerical_gradient,
)
from micrograd_bp.network.graph import example_graph
from micrograd_bp.network.recorded import recorded_cost
from micrograd_bp.support.executors import process_pool
from micrograd_bp.support.tables import table


def alternate(
    *runs: Callable[[], object], repeats: int, clock: Callable[[], float] = time.process_time
) -> list[float]:
    """The median time of each run in seconds, the runs taking turns."""
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(repeats):
        for run, taken in zip(runs, times, strict=True):
            gc.collect()
            started = clock()
            result = run()
            taken.append(clock() - started)
            del result
    return [statistics.median(taken) for taken in times]


SIZES, EXAMPLES = [400, 25, 10], 5000
MEGABYTE = 2.0**20


def problem(sizes: Sequence[int], m: int) -> tuple[SigmoidNetwork, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(m, sizes[0]))
    return SigmoidNetwork(sizes, seed=0), X, np.eye(sizes[-1])[rng.integers(0, sizes[-1], m)]


# One network, written once for every kind of scalar.


def network_cost(x: list[Any], y: list[Any], thetas: list[Any], f: dict[str, Callable]) -> Any:
    a = x
    for matrix in thetas:
        units = []
        for row in matrix:
            z = row[0]
            for theta, unit in zip(row[1:], a, strict=True):
                z = z + theta * unit
            units.append(f["sigmoid"](z))
        a = units
    cost = 0.0
    for y_k, h_k in zip(y, a, strict=True):
        cost = cost - y_k * f["log"](h_k) - (1.0 - y_k) * f["log"](1.0 - h_k)
    return cost


Gradient = Callable[[np.ndarray, np.ndarray], np.ndarray]  # of X and Y, by θ, summed


def scalars(net: SigmoidNetwork, leaf: Callable[[float], Any]) -> list[Any]:
    return [[[leaf(w) for w in row] for row in theta.tolist()] for theta in net.thetas]


def flat(thetas: list[Any]) -> list[Any]:
    return [w for matrix in thetas for column in zip(*matrix, strict=True) for w in column]


def with_tape(net: SigmoidNetwork) -> Gradient:
    recorded_cost.cache_clear()
    tape = recorded_cost(tuple(net.sizes))
    theta = net.theta
    return lambda X, Y: tape.gradient([X, Y], theta)[1]


def with_graph(net: SigmoidNetwork) -> Gradient:
    return lambda X, Y: autodiff_gradient(net, X, Y, replay=False).vector * len(X)


def with_matrices(net: SigmoidNetwork) -> Gradient:
    return lambda X, Y: backprop_gradient(net, X, Y).vector * len(X)


def with_micrograd(net: SigmoidNetwork) -> Gradient:
    from micrograd.engine import Value as Node

    sys.setrecursionlimit(10**6)

    def function(name: str, forward: Callable, slope: Callable) -> Callable:
        def apply(v: Any) -> Any:
            out = Node(forward(v.data), (v,), name)

            def backward() -> None:
                v.grad += slope(out.data, v.data) * out.grad

            out._backward = backward
            return out

        return apply

    f = {
        "sigmoid": function("g", lambda z: 1 / (1 + math.exp(-z)), lambda g, z: g * (1 - g)),
        "log": function("log", math.log, lambda _, h: 1 / h),
    }

    def gradient(X: np.ndarray, Y: np.ndarray) -> np.ndarray:
        thetas = scalars(net, Node)
        for x, y in zip(X.tolist(), Y.tolist(), strict=True):
            network_cost([Node(v) for v in x], [Node(v) for v in y], thetas, f).backward()
        return np.array([w.grad for w in flat(thetas)])

    return gradient


def with_casadi(net: SigmoidNetwork) -> Gradient:
    import casadi

    x, y = casadi.SX.sym("x", net.sizes[0]), casadi.SX.sym("y", net.sizes[-1])
    theta = casadi.SX.sym("theta", net.theta.size)
    entries = iter(casadi.vertsplit(theta))
    thetas = []
    for rows, columns in net.shapes:  # column by column, as net.theta
        matrix = [[None] * columns for _ in range(rows)]
        for j in range(columns):
            for i in range(rows):
                matrix[i][j] = next(entries)
        thetas.append(matrix)
    f = {"sigmoid": lambda z: 1 / (1 + casadi.exp(-z)), "log": casadi.log}
    cost = network_cost(casadi.vertsplit(x), casadi.vertsplit(y), thetas, f)
    function = casadi.Function("f", [x, y, theta], [cost, casadi.gradient(cost, theta)])
    numbers = casadi.DM(net.theta)

    def gradient(X: np.ndarray, Y: np.ndarray) -> np.ndarray:
        total = np.zeros(net.theta.size)
        for x_i, y_i in zip(X, Y, strict=True):
            total += np.asarray(function(x_i, y_i, numbers)[1])[:, 0]
        return total

    return gradient


def with_xad(net: SigmoidNetwork) -> Gradient:
    import xad.adj_1st
    import xad.math

    f = {"sigmoid": lambda z: 1.0 / (1.0 + xad.math.exp(-z)), "log": xad.math.log}

    def gradient(X: np.ndarray, Y: np.ndarray) -> np.ndarray:
        total = np.zeros(net.theta.size)
        with xad.adj_1st.Tape() as tape:
            thetas = scalars(net, xad.adj_1st.Real)
            weights = flat(thetas)
            for weight in weights:
                tape.registerInput(weight)
            for x, y in zip(X.tolist(), Y.tolist(), strict=True):
                tape.newRecording()
                cost = network_cost(x, y, thetas, f)
                tape.registerOutput(cost)
                cost.derivative = 1.0
                tape.computeAdjoints()
                total += [weight.derivative for weight in weights]
        return total

    return gradient


def with_torch(net: SigmoidNetwork) -> Gradient:
    import torch

    torch.set_num_threads(1)
    f = {"sigmoid": torch.sigmoid, "log": torch.log}

    def leaf(w: float) -> Any:
        return torch.tensor(w, dtype=torch.float64, requires_grad=True)

    def gradient(X: np.ndarray, Y: np.ndarray) -> np.ndarray:
        thetas = scalars(net, leaf)
        for x, y in zip(X.tolist(), Y.tolist(), strict=True):
            network_cost(x, y, thetas, f).backward()
        return np.array([w.grad.item() for w in flat(thetas)])

    return gradient


PEERS: dict[str, tuple[Callable[[SigmoidNetwork], Gradient], bool, str]] = {
    # name: (how to make it, whether it takes a whole batch at once, colour in the plot)
    "micrograd_bp tape": (with_tape, True, "#d1495b"),
    "micrograd_bp graph": (with_graph, False, "#e59aa4"),
    "NumPy matrices": (with_matrices, True, "#7f7f7f"),
    "CasADi SX": (with_casadi, False, "#2a9d8f"),
    "XAD": (with_xad, False, "#8a6fc0"),
    "PyTorch scalars": (with_torch, False, "#e08a1e"),
    "micrograd": (with_micrograd, False, "#3b82c4"),
}


# A graph without contractions: mixed operations on any two earlier nodes.


def random_steps(count: int, leaves: int) -> list[tuple[str, int, int]]:
    rng = random.Random(0)
    names = ["+", "-", "*", "/", "sin", "cos", "tanh", "exp", "sqrt", "log", "square"]
    weights = [4, 2, 4, 1, 1, 1, 3, 1, 1, 1, 1]
    return [
        (name, rng.randrange(leaves + i), rng.randrange(leaves + i))
        for i, name in enumerate(rng.choices(names, weights, k=count))
    ]


def random_graph(steps: list[tuple[str, int, int]], leaves: list[Any], f: Any) -> Any:
    """Arguments are kept within bounds by sin and tanh, so that nothing overflows."""
    nodes = list(leaves)
    for name, i, j in steps:
        a, b = nodes[i], nodes[j]
        if name == "+":
            node = f.sin(a + b)
        elif name == "-":
            node = a - f.tanh(b)
        elif name == "*":
            node = f.tanh(a) * b
        elif name == "/":
            node = a / (b * b + 1.0)
        elif name == "exp":
            node = f.exp(f.tanh(a))
        elif name in ("sqrt", "log"):
            node = getattr(f, name)(a * a + 1.0)
        elif name == "square":
            node = f.tanh(a) ** 2
        else:
            node = getattr(f, name)(a)
        nodes.append(node)
    total = 0.0
    for node in nodes[len(leaves) :]:
        total = total + f.tanh(node)
    return total


INPUTS = PARAMETERS = 20


def random_tape(steps: list[tuple[str, int, int]]) -> tuple[Tape, Value]:
    xs, ps = [Value(0.5) for _ in range(INPUTS)], [Value(0.5) for _ in range(PARAMETERS)]
    output = random_graph(steps, [*xs, *ps], Value)
    return Tape(output, xs, ps), output


def random_casadi(steps: list[tuple[str, int, int]], batch: int) -> Callable[..., Any]:
    import casadi

    x, p = casadi.SX.sym("x", INPUTS), casadi.SX.sym("p", PARAMETERS)
    cost = random_graph(steps, [*casadi.vertsplit(x), *casadi.vertsplit(p)], casadi)
    function = casadi.Function("f", [x, p], [cost, casadi.gradient(cost, p)]).map(batch)
    return lambda X, p: np.asarray(function(X.T, np.tile(p[:, None], batch))[1]).sum(axis=1)


def random_ddx(steps: list[tuple[str, int, int]]) -> Callable[..., Any]:
    """ddx-ad: our inputs are its parameters, by which it does not differentiate."""
    from types import SimpleNamespace

    import ddx

    names = ("sin", "cos", "tanh", "exp", "log", "sqrt")
    f = SimpleNamespace(**{name: getattr(ddx, name) for name in names})

    def model() -> Any:
        ps = [ddx.var(f"p{n}") for n in range(PARAMETERS)]
        return random_graph(steps, [*(ddx.param(f"x{n}") for n in range(INPUTS)), *ps], f)

    equation = ddx.equation(model)

    def gradient(X: np.ndarray, p: np.ndarray) -> np.ndarray:
        points = np.vstack([np.tile(p[:, None], len(X)), X.T])
        return np.asarray(equation.jacobian(points)[1]).sum(axis=1)

    return gradient


# What is measured.


class Table:
    def __init__(self, title: str, *columns: str) -> None:
        self.title, self.columns = title, columns
        self.rows: list[list[str]] = []

    def print(self) -> None:
        Console().print(table(self.title, self.columns, self.rows))


def seconds(value: float, estimated: bool = False) -> str:
    mark = "~" if estimated else ""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if value * factor >= 1.0 or unit == "µs":
            return f"{mark}{value * factor:.3g} {unit}"
    raise AssertionError


def peers_table(quick: bool, targets: Table) -> None:
    shown = Table(
        f"Gradient of {'-'.join(map(str, SIZES))}",
        "", "prepare", "one example", f"{EXAMPLES:,} examples", "÷ tape", "memory",
    )  # fmt: skip
    net, X, Y = problem(SIZES, EXAMPLES)
    prepared, made = {}, {}
    for name, (make, _, _) in PEERS.items():
        started = time.process_time()
        made[name] = make(net)
        prepared[name] = time.process_time() - started
    expected = made["NumPy matrices"](X[:2], Y[:2])
    for gradient in made.values():
        np.testing.assert_allclose(gradient(X[:2], Y[:2]), expected, rtol=1e-9, atol=1e-12)

    one = alternate(*[lambda g=g: g(X[:1], Y[:1]) for g in made.values()], repeats=3)
    whole = {}
    for at_once, repeats in ((True, 15), (False, 3)):
        names = [name for name in made if PEERS[name][1] is at_once]
        few = 2 if quick else 20
        counts = {
            name: EXAMPLES if at_once else min(few, 1 + int(3.0 / first))
            for name, first in zip(made, one, strict=True)
        }
        runs = [lambda g=made[name], m=counts[name]: g(X[:m], Y[:m]) for name in names]
        for name, taken in zip(names, alternate(*runs, repeats=repeats), strict=True):
            whole[name] = taken * EXAMPLES / counts[name]
    for (name, (_, batch, _)), first in zip(PEERS.items(), one, strict=True):
        shown.rows.append(
            [
                name,
                seconds(prepared[name]) if prepared[name] > 1e-3 else "–",
                seconds(first),
                seconds(whole[name], not batch),
                f"{whole[name] / whole['micrograd_bp tape']:,.3g}",
                "–" if quick else f"{memory_of(name):.0f} MB",
            ]
        )
    shown.print()
    tape = whole["micrograd_bp tape"]
    at = f"{'-'.join(map(str, SIZES))}, {EXAMPLES:,} examples"
    ratio(targets, f"tape, {at}", "NumPy matrices", tape, whole["NumPy matrices"], 1 / 3)
    ratio(targets, f"tape, {at}", "CasADi SX, called per example", tape, whole["CasADi SX"], 50)
    ratio(targets, f"tape, {at}", "micrograd", tape, whole["micrograd"], 5000)
    recording = prepared["micrograd_bp tape"]
    targets.rows.append(
        ["record and compile", "–", "–", seconds(recording), "–", "≤ 0.5 s", met(recording <= 0.5)]
    )


def ratio(targets: Table, what: str, peer: str, ours: float, theirs: float, least: float) -> None:
    targets.rows.append(
        [what, peer, seconds(theirs), seconds(ours), f"{theirs / ours:,.3g}", f"≥ {least:,.3g}",
         met(theirs / ours >= least)]
    )  # fmt: skip


def met(reached: bool) -> str:
    return "reached" if reached else "MISSED"


def random_graph_target(quick: bool, targets: Table) -> None:
    steps = random_steps(5_000, INPUTS + PARAMETERS)
    random_ddx(steps[:1])  # imports
    started = time.process_time()
    tape, output = random_tape(steps)
    recorded = time.process_time()
    ddx = random_ddx(steps)
    built = time.process_time() - recorded
    nodes = len(output.topological_order())
    what = f"record and compile, random graph of {nodes:,} nodes"
    ratio(targets, what, "ddx-ad, building", recorded - started, built, 1 / 2)
    rng = np.random.default_rng(1)
    batch = 200 if quick else 1000
    X, p = rng.uniform(-1, 1, (batch, INPUTS)), rng.uniform(-1, 1, PARAMETERS)
    peer = random_casadi(steps, batch)
    np.testing.assert_allclose(tape.gradient(X, p)[1], peer(X, p), rtol=1e-9)
    ours, theirs = alternate(lambda: tape.gradient(X, p), lambda: peer(X, p), repeats=5)
    what = f"tape, random graph of {nodes:,} nodes, {batch:,} examples"
    ratio(targets, what, "CasADi map", ours, theirs, 3)
    for m in (8, batch):
        few = X[:m]
        np.testing.assert_allclose(tape.gradient(few, p)[1], ddx(few, p), rtol=1e-9)
        ours, theirs = alternate(lambda: tape.gradient(few, p), lambda: ddx(few, p), repeats=9)  # noqa: B023
        what = f"tape, random graph of {nodes:,} nodes, {m:,} examples"
        ratio(targets, what, "ddx-ad", ours, theirs, 1)


def numerical_target(quick: bool, targets: Table) -> None:
    from scipy.optimize._numdiff import approx_derivative

    net, X, Y = problem([64, 25, 10], 200 if quick else 1797)
    moved = SigmoidNetwork(thetas=net.thetas)

    def cost(theta: np.ndarray) -> float:
        moved.theta = theta
        return moved.cost(X, Y)

    ours, theirs = alternate(
        lambda: numerical_gradient(net, X, Y),
        lambda: approx_derivative(cost, net.theta, method="3-point"),
        repeats=5,
    )
    what = f"numerical, 64-25-10, {len(X):,} examples"
    ratio(targets, what, "SciPy 3-point", ours, theirs, 10)


def jobs_target(quick: bool, targets: Table) -> None:
    net, X, Y = problem(SIZES, EXAMPLES)
    some = 400 if quick else net.theta.size

    def estimate(executor: Any = None) -> Any:
        return numerical_gradient(net, X, Y, parameters=some, executor=executor)

    with process_pool(2) as executor:
        estimate(executor)  # start the processes
        alone, together = alternate(
            estimate, lambda: estimate(executor), repeats=3, clock=time.perf_counter
        )
        assert estimate(executor).vector.tobytes() == estimate().vector.tobytes()
    what = f"numerical, {some:,} of 10,285 parameters, two processes"
    ratio(targets, what, "one process", together, alone, 1.6)


def comparison_target(targets: Table) -> None:
    net, X, Y = problem(SIZES, EXAMPLES)
    started = time.perf_counter()
    comparison = compare_gradients(net, X, Y)
    taken = time.perf_counter() - started
    assert comparison.passed
    targets.rows.append(
        [f"three-way comparison, {'-'.join(map(str, SIZES))}, {EXAMPLES:,} examples", "–", "–",
         seconds(taken), "–", "passes", "reached"]
    )  # fmt: skip


def memory_target(targets: Table) -> None:
    m = 100_000
    grown = memory_of("micrograd_bp tape", m)
    data = m * (SIZES[0] + SIZES[-1]) * 8 / MEGABYTE
    targets.rows.append(
        [f"memory of the replay beside the data, {m:,} examples", "the data", f"{data:.0f} MB",
         f"{grown:.0f} MB", "–", f"≤ {data + 200:.0f} MB", met(grown <= data + 200)]
    )  # fmt: skip


def memory_of(name: str, m: int | None = None) -> float:
    """Growth in MB of a fresh process that takes one gradient: the peak beside code and data."""
    command = [sys.executable, __file__, "--memory", name, str(m or 0)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(answer.stdout))


def print_memory(name: str, m: int) -> None:
    make, batch, _ = PEERS[name]
    small, x, y = problem([3, 2], 2)
    make(small)(x, y)  # imports
    net, X, Y = problem(SIZES, m or (EXAMPLES if batch else 1))
    gc.collect()
    before = peak_memory()
    make(net)(X, Y)
    print(json.dumps(peak_memory() - before))


def peak_memory() -> float:
    """The largest memory of this process so far, in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return float(status.split("VmHWM:")[1].split()[0]) / 1024


def growth_tables(quick: bool) -> None:
    nodes = Table(
        "Growth with the nodes (random graph, 8 examples)",
        "nodes", "record", "compile", "instructions", "gradient", "ns per node and example",
    )  # fmt: skip
    rng = np.random.default_rng(2)
    for count in (250, 2_500, 25_000, 250_000)[: 2 if quick else 4]:
        steps = random_steps(count, INPUTS + PARAMETERS)
        xs, ps = [Value(0.5) for _ in range(INPUTS)], [Value(0.5) for _ in range(PARAMETERS)]
        started = time.process_time()
        output = random_graph(steps, [*xs, *ps], Value)
        recorded = time.process_time()
        tape = Tape(output, xs, ps)
        compiled = time.process_time()
        size = len(output.topological_order())
        X, p = rng.uniform(-1, 1, (8, INPUTS)), rng.uniform(-1, 1, PARAMETERS)
        (taken,) = alternate(lambda: tape.gradient(X, p), repeats=3)  # noqa: B023
        nodes.rows.append(
            [f"{size:,}", seconds(recorded - started), seconds(compiled - recorded),
             f"{len(str(tape).splitlines()) - 2:,}", seconds(taken),
             f"{1e9 * taken / (8 * size):.3g}"]
        )  # fmt: skip
    nodes.print()

    batch = Table(
        "Growth with the examples (64-25-10)",
        "examples", "tape", "NumPy matrices", "ratio", "ns per example",
    )  # fmt: skip
    for m in (1, 10, 100, 1_000, 10_000, 100_000)[: 4 if quick else 6]:
        net, X, Y = problem([64, 25, 10], m)
        tape, matrices = with_tape(net), with_matrices(net)
        ours, theirs = alternate(lambda: tape(X, Y), lambda: matrices(X, Y), repeats=5)  # noqa: B023
        batch.rows.append(
            [f"{m:,}", seconds(ours), seconds(theirs), f"{ours / theirs:.2f}",
             f"{1e9 * ours / m:,.0f}"]
        )  # fmt: skip
    batch.print()

    parameters = Table(
        "Growth with the parameters (1,000 examples)",
        "network", "parameters", "record and compile", "tape", "NumPy matrices", "ratio",
    )  # fmt: skip
    for sizes in NETWORKS[: 3 if quick else None]:
        net, X, Y = problem(sizes, 1000)
        started = time.process_time()
        tape = with_tape(net)
        prepared = time.process_time() - started
        matrices = with_matrices(net)
        ours, theirs = alternate(lambda: tape(X, Y), lambda: matrices(X, Y), repeats=5)  # noqa: B023
        parameters.rows.append(
            ["-".join(map(str, sizes)), f"{net.theta.size:,}", seconds(prepared), seconds(ours),
             seconds(theirs), f"{ours / theirs:.2f}"]
        )  # fmt: skip
    parameters.print()


NETWORKS = [[4, 5, 3], [16, 10, 4], [64, 25, 10], [196, 25, 10], [400, 25, 10], [784, 100, 10]]
PLOT_EXAMPLES = 1000


def plot(path: Path, quick: bool) -> None:
    """Time of one gradient over 1,000 examples against the scalar nodes of one of them."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "speed"  # the same bytes for the same figures
    mpl.rcParams["svg.fonttype"] = "none"
    sizes_of: list[int] = []
    lines: dict[str, list[float]] = {name: [] for name in PEERS}
    for sizes in NETWORKS[: 3 if quick else None]:
        net, X, Y = problem(sizes, PLOT_EXAMPLES)
        sizes_of.append(len(example_graph(net, X[0], Y[0]).cost.topological_order()))
        few = max(1, min(20, 20_000 // net.theta.size))
        counts = [PLOT_EXAMPLES if PEERS[name][1] else few for name in PEERS]
        made = [make(net) for make, _, _ in PEERS.values()]
        runs = [
            lambda g=g, n=n: g(X[:n], Y[:n])  # noqa: B023
            for g, n in zip(made, counts, strict=True)
        ]
        for name, taken, n in zip(PEERS, alternate(*runs, repeats=3), counts, strict=True):
            lines[name].append(taken * PLOT_EXAMPLES / n)

    grey = "#8a8f98"  # legible on white and on black
    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    for name, times in lines.items():
        ours = name == "micrograd_bp tape"
        colour = PEERS[name][2]
        axes.loglog(sizes_of, times, "o-", color=colour, lw=3 if ours else 1.8, ms=6 if ours else 4)
    ends = sorted((times[-1], name) for name, times in lines.items())
    place = -math.inf
    for end, name in ends:  # names beside the line ends, pushed apart where they would collide
        place = max(math.log10(end), place + 0.33)
        axes.annotate(
            name,
            (sizes_of[-1] * 1.15, 10**place),
            color=PEERS[name][2],
            va="center",
            fontsize=10,
            fontweight="bold" if name == "micrograd_bp tape" else "normal",
            annotation_clip=False,
        )
    axes.set_xlabel("scalar nodes in the graph of one example", color=grey)
    axes.set_ylabel("seconds", color=grey)
    axes.set_title("One gradient over 1,000 examples", color=grey, loc="left")
    axes.set_xlim(right=sizes_of[-1] * 6)
    axes.tick_params(which="both", colors=grey)
    axes.grid(color=grey, alpha=0.25, lw=0.6)
    for side, spine in axes.spines.items():
        spine.set_color(grey)
        spine.set_visible(side in ("left", "bottom"))
    scratch = path.with_name(f".{path.name}")
    figure.savefig(scratch, format="svg", transparent=True, metadata={"Date": None})
    scratch.replace(path)
    print(f"wrote {path}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, in half a minute")
    parser.add_argument("--plot", type=Path, help="draw time against size into this SVG")
    parser.add_argument("--memory", nargs=2, metavar=("PEER", "M"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        print_memory(options.memory[0], int(options.memory[1]))
        return
    quick = options.quick
    targets = Table("Targets", "", "peer", "theirs", "ours", "ratio", "target", "")
    peers_table(quick, targets)
    random_graph_target(quick, targets)
    numerical_target(quick, targets)
    jobs_target(quick, targets)
    if not quick:
        memory_target(targets)
        comparison_target(targets)
    growth_tables(quick)
    targets.print()
    if options.plot:
        plot(options.plot, quick)


if __name__ == "__main__":
    main()
