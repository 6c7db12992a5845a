"""What of a file is tried, and in which order: the likeliest first, and nothing twice."""

import pytest

from micrograd_bp.grading import sandbox
from micrograd_bp.grading.binding import Binding
from micrograd_bp.grading.delivery import Delivery
from micrograd_bp.grading.forms import Source
from micrograd_bp.grading.functions import function_candidates
from micrograd_bp.grading.layouts import LABELS, ROW_BY_ROW, Layout
from micrograd_bp.grading.names import Parameter, parameters_of
from micrograd_bp.grading.ways import OLD, bindings, in_call_order

from .test_bindings import running, triples

FILE = """
def sigmoid(z): return g(z)
def predict(X, W1, W2): return X
def shuffle(X, y): return X, y
def gradient_check(W1, W2, X, Y): return 0
def mystery(p, q, r): return p
def mean_loss(W1, W2, X, Y): return 0
def backprop(W1, W2, X, Y): return W1, W2
def train(X, y, epochs): return X
def derivative(theta): return theta
def nothing(): return None
"""

NET = """
class Net:
    def __init__(self, n_in, n_hid, n_out):
        self.W1, self.W2 = np.zeros((n_in, n_hid)), np.zeros((n_hid, n_out))
    def forward(self, X): return X
    def predict(self, X): return X
    def fit(self, X, y): pass
    def update(self, X, y): pass
    def gradients(self, X, y): return X
    def check_gradients(self, X, y): return X
    def backprop(self, X, y): return X
    def step_adam(self, X, y): self.v = self.velocity
mine = Net(2, 3, 2)
"""


def inventory(source):
    runner = running(source)
    found = runner.shop.inventory()
    found["functions"] = [f for f in found["functions"] if f["name"] not in
                          ("g", "one", "right", "joined", "apart", "J")]  # fmt: skip
    return found, runner


def test_functions_are_tried_by_what_their_names_and_parameters_say():
    functions = inventory(FILE)[0]["functions"]
    assert [f["name"] for f in sandbox._ranked(functions, None)] == [
        "backprop", "derivative", "mean_loss", "train", "mystery", "gradient_check",
    ]  # fmt: skip
    assert [f["name"] for f in sandbox._ranked(functions, "predict")] == ["predict"]
    assert sandbox._ranked(functions, "lacking") == []


@pytest.mark.parametrize(
    ("names", "called", "says"),
    [
        ("W1 X y", "f", True), ("cache y", "f", True), ("X y", "f", False), ("X y", "cost", True),
        ("X y", "backward", True), ("p q", "f", True), ("X y p", "f", False),
        ("X y p q", "f", True), ("X y p q=0", "f", False),
    ],
)  # fmt: skip
def test_a_function_of_data_alone_is_no_gradient_unless_its_name_says_so(names, called, says):
    given = [Parameter(name.partition("=")[0], "=" in name) for name in names.split()]
    assert sandbox._says_gradient(given, called) == says


@pytest.mark.parametrize(
    ("name", "roles", "meant", "may"),
    [
        ("backprop", {"p": "weights", "q": "X"}, False, True),
        ("f", {"p": "weights", "q": "X"}, True, True),
        ("f", {"p": "weights", "q": "X"}, False, False),
        ("f", {"theta": "weights", "X": "X"}, False, True),
        ("adam", {"theta": "weights", "X": "X"}, False, False),
    ],
)
def test_what_is_not_about_a_network_is_not_called_wrong(name, roles, meant, may):
    bound = Binding(name, triples(roles), Delivery("list"))
    assert sandbox._may_be_wrong(bound, meant) == may
    assert sandbox._may_be_wrong(None, False)


def test_of_two_functions_the_likelier_is_judged_even_if_its_shapes_are_wrong(tmp_path):
    (tmp_path / "f.py").write_text(
        "import numpy as np\n"
        "def loss(W1, W2, X, Y, lam): return right(W1, W2, X, Y, lam)\n"
        "def backprop(W1, W2, X, Y, lam): return [D[:, 1:] for D in right(W1, W2, X, Y, lam)]\n"
        "def one(a): return np.c_[np.ones(len(a)), a]\n"
        "def right(W1, W2, X, Y, lam):\n"
        "    a = 1 / (1 + np.exp(-one(X) @ W1.T)); d = 1 / (1 + np.exp(-one(a) @ W2.T)) - Y\n"
        "    D = [(d @ W2[:, 1:] * a * (1 - a)).T @ one(X) / len(X), d.T @ one(a) / len(X)]\n"
        "    for M, W in zip(D, (W1, W2)): M[:, 1:] += lam / len(X) * W[:, 1:]\n"
        "    return D\n"
    )
    diagnosis = sandbox.grade_file(tmp_path / "f.py")
    assert (diagnosis.judged, diagnosis.outcome) == ("backprop", "wrong")
    assert diagnosis.mistakes[0].name == "bias column missing from the gradient"
    assert sandbox.grade_file(tmp_path / "f.py", "loss").outcome == "right"


# The ways to call one function


def ways(names, strings=()):
    return list(bindings("f", [Parameter(name) for name in names.split()], strings))


@pytest.mark.parametrize(
    ("names", "first"),
    [
        ("thetas X Y lam", ["Θ as a list of matrices"]),
        ("nn_params sizes X y lam", ["θ as one vector"]),
        ("W1 b1 W2 b2 X Y", [
            "Θ matrix by matrix, W and b apart, examples in columns, Y with examples in columns",
            "Θ matrix by matrix, W and b apart"]),
        ("network row train", ["a list of layers of neurons, the bias weight last"]),
    ],
)  # fmt: skip
def test_the_likeliest_way_is_first(names, first):
    assert [way.words.removesuffix(", row as X") for way in ways(names)[: len(first)]] == first


