"""The catalogue's mistakes in Δ, in the average, in the regularization and in unrolling."""

from __future__ import annotations

import numpy as np

from .mistake import (
    ACCUMULATE,
    AVERAGE,
    IN_AVERAGE,
    IN_REGULARIZATION,
    IN_UNROLLING,
    READ,
    REGULARIZE,
    UNROLL,
    Mistake,
)
from .steps import (
    divided_in_the_loop,
    in_whole_numbers,
    read_row_by_row,
    row_by_row,
    with_bias_sums,
    without,
)

__all__ = ["SUM_MISTAKES"]

SUM_MISTAKES = [
    Mistake(
        "no 1/m",
        IN_AVERAGE,
        AVERAGE,
        "D_ij⁽ˡ⁾ = Δ_ij⁽ˡ⁾ + …",
        "J is the mean over the examples, so the sum Δ must be divided by m as well. Divide once, "
        "after the loop.",
        {"average": lambda Delta, m, K: Delta},
    ),
    Mistake(
        "no 1/m anywhere, regularization included",
        IN_AVERAGE,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = Δ_ij⁽ˡ⁾ + λ θ_ij⁽ˡ⁾ for j ≥ 1",
        "This is the gradient of m J: everything is m times too large. J is the mean over the "
        "examples, regularization included: divide Δ + λΘ by m.",
        {"average": lambda Delta, m, K: Delta, "rate": lambda lambda_, m: lambda_},
    ),
    Mistake(
        "1/m twice",
        IN_AVERAGE,
        AVERAGE,
        "D_ij⁽ˡ⁾ = (1/m²) Δ_ij⁽ˡ⁾ + …",
        "The sum over the examples is divided by m twice, perhaps once in δ or Δ and again in D. "
        "Keep δ undivided, and divide Δ once.",
        {"average": lambda Delta, m, K: Delta / m**2},
    ),
    Mistake(
        "1/m twice everywhere, regularization included",
        IN_AVERAGE,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = (1/m²) Δ_ij⁽ˡ⁾ + (λ/m²) θ_ij⁽ˡ⁾ for j ≥ 1",
        "Everything is m times too small: the finished gradient is divided by m once more. "
        "Divide Δ + λΘ by m once.",
        {
            "average": lambda Delta, m, K: Delta / m**2,
            "rate": lambda lambda_, m: lambda_ / m**2,
        },
    ),
    Mistake(
        "averaged over the outputs too",
        IN_AVERAGE,
        AVERAGE,
        "D_ij⁽ˡ⁾ = (1/mK) Δ_ij⁽ˡ⁾ + …",
        "J adds the K outputs of an example and averages only over the m examples. A mean() over "
        "the whole array divides by K as well: divide by m.",
        {"average": lambda Delta, m, K: Delta / (m * K)},
    ),
    Mistake(
        "divided by m inside the loop",
        IN_AVERAGE,
        AVERAGE,
        "Δ⁽ˡ⁾ ← (Δ⁽ˡ⁾ + δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ) / m in every pass of the loop",
        "Each pass divides what the earlier ones have gathered once more. Only add inside the "
        "loop; divide by m once, after it.",
        {"accumulate": divided_in_the_loop, "average": lambda Delta, m, K: Delta},
    ),
    Mistake(
        "last example only",
        "the algorithm: Δ over the examples",
        ACCUMULATE,
        "Δ⁽ˡ⁾ = δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ of the last example",
        "Each example overwrites the one before. Set Δ to 0 before the loop and write "
        "Δ = Δ + δaᵀ in it.",
        {"accumulate": lambda delta, a: delta[-1:].T @ a[-1:]},
    ),
    Mistake(
        "first example only",
        "the algorithm: Δ over the examples",
        ACCUMULATE,
        "Δ⁽ˡ⁾ = δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ of the first example",
        "Only one example enters Δ: a return or break inside the loop, or an index that stays at "
        "the first row. Let the loop run over all m examples.",
        {"accumulate": lambda delta, a: delta[:1].T @ a[:1]},
    ),
    Mistake(
        "integer accumulators cut the fractions off",
        "the algorithm: Δ over the examples",
        ACCUMULATE,
        "Δ⁽ˡ⁾ ← the whole part of Δ⁽ˡ⁾ + δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ for every example",
        "An array made with dtype=int, or of whole numbers, keeps whole numbers only: what is "
        "added to it loses its fraction. Set Δ up with np.zeros(shape), which holds floats.",
        {"accumulate": in_whole_numbers},
    ),
    Mistake(
        "first example left out",
        "the algorithm: Δ over the examples",
        ACCUMULATE,
        "Δ⁽ˡ⁾ = Σ δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ from the second example on",
        "The loop begins at the second example: Octave's 1 is Python's 0.",
        {"accumulate": lambda delta, a: delta[1:].T @ a[1:]},
    ),
    Mistake(
        "last example left out",
        "the algorithm: Δ over the examples",
        ACCUMULATE,
        "Δ⁽ˡ⁾ = Σ δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ up to the last example but one",
        "The loop ends one example early: range(m) goes from 0 to m − 1, Octave's 1:m to m.",
        {"accumulate": lambda delta, a: delta[:-1].T @ a[:-1]},
    ),
    Mistake(
        "bias gradient summed over the units too",
        IN_AVERAGE,
        "D_i0⁽ˡ⁾ = (1/m) Σ δ_i⁽ˡ⁺¹⁾ over the examples",
        "D_i0⁽ˡ⁾ = (1/m) Σ δ_k⁽ˡ⁺¹⁾ over the examples and over all units k",
        "A sum without an axis adds all units' δ into one number, and broadcasting gives it to "
        "each bias. Sum over the examples only.",
        {
            "accumulate": lambda delta, a: with_bias_sums(
                delta.T @ a, (delta * a[:, :1]).sum().reshape(1, 1)
            )
        },
    ),
    Mistake(
        "bias gradient averaged over the units too",
        IN_AVERAGE,
        "D_i0⁽ˡ⁾ = (1/m) Σ δ_i⁽ˡ⁺¹⁾ over the examples",
        "D_i0⁽ˡ⁾ = the mean of δ_k⁽ˡ⁺¹⁾ over the examples and over all units k",
        "A mean without an axis (or a mean of means) makes one number of all units' δ, and "
        "broadcasting gives it to each bias. Take the mean over the examples only.",
        {
            "accumulate": lambda delta, a: with_bias_sums(
                delta.T @ a, (delta * a[:, :1]).sum().reshape(1, 1) / delta.shape[1]
            )
        },
    ),
    Mistake(
        "bias gradient taken as the row sums of the weights' gradient",
        IN_AVERAGE,
        "D_i0⁽ˡ⁾ = (1/m) Σ δ_i⁽ˡ⁺¹⁾ over the examples",
        "D_i0⁽ˡ⁾ = Σ_j D_ij⁽ˡ⁾ over the row's weights",
        "The bias unit is 1 for every example: its gradient is the sum of δ, not of δaᵀ.",
        {
            "accumulate": lambda delta, a: with_bias_sums(
                delta.T @ a, (delta.T @ a)[:, 1:].sum(axis=1, keepdims=True)
            )
        },
    ),
    Mistake(
        "every example accumulated twice",
        "the algorithm: Δ over the examples",
        ACCUMULATE,
        "Δ⁽ˡ⁾ ← Δ⁽ˡ⁾ + 2 δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ",
        "δaᵀ enters Δ twice for every example: two lines add it, or the loop runs after a "
        "vectorized sum. Or the cost is thought of as (h − y)², whose derivative has a 2; (3)'s "
        "has none.",
        {"accumulate": lambda delta, a: 2.0 * (delta.T @ a)},
    ),
    Mistake(
        "bias column regularized",
        IN_REGULARIZATION,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + (λ/m) θ_ij⁽ˡ⁾ for all j, 0 too",
        "The weights of the bias unit are not regularized: add (λ/m) Θ to the columns from the "
        "second on (Octave's 2:end, Python's 1:), and leave the first as it is.",
        {"regularized": lambda Theta: Theta},
    ),
    Mistake(
        "first row left out of the regularization instead of the first column",
        IN_REGULARIZATION,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + (λ/m) θ_ij⁽ˡ⁾ for i ≥ 2",
        "The bias weights are the first column of Θ, Theta(:, 1); the first row, Theta(1, :), "
        "holds all weights into the first unit.",
        {"regularized": lambda Theta: without(Theta, np.s_[0])},
    ),
    Mistake(
        "column 1 left out of the penalty for column 0, as Octave counts",
        IN_REGULARIZATION,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + (λ/m) θ_ij⁽ˡ⁾ for j ≠ 1",
        "The bias weights are Octave's column 1, but Python's column 0: Theta[:, 0].",
        {"regularized": lambda Theta: without(Theta, np.s_[:, 1])},
    ),
    Mistake(
        "two columns left out of the penalty: 2: is Octave's, 1: Python's",
        IN_REGULARIZATION,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + (λ/m) θ_ij⁽ˡ⁾ for j ≥ 2",
        "Octave's 2:end is everything but the first column. In Python, which counts from 0, that "
        "is 1:.",
        {"regularized": lambda Theta: without(Theta, np.s_[:, :2])},
    ),
    Mistake(
        "θ² in the penalty's gradient instead of θ",
        IN_REGULARIZATION,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + (λ/m) (θ_ij⁽ˡ⁾)² for j ≥ 1",
        "θ² stands in J. Its derivative is 2θ, and the 2 cancels with the ½ of λ/2m: (λ/m) Θ.",
        {"regularized": lambda Theta: without(Theta, np.s_[:, 0]) ** 2},
    ),
    Mistake(
        "the sum of all θ in the penalty's gradient instead of θ",
        IN_REGULARIZATION,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + (λ/m) Σ θ⁽ˡ⁾ for j ≥ 1",
        "The sum stands in J. The derivative with respect to one θ_ij sees its own term only: "
        "(λ/m) θ_ij.",
        {
            "regularized": lambda Theta: without(
                np.full_like(Theta, Theta[:, 1:].sum()), np.s_[:, 0]
            )
        },
    ),
    Mistake(
        "regularization left out",
        IN_REGULARIZATION,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾",
        "The gradient is right for λ = 0 only. J has the term (λ/2m) Σ θ², so add its derivative, "
        "(λ/m) Θ, to every column but the first.",
        {"rate": lambda lambda_, m: 0.0},
    ),
    Mistake(
        "regularization without 1/m",
        IN_REGULARIZATION,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + λ θ_ij⁽ˡ⁾ for j ≥ 1",
        "In J the regularization is divided by m like the rest, (λ/2m) Σ θ²; so its derivative is "
        "(λ/m) Θ.",
        {"rate": lambda lambda_, m: lambda_},
    ),
    Mistake(
        "regularization twice",
        IN_REGULARIZATION,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + (2λ/m) θ_ij⁽ˡ⁾ for j ≥ 1",
        "(λ/m) Θ is added twice, or its derivative lost the ½ of λ/2m, which cancels the 2 of "
        "∂θ²/∂θ = 2θ. Add it once.",
        {"rate": lambda lambda_, m: 2.0 * lambda_ / m},
    ),
    Mistake(
        "λ/2m instead of λ/m",
        IN_REGULARIZATION,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + (λ/2m) θ_ij⁽ˡ⁾ for j ≥ 1",
        "λ/2m belongs to J. Its derivative brings a 2 down from θ², and the two cancel: λ/m.",
        {"rate": lambda lambda_, m: lambda_ / (2.0 * m)},
    ),
    Mistake(
        "regularization subtracted",
        IN_REGULARIZATION,
        REGULARIZE,
        "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ − (λ/m) θ_ij⁽ˡ⁾ for j ≥ 1",
        "The penalty raises J as weights grow, so its derivative is added. The minus sign "
        "belongs to the descent step, θ ← θ − α D.",
        {"rate": lambda lambda_, m: -lambda_ / m},
    ),
    Mistake(
        "ascent instead of descent sign overall",
        "the algorithm: D is ∂J/∂Θ",
        "gradient = ∂J/∂Θ",
        "gradient = −∂J/∂Θ",
        "This is the direction of descent, −∂J/∂Θ. The optimizer, or the step θ ← θ − α D, "
        "already has the minus sign: return the gradient itself.",
        {"finish": lambda D: -D},
    ),
    Mistake(
        "whole gradient counted twice",
        "the algorithm: D is ∂J/∂Θ",
        "gradient = ∂J/∂Θ",
        "gradient = 2 ∂J/∂Θ",
        "Everything, regularization too, is there twice, as when a backward pass runs a second "
        "time without setting the gradients to 0 first.",
        {"finish": lambda D: 2.0 * D},
    ),
    Mistake(
        "gradient transposed",
        IN_UNROLLING,
        "D⁽ˡ⁾ = δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ, of the shape of Θ⁽ˡ⁾",
        "D⁽ˡ⁾ = a⁽ˡ⁾ (δ⁽ˡ⁺¹⁾)ᵀ",
        "Rows of D are the units the weights lead to, columns those they come from, as in Θ. "
        "Swap the two factors or transpose the result.",
        {"finish": lambda D: D.T},
        form="matrices",
    ),
    Mistake(
        "row-major instead of column-major unrolling",
        IN_UNROLLING,
        UNROLL,
        "gradient = [D⁽¹⁾; D⁽²⁾; …], row after row",
        "Octave's M(:) goes down the columns; NumPy's ravel and flatten go along the rows unless "
        'told: D.ravel(order="F"). The same order must serve for θ and for the gradient.',
        {"finish": row_by_row},
        form="vector",
    ),
    Mistake(
        "θ read row by row",
        IN_UNROLLING,
        READ,
        "Θ⁽¹⁾ filled row after row",
        "Octave's reshape fills the columns; NumPy's fills the rows unless told: "
        'theta[:n].reshape(rows, columns, order="F"). The gradient is unrolled by columns.',
        {"read": read_row_by_row},
        form="vector",
    ),
    Mistake(
        "rows first in both directions",
        IN_UNROLLING,
        UNROLL,
        "θ read, and the gradient unrolled, row after row",
        "Your backpropagation is right and agrees with itself: only the order within θ is not "
        'Octave\'s. If θ comes from Octave or this package, write order="F" in both places.',
        {"read": read_row_by_row, "finish": row_by_row},
        form="vector",
    ),
    Mistake(
        "layers unrolled in the wrong order",
        IN_UNROLLING,
        UNROLL,
        "gradient = [D⁽ᴸ⁻¹⁾(:); …; D⁽¹⁾(:)]",
        "The gradients stand in the order in which the backward pass found them. Turn them "
        "around: Θ⁽¹⁾'s comes first.",
        {"arrange": lambda D: D[::-1]},
    ),
    Mistake(
        "bias column missing from the gradient",
        IN_UNROLLING,
        "D⁽ˡ⁾ of the shape of Θ⁽ˡ⁾, s_{l+1} × (s_l + 1)",
        "D⁽ˡ⁾(:, 2:end), s_{l+1} × s_l",
        "The bias weights learn too. Put the 1 before a⁽ˡ⁾ in δ⁽ˡ⁺¹⁾ (a⁽ˡ⁾)ᵀ; then column 0 of D "
        "is the sum of δ over the examples.",
        {"finish": lambda D: D[:, 1:]},
    ),
]
