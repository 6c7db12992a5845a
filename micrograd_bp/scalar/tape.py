"""A scalar graph compiled for NumPy: recorded once, replayed over a whole batch of examples.

``recording.py`` makes sums long, ``matrix_products.py`` finds products, ``plan.py`` groups the
nodes into instructions, ``instructions.py`` says what each does, ``program.py`` runs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np
import numpy.typing as npt

from ..support.collector import collector_paused
from ..support.validation import Array, all_finite, finite_array, real_array
from .engine import Value
from .matrix_products import find_matrix_products
from .plan import Schedule
from .program import Inputs, Replay
from .recording import Graph

__all__ = ["Replay", "Tape"]


class Tape:
    """A recorded graph that replays itself, forward and backward, over many examples.

    ``output`` is the node to differentiate, ``inputs`` the leaves that differ from example to
    example, ``parameters`` the leaves that a replay sets for all examples; other leaves keep
    the value they were recorded with. ``watch`` lists nodes whose value and gradient ``replay``
    returns for each example. ``print(tape)`` shows the instructions. The graph may be freed or
    changed afterwards, and a tape serves any number of threads.

    Raises TypeError or ValueError if a node is not of the right kind.

    >>> x, w = Value(1.0), Value(2.0)
    >>> tape = Tape((x * w).sigmoid(), inputs=[x], parameters=[w])
    >>> costs, gradient = tape.gradient([[0.0], [0.0], [1.0]], [0.0])
    >>> costs, gradient
    (array([0.5, 0.5, 0.5]), array([0.25]))
    """

    @collector_paused()
    def __init__(
        self,
        output: Value,
        inputs: Sequence[Value],
        parameters: Sequence[Value],
        watch: Sequence[Value] = (),
    ) -> None:
        graph = Graph(output, inputs, parameters, watch)
        find_matrix_products(graph)
        self._program = Schedule(graph).program()

    def gradient(
        self,
        inputs: npt.ArrayLike | Sequence[Array],
        parameters: npt.ArrayLike,
        executor: Executor | None = None,
    ) -> tuple[Array, Array]:
        """The output for each example, (m,), and the gradient (P,) of their sum.

        ``inputs`` is (m, n), or a list of arrays (m, n_i) that stand side by side; ``parameters``
        is (P,); both in the order of the recording. All cores take part; ``executor`` spreads the
        examples elsewhere. The result is the same to the last bit. Raises ValueError for other
        shapes, and where an operation has no finite value or derivative.
        """
        replay = self._replay(inputs, parameters, watch=False, executor=executor)
        return replay.costs, replay.gradient

    def cost(self, inputs: npt.ArrayLike | Sequence[Array], parameters: npt.ArrayLike) -> Array:
        """The output for each example, (m,); arguments and errors as for ``gradient``.

        >>> x, w = Value(1.0), Value(2.0)
        >>> Tape(x * w, [x], [w]).cost([[3.0], [4.0]], [10.0])
        array([30., 40.])
        """
        return self._replay(inputs, parameters, backward=False, watch=False).costs

    def replay(
        self,
        inputs: npt.ArrayLike | Sequence[Array],
        parameters: npt.ArrayLike,
        executor: Executor | None = None,
    ) -> Replay:
        """``gradient``, and values and gradients of the watched nodes for each example.

        >>> x, w = Value(1.0), Value(2.0)
        >>> z = x * w
        >>> Tape(z**2, [x], [w], watch=[z]).replay([[1.0], [2.0]], [3.0]).deltas
        array([[ 6.],
               [12.]])
        """
        return self._replay(inputs, parameters, executor=executor)

    def _replay(
        self, inputs: npt.ArrayLike | Sequence[Array], parameters: npt.ArrayLike, **options: Any
    ) -> Replay:
        X = [real_array("inputs", part) for part in _side_by_side(inputs)]
        theta = finite_array("parameters", parameters)
        program = self._program
        two = all(part.ndim == 2 and len(part) == len(X[0]) for part in X)
        if not two or sum(part.shape[1] for part in X) != program.inputs:
            shapes = " and ".join(str(part.shape) for part in X)
            raise ValueError(f"inputs: got shape {shapes}, expected (m, {program.inputs})")
        if theta.shape != (program.parameters,):
            raise ValueError(
                f"parameters: got shape {theta.shape}, expected ({program.parameters},)"
            )
        # A factor that is not finite makes its matrix product so, which is looked at in any case.
        if not all_finite(Inputs(X)[program.unseen]):
            X = [finite_array("inputs", part) for part in X]
        try:
            return program.replay(X, theta, **options)
        except ValueError:
            for part in X:
                finite_array("inputs", part)
            raise

    def __str__(self) -> str:
        return str(self._program)


def _side_by_side(inputs: Any) -> list[Any]:
    """Arrays (m, n_i) given as such, or all inputs as one."""
    several = isinstance(inputs, list | tuple) and len(inputs) > 0
    if several and all(isinstance(part, np.ndarray) and part.ndim == 2 for part in inputs):
        return list(inputs)
    return [inputs]