@pytest.mark.parametrize("names", ["thetas X Y lam", "theta X y", "W1 W2 X Y lam", "p q r"])
def test_every_form_of_the_data_is_tried_and_none_twice(names):
    made = ways(names)
    assert len(set(made)) == len(made)
    assert all(way.words for way in made)
    assert {way.y for way in made} == set(LABELS) - {ROW_BY_ROW[1]}  # which is for methods
    old = [way for way in made if way.old_matrix]
    assert {(way.x, way.y) for way in old} == set(OLD)
    assert all(way.delivery.plain for way in old)
    plain = made.index(old[0])
    assert {way.delivery for way in made[:plain]} == {way.delivery for way in made}


@pytest.mark.parametrize(("names", "course"), [("W1 W2 X Y lam", True), ("W1 W2 X Y", False)])
def test_matrices_are_tried_with_their_bias_on_either_side_and_without(names, course):
    """The course's own form, with λ, has its bias first; turned it may be last."""
    whole = {Layout(kind, turned) for kind in ("theta", "none") for turned in (False, True)}
    last = {Layout("theta", turned, last=True) for turned in (False, True)}
    wanted = whole | {layout for layout in last if layout.turned or not course}
    assert {way.layout for way in ways(names)} == wanted
    apart = {Layout("apart", turned, bias)
             for turned in (False, True) for bias in ("flat", "column", "row")}  # fmt: skip
    assert {way.layout for way in ways("W1 b1 W2 b2 X Y")} == apart


def test_the_usual_forms_of_the_data_are_tried_with_every_layout_before_the_rarer_ones():
    made = ways("thetas X Y lam")
    first = [(way.x, way.y) for way in made if way.delivery == made[0].delivery]
    assert first[:8] == [
        ("", ""), ("", "y as class numbers from 0"), ("", "y as class labels from 1"),
        ("", "y as (m, 1) class labels from 1"),
        ("examples in columns", "Y with examples in columns"), ("X with its column of ones", ""),
        ("one example as (n, 1)", "y of one example as (K, 1)"),
        ("one example as (n,)", "y of one example as (K,)"),
    ]  # fmt: skip
    deliveries = {way.delivery for way in made}
    assert {way.delivery for way in made[: 8 * len(deliveries)]} == deliveries
    assert {y for x, y in {(way.x, way.y) for way in made} if x == "" and "columns" in y} == {
        "Y with examples in columns"  # only Y is turned
    }


def test_columns_of_biases_come_with_columns_of_examples():
    first = {}
    for way in ways("W1 b1 W2 b2 X Y"):
        first.setdefault(way.layout, way.x)
    assert len(first) == 6
    for layout, x in first.items():
        assert (x == "examples in columns") == (layout.bias == "column")


def test_of_theta_alone_it_is_the_vector_or_the_list():
    assert [way.delivery.kind for way in ways("theta")] == ["F", "C", "list"]
    assert ways("X Y") == []


def test_what_follows_a_parameter_that_is_left_out_is_given_by_name():
    given = [
        Parameter("T"),
        Parameter("v", optional=True),
        Parameter("X"),
        Parameter("k", keyword=True),
    ]
    roles = {"T": "weights", "X": "X", "k": "lambda"}
    assert in_call_order(given, roles) == (
        ("T", "weights", False), ("X", "X", True), ("k", "lambda", True),
    )  # fmt: skip
    assert in_call_order(given[:1], roles) == (("T", "weights", False),)
    assert in_call_order(None, {"*0": "weights"}) == (("*0", "weights", False),)


def first_of(source):
    """The first candidate for the function backprop of a file."""
    found, runner = inventory(source)
    functions = [f for f in found["functions"] if f["name"] == "backprop"]
    return next(function_candidates(found, functions, runner))


def test_helpers_and_lambda_of_the_file_are_handed_over():
    first = first_of(
        "lam = 0.5\ndef activation(z): return g(z)\ndef d_sigmoid(z): return z\n"
        "def backprop(thetas, X, Y, act, act_prime): return lam\n"
    )
    assert first.extra == {
        "function:activation": "activation", "function:slope": "d_sigmoid", "global:lam": "lambda",
    }  # fmt: skip
    assert first.takes_lambda


def test_what_a_forward_function_computes_is_handed_on():
    first = first_of(
        "def forward(X, thetas): return g(X), X\n"
        "def backprop(thetas, X, Y, out, a1): return thetas\n"
    )
    assert first.forward == "forward"
    assert {key: value for key, value in first.extra.items() if "path" in key} == {
        "path:out": "0", "path:a1": "1",
    }  # fmt: skip


# Groups


def test_a_network_is_tried_before_a_layer_and_functions_before_both(tmp_path):
    found, runner = inventory(FILE + NET)
    source = Source(tmp_path / "f.py", "")
    groups = list(sandbox._groups(found, None, source, runner))
    functions = [f for f in sandbox._ranked(found["functions"], None)
                 if len(parameters_of(f["parameters"])) > 1]  # fmt: skip
    assert len(groups) == len(functions) + 2 + 3 + 2
    assert all(given is None for _, given in groups)
    named = list(sandbox._groups(found, "mine.backprop", source, runner))
    methods = {bound.method for candidates, _ in named for bound in candidates}
    assert methods == {"backprop"}
