"""What a hand does to the page, held against Python: values, slopes, descent, links, mistakes."""

import io
import struct
from contextlib import redirect_stdout
from fractions import Fraction

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork, backprop_gradient, compare_gradients
from micrograd_bp.grading.catalogue import MISTAKES
from micrograd_bp.report.numbers import written
from micrograd_bp.report.story import story

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

AGREED = 1e-12  # of the largest number of the same layer, or of 1, the size of h − y's terms
STATE = """() => ({
    thetas: player.state.thetas(true), x: player.state.vector('x'), y: player.state.vector('y'),
    nodes: player.story.nodes.map((n) => ({
        kind: n.kind, layer: n.layer, indices: n.indices, value: n.value, grad: n.grad})),
})"""


def numbers_of(state, kind, layer, what):
    return np.array(
        [n[what] for n in state["nodes"] if n["kind"] == kind and n["layer"] == layer], dtype=float
    )


def apart(state):
    """How far the page's numbers are from Python's, in units of their layer's largest or of 1."""
    net = SigmoidNetwork(thetas=state["thetas"])
    forward = net.forward([state["x"]])
    gradient = backprop_gradient(net, [state["x"]], [state["y"]])
    cost = numbers_of(state, "cost", len(net.sizes), "value")
    pairs = [(cost, np.array([gradient.cost]))]
    for layer in range(2, len(net.sizes) + 1):
        pairs += [
            (numbers_of(state, "z", layer, "value"), forward.z[layer - 1][0]),
            (numbers_of(state, "a", layer, "value"), forward.a[layer - 1][0]),
            (numbers_of(state, "z", layer, "grad"), gradient.deltas[layer - 1][0]),
            (numbers_of(state, "theta", layer - 1, "grad"), gradient.D[layer - 2].ravel()),
        ]
    scaled = [(page - python) / max(1.0, np.max(np.abs(python))) for page, python in pairs]
    return max(np.max(np.abs(difference)) for difference in scaled)


def parts(page):
    return page.evaluate(
        "player.story.nodes.map((n) => ({id: n.id, kind: n.kind, label: n.label}))"
    )


def dragged(page, count, seed):
    """The state after each of ``count`` random moves of random parts, through the page's hand."""
    rng = np.random.default_rng(seed)
    movable = [part for part in parts(page) if part["kind"] in ("theta", "x", "y", "z")]
    moves = []
    for _ in range(count):
        part = movable[rng.integers(len(movable))]
        value = rng.uniform(0, 1) if part["kind"] == "y" else rng.normal(scale=3)
        moves.append([str(part["id"]), value])
    return page.evaluate(
        f"""moves => moves.map(([id, value]) => {{
            player.pick(id);
            player.touch.move(value);
            player.changed(true);
            return ({STATE})();
        }})""",
        moves,
    )


@pytest.mark.parametrize(("name", "count"), [("2-2-2", 100), ("deep", 60), ("iris", 40)])
def test_the_engine_agrees_with_python_on_two_hundred_random_drags(visit, name, count):
    states = dragged(visit(name), count, seed=count)
    assert len(states) == count
    assert max(apart(state) for state in states) <= AGREED


@pytest.mark.parametrize("name", ["2-2-2", "deep", "saturated"])
def test_every_link_of_the_page_is_that_of_the_scalar_graph(visit, name):
    page = visit(name)
    found = page.evaluate(
        """player.story.links.map((l) => ({from: l.from.id, to: l.to.id, local: l.local,
            symbol: l.symbol, equation: l.equation, ways: l.ways.map((w) => w.factors)}))"""
    )
    slopes = page.evaluate("player.story.nodes.map((n) => [n.slope, n.grad])")
    state = page.evaluate(STATE)
    told = story(SigmoidNetwork(thetas=state["thetas"]), state["x"], state["y"])
    for node, (slope, grad) in zip(told["nodes"], slopes, strict=True):
        assert slope == node["slope"]
        assert (grad is None) == (node["grad"] is None)
        assert grad is None or grad == pytest.approx(node["grad"], rel=1e-11, abs=1e-13)
    for ours, link in zip(found, told["links"], strict=True):
        for key in ("from", "to", "symbol", "equation"):
            assert ours[key] == link[key]
        assert ours["local"] == pytest.approx(link["local"], rel=1e-11, abs=1e-15)
        if told["nodes"][link["from"]]["kind"] != "y":
            for factors, way in zip(ours["ways"], link["ways"], strict=True):
                assert factors == pytest.approx(list(way["factors"]), rel=1e-11)


