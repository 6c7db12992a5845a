"""A user's own gradient against the exact one, and against every mistake of the catalogue.

A gradient is right if no entry differs from ``backprop_gradient`` by more than rounding
explains, and a mistake is named only if its formula reproduces the user's numbers as closely:
the nearest formula is not enough. What no formula reproduces stays wrong and unnamed.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .files import write_file
from .gradients import Gradient, backprop_gradient
from .mistakes import COST_MISTAKES, MISTAKES, CostMistake, CostTerms, Mistake, Steps, pairs
from .network import Array, SigmoidNetwork, regularization, reshape
from .precision import SINGLE, written_decimals, written_digits
from .rounding import UNIT_ROUNDOFF, rounding_bounds
from .submission import Answer, Call, StoredResults, UserError, calls, stored_results
from .symbols import symbol

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["Diagnosis", "Finding", "LayerVerdict", "check_backprop"]

ROUNDING = 4.0  # bounds of rounding.py: two computations, each allowed another order of its sums
LEAST_PRECISION = 0.05  # a tolerance above this part of the largest entry decides nothing

# Networks on which the mistakes give different gradients: two hidden layers, of sizes that no
# transposed matrix fits; then of one size, which is what a transposed matrix or the wrong layer's
# needs to run at all. For functions written for one hidden layer, the same with one.
SIZES = ([3, 5, 4, 3], [4, 4, 4, 4], [4, 5, 3], [4, 4, 4])
EXAMPLES = (5, 5, 1)
LAMBDAS = (1.3, 0.0, 0.0)
LABELS = [1, 0, 2, 2, 0]  # first and last differ, classes are unequally frequent
SEED = 1986

_BY_NAME: dict[str, Mistake | CostMistake] = {
    **MISTAKES,
    **{mistake.name: mistake for mistake in COST_MISTAKES},
}


@dataclass(frozen=True)
class Finding:
    """One explanation of a wrong gradient: a mistake, or several that act together.

    ``residual`` is the largest difference between the user's numbers and those of ``used``,
    relative to the largest of them; ``noise`` the same in units of what rounding explains.
    """

    name: str
    equation: str
    meant: str
    used: str
    remedy: str
    residual: float
    noise: float
    layers: tuple[int, ...]  # the l of the Θ⁽ˡ⁾ whose gradient is wrong; none for J
    parts: tuple[str, ...]  # the names in the catalogue


@dataclass(frozen=True)
class LayerVerdict:
    """What is right and wrong in the gradient of one Θ⁽ˡ⁾."""

    layer: int
    columns: int
    entries: int
    wrong: int  # entries
    wrong_columns: tuple[int, ...]  # j, 0 being the bias column
    worst: str  # θ₂₃⁽¹⁾
    yours: float
    right: float

    @property
    def passed(self) -> bool:
        """Whether every entry is right."""
        return self.wrong == 0


@dataclass(frozen=True)
class Diagnosis:
    """The verdict on a gradient, and what explains it.

    ``mistakes`` are the explanations, best first; several mean that the data cannot tell them
    apart. ``clues`` say where to look, ``unseen`` which mistakes these data cannot show,
    ``notes`` what else was noticed. ``residual`` is the largest difference from the exact
    gradient, relative to its largest entry.
    """

    passed: bool
    gradient_passed: bool
    mistakes: tuple[Finding, ...]
    layers: tuple[LayerVerdict, ...]
    cost: tuple[float, float, bool] | None  # yours, right, whether they agree
    residual: float
    clues: tuple[str, ...]
    unseen: tuple[str, ...]
    notes: tuple[str, ...]
    networks: tuple[str, ...]
    form: str

    def __bool__(self) -> bool:
        return self.passed

    @property
    def verdict(self) -> str:
        """One line: right, or wrong and by which mistake."""
        if self.passed:
            number = len(self.networks)
            where = {1: "this network", 2: "both networks"}.get(number, f"all {number} networks")
            return f"RIGHT: the gradient is exact, up to rounding, on {where}"
        if self.gradient_passed:
            if self.cost is None or self.cost[2]:
                return "WRONG: right at first, but not every time"
            cause = f": {self._cost_findings[0].name}" if self._cost_findings else ""
            return f"WRONG: the gradient is right, but the cost J is not{cause}"
        findings = self._gradient_findings
        wrong = ", ".join(symbol("Θ", layer=v.layer) for v in self.layers if not v.passed)
        where = f" in the gradient of {wrong}" if wrong else ""
        if not findings:
            return f"WRONG{where}: no mistake of the catalogue gives these numbers"
        partly = len(findings[0].layers) < len(self.layers) and len(findings[0].parts) == 1
        only = f", only in {_thetas(findings[0].layers)}" if partly else ""
        return f"WRONG: {findings[0].name}{only}"

    @property
    def _unexplained(self) -> tuple[bool, bool, bool, int]:
        """The less of it, the better this diagnosis: wrong at all, wrong gradient, unnamed, and
        the number of mistakes that it takes."""
        findings = self._gradient_findings
        parts = len(findings[0].parts) if findings else 0
        return not self.passed, not self.gradient_passed, not findings, parts

    @property
    def _cost_findings(self) -> list[Finding]:
        return [finding for finding in self.mistakes if not finding.layers]

    @property
    def _gradient_findings(self) -> list[Finding]:
        return [finding for finding in self.mistakes if finding.layers]

    def __repr__(self) -> str:
        return f"<Diagnosis: {self.verdict}>"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"

    def __str__(self) -> str:
        from .tables import render

        return render(*self.parts())

    def parts(self) -> list[Table | str]:
        """The report, ready to print: verdict, table of layers, mistakes, clues and notes."""
        from .tables import table

        made: list[Table | str] = [self.verdict]
        if self.layers and not self.gradient_passed:
            rows = [_layer_row(verdict) for verdict in self.layers]
            headings = ["", "bias column j = 0", "columns j ≥ 1", "worst", ">yours", ">right"]
            made += ["", table("Your gradient, layer by layer", headings, rows)]
        if self.cost is not None and not self.cost[2]:
            made += ["", f"Your J is {self.cost[0]:.10g}; it should be {self.cost[1]:.10g}."]
        for findings in (self._gradient_findings, self._cost_findings):
            if len(findings) > 1:
                names = "; ".join(finding.name for finding in findings)
                made += ["", f"These data cannot tell apart: {names}. The first of them:"]
            made += [part for finding in findings[:1] for part in self._finding(finding)]
        made += [line for clue in self.clues for line in ("", clue)]
        if self.unseen:
            made += ["", f"Not to be seen in these data: {'; '.join(self.unseen)}."]
        made += [line for note in self.notes for line in ("", f"Note: {note}")]
        return [*made, "", f"Judged: {self.form}; {', '.join(self.networks)}."]

    def _finding(self, finding: Finding) -> list[Table | str]:
        """Formulas side by side and the remedy, for each of the mistakes that act together."""
        from .tables import table

        made: list[Table | str] = []
        for part in finding.parts:
            mistake = _BY_NAME[part]
            place = mistake.equation
            where = f"equation {place}" if place.startswith("(") else place
            formulas = table("", ["meant", "used"], [[mistake.meant, mistake.used]])
            made += ["", f"{part} — {where}", formulas, mistake.remedy]
        if finding.layers and np.isfinite(self.residual):
            made.append(
                f"(Relative difference from your numbers: {_power(finding.residual)} with the "
                f"formula used, {_power(self.residual)} with the one meant.)"
            )
        return made

    def to_html(self, path: str | Path) -> None:
        """Write the interactive page: one HTML file that loads nothing.

        Each mistake, the formula meant and the one used, and where in the graph it strikes.
        Raises OSError if the file cannot be written.
        """
        from .report import diagnosis_page

        write_file(path, diagnosis_page(self).encode())

    def to_dict(self) -> dict[str, Any]:
        """Everything in plain types, for JSON (what is not finite is None)."""
        plain = asdict(self) | {"verdict": self.verdict}
        plain["layers"] = [asdict(v) | {"passed": v.passed} for v in self.layers]
        if self.cost is not None:
            plain["cost"] = dict(zip(("yours", "right", "passed"), self.cost, strict=True))
        finite: dict[str, Any] = _finite(plain)
        return finite


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

    >>> def backprop(thetas, X, Y, lambda_):  # logistic regression units, sign of h − y wrong
    ...     D = [d.copy() for d in backprop_gradient(SigmoidNetwork(thetas=thetas), X, Y).D]
    ...     return [-d + lambda_ / len(X) * np.c_[np.zeros(len(d)), t[:, 1:]]
    ...             for d, t in zip(D, thetas)]
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


@dataclass(frozen=True)
class _Case:
    """One network with its data, the answer to judge, and the exact gradient."""

    net: SigmoidNetwork
    X: Array
    Y: Array
    lambda_: float
    answer: Answer
    stored: bool = False  # numbers may have been rounded as they were written down
    _forward: dict[Any, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def exact(self) -> Gradient:
        return backprop_gradient(self.net, self.X, self.Y, self.lambda_)

    @cached_property
    def fits(self) -> bool:
        return self.answer.fits(self.net.shapes)

    @cached_property
    def parts(self) -> list[Array]:
        """The answer layer by layer, or as it came if it does not have the weights' shapes."""
        return self._parted(self.answer.parts)

    def _parted(self, parts: Sequence[npt.NDArray[Any]]) -> list[Array]:
        arrays = [np.asarray(part, dtype=np.float64) for part in parts]
        if not self.answer.is_vector:
            return arrays
        vector = np.concatenate([array.ravel(order="F") for array in arrays])
        total = sum(theta.size for theta in self.net.thetas)
        return reshape(vector, self.net.shapes) if vector.size == total else [vector]

    @cached_property
    def unit(self) -> float:
        """The roundoff that the answer was computed with."""
        single = all(
            np.array_equal(part, part.astype(np.float32)) for part in self.answer.parts
        ) and np.any(self.answer.vector)
        return SINGLE if single else UNIT_ROUNDOFF

    @cached_property
    def _bounds(self) -> tuple[float, list[Array]]:
        """What rounding explains, of J and of every entry of D."""
        data = self.net, self.X, self.Y, self.lambda_
        bounds = rounding_bounds(*data)
        factor = ROUNDING * self.unit / UNIT_ROUNDOFF
        cost, D = factor * bounds.cost, [factor * part for part in bounds.D]
        digits = written_digits(self.answer.vector) if self.stored else None
        if digits is None:
            return cost, D
        # Θ and X may have lost the same digits before they came here
        lost = [
            digits.error(known) if digits.rounded(known) else np.zeros_like(known)
            for known in (*self.net.thetas, self.X)
        ]
        inexact = rounding_bounds(*data, lost[:-1], lost[-1])
        last_place = float(np.max(digits.error(self.answer.vector)))
        return cost + inexact.cost + last_place, [
            part + more + last_place for part, more in zip(D, inexact.D, strict=True)
        ]

    @property
    def tolerances(self) -> list[Array]:
        return self._bounds[1]

    @property
    def cost_tolerance(self) -> float:
        """What rounding explains of J, written with log h and log(1 − h) as in (3)."""
        h, u = self.net.forward(self.X).a[-1], self.unit
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.where(self.Y > 0, self.Y / h, 0) + np.where(
                self.Y < 1, (1 - self.Y) / (1 - h), 0
            )
        written = written_decimals(self.answer.cost) if self.stored and self.answer.cost else 0.0
        return self._bounds[0] + ROUNDING * 4.0 * u * float(np.sum(logs)) / len(self.X) + written

    @property
    def decidable(self) -> bool:
        """Whether the tolerance is small beside the gradient."""
        largest = max(float(np.max(np.abs(D))) for D in self.exact.D)
        return max(float(np.max(t)) for t in self.tolerances) <= LEAST_PRECISION * largest

    def errors(self) -> list[Array]:
        """|yours − right| in units of its tolerance, layer by layer; the shapes must fit."""
        layers = zip(self.parts, self.exact.D, self.tolerances, strict=True)
        return [_in_units(yours - right, tolerance) for yours, right, tolerance in layers]

    def agreement(self, steps: Steps, local: bool, every_layer: bool = False) -> list[float] | None:
        """The largest |yours − theirs| / tolerance of each part; None if one is above 1 (unless
        ``every_layer`` is asked for) or they do not fit the shapes.

        Where a mistake makes a layer's numbers larger, their rounding is larger in proportion.
        ``local`` says that each layer's numbers are made from that layer's.
        """
        tolerances, sizes = self._scales
        if not local:
            tolerances, sizes = [max(tolerances)] * len(sizes), [max(sizes)] * len(sizes)
        found: list[float] = []
        try:
            with np.errstate(all="ignore"):
                for l, theirs in self._from_last_layer(steps):
                    if len(self.parts) <= l or self.parts[l].shape != theirs.shape:
                        return None
                    tolerance = np.array(tolerances[l] * _growth(theirs, sizes[l]))
                    worst = float(np.max(_in_units(self.parts[l] - theirs, tolerance)))
                    if worst > 1.0 and not every_layer:
                        return None
                    found.insert(0, worst)
        except (ValueError, IndexError):
            return None
        return found

    @cached_property
    def _scales(self) -> tuple[list[float], list[float]]:
        """The largest tolerance and the largest |entry| of the exact gradient, layer by layer."""
        return (
            [float(np.max(tolerance)) for tolerance in self.tolerances],
            [float(np.max(np.abs(right))) for right in self.exact.D],
        )

    def _from_last_layer(self, steps: Steps) -> Iterator[tuple[int, Array]]:
        """Each l and D⁽ˡ⁺¹⁾ by these steps, computed as they are asked for where possible."""
        key = (steps.read, steps.bias, steps.hidden, steps.output)
        if key not in self._forward:
            self._forward[key] = steps.forward(self.net.thetas, self.X)
        weights, z, a = self._forward[key]
        backward = steps.backward(weights, z, a, self.Y, self.lambda_)
        if steps.arrange is Steps.arrange and self.fits:
            yield from zip(range(len(self.net.thetas) - 1, -1, -1), backward, strict=True)
        else:
            parts = self._parted(steps.arrange(list(backward)[::-1]))
            yield from reversed(list(enumerate(parts)))

    def admits(self, mistake: Mistake) -> bool:
        """Whether the mistake can be made with a network of these shapes."""
        try:
            with np.errstate(all="ignore"):
                mistake.gradient(self.net.thetas, self.X, self.Y, self.lambda_)
        except (ValueError, IndexError):
            return False
        return True

    def residual(self, steps: Steps) -> float:
        """The largest |yours − theirs|, relative to the largest of theirs."""
        with np.errstate(all="ignore"):
            D = steps.gradient(self.net.thetas, self.X, self.Y, self.lambda_)
        return _relative(self.parts, self._parted(D))


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
        if best is None or diagnosis._unexplained < best._unexplained:
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
        if cases[0].fits or diagnosis._gradient_findings:
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


