"""One attempt examined: run on every problem, held against the costs, and explained if wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..gradients import autodiff_gradient
from ..network.symbols import symbol
from ..support.validation import Array
from .binding import Binding, Runner
from .clues import where_to_look
from .diagnosis import Diagnosis, LayerVerdict
from .evidence import Case, relative_difference
from .explain import explanations, judge_cost, unseen
from .functions import with_cost
from .layouts import Layout, Problem
from .other_costs import OTHER_DATA, costs_near, near, own_cost_of
from .own_cost import Stated, gradient_scale, stated_cost
from .precision import SINGLE
from .search import NEARLY, Attempt, Bound, distance, problems_for, unforeseen
from .submission import Answer, StepError, UserError

__all__ = [
    *("Runs", "asked_again", "descaled", "diagnose", "held_against", "layer_verdicts", "run"),
    "same_answer",
]

EXACT = 1e-9  # relative to the largest entry: a cost of the family, to rounding
FEW = 2  # numbers that tell no factor
GRAPH_LIMIT = 200_000  # nodes' worth of examples × weights that the graph confirms


@dataclass(frozen=True)
class Runs:
    """What an attempt gave on every problem, and what else was noticed."""

    cases: list[Case]
    problems: list[Problem]
    form: str
    notes: list[str]
    judged: str = ""
    unstable: bool = False  # another answer in every call
    crashed: str | None = None  # on which data
    own: tuple[str, ...] | None = None  # in what its own cost differs, if it is right for that
    stated: Stated | None = None  # the cost that its J is, if it is a known one
    lacking: tuple[str, ...] = ()  # what its network has not
    stepped: bool = False  # the gradient was told from a step of unknown α
    bound: Bound | None = None

    @classmethod
    def of(cls, cases: list[Case], form: str, *notes: str) -> Runs:
        """Results that are at hand without running anything."""
        problems = [Problem(case.net, case.X, case.Y, case.lambda_) for case in cases]
        return cls(cases, problems, form, list(notes))

    @property
    def other_cost(self) -> bool:
        """Whether its J is known and of other units, or of another form where that is free."""
        if self.stated is None or self.bound is None:
            return False
        course = self.bound.course_form and not self.stated.own.differences
        return not course and bool(self.stated.words(self.problems[0]))

    @property
    def fits(self) -> bool:
        return all(case.fits for case in self.cases)


def run(
    attempt: Attempt,
    runner: Runner,
    given: Sequence[Problem] | None,
    lambda_: float,
    inventory: Mapping[str, Any],
) -> Runs:
    """Every problem run under one binding. Raises UserError if it does not run any more."""
    bound, first = attempt.bound, attempt.problem
    if isinstance(bound, Binding) and attempt.answer.cost is None:
        bound = with_cost(bound, inventory, first, runner)
    problems = list(given) if given is not None else problems_for(bound, first.net.sizes, lambda_)
    if given is not None and not bound.takes_lambda and len(problems) > 1:
        problems = [problem for problem in problems if problem.lambda_ == 0.0]
    runs = _run(bound, runner, [bound.problem(problem, runner) for problem in problems])
    runs.notes.extend(_binding_notes(attempt, bound, runs))
    if runs.fits and not runs.unstable and runs.crashed is None and not _right(runs.cases):
        costs = [case.answer.cost for case in runs.cases if case.answer.cost is not None]
        stated = stated_cost(runs.problems[: len(costs)], costs) if costs else None
        runs = replace(runs, stated=stated)
        return replace(runs, own=own_cost_of(bound, runner, runs))
    return runs


def asked_again(
    diagnosis: Diagnosis, runs: Runs, runner: Runner, text: str
) -> tuple[Diagnosis, Runs]:
    """What passed, run once more on data that only the submission's text determines.

    If the answer is right there too, nothing changes; else it was right for some data only, and
    the verdict is that of all runs.
    """
    bound = runs.bound
    if bound is None or not diagnosis.passed:
        return diagnosis, runs
    problem = unforeseen(bound, runs.problems[0].net.sizes, text)
    if problem is None:
        return diagnosis, runs
    try:
        more = _run(bound, runner, [bound.problem(problem, runner)])
    except UserError as error:
        where = f"with m = {len(problem.X)} example(s)"
        note = f"{where} the function fails: {error}"
        runs = replace(runs, notes=[*runs.notes, note], crashed=where, own=None)
        return diagnose(runs), runs
    if more.fits and not _right(more.cases):
        more = replace(more, own=own_cost_of(bound, runner, more))
    if diagnose(more, named=False).passed:
        return diagnosis, runs
    note = f"with m = {len(problem.X)} example(s) the gradient is another than elsewhere."
    cases, problems = [*runs.cases, *more.cases], [*runs.problems, *more.problems]
    runs = replace(runs, cases=cases, problems=problems, notes=[*runs.notes, note], own=None)
    return diagnose(runs), runs


def _run(bound: Bound, runner: Runner, problems: Sequence[Problem]) -> Runs:
    """The user's answers, and what else was noticed on the way. Raises UserError."""
    answers = [bound.answer(runner, problems[0])]
    again = bound.answer(runner, problems[0])
    notes = []
    unstable = not same_answer(answers[0], again)
    if unstable:
        notes.append(
            "a second call with the same θ and data gave another gradient: set every Δ to 0 at "
            "the start of the function, and use no random numbers in it."
        )
    crashed, kept = None, [problems[0]]
    for problem in problems[1:]:
        try:
            answers.append(bound.answer(runner, problem))
            kept.append(problem)
        except UserError as error:
            where = f"with m = {len(problem.X)} example(s) and λ = {problem.lambda_:g}"
            notes.append(f"{where} the function fails: {error}")
            crashed = crashed or where
    for problem in kept:
        _confirm_by_the_graph(problem)
    stepped = any(answer.scaled for answer in answers)
    exacts = [problem.exact.D for problem in kept]
    answers = descaled(answers, exacts, [len(problem.X) for problem in kept], bound.layout)
    biases = bound.layout.has_biases
    cases = [
        Case(p.net, p.X, p.Y, p.lambda_, answer, biases=biases)
        for p, answer in zip(kept, answers, strict=True)
    ]
    lacking = () if biases else ("no biases",)
    return Runs(
        cases,
        kept,
        bound.words,
        notes,
        bound.name,
        unstable,
        crashed,
        lacking=lacking,
        bound=bound,
        stepped=stepped,
    )


