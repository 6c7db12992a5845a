"""Run a script of examples/ in this process, as the command line would, in a folder of its own."""

import io
import runpy
from contextlib import redirect_stdout

import matplotlib.pyplot as plt
import pytest


def run_script(path, folder, *arguments):
    """Its variables and what it printed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLBACKEND", "Agg")
        patch.chdir(folder)
        patch.setattr("sys.argv", [str(path), *arguments])
        with redirect_stdout(io.StringIO()) as printed:
            variables = runpy.run_path(str(path), run_name="__main__")
    plt.close("all")
    return variables, printed.getvalue()
