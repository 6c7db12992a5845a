"""The walls of the house: who may import whom, and what `import micrograd_bp` loads."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import micrograd_bp

PACKAGE = Path(micrograd_bp.__file__).parent

# What each module may import from the package: ever higher floors, each standing on those below.
ARRAYS = {"symbols", "network"}
GRAPH = ARRAYS | {"ops", "engine", "graph"}
RESULT = ARRAYS | {"gradients.result"}
GRADIENTS = {f"gradients.{name}" for name in ("autodiff", "backprop", "numerical", "result")}
WALLS = {
    "ops": set(),
    "symbols": set(),
    "tables": set(),
    "executors": set(),
    "engine": {"ops"},
    "network": {"symbols"},
    "graph": {"engine", "network", "symbols"},
    "program": {"network", "ops"},
    "tape": {"engine", "executors", "network", "ops", "program"},
    "gradients.result": {"network"},
    "gradients.autodiff": GRAPH | RESULT | {"tape"},
    "gradients.backprop": RESULT,
    "gradients.numerical": RESULT | {"executors"},
    "layout": {"files"},
    "digraph": set(),
    "style": {"digraph", "engine"},
    "paths": {"engine", "style"},
    "scalar_view": {"engine", "graph", "paths", "style", "symbols"},
    "unit_view": {"engine", "graph", "paths", "style"},
    "layer_view": {"engine", "graph", "style", "symbols"},
    "draw": {"engine", "graph", "layout", "paths", "style"}
    | {"layer_view", "scalar_view", "unit_view"},
    "rounding": {"network"},
    "slope": {"network"},
    "blackbox": {"network", "slope"},
    "judge": {"network", "slope"},
    "check": {"blackbox", "engine", "judge", "network", "ops", "tables", "tape"},
    "testing": {"check", "network"},
    "data": {"network"},
    "equations": GRAPH | {"gradients", "rounding", "tables"},
    # to_html reaches up to the page that shows a comparison, or a diagnosis
    "compare": ARRAYS | {"files", "gradients", "gradients.result", "report", "rounding", "tables"},
    "report.chart": {"symbols"},
    "report.mathml": {"report.numbers"},
    "report.measure": {"gradients", "network", "rounding"},
    "report.numbers": set(),
    "report.story": {"engine", "graph", "network"},
    "precision": {"network"},
    "mistakes": {"gradients.backprop", "network"},
    "submission": {"network"},
    "diagnosis": {"files", "mistakes", "report", "rounding", "symbols", "tables"},
    "evidence": {"gradients", "mistakes", "network", "precision", "rounding", "submission"},
    "explain": {"diagnosis", "evidence", "mistakes"},
    "clues": {"diagnosis", "evidence", "symbols"},
    "diagnose": ARRAYS | {"clues", "diagnosis", "evidence", "explain", "submission"},
    "student": {"diagnose", "submission", "student"},
    "files": set(),
    "train": {"check", "engine", "gradients", "graph", "network", "tape"},
    "model": {"data", "files", "network", "tables", "train"},
    "plots": {"data", "files", "model", "network"},
    "interchange": {"files", "network"},
}


def imports(path, module):
    """The package's own modules that a file imports, wherever in it, dots resolved."""
    package = ["micrograd_bp", *module.split(".")]
    if path.name != "__init__.py":
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


@pytest.mark.parametrize("module", WALLS)
def test_imports_point_downward_only(module):
    path = PACKAGE / (module.replace(".", "/") + ".py")
    if not path.exists():
        pytest.fail(f"{module} is gone: take it out of the table")
    assert imports(path, module) <= WALLS[module]


def test_the_wall_test_sees_an_import(tmp_path):
    wrong = tmp_path / "backprop.py"
    wrong.write_text("def f():\n    from ..engine import Value\n    from .. import graph\n")
    assert imports(wrong, "gradients.backprop") == {"engine", "graph"}


def test_the_three_methods_do_not_know_each_other():
    for name in ("autodiff", "backprop", "numerical"):
        others = {f"gradients.{other}" for other in ("autodiff", "backprop", "numerical")} - {
            f"gradients.{name}"
        }
        assert not imports(PACKAGE / "gradients" / f"{name}.py", f"gradients.{name}") & others


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