def test_an_engine_that_is_off_by_a_tenth_of_a_billionth_would_be_noticed(visit):
    page = visit("2-2-2")
    state = page.evaluate(STATE)
    assert apart(state) <= AGREED
    for node in state["nodes"]:
        if node["kind"] == "z" and node["layer"] == 2:
            node["grad"] *= 1 + 1e-10
    assert apart(state) > AGREED


def bits(page):
    """Every number of the graph as its 64 bits."""
    values = page.evaluate(
        "player.story.nodes.flatMap((n) => [n.value, n.grad ?? 0])"
        ".concat(player.story.links.flatMap((l) => [l.local, l.share]))"
    )
    return [struct.pack("<d", value) for value in values]


def test_rewind_is_exact_to_the_byte_and_clears_the_address(visit):
    page = visit("deep")
    before = bits(page)
    dragged(page, 20, 5)
    page.locator("#down10").click()
    assert bits(page) != before
    assert "#" in page.url
    page.get_by_role("button", name="Rewind").click()
    assert bits(page) == before
    assert "#" not in page.url
    assert page.get_by_role("button", name="Rewind").is_disabled()


def test_undo_goes_back_move_by_move(visit):
    page = visit("2-2-2")
    seen = [bits(page)]
    for k in range(3):
        dragged(page, 1, k)
        seen.append(bits(page))
    while len(seen) > 1:
        assert bits(page) == seen.pop()
        page.get_by_role("button", name="Undo").click()
    assert bits(page) == seen[0]


def test_a_link_brings_back_the_very_state(visit):
    page = visit("deep")
    dragged(page, 12, 3)
    page.locator("#follow").select_option(label="θ₁₁⁽¹⁾")
    page.locator("#slider").fill("5")
    page.locator("#mistake").select_option("sign of h − y")
    link = page.url[page.url.index("#") :]
    again = visit("deep", link=link)
    assert bits(again) == bits(page)
    assert again.locator("#count").inner_text() == page.locator("#count").inner_text()
    assert again.locator("#follow option:checked").inner_text() == "θ₁₁⁽¹⁾"
    assert again.locator("#mistake").input_value() == "sign of h − y"


def test_what_is_no_state_in_an_address_is_passed_over(visit):
    plain = visit("2-2-2")
    odd = "#v0=x&v999999=1&n0=Infinity&v1=&step=-5&follow=99&mistake=<img src=x>&v2=NaN"
    page = visit("2-2-2", link=odd)
    assert bits(page) == bits(plain)
    assert page.locator("#count").inner_text() == "0 / 36"
    assert visit("2-2-2", link="#table").locator("#count").inner_text() == "0 / 36"


def test_the_exported_python_gives_the_pages_numbers(visit):
    page = visit("deep")
    dragged(page, 30, 8)
    page.get_by_role("button", name="As Python").click()
    script = page.locator("#python").inner_text()
    scope = {}
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(script, "state.py", "exec"), scope)
    state = page.evaluate(STATE)
    assert [theta.tolist() for theta in scope["net"].thetas] == state["thetas"]
    cost = numbers_of(state, "cost", 4, "value")[0]
    assert scope["gradient"].cost == pytest.approx(cost, rel=AGREED)
    assert "agree" in printed.getvalue()


