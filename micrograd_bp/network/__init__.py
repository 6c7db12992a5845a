"""The sigmoid network: its arrays, its cost node by node, and the names of its parameters.

From outside come ``sigmoid``, ``graph``, ``symbols`` and ``interchange`` (other
libraries' weights). It imports ``scalar`` and ``support``.
"""
