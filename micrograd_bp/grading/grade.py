"""A user's own gradient against the exact one, and against every mistake of the catalogue.

A gradient is right if no entry differs from ``backprop_gradient`` by more than rounding
explains, and a mistake is named only if its formula reproduces the user's numbers as closely:
the nearest formula is not enough. What no formula reproduces stays wrong and unnamed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..network.sigmoid import SigmoidNetwork
from ..network.symbols import symbol
from ..support.validation import Array, regularization
from .clues import where_to_look
from .diagnosis import Diagnosis, Finding, LayerVerdict
from .evidence import Case, relative_difference
from .explain import explanations, judge_cost, unseen
from .submission import Answer, Call, StoredResults, UserError, calls, stored_results

__all__ = ["Diagnosis", "Finding", "LayerVerdict", "check_backprop"]

# Networks on which the mistakes give different gradients: two hidden layers, of sizes that no
# transposed matrix fits; then of one size, which is what a transposed matrix or the wrong layer's
# needs to run at all. For functions written for one hidden layer, the same with one.
SIZES = ([3, 5, 4, 3], [4, 4, 4, 4], [4, 5, 3], [4, 4, 4])
EXAMPLES = (5, 5, 1)
LAMBDAS = (1.3, 0.0, 0.0)
LABELS = [1, 0, 2, 2, 0]  # first and last differ, classes are unequally frequent
SEED = 1986


def check_backprop(
    function: Callable[..., Any] | Mapping[str, Any] | str | Path,
    net: SigmoidNetwork | None = None,
    X: npt.ArrayLike | None = None,
    Y: npt.ArrayLike | None = None,
    lambda_: float = 0.0,
) -> Diagnosis:
    """Judge a gradient by the user's ``function``, and name the mistake if it is wrong.

    ``function`` takes (thetas, X, Y, lambda_) and returns the list of matrices D⁽ˡ⁾, or takes
    (theta, sizes, X, Y, lambda_) and returns (J, gradient), both unrolled column by column, or
    takes (theta) alone, bound to the ``net`` and data given here; ``submission.py`` has the
    details. Or it is stored results: a mapping of arrays, or a .mat, .npz or .json file of them.
    Without ``net`` it runs on small random networks; X (m, s_1) and Y (one-hot (m, K), class
    indices (m,), or 0/1 (m,)) without ``net`` are an error. ``lambda_`` is that of the given
    data; without any, λ = 0 and a λ > 0 are both tried. Raises ValueError or TypeError if the
    function crashes, returns no gradient, or the data do not fit.

    >>> from micrograd_bp import backprop_gradient
    >>> def backprop(thetas, X, Y, lambda_):  # the data's part has the wrong sign
    ...     net = SigmoidNetwork(thetas=thetas)
    ...     both, data = backprop_gradient(net, X, Y, lambda_), backprop_gradient(net, X, Y)
    ...     return [d - 2 * from_data for d, from_data in zip(both.D, data.D)]
    >>> diagnosis = check_backprop(backprop)
    >>> diagnosis.passed, diagnosis.mistakes[0].name
    (False, 'sign of h − y')
    """
    lambda_ = regularization(lambda_)
    if isinstance(function, (Mapping, str, Path)):
        return _check_results(stored_results(function, net, X, Y), lambda_)
    if not callable(function):
        raise TypeError(
            f"function: got {type(function).__name__}, expected a function, a mapping of arrays "
            "or the path of stored results"
        )
    if net is None and not (X is None and Y is None):
        raise ValueError("net: got None, expected the network that X and Y are for")
    if (X is None) != (Y is None):
        raise ValueError(f"{'X' if X is None else 'Y'}: got None, expected both X and Y")
    return _check_function(function, net, X, Y, lambda_)


def _check_function(
    function: Callable[..., Any],
    net: SigmoidNetwork | None,
    X: npt.ArrayLike | None,
    Y: npt.ArrayLike | None,
    lambda_: float,
) -> Diagnosis:
    """The judgement under the way to call the function that leaves the least to explain."""
    best: Diagnosis | None = None
    failure: UserError | None = None
    for call in calls(function):
        if call.bound and X is None:
            raise ValueError("net: got None, but the function takes θ alone; pass net, X and Y too")
        if call.needs_network and net is None:
            failure = failure or UserError(
                "net: got None, but the function takes θ as one vector and no sizes; pass the net "
                "that it is for, or give it a parameter sizes"
            )
            continue
        try:
            diagnosis = _check_call(call, net, X, Y, lambda_)
        except UserError as error:
            failure = failure or error
            continue
        if best is None or diagnosis.unexplained < best.unexplained:
            best = diagnosis
        if best.passed:
            break
    if best is None:
        assert failure is not None
        raise failure
    return best


def _check_call(
    call: Call,
    net: SigmoidNetwork | None,
    X: npt.ArrayLike | None,
    Y: npt.ArrayLike | None,
    lambda_: float,
) -> Diagnosis:
    """The judgement on the given network, or on the first random ones that the function runs."""
    misshaped: Diagnosis | None = None
    failures: list[UserError] = []
    for sizes in SIZES if net is None else (net.sizes,):
        data = _data(sizes, lambda_) if net is None else _given(net, X, Y, lambda_)
        try:
            cases, notes = _run(call, data)
        except UserError as error:
            failures.append(error)
            continue
        if failures and failures[0].__cause__ is not None:  # an exception of the function itself
            only = "all layers are of one size" if len(set(sizes)) == 1 else "one layer is hidden"
            notes.append(f"the function runs only where {only}; elsewhere: {failures[0]}.")
        elif misshaped is not None:
            notes.append("with two hidden layers its gradient has not the shapes of Θ.")
        diagnosis = _diagnose(cases, notes, call.description)
        if cases[0].fits or diagnosis.gradient_findings:
            return diagnosis
        misshaped = diagnosis if misshaped is None else misshaped
    if misshaped is None:
        # what is written for one hidden layer fails with two for that reason only
        raise failures[-2] if len(failures) == len(SIZES) else failures[0]
    return misshaped


Data = tuple[SigmoidNetwork, Array, Array, float]


def _data(sizes: Sequence[int], lambda_: float) -> list[Data]:
    """Small random networks of these sizes with data, with and without regularization."""
    rng = np.random.default_rng(SEED)
    made = []
    for m, value in zip(EXAMPLES, LAMBDAS, strict=True):
        net = SigmoidNetwork(sizes, init=1.2, seed=rng)
        X = rng.normal(size=(m, sizes[0]))
        Y = net.targets([label % sizes[-1] for label in LABELS[:m]])
        made.append((net, X, Y, lambda_ if lambda_ and value else value))
    return made


def _given(
    net: SigmoidNetwork, X: npt.ArrayLike | None, Y: npt.ArrayLike | None, lambda_: float
) -> list[Data]:
    if X is not None and Y is not None:
        return [(net, *net.data(X, Y), lambda_)]
    rng = np.random.default_rng(SEED)
    X = rng.normal(size=(len(LABELS), net.sizes[0]))
    Y = net.targets([label % max(2, net.sizes[-1]) for label in LABELS])
    return [(net, X, Y, value) for value in (lambda_ or LAMBDAS[0], 0.0)]


def _run(call: Call, data: Sequence[Data]) -> tuple[list[Case], list[str]]:
    """The user's answers, and what else was noticed on the way. Raises UserError."""
    if "lambda" not in call.roles and len(data) > 1:
        data = [case for case in data if case[3] == 0.0]
    cases = [Case(*case, call(*case)) for case in data[:1]]
    notes = []
    again = call(*data[0])
    if not _equal(cases[0].answer, again):
        notes.append(
            "a second call with the same θ and data gave another gradient: set every Δ to 0 at "
            "the start of the function, and use no random numbers in it."
        )
    for case in data[1:]:
        try:
            cases.append(Case(*case, call(*case)))
        except UserError as error:
            notes.append(f"with m = {len(case[1])} example(s) the function fails: {error}")
    if "lambda" not in call.roles and not call.bound:
        notes.append("the function takes no λ: it was judged for λ = 0 only.")
    return cases, notes


