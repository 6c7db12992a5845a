"""What stands in for missing modules, and what passes between a submission and its judge."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import expit

from micrograd_bp import SigmoidNetwork, backprop_gradient
from micrograd_bp.grading import stubs, wire

Z = np.array([-2.0, -0.1, 0.0, 3.0])


def test_missing_helper_files_hold_the_usual_functions():
    helpers = stubs.Stub("utils")
    assert np.allclose(helpers.sigmoid(Z), expit(Z))
    assert np.allclose(helpers.sigmoid_prime(Z), expit(Z) * expit(-Z))
    assert helpers.relu(Z).tolist() == [0.0, 0.0, 0.0, 3.0]
    value, cache = stubs.Stub("dnn_utils_v2").sigmoid(Z)  # there with its argument
    assert np.allclose(value, expit(Z))
    assert cache is Z
    back = stubs.Stub("dnn_app_utils").relu_backward(np.full(4, 5.0), Z)
    assert back.tolist() == [0.0, 0.0, 0.0, 5.0]
    back = stubs.Stub("dnn_utils").sigmoid_backward(np.full(4, 5.0), Z)
    assert np.allclose(back, 5.0 * expit(Z) * expit(-Z))


def test_what_only_draws_does_nothing_however_it_is_used():
    plt = stubs.Stub("matplotlib").pyplot

    @plt.decorated
    def decorated():
        return 7

    class Derived(plt.Figure):
        pass

    figure, axes = plt.subplots(2, 2)
    axes[0].plot([1], [2])
    axes[1] = figure
    with figure as entered:
        assert entered is figure
    assert decorated() == 7
    assert Derived.__mro__ == (Derived, object)
    assert ([10, 20][figure], len(axes)) == (20, 2)
    for made in (figure + 1, 2 * figure, -figure, Z @ figure, figure**2, figure % 3, 1 / figure):
        assert isinstance(made, stubs.Nothing)
    with pytest.raises(AttributeError):
        _ = figure.__array__


def test_the_referee_cannot_be_used():
    with pytest.raises(stubs.RefusedError, match="micrograd_bp is the referee"):
        stubs.Stub("micrograd_bp").backprop_gradient(None)


@pytest.mark.parametrize(
    ("name", "found"),
    [("matplotlib.pyplot", True), ("turtle", True), ("numpy", False), ("micrograd_bp", True)],
)
def test_plotting_is_always_a_stub_and_the_referee_is_noticed(name, found):
    finder = stubs.Stubs("/folder")
    spec = finder.find_spec(name)
    assert (spec is not None) == found
    assert finder.referee == (name == "micrograd_bp")
    assert not found or isinstance(finder.create_module(spec), stubs.Stub)


@dataclass
class Answer:
    grads: np.ndarray
    note: object


def test_arrays_numbers_and_names_pass_and_the_rest_is_named():
    net = SigmoidNetwork([2, 1], seed=0)
    gradient = backprop_gradient(net, [[1.0, 2.0]], [1])
    J, vector = wire.plain_tree(gradient)
    assert (J, vector.tolist()) == (gradient.cost, gradient.vector.tolist())
    tensor = SimpleNamespace(detach=lambda: tensor, cpu=lambda: tensor, numpy=lambda: Z)
    assert wire.plain_tree(tensor).tolist() == Z.tolist()
    assert wire.plain_tree(np.array([[1, "a"]], dtype=object)) == [[1, "a"]]
    tree = wire.plain_tree(Answer(Z, [object(), np.array(["x"])]))
    assert tree["grads"].tolist() == Z.tolist()
    assert [item.name for item in tree["note"]] == ["object", "array of <U1"]
    deep = []
    for _ in range(200):
        deep = [deep]
    assert "nested too deeply" in repr(vars(_innermost(wire.plain_tree(deep))))


def _innermost(tree):
    while isinstance(tree, list):
        (tree,) = tree
    return tree


def test_a_message_comes_back_as_it_was_sent():
    sent = {"a": (Z, [1, None]), "r": wire.Result(3, ["W", 0]), "m": wire.matrix(np.eye(2)),
            "o": wire.Opaque("file")}  # fmt: skip
    message = wire.encode(sent)
    first, second = wire.lengths(message[: wire.header_size])
    assert len(message) == wire.header_size + first + second
    body = message[wire.header_size :]
    got = wire.decode(body[:first], body[first:])
    assert (got["a"][0].tolist(), got["a"][1]) == (Z.tolist(), [1, None])
    assert isinstance(got["a"], tuple)
    assert (got["r"].step, got["r"].path) == (3, ["W", 0])
    assert got["m"].array.tolist() == np.eye(2).tolist()
    assert got["o"].name == "file"


def test_what_is_no_message_is_refused():
    with pytest.raises(ValueError, match=r"^no message$"):
        wire.decode(b"{", b"")
    with pytest.raises(ValueError, match=r"^no message$"):
        wire.decode(b"[" * 100_000, b"")
    with pytest.raises(ValueError, match="more than"):
        wire.lengths(wire.LENGTHS.pack(2**40, 1))


def test_arrays_that_are_too_large_are_refused(monkeypatch):
    monkeypatch.setattr(wire, "LARGEST", 1000)
    with pytest.raises(ValueError, match=r"^more than 1000 bytes$"):
        wire.encode([np.zeros(100), np.zeros(100)])
    wire.encode(np.zeros(10))
