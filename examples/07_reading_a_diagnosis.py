"""Reading a diagnosis: a backpropagation with a mistake, judged, repaired and judged again.

Look at three things in each report, in this order: which layers are wrong, the name of the
mistake, and the two formulas side by side.

Run: python 07_reading_a_diagnosis.py
"""

import textwrap

import numpy as np

from micrograd_bp import check_backprop


def g(z):
    """The sigmoid."""
    return 1 / (1 + np.exp(-z))


def backprop(thetas, X, Y, lambda_, slope, rate):
    """A student's backpropagation, two of its steps left open."""
    m = len(X)
    a, ones = [X], np.ones((m, 1))
    for theta in thetas:
        a.append(g(np.hstack([ones, a[-1]]) @ theta.T))
    delta = a[-1] - Y
    gradient = []
    for l in range(len(thetas) - 1, -1, -1):
        D = delta.T @ np.hstack([ones, a[l]]) / m
        D[:, 1:] += rate(lambda_, m) * thetas[l][:, 1:]
        gradient.insert(0, D)
        delta = (delta @ thetas[l][:, 1:]) * slope(a[l])
    return gradient


def square_slope(a):
    """What should be g'(z) = a (1 − a), squared: a mistake that stands in no catalogue."""
    return (a * (1 - a)) ** 2


TRIES = {  # what it takes for g'(z), given a, and for the factor of the regularization
    "First try": (lambda a: g(a) * (1 - g(a)), lambda lambda_, m: lambda_),
    "Second try, g' repaired": (lambda a: a * (1 - a), lambda lambda_, m: lambda_),
    "Third try, regularization repaired": (lambda a: a * (1 - a), lambda lambda_, m: lambda_ / m),
    "A mistake of one's own": (square_slope, lambda lambda_, m: lambda_ / m),
}
verdicts = []
for title, (slope, rate) in TRIES.items():

    def function(thetas, X, Y, lambda_, slope=slope, rate=rate):
        return backprop(thetas, X, Y, lambda_, slope, rate)

    diagnosis = check_backprop(function)
    verdicts.append(diagnosis)
    print(f"━━ {title} ".ljust(100, "━"))
    print()
    for line in str(diagnosis).splitlines():
        print(textwrap.fill(line, 100) if len(line) > 100 else line)
    print()
    if not diagnosis.passed:
        wrong = ", ".join(f"Θ{layer.layer}" for layer in diagnosis.layers if not layer.passed)
        named = [name for finding in diagnosis.mistakes for name in finding.parts]
        print(f"In short: wrong in {wrong}. Named: {'; '.join(named) or 'nothing'}.")
        columns = {column for layer in diagnosis.layers for column in layer.wrong_columns}
        if 0 not in columns:
            print(
                "Every bias column is right: what do only the other columns have? Regularization."
            )
        print()

right = sum(diagnosis.passed for diagnosis in verdicts)
unnamed = sum(not diagnosis.passed and not diagnosis.mistakes for diagnosis in verdicts)
named = sum(not diagnosis.passed and bool(diagnosis.mistakes) for diagnosis in verdicts)
print("""
Exercises, each judged by the package:
  1. Exchange the sigmoid of the output layer for a softmax and keep δ = h − y: the gradient is
     right, but for which cost?  micrograd-bp grade mine.py
  2. Plant a mistake of your own in a right file and see whether its line is found.""")
print(
    f"Conclusion: of {len(verdicts)} gradients {right} is right, {named} are wrong with a name and "
    f"{unnamed} without."
)