def _check_results(stored: StoredResults, lambda_: float) -> Diagnosis:
    value = lambda_ if stored.lambda_ is None else stored.lambda_
    case = Case(stored.net, stored.X, stored.Y, value, stored.answer, stored=True)
    if not case.decidable and case.fits:
        raise ValueError(
            "grad: too few digits to judge it; save the arrays with full precision "
            "(Octave: save -v7, NumPy: savez) instead of what is displayed"
        )
    form = "stored results, " + ("one vector" if stored.answer.is_vector else "matrices")
    fitted = _fitted_lambda(case) if stored.lambda_ is None and not lambda_ else None
    if fitted is None:
        return _diagnose([case], [], form)
    note = f"λ is not stored; the gradient is right for λ = {fitted:g}. Is that the λ you used?"
    return _diagnose([replace(case, lambda_=fitted, _forward={})], [note], form)


def _fitted_lambda(case: Case) -> float | None:
    """The λ > 0 with which the gradient is right, if there is one."""
    if not case.fits:
        return None
    m = len(case.X)
    direction = np.concatenate([_regularized(theta).ravel() for theta in case.net.thetas]) / m
    if max(float(np.max(error)) for error in case.errors()) <= 1.0:
        return None  # λ = 0 it is
    both = zip(case.parts, case.exact.D, strict=True)
    difference = np.concatenate([(yours - right).ravel() for yours, right in both])
    size = float(direction @ direction)
    estimate = float(f"{difference @ direction / size:.10g}") if size else 0.0
    if not 0.0 < estimate < np.inf:
        return None
    fitted = replace(case, lambda_=estimate, _forward={})
    return estimate if max(float(np.max(error)) for error in fitted.errors()) <= 1.0 else None


