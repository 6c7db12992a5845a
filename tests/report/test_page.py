"""The page in Chromium: what it shows against Python's numbers, the keyboard, and no request."""

import re
from collections import Counter

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork, backprop_gradient
from micrograd_bp.report.numbers import written
from micrograd_bp.training.data import iris

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

FOUR_DIGITS = 1e-3  # relative: products of numbers that are each shown with four digits


def number(text):
    """What ``written`` wrote, read back."""
    text = text.strip("()").replace("−", "-").replace("×10", "e")
    return float(text.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))


def rule(page):
    return page.locator("#rule").inner_text().split("\n")


def to_step(page, k):
    page.locator("#slider").fill(str(k))


def click_through(page, button):
    """What the page says after each click, until the button is disabled or back at its start."""
    return page.evaluate(
        """button => {
            const said = [];
            const seen = new Set();
            const part = (name) => document.querySelector(name).innerText;
            while (!button.disabled && !seen.has(part('#count'))) {
                seen.add(part('#count'));
                button.click();
                said.push([part('#step .kind'), part('#rule').split('\\n')]);
            }
            return said;
        }""",
        button.element_handle(),
    )


def slopes_and_values(page):
    """Label → (value, slope) of every drawn part, as text."""
    parts = page.locator("#net g[data-node]").evaluate_all(
        "found => found.map(g => ['.name', '.value', '.slope']"
        ".map(part => g.querySelector(part).textContent))"
    )
    return {name: (value, slope.lstrip("δ∂ ")) for name, value, slope in parts}


@pytest.fixture(scope="module")
def first_flower():
    data = iris()
    net = SigmoidNetwork([4, 5, 3], seed=0)
    return net, net.forward(data.X[:1]), backprop_gradient(net, data.X[:1], data.y[:1])


def test_at_the_end_every_unit_shows_pythons_numbers(visit, first_flower):
    net, forward, gradient = first_flower
    page = visit()
    page.get_by_role("button", name="To the end").click()
    shown = slopes_and_values(page)
    assert len(shown) == 4 + 2 + 2 * 5 + 2 * 3 + 3 + 1
    superscripts = "⁰¹²³"
    subscripts = "₀₁₂₃₄₅"
    for layer in (2, 3):
        for i in range(net.sizes[layer - 1]):
            name = f"{subscripts[i + 1]}⁽{superscripts[layer]}⁾"
            value, slope = shown[f"z{name}"]
            assert value == written(forward.z[layer - 1][0, i])
            assert slope == written(gradient.deltas[layer - 1][0, i])
            assert shown[f"a{name}"][0] == written(forward.a[layer - 1][0, i])
    assert shown["J"] == (written(gradient.cost), "1")


def test_before_a_step_nothing_is_filled_in_and_each_step_fills_one(visit):
    page = visit()
    assert shown_count(page, ".value") == 4 + 2  # inputs and bias units
    for k in range(1, 21):
        to_step(page, k)
        assert shown_count(page, ".value") == 6 + k
    assert shown_count(page, ".slope") == 0
    to_step(page, 21)
    assert shown_count(page, ".slope") == 1


def shown_count(page, part):
    texts = page.locator(f"#net g[data-node] {part}").all_text_contents()
    return sum(text != "" for text in texts)


def test_every_backward_step_multiplies_right_and_adds_up_to_pythons_gradient(visit, first_flower):
    _, _, gradient = first_flower
    page = visit()
    to_step(page, 21)
    finished = {}
    said = click_through(page, page.get_by_role("button", name="One step on"))
    assert len(said) == 93 - 21
    for _, lines in said:
        target = lines[0].split(" ")[0]
        left, right, share = re.fullmatch(r"\+?= (\S+) × (\S+) = (\S+)", lines[1]).groups()
        product = number(left) * number(right)
        assert product == pytest.approx(number(share), rel=2 * FOUR_DIGITS)
        finished[target] = number(lines[-1].split(" = ")[-1])
    for i, delta in enumerate(gradient.deltas[1][0], start=1):
        assert finished[f"δ{'₀₁₂₃₄₅'[i]}⁽²⁾"] == pytest.approx(delta, rel=FOUR_DIGITS)
    for l, D in enumerate(gradient.D):
        for i, j in np.ndindex(D.shape):
            slope = finished[f"∂J/∂θ{'₀₁₂₃₄₅'[i + 1]}{'₀₁₂₃₄₅'[j]}⁽{'¹²'[l]}⁾"]
            assert slope == pytest.approx(D[i, j], rel=FOUR_DIGITS, abs=1e-300)


