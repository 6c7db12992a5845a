"""The command line, a module for each command.

From outside come ``main`` and ``run``. It stands on top of the house and imports every package.
"""

from .app import main, run

__all__ = ["main", "run"]
