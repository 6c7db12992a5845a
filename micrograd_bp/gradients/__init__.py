"""Three derivations of ∂J/∂Θ that share nothing but the type of their result."""

from .autodiff import autodiff_gradient
from .backprop import backprop_gradient
from .numerical_fast import numerical_gradient
from .result import Gradient

__all__ = [
    "Gradient",
    "autodiff_gradient",
    "backprop_gradient",
    "numerical_gradient",
]
