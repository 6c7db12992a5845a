"""Threads, processes and a cluster give the bits of a single run; a lost worker too."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import micrograd_bp
from micrograd_bp import SigmoidNetwork, compare_gradients, numerical_gradient
from micrograd_bp.cli import run
from micrograd_bp.gradients import numerical_fast
from micrograd_bp.gradients.autodiff import autodiff_gradient
from micrograd_bp.support.executors import BLAS_THREADS, cluster, ordered_map, process_pool

SECONDS = 0.1  # what a slow task sleeps
ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(Path(micrograd_bp.__file__).parents[1]),
    "PYTHONUNBUFFERED": "1",
}


@pytest.fixture
def problem(monkeypatch):
    monkeypatch.setattr(numerical_fast, "TASK_NUMBERS", 2**16)  # many tasks of a small problem
    rng = np.random.default_rng(0)
    net = SigmoidNetwork([12, 7, 3], seed=0)
    return net, rng.normal(size=(1500, 12)), rng.integers(0, 3, 1500)


def blas_threads(_):
    return [os.environ[name] for name in BLAS_THREADS]


def slow_square(number, seconds):
    time.sleep(seconds)
    return number * number


def slow_costs(*task, costs=numerical_fast._Problem.costs):
    time.sleep(SECONDS)
    return costs(*task)


def failing(number):
    if number == 3:
        raise ValueError("three")
    return number


def test_processes_give_the_same_bits_whatever_their_number(problem):
    net, X, y = problem
    alone = numerical_gradient(net, X, y, 1.0), autodiff_gradient(net, X, y, 1.0)
    for jobs in (1, 2):
        with process_pool(jobs) as executor:
            spread = (
                numerical_gradient(net, X, y, 1.0, executor=executor),
                autodiff_gradient(net, X, y, 1.0, executor=executor),
            )
            assert next(ordered_map(executor, blas_threads, [(0,)])) == ["1"] * len(BLAS_THREADS)
        for a, b in zip(alone, spread, strict=True):
            assert a.vector.tobytes() == b.vector.tobytes()
            assert a.cost == b.cost


def test_the_environment_is_left_as_it_was():
    before = dict(os.environ)
    with process_pool(1):
        pass
    assert dict(os.environ) == before


def test_results_come_in_the_order_of_the_tasks():
    with process_pool(2) as executor:
        tasks = [(0, 0.2), (1, 0.0), (2, 0.1), (3, 0.0)]
        assert list(ordered_map(executor, slow_square, tasks)) == [0, 1, 4, 9]


def test_a_failing_task_fails_the_whole_and_cancels_the_rest():
    with process_pool(1) as executor:
        results = ordered_map(executor, failing, [(n,) for n in range(1000)])
        with pytest.raises(ValueError, match="three"):
            list(results)


def test_a_lost_process_is_named_in_one_line():
    with process_pool(1) as executor, pytest.raises(OSError, match="executor: a process ended"):
        list(ordered_map(executor, os._exit, [(1,)]))


def test_a_killed_process_is_replaced_and_nothing_is_lost():
    with process_pool(2) as executor:
        results = ordered_map(executor, slow_square, [(n, 0.05) for n in range(20)])
        found = [next(results), next(results)]
        os.kill(next(iter(executor.pool._processes)), signal.SIGKILL)
        assert found + list(results) == [n * n for n in range(20)]


def test_no_process_is_refused():
    with pytest.raises(ValueError, match="jobs: got 0, expected at least 1"), process_pool(0):
        pass


def without_times(report):
    if isinstance(report, dict):
        return {k: without_times(v) for k, v in report.items() if k not in ("seconds", "slowdown")}
    return [without_times(v) for v in report] if isinstance(report, list) else report


def test_jobs_of_the_command_line_give_the_same_report(capsys):
    reports = []
    for jobs in ("1", "2"):
        assert run(["check", "--json", "--seed", "3", "--jobs", jobs]) == 0
        reports.append(without_times(json.loads(capsys.readouterr().out)))
    assert reports[0] == reports[1]


def test_unusable_clusters_are_named_in_one_line(capsys):
    assert run(["check", "--jobs", "2", "--cluster", "tcp://127.0.0.1:1"]) == 2
    assert capsys.readouterr().err.startswith("error: --jobs: got it together with --cluster")


def test_ctrl_c_waits_until_a_new_process_is_told_its_work():
    """The thread that starts it has blocked the signal; another one takes it for the program."""
    asked, told = threading.Event(), []

    def ask():
        asked.wait()
        signal.raise_signal(signal.SIGINT)
        told.append("signal")

    class Pool:
        def submit(self, task):
            asked.set()
            other.join()
            told.append(task)

        def shutdown(self, *_, **__):
            pass

    other = threading.Thread(target=ask)
    other.start()
    with process_pool(1) as pool:
        pool.pool = Pool()
        with pytest.raises(KeyboardInterrupt):
            pool.submit("task")
    assert told == ["signal", "task"]


def test_ctrl_c_ends_processes_in_a_second_with_one_line_and_130(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "big.npz", X=rng.normal(size=(5000, 400)), y=rng.integers(0, 10, 5000))
    command = [sys.executable, "-m", "micrograd_bp.cli", "check", "--data", "big.npz"]
    process = subprocess.Popen(
        [*command, "--layers", "400-60-10", "--jobs", "2"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
        start_new_session=True,
    )
    time.sleep(5)
    assert process.poll() is None, process.communicate()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    started = time.perf_counter()
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err == "interrupted\n"
    assert time.perf_counter() - started < 5  # a second, with room for a busy machine


@pytest.fixture
def dask(tmp_path):
    """A Dask scheduler and two workers, each a process of its own, on loopback."""
    pytest.importorskip("distributed", reason="the cluster extra is not installed")
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    processes = []

    def start(*arguments):
        with (tmp_path / f"{len(processes)}.log").open("w") as log:
            processes.append(
                subprocess.Popen(arguments, cwd=tmp_path, stdout=log, stderr=log, env=ENVIRONMENT)
            )

    file = tmp_path / "scheduler.json"
    start(*dask, "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", file)
    while not file.exists():
        assert processes[0].poll() is None, (tmp_path / "0.log").read_text()
        time.sleep(0.05)
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", file]
    for _ in range(2):
        start(*worker, "--nthreads", "1", "--no-dashboard", "--no-nanny")
    yield json.loads(file.read_text())["address"], processes
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def scheduler(dask):
    """Its address, and the workers."""
    address, processes = dask
    return address, processes[1:]


def test_a_cluster_that_loses_a_worker_gives_the_same_bits(problem, scheduler, monkeypatch):
    net, X, y = problem
    address, workers = scheduler
    alone = numerical_gradient(net, X, y, 1.0)
    monkeypatch.setattr(numerical_fast._Problem, "costs", slow_costs)
    seen = []

    def kill_one(done, total):
        if not seen:
            workers[0].kill()
        seen.append(done)

    with cluster(address) as executor:
        executor._client.wait_for_workers(2, timeout=30)
        started = time.perf_counter()
        spread = numerical_gradient(net, X, y, 1.0, executor=executor, progress=kill_one)
        assert workers[0].wait() == -signal.SIGKILL
        replayed = autodiff_gradient(net, X, y, 1.0, executor=executor)
    # more than two workers could have done in that time: the second had to do the rest alone
    assert time.perf_counter() - started > 0.75 * SECONDS * len(seen)
    assert len(seen) > 10
    assert spread.vector.tobytes() == alone.vector.tobytes()
    assert replayed.vector.tobytes() == autodiff_gradient(net, X, y, 1.0).vector.tobytes()


def test_comparison_on_a_cluster_equals_the_one_here(problem, scheduler, capsys):
    net, X, y = problem
    address, _ = scheduler
    with cluster(address) as executor:
        spread = compare_gradients(net, X, y, 1.0, executor=executor)
    alone = compare_gradients(net, X, y, 1.0)
    assert spread.passed
    assert [p.difference for p in spread.pairs] == [p.difference for p in alone.pairs]
    assert run(["check", "--cluster", address]) == 0
    assert "agree" in capsys.readouterr().out.lower()


def test_a_scheduler_that_dies_is_said_within_seconds(dask):
    address, processes = dask
    with cluster(address) as executor:
        results = ordered_map(executor, slow_square, [(n, 60.0) for n in range(4)])
        threading.Timer(1.0, processes[0].kill).start()
        started = time.perf_counter()
        with pytest.raises(OSError, match=r"cluster: the scheduler at .* is gone|given up"):
            next(results)
    assert time.perf_counter() - started < 30  # seconds, not for ever, on a busy machine


def test_a_scheduler_without_workers_is_named(dask, monkeypatch):
    address, processes = dask
    monkeypatch.setattr("micrograd_bp.support.executors.CONNECT_SECONDS", 2)
    for worker in processes[1:]:
        worker.kill()
        worker.wait()
    time.sleep(1.0)
    with pytest.raises(ValueError, match="whose scheduler has no workers"), cluster(address):
        pass


def test_an_address_where_nobody_answers_is_named(monkeypatch):
    pytest.importorskip("distributed", reason="the cluster extra is not installed")
    monkeypatch.setattr("micrograd_bp.support.executors.CONNECT_SECONDS", 0.3)
    with (
        pytest.raises(ValueError, match=r"cluster: got 'tcp://127\.0\.0\.1:1', where no Dask"),
        cluster("tcp://127.0.0.1:1"),
    ):
        pass


@pytest.mark.parametrize("kind", ["processes", "threads"])
def test_what_tasks_share_arrives_as_it_was_and_once_in_each_process(kind):
    shared = (np.arange(5.0), "θ")
    make = (lambda: process_pool(2)) if kind == "processes" else (lambda: ThreadPoolExecutor(2))
    with make() as executor:
        found = list(ordered_map(executor, where, [(n,) for n in range(20)], shared))
    assert [n for _, _, n, _ in found] == list(range(20))
    assert all(total == 10.0 and text == "θ" for total, text, _, _ in found)
    places = {place for *_, place in found}  # the same object for each task of a process
    assert len(places) == len({process for process, _ in places}) <= 2


def where(numbers, text, n):
    return numbers.sum(), text, n, (os.getpid(), id(numbers))