def _run(call: Call, data: Sequence[Data]) -> tuple[list[_Case], list[str]]:
    """The user's answers, and what else was noticed on the way. Raises UserError."""
    if "lambda" not in call.roles and len(data) > 1:
        data = [case for case in data if case[3] == 0.0]
    cases = [_Case(*case, call(*case)) for case in data[:1]]
    notes = []
    again = call(*data[0])
    if not _equal(cases[0].answer, again):
        notes.append(
            "a second call with the same θ and data gave another gradient: set every Δ to 0 at "
            "the start of the function, and use no random numbers in it."
        )
    for case in data[1:]:
        try:
            cases.append(_Case(*case, call(*case)))
        except UserError as error:
            notes.append(f"with m = {len(case[1])} example(s) the function fails: {error}")
    if "lambda" not in call.roles and not call.bound:
        notes.append("the function takes no λ: it was judged for λ = 0 only.")
    return cases, notes


def _check_results(stored: StoredResults, lambda_: float) -> Diagnosis:
    value = lambda_ if stored.lambda_ is None else stored.lambda_
    case = _Case(stored.net, stored.X, stored.Y, value, stored.answer, stored=True)
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


def _fitted_lambda(case: _Case) -> float | None:
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


def _diagnose(cases: Sequence[_Case], notes: list[str], form: str) -> Diagnosis:
    fits = all(case.fits for case in cases)
    verdicts = _layer_verdicts(cases) if fits else []
    gradient_passed = fits and all(verdict.passed for verdict in verdicts)
    unstable = any(note.startswith("a second call") for note in notes)
    findings = [] if gradient_passed else _explanations(cases)
    cost, cost_finding = _judge_cost(cases)
    cost_passed = cost is None or cost[2]
    clues = [] if gradient_passed or findings else _clues(cases, verdicts)
    residuals = [_relative(case.parts, case.exact.D) for case in cases if case.fits]
    return Diagnosis(
        passed=gradient_passed and cost_passed and not unstable,
        gradient_passed=gradient_passed,
        mistakes=(*findings, *cost_finding),
        layers=tuple(verdicts),
        cost=cost,
        residual=max(residuals, default=np.inf),
        clues=tuple(clues),
        unseen=tuple(_unseen(cases)) if gradient_passed else (),
        notes=tuple(notes),
        networks=tuple(
            f"{'-'.join(map(str, case.net.sizes))} with m = {len(case.X)} and λ = {case.lambda_:g}"
            for case in cases
        ),
        form=form,
    )


