"""``python -m micrograd_bp``: the command line."""

from .cli import main

main()
