"""The ways to run a submission, tried in the order of their likelihood.

Each candidate is a function with a binding, or a method of an object, or the body of a script's
loop. What runs on a small random network and gives a gradient of the right shapes is an attempt;
the first that is right, or nearly, ends the search.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat, tee
from typing import Any, Protocol

import numpy as np

from .binding import Binding, Runner
from .layouts import Layout, Problem, random_problem
from .own_cost import gradient_scale
from .submission import Answer, CostAloneError, StepError, UserError

__all__ = ["Attempt", "Bound", "Search", "problems_for"]

# Networks on which mistakes give different gradients: two hidden layers, of sizes that no
# transposed matrix fits; then of one size, which is what a transposed matrix or the wrong layer's
# needs to run at all. For functions written for one hidden layer, one output or none hidden, those.
SEVERAL = ([3, 5, 4, 3], [4, 4, 4, 4], [4, 5, 3], [4, 4, 4], [4, 3])
SINGLE = ([4, 5, 1], [3, 5, 4, 1], [4, 1])
# Where nothing runs on these: three hidden layers, hidden layers of one size, ten classes.
RARE = ([2, 5, 4, 8, 3], [3, 4, 4, 4], [3, 4, 4], [4, 5, 10], [2, 5, 4, 8, 1], [3, 4, 4, 1])
EXAMPLES = 7  # of which every class is one; no layer has as many units, nor a part of it
LAMBDA = 1.3
Networks = tuple[list[int], ...]
NEARLY = 5e-5  # a gradient that agrees so far, relative to its largest entry, is nearly right
LIKE_WEIGHTS = 0.3  # the cosine to the weights given above which an answer may be new weights
RUNS = 8000  # of one submission, until the search gives up
KEPT = 8  # attempts of different answers that are judged


class Bound(Protocol):
    """Something that gives a gradient for a problem."""

    @property
    def words(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def takes_lambda(self) -> bool: ...
    @property
    def single(self) -> bool: ...
    @property
    def from_labels(self) -> bool: ...
    @property
    def course_form(self) -> bool: ...
    @property
    def layout(self) -> Layout: ...
    @property
    def sizes(self) -> tuple[int, ...] | None: ...
    @property
    def examples(self) -> int | None: ...
    def admits(self, sizes: Sequence[int]) -> bool: ...
    def worth_after(self, other: Any) -> bool: ...
    def program(self, problem: Problem) -> tuple[list[Sequence[Any]], int]: ...
    def problem(self, problem: Problem, runner: Runner) -> Problem: ...
    def answer(self, runner: Runner, problem: Problem) -> Answer: ...
    def read_back(self, results: Sequence[Any], problem: Problem) -> Answer: ...


@dataclass(frozen=True)
class Attempt:
    """A candidate that ran on the first problem of a network."""

    bound: Bound
    problem: Problem
    answer: Answer
    skipped: UserError | None  # why it did not run on networks that were tried before
    misshapen_before: bool = False  # whether it gave other shapes there

    @property
    def fits(self) -> bool:
        return self.answer.fits(self.problem.net.shapes)

    @property
    def cost_right(self) -> bool:
        """Whether it gives J, nearly the right one."""
        J = self.answer.cost
        return J is not None and cost_near(J, self.problem.exact.cost)

    @property
    def distance(self) -> float:
        """From the exact gradient, relative to its largest entry."""
        return distance(self.answer, self.problem)


def cost_near(J: float, right: float) -> bool:
    """Whether J is nearly the right one."""
    return abs(J - right) <= NEARLY * abs(right)


def distance(answer: Answer, problem: Problem) -> float:
    """How far a gradient is from the exact one; of a step, after the best positive factor."""
    if not answer.fits(problem.net.shapes):
        return float("inf")
    exact = problem.exact.D
    if answer.is_vector:
        yours, theirs = [answer.vector], [np.concatenate([D.ravel(order="F") for D in exact])]
    else:
        yours, theirs = answer.parts, exact
    if answer.scaled:
        factor, left = gradient_scale(yours, theirs)
        return left if factor > 0.0 else float("inf")
    size = max(float(np.max(np.abs(part))) for part in theirs)
    off = max(float(np.max(np.abs(a - b))) for a, b in zip(yours, theirs, strict=True))
    return off / size if np.isfinite(off) and size else float("inf") if off else 0.0


def _uneven(attempt: Attempt) -> bool:
    """Whether each block of the gradient is right up to a factor of its own."""
    exact = attempt.problem.exact.D
    if attempt.answer.is_vector or len(attempt.problem.X) == 1:
        return False
    return all(
        gradient_scale([part[:, half]], [D[:, half]])[1] <= NEARLY
        for part, D in zip(attempt.answer.parts, exact, strict=True)
        for half in (slice(0, 1), slice(1, None))
    )


def problems_for(bound: Bound, sizes: Sequence[int], lambda_: float) -> list[Problem]:
    """What is judged: with and without regularization, and a single example."""
    value = (lambda_ or LAMBDA) if bound.takes_lambda else 0.0
    if bound.single or bound.examples == 1:
        several = [random_problem(sizes, 1, value), random_problem(sizes, EXAMPLES, 0.0)]
        last = several[1]
        return [several[0], replace(last, X=last.X[-2:-1], Y=last.Y[-2:-1])]
    m = bound.examples or max(EXAMPLES, sizes[-1] + 2)
    made = [random_problem(sizes, m, value), random_problem(sizes, 1, 0.0)]
    if bound.takes_lambda:
        made.insert(1, random_problem(sizes, m, 0.0))
    # a code that derives the classes from the labels must see them all
    return [p for p in made if len(p.X) > 1 or not bound.from_labels]


def unforeseen(bound: Bound, sizes: Sequence[int], text: str) -> Problem | None:
    """One more problem, whose number of examples and numbers follow from the submission's text:
    nobody can answer rightly for it alone. None where the data's form leaves no choice."""
    seed = zlib.crc32(text.encode())
    m = 1 if bound.single or bound.examples == 1 else 8 + seed % 7
    if bound.examples is not None and m != 1:
        return None
    return random_problem(sizes, m, LAMBDA if bound.takes_lambda else 0.0, seed)