def _layer_verdicts(cases: Sequence[_Case]) -> list[LayerVerdict]:
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


def _explanations(cases: Sequence[_Case]) -> list[Finding]:
    """The mistakes that give the user's numbers: alone, in some layers only, or by pairs."""
    if not all(np.all(np.isfinite(part)) for case in cases for part in case.parts):
        return []
    form = "vector" if cases[0].answer.is_vector else "matrices"
    known = [mistake for mistake in MISTAKES.values() if mistake.form in (None, form)]
    singles = [((mistake,), replace(Steps(), **mistake.steps)) for mistake in known]
    whole = _whole(cases, singles)
    if whole:
        return whole
    by_layer = {mistake.name: _layers_explained(cases, mistake) for mistake in known}
    partly = _in_some_layers(cases, known, by_layer)
    if partly:
        return partly
    fitting = [mistake for mistake in known if cases[0].admits(mistake)]
    found = _whole(cases, (((one, two), steps) for one, two, steps in pairs(fitting)))
    return found or _mixed_layers(cases, known, by_layer)


def _whole(
    cases: Sequence[_Case], candidates: Iterable[tuple[tuple[Mistake, ...], Steps]]
) -> list[Finding]:
    """The candidates that give all the user's numbers, best first."""
    found = []
    for mistakes, steps in candidates:
        local = not any({"read", "arrange"} & set(mistake.steps) for mistake in mistakes)
        noise = 0.0
        for case in cases:
            parts = case.agreement(steps, local)
            if parts is None:
                break
            noise = max(noise, *parts)
        else:
            layers = tuple(range(1, len(cases[0].net.thetas) + 1))
            residual = max(case.residual(steps) for case in cases)
            found.append(_finding(mistakes, [layers] * len(mistakes), residual, noise))
    return sorted(found, key=_rank)


