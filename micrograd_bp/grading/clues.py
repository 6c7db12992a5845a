"""Where to look when a gradient is wrong and its numbers fit no known formula."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..network.symbols import symbol
from .diagnosis import LayerVerdict
from .evidence import Case
from .own_cost import gradient_scale

__all__ = ["where_to_look"]

SAME = 1e-9  # relative: two factors are one, to rounding


def where_to_look(cases: Sequence[Case], verdicts: Sequence[LayerVerdict]) -> list[str]:
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
    if any(rest) and not any(bias) and cases[0].biases:
        return ["Bias columns are right, so every δ is: look at the a_j⁽ˡ⁾ of equation (1)."]
    if verdicts[-1].passed:
        return [
            f"{symbol('Θ', layer=len(verdicts))} is right, so forward propagation and δ⁽ᴸ⁾ are: "
            "look at how δ goes back, equation (2)."
        ]
    found = [gradient_scale(case.parts, case.exact.D) for case in cases]
    ratio = found[0][0]
    if all(left <= SAME and abs(one / ratio - 1.0) <= SAME for one, left in found):
        return [f"Every entry is {ratio:.6g} times the right one: look for a factor."]
    return ["The output layer's own weights are wrong: begin with δ⁽ᴸ⁾ = h − y and equation (1)."]


def _shape_clue(case: Case) -> str:
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
