"""``python -m micrograd_bp.cli``."""

from .app import main

main()