def _rank(finding: Finding) -> float:
    """By closeness; below a tenth of what rounding explains all are equal, in catalogue order."""
    return max(finding.noise, 0.1)


def _layers_explained(cases: Sequence[_Case], mistake: Mistake) -> list[float] | None:
    """Layer by layer how far the mistake is from the user's numbers, in units of the noise."""
    steps = replace(Steps(), **mistake.steps)
    worst: list[float] | None = None
    for case in cases:
        parts = case.agreement(steps, True, every_layer=True)
        if parts is None:
            return None
        worst = parts if worst is None else [max(pair) for pair in zip(worst, parts, strict=True)]
    return worst


def _right_layers(cases: Sequence[_Case]) -> list[bool]:
    errors = [[float(np.max(error)) <= 1.0 for error in case.errors()] for case in cases]
    return [all(right) for right in zip(*errors, strict=True)]


def _in_some_layers(
    cases: Sequence[_Case], known: Sequence[Mistake], by_layer: Mapping[str, list[float] | None]
) -> list[Finding]:
    """One mistake in the layers that are wrong, the others being right."""
    if not all(case.fits for case in cases):
        return []
    right = _right_layers(cases)
    wrong = tuple(l for l, fine in enumerate(right, start=1) if not fine)
    found = []
    for mistake in known:
        noise = by_layer[mistake.name]
        if noise is not None and max(noise[l - 1] for l in wrong) <= 1.0:
            residual = _layer_residual(cases, mistake, wrong)
            found.append(_finding((mistake,), [wrong], residual, max(noise[l - 1] for l in wrong)))
    return sorted(found, key=_rank)


