"""The bindings of a function, in the order of their likelihood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from .binding import Binding
from .delivery import Delivery, deliveries
from .layouts import LABELS, ROW_BY_ROW
from .names import Parameter, assignments

__all__ = ["IN_COLUMNS", "bindings", "in_call_order"]


def bindings(
    function: str, parameters: Sequence[Parameter] | None, strings: Sequence[str] = ()
) -> Iterator[Binding]:
    """The bindings of a function, the likeliest first; ``strings`` are those in its code."""
    for rare in (False, True):
        yield from _bindings(function, parameters, strings, rare)


def _bindings(
    function: str, parameters: Sequence[Parameter] | None, strings: Sequence[str], rare: bool
) -> Iterator[Binding]:
    """With the usual forms of the data, or with the rarer ones."""
    for assignment in assignments(parameters):
        roles = set(assignment.values())
        data = ({"X", "Y"}, {"forward", "Y"}, {"weights", "rows"})
        if roles != {"weights"} and not any(needed <= roles for needed in data):
            continue
        if not {"weights", "forward"} & roles and not any(role[1:].isdigit() for role in roles):
            continue  # what makes its own weights is no function of them
        triples = in_call_order(parameters, assignment)
        if roles == {"weights"}:  # bound to its network and data
            for kind in () if rare else ("F", "C", "list"):
                yield Binding(function, triples, Delivery(kind))
            continue
        ways = deliveries(assignment, strings)
        if "rows" in roles:
            if not rare:
                yield Binding(function, triples, ways[0])
            continue
        if rare:
            for delivery, (x, y) in product((way for way in ways if way.plain), OLD):
                yield Binding(function, triples, delivery, x, y, old_matrix=True)
        for delivery in ways[:LIKELY] if rare else ways:
            for x, y in _data_forms(assignment, delivery, rare):
                yield Binding(function, triples, delivery, x, y)


def in_call_order(
    parameters: Sequence[Parameter] | None, assignment: Mapping[str, str]
) -> tuple[tuple[str, str, bool], ...]:
    """By position as long as nothing was left out, then by name."""
    if parameters is None:
        return tuple((name, role, False) for name, role in assignment.items())
    made, skipped = [], False
    for p in parameters:
        if p.name in assignment:
            made.append((p.name, assignment[p.name], p.keyword or skipped))
        else:
            skipped = True
    return tuple(made)


OLD = [("", ""), ("", "y as class labels from 1"), ("", "y as (m, 1) class labels from 1")]
LIKELY = 8  # deliveries that are tried with the rarer forms of the data too
ROWS = ["", "X with its column of ones"]
COLUMNS = ["examples in columns", "examples in columns with a row of ones"]
IN_COLUMNS = ["Y with examples in columns", "y as (1, m) class labels from 1",
              "y as (1, m) class numbers from 0"]  # fmt: skip
SINGLE_FORMS = [
    ("one example as (n, 1)", "y of one example as (K, 1)"),
    ("one example as (n,)", "y of one example as (K,)"),
    ("one example as (n, 1)", "y of one example as its class number"),
    ("one example as (n,)", "y of one example as its class number"),
    ("one example as (n,)", "y of one example as a number"),
    ("one example as (n, 1)", "y of one example as a number"),
]
USUAL = 4  # forms of y, and of single examples, that are tried before all others


def _data_forms(
    assignment: Mapping[str, str], delivery: Delivery, rare: bool
) -> Iterator[tuple[str, str]]:
    """X and y together: examples are rows in both, or columns in both, or there is only one."""
    many = [
        words for words in LABELS
        if "one example" not in words and words not in (*IN_COLUMNS, ROW_BY_ROW[1])
    ]  # fmt: skip
    rows = list(product(ROWS, [*many, IN_COLUMNS[0]]))
    columns = list(product(COLUMNS, [*IN_COLUMNS, *many]))
    usual = [*rows[:USUAL], columns[0], rows[len(many) + 1]]
    if delivery.layout.kind == "apart" and delivery.layout.bias == "column":
        usual = [columns[0], *rows[:USUAL]]
    usual += SINGLE_FORMS[:2] if delivery.kind != "F" else []
    yield from (
        [pair for pair in (*rows, *columns, *SINGLE_FORMS) if pair not in usual] if rare else usual
    )
