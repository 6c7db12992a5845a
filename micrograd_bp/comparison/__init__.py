"""Do the three methods agree? The proof on balls, the comparison of floats, and the equations.

From outside come ``compare.compare_gradients``, ``equations.verify_equations`` and ``rounding``.
``derivations`` runs graph and formulas on balls, ``witness`` differences of the cost, ``proof``
holds them and the floats against each other; ``estimate`` gives the numerical method its error
bars, ``findings`` is what results, ``words`` puts it into a sentence and tables.
It imports ``gradients`` and the packages below.
"""
