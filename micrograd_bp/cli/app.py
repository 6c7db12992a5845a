"""The application: its commands, its exit status, and errors in one line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from .. import __version__
from .check import check
from .draw import draw
from .grade import grade
from .predict import predict
from .train import InterruptedTraining, train

__all__ = ["main", "run"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="The referee for backpropagation: three gradients of one network, compared and drawn.",
)

INTERRUPTED = 130  # what a shell reports after Ctrl-C; typer returns it too

for command in (check, draw, train, predict, grade):
    app.command()(command)


@app.callback(invoke_without_command=True)
def version_option(
    version: Annotated[bool, typer.Option("--version", help="Print the version")] = False,
) -> None:
    if version:
        print(f"micrograd-bp {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line and leave with its exit status."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """The exit status of one command: 0 passed, 1 a check failed, 2 unusable, 130 interrupted."""
    for stream in (sys.stdout, sys.stderr):  # θ must not stop a terminal that lacks it
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        status = int(app(list(arguments), standalone_mode=False) or 0)
    except KeyboardInterrupt:
        status = INTERRUPTED
    except InterruptedTraining as stop:
        print(stop, file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader, e.g. `head`, has seen enough
        sys.stderr.close()
        return 0
    except (ValueError, TypeError, OSError, ImportError) as error:
        print(f"error: {_one_line(error)}", file=sys.stderr)
        return 2
    except Exception as error:
        if not hasattr(error, "format_message"):  # click's own, for wrong options
            raise
        print(f"error: {error.format_message()}", file=sys.stderr)
        return 2
    if status == INTERRUPTED:
        print("interrupted", file=sys.stderr)
    return status


def _one_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split()) or type(error).__name__
