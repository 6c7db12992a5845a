"""A user's own gradient against the exact one, against its own cost, and against the catalogue.

A gradient is right if no entry differs from ``backprop_gradient`` by more than rounding
explains; nearly right if it agrees to so many digits; right for its own cost if it is the
gradient of another cost than the course's, one that the code states or that people use; and
wrong otherwise. A mistake is named only if its formula reproduces the user's numbers as closely
as rounding allows: the nearest formula is not enough.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..network.sigmoid import SigmoidNetwork
from ..support.validation import Array, regularization
from .binding import Runner
from .diagnosis import Diagnosis, Finding, LayerVerdict
from .evidence import Case
from .examine import Runs, descaled, diagnose, held_against, layer_verdicts, run, same_answer
from .explain import explanations
from .functions import function_candidates, needs_network, parameter_names
from .layouts import Problem, random_problem
from .lines import Listing, Wrong, explain_lines
from .local import Local
from .names import Parameter, parameters_of
from .objects import ObjectBinding
from .other_costs import OTHER_DATA, UNKNOWN, costs_near
from .own_cost import OwnCost, Stated, scales
from .search import EXAMPLES, LAMBDA, Bound, Search
from .stored import StoredResults, stored_results
from .submission import StepError, UserError
from .workshop import signature

__all__ = ["Diagnosis", "Finding", "LayerVerdict", "check_backprop", "judge"]

LIKELY = 2 / 3  # of the most lines that are known under any way to hand θ over
NAMED = 3  # attempts whose mistakes are looked for, until one is named
TRACED = 7  # examples of the traced run: none of the usual sizes, so that shapes tell quantities


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
    described = signature("function", function)
    parameters = parameters_of(described["parameters"])
    if _takes_theta_alone(parameters) and X is None:
        raise ValueError("net: got None, but the function takes θ alone; pass net, X and Y too")
    runner = Local(function)
    inventory = {"functions": [described]}
    given = None if net is None else _given(net, X, Y, lambda_)
    candidates = function_candidates(inventory, [described], runner)
    try:
        judged = judge(candidates, runner, given, lambda_, inventory)
    except UserError as error:
        if net is None and needs_network(parameters) and isinstance(error, StepError):
            raise UserError(
                "net: got None, but the function takes θ as one vector and no sizes; pass the net "
                "that it is for, or give it a parameter sizes"
            ) from error
        raise
    if judged is not None:
        return with_lines(*judged, runner)
    raise TypeError(
        f"function: got parameters ({parameter_names(parameters)}), expected "
        "(thetas, X, Y, lambda_), (theta, sizes, X, Y, lambda_) or (theta)"
    )


def _takes_theta_alone(parameters: Sequence[Parameter] | None) -> bool:
    return parameters is not None and len([p for p in parameters if not p.optional]) == 1


def _given(
    net: SigmoidNetwork, X: npt.ArrayLike | None, Y: npt.ArrayLike | None, lambda_: float
) -> list[Problem]:
    """The problems on the user's own network."""
    if X is not None and Y is not None:
        return [Problem(net, *net.data(X, Y), lambda_)]
    made = random_problem(net.sizes, EXAMPLES, 0.0)
    return [replace(made, net=net, lambda_=value) for value in (lambda_ or LAMBDA, 0.0)]


