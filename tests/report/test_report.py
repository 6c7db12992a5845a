"""The page's numbers, drawings and text against the three methods, without a browser."""

import base64
import hashlib
import json
import math
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import mpmath
import numpy as np
import pytest

import micrograd_bp.comparison.compare
from micrograd_bp import (
    SigmoidNetwork,
    autodiff_gradient,
    backprop_gradient,
    check_backprop,
    check_gradient,
    compare_gradients,
    numerical_gradient,
    verify_equations,
)
from micrograd_bp.cli import run
from micrograd_bp.report.chart import Curve, Guide, loglog
from micrograd_bp.report.comparison import parameter_rows
from micrograd_bp.report.measure import complex_step, epsilon_errors, method_times
from micrograd_bp.report.numbers import written
from micrograd_bp.report.page import _embedded, comparison_page, diagnosis_page, page_of
from micrograd_bp.report.story import story
from micrograd_bp.training.data import iris

from ..conftest import random_case
from ..grading.students_at_work import STUDENTS, module

HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)">\u2028&"\''
VOID = {"meta", "link", "input", "br", "hr", "img"}


@pytest.fixture(autouse=True, scope="module")
def _measured_once():
    """The pages of these tests share one quick measurement of times."""
    times = method_times(budget=0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("micrograd_bp.report.page.method_times", lambda: times)
        yield


def small_story(seed=0, sizes=(4, 5, 3)):
    """A story, and the gradient of the same example by the matrix formulas."""
    net = SigmoidNetwork(list(sizes), seed=seed)
    x = np.random.default_rng(seed).normal(size=sizes[0])
    y = np.eye(sizes[-1])[seed % sizes[-1]]
    return story(net, x, y), net, backprop_gradient(net, [x], [y]), net.forward([x])


def nodes_of(told, kind):
    return {(n["layer"], *n["indices"]): n for n in told["nodes"] if n["kind"] == kind}


def iris_comparison():
    data = iris()
    return compare_gradients(SigmoidNetwork([4, 5, 3], seed=0), data.X, data.y, 1.0)


@pytest.fixture(scope="module")
def iris_page():
    data = iris()
    return comparison_page(iris_comparison(), features=data.features, classes=data.classes)


# The story


@pytest.mark.parametrize("sizes", [(2, 1), (2, 2, 1), (4, 5, 3), (3, 4, 2, 3)])
def test_values_and_slopes_are_those_of_the_matrix_formulas(sizes):
    told, net, gradient, forward = small_story(1, sizes)
    for (layer, i), node in nodes_of(told, "z").items():
        assert node["value"] == pytest.approx(forward.z[layer - 1][0, i - 1], rel=1e-12)
        assert node["grad"] == pytest.approx(gradient.deltas[layer - 1][0, i - 1], rel=1e-9)
    for (layer, i), node in nodes_of(told, "a").items():
        assert node["value"] == pytest.approx(forward.a[layer - 1][0, i - 1], rel=1e-12)
    for (layer, i, j), node in nodes_of(told, "theta").items():
        assert node["value"] == net.thetas[layer - 1][i - 1, j]
        assert node["grad"] == pytest.approx(gradient.D[layer - 1][i - 1, j], rel=1e-9)
    (cost,) = nodes_of(told, "cost").values()
    assert cost["value"] == pytest.approx(gradient.cost, rel=1e-12)


@pytest.mark.parametrize("sizes", [(2, 1), (4, 5, 3), (3, 4, 2, 3)])
def test_shares_along_the_links_add_up_to_every_slope(sizes):
    told, *_ = small_story(2, sizes)
    sums = Counter()
    for k in told["backward"]:
        link = told["links"][k]
        sums[link["from"]] += link["local"] * told["nodes"][link["to"]]["grad"]
    reached = [k for k, n in enumerate(told["nodes"]) if n["kind"] in ("theta", "z", "a", "term")]
    assert sorted(sums) == sorted(reached)
    for k in reached:
        assert sums[k] == pytest.approx(told["nodes"][k]["grad"], rel=1e-12, abs=1e-300)


def test_nothing_is_used_before_it_is_complete():
    told, *_ = small_story(3, (3, 4, 2, 3))
    ready = {k for k, n in enumerate(told["nodes"]) if n["kind"] in ("x", "y", "bias", "theta")}
    for node in told["forward"]:
        assert {link["from"] for link in told["links"] if link["to"] == node} <= ready
        ready.add(node)
    expected = Counter(told["links"][k]["from"] for k in told["backward"])
    received = Counter()
    for k in told["backward"]:
        link = told["links"][k]
        assert received[link["to"]] == expected[link["to"]]
        received[link["from"]] += 1


def test_each_share_names_its_equation():
    told, *_ = small_story(0, (3, 4, 2, 3))
    found = Counter(told["links"][k]["equation"] for k in told["backward"])
    weights = 4 * 4 + 2 * 5 + 3 * 3
    assert found == {
        "(1)": weights,
        "(2)": 4 + 2,
        "(4)": 4 * 2 + 2 * 3,
        "δ⁽ᴸ⁾ = h − y": 3,
        "(3)": 6,
    }


def test_symbols_of_local_derivatives_are_those_of_the_source():
    told, *_ = small_story()
    symbols = {
        (told["nodes"][link["from"]]["label"], told["nodes"][link["to"]]["label"]): link["symbol"]
        for link in told["links"]
    }
    assert symbols["θ₂₃⁽¹⁾", "z₂⁽²⁾"] == "x₃"
    assert symbols["θ₂₀⁽²⁾", "z₂⁽³⁾"] == "a₀⁽²⁾"
    assert symbols["a₄⁽²⁾", "z₂⁽³⁾"] == "θ₂₄⁽²⁾"
    assert symbols["z₁⁽²⁾", "a₁⁽²⁾"] == "a₁⁽²⁾(1 − a₁⁽²⁾)"


def test_the_two_ways_inside_a_cost_add_up_to_the_slope_of_the_logarithms():
    told, *_ = small_story()
    links = [link for link in told["links"] if link["ways"]]
    assert len(links) == 6  # each J_k from its output, and from its target
    for link in links:
        if told["nodes"][link["from"]]["kind"] != "a":
            continue
        k = told["nodes"][link["from"]]["indices"][0]
        h = mpmath.mpf(told["nodes"][link["from"]]["value"])
        y = nodes_of(told, "y")[3, k]["value"]
        assert link["local"] == pytest.approx(float(-y / h + (1 - y) / (1 - h)), rel=1e-12)
        assert sum(math.prod(way["factors"]) for way in link["ways"]) == link["local"]
        assert all(name for way in link["ways"] for name in way["via"])


def test_a_saturated_output_is_told_through_z():
    net = SigmoidNetwork(thetas=[[[50.0, 1.0]]])
    told = story(net, [1.0], [0.0])
    (z,), (a,) = nodes_of(told, "z").values(), nodes_of(told, "a").values()
    assert z["grad"] == pytest.approx(1.0)
    assert a["grad"] is None
    equations = [told["links"][k]["equation"] for k in told["backward"]]
    assert equations == ["(3)", "δ⁽ᴸ⁾ = h − y", "(1)", "(1)"]
    assert len(told["forward"]) == 4  # a is worked out although the cost does not use it


# The measurements


def test_errors_fall_with_slope_one_and_two_until_rounding():
    data = iris()
    net = SigmoidNetwork([4, 5, 3], seed=0)
    X, Y = net.data(data.X, data.y)
    found = epsilon_errors(net, X, Y, 1.0)
    assert found.epsilons[[0, -1]] == pytest.approx([1e-1, 1e-15])

    def slope(scheme, largest, smallest):
        kept = (found.epsilons <= largest * 1.01) & (found.epsilons >= smallest / 1.01)
        logs = np.log10(found.epsilons[kept]), np.log10(found.errors[scheme][kept])
        return np.polyfit(*logs, 1)[0]

    assert slope("one-sided", 1e-2, 1e-5) == pytest.approx(1.0, abs=0.1)
    assert slope("two-sided", 1e-2, 1e-4) == pytest.approx(2.0, abs=0.1)
    assert slope("complex-step", 1e-2, 1e-6) == pytest.approx(2.0, abs=0.1)
    for scheme in ("one-sided", "two-sided"):
        assert slope(scheme, 1e-9, 1e-14) == pytest.approx(-1.0, abs=0.2)
        floor = found.errors[scheme][-10:] / found.rounding[-10:]
        assert np.all((floor > 0.05) & (floor < 50))
    assert found.errors["complex-step"][-15:].max() < 1e-14


@pytest.mark.parametrize("seed", range(5))
def test_complex_step_of_the_chart_is_the_derivative(seed):
    case = random_case(seed)
    X, Y = case.net.data(case.X, case.y)
    chosen = np.arange(case.net.theta.size)
    estimate = complex_step(case.net, X, Y, case.lambda_, 1e-10, chosen)
    exact = autodiff_gradient(case.net, X, Y, case.lambda_).vector
    np.testing.assert_allclose(estimate, exact, rtol=1e-9, atol=1e-13)


def test_times_are_of_growing_networks_and_stop_at_the_budget():
    times = method_times(budget=0.0)
    assert times.parameters == [25, 73]
    assert all(len(seconds) == 2 and min(seconds) > 0 for seconds in times.seconds.values())


def test_a_chart_puts_powers_of_ten_at_equal_distances():
    chart = loglog("c", "x", "y", [Curve("k", [1e-4, 1e-2, 1.0], [1e-6, 1e-3, 1.0])])
    (x0, y0), (x1, y1), (x2, y2) = chart["curves"][0]["points"]
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert y0 - y1 == pytest.approx(y1 - y2, abs=0.2)
    assert [t["name"] for t in chart["x"]["ticks"]] == ["10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "10⁰"]


def test_a_zero_is_drawn_at_the_bottom_and_a_guide_keeps_its_slope():
    guide = Guide("g", 2, (1e-1, 1e-2), (1e-3, 1.0), 1e-2)
    chart = loglog("c", "x", "y", [Curve("k", [1e-3, 1.0], [0.0, 1.0])], [guide])
    assert chart["curves"][0]["points"][0][1] == chart["plot"]["y"] + chart["plot"]["height"]
    x1, y1, x2, y2 = chart["guides"][0]["line"]
    decade_x = chart["plot"]["width"] / 3
    decade_y = chart["plot"]["height"] / 1
    assert -((y2 - y1) / decade_y) / ((x2 - x1) / decade_x) == pytest.approx(2.0, rel=1e-2)


# The table


def test_rows_start_with_the_worst_and_hold_every_parameter():
    c = iris_comparison()
    rows = parameter_rows(c, 3000)
    severities = [row["severity"] for row in rows]
    assert severities == sorted(severities, reverse=True)
    assert severities[0] == pytest.approx(c.worst.severity)
    assert rows[0]["name"] == c.worst.name
    assert sorted(row["index"] for row in rows) == list(range(43))
    for row in rows:
        for gradient, value in zip(c.gradients, row["values"], strict=True):
            assert value == gradient.vector[row["index"]]


def test_a_wrong_parameter_stands_first_and_contradicts(monkeypatch):
    def wrong(net, *args):
        g = backprop_gradient(net, *args)
        D = [d.copy() for d in g.D]
        D[1][2, 3] *= 1.001
        return replace(g, D=D)

    monkeypatch.setattr(micrograd_bp.comparison.compare, "backprop_gradient", wrong)
    c = iris_comparison()
    rows = parameter_rows(c, 3000)
    assert (rows[0]["name"], rows[0]["verdict"]) == ("θ₃₃⁽²⁾", "contradicts")
    assert {row["verdict"] for row in rows[1:]} == {"agrees"}
    page = comparison_page(c)
    assert 'class="verdict bad"' in page
    assert "backprop contradicts the other two methods" in page


def test_parameters_that_were_not_estimated_are_told_apart():
    data = iris()
    net = SigmoidNetwork([4, 5, 3], seed=0)
    c = compare_gradients(net, data.X, data.y, 1.0, parameters=[5])
    rows = {row["index"]: row for row in parameter_rows(c, 3000)}
    assert rows[5]["difference"] is not None
    assert rows[6]["difference"] is None
    assert "<td" in comparison_page(c)


# The numbers as text


@pytest.mark.parametrize(
    "value", [0.0, 1.0, -0.5, 1e-3, 9.9996e-4, 0.99996, 123456.0, 9999.6, -3e-300]
)
def test_a_written_number_reads_back_to_four_digits(value):
    text = written(value).replace("−", "-").replace("×10", "e")
    text = text.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    assert float(text) == pytest.approx(value, rel=5e-4)
    assert len(re.sub(r"[^0-9]", "", text.partition("e")[0]).strip("0")) <= 4


# The page


class Outline(HTMLParser):
    """What a page consists of; a tag that is closed out of order fails."""

    def __init__(self, page):
        super().__init__()
        self.open, self.elements, self.texts = [], [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else None, data))

    def values(self, attribute):
        return [attrs[attribute] for _, attrs in self.elements if attribute in attrs]


def test_the_page_is_well_formed_and_its_references_hold(iris_page):
    outline = Outline(iris_page)
    ids = outline.values("id")
    assert len(ids) == len(set(ids))
    for attribute in ("aria-labelledby", "aria-describedby", "for"):
        assert set(outline.values(attribute)) <= set(ids)
    anchors = {target[1:] for target in outline.values("href") if target.startswith("#")}
    assert anchors
    assert anchors <= set(ids)
    assert [tag for tag, _ in outline.elements].count("h1") == 1


def test_the_page_of_iris_is_small_and_loads_nothing(iris_page):
    assert len(iris_page.encode()) < 1_000_000
    outline = Outline(iris_page)
    assert outline.values("src") == []
    assert set(outline.values("href")) - {f"#{i}" for i in outline.values("id")} == {"data:,"}
    assert "@import" not in iris_page
    assert "url(" not in re.sub(r'clip-path="url\(#[a-z-]+\)"', "", iris_page)


def test_the_page_of_a_digits_network_stays_below_a_megabyte():
    X, y = np.random.default_rng(0).uniform(size=(10, 64)), np.arange(10)
    net = SigmoidNetwork([64, 25, 10], seed=0)
    page = comparison_page(compare_gradients(net, X, y, parameters=5, prove="off"))
    assert len(page.encode()) < 1_000_000


def test_only_the_pages_own_script_and_style_may_run(iris_page):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', iris_page)[1]
    policy = policy.replace("&#39;", "'")
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    for kind, text in re.findall(r"<(style|script)>(.*?)</\1>", iris_page, re.DOTALL):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert not Outline(iris_page).values("style")  # such attributes would be refused


def test_hostile_names_stay_text():
    c = compare_gradients(SigmoidNetwork([2, 2], seed=0), [[0.5, 1.0]], [1])
    page = comparison_page(c, features=[HOSTILE, "b"], classes=["a", HOSTILE])
    outline = Outline(page)
    plain = Outline(comparison_page(c, features=["a", "b"], classes=["a", "b"]))
    assert [tag for tag, _ in outline.elements] == [tag for tag, _ in plain.elements]
    (data,) = (text for tag, text in outline.texts if tag == "script" and text.startswith("{"))
    assert json.loads(data)["features"] == [HOSTILE, "b"]


def test_embedded_json_cannot_end_its_element():
    text = _embedded({HOSTILE: [HOSTILE, 1.5]})
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == {HOSTILE: [HOSTILE, 1.5]}


def test_every_equation_stands_there_in_mathml_with_its_verdict(iris_page):
    outline = Outline(iris_page)
    held = [text for _, text in outline.texts if "held" in text]
    assert held == ["✓ held"] * 6
    for number in ("(1)", "δ⁽ᴸ⁾", "(2)", "(4)", "(3)", "D"):
        assert (("span", number)) in outline.texts
    assert [tag for tag, _ in outline.elements].count("math") == 11


def test_mathml_holds_this_networks_numbers(iris_page):
    data = iris()
    net = SigmoidNetwork([4, 5, 3], seed=0)
    gradient = backprop_gradient(net, data.X[:1], data.y[:1])
    shown = re.findall(r"<mn>([^<]*)</mn>", iris_page)
    for value in (gradient.deltas[1][0, 0], *gradient.deltas[2][0], gradient.D[0][0, 1]):
        assert written(float(value)) in [number.strip("()") for number in shown]
    assert written(gradient.cost) in shown


def test_each_hidden_error_follows_its_shares_and_no_weight_comes_before_an_error():
    told, *_ = small_story(2, (2, 3, 2, 2))
    order = [told["links"][k] for k in told["backward"]]
    kinds = [told["nodes"][link["from"]]["kind"] for link in order]
    assert "theta" not in kinds[: kinds.index("theta")]
    assert set(kinds[kinds.index("theta") :]) == {"theta"}
    for place, link in enumerate(order):
        if link["equation"] == "(2)":
            before = [share["from"] for share in order[:place] if share["equation"] == "(4)"]
            assert before[-2:] == [link["to"]] * 2  # both shares, directly before it


def test_each_weight_shows_to_how_many_digits_it_is_proved(iris_page):
    proved = iris_comparison()
    digits = re.findall(
        r'<td data-v="(\d+)" title="error in units in the last place: autodiff', iris_page
    )
    assert len(digits) == 43
    assert sorted(map(int, digits)) == sorted(p.digits for p in proved.parameters)
    assert f"agree to {proved.proof.digits} digits" in iris_page


def test_without_a_proof_the_page_says_why():
    data = iris()
    net = SigmoidNetwork([4, 2, 3], seed=0)
    page = comparison_page(compare_gradients(net, data.X[:5], data.y[:5], prove="off"))
    assert "Not proved: " in page
    assert "<strong>ball</strong>" not in page


def test_other_results_have_a_page_with_their_verdict_and_tables():
    net = SigmoidNetwork([2, 2, 1], seed=0)
    for result in (
        verify_equations(net, [1.0, 2.0], 1),
        check_gradient(np.sum, np.ones_like, np.zeros(3), seed=0),
    ):
        outline = Outline(page_of(result))
        texts = [text for _, text in outline.texts]
        assert any(result.verdict in text for text in texts)
        rows = [tag for tag, _ in outline.elements].count("tr")
        assert rows >= 1 + sum(len(t.rows) for t in result.tables() if not isinstance(t, str))


def test_a_network_without_a_hidden_layer_has_no_equation_2():
    c = compare_gradients(SigmoidNetwork([2, 1], seed=0), [[0.5, 1.0]], [1])
    texts = [text for _, text in Outline(comparison_page(c)).texts]
    assert "(2)" not in texts
    assert "(1)" in texts


def test_a_network_too_large_to_read_is_not_drawn_and_that_is_said(monkeypatch):
    monkeypatch.setattr("micrograd_bp.report.page.PLAYED_PARAMETERS", 42)
    monkeypatch.setattr("micrograd_bp.report.page.LISTED_PARAMETERS", 20)
    page = comparison_page(iris_comparison())
    assert "has 43 weights: too many to be read as a graph" in page
    assert 'id="net"' not in page
    assert "the worst 20 of 43 weights" in page


def test_an_example_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"example: got 150, expected 0 to 149"):
        comparison_page(iris_comparison(), example=150)


