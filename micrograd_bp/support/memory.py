"""Memory, estimated before it is taken: a sentence instead of a MemoryError or a killed process."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["available_bytes", "require_memory"]

LITTLE = 1e8  # bytes
# Where Linux says how much a process may still take: of the machine, and of its control group.
MEMINFO = Path("/proc/meminfo")
GROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def require_memory(what: str, needed: float) -> None:
    """Raise ValueError if ``needed`` bytes are more than this machine can give.

    ``what`` names the argument and its value; the message says how much it needs and how much
    there is. Where the system does not tell how much there is, everything passes.

    Examples
    --------
    >>> require_memory("X", 1e3)
    >>> require_memory("layers: 4-200000000-3", 1e18)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ValueError: layers: 4-200000000-3 needs 1e+09 GB of memory, there are ...
    """
    if needed < LITTLE:  # not worth asking the system
        return
    there = available_bytes()
    if there is not None and needed > there:
        raise ValueError(
            f"{what} needs {needed / 1e9:.3g} GB of memory, there are {there / 1e9:.3g}"
        )


def available_bytes() -> float | None:
    """How many bytes a new array may take at most, or None where the system does not say."""
    limits = [*_meminfo(), *_group_limits()]
    if not limits and hasattr(os, "sysconf"):
        try:
            limits.append(float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")))
        except (ValueError, OSError):
            return None
    return min(limits, default=None)


def _meminfo() -> list[float]:
    try:
        lines = MEMINFO.read_text(encoding="ascii").splitlines()
        values = dict(line.split(":", 1) for line in lines if ":" in line)
        return [sum(1024.0 * int(values[name].split()[0]) for name in ("MemAvailable", "SwapFree"))]
    except (OSError, ValueError, KeyError, IndexError):
        return []


def _group_limits() -> list[float]:
    limits = []
    for file in GROUP_LIMITS:
        try:
            limits.append(float(file.read_text(encoding="ascii")))  # "max": no limit
        except (OSError, ValueError):
            continue
    return limits