def test_a_newcomer_follows_one_delta_from_the_cost_to_an_input_weight(visit, first_flower):
    net, _, gradient = first_flower
    page = visit()
    page.get_by_label("Show").select_option(label="θ₁₁⁽¹⁾")
    said = click_through(page, page.get_by_role("button", name="One step on"))
    seen = [kind.removeprefix("Backward · ") for kind, _ in said]
    assert seen == [
        "the start of the way back",
        *["equation (3)"] * 6,
        *["equation δ⁽ᴸ⁾ = h − y"] * 3,
        *["equation (4)"] * 3,
        "equation (2)",
        "equation (1)",
    ]
    to_step(page, 12)
    assert rule(page)[0] == "∂J/∂a₁⁽²⁾ += δ₂⁽³⁾ × θ₂₁⁽²⁾"
    shares = [number(text) for text in re.findall(r"= (\S+) × (\S+) =", rule(page)[1])[0]]
    expected = [gradient.deltas[2][0, 1], net.thetas[1][1, 1]]
    assert shares == pytest.approx(expected, rel=FOUR_DIGITS)
    assert "2 of 3 shares" in rule(page)[2]
    assert slopes_and_values(page)["a₁⁽²⁾"][1].endswith("…")  # a sum that is not complete
    to_step(page, 13)
    assert slopes_and_values(page)["a₁⁽²⁾"][1] == written(
        float(net.thetas[1][:, 1] @ gradient.deltas[2][0])
    )
    assert "Σ over k in (2)" in page.locator("#step .why").inner_text()


def test_one_button_plays_that_way(visit):
    page = visit()
    page.get_by_role("button", name="Follow one δ").click()
    assert page.locator("#follow option:checked").inner_text() == "θ₁₁⁽¹⁾"
    assert page.locator("#count").inner_text() == "1 / 15"
    playwright.expect(page.locator("#count")).to_have_text("2 / 15")


def test_clicking_a_unit_writes_its_sum_over_k_out(visit, first_flower):
    net, _, gradient = first_flower
    page = visit()
    page.locator("#net g[data-node]", has_text="z₂⁽²⁾").click()
    explained = page.locator("#explained")
    assert "δ₂⁽²⁾" in explained.inner_text()
    rows = explained.locator("tbody tr")
    assert rows.count() == 3
    for k in range(3):
        text = rows.nth(k).inner_text()
        share = gradient.deltas[2][0, k] * net.thetas[1][k, 2]
        assert number(text.split()[-1]) == pytest.approx(share, rel=FOUR_DIGITS)
    total = explained.locator("tfoot tr").last.inner_text().split()[-1]
    assert total == written(gradient.deltas[1][0, 1])


def test_a_weight_lists_its_ways_to_the_cost_and_marks_them(visit, first_flower):
    _, _, gradient = first_flower
    page = visit()
    page.get_by_label("Explain").select_option(label="θ₂₃⁽¹⁾")
    explained = page.locator("#explained")
    products = [
        number(text.split()[-1]) for text in explained.locator("tbody tr").all_inner_texts()
    ]
    assert len(products) == 3
    assert sum(products) == pytest.approx(gradient.D[0][1, 3], rel=5 * FOUR_DIGITS)
    assert explained.locator("tfoot td").inner_text() == written(gradient.D[0][1, 3])
    marked = page.locator("#net g.picked[data-node] .name").all_text_contents()
    assert sorted(marked) == sorted(
        [
            "z₂⁽²⁾",
            "a₂⁽²⁾",
            "z₁⁽³⁾",
            "z₂⁽³⁾",
            "z₃⁽³⁾",
            "a₁⁽³⁾",
            "a₂⁽³⁾",
            "a₃⁽³⁾",
            "J₁",
            "J₂",
            "J₃",
            "J",
        ]
    )


def test_every_part_of_a_deep_network_can_be_explained(visit):
    page = visit("deep")
    explained = page.locator("#pick").evaluate(
        """pick => [...pick.options].map((option) => {
            pick.value = option.value;
            pick.dispatchEvent(new Event('change'));
            const text = document.querySelector('#explained').innerText;
            return [option.text, text];
        })"""
    )
    assert len(explained) == 1 + 2 + 3 + 2 * (3 + 2 + 2) + 2 + 2 + 1 + (9 + 8 + 6)
    for name, text in explained[1:]:
        assert text.startswith(f"{name} = ")
        assert "NaN" not in text
        assert "undefined" not in text
    page.locator("#pick").select_option(label="θ₁₁⁽¹⁾")
    assert page.locator("#explained tbody tr").count() == 2 * 2


