"""The page on screens of several sizes, on paper, in both themes, and to assistive technology."""

import itertools
import os
from pathlib import Path

import numpy as np
import pytest

from micrograd_bp.report.page import FOLDER

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

# axe-core, as `npm install --no-save axe-core` leaves it beside the project
AXE = Path(os.environ.get("AXE_CORE", FOLDER.parents[1] / "node_modules/axe-core/axe.min.js"))
FINGER = 44  # pixels, WCAG 2.5.5
PALETTE = ["--fwd", "--bwd", "--third", "--picked"]  # what must be told apart by colour
# Viénot, Brettel and Mollon (1999) and Brettel (1997): linear RGB as a dichromat sees it
DICHROMATS = {
    "protanopia": [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]],
    "deuteranopia": [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]],
    "tritanopia": [[1.0, 0.14461, -0.14461], [0.0, 0.85924, 0.14076], [0.0, 0.85924, 0.14076]],
}


def box(page, selector):
    return page.locator(selector).bounding_box()


@pytest.mark.parametrize("name", ["2-2-2", "iris", "lost"])
def test_graph_caption_and_dial_share_one_screen(visit, name):
    page = visit(name, width=1366, height=768)
    graph, caption = box(page, "#net"), box(page, "#step")
    assert caption["x"] >= graph["x"] + graph["width"]  # beside it
    for selector in ("#first", "#net", "#step", "#dial"):
        part = box(page, selector)
        assert part["y"] >= 0
        assert part["y"] + part["height"] <= 768
        assert part["x"] + part["width"] <= 1366
    assert box(page, "#verdict")["y"] > graph["y"] + graph["height"]


@pytest.mark.parametrize("width", [390, 820, 1366])
def test_nothing_is_clipped(visit, width):
    page = visit(width=width)
    page.locator("#slider").fill("60")
    page.locator("#mistake").select_option("labels shifted up by one class, the last lost")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = page.evaluate(
        """width => [...document.querySelectorAll('main *')].filter((e) => {
            const box = e.getBoundingClientRect();
            const card = e.closest('.card, .step, .touch');
            const edge = card ? Math.min(card.getBoundingClientRect().right, width) : width;
            return box.width && box.right > edge + 1 && !e.closest('.scroll, svg, pre, .unseen');
        }).map((e) => e.outerHTML.slice(0, 80))""",
        width,
    )
    assert outside == []


def test_on_a_phone_everything_to_press_is_as_large_as_a_finger(visit):
    page = visit(width=390, height=844)
    small = page.evaluate(
        """least => [...document.querySelectorAll(
            '#graph button, #graph select, #graph input[type=number], #graph input[type=range]')]
            .map((e) => [e.id, e.getBoundingClientRect()])
            .filter(([, b]) => b.width && (b.height < least || b.width < least))
            .map(([id]) => id)""",
        FINGER,
    )
    assert small == []


def test_on_a_phone_the_caption_of_a_step_scrolls_into_view(visit):
    page = visit(width=390, height=700)
    page.evaluate("scrollTo(0, 0)")
    page.emulate_media(reduced_motion="reduce")
    page.evaluate("player.go(30)")
    page.locator("#next").click()
    page.wait_for_timeout(100)
    caption = box(page, "#step")
    assert caption["y"] >= 0
    assert caption["y"] + caption["height"] <= 701


@pytest.mark.parametrize(("speed", "seconds"), [("slow", 2.4), ("normal", 1.1), ("fast", 0.4)])
def test_playing_has_three_speeds(visit, speed, seconds):
    page = visit("2-2-2")
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    page.locator("#speed").select_option(label=speed)
    page.get_by_role("button", name="Play").click()
    assert page.locator("#count").inner_text() == "1 / 36"
    page.clock.run_for(int(3000 * seconds) + 50)
    assert page.locator("#count").inner_text() == "4 / 36"


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core (npm install --no-save axe-core)")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["2-2-2", "iris", "lost", "equations"])
def test_axe_finds_nothing(visit, name, scheme):
    page = visit(name, width=1366, color_scheme=scheme)
    if name != "equations":
        page.evaluate("player.go(player.steps.findIndex((s) => s.link?.equation === '(2)') + 1)")
        page.locator("#pick").select_option(label="θ₁₁⁽¹⁾")
        page.locator("#down10").click()
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("async () => (await axe.run()).violations")
    assert [(v["id"], [n["html"][:90] for n in v["nodes"]][:3]) for v in found] == []


MODES = [
    "player.go(3)",
    "player.go(player.steps.length)",
    "byId('stride').value = 'layer'; player.go(0); player.move(1); player.move(1)",
    "byId('follow').selectedIndex = 1; player.choose(byId('follow').value); player.go(4)",
    "byId('guess').checked = true; player.choose(''); player.move(1)",
    "player.pick(String(player.story.find('z', 2, 1).id)); player.touch.move(3)",
    "byId('mistake').selectedIndex = 2; chooseMistake(player, byId('mistake').value)",
    "player.nextStrike()",
    "byId('export').click()",
]


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core (npm install --no-save axe-core)")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_mode(visit, scheme):
    page = visit("lost", width=1366, color_scheme=scheme)
    page.evaluate(AXE.read_text("utf-8"))
    for mode in MODES:
        page.evaluate(f"() => {{ {mode} }}")
        found = page.evaluate("async () => (await axe.run()).violations")
        assert [(v["id"], v["nodes"][0]["html"][:90]) for v in found] == [], mode


@pytest.mark.parametrize("name", ["lost", "square"])
def test_from_the_first_screen_a_press_leads_to_the_first_wrong_step(visit, name):
    page = visit(name, width=1366, height=768)
    button = box(page, "#next-strike")
    assert button["y"] + button["height"] <= 768
    page.locator("#next-strike").click()
    assert "| yours: " in page.locator("#spoiled").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_are_told_apart_by_every_eye(visit, scheme):
    page = visit("2-2-2", color_scheme=scheme)
    shades = page.evaluate(
        "names => names.map((name) =>"
        " getComputedStyle(document.documentElement).getPropertyValue(name).trim())",
        PALETTE,
    )
    for matrix in (np.eye(3).tolist(), *DICHROMATS.values()):
        seen = [lab(np.clip(np.array(matrix) @ linear(shade), 0, 1)) for shade in shades]
        forward_backward = np.linalg.norm(seen[0] - seen[1])
        assert forward_backward > 40  # CIE76; 2.3 can just be told apart
        for one, other in itertools.combinations(seen, 2):
            assert np.linalg.norm(one - other) > 10


def linear(shade):
    channels = np.array([int(shade[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIE L*a*b* of linear sRGB, under D65."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.cbrt(np.array(to_xyz) @ rgb / np.array([0.9505, 1.0, 1.089]))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_on_paper_no_heading_stands_alone_and_nothing_to_press_is_printed(visit):
    page = visit()
    page.emulate_media(media="print")
    for heading in page.locator("main h2:visible, main h3:visible").all():
        assert heading.evaluate("h => getComputedStyle(h).breakAfter") == "avoid"
    assert page.locator("button:visible").count() == 12  # the headings of the sorted table
    assert page.locator("input:visible, select:visible").count() == 0


def test_icons_are_drawn_and_need_no_emoji_font(visit):
    page = visit("2-2-2")
    for name in ("first", "back", "play", "next", "last"):
        assert page.locator(f"#{name} svg").count() == 1
    text = page.locator("body").inner_text()
    assert not [c for c in text if ord(c) >= 0x1F000 or 0x23E9 <= ord(c) <= 0x23FA]
