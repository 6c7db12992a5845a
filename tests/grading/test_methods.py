"""Which methods, objects, loops and trainings of a file are tried, and how they are called."""

import pytest

from micrograd_bp.grading import classes, training
from micrograd_bp.grading.chains import Chain
from micrograd_bp.grading.classes import class_candidates, script_candidates, variable_candidates
from micrograd_bp.grading.layouts import EXAMPLES, LABELS, ROW_BY_ROW, SINGLE, Layout
from micrograd_bp.grading.names import Parameter
from micrograd_bp.grading.training import trained_candidates

from .test_bindings import START
from .test_order import NET, inventory


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
