"""Training beside scikit-learn's MLPClassifier, and on the replayed graph beside the matrices.

    python tests/benchmarks/training.py

Same data, split, scaling, sizes, optimizer (L-BFGS) and λ on both sides. scikit-learn's penalty
is alpha / (2 m) Σ w², bias weights left out: its ``alpha`` is our λ. Its cost is ours where its
outputs are sigmoids, that is for labels given as an indicator matrix ("sigmoid" below); given
classes it trains a softmax, another model of the same size. Times are medians of alternating
runs in one process.
"""

from __future__ import annotations

import os
import statistics
import time
import warnings

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np
from micrograd.nn import MLP
from rich.console import Console
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from micrograd_bp import SigmoidNetwork, backprop_gradient
from micrograd_bp.network.interchange import from_sklearn, to_sklearn
from micrograd_bp.support.tables import table
from micrograd_bp.training.classifier import Settings, fit, split
from micrograd_bp.training.data import Dataset, digits, iris
from micrograd_bp.training.train import train

SEEDS = range(5)
ITERATIONS = 1000
TASKS = [
    (iris(), Settings((4, 5, 3), lambda_=0.1, epochs=ITERATIONS)),
    (iris(), Settings((4, 5, 3), lambda_=1.0, epochs=ITERATIONS)),
    (digits(), Settings((64, 25, 10), lambda_=0.1, epochs=ITERATIONS, scaling="common")),
    (digits(), Settings((64, 25, 10), lambda_=1.0, epochs=ITERATIONS, scaling="common")),
]
EPOCHS, BATCH, ROUNDS = 100, 32, 3


def accuracies(data: Dataset, settings: Settings, seed: int) -> tuple[float, float, float]:
    """Test accuracy of ours, of scikit-learn's sigmoids and of its softmax."""
    settings = Settings(**vars(settings) | {"seed": seed})
    model = fit(data, settings)
    training, testing = split(data, settings.test_share, seed)
    X, y = model.inputs(data.X[training]), data.y[training]
    X_test, y_test = model.inputs(data.X[testing]), data.y[testing]

    def theirs(Y: np.ndarray) -> MLPClassifier:
        mlp = MLPClassifier(
            settings.sizes[1:-1], activation="logistic", solver="lbfgs", alpha=settings.lambda_,
            max_iter=ITERATIONS, max_fun=10**6, random_state=seed,
        )  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return mlp.fit(X, Y)

    sigmoids = theirs(np.eye(len(data.classes))[y]).predict_proba(X_test).argmax(axis=1)
    softmax = theirs(y).predict(X_test)
    return (
        float(np.mean(model.predict(data.X[testing]) == y_test)),
        float(np.mean(sigmoids == y_test)),
        float(np.mean(softmax == y_test)),
    )


def accuracy_rows() -> list[list[str]]:
    rows = []
    for data, settings in TASKS:
        found = np.array([accuracies(data, settings, seed) for seed in SEEDS])
        ours, sigmoids, softmax = 100.0 * found.mean(axis=0)
        rows.append(
            [
                f"{data.name}, {'-'.join(map(str, settings.sizes))}, λ = {settings.lambda_:g}",
                f"{ours:.1f} %",
                f"{sigmoids:.1f} %",
                f"{softmax:.1f} %",
                f"{ours - sigmoids:+.1f}",
                f"{ours - softmax:+.1f}",
                "≥ −1",
            ]
        )
    return rows


def first_gradient() -> float:
    """The largest difference between our gradient and the step of scikit-learn's plain SGD."""
    worst = 0.0
    for data, settings in TASKS:
        X = (data.X - data.X.mean()) / data.X.std()
        net = SigmoidNetwork(settings.sizes, seed=0)
        Y = net.targets(data.y)
        mlp = to_sklearn(net, alpha=settings.lambda_)
        mlp.set_params(solver="sgd", learning_rate_init=1.0, momentum=0.0, batch_size=len(X))
        mlp.partial_fit(X, Y.astype(int))
        step = net.theta - from_sklearn(mlp).theta
        ours = backprop_gradient(net, X, Y, settings.lambda_).vector
        worst = max(worst, float(np.abs(step - ours).max()))
    return worst