class Search:
    """Runs candidates and keeps what came of it."""

    def __init__(self, runner: Runner, given: Sequence[Problem] | None, lambda_: float) -> None:
        self.runner, self.given, self.lambda_ = runner, given, lambda_
        self.attempts: list[Attempt] = []
        self.failure: UserError | None = None
        self.cost_alone: UserError | None = None  # what ran so gives J and no gradient
        self.runs = 0
        self.uneven: set[str] = set()  # right on several examples but for factors that differ

    def go(self, candidates: Iterable[Bound]) -> Attempt | None:
        """The first attempt that is nearly right, if there is one; the others are kept."""
        several, single, rare = tee(candidates, 3)
        tried = zip(several, repeat(SEVERAL)), zip(single, repeat(SINGLE)), zip(rare, repeat(RARE))
        found = False
        for bound, networks in chain(*tried):
            if networks is not RARE:
                found = bool(self.attempts)
            elif found or self.given is not None:
                break
            if not all(
                bound.worth_after(a.bound) or (bound.single != a.bound.single and not a.fits)
                for a in self.attempts
            ):
                continue
            for attempt in self._attempts(bound, networks):
                if bound.examples == 1 and bound.name in self.uneven:
                    continue  # a single example only hides the factors
                if attempt.distance <= NEARLY:
                    return self._as_one_column(attempt) or attempt
                if attempt.fits and _uneven(attempt):
                    self.uneven.add(bound.name)
                self._keep(attempt)
            if self.runs > RUNS or any(a.fits and a.cost_right for a in self.attempts):
                break  # a J that is right tells that nothing is to be read otherwise
        return None

    def _as_one_column(self, attempt: Attempt) -> Attempt | None:
        """The same with y as (m,), which is how y is read from a file, if that is wrong.

        With h (m, 1) the difference h − y is then (m, m), and whoever averages it away gets a
        gradient of the right shape.
        """
        bound, problem = attempt.bound, attempt.problem
        if not isinstance(bound, Binding) or bound.y or bound.y_name != "y":
            return None
        if problem.Y.shape[1] > 1 or self.given is not None:
            return None
        flat = replace(bound, y="y as class numbers from 0")
        try:
            again = Attempt(flat, problem, flat.answer(self.runner, problem), None)
        except UserError:
            return None
        return again if NEARLY < again.distance < float("inf") else None

    def _attempts(self, bound: Bound, networks: Networks) -> Iterator[Attempt]:
        """On the first network that it runs on with the right shapes, and those misshapen."""
        failures: list[UserError] = []
        misshapen = None
        for first in self._firsts(bound, networks):
            self.runs += 1
            try:
                first = bound.problem(first, self.runner)
                answer = bound.answer(self.runner, first)
            except UserError as error:
                if not getattr(self.runner, "alive", True):
                    raise
                failures.append(error)
                if isinstance(error, CostAloneError):
                    self.cost_alone = error
                continue
            skipped = failures[0] if failures else None
            attempt = Attempt(bound, first, answer, skipped)
            if attempt.fits:
                yield replace(attempt, misshapen_before=misshapen is not None)
                yield from self._as_step(attempt)
                return
            misshapen = misshapen or attempt
        if misshapen is not None and self.failure is None:
            yield misshapen
        elif failures and not isinstance(self.failure, StepError):
            # what is written for one hidden layer fails with two for that reason only
            many = len(failures) > 3 and self.given is None
            failure = failures[2] if many else failures[0]
            if self.failure is None or isinstance(failure, StepError):
                self.failure = failure

    def _as_step(self, attempt: Attempt) -> Iterator[Attempt]:
        """The same read as weights after a step, if the weights given can be seen in it or the
        function was given an α or a number of steps."""
        bound, given = attempt.bound, attempt.problem.net.theta
        if not isinstance(bound, Binding) or attempt.answer.scaled:
            return
        returned = attempt.answer.vector
        size = float(np.linalg.norm(given) * np.linalg.norm(returned))
        asked = {"rate", "once"} & {role for _, role, _ in bound.assignment}
        if asked or given @ returned > LIKE_WEIGHTS * size:
            stepped = replace(bound, stepped=True)
            try:
                answer = stepped.answer(self.runner, attempt.problem)
            except UserError:
                return
            yield replace(attempt, bound=stepped, answer=answer)

    def _firsts(self, bound: Bound, networks: Networks) -> Iterator[Problem]:
        if self.given is not None or bound.sizes is not None:  # there is but one network
            if networks is SEVERAL:
                yield (self.given or problems_for(bound, bound.sizes or (), self.lambda_))[0]
            return
        # what has run on a network is tried on no other, but without hidden layers: there a
        # formula for one vector is at home, which may run on equal matrices by broadcasting
        fitting = [tuple(a.problem.net.sizes) for a in self.attempts if a.fits]
        flat = [tuple(sizes) for sizes in networks if len(sizes) == 2]
        for sizes in dict.fromkeys([*fitting, *flat]) if fitting else networks:
            if fitting and (sizes[-1] == 1) != (networks is SINGLE):
                continue
            if bound.admits(sizes):
                yield problems_for(bound, sizes, self.lambda_)[0]

    def _keep(self, attempt: Attempt) -> None:
        same = any(
            a.answer.is_vector == attempt.answer.is_vector
            and len(a.answer.parts) == len(attempt.answer.parts)
            and all(
                np.array_equal(p, q, equal_nan=True)
                for p, q in zip(a.answer.parts, attempt.answer.parts, strict=True)
            )
            for a in self.attempts
        )
        kept = sum(a.answer.scaled == attempt.answer.scaled for a in self.attempts)
        room = kept < KEPT or (attempt.fits and not self.attempts[-1].fits)
        room = room or attempt.cost_right
        if not same and room:
            self.attempts.append(attempt)
