"""The pytest plugin as another project's suite meets it."""

import json
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

SUITE = """
import numpy as np
import pytest

def cost(x):
    return float(np.sum(np.sin(x)))

THETA = np.linspace(-1.0, 1.0, 4)

def test_right(assert_gradient):
    assert_gradient(cost, np.cos, THETA)

def test_wrong(assert_gradient):
    assert_gradient(cost, lambda x: 1.001 * np.cos(x), THETA)

@pytest.mark.gradient(parameters=[2])
def test_right_where_it_is_asked(assert_gradient):
    assert_gradient(cost, lambda x: np.cos(x) * [9, 9, 1, 9], THETA, directions=0)
"""


@pytest.fixture
def suite(pytester):
    pytester.makepyfile(test_theirs=SUITE)
    return pytester


def run(suite, *options):
    return suite.runpytest_subprocess("-p", "no:cacheprovider", "--strict-markers", *options)


def test_a_wrong_gradient_fails_its_test_with_the_table(suite):
    result = run(suite)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*test_wrong*", "*AssertionError: *wrong*"])
    assert "analytic" in result.stdout.str() or "gradient" in result.stdout.str()
    result.stdout.no_fnmatch_line("*check_gradient(cost*")  # the test's own line is shown


def test_the_report_holds_every_verdict(suite):
    run(suite, "--gradient-report=report.json").assert_outcomes(passed=2, failed=1)
    verdicts = json.loads((suite.path / "report.json").read_text(encoding="utf-8"))
    outcomes = {verdict["test"].partition("::")[2]: verdict["outcome"] for verdict in verdicts}
    assert outcomes == {
        "test_right": "right",
        "test_wrong": "wrong",
        "test_right_where_it_is_asked": "right",
    }


def test_a_report_that_cannot_be_written_is_said_before_the_tests(suite):
    result = run(suite, "--gradient-report=nowhere/report.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--gradient-report: nowhere/report.json: No such file*"])


def test_the_examples_pass_wherever_their_libraries_are_installed(pytester):
    """Without PyTorch, whose tests are run apart; the others are skipped if they are missing."""
    file = Path(__file__).parents[1] / "examples" / "pytest_plugin" / "test_gradients.py"
    report = pytester.path / "gradients.json"
    result = pytester.runpytest_subprocess(
        *("-p", "no:cacheprovider", "-k", "not torch", f"--gradient-report={report}", str(file))
    )
    outcomes = result.parseoutcomes()
    assert "failed" not in outcomes
    assert outcomes["passed"] >= 1  # scikit-learn is a peer of this suite
    assert all(v["passed"] for v in json.loads(report.read_text(encoding="utf-8")))


@pytest.mark.torch
def test_the_example_of_torch_passes(pytester):
    file = Path(__file__).parents[1] / "examples" / "pytest_plugin" / "test_gradients.py"
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-k", "torch", str(file))
    result.assert_outcomes(passed=1, deselected=3)
