"""Whatever comes in: an answer, or one clear line. The benchmark runs the same at length."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import fuzzing

bounded = settings(
    max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


@pytest.fixture(scope="module")
def good():
    return fuzzing.good_model()


@pytest.mark.parametrize("name", fuzzing.READERS)
@bounded
@given(random=st.randoms(use_true_random=False))
def test_every_reader_reads_or_refuses_in_one_line(tmp_path_factory, good, name, random):
    ending, reader, valid = fuzzing.READERS[name]
    path = tmp_path_factory.getbasetemp() / f"fuzz{ending}"
    path.write_bytes(fuzzing.content_for(name, random, good))
    made = fuzzing.read(reader, path)
    assert made is None or valid(made)


@settings(bounded, max_examples=40)
@given(random=st.randoms(use_true_random=False))
def test_every_command_answers_or_refuses_in_one_line(tmp_path_factory, good, random):
    folder = tmp_path_factory.getbasetemp()
    fuzzing.prepare(folder, good)
    fuzzing.command(fuzzing.arguments(random, folder))
