"""Files and functions of a size that one reads."""

import ast
import re
from pathlib import Path

import pytest

import micrograd_bp

PACKAGE = Path(micrograd_bp.__file__).parent
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
# Longer than that: to be split, so this list may only become shorter.
LONG_FILES: set[str] = set()


def sources():
    return [
        path
        for pattern in ("*.py", "*.js", "*.css", "*.j2")
        for path in sorted(PACKAGE.rglob(pattern))
    ]


def functions(path):
    """The name and the lines of every function of a file, decorators and docstring included."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield node.name, node.end_lineno - node.lineno + 1 - docstring(node)


def docstring(node):
    """The lines of its docstring: those are read apart."""
    first = node.body[0]
    if ast.get_docstring(node, clean=False) is None:
        return 0
    return first.end_lineno - first.lineno + 1


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_file_has_no_more_lines_than_one_reads(path):
    name = path.relative_to(PACKAGE).as_posix()
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_FILE or name in LONG_FILES, f"{name}: {lines} lines"


def test_a_function_has_no_more_lines_than_one_reads():
    long = {
        f"{path.relative_to(PACKAGE).as_posix()}: {name}": lines
        for path in sources()
        if path.suffix == ".py"
        for name, lines in functions(path)
        if lines > LONGEST_FUNCTION
    }
    assert long == {}


def test_what_is_too_complex_says_why():
    """Ruff's exceptions (C901, PLR0915) stand beside a reason, in the code or in pyproject.toml."""
    for path in sources():
        for line in path.read_text(encoding="utf-8").splitlines():
            if re.search(r"noqa: (C901|PLR0915)", line):
                assert re.search(r"noqa: (C901|PLR0915)[^#]* - \w+", line), f"{path.name}: {line}"


def test_a_graph_its_rules_and_the_three_gradients_fit_900_lines():
    """Who wants to follow what is derived, and how, reads these six files and no other."""
    heart = "scalar/ops scalar/engine network/graph"
    heart += " gradients/autodiff gradients/backprop gradients/numerical"
    texts = [(PACKAGE / f"{name}.py").read_text(encoding="utf-8") for name in heart.split()]
    assert sum(len(text.splitlines()) for text in texts) <= 900
