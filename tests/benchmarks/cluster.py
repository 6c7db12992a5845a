"""The estimate spread over 4, 16 and 64 workers: speed-up, bytes moved, and what that promises.

    python tests/benchmarks/cluster.py [--latency 0.01]

The workers are Dask's, threads of this process, and simulated: a task sleeps for as long as the
network between would take (``--latency`` there and back) and a core would compute. So what is
measured is what spreading costs, for any number of cores that this machine has. The model on paper:

    T(n) = share + ⌈N/n⌉ (work + latency) + N · schedule          N tasks, n workers
"""

from __future__ import annotations

import argparse
import math
import pickle
import time
from typing import Any

import numpy as np
from dask.distributed import Client, LocalCluster
from rich.console import Console

from micrograd_bp import SigmoidNetwork
from micrograd_bp.gradients.numerical_fast import _Cost, _Problem
from micrograd_bp.support.executors import ordered_map
from micrograd_bp.support.tables import table

SIZES, EXAMPLES = [400, 25, 10], 5000
TASKS = 192
PARAMETER_EXAMPLES = 1e9
WORKERS = (4, 16, 64)


def simulated(problem: _Problem, layer: int, indices: Any, seconds: float) -> list[Any]:
    """What a worker does for a task: wait for the network, compute, give J for each step."""
    time.sleep(seconds)
    return [np.zeros(len(indices)) for _ in problem.steps]


def size(thing: Any) -> int:
    return len(pickle.dumps(thing, pickle.HIGHEST_PROTOCOL))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--latency", type=float, default=0.01, help="seconds, there and back")
    latency = parser.parse_args().latency

    net, rng = SigmoidNetwork(SIZES, seed=0), np.random.default_rng(0)
    X, Y = net.data(rng.normal(size=(EXAMPLES, 400)), rng.integers(0, 10, EXAMPLES))
    problem = _Problem(net, _Cost(net.shapes, X, Y, 0.0), (1e-4, -1e-4))
    task = next(problem.tasks(np.arange(net.theta.size)))
    started = time.process_time()
    answer = problem.costs(*task)
    work = time.process_time() - started
    rate = len(task[1]) * EXAMPLES / work  # parameter-examples a second and core
    print(
        f"{'-'.join(map(str, SIZES))}, {EXAMPLES:,} examples: a task is {len(task[1])} parameters,"
        f" {work:.3g} s, {rate:.3g} parameter-examples a second and core\n"
        f"bytes moved per task: {size(task):,} there, {size(answer):,} back;"
        f" {size(problem):,} once per worker\n"
    )
    many = math.ceil(PARAMETER_EXAMPLES / (rate * work))
    rows = []
    for workers in WORKERS:
        with (
            LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=False, dashboard_address=None
            ) as cluster,
            Client(cluster) as client,
        ):
            executor = client.get_executor(pure=False)

            def spread(count: int, seconds: float, executor: Any = executor) -> float:
                started = time.perf_counter()
                tasks = [(*task, seconds)] * count
                assert len(list(ordered_map(executor, simulated, tasks, (problem,)))) == count
                return time.perf_counter() - started

            spread(workers, 0.0)  # connections
            share = spread(1, 0.0)
            schedule = (spread(TASKS, 0.0) - share) / TASKS
            taken = spread(TASKS, work + latency)
        model = [
            share + math.ceil(count / workers) * (work + latency) + count * schedule
            for count in (TASKS, many)
        ]
        rows.append(
            [f"{workers}", f"{1e3 * share:.3g} ms", f"{1e3 * schedule:.3g} ms", f"{taken:.3g} s",
             f"{model[0]:.3g} s", f"{TASKS * work / taken:.3g}", f"{model[1]:.3g} s",
             f"{many * work / model[1]:.3g}"]
        )  # fmt: skip
    columns = ["workers", ">share", ">schedule", f">{TASKS} tasks", ">model", ">speed-up",
               f">{PARAMETER_EXAMPLES:.0e}", ">speed-up"]  # fmt: skip
    title = f"The estimate on simulated workers, {1e3 * latency:g} ms latency"
    Console(width=110).print(table(title, columns, rows))


if __name__ == "__main__":
    main()
