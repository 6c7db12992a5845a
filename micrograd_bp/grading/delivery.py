"""How the weights reach a function: as a list, as one vector, in a dict, each by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .layouts import COURSE, Layout

__all__ = ["APART", "Delivery", "deliveries"]


@dataclass(frozen=True)
class Delivery:
    """How the weights reach the function: "list", "F" or "C" (one vector, by columns or rows),
    "dict", "pairs" [(W, b), …], "numbered" (each by itself) or "neurons", a list of layers of
    {"weights": [w₁, …, b]}."""

    kind: str
    layout: Layout = COURSE
    keys: str = "W"  # of a dict: "W" or "Theta"

    @property
    def plain(self) -> bool:
        """Whether it is how the course would hand the weights over."""
        return self.layout == COURSE and self.kind in ("list", "numbered", "F")

    @property
    def words(self) -> str:
        first = {
            "list": "Θ as a list of matrices", "F": "θ as one vector",
            "C": "θ as one vector, row by row", "dict": "θ as a dict",
            "pairs": "θ as a list of (W, b)", "one": "the weights of one layer",
            "numbered": "Θ matrix by matrix",
            "neurons": "a list of layers of neurons, the bias weight last",
        }[self.kind]  # fmt: skip
        return ", ".join(filter(None, [first, self.layout.words]))


APART = [
    Layout("apart", False, "column"), Layout("apart", True, "row"), Layout("apart", True, "flat"),
    Layout("apart", False, "flat"), Layout("apart", True, "column"), Layout("apart", False, "row"),
]  # fmt: skip
WHOLE = [COURSE, Layout("none", True), Layout("none"), Layout("theta", True)]


def deliveries(assignment: Mapping[str, str]) -> list[Delivery]:
    """The ways to hand over the weights that the assignment leaves open, the likeliest first."""
    roles = list(assignment.values())
    name = next((n for n, role in assignment.items() if role == "weights"), "")
    if "rows" in roles:
        return [Delivery("neurons")]
    numbered = [role for role in roles if role[1:].isdigit()]
    if "forward" in roles and "weights" not in roles:  # what is lacking, the forward function gets
        each = [Delivery("numbered", layout) for layout in (*APART, *WHOLE)]
        return each if numbered else [*deliveries({"parameters": "weights"}), *each]
    if "weights" not in roles:
        apart = any(role.startswith("b") for role in numbered)
        return [Delivery("numbered", layout) for layout in (APART if apart else WHOLE)]
    one = [Delivery("one", layout) for layout in (APART if "biases" in roles else WHOLE)]
    if "biases" in roles:
        return [*[Delivery("list", layout) for layout in APART], *one]
    lists = [Delivery("list", layout) for layout in WHOLE]
    vectors = [Delivery("F"), Delivery("C"), Delivery("C", Layout("theta", True))]
    dicts = [Delivery("dict", layout) for layout in APART[:4]]
    dicts += [Delivery("dict", COURSE, "Theta"), Delivery("dict", Layout("none", True))]
    pairs = [Delivery("pairs", layout) for layout in APART[:4]]
    plain = name.lower().replace("_", "")
    if plain.startswith(("parameters", "params", "model", "net", "weights")):
        return [*lists[:1], *vectors[:2], *dicts, *lists[1:], *pairs, *vectors[2:], *one]
    if ("theta" in plain and not plain.endswith("s")) or "param" in plain or plain == "w":
        return [*vectors[:2], *lists, *vectors[2:], *dicts, *pairs, *one]
    return [*lists[:1], *vectors[:2], *lists[1:], *dicts, *pairs, *vectors[2:], *one]
