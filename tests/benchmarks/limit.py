"""How far the tape and the matrix formulas are from the two products that they cannot do without.

    python tests/benchmarks/limit.py [--rounds 25] [--threads 1 2] [--profile]

400-25-10, 5,000 examples, cost and gradient in float64. Each implementation has a process of its
own, because thread pools disturb each other, held to as many cores as it may use threads; they take
turns, and run for a moment before one run is timed. The table has the medians and the least; on a
machine with other work the least says more. Before anything is timed, each gradient must agree with
that of the matrix formulas to 1e-11.
``--profile`` shows instead in which instructions of the tape its time goes.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

SIZES, EXAMPLES = (400, 25, 10), 5000
CHUNK = 500
AGREE = 1e-11
# Seconds of other runs before one is timed, as in training: memory is in the cache, and threads of
# OpenBLAS and OpenMP that have done their part in the process before no longer ask for more.
WARM = 0.06
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

Run = Callable[[], Any]  # one cost and gradient: (J, ∂J/∂θ), or None for the products alone


def problem() -> tuple[Any, Any, Any]:
    """The network, X (m, 400) and one-hot Y (m, 10)."""
    import numpy as np

    from micrograd_bp import SigmoidNetwork

    rng = np.random.default_rng(0)
    X = rng.normal(size=(EXAMPLES, SIZES[0]))
    Y = np.eye(SIZES[-1])[rng.integers(0, SIZES[-1], EXAMPLES)]
    return SigmoidNetwork(SIZES, seed=0), X, Y


def products(net: Any, X: Any, Y: Any) -> Run:
    """Θ⁽¹⁾x and δ⁽²⁾xᵀ in chunks, and nothing else."""
    import numpy as np

    Theta = np.ascontiguousarray(net.thetas[0][:, 1:])
    delta = np.random.default_rng(1).normal(size=(SIZES[1], EXAMPLES))
    z, D = np.empty((SIZES[1], CHUNK)), np.empty(Theta.shape)

    def run() -> None:
        for start in range(0, EXAMPLES, CHUNK):
            x = X[start : start + CHUNK]
            np.matmul(Theta, x.T, out=z)
            np.matmul(delta[:, start : start + CHUNK], x, out=D)

    return run


def in_place(net: Any, X: Any, Y: Any) -> Run:
    """NumPy by hand: the formulas in chunks, every result in memory that is there already."""
    import numpy as np

    from micrograd_bp import unroll

    (W1, b1), (W2, b2) = ((np.ascontiguousarray(T[:, 1:]), T[:, :1].copy()) for T in net.thetas)
    hidden, outputs = len(W1), len(W2)
    a, slope, delta = (np.empty((hidden, CHUNK)) for _ in range(3))
    h, loss = (np.empty((outputs, CHUNK)) for _ in range(2))
    y = np.ascontiguousarray(Y.T)

    def run() -> tuple[float, Any]:
        J, D1, D2 = 0.0, np.zeros((hidden, 1 + W1.shape[1])), np.zeros((outputs, 1 + hidden))
        for start in range(0, EXAMPLES, CHUNK):
            x, target = X[start : start + CHUNK], y[:, start : start + CHUNK]
            np.matmul(W1, x.T, out=a)
            np.add(a, b1, out=a)
            sigmoid(a)
            np.matmul(W2, a, out=h)
            np.add(h, b2, out=h)
            np.abs(h, out=loss)
            np.negative(loss, out=loss)
            np.exp(loss, out=loss)
            J += np.log1p(loss, out=loss).sum() + np.maximum(h, 0.0, out=loss).sum()
            J -= np.multiply(h, target, out=loss).sum()
            sigmoid(h)
            np.subtract(h, target, out=h)
            np.matmul(W2.T, h, out=delta)
            np.subtract(1.0, a, out=slope)
            np.multiply(slope, a, out=slope)
            np.multiply(delta, slope, out=delta)
            D2[:, 1:] += h @ a.T
            D2[:, 0] += h.sum(axis=1)
            D1[:, 1:] += delta @ x
            D1[:, 0] += delta.sum(axis=1)
        return J / EXAMPLES, unroll([D1, D2]) / EXAMPLES

    def sigmoid(z: Any) -> None:
        np.negative(z, out=z)
        np.exp(z, out=z)
        np.add(z, 1.0, out=z)
        np.divide(1.0, z, out=z)

    return run


def as_written(net: Any, X: Any, Y: Any) -> Run:
    """The NumPy formulas as one writes them first."""
    import numpy as np

    from micrograd_bp import unroll

    def run() -> tuple[float, Any]:
        a = [np.hstack([np.ones((EXAMPLES, 1)), X])]
        z = a[0] @ net.thetas[0].T
        a.append(np.hstack([np.ones((EXAMPLES, 1)), 1.0 / (1.0 + np.exp(-z))]))
        z = a[1] @ net.thetas[1].T
        h = 1.0 / (1.0 + np.exp(-z))
        J = np.sum(-Y * np.log(h) - (1.0 - Y) * np.log(1.0 - h)) / EXAMPLES
        delta3 = h - Y
        delta2 = (delta3 @ net.thetas[1][:, 1:]) * a[1][:, 1:] * (1.0 - a[1][:, 1:])
        return J, unroll([delta2.T @ a[0] / EXAMPLES, delta3.T @ a[1] / EXAMPLES])

    return run


def numba(net: Any, X: Any, Y: Any) -> Run:
    """numba: what lies between the products fused into one loop over each chunk."""
    import numpy as np
    from numba import njit

    from micrograd_bp import unroll

    @njit(fastmath=False, error_model="numpy")  # type: ignore[untyped-decorator]
    def gradient(W1, b1, W2, b2, X, Y, chunk):  # type: ignore[no-untyped-def]
        m, hidden, outputs = len(X), len(W1), len(W2)
        D1, D2 = np.zeros((hidden, W1.shape[1])), np.zeros((outputs, hidden))
        d1, d2 = np.zeros(hidden), np.zeros(outputs)
        J = 0.0
        for start in range(0, m, chunk):
            x, y = X[start : start + chunk], Y[start : start + chunk]
            a = W1 @ x.T
            for i in range(hidden):
                for e in range(a.shape[1]):
                    a[i, e] = 1.0 / (1.0 + np.exp(-a[i, e] - b1[i]))
            h = W2 @ a
            for k in range(outputs):
                for e in range(h.shape[1]):
                    z = h[k, e] + b2[k]
                    J += np.log1p(np.exp(-abs(z))) + max(z, 0.0) - z * y[e, k]
                    h[k, e] = 1.0 / (1.0 + np.exp(-z)) - y[e, k]
                    d2[k] += h[k, e]
            delta = np.ascontiguousarray(W2.T) @ h
            for i in range(hidden):
                for e in range(a.shape[1]):
                    delta[i, e] *= a[i, e] * (1.0 - a[i, e])
                    d1[i] += delta[i, e]
            D2 += h @ a.T
            D1 += delta @ x
        return J, d1, D1, d2, D2

    (W1, b1), (W2, b2) = ((np.ascontiguousarray(T[:, 1:]), T[:, 0].copy()) for T in net.thetas)

    def run() -> tuple[float, Any]:
        J, d1, D1, d2, D2 = gradient(W1, b1, W2, b2, X, Y, CHUNK)
        D = [np.column_stack([d1, D1]), np.column_stack([d2, D2])]
        return J / EXAMPLES, unroll(D) / EXAMPLES

    return run


def jax(net: Any, X: Any, Y: Any) -> Run:
    """JAX: jit(value_and_grad) of the cost."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    from micrograd_bp import unroll

    jax.config.update("jax_enable_x64", True)

    def cost(thetas: Any, X: Any, Y: Any) -> Any:
        a = X
        for Theta in thetas:
            z = a @ Theta[:, 1:].T + Theta[:, 0]
            a = jax.nn.sigmoid(z)
        return jnp.mean(jnp.sum(jax.nn.softplus(z) - Y * z, axis=1))

    function = jax.jit(jax.value_and_grad(cost))
    x, y, thetas = jnp.asarray(X), jnp.asarray(Y), [jnp.asarray(T) for T in net.thetas]

    def run() -> tuple[float, Any]:
        J, D = jax.block_until_ready(function(thetas, x, y))
        return float(J), unroll([np.asarray(d) for d in D])

    return run


