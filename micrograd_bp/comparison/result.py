"""The verdict on three gradients, with everything that it rests on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ..support.result import Result
from .findings import Findings
from .words import tables, verdict

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["Comparison"]


@dataclass(frozen=True, repr=False)
class Comparison(Findings, Result):
    """The verdict on three gradients: what was found, with its words, tables, JSON and page."""

    @property
    def verdict(self) -> str:
        """One line: what is proved, or that nothing contradicts, or what does and where."""
        return verdict(self)

    def tables(self) -> list[Table | str]:
        """The comparison as rich tables: methods, pairs by layer, worst parameters, δ, proof."""
        return tables(self)

    def details(self) -> dict[str, Any]:
        """The numbers of ``to_dict``; what is not estimated is None."""
        return {
            "sizes": list(self.network.sizes),
            "examples": len(self.X),
            "lambda": self.lambda_,
            "epsilon": self.epsilon,
            "slowdown": self.slowdown,
            "undecided": [parameter.name for parameter in self.undecided],
            "advice": self.advice,
            "gradients": {
                g.method: {"cost": g.cost, "seconds": g.seconds, "vector": g.vector}
                for g in self.gradients
            },
            "error_bars": self.error_bars,
            "pairs": [asdict(pair) | {"passed": pair.passed} for pair in self.pairs],
            "worst": self.worst,
            "deltas": self.deltas,
            "costs": self.costs,
            "proof": self.proof,
            "unproved": self.unproved,
        }
