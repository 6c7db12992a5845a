"""Work on several cores gives the bits of one, and leaves BLAS as it was."""

import contextlib
import os
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork, backprop_gradient
from micrograd_bp.support import threads
from micrograd_bp.support.threads import in_threads, one_thread_for

threadpoolctl = pytest.importorskip("threadpoolctl")


def blas_threads():
    return [library["num_threads"] for library in threadpoolctl.threadpool_info()]


@pytest.fixture
def two_cores(monkeypatch):
    """Two threads wherever this runs, as if BLAS had been allowed two."""
    monkeypatch.setattr(threads, "_cores", lambda: 2)
    with threadpoolctl.threadpool_limits(2):
        yield


def test_results_come_in_the_order_of_the_tasks_from_more_than_one_thread(two_cores):
    meeting = threading.Barrier(2, timeout=20)

    def task(number):
        if number < 2:
            meeting.wait()  # two tasks at the same time, or the barrier breaks
        return number, threading.get_ident()

    results = in_threads(task, [(n,) for n in range(20)])
    assert [number for number, _ in results] == list(range(20))
    assert results[0][1] != results[1][1]


def test_blas_has_one_thread_meanwhile_and_then_what_it_had(two_cores):
    before = blas_threads()
    during = in_threads(lambda _: blas_threads(), [(n,) for n in range(4)])
    assert {n for numbers in during for n in numbers if "openblas" in str(before)} <= {1}
    assert [threads._libraries()[0].num_threads] == [2]
    assert blas_threads() == before


def test_work_within_work_starts_no_more_threads_and_gives_blas_back_once(two_cores):
    def outer(n):
        return in_threads(lambda k: (n, k, threading.get_ident()), [(k,) for k in range(3)])

    nested = in_threads(outer, [(n,) for n in range(4)])
    for n, inner in enumerate(nested):
        assert [(a, b) for a, b, _ in inner] == [(n, k) for k in range(3)]
        assert len({thread for _, _, thread in inner}) == 1
    assert threads._libraries()[0].num_threads == 2
    assert threads._blas.users == 0


def test_the_first_error_in_the_order_of_the_tasks_is_raised(two_cores):
    def task(number):
        if number in (1, 2):
            raise ValueError(f"task {number}")
        return number

    with pytest.raises(ValueError, match="task 1"):
        in_threads(task, [(n,) for n in range(50)])
    assert threads._libraries()[0].num_threads == 2


def test_a_thread_takes_over_what_the_caller_set_for_floating_point_errors(two_cores):
    def overflow(_):
        return np.exp(np.array([1000.0]))[0]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with np.errstate(over="ignore"):
            assert in_threads(overflow, [(n,) for n in range(8)]) == [np.inf] * 8
        with np.errstate(over="raise"), pytest.raises(FloatingPointError):
            in_threads(overflow, [(n,) for n in range(8)])


BITS = """
import sys, numpy as np
from micrograd_bp import SigmoidNetwork, autodiff_gradient, backprop_gradient
rng = np.random.default_rng(0)
for sizes, m in (([30, 11, 4], 2500), ([400, 25, 10], 700)):
    net = SigmoidNetwork(sizes, seed=0)
    X, y = rng.normal(size=(m, sizes[0])), rng.integers(0, sizes[-1], m)
    for method in (autodiff_gradient, backprop_gradient):
        g = method(net, X, y, 0.5)
        sys.stdout.buffer.write(np.array([g.cost, *g.vector]).tobytes())
        sys.stdout.buffer.write(np.ascontiguousarray(g.deltas[1]).tobytes())
"""


def test_the_number_of_threads_does_not_change_a_bit_of_a_gradient():
    found = []
    for number in ("1", "2", "3"):
        environment = os.environ | {"OMP_NUM_THREADS": number, "OPENBLAS_NUM_THREADS": number}
        command = [sys.executable, "-c", BITS]
        found.append(subprocess.run(command, env=environment, check=True, capture_output=True))
    assert len(found[0].stdout) > 100_000
    assert found[0].stdout == found[1].stdout == found[2].stdout


def test_without_the_means_to_tell_blas_one_thread_does_it_all(monkeypatch):
    net = SigmoidNetwork([5, 3, 2], seed=0)
    X = np.random.default_rng(0).normal(size=(2000, 5))
    expected = backprop_gradient(net, X, X[:, 0] > 0).vector
    monkeypatch.setattr(threads, "_libraries", list)
    idents = in_threads(lambda _: threading.get_ident(), [(n,) for n in range(8)])
    assert set(idents) == {threading.get_ident()}
    assert backprop_gradient(net, X, X[:, 0] > 0).vector.tobytes() == expected.tobytes()


def test_an_estimate_on_two_threads_has_the_bits_of_one(two_cores, monkeypatch):
    from micrograd_bp import numerical_gradient
    from micrograd_bp.gradients import numerical_fast

    monkeypatch.setattr(numerical_fast, "TASK_NUMBERS", 2**14)  # many tasks
    rng = np.random.default_rng(0)
    net = SigmoidNetwork([6, 5, 3], seed=0)
    X, y = rng.normal(size=(700, 6)), rng.integers(0, 3, 700)
    seen = []
    together = numerical_gradient(net, X, y, 1.0, progress=lambda done, _: seen.append(done))
    assert len(seen) > 5
    assert seen == sorted(seen)
    monkeypatch.setattr(threads, "_cores", lambda: 1)
    assert numerical_gradient(net, X, y, 1.0).vector.tobytes() == together.vector.tobytes()


def test_a_package_has_one_thread_for_a_while_and_the_others_what_they_had():
    pytest.importorskip("scipy.linalg")
    controller = pytest.importorskip("threadpoolctl").ThreadpoolController()
    libraries = controller.select(user_api="blas").lib_controllers
    before = [lib.num_threads for lib in libraries]
    with contextlib.suppress(KeyError), one_thread_for("scipy"):
        for lib, number in zip(libraries, before, strict=True):
            assert lib.num_threads == (number if "numpy.libs" in lib.filepath else 1)
        raise KeyError
    assert [lib.num_threads for lib in libraries] == before
