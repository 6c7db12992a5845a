"""Parameters of any structure, costs and gradients of any type, and very many parameters."""

from concurrent.futures import ThreadPoolExecutor

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

    assert labels(check_gradient(residuals, wrong, theta)) == ["F[2] by theta[1]"]


@pytest.mark.parametrize("place", [0, 123_456, 199_999])
@pytest.mark.parametrize("factor", [1.001, -1.0])
def test_one_wrong_parameter_of_very_many_is_located(place, factor):
    theta = np.random.default_rng(1).normal(size=200_000)
    calls = []

    def total(t):
        calls.append(1)
        return np.sum(np.sin(t))

    def slopes(t):
        made = np.cos(t)
        made[place] *= factor
        return made

    check = check_gradient(total, slopes, theta)
    assert labels(check) == [f"theta[{place}]"]
    assert len(calls) == check.evaluations <= 100
    assert check_gradient(total, np.cos, theta).passed


def test_an_executor_gives_the_same_to_the_bit():
    theta = np.random.default_rng(2).normal(size=30)

    def total(t):
        return np.sum(np.sin(t))

    with ThreadPoolExecutor(2) as pool:
        for slopes in (np.cos, lambda t: 1.001 * np.cos(t)):
            there = check_gradient(total, slopes, theta, executor=pool)
            assert there.to_dict() == check_gradient(total, slopes, theta).to_dict()