def _mixed_layers(
    cases: Sequence[_Case], known: Sequence[Mistake], by_layer: Mapping[str, list[float] | None]
) -> list[Finding]:
    """Another mistake in each wrong layer."""
    if not all(case.fits for case in cases):
        return []
    right = _right_layers(cases)
    chosen: dict[str, tuple[Mistake, list[int]]] = {}
    noises, residuals = [], []
    for l, fine in enumerate(right):
        if fine:
            continue
        for mistake in known:
            noise = by_layer[mistake.name]
            if noise is not None and noise[l] <= 1.0:
                chosen.setdefault(mistake.name, (mistake, []))[1].append(l + 1)
                noises.append(noise[l])
                residuals.append(_layer_residual(cases, mistake, (l + 1,)))
                break
        else:
            return []
    mistakes = tuple(mistake for mistake, _ in chosen.values())
    layers = [tuple(where) for _, where in chosen.values()]
    return [_finding(mistakes, layers, max(residuals), max(noises))]


def _layer_residual(cases: Sequence[_Case], mistake: Mistake, layers: Sequence[int]) -> float:
    worst = 0.0
    for case in cases:
        theirs = mistake.gradient(case.net.thetas, case.X, case.Y, case.lambda_)
        chosen = [(case.parts[l - 1], theirs[l - 1]) for l in layers]
        worst = max(worst, _relative([a for a, _ in chosen], [b for _, b in chosen]))
    return worst


