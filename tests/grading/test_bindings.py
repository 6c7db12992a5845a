"""Weights go to a function in every way that people have, and their gradient comes back.

Each code here computes the right gradient by ``right``, whatever way the weights reach it; what
is read back is held against the scalar graph.
"""

import numpy as np
import pytest

from micrograd_bp import autodiff_gradient
from micrograd_bp.grading import functions
from micrograd_bp.grading.binding import Binding
from micrograd_bp.grading.delivery import Delivery, deliveries
from micrograd_bp.grading.layouts import COURSE, Layout, random_problem
from micrograd_bp.grading.names import parameters_of
from micrograd_bp.grading.submission import UserError

from .in_process import Inside, in_process

START = '''
import numpy as np
def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]
def right(T, X, Y, lam=0.0):
    """D of the course's weights, examples in rows."""
    a, D = [np.asarray(X)], []
    for M in T: a.append(g(one(a[-1]) @ np.asarray(M).T))
    d = a[-1] - Y
    for l in range(len(T))[::-1]:
        D.insert(0, d.T @ one(a[l]) / len(X))
        D[0][:, 1:] += lam / len(X) * np.asarray(T[l])[:, 1:]
        d = d @ T[l][:, 1:] * a[l] * (1 - a[l])
    return D
def joined(W, b): return [np.c_[np.reshape(c, (-1, 1)), M] for M, c in zip(W, b)]
def apart(D): return [M[:, 1:] for M in D], [M[:, 0] for M in D]
def J(T, X, Y, lam):
    for M in T: X = g(one(X) @ M.T)
    squares = sum((M[:, 1:] ** 2).sum() for M in T)
    return (-Y * np.log(X) - (1 - Y) * np.log(1 - X)).sum() / len(X) + lam / 2 / len(X) * squares
'''
DEEP = random_problem([3, 5, 4, 3], 7, 1.3)
ONE = random_problem([3, 4, 3], 7, 1.3)
NONE = random_problem([3, 2], 7, 1.3)
UNIT = random_problem([3, 1], 7, 1.3)


def running(source):
    """What carries out programs in a file of this source."""
    runner = Inside("file.py")
    runner.ask("load", START + source, "file.py")
    return runner


def exact(problem, lambda_=None, layout=COURSE):
    problem = layout.problem(problem)
    chosen = problem.lambda_ if lambda_ is None else lambda_
    return autodiff_gradient(problem.net, problem.X, problem.Y, chosen)


def triples(roles):
    return tuple((name, role, False) for name, role in roles.items())