def _confirm_by_the_graph(problem: Problem) -> None:
    """The exact gradient again, by a derivation that shares nothing with the first."""
    size = len(problem.X) * sum(theta.size for theta in problem.net.thetas)
    if size > GRAPH_LIMIT:
        return
    graph = autodiff_gradient(problem.net, problem.X, problem.Y, problem.lambda_)
    if relative_difference(graph.D, problem.exact.D) > EXACT:
        raise ArithmeticError("the referee's two gradients disagree; please report this network")


def descaled(
    answers: Sequence[Answer], exacts: Sequence[Sequence[Array]], m: Sequence[int], layout: Layout
) -> list[Answer]:
    """Steps (before − after) divided by the α that the numbers tell, one for equally many (``m``)
    examples: a factor that changes with the data is no α. Biases that are not there stay right."""
    made = []
    found: dict[int, float] = {}
    none = layout.kind == "none"
    for answer, exact, count in zip(answers, exacts, m, strict=True):
        if answer.scaled and answer.fits([D.shape for D in exact]):
            seen = [layout.pieces(parts)[0] if none else parts for parts in (answer.parts, exact)]
            # negative: told from its sign
            size = abs(found.setdefault(count, _alpha(*seen))) or 1.0
            parts = [part / size for part in answer.parts]
            if none:
                both = zip(exact, parts, strict=True)
                parts = [np.hstack([D[:, :1], part[:, 1:]]) for D, part in both]
            answer = replace(answer, parts=parts, scaled=False, rate=size)
        made.append(answer)
    return made


