"""Files of every format, with the system's Graphviz and with the embedded one."""

import os
import shutil
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import graphviz
import pytest
from graphviz.backend import dot_command

from micrograd_bp import Value, draw
from micrograd_bp.drawing.dot import find_dot, render, svg


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    """As in a new process: nobody has told the graphviz package where its program is."""
    monkeypatch.setattr(dot_command, "DOT_BINARY", Path("dot"))


@pytest.fixture
def _embedded(monkeypatch):
    """A machine without Graphviz, whose PATH does not even hold Python's scripts."""
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def system():
    if shutil.which("dot") is None:
        pytest.skip("no Graphviz on this machine to compare with")


@pytest.fixture
def picture():
    x, y = Value(2.0, label="x"), Value(-3.0, label="y")
    return draw(x * y)


BEGINNINGS = {"svg": b"<?xml", "png": b"\x89PNG", "dot": b"digraph"}


@pytest.mark.parametrize("ending", BEGINNINGS)
@pytest.mark.usefixtures("_embedded")
def test_each_format_without_graphviz_on_the_machine(picture, tmp_path, ending):
    target = tmp_path / f"picture.{ending}"
    assert render(picture, target) == target
    assert target.read_bytes().startswith(BEGINNINGS[ending])
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.usefixtures("_embedded")
def test_a_very_large_png_has_as_many_pixels_as_renderers_can_make(picture, tmp_path):
    def size(png):  # of the IHDR chunk, PNG specification 11.2.2
        return struct.unpack(">II", png.read_bytes()[16:24])

    width, height = size(render(picture, tmp_path / "small.png"))
    tall = graphviz.Digraph(node_attr={"height": "900"}, body=["a"])
    assert size(render(tall, tmp_path / "tall.png"))[1] in range(32700, 32768)
    assert width > height > 100


@pytest.mark.usefixtures("system")
def test_pdf_with_the_systems_graphviz(picture, tmp_path):
    assert render(picture, tmp_path / "picture.PDF").read_bytes().startswith(b"%PDF")


@pytest.mark.usefixtures("_embedded")
def test_pdf_without_graphviz_says_what_to_install(picture, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"^PDF needs Graphviz itself: install it \(http"):
        render(picture, tmp_path / "picture.pdf")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["picture.jpg", "picture", ".svg"])
def test_another_ending_is_named(picture, tmp_path, name):
    with pytest.raises(ValueError, match=r"path: got '.*', expected a name that ends in \.svg, "):
        render(picture, tmp_path / name)


@pytest.mark.usefixtures("_embedded")
def test_a_failed_run_leaves_the_old_file(tmp_path):
    target = tmp_path / "picture.svg"
    target.write_text("old")
    broken = graphviz.Digraph(body=["a -> ["])
    with pytest.raises(ValueError, match="Graphviz cannot lay out this graph"):
        render(broken, target)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_an_unwritable_place_is_named(picture, tmp_path):
    with pytest.raises(FileNotFoundError) as raised:
        render(picture, tmp_path / "missing" / "picture.dot")
    assert raised.value.filename == str(tmp_path / "missing" / "picture.dot")


@pytest.mark.usefixtures("system")
def test_the_systems_graphviz_goes_first():
    assert find_dot() == shutil.which("dot")


@pytest.mark.usefixtures("_embedded")
def test_the_embedded_command_is_found_beside_python():
    assert Path(find_dot()).stem == "graphviz-pure"


def test_a_program_that_the_user_configured_stays(monkeypatch):
    monkeypatch.setattr(dot_command, "DOT_BINARY", Path(sys.executable))
    assert find_dot() == sys.executable
    assert Path(sys.executable) == dot_command.DOT_BINARY


@pytest.mark.usefixtures("_embedded")
def test_without_any_program_the_error_says_what_to_install(picture, monkeypatch, tmp_path):
    monkeypatch.setattr(dot_command, "DOT_BINARY", Path("dot"))
    monkeypatch.setattr("micrograd_bp.drawing.dot.EMBEDDED", "no-such-program")
    with pytest.raises(FileNotFoundError, match="run `pip install graphviz-pure`"):
        svg(picture)
    render(picture, tmp_path / "picture.dot")  # the text needs no program


def test_a_digraph_draws_itself_in_a_process_without_graphviz_on_its_path():
    code = "from micrograd_bp import *; print(draw(Value(2.0) * 3.0).pipe(format='svg').decode())"
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        env={**os.environ, "PATH": "", "PYTHONIOENCODING": "utf-8"},
    )
    assert ET.fromstring(run.stdout.encode()).tag.endswith("svg")
    assert "graphviz-pure" in run.stdout
