"""The static site: pages to play with, the course with its output, and the reference.

It is built from a checkout, because the course and the students' files are no part of the
installed package.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..comparison.compare import compare_gradients
from ..grading.sandbox import grade_submission
from ..network.sigmoid import SigmoidNetwork
from ..support.files import write_file
from ..training.data import iris
from .page import FOLDER, digest, environment

__all__ = ["build"]

CHECKOUT = FOLDER.parents[1]
MISTAKES = ("one_path_lost", "slope_missing", "output_delta_sign")  # of tests/students
SECONDS = 300  # that a script of the course may take
# Beside the package itself: where its results and the training are described.
REFERENCE = (
    *("support.result", "comparison.proof", "network.interchange", "training.data"),
    *("training.train", "training.classifier", "training.plots", "testing"),
)
SMALL = [[[0.1, 0.8, -0.5], [-0.3, 0.4, 0.9]], [[0.2, 1.1, -0.7], [-0.4, -0.6, 0.5]]]

Link = dict[str, str]


def build(folder: str | Path, scripts: Sequence[Path] | None = None) -> list[Path]:
    """Write the site into ``folder`` and return the files that were written.

    ``scripts`` are those of the course (by default all of ``examples/0*.py``). The reference is
    made by pdoc, where it is installed. Raises ValueError outside a checkout, OSError if a file
    cannot be written, and RuntimeError if a script of the course fails.
    """
    course = sorted((CHECKOUT / "examples").glob("0*.py")) if scripts is None else list(scripts)
    students = CHECKOUT / "tests" / "students"
    if not course or not students.is_dir():
        raise ValueError(f"site: {CHECKOUT} is no checkout with examples/ and tests/students/")
    root = Path(folder)
    for name in ("play", "course"):
        (root / name).mkdir(parents=True, exist_ok=True)
    sections = [
        {"title": "Play", "links": _to_play(root)},
        {
            "title": "A wrong gradient, judged",
            "links": [_graded(root, students, s) for s in MISTAKES],
        },
        {"title": "The course", "links": [_lesson(root, script) for script in course]},
    ]
    if find_spec("pdoc"):
        sections.append({"title": "Reference", "links": [_reference(root)]})
    _write(
        root / "index.html",
        title="micrograd_bp",
        menu=[],
        paragraphs=[
            "The referee for backpropagation: three gradients of one network that share no "
            "formula, held against each other, and a page on which every number can be touched. "
            "Nothing needs to be installed to play.",
            "The course is also a notebook, examples/course.ipynb, which needs Python on your own "
            "machine: a browser could run it only with NumPy built for WebAssembly, which the "
            "package registries PyPI and npm do not have.",
        ],
        sections=sections,
    )
    return sorted(path for path in root.rglob("*") if path.is_file())


def _to_play(root: Path) -> list[Link]:
    data = iris()
    small = compare_gradients(SigmoidNetwork(thetas=SMALL), [[1.5, 2.0]], [[1, 0]])
    small.to_html(root / "play" / "2-2-2.html")
    flowers = compare_gradients(SigmoidNetwork([4, 5, 3], seed=0), data.X, data.y, 1.0)
    flowers.to_html(root / "play" / "iris.html", features=data.features, classes=data.classes)
    return [
        _link("play/2-2-2.html", "A 2-2-2 network", "small enough to follow every number"),
        _link("play/iris.html", "A 4-5-3 network and 150 flowers", "choose any flower"),
    ]


def _graded(root: Path, students: Path, stem: str) -> Link:
    diagnosis = grade_submission(str(students / f"{stem}.py"))
    target = f"play/{stem}.html"
    diagnosis.to_html(root / target)
    return _link(target, stem.replace("_", " "), diagnosis.verdict)


def _lesson(root: Path, script: Path) -> Link:
    """A script of the course on a page of its own: what it says, prints and draws."""
    source = script.read_text("utf-8")
    first, *rest = (ast.get_docstring(ast.parse(source)) or script.stem).split("\n\n")
    with tempfile.TemporaryDirectory() as work:
        done = subprocess.run(
            [sys.executable, str(script)],
            cwd=work,
            env=os.environ | {"MPLBACKEND": "Agg", "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
        )
        if done.returncode:
            error = done.stderr.strip().splitlines()[-1:] or ["no message"]
            raise RuntimeError(f"{script.name}: exit status {done.returncode}: {error[0]}")
        pictures = [p for p in sorted(Path(work).iterdir()) if p.suffix in (".svg", ".png")]
        for picture in pictures:
            write_file(root / "course" / picture.name, picture.read_bytes())
        drawn = [picture.name for picture in pictures]
    target = f"course/{script.stem}.html"
    _write(
        root / target,
        title=script.stem.replace("_", " "),
        menu=[("All of it", "../index.html")],
        paragraphs=[first, *rest],
        sections=[],
        source=source,
        output=done.stdout,
        pictures=drawn,
    )
    return _link(target, script.stem.replace("_", " "), " ".join(first.split()))


def _reference(root: Path) -> Link:
    """The public modules by pdoc, from the docstrings."""
    import pdoc
    import pdoc.render

    names = ["micrograd_bp", *(f"micrograd_bp.{name}" for name in REFERENCE)]
    pdoc.render.configure(docformat="numpy", math=False, show_source=False)
    with warnings.catch_warnings():  # that it cannot look up names imported for types alone
        warnings.simplefilter("ignore")
        pdoc.pdoc(*names, output_directory=root / "api")
    return _link("api/micrograd_bp.html", "Names", "every public function, from its docstring")


def _link(target: str, name: str, words: str = "") -> Link:
    return {"target": target, "name": name, "words": words}


def _write(path: Path, **context: Any) -> None:
    style = (FOLDER / "page.css").read_text("utf-8")
    policy = f"default-src 'none'; img-src 'self' data:; style-src {digest(style)}; base-uri 'none'"
    context = {"source": "", "output": "", "pictures": [], **context}
    template = environment().get_template("site.html.j2")
    write_file(path, template.render(style=style, policy=policy, **context).encode())