def test_to_html_writes_the_page_and_keeps_the_old_one_if_it_cannot(tmp_path):
    c = compare_gradients(SigmoidNetwork([2, 1], seed=0), [[0.5, 1.0]], [1])
    target = tmp_path / "report.html"
    c.to_html(target)
    Outline(target.read_text("utf-8"))
    before = target.read_bytes()
    with pytest.raises(ValueError, match="example"):
        c.to_html(target, example=1)
    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(OSError, match="missing"):
        c.to_html(tmp_path / "missing" / "report.html")


def test_the_numerical_column_is_the_two_sided_estimate(iris_page):
    data = iris()
    net = SigmoidNetwork([4, 5, 3], seed=0)
    estimate = numerical_gradient(net, data.X, data.y, 1.0).vector
    row = re.search(r"<th scope=\"row\" data-v=\"7\">(.*?)</tr>", iris_page, re.DOTALL)[1]
    cells = [float(v) for v in re.findall(r'data-v="([-0-9.e]+)"', row)]
    assert cells[4] == estimate[7]


# The page of a diagnosis


def told(page):
    (data,) = (
        text for tag, text in Outline(page).texts if tag == "script" and text.startswith("{")
    )
    return json.loads(data)


def weights_struck(page):
    data = told(page)
    nodes = [data["nodes"][k] for k in data["strike"]["weights"]]
    return {(node["layer"], *node["indices"]) for node in nodes}


