"""Durations: what people write is read, and what is written is read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from effprof.core.durations import duration_text, read_duration
from effprof.core.errors import BadInput


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90.0),
        ("2min", 120.0),
        ("1h30m", 5400.0),
        (" 1 h 30 min ", 5400.0),
        ("1.5H", 5400.0),
        ("0.5s", 0.5),
        ("2 minutes", 120.0),
    ],
)
def test_durations_are_read_as_people_write_them(text, seconds):
    assert read_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "90", "2x", "min", "30m1h", "1m1min", "-1s", "1e3s", "1s!"])
def test_what_is_no_duration_is_refused_with_an_example(text):
    with pytest.raises(BadInput, match="is not a duration; write one like 90s, 2min or 1h30m"):
        read_duration(text)


@pytest.mark.parametrize("text", ["0s", "0h0min", "721h"])
def test_a_duration_beyond_its_range_is_refused(text):
    with pytest.raises(BadInput, match="give more than 0 s, and 720 h at most"):
        read_duration(text)


@given(st.integers(1, 3599))
def test_what_is_written_is_read_back(seconds):
    assert read_duration(duration_text(seconds)) == seconds
