"""The assertion that other projects' test suites use."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

from micrograd_bp.testing import assert_gradient


def cubes(theta):
    return float(np.sum(theta**3))


def test_a_right_gradient_passes_in_silence(capsys):
    assert assert_gradient(cubes, lambda theta: 3 * theta**2, [0.5, -2.0]) is None
    assert capsys.readouterr() == ("", "")


def test_the_message_carries_the_table():
    with pytest.raises(AssertionError) as failure:
        assert_gradient(cubes, lambda theta: 3.0001 * theta**2, [0.5, -2.0])
    message = str(failure.value)
    assert "WRONG (2 parameters, 2 wrong)" in message
    row = next(line for line in message.splitlines() if "theta[1]" in line)
    assert "12.0004" in row  # analytic
    assert " 12 " in row  # numeric
    assert row.rstrip().endswith("wrong")
    assert "Taylor remainder: falls with order" in message


def test_a_check_that_could_decide_nothing_does_not_pass():
    def blurred(theta):
        return 1e16 + float(np.sum(theta))

    with pytest.raises(AssertionError, match="UNDECIDED"):
        assert_gradient(blurred, np.ones_like, [0.25, 0.5])


def test_a_random_cost_does_not_pass():
    rng = np.random.default_rng(0)
    with pytest.raises(AssertionError, match="different values"):
        assert_gradient(lambda theta: rng.random(), np.ones_like, [0.25])


def test_sampling_reaches_the_check():
    calls = []

    def cost(theta):
        calls.append(1)
        return cubes(theta)

    theta = np.linspace(0.5, 1.5, 400)
    assert_gradient(cost, lambda t: 3 * t**2, theta, parameters=3, directions=1, seed=7)
    assert len(calls) < 200


def test_pytest_shows_the_callers_line_and_the_table(tmp_path):
    test = tmp_path / "test_loss.py"
    test.write_text(
        textwrap.dedent(
            """
            import numpy as np
            from micrograd_bp.testing import assert_gradient

            def test_loss():
                assert_gradient(lambda t: np.sum(t**2), lambda t: t, np.ones(2))
            """
        )
    )
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert "test_loss.py:6: AssertionError" in run.stdout
    assert "Gradient check: WRONG (2 parameters, 2 wrong)" in run.stdout
