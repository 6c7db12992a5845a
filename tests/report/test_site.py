"""The static site: every link leads somewhere, and the course stands there with its output."""

import html
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from micrograd_bp import SigmoidNetwork, compare_gradients
from micrograd_bp.report import site
from micrograd_bp.report.__main__ import main
from micrograd_bp.report.measure import method_times
from micrograd_bp.report.page import page_of

EXAMPLES = Path(__file__).parents[2] / "examples"
PDOC = importlib.util.find_spec("pdoc") is not None


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    root = tmp_path_factory.mktemp("site")
    times = method_times(budget=0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("micrograd_bp.report.page.method_times", lambda: times)
        site.build(root, [EXAMPLES / "01_chain_rule.py"])
    return root


def dead_links(root):
    """(page, link) for every link of a page that leads to no file, or to no place in it."""
    pages = {path: path.read_text("utf-8") for path in root.rglob("*.html")}
    places = {path: set(re.findall(r'\bid="([^"]+)"', text)) for path, text in pages.items()}
    dead = []
    for path, text in pages.items():
        shown = re.sub("<script.*?</script>", "", text, flags=re.DOTALL)
        for link in re.findall(r'\b(?:href|src)="([^"]*)"', shown):
            if re.match(r"(?:https?|data|mailto):", link):
                continue
            name, _, fragment = html.unescape(unquote(link)).partition("#")
            target = (path.parent / name).resolve() if name else path
            there = target.is_file()
            if not there or (fragment and target in places and fragment not in places[target]):
                dead.append((str(path.relative_to(root)), link))
    return dead


def test_no_link_is_dead(built):
    assert dead_links(built) == []


def test_a_dead_link_would_be_found(tmp_path):
    (tmp_path / "a.html").write_text('<a href="b.html">b</a><a href="#c">c</a><p id="d">')
    assert dead_links(tmp_path) == [("a.html", "b.html"), ("a.html", "#c")]


def test_everything_is_linked_from_the_first_page(built):
    text = (built / "index.html").read_text("utf-8")
    for name in ("2-2-2", "iris", *site.MISTAKES):
        assert f'href="play/{name}.html"' in text
        assert (built / "play" / f"{name}.html").is_file()
    assert 'href="course/01_chain_rule.html"' in text
    assert "one path of several lost" in text  # the verdict of that student's file


def test_a_lesson_stands_with_what_it_prints_and_draws(built, tmp_path):
    page = (built / "course" / "01_chain_rule.html").read_text("utf-8")
    ran = subprocess.run(
        [sys.executable, EXAMPLES / "01_chain_rule.py"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    shown = html.unescape(re.search(r"<samp>(.*?)</samp>", page, re.DOTALL)[1])
    assert shown.strip() == ran.stdout.strip()
    source = html.unescape(re.search(r"<code>(.*?)</code>", page, re.DOTALL)[1])
    assert source.strip() == (EXAMPLES / "01_chain_rule.py").read_text("utf-8").strip()
    for picture in re.findall(r'<img src="([^"]+)"', page):
        assert (built / "course" / picture).is_file()


@pytest.mark.skipif(not PDOC, reason="no pdoc")
def test_the_reference_holds_every_public_name(built):
    import micrograd_bp

    text = (built / "api" / "micrograd_bp.html").read_text("utf-8")
    for name in micrograd_bp.__all__:
        assert f'id="{name}"' in text


def test_without_a_checkout_that_is_said_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(site, "CHECKOUT", tmp_path)
    assert main([str(tmp_path / "site")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "no checkout" in error


def test_a_script_that_fails_stops_the_site(tmp_path):
    (tmp_path / "broken.py").write_text("raise ValueError('no lesson')")
    with pytest.raises(RuntimeError, match=r"broken\.py: exit status 1: ValueError: no lesson"):
        site._lesson(tmp_path, tmp_path / "broken.py")


def test_a_folder_is_asked_for(capsys):
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.browser
def test_the_first_page_and_a_lesson_fit_a_phone(built, browser):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    for name in ("index.html", "course/01_chain_rule.html"):
        page.goto((built / name).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def test_the_ready_made_page_is_made_by_todays_scripts(monkeypatch):
    """``compare_gradients(net, X, y, 1.0).to_html`` of the network in examples/03_equations.py."""
    times = method_times(budget=0.0)
    monkeypatch.setattr("micrograd_bp.report.page.method_times", lambda: times)
    page = (EXAMPLES / "pages/2-2-2.html").read_text(encoding="utf-8")
    net = SigmoidNetwork(
        thetas=[[[0.1, 0.8, -0.5], [-0.3, 0.4, 0.9]], [[0.2, 1.1, -0.7], [-0.4, -0.6, 0.5]]]
    )
    comparison = compare_gradients(net, [[1.5, 2.0], [0.3, -1.0]], [0, 1], 1.0)
    for part in ("style", "script"):
        pattern = rf"<{part}[^>]*>(.*?)</{part}>"
        now = re.findall(pattern, page_of(comparison), flags=re.DOTALL)
        assert max(now, key=len) in page
