"""SampleQueue: first in, first out, by the sample."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signals import noise

from processor.waveform import SampleQueue, checked_float32


@given(moves=st.lists(st.tuples(st.integers(0, 5000), st.floats(0, 1)), max_size=20))
@settings(max_examples=30, deadline=None)
def test_samples_come_out_in_the_order_they_went_in(moves: list[tuple[int, float]]) -> None:
    x = noise(2, sum(count for count, _ in moves))
    queue, went_in, came_out = SampleQueue(2), 0, 0
    for count, share in moves:
        queue.push(x[:, went_in : went_in + count])
        went_in += count
        wanted = int(share * len(queue))
        np.testing.assert_array_equal(queue.pop(wanted), x[:, came_out : came_out + wanted])
        came_out += wanted
        assert len(queue) == went_in - came_out


def test_popped_samples_have_their_own_memory() -> None:
    queue = SampleQueue(1)
    queue.push(np.ones((1, 4), np.float32))
    popped = queue.pop(2)
    queue.push(np.zeros((1, 5000), np.float32))
    np.testing.assert_array_equal(popped, 1)


def test_memory_follows_what_is_held_and_not_what_went_through() -> None:
    queue, block = SampleQueue(1), noise(1, 997)
    for _ in range(3000):
        queue.push(block)
        queue.pop(997)
    assert queue._buffer.shape[1] <= 4096


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_numbers_that_no_float32_holds_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="NaN or inf"):
        checked_float32(np.array([0.0, value]))