def test_next_wrong_step_goes_where_the_mistake_strikes(visit):
    page = visit("lost")
    button = page.get_by_role("button", name="Next wrong step")
    said = [kind for kind, _ in click_through(page, button)]
    assert all(kind.endswith("the mistake strikes here") for kind in said)
    assert said.pop() == said[0]  # after the last comes the first again
    found = Counter(kind.split(" · ")[1] for kind in said)
    # of the three shares of layer 3 the last is right; every one below carries a wrong δ
    assert found == {
        "equation (4)": 4 * 2 + 5 * 4,
        "equation (2)": 4 + 5,
        "equation (1)": 5 * 4 + 4 * 6,
    }
    assert page.locator("#net .struck").count() == 5 * 4 + 4 * 6


def test_one_layer_at_a_time_shows_the_matrix_formula(visit):
    page = visit()
    page.get_by_label("Step by").select_option("layer")
    said = click_through(page, page.get_by_role("button", name="One step on"))
    formulas = [lines[0] for _, lines in said]
    for formula in (
        "z⁽²⁾ = Θ⁽¹⁾ [1; a⁽¹⁾]",
        "a⁽³⁾ = g(z⁽³⁾)",
        "δ⁽³⁾ = a⁽³⁾ − y",
        "δ⁽²⁾ = (Θ⁽²⁾)ᵀ δ⁽³⁾ .* a⁽²⁾ .* (1 − a⁽²⁾)",
        "∂J/∂Θ⁽¹⁾ = δ⁽²⁾ (a⁽¹⁾)ᵀ",
    ):
        assert formula in formulas
    assert len(click_through(page, page.get_by_role("button", name="One step back"))) == len(said)


def test_the_keyboard_does_everything(visit):
    page = visit()
    page.locator("#net").focus()
    for key, expected in [
        ("ArrowRight", "1 / 93"),
        ("ArrowRight", "2 / 93"),
        ("ArrowLeft", "1 / 93"),
        ("End", "93 / 93"),
        ("Home", "0 / 93"),
    ]:
        page.keyboard.press(key)
        assert page.locator("#count").inner_text() == expected
    whole = page.locator("#net").get_attribute("viewBox")
    page.keyboard.press("+")
    assert width_of(page) < float(whole.split()[2])
    page.keyboard.press("0")
    assert page.locator("#net").get_attribute("viewBox") == whole
    page.keyboard.press(" ")
    assert page.locator("#play").get_attribute("aria-pressed") == "true"
    page.keyboard.press(" ")
    assert page.locator("#play").get_attribute("aria-pressed") == "false"
    assert page.locator("#count").inner_text() == "1 / 93"


def width_of(page):
    return float(page.locator("#net").get_attribute("viewBox").split()[2])


def test_tab_reaches_every_control_in_the_order_of_the_page(visit):
    page = visit()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    order = ["first", "back", "play", "next", "last", "slider", "net", "follow", "layer-filter"]
    seen = []
    page.locator("#next").click()  # so that no button of the player is disabled
    page.locator(".skip").focus()
    while "layer-filter" not in seen and len(seen) < 80:
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id"))
    assert [name for name in seen if name in order] == order
    page.locator("#play").focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_playing_goes_on_by_itself_and_stops_at_the_end(visit):
    page = visit("hostile")
    steps = int(page.locator("#slider").get_attribute("max"))
    to_step(page, steps - 2)
    page.get_by_role("button", name="Play").click()
    playwright.expect(page.locator("#count")).to_have_text(f"{steps} / {steps}")
    assert page.locator("#play").get_attribute("aria-pressed") == "false"
    assert page.locator("#step").get_attribute("aria-live") == "polite"


def test_dragging_pans_and_does_not_choose(visit):
    page = visit()
    before = page.locator("#net").get_attribute("viewBox").split()
    box = page.locator("#net").bounding_box()
    page.locator("#net").scroll_into_view_if_needed()
    box = page.locator("#net").bounding_box()
    page.mouse.move(box["x"] + 600, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 500, box["y"] + 40, steps=5)
    page.mouse.up()
    after = page.locator("#net").get_attribute("viewBox").split()
    assert float(after[0]) > float(before[0])
    assert float(after[1]) < float(before[1])
    assert page.locator("#explained").inner_text() == ""


