"""Everything that backpropagation computes, by name, to recognize it in somebody's numbers.

``Quantities`` finds the name of an array among the quantities of a model, up to transposition, the
bias unit and a constant factor.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import numpy as np

from ..support.validation import Array
from .model import Model, over, with_bias

__all__ = ["Match", "Quantities", "Quantity", "factor_text", "key_of"]

# How far two computations of one number may differ, relative to the largest entry of its array:
# sums of a few dozen products in two orders. A chance agreement of 3 entries needs 1e-20.
AGREEMENT = 1e-9


class Quantity(NamedTuple):
    """A named array: its symbol, what kind it is, its layer, and whether it is a part only."""

    symbol: str
    kind: str
    layer: int
    value: Array
    example: int | None = None
    part: bool = False  # an intermediate that the algorithm passes through


class Match(NamedTuple):
    """A quantity found: the array is ``factor`` times it, perhaps with a bias unit beside it."""

    quantity: Quantity
    factor: float
    bias: bool

    @property
    def kind(self) -> str:
        return self.quantity.kind


def quantities(model: Model) -> Iterator[Quantity]:
    """Every quantity and the parts that lead to it; those of single examples too."""
    for found in _of_all(model):
        yield found
        m = len(model.X)
        if m > 1 and found.value.ndim == 2 and len(found.value) == m and found.kind != "theta":
            for i, row in enumerate(found.value):
                of = f"{found.symbol} of example {i + 1}"
                yield found._replace(symbol=of, value=row[np.newaxis], example=i)
    yield from _accumulated(model)
    yield from _sums(model)


def _of_all(model: Model) -> Iterator[Quantity]:
    z, a = model.za
    L, m = model.last, len(model.X)
    ones = np.ones((m, 1))
    yield Quantity("X", "a", 1, a[1])
    yield Quantity("y", "Y", 0, model.targets)
    yield Quantity("1 − y", "Y", 0, 1.0 - model.targets, part=True)
    with np.errstate(all="ignore"):
        for l in range(1, L + 1):
            name = "h" if l == L else over("a", l)
            if l > 1:
                yield Quantity(name, "a", l, a[l])
                yield Quantity(over("z", l), "z", l, z[l])
                yield Quantity(f"e^(−{over('z', l)})", "z", l, np.exp(-z[l]), part=True)
                yield Quantity(f"1 + e^(−{over('z', l)})", "z", l, 1 + np.exp(-z[l]), part=True)
                yield Quantity(f"1 − {name}", "a", l, 1.0 - a[l], part=True)
                yield Quantity(f"{name}²", "a", l, a[l] ** 2, part=True)
                weights = a[l - 1] @ model.thetas[l - 2][:, 1:].T
                yield Quantity(f"{over('z', l)} without bias", "weighted", l, weights, part=True)
            yield Quantity(f"[1; {name if l > 1 else 'x'}]", "a", l, np.hstack([ones, a[l]]))
        for l in range(1, L):
            yield from _weights(model, l)
        yield from _deltas(model)
        h, y = a[L], model.targets
        for name, value in (
            ("log h", np.log(h)),
            ("log(1 − h)", np.log(1.0 - h)),
            ("y log h", y * np.log(h)),
            ("(1 − y) log(1 − h)", (1.0 - y) * np.log(1.0 - h)),
            ("the terms of J", model.costs),
            ("(h − y)²", (h - y) ** 2),
            ("max(z, 0) − y z", np.maximum(z[L], 0) - z[L] * y),
        ):
            yield Quantity(name, "J", 0, value, part=True)


def _weights(model: Model, l: int) -> Iterator[Quantity]:
    theta, name = model.thetas[l - 1], over("Θ", l)
    yield Quantity(name, "theta", l, theta)
    yield Quantity(f"{name}(:, 1:)", "theta", l, theta[:, 1:])
    yield Quantity(f"{name}(:, 0)", "theta", l, theta[:, :1])
    yield Quantity(f"{name} without its bias column", "theta", l, model.penalized(l))
    squares = theta**2
    yield Quantity(f"{name}(:, 1:)²", "theta", l, squares[:, 1:], part=True)


def _deltas(model: Model) -> Iterator[Quantity]:
    a = model.za[1]
    L, delta = model.last, model.deltas
    if not np.array_equal(delta[L], a[L] - model.targets):
        yield Quantity("h − y", "error", L, a[L] - model.targets, part=True)
        yield Quantity("g′ of the outputs", "slope", L, a[L] * (1.0 - a[L]), part=True)
        for name, value in (("h", a[L]), ("1 − h", 1.0 - a[L])):
            part = (a[L] - model.targets) * value
            yield Quantity(f"(h − y) .* {name}", "delta", L, part, part=True)
    yield Quantity(over("δ", L), "delta", L, delta[L])
    ones = np.ones((len(model.X), 1))
    for l in range(L - 1, 1, -1):
        slope, back = model.slope(l), delta[l + 1] @ model.thetas[l - 1]
        name = f"{over('Θ', l)}ᵀ {over('δ', l + 1)}"
        yield Quantity(over("δ", l), "delta", l, delta[l])
        yield Quantity(f"g′({over('z', l)})", "slope", l, slope)
        yield Quantity(name, "back", l, back[:, 1:], part=True)
        yield Quantity(f"{name}, its bias unit too", "back", l, back, part=True)
        whole = np.hstack([ones, a[l]])
        if model.hidden == "sigmoid":
            for factor, value in ((over("a", l), whole), (f"(1 − {over('a', l)})", 1.0 - whole)):
                yield Quantity(f"{name} .* {factor}", "back", l, (back * value)[:, 1:], part=True)
                yield Quantity(f"{name} .* {factor}", "back", l, back * value, part=True)
        first = np.hstack([back[:, :1] * 0.0, delta[l]])
        yield Quantity(f"{over('δ', l)} with its bias unit", "delta", l, first, part=True)


def _accumulated(model: Model) -> Iterator[Quantity]:
    """Δ⁽ˡ⁾ and D⁽ˡ⁾, whole, by bias column and weights, of one example, after some examples."""
    m = len(model.X)
    a, delta = model.za[1], model.deltas
    for l in range(1, model.last):
        blocks = ((np.s_[:, :], ""), (np.s_[:, 1:], "(:, 1:)"), (np.s_[:, :1], "(:, 0)"))
        for block, name in blocks:
            yield Quantity(over("Δ", l) + name, "Delta", l, model.accumulated(l)[block])
            D = model.gradient(l)
            plain = name == "(:, 0)" or not model.lambda_  # D is Δ/m there
            if not plain or ("D", l) in model.adopted:
                yield Quantity(over("D", l) + name, "D", l, D[block])
        if ("Delta", l) in model.adopted or m == 1:
            continue
        each = delta[l + 1][:, :, np.newaxis] * with_bias(a[l])[:, np.newaxis, :]
        for i in range(m):
            for block, name in blocks:
                of = over("δ", l + 1) + ("" if name == "(:, 0)" else f"({over('a', l)})ᵀ")
                whole = f"{of} of example {i + 1}"
                yield Quantity(whole, "outer", l, each[i][block], i, part=True)
                if 0 < i < m - 1:
                    some = f"{over('Δ', l)}{name} after {i + 1} examples"
                    yield Quantity(some, "partial", l, each[: i + 1].sum(0)[block], i, part=True)
        of = f"{over('δ', l + 1)}({over('a', l)})ᵀ"
        for i, j in np.ndindex(*each.shape[1:]):
            entry = each[np.newaxis, :, i, j]
            yield Quantity(f"{of} in ({i + 1}, {j}) of each example", "outer", l, entry, part=True)
        yield Quantity(f"{of} example by example", "outer", l, each, part=True)


def _sums(model: Model) -> Iterator[Quantity]:
    """θ and the gradient unrolled, and the sums that J is made of."""
    shapes = range(1, model.last)
    orders: tuple[Literal["F", "C"], ...] = ("F", "C")
    for order in orders:
        for name, kind, parts in (
            ("θ", "theta", [model.thetas[l - 1] for l in shapes]),
            ("the gradient", "D", [model.gradient(l) for l in shapes]),
            ("the sums Δ", "Delta", [model.accumulated(l) for l in shapes]),
        ):
            vector = np.concatenate([part.ravel(order=order) for part in parts])
            yield Quantity(f"{name} unrolled", kind, 0, vector[np.newaxis])
    m = len(model.X)
    per_example = model.costs.sum(1)
    yield Quantity("J", "J", 0, np.array(model.cost))
    yield Quantity("J of each example", "J", 0, per_example[np.newaxis], part=True)
    yield Quantity("J without its penalty", "J", 0, np.array(per_example.sum() / m), part=True)
    yield Quantity("Σ J over the examples", "summed", 0, np.array(per_example.sum()), part=True)
    for i in range(m):
        yield Quantity(f"J of example {i + 1}", "J", 0, np.array(per_example[i]), i, part=True)
        some = np.array(per_example[: i + 1].sum())
        yield Quantity(f"Σ J after {i + 1} examples", "J", 0, some, i, part=True)
    total = 0.0
    for l in shapes:
        squares = float(np.sum(model.penalized(l) ** 2))
        total += squares
        yield Quantity(f"Σ θ² of {over('Θ', l)}", "J", l, np.array(squares), part=True)
        yield Quantity("Σ θ²", "J", 0, np.array(total), part=True)
    if model.lambda_:
        penalty = np.array(model.lambda_ / 2 / m * total)
        yield Quantity("the penalty of J", "J", 0, penalty, part=True)


def _ratio(flat: Array) -> float:
    """|v|₁ / |v|₂ of finite numbers, not all 0: the same for every order, sign and scale."""
    scaled = np.abs(flat) / np.max(np.abs(flat))
    return float(scaled.sum() / np.sqrt(scaled @ scaled))


def key_of(value: Array) -> tuple[Any, ...]:
    """The same for an array and its transpose, and for nothing else."""
    flat = value.ravel() + 0.0
    if value.ndim < 2 or min(value.shape) == 1:
        return (value.size, flat.tobytes())
    turned = value.T.ravel() + 0.0
    return (*sorted(value.shape), min(flat.tobytes(), turned.tobytes()))


class Quantities:
    """The quantities of a model, to be found by their values."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._by_size: dict[int, list[tuple[float, int, Quantity]]] = {}
        for number, quantity in enumerate(quantities(model)):
            flat = quantity.value.ravel()
            if flat.size and np.all(np.isfinite(flat)) and np.any(flat):
                row = self._by_size.setdefault(flat.size, [])
                row.append((_ratio(flat), number, quantity))
        for row in self._by_size.values():
            row.sort(key=lambda entry: entry[:2])
        self._found: dict[tuple[Any, ...], Match | None] = {}

    def match(self, value: Array) -> Match | None:
        """The quantity that ``value`` is, if it is one; whole quantities before parts."""
        key = key_of(value)
        if key not in self._found:
            self._found[key] = self._match(value)
        return self._found[key]

    def _match(self, value: Array) -> Match | None:
        if not np.all(np.isfinite(value)) or not np.any(value):
            return None
        value = np.squeeze(value) if value.ndim != 2 else value
        if value.ndim == 1:
            value = value[np.newaxis]
        found = self._exact(value)
        if found is None and value.ndim == 2 and value.size > 3:
            found = self._with_bias(value)
        return found

    def _exact(self, value: Array) -> Match | None:
        candidates = []
        flat = value.ravel()
        ratio = _ratio(flat)
        row = self._by_size.get(flat.size, [])
        start = bisect_left(row, (ratio * (1.0 - AGREEMENT), -1))
        for r, _, quantity in row[start:]:
            if r > ratio * (1.0 + AGREEMENT):
                break
            factor = self._factor(value, quantity.value)
            if factor is not None:
                simple = abs(np.log2(abs(factor))) > AGREEMENT
                candidates.append((quantity.part, simple, Match(quantity, factor, False)))
        return min(candidates, key=lambda c: c[:2])[2] if candidates else None

    def _factor(self, value: Array, known: Array) -> float | None:
        """c with value = c · known, in the same shape or turned, or unrolled in either order."""
        if value.size == 1:
            c = float(value.ravel()[0] / known.ravel()[0])
            return c if abs(abs(c) - 1.0) < AGREEMENT else None
        vector = min(value.shape) == 1 if value.ndim == 2 else False
        forms = [known, known.T] if known.ndim < 3 else [known]
        for form in forms:
            if not vector and value.shape != form.shape:
                continue
            a, b = value.ravel(), form.ravel()
            c = float(a @ b / (b @ b))
            if c and np.max(np.abs(a - c * b)) <= AGREEMENT * abs(c) * np.max(np.abs(b)):
                return c
        return None

    def _with_bias(self, value: Array) -> Match | None:
        """The same with the bias unit's column (or row) before it.

        Only for what belongs to examples: a gradient's bias column is part of it.
        """
        for rest, unit in ((value[:, 1:], value[:, 0]), (value[1:], value[0])):
            if rest.size < 2 or not np.any(rest):
                continue
            found = self._exact(rest)
            if found is None or found.kind not in ("a", "z", "back", "delta", "slope"):
                continue
            if found.kind == "a" and not found.quantity.part and not np.all(unit == found.factor):
                continue
            if found.kind in ("delta", "slope") and found.quantity.layer == self.model.last:
                continue  # the outputs have no bias unit
            return found._replace(bias=True)
        return None


def factor_text(factor: float, m: int, K: int, lambda_: float) -> tuple[str, str]:
    """What stands before and after a symbol for ``factor`` times it: ("−", "/ m").

    >>> factor_text(-0.2, 5, 3, 0.0), factor_text(0.37, 5, 3, 0.0)
    (('−', ' / m'), ('0.37 ', ''))
    """
    sign, size = ("−" if factor < 0 else ""), abs(factor)
    units = [("", "", 1.0), ("", " / m", 1.0 / m), ("", " / m²", 1.0 / m**2), ("m ", "", float(m))]
    if lambda_:
        units += [
            ("λ ", "", lambda_),
            ("λ ", " / m", lambda_ / m),
            ("λ ", " / 2m", lambda_ / 2 / m),
        ]
    units += [("", " / K", 1.0 / K), ("", " / mK", 1.0 / (m * K))]
    for number, text in ((1.0, ""), (2.0, "2 "), (0.5, "½ "), (4.0, "4 ")):
        for before, after, unit in units:
            if abs(size / (number * unit) - 1.0) < AGREEMENT:
                return sign + text + before, after
    return f"{sign}{size:.4g} ", ""
