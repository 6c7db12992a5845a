"""Parameters of any structure, costs and gradients of any type, and very many parameters."""

import os
import tempfile
from collections import namedtuple
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import parent_process
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse

from micrograd_bp import Value, check_gradient

THETA = {"W1": np.array([[0.3, -0.7], [1.1, 0.4]]), "b": np.array(0.2)}


def cost(p):
    return np.sum(np.sin(p["W1"])) * p["b"]


def gradient(p):
    return {"W1": np.cos(p["W1"]) * p["b"], "b": np.sum(np.sin(p["W1"]))}


def labels(check):
    return [slope.label for slope in check.wrong if slope.index is not None]


def test_a_dict_of_arrays_is_judged_by_name():
    assert check_gradient(cost, gradient, THETA).passed

    def wrong(p):
        slopes = gradient(p)
        slopes["W1"] = slopes["W1"] * [[1.0, 1.0], [1.0, 1.001]]
        return slopes

    assert labels(check_gradient(cost, wrong, THETA)) == ["W1[1, 1]"]


@pytest.mark.parametrize("kind", [list, tuple])
def test_a_list_or_tuple_of_arrays_and_nested_ones(kind):
    theta = kind([np.array([0.1, 0.2]), {"a": [np.array([[0.3]])], "b": 0.5}])

    def nested(p):
        return np.sum(p[0] ** 3) + np.sum(np.exp(p[1]["a"][0])) + p[1]["b"] ** 2

    def slopes(p, factor=1.0):
        return [3.0 * p[0] ** 2, {"a": [factor * np.exp(p[1]["a"][0])], "b": 2.0 * p[1]["b"]}]

    assert check_gradient(nested, slopes, theta).passed
    assert labels(check_gradient(nested, lambda p: slopes(p, 0.5), theta)) == [
        "theta[1].a[0][0, 0]"
    ]


def test_a_list_of_layers_each_of_them_a_dict():
    theta = [{"w": 0.5, "b": 0.1}, {"w": 2.0, "b": -0.3}]

    def line(p):
        return p[1]["w"] * (p[0]["w"] * 0.7 + p[0]["b"]) + p[1]["b"]

    def slopes(p):
        first = {"w": p[1]["w"] * 0.7, "b": p[1]["w"]}
        return [first, {"w": p[0]["w"] * 0.7 + p[0]["b"], "b": 2.0}]

    assert labels(check_gradient(line, slopes, theta)) == ["theta[1].b"]


def test_a_gradient_of_another_structure_is_refused_in_one_line():
    with pytest.raises(ValueError, match=r"gradient: got \['W'\], expected arrays named"):
        check_gradient(cost, {"W": 1.0}, THETA)
    with pytest.raises(ValueError, match="expected 2 arrays"):
        check_gradient(lambda p: np.sum(p[0]), [np.ones(2)], [np.ones(2), np.ones(3)])


@pytest.mark.parametrize(
    "kind", [float, np.array, lambda x: np.array([[x]]), Value, np.float32, lambda x: (x, None)]
)
def test_costs_of_many_types(kind):
    check = check_gradient(lambda t: kind(float(np.sum(t**3))), lambda t: 3 * t**2, [0.5, -2.0])
    assert check.passed


def test_tensors_sparse_complex_and_bfloat16_gradients():
    torch = pytest.importorskip("torch")
    theta = np.array([0.5, -2.0, 0.0])

    def cube(t):
        return torch.sum(torch.tensor(t, requires_grad=True) ** 3)

    right = 3.0 * theta**2
    forms = [
        lambda g: torch.tensor(g),
        lambda g: torch.tensor(g).to_sparse(),
        lambda g: torch.tensor(g).to(torch.bfloat16),
        lambda g: scipy.sparse.csr_array(g.reshape(1, -1)),
        lambda g: g + 0j,
    ]
    for form in forms:
        assert check_gradient(cube, lambda t, f=form: f(right), theta).passed
        assert not check_gradient(cube, lambda t, f=form: f(1.2 * right), theta).passed


