"""What a step computed is told in symbols, as mathematics reads: no parentheses lost or made up."""

import numpy as np
import pytest

from micrograd_bp.grading.model import Model
from micrograd_bp.grading.reading import Reading
from micrograd_bp.grading.wording import step_words

from .test_judgement import NET, X, Y, recorded

MODEL = Model(NET.thetas, X, Y, 0.7)
NAMES = {
    "np": np, "h": MODEL.za[1][3], "y": Y, "a": MODEL.za[1][2], "d3": MODEL.deltas[3], "m": 2,
    "T": NET.thetas[1], "W": NET.thetas[1][:, 1:], "lam": 0.7, "D": MODEL.accumulated(2),
}  # fmt: skip


def told(source, role):
    """The last step of this role in the words of the model's quantities, and where it begins."""
    names = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in NAMES.items()}
    flow, _ = recorded(source, **names)
    reading = Reading(flow, MODEL, set())
    last = [node for node in flow.nodes if node.place.role == role][-1]
    return step_words(reading, last), step_words(reading, flow.nodes[0])


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("(h - y) * h", "δ⁽³⁾ .* h"),
        ("h * (d3 + h)", "h .* (δ⁽³⁾ + h)"),
        ("h - (d3 - y * h)", "h − (δ⁽³⁾ − y .* h)"),
        ("h - d3 * h - y * h", "h − δ⁽³⁾ .* h − y .* h"),
        ("h + (d3 * 3 - y)", "h + 3 δ⁽³⁾ − y"),
        ("-(d3 + h)", "−(δ⁽³⁾ + h)"),
        ("-d3 + h * 3", "−δ⁽³⁾ + h .* 3"),
        ("h * -d3", "h .* (−δ⁽³⁾)"),
        ("h * (-(d3 + h))", "h .* (−(δ⁽³⁾ + h))"),
        ("d3 / (3 * h)", "δ⁽³⁾ / (3 .* h)"),
        ("h / 3 / m", "h / 3 / m"),
        ("h / (d3 / m)", "h / (δ⁽³⁾ / m)"),
        ("d3 / m * h", "δ⁽³⁾ / m .* h"),
        ("d3 @ W * np.tanh(a)", "Θ⁽²⁾ᵀ δ⁽³⁾ .* tanh(a⁽²⁾)"),
        ("(h + y) @ W", "(h + y) Θ⁽²⁾(:, 1:)"),
        ("(d3 + h) ** 3", "(δ⁽³⁾ + h)^3"),
        ("3 ** (2 + d3)", "(3)^(2 + δ⁽³⁾)"),
        ("np.multiply(d3, h - 5 * y)", "multiply(δ⁽³⁾, h − 5 y)"),
        ("d3.dot(d3 * h)", "dot(δ⁽³⁾, δ⁽³⁾ .* h)"),
        ("np.sum(h * 3 + y) / m", "sum(h .* 3 + y) / m"),
        ("D / m + lam / (2 * m) * T", "Δ⁽²⁾ / m + λ Θ⁽²⁾ / 2m"),
        ("y * (1 - h) * h", "y .* (1 − h) .* h"),
        ("np.hstack([h, y]) * 3", "hstack([h, y]) .* 3"),
        ("(h if m else y)", "h if m else y"),
        ("h // 3", "h // 3"),
        ("np.exp(3 * (d3 @ W))", "exp(3 (Θ⁽²⁾ᵀ δ⁽³⁾))"),
    ],
)
def test_a_step_is_told_in_the_symbols_of_what_it_was_computed_from(expression, words):
    assert told(f"q = {expression}", "value") == (words, words)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("D += T * lam * 3", "D += λ Θ⁽²⁾ .* 3"),
        ("D[:, 1:] -= lam / m * T[:, 1:] * 3", "D[:, 1:] -= λ (Θ⁽²⁾(:, 1:)) / m .* 3"),
        ("q = h * 2; d3[:, 0] = np.mean(h * y)", "d3[:, 0] = mean(h .* y)"),
        ("for k in range(2):\n    d3[k] = 3 * h[k]", "d3[k] = 3 .* h of example 2"),
    ],
)
def test_what_is_stored_is_told_with_its_place(statement, words):
    assert told(statement, "target")[0] == words
