"""Do the three methods agree? The comparison, its rounding bounds and the equations.

From outside come ``compare.compare_gradients``, ``equations.verify_equations`` and ``rounding``.
It imports ``gradients`` and the packages below.
"""
