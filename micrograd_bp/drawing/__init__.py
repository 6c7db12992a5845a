"""Pictures of graphs, laid out by Graphviz.

From outside come ``draw.draw`` and ``dot.render``. It imports ``scalar``, ``network`` and
``support``, never the gradients.
"""
