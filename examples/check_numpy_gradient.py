"""Check a hand-written NumPy gradient: softmax regression, once right and once wrong.

    python examples/check_numpy_gradient.py

The wrong gradient forgets that the mean over the examples divides by m. Its direction is right
and training still goes downhill, so nothing but a check tells.
"""

import numpy as np

from micrograd_bp import check_gradient

rng = np.random.default_rng(0)
X = rng.normal(size=(20, 3))  # 20 examples, 3 features
labels = rng.integers(4, size=20)  # 4 classes
Y = np.eye(4)[labels]


def probabilities(W):
    scores = X @ W
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def cost(W):
    """Mean cross-entropy plus a small penalty."""
    return -np.mean(np.log(probabilities(W)[np.arange(20), labels])) + 0.05 * np.sum(W**2)


def right_gradient(W):
    return X.T @ (probabilities(W) - Y) / len(X) + 0.1 * W


def wrong_gradient(W):
    return X.T @ (probabilities(W) - Y) + 0.1 * W  # the mean was forgotten


W = rng.normal(size=(3, 4))  # theta may have any shape
print(check_gradient(cost, right_gradient, W))
print()
print(check_gradient(cost, wrong_gradient, W))

# In a test suite:
#
#     from micrograd_bp.testing import assert_gradient
#
#     def test_gradient():
#         assert_gradient(cost, right_gradient, W)
