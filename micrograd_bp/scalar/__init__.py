"""Numbers that remember how they were computed: the operations, the graph and its tape.

From outside come ``engine.Value``, the table ``ops`` and ``tape.Tape``.
It imports ``support`` only.
"""
