"""Gradient checks as assertions, for other projects' test suites.

.. code-block:: python

    from micrograd_bp.testing import assert_gradient

    def test_gradient_of_my_loss():
        assert_gradient(loss, loss_gradient, theta)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from .checking.gradient import DIRECTIONS, Chosen, check_gradient
from .support.validation import Array

__all__ = ["assert_gradient"]


def assert_gradient(
    cost: Callable[[Array], Any],
    gradient: Callable[[Array], Any] | npt.ArrayLike | bool | None,
    theta: Any,
    *,
    parameters: Chosen = None,
    directions: int = DIRECTIONS,
    bounds: Any = None,
    noise: float | None = None,
    seed: int | np.random.Generator = 0,
) -> None:
    """Raise AssertionError, with the table of slopes, unless the gradient passes.

    The arguments are those of ``check_gradient``, and so is the verdict: it fails too where the
    noise of the cost lets nothing be decided, and where equal calls give different values.

    >>> assert_gradient(np.sum, np.ones_like, np.zeros(3))
    >>> assert_gradient(np.sum, np.zeros_like, np.zeros(3))
    Traceback (most recent call last):
    ...
    AssertionError: Gradient check: WRONG (3 parameters, 3 wrong)
    ...
    """
    __tracebackhide__ = True  # pytest then points at the caller's line
    check = check_gradient(
        cost,
        gradient,
        theta,
        parameters=parameters,
        directions=directions,
        bounds=bounds,
        noise=noise,
        seed=seed,
    )
    if not check.passed:
        raise AssertionError(str(check))
