"""The steps of a recorded run that are found wrong, and the quantities that come out wrong."""

from types import SimpleNamespace

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork, autodiff_gradient
from micrograd_bp.grading.blocks import Slip, _stray
from micrograd_bp.grading.chain import _consistent, _passed_on
from micrograd_bp.grading.evidence import Case
from micrograd_bp.grading.flow import Flow
from micrograd_bp.grading.judgement import Judgement, differing, sinks_of
from micrograd_bp.grading.layouts import COURSE, Problem
from micrograd_bp.grading.model import Model
from micrograd_bp.grading.own_cost import confirmed, stated_cost
from micrograd_bp.grading.submission import Answer
from micrograd_bp.grading.trace import RECORD, Recorder, instrument, places

NET = SigmoidNetwork([3, 2, 2], seed=0)
X, Y = NET.data([[1.0, -2.0, 0.5], [0.3, 0.0, 2.0]], [0, 1])


def recorded(source, **names):
    """The flow of one run of ``source`` with these names, and its events."""
    recorder = names[RECORD] = Recorder()
    recorder.start()
    exec(instrument(source), names)
    events = recorder.stop()
    return Flow(places(source), events), events


def test_a_second_call_differs_where_its_numbers_do():
    flow, events = recorded("a = x * 2.0\nb = a + 1.0", x=np.array([1.0, 2.0]))
    assert differing(flow, events) is None
    number = next(i for i, n in enumerate(flow.nodes) if n.place.text == "x * 2.0")
    other = [(k, v + (i == number)) for i, (k, v) in enumerate(events)]
    step = differing(flow, other)
    assert step.node.place.text == "x * 2.0"
    assert step.name == "a value kept from the call before"
    assert differing(flow, [(k + 1, v) for k, v in other]) is None  # another course of events


def test_a_layer_is_a_sink_if_one_of_its_entries_is_wrong():
    D = autodiff_gradient(NET, X, Y).D
    wrong = [D[0], D[1] + np.eye(2, 3)]
    flow, _ = recorded("a = one * 1.0\nb = two * 1.0", one=wrong[0], two=wrong[1])
    case = Case(NET, X, Y, 0.0, Answer(wrong, False))
    model = Model(NET.thetas, X, Y, 0.0)
    assert {node.value.shape for node in sinks_of(flow, case, model)} == {(2, 3)}


def test_spoiled_are_the_computed_quantities_that_differ_by_their_symbols():
    right = Model(NET.thetas, X, Y, 0.0)
    delta = 2.0 * right.deltas[2]
    yours = Model(NET.thetas, X, Y, 0.0, adopted={("delta", 2): delta})
    flow, _ = recorded("d = two * 1.0", two=delta)
    first, last = (SimpleNamespace(model=model, flow=flow) for model in (right, yours))
    (entry,) = Judgement((), first, last).spoiled  # D⁽¹⁾ differs too, but was never computed
    assert (entry["symbol"], entry["kind"], entry["layer"]) == ("δ⁽²⁾", "delta", 2)
    assert np.allclose(entry["yours"], 2.0 * np.array(entry["right"]))


def test_a_cost_is_known_by_its_units_though_there_is_one_output():
    """J with tanh units, as it is written: Σ −y log h − (1 − y) log(1 − h), the mean."""
    problems, costs = [], []
    for seed in range(3):
        net = SigmoidNetwork([3, 2, 1], seed=seed)
        A, y = net.data(X + seed, [0, 1])
        first, second = net.thetas
        units = np.tanh(first[:, 0] + A @ first[:, 1:].T)
        h = 1.0 / (1.0 + np.exp(-(second[:, 0] + units @ second[:, 1:].T)))
        problems.append(Problem(net, A, y, 0.0))
        costs.append(float(np.mean(-y * np.log(h) - (1.0 - y) * np.log(1.0 - h))))
    words = stated_cost(problems, costs).words(problems[0])
    assert words == ("tanh in the hidden layers instead of the sigmoid",)


def test_a_gradient_with_a_zero_among_its_entries_is_confirmed_by_its_cost():
    """An input that is 0 in every example has weights on which nothing depends."""
    A = X * [1.0, 0.0, 1.0]
    D = autodiff_gradient(NET, A, Y).D

    def J(problem):
        return problem.net.cost(problem.X, problem.Y)

    assert confirmed(J, Problem(NET, A, Y, 0.0), D, COURSE, stepped=False)
    assert not confirmed(J, Problem(NET, A, Y, 0.0), [2.0 * D[0], D[1]], COURSE, stepped=False)


@pytest.mark.parametrize(
    ("factor", "words"),
    [(6.0, "not divided by m"), (1 / 6, "divided by m twice"), (-1.0, "with the wrong sign"),
     (1 / 3, "averaged over the outputs too"), (1.7, "times a stray factor 1.7")],
)  # fmt: skip
def test_a_factor_of_one_block_has_the_name_of_its_cause(factor, words):
    slip = _stray("bias", "bias gradient", factor, 6, 3, "(:, 0)")
    assert slip.name == f"bias gradient {words}"
    assert slip.stray == ("stray" in words)


def test_a_mistake_may_be_made_on_one_of_two_ways_only_where_there_are_two():
    """δ⁽²⁾ goes into Θ⁽¹⁾'s gradient and back to layer 1, where nothing asks for it."""
    models = [Model(NET.thetas, X, Y, 0.0)]
    assert list(_passed_on(models, models, 1, ())) == [((), models)]
    (_, _), (mistakes, tried) = _passed_on(models, models, 2, ())
    assert len(mistakes) == 1
    a, h = models[0].za[1][3], models[0].deltas[3]
    assert np.allclose(tried[0].deltas[3], h * a * (1.0 - a))


def test_slips_are_consistent_if_each_case_shows_what_its_data_can_show():
    def case(m, lambda_):
        return SimpleNamespace(X=np.zeros((m, 1)), lambda_=lambda_)

    def slip(step, factor, stray=False):
        return Slip(step, "", "", "", factor, stray)

    mean, penalty = slip("average", 3.0), slip("penalty", 2.0)
    cases = [case(3, 1.0), case(1, 1.0), case(3, 0.0)]
    assert _consistent(cases, [(mean, penalty), (penalty,), (mean,)])
    assert not _consistent(cases, [(mean, penalty), (penalty,), ()])
    assert not _consistent([case(3, 1.0)] * 2, [(mean, penalty), (mean,)])
    assert not _consistent(cases, [(mean,), (), (mean, penalty)])
    stray = [slip("average", c, True) for c in (1.7, 1.7, 1.8)]
    assert _consistent(cases[:2], [(s,) for s in stray[:2]])
    assert not _consistent(cases[:2], [(s,) for s in stray[1:]])
