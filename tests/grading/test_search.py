"""In which order ways to run a submission are tried, on which networks, and what is kept."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from micrograd_bp.grading import search
from micrograd_bp.grading.layouts import COURSE, random_problem
from micrograd_bp.grading.search import RARE, SEVERAL, SINGLE, Search
from micrograd_bp.grading.submission import Answer, StepError, UserError

DEEP, SQUARE, ONE, EQUAL, FLAT = (list(sizes) for sizes in SEVERAL)


def deep(sizes):
    return list(sizes) == DEEP


def right(problem):
    return problem.exact.D


def times(factor):
    return lambda problem: [factor * part for part in problem.exact.D]


def wide(problem):
    return [np.ones((len(part) + 1, part.shape[1])) for part in problem.exact.D]


def fails(problem):
    raise StepError(f"on {list(problem.net.sizes)}", 1)


class Way:
    """A way to run a function that is given here."""

    layout, sizes, examples = COURSE, None, None
    takes_lambda, single, from_labels, course_form = True, False, False, True

    def __init__(self, gradient=right, name="f", admitted=lambda sizes: True, **changed):
        self.gradient, self.name, self.words, self.admits = gradient, name, name, admitted
        self.cost, self.worth, self.ran = None, True, []
        vars(self).update(changed)

    def worth_after(self, other):
        return self.worth

    def problem(self, problem, runner):
        return problem

    def answer(self, runner, problem):
        self.ran.append(list(problem.net.sizes))
        cost = self.cost and self.cost(problem)
        return Answer(self.gradient(problem), False, cost)


def go(*ways, given=None, alive=True):
    made = Search(SimpleNamespace(alive=alive), given, 0.0)
    return made, made.go(iter(ways))


def test_the_first_that_is_nearly_right_ends_the_search():
    wrong, nearly, other = Way(times(2.0), "wrong"), Way(times(1.0 + 4e-5), "nearly"), Way()
    made, found = go(wrong, nearly, other)
    assert found.bound is nearly
    assert [attempt.bound for attempt in made.attempts] == [wrong]
    assert (wrong.ran, nearly.ran, other.ran) == ([DEEP], [DEEP], [])


def test_what_runs_nowhere_is_tried_on_networks_of_every_kind():
    way = Way(fails)
    made, found = go(way)
    assert found is None
    assert way.ran == [list(sizes) for sizes in (*SEVERAL, *SINGLE, *RARE)]
    assert str(made.failure) == f"on {ONE}"
    assert made.runs == len(way.ran)


def test_of_few_failures_the_first_counts_and_of_a_step_before_others():
    def mixed(problem):
        raise UserError("no gradient")

    few = Way(fails, admitted=lambda sizes: sizes in (DEEP, ONE))
    made, _ = go(few)
    assert str(made.failure) == f"on {DEEP}"
    made, _ = go(Way(mixed), Way(fails), Way(mixed))
    assert isinstance(made.failure, StepError)
    made, _ = go(Way(mixed))
    assert str(made.failure) == "no gradient"


def test_a_process_that_ended_ends_the_search():
    with pytest.raises(UserError):
        go(Way(fails), alive=False)


def test_shapes_that_fit_only_without_a_second_layer_are_noted():
    way = Way(lambda p: right(p) if len(p.net.sizes) == 3 else wide(p))
    _, found = go(way)
    assert way.ran == [DEEP, SQUARE, ONE]
    assert found.misshapen_before
    assert found.skipped is None
    way = Way(lambda p: right(p) if len(p.net.sizes) == 3 else fails(p))
    _, found = go(way)
    assert not found.misshapen_before
    assert isinstance(found.skipped, StepError)


def test_what_never_has_the_right_shapes_is_kept_as_it_is():
    way = Way(wide)
    made, found = go(way)
    assert found is None
    assert not made.attempts[0].fits
    assert made.attempts[0].distance == np.inf
    assert list(made.attempts[0].problem.net.sizes) == DEEP
    assert all(sizes not in way.ran for sizes in map(list, RARE))  # it runs on the usual ones


def test_later_ways_run_on_the_networks_that_an_earlier_one_ran_on_and_without_layers():
    first = Way(times(2.0), admitted=lambda sizes: len(sizes) == 3)
    second = Way(fails)
    go(first, second)
    assert second.ran == [ONE, FLAT, [4, 1]]
    one_output = Way(times(2.0), admitted=lambda sizes: sizes[-1] == 1)
    second = Way(fails)
    go(one_output, second)
    assert second.ran[: len(SEVERAL)] == [list(sizes) for sizes in SEVERAL]
    assert second.ran[len(SEVERAL) :] == [[4, 5, 1], [4, 1]]


def test_a_way_that_others_make_needless_is_not_tried():
    needless = Way(worth=False)
    _, found = go(Way(times(2.0)), needless)
    assert found is None
    assert needless.ran == []
    single = Way(worth=False, single=True)  # of one example, where several gave other shapes
    _, found = go(Way(wide), single)
    assert found.bound is single
    _, found = go(Way(times(2.0)), Way(worth=False, single=True))
    assert found is None


def test_equal_answers_are_kept_once_and_of_different_ones_eight():
    made, _ = go(*[Way(times(2.0), admitted=deep) for _ in range(3)])
    assert len(made.attempts) == 1
    ways = [Way(times(2.0 + k), admitted=deep) for k in range(12)]
    made, _ = go(*ways)
    assert [attempt.bound for attempt in made.attempts] == ways[:8]
    ways[10].cost = lambda problem: problem.exact.cost  # one whose J is right is kept, and ends it
    made, _ = go(*ways)
    assert [attempt.bound for attempt in made.attempts] == [*ways[:8], ways[10]]
    assert ways[11].ran == [DEEP]  # in the search before


def test_what_fits_is_kept_beside_many_that_do_not():
    def shaped(k):
        return lambda problem: [np.full((k, 1), 1.0)]

    made, _ = go(*[Way(shaped(k)) for k in range(1, 12)], Way(times(2.0)))
    assert len(made.attempts) == 9
    assert made.attempts[-1].fits


def test_a_right_cost_tells_how_all_is_read():
    known = Way(times(2.0), cost=lambda problem: problem.exact.cost * (1.0 + 4e-5))
    other = Way()
    made, found = go(known, other)
    assert found is None
    assert other.ran == []
    assert made.attempts[0].cost_right
    off = Way(times(2.0), cost=lambda problem: problem.exact.cost * (1.0 + 6e-5))
    made, found = go(off, other)
    assert found.bound is other
    assert not made.attempts[0].cost_right
    wrong_shapes = Way(wide, cost=lambda problem: problem.exact.cost)
    assert go(wrong_shapes, other)[1].bound is other


def test_the_search_gives_up(monkeypatch):
    monkeypatch.setattr(search, "RUNS", 30)
    ways = [Way(fails) for _ in range(20)]
    made, found = go(*ways)
    assert found is None
    assert made.runs == 35  # the way that is being tried is tried to its end


@pytest.mark.parametrize("answers", [wide, fails])
def test_a_given_network_is_the_only_one(answers):
    given = [random_problem([2, 3, 2], 5, 0.4), random_problem([2, 3, 2], 5, 0.0)]
    way = Way(answers)
    _, found = go(way, given=given)
    assert found is None
    assert way.ran == [[2, 3, 2]]
    own = Way(answers, sizes=(2, 3, 2))
    go(own)
    assert own.ran == [[2, 3, 2]]


def test_factors_that_differ_by_block_are_not_hidden_by_a_single_example():
    """Divided by m in the weights only: right for one example, and wrong."""

    def uneven(problem):
        m = len(problem.X)
        return [part * np.r_[m, np.ones(part.shape[1] - 1)] for part in problem.exact.D]

    one = Way(right, examples=1)
    made, found = go(Way(uneven), one)
    assert found is None
    assert made.uneven == {"f"}
    _, found = go(Way(times(2.0), "g"), Way(right, examples=1))
    assert found.bound.examples == 1
    _, found = go(Way(uneven), Way(right, "another", examples=1))
    assert found is not None


def test_the_first_networks_tell_matrices_by_their_shapes_and_all_are_small():
    for sizes in SEVERAL[0], SINGLE[1]:  # two hidden layers, and no matrix is square
        assert all(b - a not in (0, 1) for a, b in pairwise(sizes))
    for sizes in (*SEVERAL, *SINGLE, *RARE):
        assert max(sizes) <= 10
        assert search.EXAMPLES not in {units + extra for units in sizes for extra in (0, 1)}
    assert [len(sizes) for sizes in SEVERAL] == [4, 4, 3, 3, 2]