@pytest.mark.filterwarnings("ignore:Sparse CSR")
def test_a_compressed_sparse_tensor_is_filled_in():
    torch = pytest.importorskip("torch")
    theta = np.diag([0.5, -2.0])
    cube = lambda t: float(np.sum(t**3))  # noqa: E731
    for form in ("to_sparse_csr", "to_sparse_csc", "to_sparse_coo"):
        right = getattr(torch.tensor(3.0 * theta**2), form)()
        assert check_gradient(cube, right, theta).passed
        assert labels(check_gradient(cube, 1.01 * right, theta)) == ["theta[1, 1]", "theta[0, 0]"]


@pytest.mark.parametrize("missing", [None, np.array([1.0, None])])
def test_a_gradient_without_a_number_is_refused_and_not_taken_for_nan(missing):
    for theta in (np.ones(2), np.array(0.5)):
        with pytest.raises((TypeError, ValueError), match=r"^gradient: got [A-Za-z]+ "):
            check_gradient(lambda t: float(np.sum(t)), lambda t: missing, theta)


def test_the_fields_of_a_named_tuple_name_its_parameters():
    Layer = namedtuple("Layer", "W b")
    cost = lambda p: float(np.sum(np.sin(p[0].W)) * p[0].b)  # noqa: E731

    def slopes(p):
        return [Layer(np.cos(p[0].W) * p[0].b, 1.01 * np.sum(np.sin(p[0].W)))]

    assert labels(check_gradient(cost, slopes, [Layer(np.ones((2, 2)), 0.5)])) == ["theta[0].b"]


def test_the_gradient_of_a_complex_parameter_is_that_of_pytorch():
    torch = pytest.importorskip("torch")
    z = torch.tensor([0.3 + 0.4j, -1.0 + 2.0j], requires_grad=True)
    (z.abs() ** 3).sum().backward()

    def size(t):
        return np.sum(np.abs(t) ** 3)

    theta = z.detach().numpy()
    assert check_gradient(size, z.grad, theta).passed
    conjugate = check_gradient(size, np.conj(z.grad.numpy()), theta)
    assert sorted(labels(conjugate)) == ["theta[0].imag", "theta[1].imag"]


def test_a_jacobian_is_judged_by_row_and_column():
    A = np.random.default_rng(0).normal(size=(4, 3))

    def residuals(t):
        return np.tanh(A @ t)

    def jacobian(t):
        return (1.0 - np.tanh(A @ t) ** 2)[:, np.newaxis] * A

    theta = np.array([0.2, -0.1, 0.4])
    assert check_gradient(residuals, jacobian, theta).passed

    def wrong(t):
        slopes = jacobian(t)
        slopes[2, 1] *= 1.001
        return slopes

    check = check_gradient(residuals, wrong, theta)
    assert labels(check) == ["F[2] by theta[1]"]
    right = [slope.label for slope in check.parameters if slope.status == "right"]
    assert right == ["theta[0]", "theta[2]"]


def sine(rng, size):
    return lambda t: np.sum(np.sin(t)), np.cos


def logistic(rng, size):
    """Three examples of a logistic regression with very many features."""
    X, y = rng.normal(size=(3, size)) / np.sqrt(size), np.array([1.0, 0.0, 1.0])
    cost = lambda t: float(np.sum(np.logaddexp(0.0, X @ t) - y * (X @ t)))  # noqa: E731
    return cost, lambda t: X.T @ (1.0 / (1.0 + np.exp(-X @ t)) - y)


def two_layers(rng, size):
    """Σ tanh(X W) v with W (size − 20, 20 columns) and v (20), all in one vector."""
    inputs = (size - 20) // 20
    X = rng.normal(size=(8, inputs)) / np.sqrt(inputs)

    def parts(t):
        return np.tanh(X @ t[: 20 * inputs].reshape(inputs, 20)), t[-20:]

    def cost(t):
        hidden, v = parts(t)
        return float(np.sum(hidden @ v))

    def gradient(t):
        hidden, v = parts(t)
        return np.concatenate([(X.T @ ((1.0 - hidden**2) * v)).ravel(), hidden.sum(axis=0)])

    return cost, gradient


