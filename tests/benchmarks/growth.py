"""How time and memory grow: over three decades of examples, units, layers and nodes of a graph.

    python tests/benchmarks/growth.py [--quick] [--plot FILE.svg]

Each line is a fit of a power law, size^exponent, to the upper two decades: below, what a call
costs in any case hides the growth. Where the work is linear the exponent may be 1.05 at most. Time
is the least of several runs in seconds of the processor, on one thread; memory is the peak of what
it takes to prepare and to run once, by tracemalloc.
"""

from __future__ import annotations

import argparse
import os
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np
from rich.console import Console

from micrograd_bp import SigmoidNetwork, Tape, Value, backprop_gradient, numerical_gradient
from micrograd_bp.network.recorded import recorded_cost
from micrograd_bp.support.tables import table

MOST = 1.05
LEAST_SECONDS = 0.2  # of all runs of one size together, but at least three of them

Run = Callable[[], Any]


class Series(NamedTuple):
    name: str
    by: str  # what grows
    sizes: list[int]
    make: Callable[[int], Run]


def data(net: SigmoidNetwork, m: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(m, net.sizes[0])), rng.integers(0, net.sizes[-1], m)


def by_backprop(sizes: list[int], m: int) -> Run:
    net = SigmoidNetwork(sizes, seed=0)
    X, y = data(net, m)
    return lambda: backprop_gradient(net, X, y)


def by_tape(sizes: list[int], m: int) -> Run:
    net = SigmoidNetwork(sizes, seed=0)
    X, y = data(net, m)
    tape, Y, theta = recorded_cost(tuple(sizes)), net.targets(y), net.theta
    return lambda: tape.gradient([X, Y], theta)


def by_recording(sizes: list[int]) -> Run:
    recorded = recorded_cost.__wrapped__  # without its cache
    return lambda: recorded(tuple(sizes))


def by_estimate(sizes: list[int], m: int) -> Run:
    net = SigmoidNetwork(sizes, seed=0)
    X, y = data(net, m)
    return lambda: numerical_gradient(net, X, y, parameters=20)


def chain(nodes: int) -> Run:
    def run() -> Value:
        x = node = Value(0.5)
        for _ in range(nodes // 3):
            node = (node * x + x).tanh()
        node.backward()
        return node

    return run


def mixed(nodes: int) -> tuple[Value, list[Value], list[Value]]:
    rng = np.random.default_rng(0)
    xs, ps = [Value(0.5) for _ in range(10)], [Value(0.5) for _ in range(10)]
    pool = [*xs, *ps]
    for _ in range(nodes // 4):
        i, j = rng.integers(0, len(pool), 2).tolist()
        pool.append((pool[i].sin() * pool[j].cos()).tanh())
    return Value.sum(pool), xs, ps


def compiled(nodes: int) -> Run:
    output, xs, ps = mixed(nodes)
    return lambda: Tape(output, xs, ps)


def replayed(nodes: int) -> Run:
    tape, X = Tape(*mixed(nodes)), np.random.default_rng(0).uniform(size=(100, 10))
    return lambda: tape.gradient(X, np.full(10, 0.5))


def decades(first: int, count: int, per: int = 2) -> list[int]:
    return [round(first * 10 ** (n / per)) for n in range(count * per + 1)]


def all_series() -> list[Series]:
    net = [20, 10, 5]
    return [
        Series("backprop_gradient", "examples", decades(500, 3), lambda m: by_backprop(net, m)),
        Series("tape", "examples", decades(500, 3), lambda m: by_tape(net, m)),
        Series("estimate", "examples", decades(500, 3), lambda m: by_estimate(net, m)),
        Series("backprop_gradient", "units", decades(10, 3), lambda u: by_backprop([9, u, 5], 200)),
        Series("tape", "units", decades(10, 3), lambda u: by_tape([9, u, 5], 200)),
        Series("recording", "units", decades(10, 3), lambda u: by_recording([9, u, 5])),
        Series("backprop_gradient", "layers", decades(2, 3), lambda d: by_backprop([5] * d, 200)),
        Series("tape", "layers", decades(2, 3), lambda d: by_tape([5] * d, 200)),
        Series("recording", "layers", decades(2, 3), lambda d: by_recording([5] * d)),
        Series("build and backward", "nodes", decades(1_000, 3), chain),
        Series("compiling", "nodes", decades(300, 3), compiled),
        Series("replay, 100 examples", "nodes", decades(300, 3), replayed),
    ]  # fmt: skip


def least_seconds(run: Run) -> float:
    taken: list[float] = []
    run()
    while len(taken) < 3 or sum(taken) < LEAST_SECONDS:
        started = time.process_time()
        run()
        taken.append(time.process_time() - started)
    return min(taken)


def peak(make: Callable[[int], Run], size: int) -> float:
    tracemalloc.start()
    make(size)()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return float(most)


def exponent(sizes: list[int], values: list[float]) -> float:
    upper = np.array(sizes) >= sizes[-1] / 100.0 * 0.99
    return float(np.polyfit(np.log(sizes)[upper], np.log(values)[upper], 1)[0])


def plot(found: list[tuple[Series, list[float], list[float]]], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams |= {"svg.hashsalt": "growth", "svg.fonttype": "none"}
    import matplotlib.pyplot as plt

    grown = list(dict.fromkeys(series.by for series, *_ in found))
    figure, axes = plt.subplots(2, len(grown), figsize=(4 * len(grown), 7), layout="constrained")
    for series, *measured in found:
        for row, values in zip(axes, measured, strict=True):
            axis = row[grown.index(series.by)]
            label = f"{series.name}: {exponent(series.sizes, values):.2f}"
            axis.loglog(series.sizes, values, "o-", ms=4, label=label)
    for row, what in zip(axes, ("seconds", "bytes"), strict=True):
        for axis, by in zip(row, grown, strict=True):
            axis.set(xlabel=by, ylabel=what)
            axis.grid(alpha=0.25, lw=0.6)
            axis.legend(title="exponent", fontsize=8)
    figure.savefig(path, format="svg", metadata={"Date": None})
    print(f"wrote {path}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two decades of each")
    parser.add_argument("--plot", type=Path, help="draw time and memory into this SVG")
    options = parser.parse_args()
    rows, found = [], []
    for series in all_series():
        if options.quick:
            series = series._replace(sizes=series.sizes[:-2])
        times = [least_seconds(series.make(size)) for size in series.sizes]
        recorded_cost.cache_clear()
        sizes = [peak(series.make, size) for size in series.sizes]
        found.append((series, times, sizes))
        slopes = [exponent(series.sizes, values) for values in (times, sizes)]
        rows.append(
            [series.name, f"{series.by}, {series.sizes[0]:,} to {series.sizes[-1]:,}",
             f"{1e3 * times[-1]:,.3g} ms", f"{sizes[-1] / 2**20:,.3g} MB",
             *(f"{slope:.2f}" for slope in slopes),
             "reached" if max(slopes) <= MOST else "MISSED"]
        )  # fmt: skip
    columns = ["", "grows", ">largest", ">memory", ">time ~", ">memory ~", f"≤ {MOST}"]
    Console(width=110).print(table("Growth: exponents of the upper two decades", columns, rows))
    if options.plot:
        plot(found, options.plot)


if __name__ == "__main__":
    main()
