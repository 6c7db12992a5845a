"""Gradients of other libraries, checked in a test suite with the fixture ``assert_gradient``.

    python -m pytest examples/pytest_plugin --gradient-report=gradients.json

The plugin comes with micrograd_bp and needs no setting. Each test hands over a cost and its
gradient as functions of a NumPy vector; libraries that are not installed are skipped.
"""

import numpy as np
import pytest

THETA = np.linspace(-2.0, 2.0, 6)


def test_a_torch_autograd_function(assert_gradient):
    torch = pytest.importorskip("torch")

    class Softplus(torch.autograd.Function):
        """log(1 + eˣ), with a backward written by hand."""

        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.logaddexp(x, torch.zeros_like(x))

        @staticmethod
        def backward(ctx, upstream):
            (x,) = ctx.saved_tensors
            return upstream * torch.sigmoid(x)

    def loss(x):
        return torch.sum(Softplus.apply(x) ** 2)

    def gradient(theta):
        x = torch.from_numpy(theta).requires_grad_()
        return torch.autograd.grad(loss(x), x)[0].numpy()

    assert_gradient(lambda theta: loss(torch.from_numpy(theta)).item(), gradient, THETA)


def test_a_jax_custom_vjp(assert_gradient):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)  # in float32 noise hides small mistakes
    jnp = jax.numpy

    @jax.custom_vjp
    def softplus(x):
        return jnp.logaddexp(x, 0.0)

    softplus.defvjp(lambda x: (softplus(x), x), lambda x, upstream: (upstream * jax.nn.sigmoid(x),))

    def loss(x):
        return jnp.sum(softplus(x) ** 2)

    assert_gradient(lambda x: float(loss(x)), lambda x: np.asarray(jax.grad(loss)(x)), THETA)


@pytest.mark.gradient(parameters=20, directions=5, seed=3)
def test_the_gradient_that_scikit_learns_network_descends_on(assert_gradient, monkeypatch):
    network = pytest.importorskip("sklearn.neural_network")
    optimize = pytest.importorskip("scipy.optimize")
    seen = []

    def minimize(function, start, args=(), **options):
        """What scikit-learn hands to SciPy: θ ↦ (cost, gradient)."""
        seen.append((lambda theta: function(theta, *args), start))
        return optimize.OptimizeResult(x=start, fun=0.0, nit=1, status=0, message="", success=True)

    monkeypatch.setattr(optimize, "minimize", minimize)
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 4)), rng.integers(0, 3, 30)
    mlp = network.MLPClassifier((5,), "logistic", solver="lbfgs", alpha=0.1, random_state=0)
    mlp.fit(X, y)
    ((cost_and_gradient, theta),) = seen
    assert_gradient(
        lambda t: cost_and_gradient(t)[0], lambda t: cost_and_gradient(t)[1].copy(), theta
    )


def test_an_autograd_primitive(assert_gradient):
    autograd = pytest.importorskip("autograd")
    from autograd.extend import defvjp, primitive

    @primitive
    def softplus(x):
        return np.logaddexp(x, 0.0)

    defvjp(softplus, lambda answer, x: lambda upstream: upstream / (1.0 + np.exp(-x)))

    def loss(x):
        return autograd.numpy.sum(softplus(x) ** 2)

    assert_gradient(loss, autograd.grad(loss), THETA)