FLAT, TURNED = Layout("apart"), Layout("apart", True, "row")
PLAIN = {"T": "weights", "X": "X", "Y": "Y", "lam": "lambda"}
SIZED = {"t": "weights", "s": "sizes", "X": "X", "Y": "Y", "lam": "lambda"}
CUT = """
def cut(t, s, order):
    T = []
    for a, b in zip(s[:-1], s[1:]):
        T.append(np.reshape(t[:b * (a + 1)], (b, a + 1), order=order)); t = t[b * (a + 1):]
    return T
"""
FORMS = {
    "a list": (DEEP, Delivery("list"), PLAIN, "return right(T, X, Y, lam)"),
    "the bias weight last": (
        DEEP, Delivery("list", Layout("theta", last=True)), PLAIN,
        "return [np.roll(D, -1, 1) for D in right([np.roll(M, 1, 1) for M in T], X, Y, lam)]",
    ),
    "turned": (
        DEEP, Delivery("list", Layout("theta", True)), PLAIN,
        "return [D.T for D in right([M.T for M in T], X, Y, lam)]",
    ),
    "no biases": (
        DEEP, Delivery("list", Layout("none")), PLAIN,
        "return [D[:, 1:] for D in right([np.c_[0 * M[:, :1], M] for M in T], X, Y, lam)]",
    ),
    "one vector by columns": (
        DEEP, Delivery("F"), SIZED,
        "return np.concatenate([D.ravel('F') for D in right(cut(t, s, 'F'), X, Y, lam)])",
    ),
    "one vector by rows, a cost before it": (
        DEEP, Delivery("C"), SIZED,
        "T = cut(t, s, 'C')\n    D = right(T, X, Y, lam)\n"
        "    return J(T, X, Y, lam), np.hstack([M.ravel() for M in D])",
    ),
    "a dict": (
        DEEP, Delivery("dict", FLAT), PLAIN,
        "L = len(T) // 2\n    D = right(joined([T[f'W{l}'] for l in range(1, L + 1)], "
        "[T[f'b{l}'] for l in range(1, L + 1)]), X, Y, lam)\n"
        "    both = zip('Wb', apart(D))\n"
        "    return {f'd{k}{l}': d for k, part in both for l, d in enumerate(part, 1)}",
    ),
    "a dict of lists": (
        DEEP, Delivery("lists", TURNED), PLAIN,
        "W, b = apart(right(joined([M.T for M in T['W']], T['b']), X, Y, lam))\n"
        "    return {'W': [M.T for M in W], 'b': [c[None] for c in b]}",
    ),
    "pairs": (
        DEEP, Delivery("pairs", FLAT), PLAIN,
        "return list(zip(*apart(right(joined(*zip(*T)), X, Y, lam))))",
    ),
    "in turn": (
        DEEP, Delivery("in turn", FLAT), PLAIN,
        "W, b = apart(right(joined(T[::2], T[1::2]), X, Y, lam))\n"
        "    return [p for pair in zip(W, b) for p in pair]",
    ),
    "all W and then all b": (
        DEEP, Delivery("W first", FLAT), PLAIN,
        "L = len(T) // 2\n    W, b = apart(right(joined(T[:L], T[L:]), X, Y, lam))\n"
        "    return [*W, *b]",
    ),
    "each by itself": (
        ONE, Delivery("numbered"), {"A": "W1", "B": "W2", "X": "X", "Y": "Y", "lam": "lambda"},
        "D = right([A, B], X, Y, lam)\n    return J([A, B], X, Y, lam), D[0], D[1]",
    ),
    "each by itself, counted from 0, b apart": (
        ONE, Delivery("numbered", FLAT),
        {"A": "W0", "a": "b0", "B": "W1", "b": "b1", "X": "X", "Y": "Y", "lam": "lambda"},
        "(P, Q), (p, q) = apart(right(joined([A, B], [a, b]), X, Y, lam))\n    return P, p, Q, q",
    ),
    "W and b of one layer": (
        NONE, Delivery("one", FLAT),
        {"W": "weights", "b": "biases", "X": "X", "Y": "Y", "lam": "lambda"},
        "(W,), (b,) = apart(right(joined([W], [b]), X, Y, lam))\n    return W, b",
    ),
    "the bias of one unit a plain number": (
        UNIT, Delivery("one", FLAT),
        {"W": "weights", "b": "biases", "X": "X", "Y": "Y", "lam": "lambda"},
        "assert isinstance(b, float)\n    T = [np.c_[[[b]], W]]\n    (D,) = right(T, X, Y, lam)\n"
        "    return {'dw': D[:, 1:], 'db': D[0, 0], 'cost': J(T, X, Y, lam)}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_the_gradient_comes_back_from_every_way_to_hand_over_weights(form):
    problem, delivery, roles, code = FORMS[form]
    runner = running(f"{CUT}\ndef f({', '.join(roles)}):\n    {code}\n")
    binding = Binding("f", triples(roles), delivery)
    answer = binding.answer(runner, problem)
    wanted = exact(problem, layout=delivery.layout)
    got = answer.parts if not answer.is_vector else [answer.vector]
    expected = wanted.D if not answer.is_vector else [wanted.vector]
    assert all(
        np.allclose(a, b, rtol=1e-12, atol=1e-14) for a, b in zip(got, expected, strict=True)
    )
    if "J(" in code:
        assert answer.cost == pytest.approx(wanted.cost, rel=1e-12)
    else:
        assert answer.cost is None
    assert not answer.scaled
    assert not answer.changed
    assert binding.takes_lambda
    assert binding.admits(problem.net.sizes)


DATA = {
    "ones before X": ("X with its column of ones", "", "return right(T, X[:, 1:], Y, lam)"),
    "columns": ("examples in columns", "Y with examples in columns",
                "return right(T, X.T, Y.T, lam)"),
    "labels from 0": ("", "y as class numbers from 0", "return right(T, X, np.eye(3)[Y], lam)"),
    "K for 0": ("", "y as class labels with K for 0", "return right(T, X, np.eye(3)[Y % 3], lam)"),
    "one example": ("one example as (n, 1)", "y of one example as its class number",
                    "return right(T, X.T, np.eye(3)[[Y]], 0.0)"),
    "rows of one": ("examples as (m, 1, n)", "Y as (m, 1, K)",
                    "return right(T, X[:, 0], Y[:, 0], lam)"),
}  # fmt: skip


@pytest.mark.parametrize("form", DATA)
def test_examples_and_labels_reach_the_function_in_every_form(form):
    x, y, code = DATA[form]
    binding = Binding("f", triples(PLAIN), Delivery("list"), x, y)
    said = ["Θ as a list of matrices", x, y, "T as the weights"]
    assert binding.words == ", ".join(filter(None, said))
    assert binding.single == (form == "one example")
    assert binding.from_labels == (form in ("labels from 0", "K for 0", "one example"))
    single = random_problem([3, 5, 4, 3], 1, 0.0)
    problem = single if binding.single else DEEP
    answer = binding.answer(running(f"def f(T, X, Y, lam):\n    {code}\n"), problem)
    for a, b in zip(answer.parts, exact(problem).D, strict=True):
        assert np.allclose(a, b, rtol=1e-12, atol=1e-14)


def test_a_step_is_what_the_weights_lose():
    code = (
        "def f(T, X, Y, lam, rate):\n"
        "    return [M - rate * D for M, D in zip(T, right(T, X, Y, lam))]"
    )
    binding = Binding("f", triples(PLAIN | {"rate": "rate"}), Delivery("list"), stepped=True)
    answer = binding.answer(running(code), DEEP)
    assert answer.scaled
    for a, b in zip(answer.parts, exact(DEEP).D, strict=True):
        assert np.allclose(a, 0.5 * b, rtol=1e-9, atol=1e-14)
    inside = (
        "def f(T, X, Y, lam, rate):\n    for M, D in zip(T, right(T, X, Y, lam)): M -= rate * D"
    )
    changed = Binding("f", triples(PLAIN | {"rate": "rate"}), Delivery("list"))
    answer = changed.answer(running(inside), DEEP)
    assert (answer.scaled, answer.changed) == (True, True)
    assert np.allclose(answer.parts[0], 0.5 * exact(DEEP).D[0], rtol=1e-9, atol=1e-14)


def test_a_forward_function_a_cost_and_a_lambda_of_the_file_are_used():
    code = (
        "lam = 0.0\ndef forward(T, X): return {'a': X, 'T': T}\n"
        "def loss(T, X, Y): return J(T, X, Y, lam)\n"
        "def f(T, cache, Y): return right(cache['T'], cache['a'], Y, lam)\n"
    )
    extra = {"global:lam": "lambda", "forward:T": "weights", "forward:X": "X", "cost:T": "weights",
             "cost:X": "X", "cost:Y": "Y", "path:cache": ""}  # fmt: skip
    roles = {"T": "weights", "cache": "forward", "Y": "Y"}
    binding = Binding("f", triples(roles), Delivery("list"), cost="loss", forward="forward",
                      extra=extra)  # fmt: skip
    answer = binding.answer(running(code), DEEP)
    wanted = exact(DEEP)
    assert np.allclose(answer.parts[2], wanted.D[2], rtol=1e-12, atol=1e-14)
    assert answer.cost == pytest.approx(wanted.cost, rel=1e-12)
    assert binding.takes_lambda
    assert binding.words == "Θ as a list of matrices, T as the weights, the file's lam as λ"


def test_the_files_own_activation_is_handed_over_or_the_usual_name():
    code = "def f(T, X, Y, act): return right(T, X, Y) if act is g or act == 'sigmoid' else None"
    roles = triples({"T": "weights", "X": "X", "Y": "Y", "act": "activation"})
    for extra in ({"function:activation": "g"}, {}):
        answer = Binding("f", roles, Delivery("list"), extra=extra).answer(running(code), DEEP)
        assert np.allclose(answer.parts[0], exact(DEEP, 0.0).D[0], rtol=1e-12, atol=1e-14)
        assert not Binding("f", roles, Delivery("list"), extra=extra).takes_lambda


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ("None", "returned None"),
        ("1 / 0", r"^file\.py, line \d+: ZeroDivisionError: division by zero$"),
    ],
)
def test_what_is_no_gradient_is_told(returned, message):
    runner = running(f"def f(T, X, Y, lam): return {returned}\n")
    with pytest.raises(UserError, match=message):
        Binding("f", triples(PLAIN), Delivery("dict", FLAT)).answer(runner, DEEP)


