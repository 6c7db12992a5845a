"""Which line of somebody's backpropagation is wrong, and what each line computed.

The recorded values are matched with the quantities that backpropagation computes. Going back from
the wrong gradient through values that are none of them, one comes to a step all of whose inputs
are known and whose result is not: there the mistake is. What that step should have computed is
then taken to be what it did compute, and the rest is judged anew, so that each of several mistakes
is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from .evidence import Case
from .faults import Step
from .flow import Flow, Node
from .judgement import Judgement, differing, judged, sinks_of, wrong_cost
from .quantities import key_of
from .trace import Event, Place, places
from .wording import symbol

__all__ = ["Line", "Listing", "Wrong", "explain_lines"]


@dataclass(frozen=True)
class Line:
    """One line of the file: what it computed, and whether that is right."""

    number: int
    code: str
    computed: str = ""
    status: str = ""  # "right", "wrong", "follows" from a wrong one, "unknown", or ""
    shape: str = ""
    values: str = ""


@dataclass(frozen=True)
class Wrong:
    """A step that went wrong: its line, what it computed and what was expected."""

    file: str
    line: int
    code: str
    computed: str
    expected: str
    name: str = ""


@dataclass(frozen=True)
class Listing:
    """A file line by line, with what each line computed, and its wrong lines.

    ``spoiled`` holds, for every quantity that came out wrong, the student's numbers beside the
    right ones: symbol, kind, layer, yours, right. ``example`` is one example of that run,
    without regularization: its row, thetas, x, y, and D, the student's own gradient on it alone
    (None where the code gives none).
    """

    lines: tuple[Line, ...] = ()
    wrong: tuple[Wrong, ...] = ()
    spoiled: tuple[dict[str, Any], ...] = ()
    example: dict[str, Any] | None = None
    units: tuple[str, str] = ("sigmoid", "sigmoid")  # hidden and output, as the run shows them

    @property
    def where(self) -> dict[str, Any] | None:
        """The first wrong line: file, line, code, computed, expected, name; None without one."""
        return asdict(self.wrong[0]) if self.wrong else None

    def __str__(self) -> str:
        width = min(72, max((len(line.code) for line in self.lines), default=0))
        return "\n".join(self._row(line, width) for line in self.lines)

    def _row(self, line: Line, width: int) -> str:
        marks = {"right": "✓ ", "wrong": "✗ ", "follows": "~ ", "unknown": "? "}
        note = marks.get(line.status, "") + line.computed
        return f"{line.number:>4}  {line.code:<{width}}  {note}".rstrip()

    def to_dict(self) -> dict[str, Any]:
        """The lines, the wrong ones and the spoiled quantities."""
        return asdict(self)


def explain_lines(
    source: str,
    events: Sequence[Event],
    case: Case,
    *,
    file: str = "",
    again: Sequence[Event] | None = None,
    replaced: bool = False,
    known: Sequence[Place] | None = None,
    gradient_wrong: bool = True,
    cost_wrong: bool = False,
) -> Listing:
    """The listing of ``source`` from the ``events`` that its instrumented run on ``case`` recorded.

    ``again`` are the events of a second call, where that one answered differently;
    ``gradient_wrong`` and ``cost_wrong`` say what was judged wrong, so that no line is accused
    where nothing is. ``replaced`` says that the weights which an object made for itself were
    replaced by the case's, so that nothing follows from how it was made. ``known`` are the places
    of the events, where the source is not Python's.
    """
    try:
        known = places(source) if known is None else known
        if replaced:
            events, again = (_not_made(known, one) for one in (events, again or ()))
        flow = Flow(known, events)
    except IndexError:  # the submission's process may send whatever it likes
        return Listing()
    case = _as_ordered(flow, case)
    base = case.model
    result = judged(flow, base, case, gradient_wrong)
    found = list(result.found)
    sinks = sinks_of(flow, case, base)
    if again and (different := differing(flow, again, sinks)) is not None:
        found = [different]
    if cost_wrong:
        found += wrong_cost(flow, result.first.model, case)
    lines = source.removesuffix("\n").split("\n")  # a form feed ends no line
    wrong = [_wrong(step, file, lines) for step in sorted(found, key=lambda step: step.node.number)]
    unique = {(step.line, step.name or step.expected): step for step in reversed(wrong)}
    kept = tuple(step for step in wrong if unique[step.line, step.name or step.expected] is step)
    model = result.first.model
    annotated = _annotated(result, lines, {step.line for step in kept})
    return Listing(annotated, kept, result.spoiled, units=(model.hidden, model.output))


def _as_ordered(flow: Flow, case: Case) -> Case:
    """The case with its examples in the order that the run takes them in, if it shuffles both."""
    for node in flow.arrays:
        for rows in (node.value, node.value.T):
            if rows.shape == case.X.shape and len(rows) > 1 and not np.array_equal(rows, case.X):
                place = [np.flatnonzero((row == case.X).all(axis=1)) for row in rows]
                order = [int(found[0]) for found in place if found.size]
                if sorted(order) == list(range(len(rows))):
                    known = {key_of(Y) for Y in (case.Y[order], case.Y[order].argmax(axis=1))}
                    if known & flow.first.keys():
                        return replace(case, X=case.X[order], Y=case.Y[order], _forward={})
    return case


def _not_made(known: Sequence[Place], events: Sequence[Event]) -> list[Event]:
    """The events without those of constructors."""
    return [event for event in events if known[event[0]].unit.function != "__init__"]


def _wrong(step: Step, file: str, lines: Sequence[str]) -> Wrong:
    number = step.node.line
    code = lines[number - 1].strip()
    return Wrong(file, number, code, step.computed, step.expected, step.name)


# The listing


def _annotated(result: Judgement, lines: Sequence[str], wrong: set[int]) -> tuple[Line, ...]:
    by_line: dict[int, list[Node]] = {}
    for node in result.first.flow.nodes:
        if node.place.role in ("value", "target"):
            by_line.setdefault(node.place.unit.line, []).append(node)
    made = []
    for number, code in enumerate(lines, start=1):
        nodes = by_line.get(number, [])
        stored = {n.place.unit.target for n in nodes if n.place.role == "target"}
        results = [
            n for n in nodes if n.place.role == "target" or n.place.unit.target not in stored
        ]
        results = [n for n in results if n.value.size > 1 or result.first.match(n) is not None]
        made.append(_line(result, number, code, results, number in wrong))
    return tuple(made)


def _line(result: Judgement, number: int, code: str, results: Sequence[Node], wrong: bool) -> Line:
    words: dict[str, str] = {}
    for node in results:
        right, follows = result.first.match(node), result.last.match(node)
        if right is not None:
            words.setdefault(symbol(result.first, right), "right")
        elif follows is not None:
            words.setdefault(symbol(result.last, follows), "follows")
        elif result.first.state(node) is False:
            words.setdefault("", "unknown")
    named = [word for word in words if word]
    text = ", ".join(named[:4]) + (", …" if len(named) > 4 else "")
    status = "wrong" if wrong else next(
        (s for s in ("unknown", "follows", "right") if s in words.values()), ""
    )  # fmt: skip
    if status == "unknown" and named:
        status = "follows" if "follows" in words.values() else "right"
    if not results:
        return Line(number, code, text, status)
    value = results[-1].value
    shape = "×".join(map(str, value.shape))
    shown = np.array2string(value, precision=6, threshold=20, separator=", ")
    return Line(number, code, text, status, shape, shown)