def _finding(
    mistakes: Sequence[Mistake],
    layers: Sequence[tuple[int, ...]],
    residual: float,
    noise: float,
) -> Finding:
    """One finding for mistakes that act together, each in the given layers."""
    everywhere = {l for where in layers for l in where}
    names = [
        mistake.name if len(mistakes) == 1 or set(where) == everywhere else
        f"{mistake.name} (in {_thetas(where)})"
        for mistake, where in zip(mistakes, layers, strict=True)
    ]  # fmt: skip
    return Finding(
        name="; and ".join(names),
        equation="; ".join(dict.fromkeys(mistake.equation for mistake in mistakes)),
        meant="\n".join(mistake.meant for mistake in mistakes),
        used="\n".join(mistake.used for mistake in mistakes),
        remedy="\n".join(mistake.remedy for mistake in mistakes),
        residual=residual,
        noise=noise,
        layers=tuple(sorted(everywhere)),
        parts=tuple(mistake.name for mistake in mistakes),
    )


def _judge_cost(
    cases: Sequence[_Case],
) -> tuple[tuple[float, float, bool] | None, list[Finding]]:
    """Yours, the right one and whether they agree; and the mistake in J, if it is known."""
    given = [(case, case.answer.cost) for case in cases if case.answer.cost is not None]
    wrong = [
        (case, cost)
        for case, cost in given
        if not abs(cost - case.exact.cost) <= case.cost_tolerance
    ]
    if not wrong:
        return ((given[0][1], given[0][0].exact.cost, True) if given else None), []
    case, cost = wrong[0]
    found = []
    for mistake in COST_MISTAKES:
        theirs = [mistake.cost(CostTerms.of(c.net.thetas, c.X, c.Y, c.lambda_)) for c, _ in given]
        noises = [
            abs(yours - value) / (c.cost_tolerance * max(1.0, abs(value / c.exact.cost)))
            for (c, yours), value in zip(given, theirs, strict=True)
        ]
        if max(noises) <= 1.0:
            residual = max(abs(1.0 - y / t) for (_, y), t in zip(given, theirs, strict=True))
            found.append(_cost_finding(mistake, residual, max(noises)))
    return (cost, case.exact.cost, False), found


