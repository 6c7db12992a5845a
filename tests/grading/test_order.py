"""What of a file is tried, and in which order: the likeliest first, and nothing twice."""

import pytest

from micrograd_bp.grading import classes, sandbox, training
from micrograd_bp.grading.binding import Binding
from micrograd_bp.grading.chains import Chain
from micrograd_bp.grading.classes import class_candidates, script_candidates, variable_candidates
from micrograd_bp.grading.delivery import Delivery
from micrograd_bp.grading.forms import Source
from micrograd_bp.grading.functions import function_candidates
from micrograd_bp.grading.layouts import EXAMPLES, LABELS, ROW_BY_ROW, SINGLE, Layout
from micrograd_bp.grading.names import Parameter, parameters_of
from micrograd_bp.grading.training import trained_candidates
from micrograd_bp.grading.ways import OLD, bindings, in_call_order

from .test_bindings import START, running, triples

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


def test_helpers_and_lambda_of_the_file_are_handed_over():
    found, runner = inventory(
        "lam = 0.5\ndef activation(z): return g(z)\ndef d_sigmoid(z): return z\n"
        "def backprop(thetas, X, Y, act, act_prime): return lam\n"
    )
    functions = [f for f in found["functions"] if f["name"] == "backprop"]
    first = next(function_candidates(found, functions, runner))
    assert first.extra == {
        "function:activation": "activation", "function:slope": "d_sigmoid", "global:lam": "lambda",
    }  # fmt: skip
    assert first.takes_lambda


def test_what_a_forward_function_computes_is_handed_on():
    found, runner = inventory(
        "def forward(X, thetas): return g(X), X\n"
        "def backprop(thetas, X, Y, out, a1): return thetas\n"
    )
    functions = [f for f in found["functions"] if f["name"] == "backprop"]
    first = next(function_candidates(found, functions, runner))
    assert first.forward == "forward"
    assert {key: value for key, value in first.extra.items() if "path" in key} == {
        "path:out": "0", "path:a1": "1",
    }  # fmt: skip


# Classes, scripts and trainings

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


def methods_of(source, method=None, deep=True, instance=""):
    found, runner = inventory(source)
    made = list(class_candidates(found["classes"][0], method, runner, deep, instance))
    return list(dict.fromkeys(bound.method for bound in made)), made


def test_methods_are_tried_by_what_their_names_say():
    names, made = methods_of(NET)
    assert names == ["backprop", "gradients", "update", "fit"]
    assert methods_of(NET, "predict")[0] == ["predict"]
    assert methods_of(NET, "lacking")[0] == []
    assert (made[0].chain.sizes, made[0].layout) == ((4, 5, 3), Layout("none", True))
    assert made[0].make == (("n_in", "input", False), ("n_hid", "hidden", False),
                            ("n_out", "output", False))  # fmt: skip
    assert made[0].before == ("forward", (("X", "X", False),))  # what it keeps may be needed
    assert {bound.examples for bound in made if bound.method != "fit"} == {None}
    assert {bound.examples for bound in made if bound.method == "fit"} == {None, 1}


def test_an_object_of_the_file_is_used_as_it_is():
    names, made = methods_of(NET, instance="mine")
    assert names == ["backprop", "gradients", "update", "fit"]
    assert {(bound.holder, bound.at_hand, bound.make) for bound in made} == {("mine", True, ())}
    assert {bound.chain.sizes for bound in made} == {(2, 3, 2), (3, 2, 3)}  # in both directions


def test_a_class_for_one_layer_is_tried_where_no_deeper_one_is():
    layer = "class Layer:\n    def __init__(self, n_in, n_out): self.W = np.ones((n_out, n_in))\n" \
            "    def backward(self, X, y): return X\n"  # fmt: skip
    assert methods_of(layer, deep=True)[0] == []
    names, made = methods_of(layer, deep=False)
    assert (names, {len(bound.chain.sizes) for bound in made}) == (["backward"], {2})


