"""The source's recipe from initialization to optimum: minimize J(θ) by descent.

``cost_function`` is the source's ``[jVal, gradient] = costFunction(theta)``; ``train`` checks its
gradient against the numerical estimate, switches that off, and minimizes by batch gradient
descent, stochastic gradient descent or one of SciPy's optimizers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from ..gradients import Gradient, autodiff_gradient, backprop_gradient
from ..network.sigmoid import SigmoidNetwork, reshape
from ..support.interrupts import interruptible, raise_deferred
from ..support.threads import one_thread_for
from ..support.validation import Array, regularization
from .settings import GRADIENTS, METHODS, RATES, batch_size, named, step_rate, whole_number

__all__ = ["GRADIENTS", "METHODS", "Training", "cost_function", "train"]

GradientFunction = Callable[[SigmoidNetwork, Array, Array, float], Gradient]
# (θ, X, Y, λ) -> (J, ∂J/∂θ): what the methods below descend on
Evaluate = Callable[[Array, Array, Array, float], tuple[float, Array]]

Progress = Callable[[int, int, float], None]  # epoch, epochs, cost

# SciPy's optimizers keep their memory of earlier steps to themselves, so training can only go on
# where they start afresh. They do so after this many iterations, interrupted or not.
RESTART = 100
# The comparison before training takes a tenth of a second: some examples and some parameters, and
# random directions that involve them all.
CHECK_EXAMPLES = 8
CHECK_PARAMETERS = 20
# A cost this many times that of a network which always answers ½ has diverged.
DIVERGED = 2.0


@dataclass(frozen=True)
class Training:
    """What training reached, and where it can go on.

    ``net`` has the best weights, those of ``costs[best_epoch]``; ``costs`` is J over all examples
    at the start and after each epoch (SciPy's methods: iteration). ``theta``, after ``epoch``
    epochs, is where ``train(..., resume=)`` goes on. ``stopped`` says in one line why training
    ended before its last epoch (None: it did not), ``interrupted`` that Ctrl-C ended it.
    """

    net: SigmoidNetwork
    costs: list[float]
    best_epoch: int
    theta: Array
    epoch: int
    seconds: float
    stopped: str | None = None
    interrupted: bool = False

    @property
    def cost(self) -> float:
        """J of ``net``, the least of ``costs``."""
        return self.costs[self.best_epoch]


def cost_function(
    net: SigmoidNetwork,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    lambda_: float = 0.0,
    gradient: str | GradientFunction = "matrices",
) -> Callable[[npt.ArrayLike], tuple[float, Array]]:
    """The cost as an optimizer wants it: a function of theta that gives J and ∂J/∂theta.

    It is what ``scipy.optimize.minimize(f, theta, jac=True)`` takes. ``net`` stays as it is.

    Parameters
    ----------
    net : SigmoidNetwork
        The network; of its weights only the shapes matter.
    X : array_like, shape (m, s_1)
        The examples.
    Y : array_like
        The targets: one-hot (m, K), class indices (m,), or 0/1 (m,) for a single output.
    lambda_ : float, optional
        The regularization λ.
    gradient : str or callable, optional
        Where the gradient comes from: "matrices", "graph", "tape", or a function that is called
        like ``backprop_gradient``.

    Returns
    -------
    callable
        f with f(theta) -> (J, ∂J/∂theta) for theta as ``net.theta``, of shape (P,).

    Raises
    ------
    ValueError, TypeError
        If the data do not fit the network.

    Examples
    --------
    >>> net = SigmoidNetwork([2, 1], init="zeros")
    >>> J, slope = cost_function(net, [[1.0, 2.0]], [1])(net.theta)
    >>> round(J, 6), slope
    (0.693147, array([-0.5, -0.5, -1. ]))
    """
    X, Y = net.data(X, Y)
    lambda_ = regularization(lambda_)
    evaluate = _source(net, gradient)
    return lambda theta: evaluate(np.asarray(theta, dtype=np.float64), X, Y, lambda_)


def train(
    net: SigmoidNetwork,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    lambda_: float = 0.0,
    *,
    method: str = "lbfgs",
    epochs: int = 200,
    rate: float | None = None,
    batch: int | None = None,
    seed: int = 0,
    gradient: str | GradientFunction = "matrices",
    check_every: int = 0,
    resume: Training | None = None,
    progress: Progress | None = None,
) -> Training:
    """Minimize J from the weights of ``net``, which is left as it is.

    The gradient is compared with the numerical estimate before training begins. Ctrl-C ends
    training, as do a wrong gradient and a diverging cost; ``Training`` says which.

    Parameters
    ----------
    net : SigmoidNetwork
        Where training starts.
    X : array_like, shape (m, s_1)
        The examples.
    Y : array_like
        The targets: one-hot (m, K), class indices (m,), or 0/1 (m,) for a single output.
    lambda_ : float
        The regularization λ.
    method : str
        "gd" takes one step an epoch against the gradient of J. "sgd" goes through the examples
        in a random order that ``seed`` draws anew for each epoch, with a step after every
        ``batch`` of them (default 1). "lbfgs" and "cg" are SciPy's, an epoch being an iteration.
    epochs : int
        How many epochs there are, counted from the very start.
    rate : float, optional
        What the gradient is multiplied with in a step: by default 1 for gd, 0.1 for sgd.
    gradient : str or callable
        As in ``cost_function``.
    check_every : int
        The gradient is compared again after every so many epochs (0: never).
    resume : Training, optional
        Where to go on: what an earlier call with the same arguments has returned.
    progress : callable, optional
        ``progress(epoch, epochs, cost)`` is called after each epoch.

    Raises
    ------
    ValueError, TypeError
        For arguments that do not fit the network or each other.

    Examples
    --------
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> t = train(SigmoidNetwork([2, 4, 1], seed=0), X, y)
    >>> t.net.predict(X), t.cost < 1e-3
    (array([0, 1, 1, 0]), True)
    """
    X, Y = net.data(X, Y)
    if len(Y) > 1 and not np.any(Y - Y[0]):
        raise ValueError("Y: got the same target for every example, expected two classes or more")
    named("method", method, tuple(METHODS))
    job = _Job(
        net=net,
        X=X,
        Y=Y,
        lambda_=regularization(lambda_),
        evaluate=_source(net, gradient),
        method=method,
        epochs=whole_number("epochs", epochs, 1),
        rate=step_rate(method, rate),
        batch=batch_size(method, batch, len(X)),
        seed=whole_number("seed", seed, 0),
    )
    check_every = whole_number("check_every", check_every, 0)
    if resume is not None:
        # SciPy's methods go on from before what they have reached, but never to less than that
        done = resume.epoch if method in RATES else len(resume.costs) - 1
        if epochs <= max(done, resume.epoch):
            raise ValueError(f"epochs: got {epochs}, but {done} are already done: ask for more")
    return _run(job, _Record(job, resume, progress), check_every)


@dataclass(frozen=True)
class _Job:
    net: SigmoidNetwork
    X: Array
    Y: Array
    lambda_: float
    evaluate: Evaluate
    method: str
    epochs: int
    rate: float
    batch: int
    seed: int

    def cost(self, theta: Array) -> float:
        """J over all examples."""
        return _moved(self.net, theta).cost(self.X, self.Y, self.lambda_)


class _Stop(Exception):  # noqa: N818 - the end of training, not an error
    """Training cannot go on; the message says why and what to try."""


class _Record:
    """What training has reached so far."""

    def __init__(self, job: _Job, resume: Training | None, progress: Progress | None) -> None:
        self.job, self.progress = job, progress
        self.started = time.perf_counter()
        if resume is None:
            self.theta, self.epoch = job.net.theta, 0
            self.costs = [job.cost(self.theta)]
            self.best_theta, self.best_epoch, self.best_cost = self.theta, 0, self.costs[0]
        else:
            self.theta, self.epoch = resume.theta, resume.epoch
            self.costs = list(resume.costs)  # those beyond ``epoch`` come out once more
            self.best_theta, self.best_epoch = resume.net.theta, resume.best_epoch
            self.best_cost = resume.cost
            self.started -= resume.seconds
        self.done = self.epoch  # epochs; SciPy's methods can be beyond where they could go on
        half = math.log(2.0) * job.net.sizes[-1]  # the cost (3) of answering ½ everywhere
        self.limit = DIVERGED * max(half, self.costs[0])

    def add(self, theta: Array, cost: float) -> None:
        """Note the weights and the cost after one more epoch; _Stop if the cost has run away."""
        raise_deferred()
        epoch = self.done + 1
        if not cost <= self.limit:  # or it is NaN
            raise _Stop(self.divergence(f"the cost is {cost:.3g}, the limit {self.limit:.3g}"))
        self.costs[epoch : epoch + 1] = [cost]
        self.done = epoch
        if cost < self.best_cost:
            self.best_theta, self.best_epoch, self.best_cost = theta.copy(), epoch, cost
        if self.progress is not None:
            self.progress(epoch, self.job.epochs, cost)

    def divergence(self, sign: str) -> str:
        """What to say and what to advise when training runs away."""
        advice = "try smaller initial weights, or features of a common scale"
        if self.job.method in RATES:
            rate = min(self.job.rate / 10.0, RATES[self.job.method])
            advice = f"the step is too large: try rate {rate:g} instead of {self.job.rate:g}"
        return f"diverged in epoch {self.done + 1}: {sign}; {advice}"

    def result(self, stopped: str | None = None, interrupted: bool = False) -> Training:
        if stopped is not None:
            stopped += (
                f"; the best θ, of epoch {self.best_epoch} with cost {self.best_cost:.6g}, is kept"
            )
        # Ctrl-C may have come between a cost and its weights
        early = next((e for e, cost in enumerate(self.costs) if cost < self.best_cost), None)
        return Training(
            net=_moved(self.job.net, self.best_theta),
            costs=self.costs[:early],
            best_epoch=self.best_epoch,
            theta=self.theta,
            epoch=self.epoch,
            seconds=time.perf_counter() - self.started,
            stopped=stopped,
            interrupted=interrupted,
        )


def _run(job: _Job, record: _Record, check_every: int) -> Training:
    def done(theta: Array, cost: float) -> None:
        record.add(theta, cost)
        if check_every and record.done % check_every == 0:
            _compare(job, theta, record.done)

    minimize = _descend if job.method in RATES else _optimize
    try:
        # what overflows is judged; Ctrl-C ends the descent, and waits before and after it
        with np.errstate(over="ignore", invalid="ignore"), interruptible():
            _compare(job, record.theta, record.epoch)
            minimize(job, record, done)
    except _Stop as stop:
        return record.result(str(stop))
    except KeyboardInterrupt:
        return record.result(f"interrupted after epoch {record.done}", interrupted=True)
    return record.result()


def _descend(job: _Job, record: _Record, done: Callable[[Array, float], None]) -> None:
    """Steps of −rate times the gradient, of all examples (gd) or of a few at a time (sgd)."""
    m = len(job.X)
    for epoch in range(record.epoch + 1, job.epochs + 1):
        order = np.arange(m)
        if job.method == "sgd":  # in an order that follows from the epoch: nothing to save
            order = np.random.default_rng([job.seed, epoch]).permutation(m)
        theta = record.theta
        for start in range(0, m, job.batch):
            rows = order[start : start + job.batch]
            # over the batch's own number of examples that is λ/m: the whole penalty, at every step
            lambda_ = job.lambda_ * len(rows) / m
            theta = theta - job.rate * job.evaluate(theta, job.X[rows], job.Y[rows], lambda_)[1]
            if not np.all(np.isfinite(theta)):
                raise _Stop(record.divergence("θ is no longer finite"))
        done(theta, job.cost(theta))
        record.theta, record.epoch = theta, epoch


def _optimize(job: _Job, record: _Record, done: Callable[[Array, float], None]) -> None:
    """SciPy's optimizers, started afresh after every ``RESTART`` iterations."""
    from scipy.optimize import OptimizeResult, minimize

    def cost(theta: Array) -> tuple[float, Array]:
        J, gradient = job.evaluate(theta, job.X, job.Y, job.lambda_)
        if not (math.isfinite(J) and np.all(np.isfinite(gradient))):
            raise _Stop(record.divergence("the cost or its gradient is no longer finite"))
        return J, gradient

    def iteration(intermediate_result: OptimizeResult) -> None:
        done(intermediate_result.x, float(intermediate_result.fun))

    while record.epoch < job.epochs:
        iterations = min(RESTART, job.epochs - record.epoch)
        with one_thread_for("scipy"):
            result = minimize(
                cost,
                record.theta,
                jac=True,
                method={"lbfgs": "L-BFGS-B", "cg": "CG"}[job.method],
                callback=iteration,
                options={"maxiter": iterations},
            )
        if result.nit < RESTART:  # at a minimum, or at the last iteration wanted
            return
        record.theta, record.epoch = result.x, record.epoch + RESTART


def _compare(job: _Job, theta: Array, epoch: int) -> None:
    """Hold the gradient in use against the numerical estimate, on a few examples."""
    from ..checking.gradient import check_gradient  # loads only where a gradient is checked

    rows = slice(None, None, -(-len(job.X) // CHECK_EXAMPLES))
    X, Y = job.X[rows], job.Y[rows]
    check = check_gradient(
        lambda t: _moved(job.net, t).cost(X, Y, job.lambda_),
        lambda t: job.evaluate(t, X, Y, job.lambda_)[1],
        theta,
        parameters=min(theta.size, CHECK_PARAMETERS),
    )
    if check.wrong:
        p = check.wrong[0]
        place = p.label if p.index is None else job.net.parameter_name(p.index)
        raise _Stop(
            f"the gradient contradicts the numerical estimate in epoch {epoch}: at {place} it is "
            f"{p.analytic:.6g}, the estimate {p.numeric:.6g} ± {p.error_bar:.1g}; find the mistake "
            "with check_backprop"
        )


def _source(net: SigmoidNetwork, gradient: str | GradientFunction) -> Evaluate:
    """The function of (θ, X, Y, λ) that gives J and its gradient."""
    if gradient == "matrices":
        gradient = backprop_gradient
    elif gradient == "tape":
        gradient = partial(autodiff_gradient, replay=True)
    elif gradient == "graph":
        gradient = partial(autodiff_gradient, replay=False)
    if not callable(gradient):
        names = ", ".join(GRADIENTS)
        raise ValueError(f"gradient: got {gradient!r}, expected {names} or a function")
    function: GradientFunction = gradient
    own = SigmoidNetwork(thetas=net.thetas)

    def evaluate(theta: Array, X: Array, Y: Array, lambda_: float) -> tuple[float, Array]:
        own.theta = theta
        result = function(own, X, Y, lambda_)
        return result.cost, result.vector

    return evaluate


def _moved(net: SigmoidNetwork, theta: Array) -> SigmoidNetwork:
    """A network of the same sizes with other weights."""
    return SigmoidNetwork(thetas=reshape(theta, net.shapes))