def off(gradient, places, factor):
    """The gradient with some entries off by a factor."""

    def wrong(t):
        slopes = np.array(gradient(t))
        slopes[places] *= factor
        return slopes

    return wrong


@pytest.mark.parametrize(
    ("model", "size", "place", "factor"),
    [
        (sine, 50_000, 23_456, 1.001),
        (sine, 20_000, 0, -1.0),
        (logistic, 20_000, 19_999, 1.001),
        (logistic, 20_000, 0, 0.0),
        (two_layers, 20_020, 12_345, 0.999),
        (two_layers, 20_020, 20_019, 1.001),
    ],
)
def test_one_wrong_parameter_of_very_many_is_located(model, size, place, factor):
    rng = np.random.default_rng(1)
    cost, gradient = model(rng, size)
    theta = rng.normal(size=size)
    check = check_gradient(cost, off(gradient, [place], factor), theta)
    assert labels(check) == [f"theta[{place}]"]
    assert check.evaluations <= 100
    assert check_gradient(cost, gradient, theta).passed


@pytest.mark.parametrize("model", [sine, logistic, two_layers])
def test_a_wrong_parameter_with_a_tiny_slope_is_located(model):
    rng = np.random.default_rng(2)
    cost, gradient = model(rng, 20_020)
    theta = rng.normal(size=20_020)
    least = int(np.argsort(np.abs(gradient(theta)))[5])
    check = check_gradient(cost, off(gradient, [least], 2.0), theta)
    assert labels(check) == [f"theta[{least}]"]


@pytest.mark.parametrize("model", [sine, logistic, two_layers])
@pytest.mark.parametrize("places", [[3, 17_000], [19_000, 19_001], [5, 9_000, 9_500]])
def test_two_or_three_wrong_parameters_are_all_located(model, places):
    rng = np.random.default_rng(3)
    cost, gradient = model(rng, 20_020)
    check = check_gradient(cost, off(gradient, places, 1.001), rng.normal(size=20_020))
    assert sorted(labels(check)) == sorted(f"theta[{p}]" for p in places)


def test_of_a_wrong_row_some_entries_are_named_and_no_other():
    rng = np.random.default_rng(4)
    cost, gradient = two_layers(rng, 20_020)
    row = list(range(400, 420))
    named = labels(check_gradient(cost, off(gradient, row, 1.001), rng.normal(size=20_020)))
    assert len(named) > 1
    assert set(named) <= {f"theta[{p}]" for p in row}


def weighed_sines(t):
    """A cost that other processes can import; one of them is lost with its first task."""
    parent = parent_process()
    if parent is not None and dies(parent.pid).exists():
        dies(parent.pid).unlink()
        os._exit(1)
    return float(np.sum(np.sin(t) * np.arange(1.0, t.size + 1.0)))


def dies(pid):
    """A file that says that one process of this one's pool is to be lost."""
    return Path(tempfile.gettempdir()) / f"micrograd_bp_worker_{pid}"


@pytest.mark.parametrize("lost", [False, True])
def test_an_error_is_located_by_processes_to_the_bit_though_one_is_lost(lost):
    theta = np.random.default_rng(5).normal(size=2_000)  # few enough for the pool's pipe

    def gradient(t):
        return np.cos(t) * np.arange(1.0, t.size + 1.0)

    wrong = off(gradient, [1_777], 1.001)
    here = check_gradient(weighed_sines, wrong, theta)
    if lost:
        dies(os.getpid()).touch()
    with ProcessPoolExecutor(2) as pool:
        there = check_gradient(weighed_sines, wrong, theta, executor=pool)
    assert not dies(os.getpid()).exists()
    assert labels(there) == ["theta[1777]"]
    assert there.to_dict() == here.to_dict()


def test_an_executor_gives_the_same_to_the_bit():
    theta = np.random.default_rng(2).normal(size=30)

    def total(t):
        return np.sum(np.sin(t))

    with ThreadPoolExecutor(2) as pool:
        for slopes in (np.cos, lambda t: 1.001 * np.cos(t)):
            there = check_gradient(total, slopes, theta, executor=pool)
            assert there.to_dict() == check_gradient(total, slopes, theta).to_dict()
