"""The pytest plugin: the fixture ``assert_gradient``, the marker ``gradient``, and a report.

.. code-block:: python

    @pytest.mark.gradient(seed=3)
    def test_gradient_of_my_loss(assert_gradient):
        assert_gradient(loss, loss_gradient, theta)

pytest finds it by itself once the package is installed. A gradient that does not pass fails the
test with the table of slopes. ``pytest --gradient-report=FILE.json`` writes every verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .support.files import try_target, write_file
from .support.result import json_text

__all__ = ["assert_gradient"]

PROPERTY = "gradient"  # under which a test's report carries its verdicts


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--gradient-report``."""
    parser.getgroup("micrograd_bp").addoption(
        "--gradient-report",
        metavar="FILE",
        help="write the verdict of every assert_gradient to FILE, as JSON",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, and the report's file sure, before tests run."""
    config.addinivalue_line(
        "markers",
        "gradient(**options): what assert_gradient passes on to micrograd_bp.check_gradient in "
        "this test, e.g. parameters=100, directions=5, seed=3",
    )
    file = config.getoption("--gradient-report")
    if file is not None and not hasattr(config, "workerinput"):  # one of pytest-xdist's workers
        try:
            try_target(file)
        except OSError as error:
            raise pytest.UsageError(f"--gradient-report: {file}: {error.strerror}") from None
        config.pluginmanager.register(_Report(file), "micrograd_bp-report")


@pytest.fixture
def assert_gradient(request: pytest.FixtureRequest) -> Callable[..., None]:
    """A function that fails the test, with the table of slopes, unless a gradient passes.

    It takes the arguments of ``micrograd_bp.check_gradient``: ``cost``, ``gradient``, ``theta``
    and options; those of the marker ``gradient`` come first, the call's own go before them.
    """
    marker = request.node.get_closest_marker("gradient")
    usual = {} if marker is None else marker.kwargs

    def check(cost: Any, gradient: Any, theta: Any, **options: Any) -> None:
        __tracebackhide__ = True  # pytest then points at the test's own line
        from .checking.gradient import check_gradient

        result = check_gradient(cost, gradient, theta, **(usual | options))
        if request.config.getoption("--gradient-report") is not None:
            request.node.user_properties.append((PROPERTY, result.to_dict()))
        if not result.passed:
            raise AssertionError(str(result))

    return check


class _Report:
    """Collects the verdicts of all tests, those of other processes too, and writes them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.verdicts: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            for name, value in report.user_properties:
                if name == PROPERTY and isinstance(value, dict):
                    self.verdicts.append({"test": report.nodeid, **value})

    def pytest_sessionfinish(self) -> None:
        write_file(self.file, json_text(self.verdicts).encode())

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        passed = sum(verdict["passed"] for verdict in self.verdicts)
        terminalreporter.write_line(
            f"{passed} of {len(self.verdicts)} gradients passed: {self.file}"
        )