def judge(
    candidates: Iterable[Bound],
    runner: Runner,
    given: Sequence[Problem] | None,
    lambda_: float,
    inventory: Mapping[str, Any],
) -> tuple[Diagnosis, Runs] | None:
    """The diagnosis under the binding that leaves the least to explain; None if there is none.

    Raises UserError if nothing ran.
    """
    search = Search(runner, given, lambda_)
    found = search.go(candidates)
    if found is None and search.cost_alone is not None:
        raise search.cost_alone  # arrays that it gives too, otherwise bound, are no gradient
    # a J that is right tells how θ and y are read, whatever the gradient is
    attempts = sorted(
        search.attempts, key=lambda one: (not one.fits, not one.cost_right, one.answer.scaled)
    )
    if found is not None:
        attempts.insert(0, found)
    best: tuple[Diagnosis, Runs] | None = None
    unnamed = []
    for attempt in attempts:
        runs = run(attempt, runner, given, lambda_, inventory)
        diagnosis = diagnose(runs, named=False)
        if diagnosis.passed and runs.own != UNKNOWN:
            return diagnosis, runs
        unnamed.append(runs)
        if runs.own == OTHER_DATA:
            break
    # check_gradient does not see in which order θ is read, so that a cost that no binding makes
    # known counts only if none makes it the course's with other labels
    unknown = [runs for runs in unnamed if runs.own == UNKNOWN]
    if unknown and all(runs.own != OTHER_DATA for runs in unnamed):
        return diagnose(unknown[0]), unknown[0]
    unnamed = [runs for runs in unnamed if runs.own != UNKNOWN]
    for runs in _likeliest(unnamed, runner):
        if best is not None and best[0].mistakes and _told(best[1]) and not _told(runs):
            break
        diagnosis = diagnose(runs)
        if best is None or diagnosis.unexplained < best[0].unexplained:
            best = diagnosis, runs
        if best[0].gradient_passed or best[0].one_mistake:
            break
    if best is None and search.failure is not None:
        raise search.failure
    return best


def _told(runs: Runs) -> bool:
    """Whether a J that is right tells that θ and the data were read as they are meant."""
    return runs.fits and costs_near(runs.cases, given=True)


def with_lines(diagnosis: Diagnosis, runs: Runs, runner: Runner) -> Diagnosis:
    """The diagnosis with what each line computed, where the code can be read and run so."""
    cost_wrong = bool(diagnosis.cost_findings) or diagnosis.cost_wrong
    traced = _listing(runs, runner, not diagnosis.gradient_passed, cost_wrong)
    if traced is None:
        return diagnosis
    listing, problem = traced
    assert runs.bound is not None
    listing = replace(listing, example=_one_example(runs.bound, runner, problem))
    if diagnosis.result != "wrong":
        return replace(diagnosis, where=None, lines=listing)
    units, layers = _of_units(runs, listing.units)
    # what lines show does not explain the whole answer: it counts where nothing else is at hand
    others = diagnosis.mistakes or _of_lines(listing.wrong, diagnosis)
    found = min(filter(None, (units, others)), key=lambda one: len(one[0].parts), default=())
    clues = () if found else diagnosis.clues
    diagnosis = replace(diagnosis, where=listing.where, lines=listing, mistakes=found, clues=clues)
    return replace(diagnosis, layers=layers) if found and found is units else diagnosis


def _likeliest(found: Sequence[Runs], runner: Runner) -> list[Runs]:
    """Those whose mistakes are looked for, first what a right J bears out, then the ways to hand θ
    over under which most lines are known; of gradients and of steps so many each."""
    if len(found) < 2:
        return list(found)
    # labels that are read wrongly leave other lines unknown than a mistake does, and no fewer
    ways = [getattr(runs.bound, "delivery", None) for runs in found]
    known = dict.fromkeys(ways, 0)
    if len(known) > 1:
        for way, runs in zip(ways, found, strict=True):
            known[way] = max(known[way], _lines_known(runs, runner))
    least = LIKELY * max(known.values())
    order = sorted(range(len(found)), key=lambda n: (not _told(found[n]), known[ways[n]] < least))
    kept = [[n for n in order if found[n].stepped == steps][:NAMED] for steps in (False, True)]
    return [found[n] for n in order if n in kept[0] or n in kept[1]]


def _lines_known(runs: Runs, runner: Runner) -> int:
    """How many lines compute what backpropagation computes, if all is read as here."""
    traced = _listing(runs, runner, True, False)
    return sum(line.status == "right" for line in traced[0].lines) if traced else 0


