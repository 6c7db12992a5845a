"""Shared by all tests: the published networks, and random networks of every depth."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork

COURSE = json.loads((Path(__file__).parent / "course.json").read_text(encoding="utf-8"))


@dataclass
class Case:
    net: SigmoidNetwork
    X: np.ndarray
    y: np.ndarray
    lambda_: float


def random_case(seed: int, depth: int | None = None) -> Case:
    """A network with ``depth`` weight matrices (default 1 to 5) and data for it."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 6, (depth or int(rng.integers(1, 6))) + 1).tolist()
    net = SigmoidNetwork(sizes, init=float(rng.uniform(0.1, 3.0)), seed=rng)
    m = int(rng.integers(1, 7))
    classes = max(2, sizes[-1])
    return Case(
        net, rng.normal(size=(m, sizes[0])), rng.integers(0, classes, m), float(rng.uniform(0, 3))
    )


@pytest.fixture(params=COURSE, ids=[case["name"] for case in COURSE])
def course(request):
    """Test 4a and 5a of the Coursera course's exercise 4, as published."""
    return request.param


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """The whole suite runs on all cores where pytest-xdist is installed; chosen tests run here."""
    # A shell starts what runs in the background with SIGINT ignored; what tests start inherits it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    chosen = config.args_source is config.ArgsSource.ARGS
    worker = hasattr(config, "workerinput")
    free = config.pluginmanager.hasplugin("xdist") and not (chosen or worker)
    if free and config.option.numprocesses is None:
        config.option.numprocesses, config.option.dist = "auto", "worksteal"