def test_neurons_of_different_lengths_in_one_layer_are_told():
    code = "def f(T, X, Y, lam): return [[{'weights': [1.0]}, {'weights': [1.0, 2.0]}]]\n"
    with pytest.raises(UserError, match="arrays that do not have the shapes of the weights"):
        Binding("f", triples(PLAIN), Delivery("neurons")).answer(running(code), DEEP)


def test_the_weights_of_neurons_have_their_bias_last():
    code = (
        "def f(T, X, Y, lam):\n"
        "    D = right([np.roll([n['weights'] for n in L], 1, 1) for L in T], X, Y, lam)\n"
        "    return [[{'weights': row.tolist()} for row in np.roll(M, -1, 1)] for M in D]\n"
    )
    binding = Binding("f", triples(PLAIN), Delivery("neurons"))
    for a, b in zip(binding.answer(running(code), DEEP).parts, exact(DEEP).D, strict=True):
        assert np.allclose(a, b, rtol=1e-12, atol=1e-14)
    assert binding.examples == 1


@pytest.mark.parametrize(
    ("binding", "sizes", "admitted"),
    [
        (Binding("f", triples({"A": "W1", "B": "W2"}), Delivery("numbered")), (4, 5, 3), True),
        (Binding("f", triples({"A": "W1", "B": "W2"}), Delivery("numbered")), (3, 5, 4, 3), False),
        (Binding("f", triples({"t": "weights", "h": "hidden"}), Delivery("F")), (3, 5, 4, 3),
         False),
        (Binding("f", triples({"t": "weights"}), Delivery("F")), (4, 3), True),
        (Binding("f", triples({"t": "weights", "s": "sizes"}), Delivery("F")), (4, 3), False),
        (Binding("f", triples({"t": "weights"}), Delivery("list")), (4, 3), False),
        (Binding("f", triples({"thetas": "weights"}), Delivery("F")), (4, 3), False),
        (Binding("f", triples({"w": "weights"}), Delivery("one")), (4, 5, 3), False),
        (Binding("f", triples({"w": "weights"}), Delivery("one")), (4, 3), True),
        (Binding("f", triples({"n": "weights"}), Delivery("neurons")), (4, 5, 1), False),
        (Binding("f", triples({"T": "weights"}), Delivery("list", FLAT)), (4, 4, 4), False),
        (Binding("f", triples({"T": "weights"}), Delivery("list")), (4, 4, 4), True),
        (Binding("f", (), Delivery("list"), "", "y as class labels from 1"), (4, 5, 1), False),
        (Binding("f", (), Delivery("list"), "", "y as class numbers from 0"), (4, 5, 1), True),
        (Binding("f", (), Delivery("list"), "", "y of one example as a number"), (4, 5, 3), False),
    ],
)  # fmt: skip
def test_only_networks_that_can_be_handed_over_are_tried(binding, sizes, admitted):
    assert binding.admits(sizes) == admitted


