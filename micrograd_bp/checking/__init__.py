"""Anyone's gradient, judged as a black box by values of its cost.

From outside come ``gradient.check_gradient`` and ``expression.check_expression``. It imports
``scalar``, ``network`` and ``support``, never the three gradients.
"""