def test_what_the_slope_foretells_is_the_slope_times_the_move(visit):
    page = visit("2-2-2")
    state = page.evaluate(STATE)
    net = SigmoidNetwork(thetas=state["thetas"])
    gradient = backprop_gradient(net, [state["x"]], [state["y"]])
    page.locator("#pick").select_option(label="z₁⁽²⁾")
    start = float(page.locator("#exact").input_value())
    for move in (1e-3, 0.5):
        page.evaluate("v => { player.touch.move(v); player.changed(false); }", start + move)
        foretold, came = page.evaluate("player.touch.changes()")
        delta = gradient.deltas[1][0, 0]
        assert foretold == pytest.approx(delta * move, rel=1e-9)
        moved = SigmoidNetwork(thetas=page.evaluate("player.state.thetas(true)"))
        real = moved.cost([state["x"]], [state["y"]]) - gradient.cost
        assert came == pytest.approx(real, rel=1e-6, abs=1e-15)
        assert written(move) in page.locator("#foretold").inner_text()
    assert abs(foretold - came) > 1e-3 * abs(came)  # a long move leaves the tangent


def test_a_weight_is_dragged_with_the_mouse_and_everything_follows(visit):
    page = visit("2-2-2")
    before = page.evaluate(STATE)
    grab = page.locator("#net path.touchable").last
    point = grab.evaluate(
        """path => {
            const at = path.getPointAtLength(path.getTotalLength() * 0.9);
            const shown = at.matrixTransform(path.getScreenCTM());
            return [shown.x, shown.y];
        }"""
    )
    view = page.locator("#net").get_attribute("viewBox")
    page.mouse.move(*point)
    page.mouse.down()
    page.mouse.move(point[0] + 5, point[1])
    page.mouse.move(point[0] + 65, point[1], steps=3)
    assert "foretold by the slope" in page.locator("#rule").inner_text()
    assert page.locator("#net.dim .wire:not(.lit)").count() > 0  # what is not in play is dimmed
    page.mouse.up()
    after = page.evaluate(STATE)
    moved = np.array(after["thetas"][1]) - np.array(before["thetas"][1])
    assert np.count_nonzero(moved) == 1
    assert after["thetas"][0] == before["thetas"][0]
    assert np.max(moved) == pytest.approx(0.5)  # 60 pixels
    assert apart(after) <= AGREED
    assert page.locator("#net").get_attribute("viewBox") == view
    assert page.locator("#pick option:checked").inner_text() == "θ₂₂⁽²⁾"


def test_the_dial_is_a_slider_for_the_keyboard_too(visit):
    page = visit("2-2-2")
    page.locator("#pick").select_option(label="x₁")
    before = page.evaluate("player.state.vector('x')[0]")
    page.locator("#dial").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("player.state.vector('x')[0]") > before
    page.locator("#pick").select_option(label="J₁")
    assert page.locator("#dial").is_disabled()  # a cost is computed, not given


def test_steps_downhill_are_those_of_gradient_descent(visit):
    page = visit("deep")
    state = page.evaluate(STATE)
    thetas = [np.array(theta) for theta in state["thetas"]]
    page.locator("#rate").fill("0.3")
    page.get_by_role("button", name="One step downhill").click()
    page.get_by_role("button", name="10 steps").click()
    costs = []
    for _ in range(11):
        net = SigmoidNetwork(thetas=thetas)
        gradient = backprop_gradient(net, [state["x"]], [state["y"]])
        costs.append(gradient.cost)
        thetas = [theta - 0.3 * D for theta, D in zip(thetas, gradient.D, strict=True)]
    curve = page.evaluate("player.descent.curve")
    assert curve[:-1] == pytest.approx(costs, rel=1e-11)
    found = page.evaluate("player.state.thetas(false)")
    for page_theta, theta in zip(found, thetas, strict=True):
        assert np.max(np.abs(np.array(page_theta) - theta)) <= 1e-12
    assert page.locator("#curve path.ours").count() == 1


def test_a_kept_curve_stays_beside_the_next_one(visit):
    page = visit("2-2-2")
    page.locator("#down10").click()
    page.get_by_role("button", name="Keep this curve").click()
    first = page.locator("#curve path.ours").get_attribute("d")
    page.get_by_role("button", name="Rewind").click()
    page.locator("#rate").fill("0.1")
    page.locator("#down10").click()
    assert page.locator("#curve path.kept").get_attribute("d") == first
    assert page.locator("#curve path.ours").get_attribute("d") != first


