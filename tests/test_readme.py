"""What the README shows is what the package gives."""

import re
from pathlib import Path

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork, compare_gradients
from micrograd_bp.cli import run
from micrograd_bp.training.data import iris

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.DOTALL)


def test_the_table_holds_the_numbers_of_the_three_methods():
    data = iris()
    net = SigmoidNetwork([4, 5, 3], seed=0)
    c = compare_gradients(net, data.X, data.y, 1.0)
    index = {net.parameter_name(p): p for p in range(net.theta.size)}
    rows = re.findall(r"^\| (θ\S+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", README, flags=re.M)
    assert len(rows) == 6
    for name, *numbers in rows:
        for gradient, number in zip(c.gradients, numbers, strict=True):
            # differences of J ≈ 2.3 over 2ε carry a few 2⁻⁵³ J / ε ≈ 3e-12 of rounding
            tolerance = 1e-11 if gradient.method == "numerical" else 2e-12
            assert float(number) == pytest.approx(gradient.vector[index[name]], abs=tolerance)
    worst = np.argsort(-np.abs(c.gradients[2].vector - c.gradients[1].vector))[:3]
    assert [name for name, *_ in rows[:3]] == [net.parameter_name(int(p)) for p in worst]
    # the last bits depend on the order in which the machine's BLAS adds
    ulps = r"at most \d+ and \d+ ulp"
    assert re.sub(ulps, "", c.verdict) in re.sub(ulps, "", README)
    assert c.proof.digits >= 30


def test_the_first_two_blocks_set_up_and_run_the_main_job_and_the_tests():
    (first, main_job), (second, tests) = BLOCKS[:2]
    assert first == second == "sh"
    assert main_job.rstrip().endswith("micrograd-bp check")
    assert tests.rstrip().endswith("-m pytest")


def test_the_python_block_runs(tmp_path, monkeypatch, capsys):
    (code,) = [text for language, text in BLOCKS if language == "python"]
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    assert (names["x"].grad, names["y"].grad) == (1.0, 2.0)
    assert (tmp_path / "z.svg").stat().st_size > 0
    assert names["comparison"].verdict in capsys.readouterr().out


def test_grade_prints_what_the_readme_shows(tmp_path, capsys):
    (report,) = [text for language, text in BLOCKS if language == "text"]
    source = tmp_path / "my_backprop.py"
    source.write_text(
        "import numpy as np\n"
        "def g(z): return 1 / (1 + np.exp(-z))\n"
        "def backprop(thetas, X, Y, lambda_):\n"
        "    m = len(X)\n"
        "    a1 = np.c_[np.ones(m), X]\n"
        "    a2 = np.c_[np.ones(m), g(a1 @ thetas[0].T)]\n"
        "    d3 = g(a2 @ thetas[1].T) - Y\n"
        "    d2 = d3 @ thetas[1][:, 1:]\n"
        "    D1, D2 = d2.T @ a1 / m, d3.T @ a2 / m\n"
        "    D1[:, 1:] += lambda_ / m * thetas[0][:, 1:]\n"
        "    D2[:, 1:] += lambda_ / m * thetas[1][:, 1:]\n"
        "    return [D1, D2]\n",
        encoding="utf-8",
    )
    assert run(["grade", str(source)]) == 1
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    shown = [line for line in report.splitlines() if line]
    assert [line for line in printed if line][: len(shown)] == shown


@pytest.mark.parametrize("command", sorted(set(re.findall(r"micrograd-bp (\w+)", README))))
def test_every_command_of_the_readme_exists(command, capsys):
    assert run([command, "--help"]) == 0
    assert command in capsys.readouterr().out


def test_every_link_of_the_readme_leads_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)|(?:src|srcset)=\"([^\"]+)\"", README)
    assert len(links) > 5
    for link in (a or b for a, b in links):
        assert link.startswith("http") or (ROOT / link).exists(), link
