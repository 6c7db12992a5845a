"""Every script in examples/ runs as it stands, in an empty folder, and draws its conclusion."""

import re
from pathlib import Path

import pytest

from .scripts import run_script

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT / "examples").glob("[a-z]*.py"))  # 01_… to 08_… run in test_course.py
NEEDS = {"digits_by_scalar_graph.py": "sklearn"}


def marked(script):
    """PyTorch's own scripts run with PyTorch's own tests."""
    uses_torch = "import torch" in script.read_text(encoding="utf-8")
    return pytest.param(script, id=script.stem, marks=[pytest.mark.torch] if uses_torch else [])


@pytest.mark.parametrize("script", [marked(script) for script in SCRIPTS])
def test_example_runs(script, tmp_path):
    text = script.read_text(encoding="utf-8")
    if script.name in NEEDS:
        pytest.importorskip(NEEDS[script.name], reason="the example's data come with it")
    quick = ["--quick"] if "--quick" in text else []
    _, printed = run_script(script, tmp_path, *quick)
    assert printed.strip()
    if "savefig" in text or "plot_training" in text:
        plot = tmp_path / f"{script.stem}.png"
        assert plot.read_bytes().startswith(b"\x89PNG")
        assert "Conclusion: " in printed.splitlines()[-1]
        assert str(plot.name) in printed.splitlines()[-1]


def test_every_link_of_the_readme_leads_somewhere():
    folder = ROOT / "examples"
    links = re.findall(r"\]\(([^)#:]+)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert len(links) > 30
    assert [link for link in links if not (folder / link).exists()] == []
