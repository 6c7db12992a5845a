"""The verdict on a user's gradient, and its report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..comparison.rounding import UNIT_ROUNDOFF
from ..network.symbols import symbol
from ..support.result import Result

if TYPE_CHECKING:
    from rich.table import Table

    from .lines import Listing

__all__ = ["Diagnosis", "Finding", "Formula", "LayerVerdict", "theta_names"]

Formula = tuple[str, str, str, str]  # equation, meant, used, remedy


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
    parts: tuple[str, ...]  # the names of the mistakes
    formulas: tuple[Formula, ...]

    @classmethod
    def of(
        cls,
        name: str,
        parts: Iterable[str],
        formulas: Iterable[Formula],
        layers: Iterable[int],
        residual: float = math.inf,
        noise: float = math.inf,
    ) -> Finding:
        """The finding of mistakes with these names and formulas, joined where they are several."""
        each = tuple(formulas)
        equations, meant, used, remedies = zip(*each, strict=True)
        return cls(
            name=name,
            equation="; ".join(dict.fromkeys(equations)),
            meant="\n".join(meant),
            used="\n".join(used),
            remedy="\n".join(remedies),
            residual=residual,
            noise=noise,
            layers=tuple(layers),
            parts=tuple(parts),
            formulas=each,
        )


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
    biases: bool = True  # whether the code has any

    @property
    def passed(self) -> bool:
        """Whether every entry is right."""
        return self.wrong == 0


@dataclass(frozen=True, repr=False)
class Diagnosis(Result):
    """The verdict on a gradient, and what explains it.

    Attributes
    ----------
    mistakes
        The explanations, best first; several mean that the data cannot tell them apart.
    where
        The line with the mistake: ``file, line, code, computed, expected``; None if nothing is
        wrong or the code cannot be read.
    lines
        The listing of the code with what each line computed; None where there is no code.
    differences
        In what the code's own cost differs from the course's, none of them a mistake.
    digits
        To how many digits a gradient that is nearly right agrees.
    clues, unseen, notes
        Where to look; which mistakes these data cannot show; what else was noticed.
    residual
        The largest difference from the exact gradient, relative to its largest entry.
    """

    result: str
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
    differences: tuple[str, ...] = ()
    digits: int | None = None
    judged: str = ""
    single: bool = False  # the gradient came in single precision
    unstable: bool = False  # another answer in every call
    crashed: str | None = None  # on which of the judged data
    where: dict[str, Any] | None = None
    lines: Listing | None = None
    hint: str = "full"  # or "which", the line and its formula; "where", the line only

    @property
    def outcome(self) -> str:
        """ "right", "nearly right", "right for its own cost" or "wrong"."""
        return self.result

    @property
    def verdict(self) -> str:
        """One line: right, and in which way, or wrong and by which mistake."""
        if self.result == "right":
            number = len(self.networks)
            where = {1: "this network", 2: "both networks"}.get(number, f"all {number} networks")
            return f"RIGHT: the gradient is exact, up to rounding, on {where}"
        if self.result == "nearly right" and self.single:
            return (
                f"RIGHT in single precision: it agrees with the exact one to {self.digits} digits"
            )
        if self.result == "nearly right":
            return f"NEARLY RIGHT: it agrees with the exact gradient to {self.digits} digits"
        if self.result == "right for its own cost":
            return f"RIGHT FOR ITS OWN COST, which has {'; '.join(self.differences)}"
        return f"WRONG{self._cause()}"

    def hinted(self, hint: str) -> Diagnosis:
        """The same with less of it told: "where" the line only, "which" its formula too.

        Raises ValueError for another word than these and "full".
        """
        if hint not in ("where", "which", "full"):
            raise ValueError(f"hint: got {hint!r}, expected where, which or full")
        if hint == "full" or self.passed:
            return self
        kept = ("file", "line", "code") if hint == "where" else None
        where = self.where and {k: v for k, v in self.where.items() if kept is None or k in kept}
        hidden: dict[str, Any] = {"mistakes": (), "clues": (), "unseen": (), "lines": None}
        return replace(self, hint=hint, where=where, layers=(), **hidden)

    def _cause(self) -> str:
        if self.hint != "full":
            return f": look at line {self.where['line']}" if self.where else ""
        if self.unstable:
            return ": right at first, but not every time" if self.gradient_passed else (
                ": another gradient in every call with the same θ and data"
            )  # fmt: skip
        if self.gradient_passed and self.crashed is not None:
            return f": the function fails {self.crashed}; elsewhere its gradient is right"
        if self.gradient_passed:
            cause = f": {self.cost_findings[0].name}" if self.cost_findings else ""
            return f": the gradient is right, but the cost J is not{cause}"
        findings = self.gradient_findings
        wrong = ", ".join(symbol("Θ", layer=v.layer) for v in self.layers if not v.passed)
        where = f" in the gradient of {wrong}" if wrong else ""
        if not findings:
            return f"{where}: no mistake of the catalogue gives these numbers"
        partly = len(findings[0].layers) < len(self.layers) and len(findings[0].parts) == 1
        only = f", only in {theta_names(findings[0].layers)}" if partly else ""
        return f": {findings[0].name}{only}"

    @property
    def unexplained(self) -> tuple[bool, bool, bool, int]:
        """The less of it, the better this diagnosis: wrong at all, wrong gradient, unnamed, and
        the number of mistakes that it takes."""
        findings = self.gradient_findings
        parts = len(findings[0].parts) if findings else 0
        return not self.passed, not self.gradient_passed, not findings, parts

    @property
    def one_mistake(self) -> bool:
        """Whether a single mistake explains the gradient."""
        return self.unexplained[3] == 1

    @property
    def cost_wrong(self) -> bool:
        """Whether J was given and is not the course's, and that is held against it."""
        return self.result == "wrong" and self.cost is not None and not self.cost[2]

    @property
    def cost_findings(self) -> list[Finding]:
        """The explanations of a wrong J."""
        return [finding for finding in self.mistakes if not finding.layers]

    @property
    def gradient_findings(self) -> list[Finding]:
        """The explanations of a wrong gradient, best first."""
        return [finding for finding in self.mistakes if finding.layers]

    def report(self) -> list[Table | str]:
        """The verdict first, then the tables."""
        return [self.verdict, *self.tables()]

    def tables(self) -> list[Table | str]:
        """The table of layers, mistakes, clues and notes."""
        from ..support.tables import table

        made: list[Table | str] = []
        if self.layers and not self.gradient_passed:
            rows = [_layer_row(verdict) for verdict in self.layers]
            headings = ["", "bias column j = 0", "columns j ≥ 1", "worst", ">yours", ">right"]
            made += ["", table("Your gradient, layer by layer", headings, rows)]
        if self.cost is not None and not self.cost[2] and not self.passed:
            made += ["", f"Your J is {self.cost[0]:.10g}; it should be {self.cost[1]:.10g}."]
        for findings in (self.gradient_findings, self.cost_findings):
            if len(findings) > 1:
                names = "; ".join(finding.name for finding in findings)
                made += ["", f"These data cannot tell apart: {names}. The first of them:"]
            made += [part for finding in findings[:1] for part in self._finding(finding)]
        if self.where is not None and not self.passed:
            made += ["", *self._place(self.where)]
        if self.lines is not None and not self.passed:
            made += ["", str(self.lines)]
        made += [line for clue in self.clues for line in ("", clue)]
        if self.unseen:
            made += ["", f"Not to be seen in these data: {'; '.join(self.unseen)}."]
        made += [line for note in self.notes for line in ("", f"Note: {note}")]
        judged = f"Judged: {self.judged}, " if self.judged else "Judged: "
        return [*made, "", f"{judged}{self.form}; {', '.join(self.networks)}."]

    @staticmethod
    def _place(where: dict[str, Any]) -> list[str]:
        """The line with the mistake, and what it should have computed."""
        made = [f"{where['file']}, line {where['line']}: {str(where['code']).strip()}"]
        for key, word in (("computed", "computes"), ("expected", "expected")):
            if where.get(key):
                made.append(f"  {word:<9} {where[key]}")
        return made

    def _finding(self, finding: Finding) -> list[Table | str]:
        """Formulas side by side and the remedy, for each of the mistakes that act together."""
        from ..support.tables import table

        made: list[Table | str] = []
        for part, (place, meant, used, remedy) in zip(finding.parts, finding.formulas, strict=True):
            where = f"equation {place}" if place.startswith("(") else place
            made += ["", f"{part} — {where}", table("", ["meant", "used"], [[meant, used]]), remedy]
        if finding.layers and np.isfinite(self.residual) and np.isfinite(finding.residual):
            made.append(
                f"(Relative difference from your numbers: {_power(finding.residual)} with the "
                f"formula used, {_power(self.residual)} with the one meant.)"
            )
        return made

    def details(self) -> dict[str, Any]:
        """Everything that ``to_dict`` holds beside the verdict."""
        hidden = ("result", "lines")
        made = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in hidden}
        made["lines"] = None if self.lines is None else self.lines.to_dict()
        made["layers"] = [asdict(v) | {"passed": v.passed} for v in self.layers]
        if self.cost is not None:
            made["cost"] = dict(zip(("yours", "right", "passed"), self.cost, strict=True))
        return made


def theta_names(layers: Sequence[int]) -> str:
    """The symbols of the weights of these layers: "Θ⁽¹⁾, Θ⁽³⁾"."""
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
        "none" if not verdict.biases else "wrong" if 0 in verdict.wrong_columns else "right",
        rest,
        "" if verdict.passed else verdict.worst,
        "" if verdict.passed else f"{verdict.yours:.7g}",
        "" if verdict.passed else f"{verdict.right:.7g}",
    ]


def _power(value: float) -> str:
    return f"{value:.1g}" if value >= UNIT_ROUNDOFF else "0"