def torch(net: Any, X: Any, Y: Any) -> Run:
    """PyTorch, eager."""
    import torch

    from micrograd_bp import unroll

    torch.set_num_threads(int(os.environ[THREAD_VARIABLES[0]]))
    x, y = torch.from_numpy(X), torch.from_numpy(Y)
    loss = torch.nn.functional.binary_cross_entropy_with_logits

    def run() -> tuple[float, Any]:
        thetas = [torch.tensor(T, requires_grad=True) for T in net.thetas]
        a = x
        for Theta in thetas:
            z = a @ Theta[:, 1:].T + Theta[:, 0]
            a = torch.sigmoid(z)
        J = loss(z, y, reduction="sum") / EXAMPLES
        J.backward()
        return J.item(), unroll([Theta.grad.numpy() for Theta in thetas])

    return run


def tape(net: Any, X: Any, Y: Any) -> Run:
    """The scalar graph of one example, replayed."""
    from micrograd_bp.network.recorded import recorded_cost

    recorded, theta = recorded_cost(SIZES), net.theta

    def run() -> tuple[float, Any]:
        costs, gradient = recorded.gradient([X, Y], theta)
        return costs.sum() / EXAMPLES, gradient / EXAMPLES

    return run


def backprop(net: Any, X: Any, Y: Any) -> Run:
    """``backprop_gradient``: X and Y checked, and δ of every example given."""
    from micrograd_bp import backprop_gradient

    def run() -> tuple[float, Any]:
        gradient = backprop_gradient(net, X, Y)
        return gradient.cost, gradient.vector

    return run