def test_a_lost_path_strikes_at_the_sum_over_k_and_below_it():
    diagnosis = check_backprop(module("one_path_lost").backprop)
    page = diagnosis_page(diagnosis)
    assert told(page)["sizes"] == [3, 5, 4, 3]
    assert told(page)["strike"]["parts"] == [diagnosis.mistakes[0].name]
    assert {layer for layer, _, _ in weights_struck(page)} == {1, 2}  # Θ⁽³⁾ needs no sum over k
    texts = "".join(text for _, text in Outline(page).texts)
    assert diagnosis.mistakes[0].remedy in texts
    assert "only the last k" in texts


def test_a_bias_mistake_strikes_column_0_alone():
    def backprop(thetas, X, Y, lambda_):  # the bias weights learn nothing
        net = SigmoidNetwork(thetas=thetas)
        D = [d.copy() for d in backprop_gradient(net, X, Y, lambda_).D]
        for d in D:
            d[:, 0] = 0.0
        return D

    page = diagnosis_page(check_backprop(backprop))
    assert {j for _, _, j in weights_struck(page)} == {0}


def test_a_right_gradient_has_no_mistake_on_its_page():
    page = diagnosis_page(check_backprop(lambda thetas, X, Y, l: backprop_gradient(
        SigmoidNetwork(thetas=thetas), X, Y, l).D))  # fmt: skip
    assert 'class="verdict good"' in page
    assert told(page)["strike"] == {"parts": [], "seen": [], "weights": []}
    assert "<dt>meant" not in page


