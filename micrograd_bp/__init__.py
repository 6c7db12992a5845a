"""The referee for backpropagation: three independent gradients of one sigmoid network."""

from .check import GradientCheck, check_expression, check_gradient
from .compare import Comparison, compare_gradients
from .diagnose import Diagnosis, check_backprop
from .draw import draw
from .engine import Value
from .equations import EquationCheck, verify_equations
from .gradients import Gradient, autodiff_gradient, backprop_gradient, numerical_gradient
from .graph import ExampleGraph, example_graph
from .network import ForwardPass, SigmoidNetwork, reshape, unroll
from .tape import Tape
from .train import cost_function

__version__ = "0.1.0"

__all__ = [
    "Comparison",
    "Diagnosis",
    "EquationCheck",
    "ExampleGraph",
    "ForwardPass",
    "Gradient",
    "GradientCheck",
    "SigmoidNetwork",
    "Tape",
    "Value",
    "autodiff_gradient",
    "backprop_gradient",
    "check_backprop",
    "check_expression",
    "check_gradient",
    "compare_gradients",
    "cost_function",
    "draw",
    "example_graph",
    "numerical_gradient",
    "reshape",
    "unroll",
    "verify_equations",
]
