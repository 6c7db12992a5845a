"""Check a PyTorch custom function: a softplus whose backward is written by hand.

    python examples/check_torch_function.py

Needs PyTorch (pip install torch). ``check_gradient`` sees two functions of a NumPy array: the
cost, and the gradient that ``torch.autograd.grad`` obtains through the custom ``backward``. An
error of one part in a thousand passes ``torch.autograd.gradcheck`` with its defaults.
"""

import sys

try:
    import torch
except ImportError:
    sys.exit("This example needs PyTorch, which is not installed: pip install torch")

from micrograd_bp import check_gradient


class Softplus(torch.autograd.Function):
    """log(1 + eˣ), whose derivative is the sigmoid of x."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.logaddexp(x, torch.zeros_like(x))

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        return upstream * torch.sigmoid(x)


class WrongSoftplus(Softplus):
    """The same with a derivative that is 0.1 % too large."""

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        return upstream * torch.sigmoid(x) * 1.001


def cost_and_gradient(function):
    """The two NumPy functions that ``check_gradient`` takes, from a PyTorch function."""

    def loss(x):
        return torch.sum(function.apply(x) ** 2)

    def cost(theta):
        return loss(torch.from_numpy(theta)).item()

    def gradient(theta):
        x = torch.from_numpy(theta).requires_grad_()
        return torch.autograd.grad(loss(x), x)[0].numpy()

    return cost, gradient


theta = torch.linspace(-2.0, 2.0, 6, dtype=torch.float64).numpy()
for function in (Softplus, WrongSoftplus):
    x = torch.from_numpy(theta).clone().requires_grad_()
    passed = torch.autograd.gradcheck(function.apply, (x,), raise_exception=False)
    print(f"{function.__name__}: torch.autograd.gradcheck says {'right' if passed else 'wrong'}")
    print(check_gradient(*cost_and_gradient(function), theta))
    print()
