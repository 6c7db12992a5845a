"""Gradient descent to classifiers: data, training, the trained model and its plots.

From outside come ``train``, ``classifier``, ``data`` and ``plots``. It imports ``checking``,
``gradients`` and the packages below.
"""
