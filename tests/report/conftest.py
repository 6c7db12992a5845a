"""The pages as files, and a browser that opens them: anything it complains of fails the test."""

import shutil

import pytest

from micrograd_bp import SigmoidNetwork, check_backprop, compare_gradients, verify_equations
from micrograd_bp.report.measure import method_times
from micrograd_bp.report.page import comparison_page, diagnosis_page, page_of
from micrograd_bp.training.data import iris

from ..grading.students_at_work import module

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
HOSTILE = "</script><script>window.struck = 1</script><img src=x onerror='window.struck = 2'>"


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no `chromium` on the PATH")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """The pages as files, each made once: iris, the smallest, hostile names."""
    folder = tmp_path_factory.mktemp("pages")
    times = method_times(budget=0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("micrograd_bp.report.page.method_times", lambda: times)
        for name, page in made_pages().items():
            (folder / f"{name}.html").write_text(page, "utf-8")
    return folder


def made_pages():
    data = iris()
    small = SigmoidNetwork([2, 2, 1], seed=1)
    deep = SigmoidNetwork([2, 3, 2, 2], seed=2)
    return {
        "iris": comparison_page(
            compare_gradients(SigmoidNetwork([4, 5, 3], seed=0), data.X, data.y, 1.0),
            features=data.features,
            classes=data.classes,
        ),
        "2-2-2": comparison_page(
            compare_gradients(SigmoidNetwork([2, 2, 2], seed=3), [[1.5, 2.0], [0.5, -1.0]], [0, 1])
        ),
        "saturated": comparison_page(
            compare_gradients(SigmoidNetwork(thetas=[[[9.0, 2.0], [-1.0, 0.5]]]), [[1.0]], [1])
        ),
        "deep": comparison_page(compare_gradients(deep, [[0.5, -1.0]], [1])),
        "lost": diagnosis_page(check_backprop(module("one_path_lost").backprop)),
        "square": diagnosis_page(check_backprop(module("theta_not_transposed").gradient)),
        "equations": page_of(verify_equations(small, [0.0, 1.0], 1)),
        "hostile": comparison_page(
            compare_gradients(small, [[0.0, 1.0]], [1]), features=[HOSTILE, HOSTILE]
        ),
    }


@pytest.fixture
def visit(browser, pages):
    """Open a page; whatever it asks for, prints or throws beside its own file is an error."""
    contexts, complaints = [], []

    def open_page(name="iris", width=1280, height=800, link="", **options):
        view = {"width": width, "height": height}
        context = browser.new_context(viewport=view, **options)
        contexts.append(context)
        page = context.new_page()
        address = (pages / f"{name}.html").as_uri()

        def judge(route):
            if route.request.url == address:
                route.continue_()
            else:
                complaints.append(f"request: {route.request.url}")
                route.abort()

        context.route("**/*", judge)
        page.on("console", lambda message: complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.goto(address + link)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
