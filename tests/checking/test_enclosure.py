"""check_expression with balls: a rule is proved, or disproved where floats see nothing."""

import json
import math

import pytest

from micrograd_bp import Value, check_expression
from micrograd_bp.scalar.ops import Op

pytest.importorskip("flint")

TINY = 1e-12


def softplus(slope):
    return Op("softplus", lambda m, x: m.log1p(m.exp(x)), slope)


def test_each_derivative_stands_beside_its_ball_and_is_confirmed_by_differences():
    x, y = Value(0.5, label="x"), Value(2.0, label="y")
    check = check_expression((x * y).sin() * y.exp() + x**3, wrt=[x, y], enclosure=True)
    assert check.passed
    slope = 2 * math.cos(1.0) * math.exp(2.0) + 0.75
    assert slope == pytest.approx(float(check.parameters[0].enclosure), rel=1e-15)
    assert all(parameter.digits >= 20 for parameter in check.parameters)
    text = str(check)
    assert "digits proved" in text
    assert str(check.parameters[0].enclosure) in text
    assert json.dumps(check.to_dict(), allow_nan=False)


def test_without_being_asked_there_are_no_balls():
    check = check_expression(Value(2.0).exp())
    assert check.parameters[0].enclosure is None
    assert "digits proved" not in str(check)


def test_an_operation_of_ones_own_is_proved():
    rule = softplus(lambda out, x: (1.0 / (1.0 + (-1.0 * x).exp()),))
    with pytest.raises(AttributeError):  # this rule serves Values and balls, not floats
        Value.apply(rule, Value(0.7)).backward()
    rule = Op("cube", lambda m, x: x * x * x, lambda out, x: (3.0 * x * x,))
    check = check_expression(Value.apply(rule, Value(0.7)), enclosure=True)
    assert check.passed
    assert check.parameters[0].digits >= 20


def test_a_rule_that_is_wrong_by_a_trillionth_is_disproved():
    rule = Op("cube", lambda m, x: x * x * x, lambda out, x: (3.0 * (1 + TINY) * x * x,))
    value = Value.apply(rule, Value(0.7, label="x"))
    check = check_expression(value, enclosure=True)
    assert check.outcome == "wrong"
    assert check.parameters[0].digits in (11, 12)


@pytest.mark.parametrize(("bits", "outcome"), [(-51, "wrong"), (-55, "right")])
def test_a_rule_may_be_off_by_less_than_the_last_digit_of_a_float(bits, outcome):
    def slope(out, x):
        right = 3.0 * x * x
        return (right + right * 2.0**bits,)

    rule = Op("cube", lambda m, x: x * x * x, slope)
    assert check_expression(Value.apply(rule, Value(0.7)), enclosure=True).outcome == outcome


def test_kinks_keep_their_word():
    x = Value(0.0, label="x")
    check = check_expression(x.relu() + x, enclosure=True)
    assert check.parameters[0].status == "kink"
    assert check.parameters[0].digits is None


def test_an_operation_without_a_function_of_the_namespace_says_so():
    rule = Op("erf", lambda m, x: math.erf(x), lambda out, x: (2 / math.sqrt(math.pi),))
    check = check_expression(Value.apply(rule, Value(0.0)), enclosure=True)
    assert check.parameters[0].enclosure is None
    assert any("erf: computes with floats" in note for note in check.notes)
