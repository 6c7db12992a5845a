"""The pictures in examples/pictures are what the commands beside them make."""

import re
import shlex
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest

from micrograd_bp.cli import run

FOLDER = Path(__file__).parents[2] / "examples" / "pictures"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
COMMANDS = [shlex.split(line) for line in README.splitlines() if line.startswith("micrograd-bp ")]


def texts(path):
    return Counter(
        " ".join("".join(text.itertext()).split())
        for text in ET.parse(path).getroot().iter("{http://www.w3.org/2000/svg}text")
    )


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: Path(command[2]).stem)
def test_a_command_of_the_page_makes_the_picture_beside_it(command, tmp_path):
    program, draw, target, *options = command
    made = tmp_path / Path(target).name
    assert (program, draw) == ("micrograd-bp", "draw")
    assert run([draw, str(made), *options]) == 0
    assert texts(made) == texts(FOLDER / made.name)


def test_every_picture_on_the_page_has_its_command():
    shown = re.findall(r"\((\S+\.svg)\)", README)
    assert shown == [Path(command[2]).name for command in COMMANDS]