def test_the_report_says_what_a_parameter_was_given_that_its_name_does_not_say():
    roles = {"p": "weights", "q": "X", "Y": "Y", "r": "lambda", "s": "rate"}
    binding = Binding("f", triples(roles), Delivery("list"), old_matrix=True)
    assert binding.words == (
        "Θ as a list of matrices, as np.matrix, p as the weights, q as X, r as λ, s as the step α"
    )


def test_old_matrices_are_handed_over_as_such():
    code = ("def f(T, X, Y, lam):\n    assert all(type(v) is np.matrix for v in (*T, X, Y))\n"
            "    T, X, Y = [np.asarray(M) for M in T], np.asarray(X), np.asarray(Y)\n"
            "    return right(T, X, Y, lam)")  # fmt: skip
    binding = Binding("f", triples(PLAIN), Delivery("list"), old_matrix=True)
    answer = binding.answer(running(code), DEEP)
    assert np.allclose(answer.parts[1], exact(DEEP).D[1], rtol=1e-12, atol=1e-14)


# What a forward function hands on

MATRIX, OUT = np.ones((7, 4)), np.full((7, 3), 0.5)


@pytest.mark.parametrize(
    ("name", "result", "returns", "asked", "path"),
    [
        ("a2", (MATRIX, OUT), ["h", "A2"], ["a2"], "1"),
        ("p", (MATRIX, OUT), ["x", "y"], ["q", "p"], "1"),
        ("cache", (OUT, {"A1": MATRIX}), [], ["cache"], "1"),
        ("caches", (OUT, [MATRIX]), [], ["caches"], "1"),
        ("cache", {"A1": MATRIX}, [], ["cache"], ""),
        ("A1", {"a1": MATRIX, "h": OUT}, [], ["A1"], "a1"),
        ("h", {"a": MATRIX, "out": OUT}, [], ["h"], "out"),
        ("h", OUT, [], ["h"], ""),
        ("h", OUT.T, [], ["h"], ""),
        ("h", [MATRIX, OUT, [OUT]], [], ["h"], "1"),
        ("h", {"Z2": OUT, "A2": OUT, "Z3": OUT}, [], ["h"], "A2"),
        ("h", {"Z2": OUT}, [], ["h"], "Z2"),
        ("h", MATRIX, [], ["h"], ""),
    ],
)
def test_what_a_parameter_asks_for_is_found_in_what_the_forward_function_gives(
    name, result, returns, asked, path
):
    assert functions._path(name, result, ONE, returns, asked) == path