@pytest.mark.parametrize(
    ("names", "other"),
    [(["momentum"], True), (["Adam"], True), (["beta1"], True), (["dropout_rate"], True),
     (["rmsprop"], True), (["step", "alpha"], False), (["alphabeta"], False)],
)  # fmt: skip
def test_steps_of_other_kinds_are_told_by_names(names, other):
    assert classes.other_steps(names) == other


@pytest.mark.parametrize(
    ("names", "roles"),
    [
        ("", [()]),
        ("n_in n_hid n_out", ["input", "hidden", "output"]),
        ("p q r", ["input", "hidden", "output"]),
        ("layers", ["sizes"]),
        ("X y", ["X", "Y"]),
        ("layers=0 rate=0", [()]),
    ],
)
def test_an_object_is_made_with_the_sizes_of_its_network(names, roles):
    given = [Parameter(n.partition("=")[0], "=" in n) for n in names.split()]
    first = next(classes.made_ways(given))
    assert [role for _, role, _ in first] == (roles if roles != [()] else [])


def test_a_list_of_hidden_layers_is_tried_too():
    made = list(classes.made_ways([Parameter("n_in"), Parameter("hidden"), Parameter("n_out")]))
    assert ("hidden", "hidden list", False) in {entry for way in made for entry in way}


SCRIPT = """
X = np.ones((6, 3)); y = np.array([0, 1, 2, 0, 1, 2])
W1 = np.ones((3, 4)); W2 = np.ones((4, 3)); other = np.ones((2, 2))
def forward(X): return X @ W1
def backprop(X, y): return W1, W2
def plot(X, y): return W1
for i in range(3): other += 1
for i in range(3):
    W1 -= 1; W2 -= 1
"""


def test_functions_that_find_the_weights_in_the_files_variables_are_tried():
    made = list(variable_candidates(*inventory(SCRIPT)))
    assert {bound.method for bound in made} == {"backprop"}
    assert {bound.chain.weights for bound in made} >= {(("W1",), ("W2",))}
    assert {bound.before for bound in made} == {None, ("forward", (("X", "X", False),))}


def test_the_last_loop_that_changes_weights_is_tried_with_the_files_data():
    made = list(script_candidates(*inventory(SCRIPT)))
    first = made[0]
    line = (START + SCRIPT).split("\n").index("for i in range(3):") + 1
    assert (first.name, first.loop) == (f"the loop in line {line}", 1)
    assert first.data == {"X": "X", "y": "Y"}
    assert {bound.examples for bound in made} == {6, 1}
    assert all(bound.loop == 1 for bound in made if bound.chain.weights == (("W1",), ("W2",)))


def test_a_training_is_told_by_its_name_and_by_the_weights_that_it_gives():
    found, runner = inventory(
        "def train(X, Y, hidden, epochs=5):\n"
        "    W1, W2 = np.ones((hidden, X.shape[1])), np.ones((Y.shape[1], hidden))\n"
        "    for _ in range(epochs): W1, W2 = W1 - 1, W2 - 1\n    return {'W1': W1, 'W2': W2}\n"
        "def load(X, Y, epochs): return {'W1': X, 'W2': Y}\n"
        "def train_adam(X, Y, epochs, velocity=0): return {'W1': X, 'W2': Y}\n"
    )
    made = list(trained_candidates(found, runner))
    assert {bound.name for bound in made} == {"train"}
    assert {(bound.passes, bound.examples) for bound in made} == {
        ((0, 1), 7), ((0, 1), 1), ((1, 2), 7), ((1, 2), 1),
    }  # fmt: skip
    assert {bound.sizes for bound in made} == {(4, 5, 3), (4, 5, 1), (2, 5, 2)}
    assert made[0].call == (("X", "X", False), ("Y", "Y", False), ("hidden", "hidden", False),
                            ("epochs", "once", False))  # fmt: skip


