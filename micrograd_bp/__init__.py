"""The referee for backpropagation: three independent gradients of one sigmoid network."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .draw import draw  # at once: the module of the same name would take the function's place
from .engine import Value
from .graph import ExampleGraph, example_graph
from .network import ForwardPass, SigmoidNetwork, reshape, unroll

if TYPE_CHECKING:
    from .check import GradientCheck, check_expression, check_gradient
    from .compare import Comparison, compare_gradients
    from .diagnose import Diagnosis, check_backprop
    from .equations import EquationCheck, verify_equations
    from .gradients import Gradient, autodiff_gradient, backprop_gradient, numerical_gradient
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

# What loads when it is first asked for, so that `import micrograd_bp` takes hardly longer than
# `import numpy`.
_MODULE_OF = {
    "Comparison": "compare",
    "Diagnosis": "diagnose",
    "EquationCheck": "equations",
    "Gradient": "gradients",
    "GradientCheck": "check",
    "Tape": "tape",
    "autodiff_gradient": "gradients",
    "backprop_gradient": "gradients",
    "check_backprop": "diagnose",
    "check_expression": "check",
    "check_gradient": "check",
    "compare_gradients": "compare",
    "cost_function": "train",
    "numerical_gradient": "gradients",
    "verify_equations": "equations",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
