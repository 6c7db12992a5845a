"""The line that is wrong is pointed at, and what is marked as right is right."""

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork
from micrograd_bp.grading.evidence import Case
from micrograd_bp.grading.lines import explain_lines
from micrograd_bp.grading.submission import Answer
from micrograd_bp.grading.trace import RECORD, Recorder, instrument

from .slips import SLIPS, STYLES, spoiled

LABELS = [1, 0, 2, 2, 0, 1, 2]
RATE = 0.5


def network(style, square):
    deep = style in ("loop", "dicts", "lists", "nielsen")
    sizes = ([4, 4, 4, 4] if deep else [4, 4, 4]) if square else [3, 5, 4, 3] if deep else [4, 5, 3]
    net = SigmoidNetwork(sizes, init=1.2, seed=7)
    X = np.random.default_rng(1).normal(size=(len(LABELS), sizes[0]))
    return net, X, net.targets(LABELS), 1.3 if style in ("vectorized", "loop", "lists") else 0.0


def called(names, style, net, X, Y, lambda_):
    """The gradient by one of the styles, put into the shapes of Θ, and J if it is there."""
    T = [theta.copy() for theta in net.thetas]
    if style == "vectorized":
        J, D = names["backprop"](*T, X, Y, lambda_)
        return Answer(D, False, float(J))
    if style == "loop":
        return Answer(names["backprop"](T, X, Y, lambda_), False)
    if style == "lists":
        plain = [theta.tolist() for theta in T]
        D = names["backprop"](plain, X.tolist(), Y.tolist(), lambda_)
        return Answer([np.array(d) for d in D], False)
    W, b = [theta[:, 1:] for theta in T], [theta[:, 0] for theta in T]
    if style == "class":
        before = [W[0].T.copy(), b[0].copy(), W[1].T.copy(), b[1].copy()]
        after = names["train_step"](*(part.copy() for part in before), X, Y, RATE)
        dW1, db1, dW2, db2 = [(x - y) / RATE for x, y in zip(before, after, strict=True)]
        return joined([dW1.T, dW2.T], [db1, db2])
    columns = [part[:, np.newaxis] for part in b]
    if style == "dicts":
        pairs = zip(W, columns, strict=True)
        p = {k + str(l): v for l, wb in enumerate(pairs, 1) for k, v in zip("Wb", wb, strict=True)}
        g = names["model"](X.T.copy(), Y.T.copy(), p)
        layers = range(1, len(W) + 1)
        return joined([g[f"dW{l}"] for l in layers], [g[f"db{l}"] for l in layers])
    return joined(*names["backprop"](W, columns, X, Y))


def joined(dW, db):
    both = zip(dW, db, strict=True)
    return Answer([np.hstack([np.reshape(c, (-1, 1)), w]) for w, c in both], False)


def listing(source, style, square=False):
    """The listing of a run, and whether gradient and cost are right."""
    data = network(style, square)
    recorder = Recorder()
    names = {RECORD: recorder, "__name__": "student"}
    exec(instrument(source), names)
    recorder.start()
    with np.errstate(all="ignore"):
        answer = called(names, style, *data)
    case = Case(*data, answer)
    right = case.fits and all(np.max(error) <= 1.0 for error in case.errors())
    cost = answer.cost is None or abs(answer.cost - case.exact.cost) <= case.cost_tolerance
    made = explain_lines(
        source, recorder.stop(), case, file="student.py", gradient_wrong=not right,
        cost_wrong=not cost
    )  # fmt: skip
    return made, right and cost


def run(slip):
    source, wanted = spoiled(slip)
    try:
        made, right = listing(source, slip.style)
    except (ValueError, IndexError):  # what fits no other shapes
        made, right = listing(source, slip.style, square=True)
    return made, right, wanted


@pytest.mark.parametrize("style", STYLES)
def test_right_code_is_not_accused(style):
    made, right = listing(STYLES[style], style)
    assert right
    assert made.where is None
    assert not [line for line in made.lines if line.status in ("wrong", "follows")]


# Sums of single numbers are no array: the line that uses them is named.
HARD = ("back.append(s * a[l][j])",)


@pytest.mark.parametrize(
    "slip",
    [s for s in SLIPS if s.wrong not in HARD],
    ids=lambda slip: f"{slip.style}: {slip.wrong.strip()}",
)
def test_the_wrong_line_is_named(slip):
    made, right, wanted = run(slip)
    assert not right
    assert made.where is not None
    assert made.where["line"] in wanted