def _cost_finding(mistake: CostMistake, residual: float, noise: float) -> Finding:
    return Finding(
        name=mistake.name,
        equation=mistake.equation,
        meant=mistake.meant,
        used=mistake.used,
        remedy=mistake.remedy,
        residual=residual,
        noise=noise,
        layers=(),
        parts=(mistake.name,),
    )


def _clues(cases: Sequence[_Case], verdicts: Sequence[LayerVerdict]) -> list[str]:
    """Where to look when the numbers fit no known formula."""
    if not verdicts:
        return [_shape_clue(cases[0])]
    if not all(np.all(np.isfinite(part)) for case in cases for part in case.parts):
        return ["Some entries are NaN or infinite: look for a division by 0 or log(0)."]
    if not any(np.any(part) for case in cases for part in case.parts):
        return ["Every entry is 0: the matrices are still as they were set up."]
    right = [all(np.max(error) <= 1.0 for error in case.errors()) for case in cases]
    plain = [fine for case, fine in zip(cases, right, strict=True) if case.lambda_ == 0.0]
    single = [fine for case, fine in zip(cases, right, strict=True) if len(case.X) == 1]
    bias = [0 in verdict.wrong_columns for verdict in verdicts]
    rest = [any(j > 0 for j in verdict.wrong_columns) for verdict in verdicts]
    if plain and all(plain):
        return ["It is right for λ = 0: only the regularization, (λ/m) θ_ij for j ≥ 1, is wrong."]
    if any(single):
        return [
            "It is right for a single example and wrong for several: look at the sum over the "
            "examples, Δ ← Δ + δaᵀ, and at its division by m."
        ]
    if any(bias) and not any(rest):
        return ["Only bias columns are wrong: look at the 1 before a⁽ˡ⁾ in (1), ∂J/∂θ_i0 = δ_i."]
    if any(rest) and not any(bias):
        return ["Bias columns are right, so every δ is: look at the a_j⁽ˡ⁾ of equation (1)."]
    if verdicts[-1].passed:
        return [
            f"{symbol('Θ', layer=len(verdicts))} is right, so forward propagation and δ⁽ᴸ⁾ are: "
            "look at how δ goes back, equation (2)."
        ]
    ratio = _common_ratio(cases)
    if ratio is not None:
        return [f"Every entry is {ratio:.6g} times the right one: look for a factor."]
    return ["The output layer's own weights are wrong: begin with δ⁽ᴸ⁾ = h − y and equation (1)."]