def held_against(own: Stated, runs: Runs) -> list[Case]:
    """The cases held against another cost than the course's; steps told from that one anew."""
    assert runs.bound is not None
    cases = [replace(case, own=own, _forward={}) for case in runs.cases]
    if not runs.stepped:
        return cases
    steps = [
        replace(a, parts=[part * a.rate for part in a.parts], scaled=True)
        for a in (case.answer for case in cases)
    ]
    exacts = [case.exact.D for case in cases]
    answers = descaled(steps, exacts, [len(case.X) for case in cases], runs.bound.layout)
    both = zip(cases, answers, strict=True)
    return [replace(case, answer=answer, _forward={}) for case, answer in both]


def _alpha(parts: Sequence[Array], exact: Sequence[Array]) -> float:
    """The factor of the whole step; if it is wrong, that of the part that fits best: a layer, or
    its weights. A bias or two fit any factor."""
    factor, left = gradient_scale(parts, exact)
    if left > NEARLY:
        both = [(yours, right) for yours, right in zip(parts, exact, strict=True)]
        both += [(yours[:, 1:], right[:, 1:]) for yours, right in both]
        found = [gradient_scale([one], [other]) for one, other in both if one.size > FEW]
        factor, left = min([(factor, left), *found], key=lambda one: one[1])
    return factor if left <= 1.0 else 1.0


def _binding_notes(attempt: Attempt, bound: Bound, runs: Runs) -> list[str]:
    made = []
    skipped, sizes = attempt.skipped, attempt.problem.net.sizes
    if isinstance(skipped, StepError):
        if len(set(sizes)) == 1 and len(sizes) == 4:
            only = "all layers are of one size"
        elif sizes[-1] == 1:
            only = "there is one output unit"
        elif len(sizes) == 2:
            only = "no layer is hidden"
        else:
            only = "one layer is hidden" if len(sizes) == 3 else "hidden layers are of one size"
        made.append(f"the function runs only where {only}; elsewhere: {skipped}.")
    elif attempt.misshapen_before:
        made.append("with two hidden layers its gradient has not the shapes of Θ.")
    if not bound.takes_lambda and bound.words != "θ as one vector, bound":
        made.append("the function takes no λ: it was judged for λ = 0 only.")
    if any(case.answer.changed for case in runs.cases):
        made.append("the function changes the arrays that it is given, θ perhaps; let it copy.")
    return made


def _right(cases: Sequence[Case]) -> bool:
    gradient = all(float(np.max(error)) <= 1.0 for case in cases for error in case.errors())
    cost, _ = judge_cost(cases)
    return gradient and (cost is None or cost[2])


