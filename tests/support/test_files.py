"""Files are written whole or not at all; links, modes, devices and pipes stay what they are."""

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from micrograd_bp.support.files import try_target, write_file

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")


@posix
def test_a_link_is_followed_and_stays_a_link(tmp_path):
    (tmp_path / "far").mkdir()
    target, link = tmp_path / "far" / "page.html", tmp_path / "link.html"
    link.symlink_to(target)
    for content in (b"first", b"second"):  # the target is made, and then replaced
        write_file(link, content)
        assert link.is_symlink()
        assert target.read_bytes() == content


@posix
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755])
def test_a_file_keeps_its_mode_and_a_new_one_has_that_of_new_files(tmp_path, mode):
    old, new, usual = tmp_path / "old", tmp_path / "new", tmp_path / "usual"
    old.write_bytes(b"")
    old.chmod(mode)
    usual.write_bytes(b"")
    write_file(old, b"x")
    write_file(new, b"x")
    assert stat.S_IMODE(old.stat().st_mode) == mode
    assert new.stat().st_mode == usual.stat().st_mode


@posix
def test_a_pipe_and_a_device_are_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_file(pipe, b"content")
    reader.join(10)
    assert read == [b"content"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    write_file("/dev/null", b"content")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_threads_that_write_one_file_leave_no_mixture(tmp_path):
    file = tmp_path / "file"
    contents = [bytes([65 + i]) * 50_000 for i in range(4)]
    write_file(file, contents[0])
    done, torn = threading.Event(), []

    def read():
        while not done.is_set():
            content = file.read_bytes()
            if content not in contents:
                torn.append(content)

    def write(content):
        for _ in range(25):
            write_file(file, content)

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert not torn
    assert list(tmp_path.iterdir()) == [file]


@posix
def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path):
    dying = (
        "import os, sys; from micrograd_bp.support import files; "
        "files.os.fsync = lambda _: os.kill(os.getpid(), 9); "
        "files.write_file(sys.argv[1], b'half')"
    )
    file = tmp_path / "file"
    killed = subprocess.run([sys.executable, "-c", dying, str(file)], check=False)
    assert killed.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    living = left.with_name(left.name.replace(left.name.split("-")[1], str(os.getpid())))
    living.write_bytes(b"")
    write_file(file, b"whole")
    assert sorted(tmp_path.iterdir()) == sorted([file, living])


def test_an_error_names_the_file_of_the_user_and_leaves_the_old_one(tmp_path):
    for write in (lambda path: write_file(path, b"x"), try_target):
        with pytest.raises(FileNotFoundError) as caught:
            write(tmp_path / "no" / "file")
        assert caught.value.filename == str(tmp_path / "no" / "file")
        with pytest.raises(IsADirectoryError) as caught:
            write(tmp_path)
        assert caught.value.filename == str(tmp_path)
    assert list(tmp_path.iterdir()) == []


@posix
def test_a_full_disk_is_said_and_the_old_file_stays(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_bytes(b"old")

    def full(descriptor, content):
        raise OSError(28, "No space left on device", "another name")

    monkeypatch.setattr("micrograd_bp.support.files._write", full)
    for write in (lambda path: write_file(path, b"new"), try_target):
        with pytest.raises(OSError, match="No space left") as caught:
            write(file)
        assert caught.value.filename == str(file)
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


@posix
@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may all")
def test_a_read_only_file_is_not_replaced(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"old")
    file.chmod(0o444)
    for write in (lambda path: write_file(path, b"new"), try_target):
        with pytest.raises(PermissionError):
            write(file)
    assert file.read_bytes() == b"old"


def test_trying_a_target_changes_nothing(tmp_path):
    file = tmp_path / "file"
    try_target(file)
    assert list(tmp_path.iterdir()) == []
    file.write_bytes(b"old")
    try_target(file)
    assert file.read_bytes() == b"old"


def test_a_name_of_the_longest_length_can_be_written(tmp_path):
    file = tmp_path / ("é" * 120 + ".html")
    write_file(file, b"x")
    assert list(tmp_path.iterdir()) == [file]