# name: how to make it, and what it may be of the products by one and by two threads
IMPLEMENTATIONS: dict[str, tuple[Callable[..., Run], tuple[float, float] | None]] = {
    "the two largest products, in chunks": (products, None),
    "NumPy in place, chunks of 500": (in_place, None),
    "numba, fused": (numba, None),
    "JAX jit(value_and_grad)": (jax, None),
    "NumPy formulas as one writes them": (as_written, None),
    "PyTorch eager": (torch, None),
    "the tape": (tape, (1.35, 1.6)),
    "backprop_gradient": (backprop, (1.4, 1.6)),
}


def serve(name: str, threads: int, pipe: Connection) -> None:
    """A process of one implementation: the seconds of one run whenever it is asked."""
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    import numpy as np

    from micrograd_bp import backprop_gradient

    try:
        net, X, Y = problem()
        run = IMPLEMENTATIONS[name][0](net, X, Y)
        found = run()
    except ImportError as error:
        pipe.send(str(error))
        return
    if found is not None:
        expected = backprop_gradient(net, X, Y)
        np.testing.assert_allclose(found[0], expected.cost, rtol=AGREE)
        largest = np.abs(expected.vector).max()
        np.testing.assert_allclose(found[1], expected.vector, rtol=0, atol=AGREE * largest)
    pipe.send(None)
    # of one thread the processor's own seconds, in which other work counts less
    clock = time.process_time if threads == 1 else time.perf_counter
    while pipe.recv():
        warm = time.perf_counter() + WARM
        while time.perf_counter() < warm:
            run()
        started = clock()
        run()
        pipe.send(clock() - started)


def measure(threads: int, rounds: int) -> dict[str, list[float]]:
    """The seconds of every round for every implementation that is installed."""
    context = multiprocessing.get_context("spawn")
    pipes: dict[str, Any] = {}
    for name in IMPLEMENTATIONS:
        pipes[name], theirs = context.Pipe()
        context.Process(target=serve, args=(name, threads, theirs), daemon=True).start()
        if (problem := pipes[name].recv()) is not None:
            print(f"{name}: {problem}")
            del pipes[name]
    taken: dict[str, list[float]] = {name: [] for name in pipes}
    for number in range(rounds + 2):
        for name, pipe in pipes.items():
            pipe.send(True)
            seconds = pipe.recv()
            if number >= 2:  # the first two warm up
                taken[name].append(seconds)
    for pipe in pipes.values():
        pipe.send(False)
    return taken


def profile(rounds: int) -> list[list[str]]:
    """Calls and milliseconds of a gradient in each instruction of the tape, and around them."""
    import numpy as np
    from threadpoolctl import threadpool_limits

    from micrograd_bp.scalar.program import Bound

    taken: dict[str, list[float]] = {}

    def timed(bound: Bound, calls: Any, what: str, first: int | None = None) -> None:
        for call, step in calls:
            started = time.perf_counter()
            call()
            name = f"{what}: {step.symbol if what == 'value' else step.gradient_symbol}"
            taken.setdefault(name, []).append(time.perf_counter() - started)

    net, X, Y = problem()
    gradient = tape(net, X, Y)
    whole = []
    with threadpool_limits(1):
        for _ in range(rounds + 2):
            started = time.perf_counter()
            gradient()
            whole.append(time.perf_counter() - started)
        Bound.run = timed  # type: ignore[method-assign]
        for _ in range(rounds):
            gradient()
    median = 1e3 * statistics.median(whole[2:])
    rows = []
    for name, seconds in taken.items():
        by_gradient = np.reshape(seconds, (rounds, -1))
        rows.append((name, by_gradient.shape[1], 1e3 * np.median(by_gradient.sum(axis=1))))
    rows.append(("around them", 0, median - sum(row[2] for row in rows)))
    rows.append(("a gradient", sum(row[1] for row in rows), median))
    return [[name, str(calls), f"{ms:.2f}", f"{ms / median:.0%}"] for name, calls, ms in rows]


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))


def main() -> None:
    from rich.console import Console

    from micrograd_bp.support.tables import table

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    if options.profile:
        columns = ["", ">calls", ">ms", ">of it"]
        Console().print(table("A gradient on the tape", columns, profile(options.rounds)))
        return
    for threads in options.threads:
        taken = measure(threads, options.rounds)
        limit = next(iter(taken.values()))
        rows = []
        for name, seconds in taken.items():
            targets = IMPLEMENTATIONS[name][1]
            cells = [
                cell
                for middle in (statistics.median, min)
                for cell in (
                    f"{1e3 * middle(seconds):.2f}",
                    f"{middle(seconds) / middle(limit):.2f}",
                )
            ]
            target = f"≤ {targets[min(threads, 2) - 1]}" if targets else ""
            rows.append([name, *cells, target])
        title = (
            f"Cost and gradient of {'-'.join(map(str, SIZES))}, {EXAMPLES:,} examples, "
            f"{threads} thread{'s' * (threads > 1)}, {processor()} ({os.cpu_count()} cores)"
        )
        columns = ["", ">ms", ">÷ the products", ">least", ">÷ the products", ">target"]
        Console().print(table(title, columns, rows))


if __name__ == "__main__":
    main()
