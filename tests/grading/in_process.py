"""Grading in the test's own process, for files that are known: quicker, and seen by coverage."""

import ast
import io
import sys

from micrograd_bp.grading import sandbox, wire
from micrograd_bp.grading.submission import Trace, step_error
from micrograd_bp.grading.trace import RECORD, Recorder, _rewritten
from micrograd_bp.grading.workshop import FailedStepError, Workshop


class Inside:
    """In place of a submission's process: the same workshop, here, for files that are known."""

    alive, referee, refused = True, False, ()
    last = None  # the file that was run last, with its program

    def __init__(self, name, *_):
        self.name = name

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def ask(self, do, source, filename):
        assert do == "load"
        self.filename = filename
        self.shop = Workshop(filename)
        self.shop.load(ast.parse(source))
        inventory = self.shop.inventory()
        return {
            "inventory": inventory | {"data": wire.plain_tree(inventory["data"])},
            "missing": [],
        }

    def run(self, program):
        Inside.last = self, program
        return self.performed(self.shop, program)

    def performed(self, shop, program):
        try:
            return shop.perform(program, wire)
        except FailedStepError as failure:
            raise step_error(self.name, failure.line, failure.kind, failure.text) from failure

    def trace(self, program):
        """Twice, in an instrumented copy of the file."""
        recorder = Recorder()
        shop = Workshop(self.filename, {RECORD: recorder})
        shop.load(_rewritten(self.source)[0])
        results, events = [], []
        for _ in range(2):
            recorder.start()
            results.append(self.performed(shop, program))
            events.append(list(recorder.stop()))
        return Trace(self.source, self.name, results[0], *events)


def in_process(monkeypatch):
    """From here on files are judged in this process; gives what judges one."""
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setattr(sys, "argv", ["student"])
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr(sandbox, "Process", Inside)
    return sandbox.grade_file