def test_a_rate_that_is_none_is_refused_in_words(visit):
    page = visit("2-2-2")
    before = bits(page)
    page.locator("#rate").fill("-1")
    page.locator("#down").click()
    assert "must be a number above 0" in page.locator("#curve-words").inner_text()
    assert bits(page) == before


@pytest.mark.parametrize(
    "sizes", [(2, 2, 2), (3, 3, 2, 3), (2, 3, 1), (2, 2, 3), (2, 2, 2, 2), (3, 2)]
)
def test_the_pages_mistakes_are_those_of_the_catalogue(visit, sizes):
    page = visit("2-2-2")
    rng = np.random.default_rng(sum(sizes))
    net = SigmoidNetwork(list(sizes), seed=rng)
    x, y = rng.normal(size=sizes[0]), np.eye(sizes[-1])[-1]
    given = [[theta.tolist() for theta in net.thetas], x.tolist(), y.tolist()]
    found = page.evaluate(
        "given => Object.keys(MISTAKES).map((name) => [name, runOf(MISTAKES[name], ...given)?.D])",
        given,
    )
    assert len(found) >= 40
    for name, D in found:
        try:
            expected = MISTAKES[name].gradient(net.thetas, x[np.newaxis], y[np.newaxis])
        except (ValueError, IndexError):
            expected = None
        fits = expected is not None and [d.shape for d in expected] == net.shapes
        assert (D is not None) == fits, name
        if fits:
            for ours, theirs in zip(D, expected, strict=True):
                scale = np.max(np.abs(theirs)) or 1.0
                assert np.max(np.abs(np.array(ours) - theirs)) <= AGREED * scale, name


def test_a_chosen_mistake_shows_where_the_numbers_part_and_where_descent_goes(visit):
    page = visit("2-2-2")
    name = "sign of h − y"
    page.locator("#mistake").select_option(name)
    state = page.evaluate(STATE)
    net = SigmoidNetwork(thetas=state["thetas"])
    x, y = np.array([state["x"]]), np.array([state["y"]])
    rows = page.locator("#parted tbody tr").all_inner_texts()
    right = backprop_gradient(net, x, y)
    first = [written(v) for v in (right.deltas[2][0, 0], -right.deltas[2][0, 0])]
    assert rows[0].split("\t") == ["δ₁⁽³⁾", *first]
    page.locator("#down10").click()
    thetas = net.thetas
    for _ in range(10):
        wrong = MISTAKES[name].gradient(thetas, x, y)
        thetas = [theta - 0.5 * D for theta, D in zip(thetas, wrong, strict=True)]
    theirs = page.evaluate("player.descent.theirCurve.at(-1)")
    assert theirs == pytest.approx(SigmoidNetwork(thetas=thetas).cost(x, y), rel=1e-9)
    ours = page.evaluate("player.descent.curve.at(-1)")
    assert ours < right.cost < theirs  # the sign sends descent uphill
    page.locator("#mistake").select_option("")
    assert page.locator("#parted tbody tr").count() == 0


def test_equation_2_stands_whole_at_its_step(visit):
    page = visit("2-2-2")
    step = page.evaluate("player.steps.findIndex((s) => s.link?.equation === '(2)')")
    page.locator("#slider").fill(str(step + 1))
    lines = page.locator("#whole .formula").inner_text().split("\n")
    assert lines[0] == "δ₁⁽²⁾ = (δ₁⁽³⁾ θ₁₁⁽²⁾ + δ₂⁽³⁾ θ₂₁⁽²⁾) · g′(z₁⁽²⁾)"
    state = page.evaluate(STATE)
    net = SigmoidNetwork(thetas=state["thetas"])
    gradient = backprop_gradient(net, [state["x"]], [state["y"]])
    shares = gradient.deltas[2][0] * net.thetas[1][:, 1]
    assert lines[-1].endswith(f"= {written(float(gradient.deltas[1][0, 0]))}")
    bars = page.locator("#whole .bars rect").evaluate_all(
        "found => found.map((r) => [r.getAttribute('class'), Number(r.getAttribute('width'))])"
    )
    for (kind, width), share in zip(bars, shares, strict=False):
        assert kind == ("minus" if share < 0 else "plus")
        assert width / bars[0][1] == pytest.approx(abs(share / shares[0]), rel=1e-6)
    page.locator("#next").click()
    assert page.locator("#whole").is_hidden()


