"""Matrix products found in a recorded graph.

Σ nodes over products that share their factors, or share their weights, become the rows of a
matrix product, z = Θa + b.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from .memory import FIXED, VARYING
from .ops import MUL, SUM
from .recording import Graph, Product

__all__ = ["find_matrix_products"]

# A matrix product costs a few calls more than one elementwise step; for fewer products of
# scalars than this it does not pay.
LEAST_PRODUCTS = 4


class _Terms(NamedTuple):
    """The terms of one Σ, sorted out."""

    weights: tuple[int, ...]
    factors: tuple[int, ...]
    plus: list[int]
    minus: list[int]


def find_matrix_products(graph: Graph) -> None:
    """Find Σ nodes over products that share their factors, or share their weights."""
    uses = graph.uses()
    sums = {
        i: _terms(graph, i, uses)
        for i in graph.sequence
        if graph.ops[i] is SUM and graph.kind[i] == VARYING
    }
    with_factors = defaultdict(list)
    for i, terms in sums.items():
        if len(terms.factors) > 1:
            with_factors[terms.factors].append(i)
    with_weights = defaultdict(list)
    for rows in with_factors.values():
        # a bias or none, as one instruction has it for all its rows
        key = tuple([(sums[i].weights, _has_fixed(graph, sums[i])) for i in rows])
        with_weights[key].extend(rows)
    shared = {
        i: place
        for place, rows in enumerate(with_weights.values())
        if sum(len(sums[i].factors) for i in rows) >= LEAST_PRODUCTS
        for i in rows
    }
    recorded, graph.sequence = graph.sequence, []
    for i in recorded:
        if i in shared:
            _use_product(graph, i, sums[i], shared[i])
        elif i in sums:
            _gather_fixed(graph, i)
        graph.sequence.append(i)
    graph.drop_unused()


def _has_fixed(graph: Graph, terms: _Terms) -> bool:
    return any(graph.kind[i] == FIXED for i in (*terms.plus, *terms.minus))


def _terms(graph: Graph, i: int, uses: list[int]) -> _Terms:
    pairs, plus = [], []
    split = len(graph.args[i]) - graph.minus[i]
    for term in graph.args[i][:split]:
        if graph.ops[term] is MUL and uses[term] == 1 and term not in graph.kept:
            a, b = graph.args[term]
            if graph.kind[term] == VARYING and graph.kind[b] == FIXED:
                pairs.append((a, b))
                continue
        plus.append(term)
    pairs.sort(key=lambda pair: graph.place[pair[0]])
    weights, factors = tuple([w for _, w in pairs]), tuple([a for a, _ in pairs])
    return _Terms(weights, factors, plus, graph.args[i][split:])


def _use_product(graph: Graph, i: int, terms: _Terms, shared: int) -> None:
    fixed, others, minus = _without_fixed(graph, terms.plus, terms.minus)
    product = graph.new(VARYING) if others else i
    graph.products[product] = Product(terms.weights, terms.factors, fixed, shared)
    graph.covers[product] = len(terms.factors) + graph.covers[i]
    graph.args[product] = [*terms.factors, *terms.weights, *([] if fixed is None else [fixed])]
    if others:
        graph.labels[product] = graph.labels[i]
        graph.covers[product] -= graph.covers[i]
        graph.sequence.append(product)
        graph.ops[i], graph.args[i], graph.minus[i] = SUM, [product, *others], minus


def _gather_fixed(graph: Graph, i: int) -> None:
    """Put the fixed terms of a Σ before the others, as one."""
    split = len(graph.args[i]) - graph.minus[i]
    fixed, others, minus = _without_fixed(graph, graph.args[i][:split], graph.args[i][split:])
    if fixed is not None:
        graph.args[i], graph.minus[i] = [fixed, *others], minus


def _without_fixed(
    graph: Graph, plus: list[int], minus: list[int]
) -> tuple[int | None, list[int], int]:
    """The sum of the fixed terms as one node, the other terms, and how many are subtracted."""
    kind = graph.kind
    added, taken = ([i for i in part if kind[i] == FIXED] for part in (plus, minus))
    others = [i for i in plus if kind[i] != FIXED]
    subtracted = [i for i in minus if kind[i] != FIXED]
    fixed: int | None = None
    if len(added) == 1 and not taken:
        fixed = added[0]
    elif added or taken:
        fixed = graph.new(FIXED)
        graph.ops[fixed], graph.args[fixed], graph.minus[fixed] = SUM, added + taken, len(taken)
        graph.sequence.append(fixed)
    return fixed, others + subtracted, len(subtracted)
