"""The source's symbols as Unicode text: θ₂₃⁽¹⁾, δ₁⁽²⁾, x₂."""

from __future__ import annotations

from functools import lru_cache

__all__ = ["symbol"]

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@lru_cache(maxsize=1 << 16)  # a graph for each example asks for the same ones again
def symbol(letter: str, *indices: int, layer: int | None = None) -> str:
    """A letter with subscripts (unit numbers) and the layer as a superscript.

    Two subscripts are told apart by a comma once one of them has two digits.

    >>> symbol("θ", 2, 3, layer=1), symbol("θ", 12, 3, layer=1), symbol("x", 2)
    ('θ₂₃⁽¹⁾', 'θ₁₂,₃⁽¹⁾', 'x₂')
    """
    between = "," if any(index > 9 for index in indices) else ""
    below = between.join(str(index).translate(_SUBSCRIPTS) for index in indices)
    above = "" if layer is None else f"⁽{str(layer).translate(_SUPERSCRIPTS)}⁾"
    return f"{letter}{below}{above}"