def _listing(
    runs: Runs, runner: Runner, gradient_wrong: bool, cost_wrong: bool
) -> tuple[Listing, Problem] | None:
    """What each line computed, and on what; None where the code cannot be run so."""
    bound, first = runs.bound, runs.problems[0]
    if bound is None:
        return None
    m = 1 if bound.single else bound.examples or TRACED
    problem = replace(random_problem(first.net.sizes, m, first.lambda_), lambda_=first.lambda_)
    try:
        problem = bound.problem(problem, runner)
        program, _ = bound.program(problem)
        trace = runner.trace(program)
        if trace is None:
            return None
        answer, untouched = bound.read_back(trace.results, problem), bound.answer(runner, problem)
    except UserError:
        return None
    if not runs.unstable and not same_answer(answer, untouched):
        return None  # what answers differently explains nothing
    own = runs.stated if runs.other_cost else None
    case = Case(problem.net, problem.X, problem.Y, problem.lambda_, untouched, own=own,
                biases=bound.layout.has_biases)  # fmt: skip
    (untouched,) = descaled([untouched], [case.exact.D], [len(problem.X)], bound.layout)
    case = replace(case, answer=untouched)
    listing = explain_lines(
        trace.source,
        trace.events,
        case,
        file=trace.file,
        known=trace.places,
        replaced=isinstance(bound, ObjectBinding),
        again=trace.again if runs.unstable else None,
        gradient_wrong=gradient_wrong,
        cost_wrong=cost_wrong,
    )
    return listing, problem


def _of_units(
    runs: Runs, units: tuple[str, str]
) -> tuple[tuple[Finding, ...], tuple[LayerVerdict, ...]]:
    """The fewest mistakes of a network with the units that the run shows, where neither its form
    nor its J says what it was to compute: a mean or a sum over the examples, ½ or no ½; and the
    layers held against that."""
    assert runs.bound is not None
    stated = runs.other_cost or any(case.answer.cost is not None for case in runs.cases)
    if stated or runs.bound.course_form or not runs.fits or runs.unstable:
        return (), ()
    own = OwnCost(*units)
    held = [
        held_against(Stated(own, number, ""), runs)
        for number, scale in enumerate(scales(1, 1, free=True))
        if own.squares or "½" not in scale.words
    ]
    found = [(tuple(explanations(cases)), cases) for cases in held]
    told = [one for one in found if one[0]]
    if not told:
        return (), ()
    findings, cases = min(told, key=lambda one: len(one[0][0].parts))
    return findings, tuple(layer_verdicts(cases))


def _one_example(bound: Bound, runner: Runner, problem: Problem) -> dict[str, Any]:
    """One example of ``problem`` by itself, and the gradient that the code gives for it.

    It is one of the last class, from whose label a code may work out how many classes there are.
    """
    row = int(np.flatnonzero(problem.Y[:, -1] == np.max(problem.Y[:, -1]))[0])
    rows = slice(row, row + 1)
    alone = replace(problem, X=problem.X[rows], Y=problem.Y[rows], lambda_=0.0)
    D = None
    if bound.takes_lambda or problem.lambda_ == 0.0:
        with contextlib.suppress(UserError):  # it needs several, or every class
            answer = bound.answer(runner, alone)
            case = Case(alone.net, alone.X, alone.Y, 0.0, answer)
            D = [part.tolist() for part in case.parts] if case.fits and not answer.scaled else None
    thetas = [theta.tolist() for theta in problem.net.thetas]
    x, y = alone.X[0].tolist(), alone.Y[0].tolist()
    return {"row": row, "thetas": thetas, "x": x, "y": y, "D": D}


def _of_lines(wrong: Sequence[Wrong], diagnosis: Diagnosis) -> tuple[Finding, ...]:
    """The mistakes that lines make, where no formulas of the catalogue give the whole answer."""
    first = {one.name: one for one in reversed(wrong)}
    kept = [one for one in wrong if one.name and first[one.name] is one]
    if not kept:
        return ()
    formulas = tuple(
        (f"line {w.line}", w.expected, w.computed, f"Look at line {w.line}: {w.code}") for w in kept
    )
    layers = tuple(verdict.layer for verdict in diagnosis.layers if not verdict.passed)
    names = tuple(w.name for w in kept)
    return (Finding.of("; and ".join(names), names, formulas, layers),)


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
        return diagnose(Runs.of([case], form))
    note = f"λ is not stored; the gradient is right for λ = {fitted:g}. Is that the λ you used?"
    return diagnose(Runs.of([replace(case, lambda_=fitted, _forward={})], form, note))


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
