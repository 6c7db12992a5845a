"""Names in tables: shown whatever stands in them, and in ASCII where a stream has no more."""

import io

import pytest

from micrograd_bp.network.symbols import symbol
from micrograd_bp.support.tables import ascii_names, encodes, render, shown, table


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (symbol("θ", 2, 3, layer=1), "theta1[2,3]"),
        (symbol("θ", 12, 3, layer=10), "theta10[12,3]"),
        (symbol("θ", 1, 0, layer=1), "theta1[1,0]"),
        (symbol("δ", 12, layer=2), "delta2[12]"),
        (symbol("a", 3, layer=2), "a2[3]"),
        (symbol("x", 12), "x[12]"),
        ("Θ⁽¹⁾", "Theta1"),
        ("∂J/∂θ₂₃⁽¹⁾ = −1 ± 2⁻⁵³", "dJ/dtheta1[2,3] = -1 +- 2^-53"),
        ("z_i⁽ˡ⁺¹⁾ and δ⁽ᴸ⁾", "z_i(l+1) and delta(L)"),
        ("λ ≥ 0 … ε²", "lambda >= 0 ... epsilon^2"),
        ("Größe 日", "Grosse \\u65e5"),
    ],
)
def test_ascii_names_are_those_of_the_command_line(made, expected):
    assert ascii_names(made) == expected.replace("Grosse", "Gro\\xdfe")
    assert ascii_names(made).isascii()


@pytest.mark.parametrize("letter", ["\x1b", "\x07", "\r", "\x9b", "\u202e", "\u2028", "\x00"])
def test_control_characters_are_shown(letter):
    printed = render(table(f"of {letter}", [f">n{letter}", "name"], [["1", f"a{letter}b"]]))
    assert letter not in printed
    assert repr(f"a{letter}b")[1:-1] in printed
    assert shown(f"a{letter}b\nc") == repr(f"a{letter}b")[1:-1] + "\nc"


def test_what_a_stream_can_encode():
    latin = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    assert encodes(latin, "±²")
    assert not encodes(latin, "θ")
    assert encodes(io.StringIO(), "θ")
