"""The walls of the house: who may import whom, and what `import micrograd_bp` loads."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import micrograd_bp

PACKAGE = Path(micrograd_bp.__file__).parent

# The rooms from the ground floor up: each may import those before it, never those after it.
ROOMS = [
    "support",
    "scalar",
    "network",
    "gradients",
    "comparison",
    "checking",
    "grading",
    "drawing",
    "training",
    "report",
    "testing",
    "pytest_plugin",
    "cli",
]
ABOVE = {"__init__", "__main__", "py.typed"}  # of the package itself, on the roof
# What lies below and is out of bounds all the same.
FORBIDDEN = {
    "gradients.autodiff": {"gradients.backprop", "gradients.numerical", "gradients.numerical_fast"},
    "gradients.backprop": {
        *("scalar", "network.graph"),
        *("gradients.autodiff", "gradients.numerical", "gradients.numerical_fast"),
    },
    "gradients.numerical": {"scalar", "network.graph", "gradients.autodiff", "gradients.backprop"},
    "gradients.numerical_fast": {
        *("scalar", "network.graph", "gradients.autodiff", "gradients.backprop"),
    },
    "drawing": {"gradients", "comparison", "checking", "grading"},
    "checking": {"gradients", "comparison"},
}
# Results know nothing of the page, but for the one line that hands them over to it.
HOOK = ("support.result", "report.page")


def imports(path, module, is_package=False):
    """The package's own modules that a file imports, wherever in it, dots resolved."""
    package = ["micrograd_bp", *module.split(".")]
    if not is_package:
        package = package[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *(node.module or "").split(".")]).rstrip(".")
            # `from . import ops` names modules, `from .ops import SUM` names things
            found |= (
                {f"{name}.{alias.name}" for alias in node.names} if node.module is None else {name}
            )
    prefix = "micrograd_bp."
    return {name.removeprefix(prefix) for name in found if name.startswith(prefix)}


def modules():
    """Every file of the package with its dotted name, ``scalar`` for ``scalar/__init__.py``."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        yield path, name.removesuffix(".__init__")


def within(module, place):
    return module == place or module.startswith(f"{place}.")


def resolved(name, known):
    """The module that an import of ``name`` loads: itself, or what holds the name."""
    return name if name in known else name.rpartition(".")[0]


GRAPH = {
    name: {
        resolved(found, {n for _, n in modules()})
        for found in imports(path, name, is_package=path.name == "__init__.py")
    }
    for path, name in modules()
    if name not in ABOVE
}


def test_every_file_stands_in_a_room():
    strangers = {
        entry.name
        for entry in PACKAGE.iterdir()
        if entry.stem not in {*ROOMS, *ABOVE} and entry.name not in {"__pycache__", "py.typed"}
    }
    assert not strangers


@pytest.mark.parametrize("module", GRAPH)
def test_imports_point_downward_only(module):
    floor = ROOMS.index(module.partition(".")[0])
    for found in GRAPH[module] - {""}:
        if (module, found) != HOOK:
            assert ROOMS.index(found.partition(".")[0]) <= floor, f"{module} imports {found}"


@pytest.mark.parametrize("place", FORBIDDEN)
def test_what_is_out_of_bounds_is_not_imported(place):
    inside = [module for module in GRAPH if within(module, place)]
    assert inside
    for module in inside:
        for found in GRAPH[module]:
            assert not any(within(found, barred) for barred in FORBIDDEN[place]), (module, found)


def test_no_file_imports_itself_by_way_of_others():
    graph = {name: found - {name, ""} for name, found in GRAPH.items()}
    graph[HOOK[0]] -= {HOOK[1]}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_the_wall_test_sees_an_import(tmp_path):
    wrong = tmp_path / "backprop.py"
    wrong.write_text("def f():\n    from ..engine import Value\n    from .. import graph\n")
    assert imports(wrong, "gradients.backprop") == {"engine", "graph"}


def test_import_loads_numpy_and_the_standard_library_only():
    code = (
        "import sys, micrograd_bp; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(result.stdout.split())
    assert "numpy" in loaded
    heavy = {"scipy", "matplotlib", "graphviz", "typer", "rich", "jinja2", "sklearn", "torch"}
    assert not loaded & (heavy | {"dask", "distributed", "mpmath", "pytest"})


def test_every_public_name_of_the_contract_is_there():
    for name in micrograd_bp.__all__:
        assert hasattr(micrograd_bp, name)
    assert micrograd_bp.__all__ == sorted(micrograd_bp.__all__)
