"""The referee for backpropagation: three independent gradients of one sigmoid network."""

from .engine import Value
from .gradients import Gradient, autodiff_gradient, backprop_gradient, numerical_gradient
from .graph import ExampleGraph, example_graph
from .network import ForwardPass, SigmoidNetwork, reshape, unroll

__version__ = "0.1.0"

__all__ = [
    "ExampleGraph",
    "ForwardPass",
    "Gradient",
    "SigmoidNetwork",
    "Value",
    "autodiff_gradient",
    "backprop_gradient",
    "example_graph",
    "numerical_gradient",
    "reshape",
    "unroll",
]
