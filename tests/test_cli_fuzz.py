"""Whatever comes in: an answer, or one clear line. The benchmark runs the same at length."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import fuzzing

bounded = settings(
    max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


@pytest.mark.parametrize("name", fuzzing.READERS)
@bounded
@given(random=st.randoms(use_true_random=False))
def test_every_reader_reads_what_stands_there_or_refuses_in_one_line(
    tmp_path_factory, name, random
):
    content, truth = fuzzing.made_for(name, random)
    path = tmp_path_factory.getbasetemp() / f"fuzz{fuzzing.READERS[name][0]}"
    path.write_bytes(content)
    fuzzing.read(name, path, truth)


@pytest.mark.parametrize("name", fuzzing.OF_COMMAND)
@settings(bounded, max_examples=15)
@given(random=st.randoms(use_true_random=False))
def test_every_command_answers_or_refuses_in_one_line(tmp_path_factory, name, random):
    folder = tmp_path_factory.getbasetemp()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        fuzzing.prepare(folder)
        line, refused = fuzzing.arguments(random, name)
        fuzzing.command(line, refused)
