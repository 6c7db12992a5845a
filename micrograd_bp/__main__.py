"""``python -m micrograd_bp``: the command line."""

from .cli.app import main

main()