@pytest.mark.parametrize(
    ("parameters", "needs"),
    [("theta", True), ("theta, X, y, lam", True), ("theta, sizes, X, y", False),
     ("thetas, X, y", False),
     ("nn_params, input_size, hidden_size, num_labels, X, y, lam", False), ("", False),
     ("W1, W2, X, y", False)],
)  # fmt: skip
def test_a_vector_without_sizes_needs_the_files_own_network(parameters, needs):
    given = [{"name": name, "kind": "POSITIONAL_OR_KEYWORD", "optional": False, "default": None}
             for name in parameters.split(", ") if name]  # fmt: skip
    assert functions.needs_network(parameters_of(given)) == needs


def test_the_keys_of_weights_may_be_words_for_each_layer():
    strings = ("hidden_weights", "output_weights", "hidden_bias", "output_bias")
    dicts = [way for way in deliveries({"params": "weights"}, strings) if way.kind == "dict"]
    assert dicts[0].keys == strings


def test_lines_count_as_python_counts_them(monkeypatch, tmp_path):
    """Form feeds, as some editors put between functions, and other marks end no line."""
    code = (
        "\x0c\n# \x85 \u2028\ndef backprop(thetas, X, Y, lam):\n"
        "    D = right(thetas, X, Y, lam)\n    return [-M for M in D]\n"
    )
    (tmp_path / "f.py").write_text(START + code, encoding="utf-8")
    diagnosis = in_process(monkeypatch)(tmp_path / "f.py")
    assert diagnosis.where["code"] == "return [-M for M in D]"
    assert diagnosis.where["line"] == (START + code).count("\n")