def epoch_seconds() -> tuple[float, float]:
    """An epoch of mini-batch descent on the digits: matrices, and the replayed graph."""
    data = digits()
    X = (data.X - data.X.mean()) / data.X.std()
    net = SigmoidNetwork([64, 25, 10], seed=0)
    times: dict[str, list[float]] = {"matrices": [], "tape": []}
    for _ in range(ROUNDS):
        for gradient, taken in times.items():
            started = time.perf_counter()
            train(net, X, data.y, 1.0, method="sgd", rate=0.3, batch=BATCH, epochs=EPOCHS,
                  gradient=gradient)  # fmt: skip
            taken.append((time.perf_counter() - started) / EPOCHS)
    return statistics.median(times["matrices"]), statistics.median(times["tape"])


def lbfgs_seconds(iterations: int = 200) -> tuple[float, float]:
    """Training on the digits by L-BFGS, as ``micrograd-bp train`` does it, and scikit-learn's."""
    data, settings = digits(), Settings((64, 25, 10), 0.1, epochs=iterations, scaling="common")
    training, _ = split(data, settings.test_share, settings.seed)
    X, Y = fit(data, settings).inputs(data.X[training]), np.eye(10)[data.y[training]]
    mlp = MLPClassifier(
        (25,), activation="logistic", solver="lbfgs", alpha=0.1, max_iter=iterations,
        max_fun=10**6, tol=0.0, random_state=0,
    )  # fmt: skip
    times: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for run, taken in zip(
            (lambda: fit(data, settings), lambda: mlp.fit(X, Y)), times, strict=True
        ):
            started = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                run()
            taken.append(time.perf_counter() - started)
    ours, theirs = map(statistics.median, times)
    return ours, theirs


def micrograd_epoch_seconds(examples: int = 5) -> float:
    """micrograd's own 64-25-10 network forward and backward on a few digits, times 1,797."""
    data = digits()
    network = MLP(64, [25, 10])
    times = []
    for x, label in zip(data.X[:examples].tolist(), data.y, strict=False):
        started = time.perf_counter()
        outputs = network(x)
        loss = sum((h - float(k == label)) ** 2 for k, h in enumerate(outputs))
        loss.backward()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * len(data.X)


def main() -> None:
    console = Console(width=110)
    console.print(
        table(
            f"Test accuracy, mean of {len(SEEDS)} seeds (split, weights)",
            [
                "task",
                ">ours",
                ">sigmoid",
                ">softmax",
                ">ours − sigmoid",
                ">ours − softmax",
                "target",
            ],
            accuracy_rows(),
        )
    )
    print(f"first gradient: differs from scikit-learn's by {first_gradient():.1e} (target 1e-12)\n")
    ours, theirs = lbfgs_seconds()
    print(
        f"digits, 64-25-10, 200 iterations of L-BFGS: {ours:.3g} s, scikit-learn {theirs:.3g} s:"
        f" {ours / theirs:.2f} times (target ≤ 1.5)\n"
    )
    matrices, tape = epoch_seconds()
    micrograd = micrograd_epoch_seconds()
    console.print(
        table(
            f"Digits, 64-25-10, batches of {BATCH}, {EPOCHS} epochs",
            ["gradient by", f">{EPOCHS} epochs", ">an epoch", ">× matrices", "target"],
            [
                [name, f"{EPOCHS * t:.3g} s", f"{1e3 * t:.3g} ms", f"{t / matrices:.3g}", target]
                for name, t, target in (
                    ("matrix formulas", matrices, ""),
                    ("replayed scalar graph", tape, "≤ 3"),
                    ("micrograd (extrapolated)", micrograd, ""),
                )
            ],
        )
    )


if __name__ == "__main__":
    main()