def test_the_number_of_passes_may_be_an_attribute_and_the_sizes_variables():
    found, _ = inventory(
        "n_hidden = 9\n"
        "class Net:\n    def __init__(self): self.n_iter = 3\n"
        "    def fit(self, X, y):\n        self.W1, self.W2 = np.ones((5, 4)), np.ones((3, 5))\n"
        "        for _ in range(self.n_iter): self.W1 = self.W1 - 1\n"
        "def build_model(X, y, num_passes): return {'W1': np.ones((n_hidden, 4))}\n"
    )
    plain = list(training._plain(found))
    assert [(p.name, p.holder, p.variables) for p in plain if p.holder] == [
        ("fit", ("Net", ()), (("n_iter", "once"),))
    ]
    assert {p.variables for p in plain if p.name == "build_model"} == {(("n_hidden", "hidden"),)}


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


@pytest.mark.parametrize(
    ("layout", "first", "ones"),
    [
        (
            Layout("apart", False, "column"),
            ("examples in columns", "Y with examples in columns"),
            1,
        ),
        (Layout("apart", True, "column"), ("", ""), 1),
        (Layout("apart", True, "flat"), ("", ""), 1),
        (Layout("theta", last=True), ("", ""), -1),
    ],
)
def test_a_methods_data_come_in_every_form_the_likeliest_first(layout, first, ones):
    made = list(classes._forms(Chain((("W1",), ("W2",)), (), layout, (4, 5, 3))))
    assert made[0] == first
    assert len(set(made)) == len(made)
    assert made[-1] == ROW_BY_ROW
    rows = {x for x, y in made if y == "y as class numbers from 0"}
    assert rows == {"", list(EXAMPLES)[ones]}
    assert {x for x, y in made if "one example" in y} == SINGLE
    assert {y for _, y in made} == set(LABELS)


def calls(names, make=()):
    given = [
        {"name": n.partition("=")[0], "kind": "POSITIONAL_OR_KEYWORD", "optional": "=" in n,
         "default": None}
        for n in names.split()
    ]  # fmt: skip
    return list(classes._calls({"parameters": given, "static": True}, make))


@pytest.mark.parametrize(
    ("names", "first"),
    [
        ("", ()),
        ("epochs=5", (("epochs", "once", True),)),
        ("X y", (("X", "X", False), ("y", "Y", False))),
        ("X y lr=0.1", (("X", "X", False), ("y", "Y", False))),
        ("X y reg=0.1", (("X", "X", False), ("y", "Y", False), ("reg", "lambda", True))),
        ("X y epochs=9", (("X", "X", False), ("y", "Y", False), ("epochs", "once", True))),
        ("dout", (("dout", "error", False),)),
        ("X dout", (("X", "X", False), ("dout", "error", False))),
    ],
)
def test_a_method_is_called_with_what_its_parameters_ask_for(names, first):
    assert calls(names)[0] == first


def test_a_method_is_given_no_weights_and_called_in_a_dozen_ways_at_most():
    assert calls("weights X y") == []
    made = calls("p q r s")
    assert 1 < len(made) <= 12
    assert len(set(made)) == len(made)


def test_a_parameter_of_an_instance_is_not_counted():
    method = {"parameters": [{"name": n, "kind": "POSITIONAL_OR_KEYWORD", "optional": False,
                              "default": None} for n in ("self", "X")]}  # fmt: skip
    assert [p.name for p in classes.without_self(method)] == ["X"]
    assert [p.name for p in classes.without_self(method | {"static": True})] == ["self", "X"]


def test_a_method_that_asks_for_a_result_gets_that_of_a_forward_pass():
    net = NET.replace("def backprop(self, X, y)", "def backprop(self, X, y, output)")
    _, made = methods_of(net, "backprop")
    asked = [bound for bound in made if ("output", "forward", False) in bound.call]
    assert asked
    assert {bound.before for bound in asked} == {
        ("forward", (("X", "X", False),)), ("predict", (("X", "X", False),)),
    }  # fmt: skip
