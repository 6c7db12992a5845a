"""Octave's code as text: where its statements are, how values are written in it, what it lacks."""

import ast
from pathlib import Path

import numpy as np
import pytest

from micrograd_bp.grading import wire
from micrograd_bp.grading.forms import Source, octave_signature
from micrograd_bp.grading.octave import _lacks, _literal, _text
from micrograd_bp.grading.octave_trace import instrumented
from micrograd_bp.grading.submission import UserError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("function [J grad] = cost(theta, X, y)\n", ("cost", ["theta", "X", "y"], 2)),
        ("function J = cost(theta, lambda = 1)\n", ("cost", ["theta", "lambda"], 1)),
        ("% function g = no(z)\n  function plot_it\n", ("plot_it", [], 0)),
        ("function [g] = f(a, ... more\n  b)\n", ("f", ["a", "b"], 1)),
        ("x = 1;\n", None),
    ],
)
def test_the_head_of_a_function_is_read(text, found):
    assert octave_signature(text) == found


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.array([[1.0, 2.5], [3.0, -4.0]]), "[1.0 2.5; 3.0 -4.0]"),
        (np.array([1, 2]), "[1.0; 2.0]"),
        (np.array(0.5), "[0.5]"),
        (wire.matrix(np.eye(1)), "[1.0]"),
        (True, "1.0"),
        (3, "3.0"),
        ([np.ones(1), (2,)], "{[1.0], {2.0}}"),
    ],
)
def test_values_are_written_in_octaves_notation(value, text):
    assert _literal(value) == text


def test_what_octave_cannot_be_given_is_told():
    with pytest.raises(UserError, match=r"^function: dict cannot be handed to Octave$"):
        _literal({})


def test_text_is_quoted_line_by_line():
    assert _text("it's\nso") == "['it''s', char(10), 'so']"


def test_the_courses_helper_is_supplied_where_it_is_called_and_not_there(tmp_path):
    for text, lacks in (
        ("function g = f(z)\ng = sigmoid(z);\nend", True),
        ("function g = f(z)\ng = z;\nend", False),
        ("function g = f(z)\ng = sigmoidGradient (z);\nend", False),
        ("function g = f(z)\ng = sigmoid(z);\nend\nfunction a = sigmoid(z)\na = z;\nend", False),
    ):
        assert _lacks(Source(tmp_path / "f.m", text), "sigmoid") == lacks
    (tmp_path / "sigmoid.m").touch()
    assert not _lacks(Source(tmp_path / "f.m", "g = sigmoid(z);"), "sigmoid")


def noted(text):
    """The line, target, operator and role of every place, and its expression as Python has it."""
    return [
        (place.line, place.unit.target, place.role, place.text) for place in instrumented(text)[1]
    ]


def test_an_assignment_notes_its_names_its_value_and_what_it_is_stored_in():
    assert noted("a = b + b * c;\n") == [
        (1, "a", "value", "b + b * c"), (1, "a", "load", "b"), (1, "a", "load", "c"),
    ]  # fmt: skip
    (value, load, before, target) = instrumented("\n  D(:, 2:end) += x;")[1]
    assert [place.role for place in (value, load, before, target)] == [
        "value", "load", "before", "target",
    ]  # fmt: skip
    assert (value.line, value.unit.target, value.unit.operator) == (2, "D(:,2:end)", "+")
    assert (load.parent, value.parent, before.text, target.text) == (0, None, "D", "D")
    assert instrumented("a .*= b;")[1][0].unit.operator == "*"


def test_the_copy_does_what_the_text_does_and_tells_of_it():
    copy, places = instrumented("a = b';  % note\nD(1) = a(2);\nif a == 1\n  c = 4;\nend\n")
    assert copy == (
        'referee_seen(1, "b"); referee_value = b\'; referee_note(0, referee_value); '
        "a  = referee_value;;  % note"
        '\nreferee_seen(3, "a"); referee_seen(4, "D"); referee_value = a(2); '
        "referee_note(2, referee_value); D(1) = referee_value; referee_note(5, D);"
        "\nif a == 1\n"
        "referee_value = 4; referee_note(6, referee_value); c  = referee_value;;\nend\n"
    )
    assert [place.number for place in places] == list(range(7))


@pytest.mark.parametrize(
    "text",
    ["x == 1;", "if x = 2, end", "for i = 1:3\nend", "y = [];", "printf('a = 1;')", "% a = 1;",
     "{% a\n% b = 1;", "%{\na = 1;\n%}\n", "# a = 1;", 'disp("a = 1; \\" b = 2;")', "f(a = 1)"],
)  # fmt: skip
def test_what_is_no_assignment_stays_as_it_is(text):
    assert instrumented(text) == (text, [])


def test_each_statement_belongs_to_the_function_above_it():
    text = "function a = f(x)\na = x;\nend\nfunction g()\nb = 1;\nend\n"
    assert [p.unit.function for p in instrumented(text)[1] if p.role == "value"] == ["f", "g"]


@pytest.mark.parametrize(
    ("octave", "python"),
    [
        ("a' * b", "a.T @ b"),
        ("a .* (1 - a) ./ m", "a * (1 - a) / m"),
        ("d(:, 2:end).^2", "d[:, 2:end] ** 2"),
        ("x ~= y", "x != y"),
        ("theta(:)", "theta[:]"),
        ("a * b / m", "a @ (b / m)"),
        ("a * b * c / m", "a @ b @ (c / m)"),
        ("[1; 2]", "octave()"),
        ("sum(x(:))", "sum(x[:])"),
        ("a + ... and\n b", "a + b"),
    ],
)
def test_operators_are_told_as_python_writes_them(octave, python):
    value = instrumented(f"y = {octave};")[1][0]
    assert ast.unparse(value.node) == python


WILD = Path(__file__).parents[1] / "students" / "wild" / "octave"


def test_the_places_of_a_whole_file_are_those_of_its_lines():
    text = (WILD / "nnCostFunction.m").read_text(encoding="utf-8")
    lines = text.splitlines()
    for place in instrumented(text)[1]:
        if place.role == "value":
            assert "".join(place.text.split()).split("...")[0] in "".join(
                "".join(lines[place.line - 1 :]).split()
            )
