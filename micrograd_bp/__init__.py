"""The referee for backpropagation: three independent gradients of one sigmoid network."""

import os
import sys
from _signal import SIGINT, default_int_handler, getsignal, signal  # type: ignore[import-not-found]

# Started as a program (python -m micrograd_bp, or the script micrograd-bp) it answers Ctrl-C from
# here on, before anything else is loaded, and takes no module from the user's folder (where
# python -m looks first: a student may well have a random.py). Imported by others it does neither.
if sys.argv[:1] and (
    sys.argv[0] == "-m" or os.path.basename(sys.argv[0]).startswith("micrograd-bp")  # noqa: PTH119
):
    if sys.argv[0] == "-m" and not sys.flags.safe_path:
        _house = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
        sys.path[:1] = [_house] if sys.path[0] == _house else []

    def _interrupted(*_: object) -> None:
        os.write(2, b"interrupted\n")
        os._exit(130)

    if getsignal(SIGINT) is default_int_handler:
        signal(SIGINT, _interrupted)

        from .support.interrupts import one_line_for_interrupts

        one_line_for_interrupts(instead_of=_interrupted)

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .drawing.draw import draw
from .network.graph import ExampleGraph, example_graph
from .network.sigmoid import ForwardPass, SigmoidNetwork, reshape, unroll
from .scalar.engine import Value

if TYPE_CHECKING:
    from .checking.expression import check_expression
    from .checking.gradient import check_gradient
    from .checking.result import GradientCheck
    from .comparison.compare import Comparison, compare_gradients
    from .comparison.equations import EquationCheck, Equations, verify_equations
    from .gradients import Gradient, autodiff_gradient, backprop_gradient, numerical_gradient
    from .grading.grade import Diagnosis, check_backprop
    from .scalar.balls import Enclosure, enclose
    from .scalar.tape import Tape
    from .training.train import cost_function

__version__ = "0.1.0"

__all__ = [
    "Comparison",
    "Diagnosis",
    "Enclosure",
    "EquationCheck",
    "Equations",
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
    "enclose",
    "example_graph",
    "numerical_gradient",
    "reshape",
    "unroll",
    "verify_equations",
]

# What loads when it is first asked for, so that `import micrograd_bp` takes hardly longer than
# `import numpy`.
_MODULE_OF = {
    "Comparison": "comparison.compare",
    "Diagnosis": "grading.grade",
    "Enclosure": "scalar.balls",
    "EquationCheck": "comparison.equations",
    "Equations": "comparison.equations",
    "Gradient": "gradients",
    "GradientCheck": "checking.result",
    "Tape": "scalar.tape",
    "autodiff_gradient": "gradients",
    "backprop_gradient": "gradients",
    "check_backprop": "grading.grade",
    "check_expression": "checking.expression",
    "check_gradient": "checking.gradient",
    "compare_gradients": "comparison.compare",
    "cost_function": "training.train",
    "enclose": "scalar.balls",
    "numerical_gradient": "gradients",
    "verify_equations": "comparison.equations",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
