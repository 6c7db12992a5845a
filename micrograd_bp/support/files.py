"""Writing files: a reader never sees half of one, and what is no file is never replaced."""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import re
import secrets
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path

__all__ = ["try_target", "write_file"]

# Temporary names say on which machine and by which process they are written, so that those of a
# killed process can be told from those at work.
HOST = f"{zlib.crc32(platform.node().encode()):08x}"
LONGEST_NAME = 180  # of its beginning in a temporary name: most systems allow 255 bytes in all
TRIAL = b"\0" * 4096  # a block of most file systems: a full disk has no room for it


def write_file(path: str | Path, content: bytes) -> None:
    """Write ``content`` beside ``path`` and rename it: if that fails, the old file stays.

    A link is followed, and a file keeps its mode. What is no file (a device, a pipe) is written
    to and stays what it is. Whatever killed processes have left of this file is removed. Raises
    OSError, which names ``path``, if it cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_file(f"{folder}/page.html", b"<p>")
    ...     [file.name for file in Path(folder).iterdir()]
    ['page.html']
    """
    with _named(path):
        target = _target(Path(path))
        if target is None:
            with open(path, "wb", buffering=0) as stream:  # noqa: PTH123 - Path has no buffering=0
                _write(stream.fileno(), content)
            return
        _remove_left_over(target)
        temporary = _temporary(target)
        try:
            _create(temporary, content, _mode(target))
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


def try_target(path: str | Path) -> None:
    """Raise OSError, which names ``path``, if ``write_file`` could not write there now.

    For before long work: the folder must exist and allow it, a disk must have room. Nothing is
    left, and the file, if there is one, is not touched.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     try_target(f"{folder}/page.html")
    ...     list(Path(folder).iterdir())
    []
    """
    with _named(path):
        target = _target(Path(path))
        if target is None:
            if not os.access(path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            return
        temporary = _temporary(target)
        try:
            _create(temporary, TRIAL, None)
        finally:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _named(path: str | Path) -> Iterator[None]:
    """Whatever name an OSError has, the user knows ``path``."""
    try:
        yield
    except OSError as error:
        made = OSError(error.errno, error.strerror or str(error), str(path))
        raise made from None


def _target(path: Path) -> Path | None:
    """The regular file behind the links, or None for what is to be written to as it is."""
    if Path(os.path.abspath(path)).parts[1:2] in (("dev",), ("proc",)):  # noqa: PTH100 - no links
        return None
    target = Path(os.path.realpath(path))
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return target
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        return None
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return target


def _temporary(target: Path) -> Path:
    name = os.fsdecode(os.fsencode(target.name)[:LONGEST_NAME])
    return target.with_name(f".{name}.{HOST}-{os.getpid()}-{secrets.token_hex(4)}.part")


def _remove_left_over(target: Path) -> None:
    name = re.escape(os.fsdecode(os.fsencode(target.name)[:LONGEST_NAME]))
    pattern = re.compile(rf"\.{name}\.{HOST}-(\d+)-[0-9a-f]{{8}}\.part")
    with contextlib.suppress(OSError):
        for entry in os.scandir(target.parent):
            match = pattern.fullmatch(entry.name)
            if match and not _lives(int(match[1])):
                Path(entry.path).unlink(missing_ok=True)


def _lives(process: int) -> bool:
    if os.name == "nt":  # signal 0 would end it there
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _mode(target: Path) -> int | None:
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        return None


def _create(temporary: Path, content: bytes, mode: int | None) -> None:
    """A new file with this content; without a ``mode`` that of any new file."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o666)
    try:
        _write(descriptor, content)
        if mode is not None:
            with contextlib.suppress(PermissionError):  # a file system without modes
                temporary.chmod(mode)
        with contextlib.suppress(OSError):  # some file systems cannot
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
