"""Every script in examples/ runs as it stands, in an empty folder, and draws its conclusion."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

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
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": "1",
        "PYTHONIOENCODING": "utf-8",
    }
    result = subprocess.run(
        [sys.executable, script, *quick],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()
    if "savefig" in text or "plot_training" in text:
        plot = tmp_path / f"{script.stem}.png"
        assert plot.read_bytes().startswith(b"\x89PNG")
        assert "Conclusion: " in result.stdout.splitlines()[-1]
        assert str(plot.name) in result.stdout.splitlines()[-1]


def test_every_link_of_the_readme_leads_somewhere():
    folder = ROOT / "examples"
    links = re.findall(r"\]\(([^)#:]+)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert len(links) > 30
    assert [link for link in links if not (folder / link).exists()] == []