def test_every_slope_of_the_logarithms_is_derived(visit):
    page = visit("2-2-2")
    step = page.evaluate(
        "player.steps.findIndex((s) => s.link?.from.kind === 'a' && s.link.to.kind === 'term')"
    )
    page.locator("#slider").fill(str(step + 1))
    words = page.locator("#why").inner_text()
    assert "∂J₁/∂a₁⁽³⁾ = −y₁/a₁⁽³⁾ + (1 − y₁)/(1 − a₁⁽³⁾)" in words
    y, a = page.evaluate("[player.state.vector('y')[0], player.story.find('a', 3, 1).value]")
    assert words.rstrip(".").endswith(written(-y / a + (1 - y) / (1 - a)))


def test_the_value_used_twice_introduces_the_plus(visit):
    page = visit("2-2-2")
    step = page.evaluate("player.steps.findIndex((s) => s.link?.equation === '(4)')")
    page.locator("#slider").fill(str(step + 1))
    assert "is used 2 times, so += and not =" in page.locator("#why").inner_text()


def test_predictions_are_asked_before_the_step_and_counted(visit):
    page = visit("2-2-2")
    page.get_by_label("Let me predict first").check()
    asked = right = 0
    for _ in range(60):
        if page.locator("#next").is_disabled():
            break
        page.locator("#next").click()
        if page.locator("#question").is_hidden():
            continue
        before = page.locator("#count").inner_text()
        question = page.locator("#question p").inner_text()
        value = page.evaluate(
            """() => { const s = player.steps[player.at];
                return s.kind === 'value' ? s.node.value : s.link.from.grad; }"""
        )
        answer = {"positive": value > 0, "negative": value < 0}
        if "positive or negative" in question and asked % 2 == 0:
            choice = next(text for text, holds in answer.items() if holds)
            right += 1
        elif "positive or negative" in question:
            choice = next(text for text, holds in answer.items() if not holds)
        else:
            choice = page.evaluate("player.predict.question.answers[player.predict.question.right]")
            right += 1
        asked += 1
        page.locator("#question").get_by_role("button", name=choice).click()
        assert page.locator("#count").inner_text() != before
        assert page.locator("#score").inner_text() == f"{right} of {asked} right"
    assert asked > 10


def test_another_example_brings_its_own_inputs_and_targets(visit):
    page = visit("2-2-2")
    page.locator("#example").select_option(label="2 of 2")
    state = page.evaluate(STATE)
    assert (state["x"], state["y"]) == ([0.5, -1.0], [0.0, 1.0])
    net = SigmoidNetwork([2, 2, 2], seed=3)
    expected = compare_gradients(net, [[0.5, -1.0]], [1]).gradients[0].cost
    assert numbers_of(state, "cost", 3, "value")[0] == pytest.approx(expected, rel=AGREED)


def test_the_targets_slope_foretells_exactly_because_j_is_a_straight_line_in_it(visit):
    page = visit("2-2-2")
    page.locator("#pick").select_option(label="y₁")
    page.evaluate("player.touch.move(0.25)")
    foretold, came = page.evaluate("player.touch.changes()")
    assert foretold == pytest.approx(came, rel=1e-9)
    assert Fraction(page.evaluate("player.state.vector('y')[0]")) == Fraction(1, 4)


def test_words_show_their_meaning_where_they_stand(visit):
    page = visit("2-2-2")
    page.locator("#slider").fill("1")
    term = page.locator("#why .term").first
    assert term.get_attribute("data-meaning") in page.locator("#glossary").inner_text()
    term.hover()
    shown = term.evaluate("t => getComputedStyle(t, '::after').content")
    assert term.get_attribute("data-meaning")[:10] in shown