def test_a_mistake_outside_the_graph_is_said_to_be_there():
    page = diagnosis_page(check_backprop(module("gradient_transposed").backpropagation))
    assert "outside this graph: unrolling parameters" in page
    Outline(page)


def test_hostile_text_of_a_diagnosis_stays_text():
    diagnosis = check_backprop(module("one_path_lost").backprop)
    plain = Outline(diagnosis_page(diagnosis))
    finding = replace(diagnosis.mistakes[0], name=HOSTILE, meant=HOSTILE, used=HOSTILE)
    hostile = replace(diagnosis, mistakes=(finding,), notes=(HOSTILE,), form=HOSTILE)
    tags = Counter(tag for tag, _ in Outline(diagnosis_page(hostile)).elements)
    assert not tags["img"]
    assert tags["script"] == Counter(tag for tag, _ in plain.elements)["script"]


def test_check_and_grade_write_their_pages(tmp_path, capsys):
    assert run(["check", "--layers", "4-2-3", "--html", str(tmp_path / "check.html")]) == 0
    answer = STUDENTS / "output_delta_sign.py"
    assert run(["grade", str(answer), "--html", str(tmp_path / "grade.html")]) == 1
    assert "4-2-3 sigmoid units, 150 examples" in (tmp_path / "check.html").read_text("utf-8")
    assert "sign of h − y" in (tmp_path / "grade.html").read_text("utf-8")
    capsys.readouterr()
    assert run(["check", "--html", str(tmp_path / "missing" / "check.html")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "missing" in error
