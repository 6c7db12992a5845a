"""The numbers of the page, its engine's and those in its texts, are Python's, on any network."""

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork, backprop_gradient
from micrograd_bp.report.numbers import written
from micrograd_bp.report.page import _compact
from micrograd_bp.report.story import story
from micrograd_bp.support.result import plain

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

AGREED = 1e-12  # of the largest number of the same layer, or of 1, the size of h − y's terms
PAGE = """(data) => {
    const story = new Story(data);
    const words = new Words(story);
    const ends = {};
    const received = new Map();
    for (const step of story.steps(null)) {
        if (step.kind === 'seed') continue;
        const forward = step.kind === 'value';
        const part = forward ? step.node : step.link.from;
        if (!forward) received.set(part, (received.get(part) ?? 0) + 1);
        const count = received.get(part);
        const said = forward ? words.value(part) : words.pass(step.link, part.grad, count);
        const name = `${part.kind} ${part.layer} ${part.indices} ${forward}`;
        ends[name] = said.rule.split('= ').pop();
    }
    return [story.nodes.map((n) => [n.kind, n.layer, n.indices, n.value, n.grad]), ends];
}"""
SIZES = [
    *([1, 1], [2, 1], [1, 3], [2, 2, 1], [2, 2, 2], [4, 5, 3], [3, 4, 4, 2], [1, 1, 1, 1], [2, 9]),
    *([3, 2, 5], [5, 1, 2], [2, 3, 2, 3, 1], [6, 4], [1, 8, 1], [3, 3, 3], [2, 6, 2], [7, 3, 1]),
    *([2, 2, 2, 2], [1, 2], [4, 4, 4, 4]),
]


def target(sizes, k):
    """y as a class, as 0 or 1, one-hot, and of two classes at once."""
    K = sizes[-1]
    if K == 1:
        return k % 2
    return [k % K, np.eye(K)[k % K], np.eye(K)[k % K][::-1]][k % 3]


@pytest.fixture(scope="module")
def shell(browser, pages):
    page = browser.new_page()
    page.goto((pages / "2-2-2.html").as_uri())
    yield page
    page.close()


@pytest.mark.parametrize("k", range(len(SIZES)), ids=lambda k: "-".join(map(str, SIZES[k])))
@pytest.mark.parametrize("size", [1.0, 900.0], ids=["usual", "saturated"])
def test_every_number_of_the_page_is_pythons(shell, k, size):
    rng = np.random.default_rng(k)
    net = SigmoidNetwork(SIZES[k], init=1.0, seed=rng)
    net.theta = net.theta * size  # weighted inputs of a thousand: a rounds to 0 and 1
    x = rng.normal(size=net.sizes[0])
    told = story(net, x, target(net.sizes, k))
    extra = {"features": [], "classes": [], "examples": [], "example": 0, "strike": None}
    nodes, ends = shell.evaluate(PAGE, plain(_compact(told | extra)))

    y = target(net.sizes, k)
    Y = [y] if np.ndim(y) else net.targets([y])
    passes, gradient = net.forward([x]), backprop_gradient(net, [x], Y)
    values = {"z": passes.z, "a": passes.a}
    for kind, layer, place, value, grad in nodes:
        at = tuple(i - 1 for i in place)
        if kind in values and layer > 1:
            right = values[kind][layer - 1][0]
            assert abs(value - right[at]) <= AGREED * max(1.0, np.max(np.abs(right)))
            assert ends[f"{kind} {layer} {place[0]} true"] == written(value)
        if kind == "z":
            right = gradient.deltas[layer - 1][0]
        elif kind == "theta":
            right, at = gradient.D[layer - 1], (place[0] - 1, place[1])
        elif kind == "cost":
            assert abs(value - gradient.cost) <= AGREED * max(1.0, abs(gradient.cost))
            continue
        else:
            continue
        assert abs(grad - right[at]) <= AGREED * max(1.0, np.max(np.abs(right)))
        assert ends[f"{kind} {layer} {','.join(map(str, place))} false"] == written(grad)
