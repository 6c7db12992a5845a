"""Anyone's gradient, judged as a black box by values of its cost.

From outside come ``gradient.check_gradient``, ``expression.check_expression`` and the classes of
``result.py``. It imports ``scalar``, ``network`` and ``support``, never the three gradients.
"""
