"""Files of tests/students/read: what every line computes, as a reader says it beside the line.

``#| z⁽²⁾`` stands beside a line that computes z⁽²⁾, ``#wrong| δ⁽²⁾`` beside one that should, and
``#follows| …`` where numbers are wrong only because of a line before. The first lines of a file
tell the outcome, the mistake's name, what the wrong line computes and what it should, and how the
data are read.
"""

import re

import pytest

from .in_process import in_process
from .students_at_work import STUDENTS

FILES = sorted((STUDENTS / "read").glob("*.py"))


def said(text, word):
    """What the file's first lines say of something."""
    found = re.search(rf"^# {word}(?:: (.*))?$", text, re.MULTILINE)
    return found and found[1]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_read_line_by_line_as_a_reader_does(path, monkeypatch):
    text = path.read_text(encoding="utf-8")
    diagnosis = in_process(monkeypatch)(path)
    outcome, _, name = text.partition("\n")[0].removeprefix("# ").partition(": ")
    assert diagnosis.outcome == outcome
    assert diagnosis.form == said(text, "read as")
    if outcome != "wrong":
        assert "; ".join(diagnosis.differences) == name
        assert diagnosis.where is None
    else:
        assert not name or diagnosis.mistakes[0].name == name
        assert "#wrong|" in diagnosis.where["code"]
        for key, word in (("expected", "expected"), ("computed", "computes")):
            assert diagnosis.where[key] == said(text, word) or not said(text, word)
    lines = {line.number: line for line in diagnosis.lines.lines}
    for number, line in enumerate(text.splitlines(), start=1):
        beside = re.search(r"#(wrong|follows|)\| ?(.*)$", line)
        if beside:
            assert (lines[number].status, lines[number].computed) == (
                beside[1] or "right", beside[2]
            ), line  # fmt: skip
