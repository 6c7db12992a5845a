"""How the weights reach a function: as a list, as one vector, in a dict, each by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .layouts import COURSE, Layout
from .names import roles_of
from .submission import UserError

__all__ = ["APART", "Delivery", "deliveries"]


@dataclass(frozen=True)
class Delivery:
    """How the weights reach the function: "list", "F" or "C" (one vector, by columns or rows),
    "dict", "pairs" [(W, b), …], "in turn" [W, b, W, b, …], "W first" [W, W, …, b, b, …],
    "numbered" (each by itself) or "neurons", a list of layers of {"weights": [w₁, …, b]}."""

    kind: str
    layout: Layout = COURSE
    keys: tuple[str, ...] = ("W", "b")  # of a dict: what they begin with, or as they are

    @property
    def plain(self) -> bool:
        """Whether it is how the course would hand the weights over."""
        return self.layout == COURSE and self.kind in ("list", "numbered", "F")

    def as_dict(self, weights: Sequence[Any], biases: Sequence[Any]) -> dict[str, Any]:
        """The weights under the keys that the function reads; UserError if these are others."""
        if self.kind == "lists":
            return {self.keys[0]: list(weights), self.keys[-1]: list(biases)}
        if len(self.keys) > 2:
            if len(self.keys) != 2 * len(weights):
                raise UserError(f"function: reads the weights {', '.join(self.keys)}")
            return dict(zip(self.keys, [*weights, *biases], strict=False))
        made = {f"{self.keys[0]}{l}": W for l, W in enumerate(weights, start=1)}
        return made | {f"{self.keys[-1]}{l}": b for l, b in enumerate(biases, start=1)}

    @property
    def words(self) -> str:
        first = {
            "list": "Θ as a list of matrices", "F": "θ as one vector",
            "C": "θ as one vector, row by row",
            "dict": "θ as a dict", "lists": "θ as a dict of lists",
            "pairs": "θ as a list of (W, b)", "one": "the weights of one layer",
            "in turn": "θ as a list W, b, W, b", "W first": "θ as a list of all W and then all b",
            "numbered": "Θ matrix by matrix",
            "neurons": "a list of layers of neurons, the bias weight last",
        }[self.kind]  # fmt: skip
        return ", ".join(filter(None, [first, self.layout.words]))


APART = [
    Layout("apart", False, "column"), Layout("apart", True, "row"), Layout("apart", True, "flat"),
    Layout("apart", False, "flat"), Layout("apart", True, "column"), Layout("apart", False, "row"),
]  # fmt: skip
WHOLE = [
    COURSE, Layout("none", True), Layout("none"), Layout("theta", True),
    Layout("theta", True, last=True), Layout("theta", False, last=True),
]  # fmt: skip


def deliveries(assignment: Mapping[str, str], strings: Sequence[str] = ()) -> list[Delivery]:
    """The ways to hand over the weights that the assignment leaves open, the likeliest first.

    ``strings`` are those in the function, of which some may be the keys of a dict.
    """
    roles = list(assignment.values())
    name = next((n for n, role in assignment.items() if role == "weights"), "")
    if "rows" in roles:
        return [Delivery("neurons")]
    # the course's own form has its bias first; elsewhere it is whatever the code says
    whole = WHOLE[:-1] if "lambda" in roles else WHOLE
    numbered = [role for role in roles if role[1:].isdigit()]
    if "forward" in roles and "weights" not in roles:  # what is lacking, the forward function gets
        each = [Delivery("numbered", layout) for layout in (*APART, *whole)]
        return each if numbered else [*deliveries({"parameters": "weights"}, strings), *each]
    if "weights" not in roles:
        apart = any(role.startswith("b") for role in numbered)
        return [Delivery("numbered", layout) for layout in (APART if apart else whole)]
    one = [Delivery("one", layout) for layout in (APART if "biases" in roles else whole)]
    if "biases" in roles:
        return [*[Delivery("list", layout) for layout in APART], *one]
    lists = [Delivery("list", layout) for layout in whole]
    vectors = [Delivery("F"), Delivery("C"), Delivery("C", Layout("theta", True))]
    keys = _keys(strings)
    several = APART[:4]
    dicts = [Delivery(kind, layout, keys) for kind in ("dict", "lists") for layout in several]
    dicts += [Delivery("dict", COURSE, ("Theta", "b") if keys == ("W", "b") else keys)]
    dicts += [Delivery("dict", layout, keys) for layout in (Layout("none", True), whole[3])]
    kinds = ("pairs", "in turn", "W first")
    pairs = [Delivery(kind, layout) for kind in kinds for layout in several]
    plain = name.lower().replace("_", "")
    if plain in ("network", "net", "nn", "model", "layers"):
        one.append(Delivery("neurons"))
    if plain.startswith(("parameters", "params", "model", "net", "weights")):
        return [*lists[:1], *vectors[:2], *dicts, *lists[1:], *pairs, *vectors[2:], *one]
    if ("theta" in plain and not plain.endswith("s")) or "param" in plain or plain == "w":
        return [*vectors[:2], *lists, *vectors[2:], *dicts, *pairs, *one]
    return [*lists[:1], *vectors[:2], *lists[1:], *dicts, *pairs, *vectors[2:], *one]


def _keys(strings: Sequence[str]) -> tuple[str, ...]:
    """The keys of a dict of weights among the strings in a function, or what they begin with."""
    numbered = {role: s for s in strings for role in roles_of(s) if role[1:].isdigit()}
    layers = max((int(role[1:]) for role in numbered), default=0)
    if any(not s.endswith(role[1:]) for role, s in numbered.items()):  # as in "hidden_bias"
        places = [f"{letter}{l}" for letter in "Wb" for l in range(1, layers + 1)]
        return tuple(numbered.get(place, place) for place in places)
    found = []
    for letter in "Wb":
        starts = [s[:-1] for role, s in numbered.items() if role[0] == letter]
        starts += [s for s in strings if roles_of(f"{s}1") == (f"{letter}1",)]
        found.append(starts[0] if starts else letter)
    return tuple(found)
