"""The verdict on a user's gradient, and its report."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .files import write_file
from .mistakes import COST_MISTAKES, MISTAKES, CostMistake, Mistake
from .rounding import UNIT_ROUNDOFF
from .symbols import symbol

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["Diagnosis", "Finding", "LayerVerdict", "theta_names"]

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
            cause = f": {self.cost_findings[0].name}" if self.cost_findings else ""
            return f"WRONG: the gradient is right, but the cost J is not{cause}"
        findings = self.gradient_findings
        wrong = ", ".join(symbol("Θ", layer=v.layer) for v in self.layers if not v.passed)
        where = f" in the gradient of {wrong}" if wrong else ""
        if not findings:
            return f"WRONG{where}: no mistake of the catalogue gives these numbers"
        partly = len(findings[0].layers) < len(self.layers) and len(findings[0].parts) == 1
        only = f", only in {theta_names(findings[0].layers)}" if partly else ""
        return f"WRONG: {findings[0].name}{only}"

    @property
    def unexplained(self) -> tuple[bool, bool, bool, int]:
        """The less of it, the better this diagnosis: wrong at all, wrong gradient, unnamed, and
        the number of mistakes that it takes."""
        findings = self.gradient_findings
        parts = len(findings[0].parts) if findings else 0
        return not self.passed, not self.gradient_passed, not findings, parts

    @property
    def cost_findings(self) -> list[Finding]:
        """The explanations of a wrong J."""
        return [finding for finding in self.mistakes if not finding.layers]

    @property
    def gradient_findings(self) -> list[Finding]:
        """The explanations of a wrong gradient, best first."""
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
        for findings in (self.gradient_findings, self.cost_findings):
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