def _shape_clue(case: _Case) -> str:
    if case.answer.is_vector:
        wanted = sum(theta.size for theta in case.net.thetas)
        return f"The gradient has {case.answer.vector.size} entries; θ has {wanted}."
    got = " and ".join("×".join(map(str, part.shape)) for part in case.parts)
    expected = " and ".join("×".join(map(str, shape)) for shape in case.net.shapes)
    more = ""
    rows = zip(case.parts, case.net.shapes, strict=False)
    if any(part.shape[0] == shape[0] + 1 for part, shape in rows):
        more = " A row too many: the bias unit has no δ, drop its row before you multiply."
    return f"The matrices are {got}; those of Θ are {expected}.{more}"


def _common_ratio(cases: Sequence[_Case]) -> float | None:
    ratios = []
    for case in cases:
        yours = np.concatenate([part.ravel() for part in case.parts])
        right = np.concatenate([part.ravel() for part in case.exact.D])
        tolerance = max(float(np.max(part)) for part in case.tolerances)
        ratio = float(yours @ right / (right @ right)) if np.any(right) else 0.0
        if np.max(np.abs(yours - ratio * right)) > tolerance * max(1.0, abs(ratio)):
            return None
        ratios.append(ratio)
    return ratios[0] if np.allclose(ratios, ratios[0], rtol=1e-9, atol=0.0) else None


def _unseen(cases: Sequence[_Case]) -> list[str]:
    """Mistakes that would give the same numbers on these data."""
    form = "vector" if cases[0].answer.is_vector else "matrices"
    candidates = (
        ((mistake,), replace(Steps(), **mistake.steps))
        for mistake in MISTAKES.values()
        if mistake.form in (None, form)
    )
    return [finding.name for finding in _whole(cases, candidates)]


def _equal(one: Answer, other: Answer) -> bool:
    same = len(one.parts) == len(other.parts)
    return same and all(
        np.array_equal(a, b, equal_nan=True) for a, b in zip(one.parts, other.parts, strict=True)
    )


def _in_units(difference: Array, tolerance: Array) -> Array:
    """|difference| / tolerance; what is not finite is infinitely wrong."""
    size = np.abs(difference)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(size > 0.0, size / tolerance, 0.0)
    return np.where(np.isfinite(size), ratio, np.inf)


def _growth(part: Array, size: float) -> float:
    largest = float(np.max(np.abs(part)))
    return max(1.0, largest / size) if size else 1.0


def _relative(yours: Sequence[Array], theirs: Sequence[Array]) -> float:
    size = max(float(np.max(np.abs(part))) for part in theirs)
    both = zip(yours, theirs, strict=True)
    difference = max(float(np.max(np.abs(a - b))) for a, b in both)
    return difference / size if size else difference


def _thetas(layers: Sequence[int]) -> str:
    return ", ".join(symbol("Θ", layer=layer) for layer in layers)


def _layer_row(verdict: LayerVerdict) -> list[str]:
    columns = [j for j in verdict.wrong_columns if j > 0]
    if len(columns) == verdict.columns - 1:
        rest = "wrong"
    elif columns:
        rest = f"wrong in {', '.join(map(str, columns))}"
    else:
        rest = "right"
    return [
        symbol("Θ", layer=verdict.layer),
        "wrong" if 0 in verdict.wrong_columns else "right",
        rest,
        "" if verdict.passed else verdict.worst,
        "" if verdict.passed else f"{verdict.yours:.7g}",
        "" if verdict.passed else f"{verdict.right:.7g}",
    ]


def _power(value: float) -> str:
    return f"{value:.1g}" if value >= UNIT_ROUNDOFF else "0"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
