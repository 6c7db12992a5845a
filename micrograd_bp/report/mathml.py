"""The numbered equations in MathML: as the source prints them, and with one network's numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup

from .numbers import written

__all__ = ["EQUATIONS"]

TERMS = 4  # of a sum, before "⋯"

Told = dict[str, Any]


def tag(name: str, *parts: str, **attributes: str) -> Markup:
    inner = Markup("").join(parts)
    listed = Markup("").join(Markup(' {}="{}"').format(k, v) for k, v in attributes.items())
    return Markup("<{}{}>{}</{}>").format(Markup(name), listed, inner, Markup(name))


def i(text: str) -> Markup:
    return tag("mi", text)


def o(text: str) -> Markup:
    return tag("mo", text)


def n(value: float | int | str) -> Markup:
    return tag("mn", written(value) if isinstance(value, float) else str(value))


def row(*parts: str) -> Markup:
    return tag("mrow", *parts)


def sub(letter: str, *below: str) -> Markup:
    return tag("msub", i(letter), row(*below))


def at(letter: str, layer: str | int, *below: str | int) -> Markup:
    """A letter with indices below and the layer, in parentheses, above."""
    above = row(o("("), *_index(layer), o(")"))
    if not below:
        return tag("msup", i(letter), above)
    return tag("msubsup", i(letter), row(*(part for b in below for part in _index(b))), above)


def slope(of: str, to: str) -> Markup:
    return tag("mfrac", row(i("∂"), of), row(i("∂"), to))


def total(over: str) -> Markup:
    return tag("munder", o("∑"), i(over))


def _index(index: str | int) -> list[Markup]:
    if isinstance(index, int):
        return [n(index)]
    letter, plus, rest = index.partition("+")
    return [i(letter), *([o("+"), n(rest)] if plus else [])]


def times(a: str, b: str) -> Markup:
    return row(a, o("×"), b)


def summed(terms: Sequence[str]) -> list[tuple[str, str]]:
    """Lines for a sum, a term on each, its middle left out where it is long."""
    shown = list(terms) if len(terms) <= TERMS else [*terms[: TERMS - 1], o("⋯"), terms[-1]]
    return [("+" if k else "=", term) for k, term in enumerate(shown)]


def bracketed(value: float) -> Markup:
    """A number as a factor: in parentheses if it is negative."""
    return row(o("("), n(value), o(")")) if value < 0 else n(value)


def lines(left: str, *rights: tuple[str, str]) -> Markup:
    """An equation over several lines, each an operator and what follows it."""
    rows = [
        tag("mtr", tag("mtd", left if k == 0 else ""), tag("mtd", o(operator)), tag("mtd", right))
        for k, (operator, right) in enumerate(rights)
    ]
    return tag(
        "math", tag("mtable", *rows, **{"class": "lines", "displaystyle": "true"}), display="block"
    )


class Numbers:
    """The nodes of a story by what they are."""

    def __init__(self, told: Told) -> None:
        self.last = len(told["sizes"])
        self.sizes: list[int] = told["sizes"]
        self._nodes = {
            (node["kind"], node["layer"], *node["indices"]): node for node in told["nodes"]
        }

    def value(self, kind: str, layer: int, *indices: int) -> float:
        if kind == "a" and layer == 1:
            kind = "x"
        if kind in ("a", "x") and indices == (0,):
            return 1.0
        return float(self._nodes[kind, layer, *indices]["value"])

    def delta(self, layer: int, unit: int) -> float:
        return float(self._nodes["z", layer, unit]["grad"])

    def g_prime(self, layer: int, unit: int) -> float:
        a = self.value("a", layer, unit)
        return a * (1.0 - a)

    def theta_slope(self, layer: int, unit: int, j: int) -> float:
        return float(self._nodes["theta", layer, unit, j]["grad"])


def equation_1(numbers: Numbers) -> Markup:
    a, d = numbers.value("a", 1, 1), numbers.delta(2, 1)
    return lines(
        slope(i("J"), at("θ", 1, 1, 1)),
        ("=", times(at("a", 1, 1), at("δ", 2, 1))),
        ("=", times(bracketed(a), bracketed(d))),
        ("=", n(numbers.theta_slope(1, 1, 1))),
    )


def output_delta(numbers: Numbers) -> Markup:
    L = numbers.last
    h, y = numbers.value("a", L, 1), numbers.value("y", L, 1)
    return lines(
        at("δ", L, 1),
        ("=", row(at("a", L, 1), o("−"), sub("y", n(1)))),
        ("=", row(n(h), o("−"), n(y))),
        ("=", n(numbers.delta(L, 1))),
    )


def equation_2(numbers: Numbers) -> Markup:
    l = numbers.last - 1
    units = range(1, numbers.sizes[l] + 1)
    g_prime = numbers.g_prime(l, 1)
    return lines(
        at("δ", l, 1),
        *summed([row(at("δ", l + 1, k), at("θ", l, k, 1), _g_prime(l, 1)) for k in units]),
        *summed(
            [
                times(
                    bracketed(numbers.delta(l + 1, k)),
                    times(bracketed(numbers.value("theta", l, k, 1)), n(g_prime)),
                )
                for k in units
            ]
        ),
        ("=", n(numbers.delta(l, 1))),
    )


def equation_4(numbers: Numbers) -> Markup:
    l = numbers.last - 1
    units = range(1, numbers.sizes[l] + 1)
    g_prime = numbers.g_prime(l, 1)
    return lines(
        slope(i("J"), at("z", l, 1)),
        *summed(
            [
                row(slope(i("J"), at("z", l + 1, k)), slope(at("z", l + 1, k), at("z", l, 1)))
                for k in units
            ]
        ),
        *summed(
            [
                times(
                    bracketed(numbers.delta(l + 1, k)),
                    bracketed(numbers.value("theta", l, k, 1) * g_prime),
                )
                for k in units
            ]
        ),
        ("=", n(numbers.delta(l, 1))),
    )


def equation_3(numbers: Numbers) -> Markup:
    L = numbers.last
    units = range(1, numbers.sizes[-1] + 1)
    return lines(
        i("J"),
        *summed([sub("J", n(k)) for k in units]),
        *summed([bracketed(numbers.value("term", L, k)) for k in units]),
        ("=", n(numbers.value("cost", L))),
    )


def _g_prime(layer: str | int, unit: str | int) -> Markup:
    return row(tag("msup", i("g"), o("′")), o("("), at("z", layer, unit), o(")"))


# Each equation: what it says in words, how the source prints it, and its numbers.
EQUATIONS: dict[str, tuple[str, Markup, Callable[[Numbers], Markup] | None]] = {
    "(1)": (
        "The slope of one weight: what came in through it, times the error of the unit it feeds.",
        lines(
            slope(i("J"), at("θ", "l", "i", "j")),
            (
                "=",
                row(
                    slope(i("J"), at("z", "l+1", "i")),
                    slope(at("z", "l+1", "i"), at("θ", "l", "i", "j")),
                ),
            ),
            ("=", row(at("a", "l", "j"), at("δ", "l+1", "i"))),
        ),
        equation_1,
    ),
    "δ⁽ᴸ⁾": (
        "The error of an output unit: what it said minus what it should have said.",
        lines(
            at("δ", "L"),
            ("=", row(sub("h", i("θ")), o("("), i("x"), o(")"), o("−"), i("y"))),
        ),
        output_delta,
    ),
    "(2)": (
        "The error of a hidden unit: the errors of all units it feeds, each weighted by the "
        "connection to it, and summed, because the unit acts on the cost through all of them.",
        lines(
            at("δ", "l", "i"),
            (
                "=",
                row(total("k"), at("δ", "l+1", "k"), at("θ", "l", "k", "i"), _g_prime("l", "i")),
            ),
        ),
        equation_2,
    ),
    "(4)": (
        "Why (2) is true: the chain rule through every unit k of the next layer.",
        lines(
            slope(i("J"), at("z", "l", "i")),
            (
                "=",
                row(
                    total("k"),
                    slope(i("J"), at("z", "l+1", "k")),
                    slope(at("z", "l+1", "k"), at("z", "l", "i")),
                ),
            ),
        ),
        equation_4,
    ),
    "(3)": (
        "The cost of one example: large where an output is confidently wrong.",
        lines(
            i("J"),
            ("=", row(total("k"), o("("), o("−"), sub("y", i("k")), i("log"), sub("h", i("k")))),
            (
                "−",
                row(
                    *(o("("), n(1), o("−"), sub("y", i("k")), o(")")),
                    *(i("log"), o("("), n(1), o("−"), sub("h", i("k")), o(")"), o(")")),
                ),
            ),
        ),
        equation_3,
    ),
    "D": (
        "The gradient of the whole cost: the mean over the m examples, plus regularization "
        "(not for the bias weights, j = 0).",
        lines(
            at("D", "l"),
            (
                "=",
                row(
                    tag("mfrac", n(1), i("m")),
                    total("examples"),
                    at("δ", "l+1"),
                    tag("msup", row(o("("), at("a", "l"), o(")")), i("T")),
                ),
            ),
            ("+", row(tag("mfrac", i("λ"), i("m")), at("Θ", "l"))),
        ),
        None,
    ),
}
