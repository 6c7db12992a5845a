"""The application: its commands, its exit status, and errors in one line."""

from __future__ import annotations

import functools
import logging
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from .. import __version__
from ..support.interrupts import end_program, exit_status, interruptible, was_interrupted
from .check import check
from .draw import draw
from .grade import grade
from .predict import predict
from .streams import flush, prepare_streams, print_error
from .train import InterruptedTraining, train

__all__ = ["main", "run"]

NAME = "micrograd-bp"
USAGE = f"""\
usage: {NAME} check | draw | grade | train | predict [OPTIONS]
Try '{NAME} check' for three gradients of a network on the iris data, or '{NAME} --help'."""
STATUS = (
    "Exit status: 0 it passed, 1 a check ran and failed or nothing was decided, 2 the input or "
    "an option cannot be used, 130 interrupted by Ctrl-C."
)

app = typer.Typer(
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="The referee for backpropagation: three gradients of one network, compared and drawn.",
    epilog=STATUS,
)


class _Failed(Exception):  # noqa: N818 - carries the status past typer, which has its own ideas
    """A command has said what was wrong; ``status`` is what to leave with."""

    def __init__(self, status: int) -> None:
        self.status = status


def _guarded(command: Callable[..., int | None]) -> Callable[..., int]:
    """The command with every exception turned into one line and an exit status."""

    @functools.wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> int:
        try:
            with interruptible():
                return command(*args, **kwargs) or 0
        except InterruptedTraining as stop:
            print_error(str(stop))
        except KeyboardInterrupt:
            print_error("interrupted")
        except Exception as error:
            if was_interrupted():  # some library made another exception of it
                print_error("interrupted")
                return exit_status()
            if sys.flags.dev_mode:  # python -X dev -m micrograd_bp …
                raise
            print_error(f"error: {_one_line(error)}")
            return 2
        return exit_status()

    return guarded


SHORT: dict[Callable[..., Any], str] = {
    check: "Compute the gradient three ways and compare",
    draw: "Draw the graph of one example's cost",
    grade: "Judge your own gradient and name the mistake in it",
    train: "Train a network on data",
    predict: "Classify examples with a trained network",
}
for _command, _summary in SHORT.items():
    app.command(short_help=_summary, epilog=STATUS)(_guarded(_command))


@app.callback(invoke_without_command=True)
def version_option(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version")] = False,
) -> None:
    if version:
        print(f"{NAME} {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(USAGE, file=sys.stderr)
        raise typer.Exit(2)


def main() -> None:
    """Run the command line and leave with its exit status."""
    prepare_streams()
    if not sys.warnoptions:  # our own messages say what matters
        warnings.simplefilter("ignore")
    if not sys.flags.dev_mode:  # not matplotlib's of its fonts, nor Dask's
        logging.disable(logging.CRITICAL)
    status = run(sys.argv[1:])
    try:
        flush()
    except OSError as error:
        print_error(f"error: {_one_line(error)}")
        status = 2
    end_program(status)


def run(arguments: Sequence[str]) -> int:
    """The exit status of one command: 0 passed, 1 a check failed, 2 unusable, 130 interrupted."""
    for stream in (sys.stdout, sys.stderr):  # θ must not stop a terminal that lacks it
        if hasattr(stream, "reconfigure") and stream.errors == "strict":
            stream.reconfigure(errors="replace")
    try:
        return int(app(list(arguments), prog_name=NAME, standalone_mode=False) or 0)
    except KeyboardInterrupt:
        print_error("interrupted")
        return exit_status()
    except OSError as error:  # of --help, say, where standard output is full
        print_error(f"error: {_one_line(error)}")
        return 2
    except Exception as error:
        if not hasattr(error, "format_message"):  # the parser's own, for wrong options
            raise
        print_error(f"error: {_with_what_came(error, arguments)}")
        return 2


def _with_what_came(error: Any, arguments: Sequence[str]) -> str:
    """The parser's message, and the value that it found wrong, which it does not say itself."""
    message = str(error.format_message())
    for option in getattr(getattr(error, "param", None), "opts", ()):
        for i, argument in enumerate(arguments):
            name, equals, value = argument.partition("=")
            if name == option and (equals or i + 1 < len(arguments)):
                came = repr(value if equals else arguments[i + 1])
                return message if came in message else f"{message} (got {came})"
    return message


def _one_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if isinstance(error, MemoryError):
        return f"not enough memory ({error})"
    text = " ".join(str(error).split())
    if isinstance(error, (ValueError, TypeError, OSError, ImportError)):
        return text or type(error).__name__
    return f"{type(error).__name__}: {text} (a fault of {NAME}: please report it)"