def _regularized(theta: Array) -> Array:
    return np.hstack([np.zeros((len(theta), 1)), theta[:, 1:]])


def _diagnose(cases: Sequence[Case], notes: list[str], form: str) -> Diagnosis:
    fits = all(case.fits for case in cases)
    verdicts = _layer_verdicts(cases) if fits else []
    gradient_passed = fits and all(verdict.passed for verdict in verdicts)
    unstable = any(note.startswith("a second call") for note in notes)
    findings = [] if gradient_passed else explanations(cases)
    cost, cost_finding = judge_cost(cases)
    cost_passed = cost is None or cost[2]
    clues = [] if gradient_passed or findings else where_to_look(cases, verdicts)
    residuals = [relative_difference(case.parts, case.exact.D) for case in cases if case.fits]
    return Diagnosis(
        right=gradient_passed and cost_passed and not unstable,
        gradient_passed=gradient_passed,
        mistakes=(*findings, *cost_finding),
        layers=tuple(verdicts),
        cost=cost,
        residual=max(residuals, default=np.inf),
        clues=tuple(clues),
        unseen=tuple(unseen(cases)) if gradient_passed else (),
        notes=tuple(notes),
        networks=tuple(
            f"{'-'.join(map(str, case.net.sizes))} with m = {len(case.X)} and λ = {case.lambda_:g}"
            for case in cases
        ),
        form=form,
    )


def _layer_verdicts(cases: Sequence[Case]) -> list[LayerVerdict]:
    made = []
    for l, theta in enumerate(cases[0].net.thetas):
        errors = [case.errors()[l] for case in cases]
        wrong = np.max(errors, axis=0) > 1.0
        worst_case = int(np.argmax([np.max(error) for error in errors]))
        i, j = np.unravel_index(int(np.argmax(errors[worst_case])), theta.shape)
        case = cases[worst_case]
        made.append(
            LayerVerdict(
                layer=l + 1,
                columns=theta.shape[1],
                entries=theta.size,
                wrong=int(np.count_nonzero(wrong)),
                wrong_columns=tuple(int(c) for c in np.flatnonzero(wrong.any(axis=0))),
                worst=symbol("θ", int(i) + 1, int(j), layer=l + 1),
                yours=float(case.parts[l][i, j]),
                right=float(case.exact.D[l][i, j]),
            )
        )
    return made


def _equal(one: Answer, other: Answer) -> bool:
    same = len(one.parts) == len(other.parts)
    return same and all(
        np.array_equal(a, b, equal_nan=True) for a, b in zip(one.parts, other.parts, strict=True)
    )
