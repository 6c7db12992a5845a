"""``python -m micrograd_bp.report FOLDER``: write the static site."""

from __future__ import annotations

import sys

from .site import build


def main(arguments: list[str]) -> int:
    """Write the site into the one folder that is named; 2 if it cannot be done."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print("usage: python -m micrograd_bp.report FOLDER", file=sys.stderr)
        return 2
    try:
        written = build(arguments[0])
    except (OSError, RuntimeError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if not any(path.parts[-2] == "api" for path in written):
        print("no reference: it needs pdoc (pip install pdoc)", file=sys.stderr)
    print(f"wrote {len(written)} files to {arguments[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
