"""The engine beside micrograd, the estimate beside SciPy, the import beside NumPy: one table.

    python tests/benchmarks/engine.py

Every figure is a ratio of medians of alternating runs in this one process (or of whole
processes, for the import), so that a machine that slows down slows both sides.
"""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np
from micrograd.engine import Value as MicrogradValue
from rich.console import Console
from scipy.optimize._numdiff import approx_derivative

from micrograd_bp import SigmoidNetwork, Value, example_graph, numerical_gradient
from micrograd_bp.support.collector import collector_paused
from micrograd_bp.support.tables import table


def alternate(*runs: Callable[[], object], repeats: int = 9) -> list[float]:
    """The median time of each run in seconds, the runs taking turns."""
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(repeats):
        for run, taken in zip(runs, times, strict=True):
            gc.collect()
            started = time.perf_counter()
            result = run()
            taken.append(time.perf_counter() - started)
            del result
    return [statistics.median(taken) for taken in times]


def network(cls: type, sizes: list[int], seed: int = 0) -> object:
    """One example's network with pairwise sums and relu, as micrograd builds it, to a cost."""
    rng = np.random.default_rng(seed)
    a = [cls(v) for v in rng.normal(size=sizes[0]).tolist()]
    for before, after in zip(sizes, sizes[1:]):  # noqa: B905, RUF007
        weights = [[cls(w) for w in row] for row in rng.normal(size=(after, before + 1)).tolist()]
        units = []
        for row in weights:
            z = row[0]
            for w, x in zip(row[1:], a, strict=True):
                z = z + w * x
            units.append(z.relu())
        a = units
    cost = a[0] * a[0]
    for unit in a[1:]:
        cost = cost + unit * unit
    return cost


def backward(cost: object) -> object:
    cost.backward()
    return cost


def bytes_per_node(cls: type) -> float:
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    cost = backward(network(cls, [400, 25, 10]))
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    seen, stack = {cost}, [cost]
    while stack:
        for child in stack.pop()._prev:
            if child not in seen:
                seen.add(child)
                stack.append(child)
    return used / len(seen)


def chain(length: int) -> tuple[float, float]:
    """Nanoseconds per node to build a chain, and to differentiate and free it."""
    gc.collect()
    started = time.perf_counter()
    with collector_paused():
        node = x = Value(1.0)
        for _ in range(length):
            node = node + x
    built = time.perf_counter()
    node.backward()
    assert x.grad == length + 1.0
    del node
    freed = time.perf_counter()
    return 1e9 * (built - started) / length, 1e9 * (freed - built) / length


def import_seconds(module: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
    return time.perf_counter() - started


def main() -> None:
    rows: list[list[str]] = []

    def row(what: str, peer: str, ours: float, theirs: float, target: str, unit: str) -> None:
        faster = theirs / ours
        rows.append([what, peer, f"{theirs:.4g} {unit}", f"{ours:.4g} {unit}", f"{faster:.2f}",
                     target])  # fmt: skip

    rng = np.random.default_rng(0)
    big = SigmoidNetwork([400, 25, 10], seed=0)
    x, y = rng.normal(size=400), 3
    pairwise, peer, n_ary = alternate(
        lambda: backward(network(Value, [400, 25, 10])),
        lambda: backward(network(MicrogradValue, [400, 25, 10])),
        lambda: example_graph(big, x, y).cost.backward(),
    )
    row(
        "400-25-10, build + backward, pairwise",
        "micrograd",
        1e3 * pairwise,
        1e3 * peer,
        "≥ 6",
        "ms",
    )
    row("the same network by example_graph", "micrograd", 1e3 * n_ary, 1e3 * peer, "≥ 5", "ms")

    small, peer = alternate(
        lambda: [backward(network(Value, [2, 16, 16, 1])) for _ in range(20)],
        lambda: [backward(network(MicrogradValue, [2, 16, 16, 1])) for _ in range(20)],
    )
    row("2-16-16-1, build + backward", "micrograd", 50 * small, 50 * peer, "≥ 1.5", "ms")

    ours, theirs = bytes_per_node(Value), bytes_per_node(MicrogradValue)
    row("memory per node", "micrograd", ours, theirs, "≥ 3.33", "B")

    chains: dict[int, list[tuple[float, float]]] = {10_000: [], 1_000_000: []}
    for _ in range(5):
        chains[10_000] += [chain(10_000) for _ in range(10)]
        chains[1_000_000].append(chain(1_000_000))
    (build, walk), (long_build, long_walk) = (
        [statistics.median(column) for column in zip(*runs, strict=True)]
        for runs in chains.values()
    )
    row(
        "backward + release per node, 10⁶ : 10⁴ nodes", "ourselves", long_walk, walk, "≥ 0.67", "ns"
    )
    row("build per node, 10⁶ : 10⁴ nodes", "ourselves", long_build, build, "", "ns")
    row(
        "both, the collector paused while building", "ourselves", long_build + long_walk,
        build + walk, "≥ 0.67", "ns",
    )  # fmt: skip

    net = SigmoidNetwork([64, 25, 10], seed=0)
    X, labels = rng.random((1797, 64)), rng.integers(0, 10, 1797)
    Y, theta, epsilon = net.targets(labels), net.theta, 1e-4

    def cost(vector: np.ndarray) -> float:
        net.theta = vector
        return net.cost(X, Y)

    found: dict[str, np.ndarray] = {}

    def estimate() -> None:
        net.theta = theta
        found["ours"] = numerical_gradient(net, X, Y, epsilon=epsilon).vector

    def scipy_estimate() -> None:
        found["scipy"] = approx_derivative(cost, theta, method="3-point", abs_step=epsilon)

    ours, theirs = alternate(estimate, scipy_estimate, repeats=3)
    row("two-sided gradient, 64-25-10 × 1797", "SciPy", ours, theirs, "≥ 3", "s")
    net.theta = theta
    spread = np.abs(found["ours"] - found["scipy"]).max() * epsilon / net.cost(X, Y)

    times = [(import_seconds("micrograd_bp"), import_seconds("numpy")) for _ in range(15)]
    ours, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    row("import", "numpy alone", 1e3 * ours, 1e3 * theirs, "≥ 0.77", "ms")

    Console(width=110).print(
        table("", ["what", "peer", ">peer", ">micrograd_bp", ">times faster", "target"], rows)
    )
    print(
        f"the two estimates differ by {spread:.1e} of the cost's rounding unit J/ε (target 1e-12)"
    )


if __name__ == "__main__":
    main()