def test_the_table_sorts_filters_and_shows_all(visit):
    page = visit()
    rows = page.locator("#parameters tbody tr:visible")
    assert rows.count() == 12
    page.get_by_role("button", name="Show all 43").click()
    assert rows.count() == 43
    page.get_by_role("button", name="θ", exact=True).click()
    weights = [number(t) for t in rows.locator("td:nth-child(3)").all_inner_texts()]
    assert weights == sorted(weights, reverse=True)
    page.get_by_role("button", name="θ", exact=True).click()
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "ascending"
    weights = [number(t) for t in rows.locator("td:nth-child(3)").all_inner_texts()]
    assert weights == sorted(weights)
    page.locator("#layer-filter").select_option("2")
    assert rows.count() == 18
    assert set(rows.locator("td:nth-child(2)").all_inner_texts()) == {"2"}


def test_a_script_in_a_label_does_not_run(visit):
    page = visit("hostile")
    page.get_by_role("button", name="To the end").click()
    page.locator("#net g[data-node]").first.click()
    assert page.evaluate("typeof window.struck") == "undefined"
    assert page.get_by_role("button", name="Next wrong step").is_hidden()
    assert page.locator("#net title", has_text="window.struck").count() == 2
    assert page.locator("img").count() == 0


def test_javascript_writes_numbers_as_python_does(visit):
    rng = np.random.default_rng(0)
    values = [*(rng.normal(size=300) * 10.0 ** rng.uniform(-8, 8, 300)), 0.0, 1.0, -2.5, 9.9996]
    page = visit("hostile")
    found = page.evaluate("values => values.map((v) => written(v))", [float(v) for v in values])
    assert found == [written(float(v)) for v in values]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_the_screen_and_its_text_has_contrast(visit, width, scheme):
    page = visit(width=width, color_scheme=scheme)
    to_step(page, 60)
    page.locator("#pick").select_option(label="θ₁₁⁽¹⁾")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shades = page.evaluate(
        "['--ink', '--soft', '--fwd', '--bwd', '--good', '--bad', '--third', '--paper', '--panel']"
        ".map(name => getComputedStyle(document.documentElement).getPropertyValue(name).trim())"
    )
    *inks, paper, panel = [luminance(shade) for shade in shades]
    for ink in inks:
        for ground in (paper, panel):
            contrast = (max(ink, ground) + 0.05) / (min(ink, ground) + 0.05)
            assert contrast >= 4.5  # WCAG 2, level AA
    assert (paper < 0.1) == (scheme == "dark")


def luminance(shade):
    """Relative luminance of #rgb or #rrggbb, as WCAG 2 defines it."""
    digits = shade.lstrip("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    channels = [int(digits[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_on_a_phone_the_picture_follows_the_step(visit):
    page = visit(width=360)
    assert page.get_by_label("Zoom to the step").is_checked()
    to_step(page, 40)
    # both at once: the page may still be scrolling
    now, frame = page.evaluate(
        "['#net .now', '#net'].map(s => document.querySelector(s).getBoundingClientRect().toJSON())"
    )
    assert frame["left"] <= now["left"]
    assert now["right"] <= frame["right"]
    assert frame["top"] <= now["top"]
    assert now["bottom"] <= frame["bottom"]
    assert now["width"] > 50  # legible: half a unit, drawn 88 wide with text of 13


def test_printed_it_has_all_rows_and_no_buttons(visit):
    page = visit()
    page.emulate_media(media="print")
    assert page.locator("#parameters tbody tr:visible").count() == 43
    assert page.locator("#play").is_hidden()
    assert page.locator("#net").is_visible()


def test_nothing_moves_for_those_who_asked_for_that(visit):
    still = visit(reduced_motion="reduce")
    moving = visit()
    for page, visibility in ((still, "hidden"), (moving, "visible")):
        to_step(page, 40)
        page.locator("#next").click()
        page.wait_for_timeout(150)
        assert page.locator("#net .pulse").get_attribute("visibility") == visibility


def test_screen_readers_find_names_and_landmarks(visit):
    page = visit()
    assert page.get_by_role("main").count() == 1
    assert page.get_by_role("navigation", name="On this page").is_visible()
    assert page.get_by_role("slider", name="Step").count() == 1
    assert page.get_by_role("img", name=re.compile("network as columns")).count() == 1
    assert page.get_by_role("img", name=re.compile("smaller step")).count() == 1
    to_step(page, 22)
    assert page.locator("#slider").get_attribute("aria-valuetext").startswith("step 22 of 93: ∂J")
    for element in page.get_by_role("button").all():
        assert element.inner_text().strip() or element.get_attribute("aria-label")