def diagnose(runs: Runs, named: bool = True) -> Diagnosis:
    """The verdict on the cases; if it is wrong and ``named``, with what explains it."""
    cases, problems = runs.cases, runs.problems
    verdicts = layer_verdicts(cases) if runs.fits else []
    exact = runs.fits and all(verdict.passed for verdict in verdicts)
    nearly = runs.fits and near(cases, problems)
    cost, cost_finding = judge_cost(cases)
    cost_exact, cost_near = cost is None or cost[2], costs_near(cases)
    single = any(case.unit == SINGLE for case in cases) and not cases[0].stored
    if runs.unstable or runs.crashed is not None:
        outcome = "wrong"
    elif exact and cost_exact:
        outcome = "nearly right" if single else "right"
    elif nearly and cost_near:
        outcome = "nearly right"
    else:
        outcome = "wrong" if runs.own in (None, OTHER_DATA) else "right for its own cost"
    differences = (*runs.lacking, *(runs.own or ()))
    if runs.lacking and outcome in ("right", "nearly right"):
        outcome = "right for its own cost"
    wrong = outcome == "wrong"
    gradient_passed = exact or nearly or not wrong
    if wrong and not gradient_passed and runs.other_cost:
        assert runs.stated is not None
        cases = held_against(runs.stated, runs)
        verdicts = layer_verdicts(cases) if runs.fits else []
        cost_finding = []
        cost = cost and (cost[0], cost[0], True)
    findings = explanations(cases) if named and not gradient_passed else []
    clues = [] if gradient_passed or findings or not named else where_to_look(cases, verdicts)
    residuals = [relative_difference(case.parts, case.exact.D) for case in cases if case.fits]
    if outcome == "right for its own cost" or (cost_near and not wrong):
        cost_finding = []
    return Diagnosis(
        result=outcome,
        gradient_passed=gradient_passed,
        mistakes=(*findings, *cost_finding),
        layers=tuple(verdicts),
        cost=cost,
        residual=max(residuals, default=np.inf),
        clues=tuple(clues),
        unseen=tuple(unseen(cases)) if outcome == "right" else (),
        notes=(*runs.notes, *_nearly_notes(cases, problems, outcome)),
        networks=tuple(
            f"{'-'.join(map(str, case.net.sizes))} with m = {len(case.X)} and λ = {case.lambda_:g}"
            for case in cases
        ),
        form=runs.form,
        differences=differences if outcome == "right for its own cost" else (),
        digits=_digits(cases, problems) if outcome == "nearly right" else None,
        judged=runs.judged,
        single=single,
        unstable=runs.unstable,
        crashed=runs.crashed,
    )


def _digits(cases: Sequence[Case], problems: Sequence[Problem]) -> int:
    """To how many digits gradient and cost agree, the least over all."""
    off = [distance(case.answer, problem) for case, problem in zip(cases, problems, strict=True)]
    off += [
        abs(case.answer.cost / case.exact.cost - 1.0)
        for case in cases
        if case.answer.cost is not None and case.exact.cost
    ]
    return int(-np.log10(max(*off, 1e-16)))


SINGLE_DIGITS = 5e-6  # single precision does not differ by more from small networks' gradients


def _nearly_notes(
    cases: Sequence[Case], problems: Sequence[Problem], outcome: str
) -> tuple[str, ...]:
    """The likely reason for the last digits."""
    if outcome != "nearly right":
        return ()
    off = max(distance(c.answer, p) for c, p in zip(cases, problems, strict=True))
    if not _right_costs(cases) and off <= 1e-12:
        return ("only J differs, in its last digits: is an ε added in the logarithm?",)
    if any(case.answer.scaled for case in cases) or off <= 1e-12:
        return ("the last digits are lost as in a step that is divided by α again.",)
    if all(_in_single(case) for case in cases) and off <= SINGLE_DIGITS:
        return ("as far as single precision (float32) goes, or a numerical estimate.",)
    return ("as far as a numerical estimate of the gradient goes; is it one?",)


def _right_costs(cases: Sequence[Case]) -> bool:
    cost, _ = judge_cost(cases)
    return cost is None or cost[2]


def _in_single(case: Case) -> bool:
    """Whether the entries differ by about what single precision explains."""
    errors = np.concatenate([error.ravel() for error in case.errors()])
    return float(np.max(errors)) <= 8.0 * 2.0**29  # float32's unit over float64's, and a margin


def layer_verdicts(cases: Sequence[Case]) -> list[LayerVerdict]:
    """Layer by layer, what is right and wrong in any of the cases."""
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
                biases=case.biases,
            )
        )
    return made


def same_answer(one: Answer, other: Answer) -> bool:
    """Whether two answers are one, to rounding: sums over shuffled examples are no other answer."""
    same = len(one.parts) == len(other.parts)
    return same and all(
        a.shape == b.shape
        and np.allclose(
            a, b, EXACT, EXACT * np.max(np.abs(b[np.isfinite(b)]), initial=0.0), equal_nan=True
        )
        for a, b in zip(one.parts, other.parts, strict=True)
    )
