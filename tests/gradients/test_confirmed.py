"""The fast estimate is held against the plain loop, and rounding alone may part them."""

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork
from micrograd_bp.gradients import numerical_fast
from micrograd_bp.gradients.numerical import estimate


@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize(
    ("scheme", "off"), [("two-sided", 1e-8), ("one-sided", 1e-8), ("complex-step", 1e-11)]
)
def test_an_estimate_that_is_off_by_more_than_rounding_is_refused(monkeypatch, scheme, off, sign):
    """2⁻⁵³ of J over 2ε is 10⁻¹² at ε = 10⁻⁴; a complex step loses nothing."""
    net = SigmoidNetwork([2, 3, 3, 3, 1], seed=0)
    X, Y = np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([[0.0], [1.0]])
    plain = estimate

    def wrong(*arguments):
        return plain(*arguments) + sign * off

    numerical_fast.numerical_gradient(net, X, Y, 1.0, scheme=scheme)
    monkeypatch.setattr(numerical_fast, "estimate", wrong)
    with pytest.raises(RuntimeError, match="contradicts the plain loop"):
        numerical_fast.numerical_gradient(net, X, Y, 1.0, scheme=scheme)
