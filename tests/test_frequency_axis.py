"""Frequency axes lead there and back exactly, at every zoom, and their labels fit."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_app.frequency_axis import KINDS, NARROWEST, FrequencyAxis
from desktop_app.rows import RowMap

NYQUIST = 24_000.0
PARTS = [(0.0, 1.0), (0.0, 0.25), (0.3, 0.31), (0.9, 1.0)]


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


@pytest.mark.parametrize("bottom, top", PARTS)
def test_height_and_frequency_are_each_others_inverse(kind, bottom, top):
    axis = FrequencyAxis(kind, NYQUIST, bottom, top)
    heights = np.linspace(0.0, 1.0, 101)
    assert axis.to_unit(axis.to_hz(heights)) == pytest.approx(heights, abs=1e-9)
    frequencies = np.geomspace(20.0, NYQUIST, 50)
    assert axis.to_hz(axis.to_unit(frequencies)) == pytest.approx(frequencies, rel=1e-9)


def test_the_whole_axis_ends_at_half_the_sample_rate(kind):
    axis = FrequencyAxis(kind, NYQUIST)
    assert float(axis.to_hz(1.0)) == pytest.approx(NYQUIST)
    assert float(axis.to_hz(0.0)) == pytest.approx(20.0 if kind == "log" else 0.0, abs=1e-6)


def test_higher_is_higher(kind):
    assert (np.diff(FrequencyAxis(kind, NYQUIST).to_hz(np.linspace(0, 1, 200))) > 0).all()


def test_a_mel_axis_is_the_one_of_the_textbook():
    axis = FrequencyAxis("mel", NYQUIST)
    whole = 2595 * np.log10(1 + NYQUIST / 700)
    assert float(axis.to_unit(1000.0)) == pytest.approx(2595 * np.log10(1 + 1000 / 700) / whole)


@pytest.mark.parametrize("around", [0.0, 0.37, 1.0])
def test_zooming_keeps_a_frequency_where_it_is(kind, around):
    axis = FrequencyAxis(kind, NYQUIST, 0.2, 0.8)
    closer = axis.zoom(0.5, around)
    assert float(closer.to_hz(around)) == pytest.approx(float(axis.to_hz(around)))
    assert closer.top - closer.bottom == pytest.approx(0.3)


def test_zooming_ends_at_the_whole_and_at_a_narrow_part(kind):
    axis = FrequencyAxis(kind, NYQUIST)
    assert axis.zoom(2.0, 0.3) == axis
    for _ in range(60):
        axis = axis.zoom(0.8, 0.9)
    assert axis.top - axis.bottom == pytest.approx(NARROWEST) and axis.top <= 1.0


@pytest.mark.parametrize("bottom, top", PARTS)
@pytest.mark.parametrize("most", [1.0, 4.0, 15.0])
def test_labels_stand_at_their_frequencies_and_apart(kind, bottom, top, most):
    axis = FrequencyAxis(kind, NYQUIST, bottom, top)
    ticks = axis.ticks(most)
    assert len(ticks) <= most + 1
    for height, text in ticks:
        number, unit = text.split()
        frequency = float(number) * {"Hz": 1, "kHz": 1000}[unit]
        assert float(axis.to_unit(frequency)) == pytest.approx(height) and 0 <= height <= 1
    assert (np.diff([height for height, _ in ticks]) * most > 0.99).all()


@pytest.mark.parametrize("bottom, top", PARTS)
@pytest.mark.parametrize("count", [1, 37, 513, 2000])
def test_rows_keep_a_level_whatever_their_height(kind, bottom, top, count):
    rows = RowMap(513, FrequencyAxis(kind, NYQUIST, bottom, top), count)
    assert (rows.reduce(np.full((3, 513), 77, np.uint8)) == 77).all()


@pytest.mark.parametrize("count", [20, 300])
def test_no_bin_is_lost_between_two_rows(kind, count):
    rows = RowMap(513, FrequencyAxis(kind, NYQUIST), count)
    first = 1 if kind == "log" else 0  # below 20 Hz nothing is drawn
    tones = 200 * np.eye(513, dtype=np.uint8)[first:]
    assert rows.reduce(tones).max(axis=0).min() >= 90  # between rows of less than a bin: a blend
