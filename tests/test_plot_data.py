"""Pictures show every extreme of the samples below them, at every zoom, however they grew."""

from __future__ import annotations

import numpy as np
import pytest
from signals import impulse, noise, sine

from desktop_app.plot_data import BASE, Picture, WaveformPyramid
from desktop_app.spectrogram import LOWEST_DB, STEP_DB, RowMap, SpectrogramPyramid, mel, mel_to_hz

RATE = 48_000
LENGTHS = [1, BASE - 1, BASE, BASE + 1, 10_007, 4 * 4 * 4 * BASE + 3]


def waveform_pyramid(waveform: np.ndarray, block: int) -> WaveformPyramid:
    """A pyramid that grew block by block, as while reading."""
    channels, frames = waveform.shape
    pyramid = WaveformPyramid(lambda a, b: waveform[:, a:b], channels, frames)
    for stop in [*range(block, frames, block), frames]:
        start = pyramid.ready_frames // BASE * BASE
        pyramid.advance(waveform[:, start:stop], start, stop)
    return pyramid


def spectrogram(waveform: np.ndarray, block: int = 10**9) -> SpectrogramPyramid:
    frames = waveform.shape[1]
    result = SpectrogramPyramid(lambda a, b: waveform[:, a:b], frames, RATE)
    for stop in [*range(block, frames, block), frames]:
        result.advance(stop)
    return result


def slow_columns(waveform: np.ndarray, count: int) -> np.ndarray:
    """The extremes under each column, sample by sample."""
    edges = np.floor(np.linspace(0, waveform.shape[1], count + 1)).astype(int)
    out = np.empty((len(waveform), count, 2), np.float32)
    for column in range(count):
        part = waveform[:, edges[column] : max(edges[column + 1], edges[column] + 1)]
        out[:, column] = np.stack([part.min(axis=1), part.max(axis=1)], axis=-1)
    return out


@pytest.mark.parametrize("frames", LENGTHS)
@pytest.mark.parametrize("block", [100, BASE, 3001, 10**9])
def test_the_whole_waveform_has_the_extremes_of_its_samples(frames, block):
    waveform = noise(2, frames)
    columns = waveform_pyramid(waveform, block).columns(0, frames, 1)
    assert np.array_equal(columns[:, 0, 0], waveform.min(axis=1))
    assert np.array_equal(columns[:, 0, 1], waveform.max(axis=1))


@pytest.mark.parametrize("count", [1, 7, 100, 1000])
def test_fine_columns_are_those_counted_sample_by_sample(count):
    waveform = noise(1, 10_007)
    columns = waveform_pyramid(waveform, 999).columns(0, 10_007, count)
    if 10_007 / count < BASE:  # from the samples themselves
        assert np.array_equal(columns, slow_columns(waveform, count))
    else:  # from entries of the pyramid: moved by at most one entry, nothing lost
        assert columns[..., 0].min() == waveform.min()
        assert columns[..., 1].max() == waveform.max()


@pytest.mark.parametrize("at", [0, 1, BASE - 1, BASE, 123_456, 299_999])
@pytest.mark.parametrize("width", [3, 640, 2001])
def test_one_loud_sample_is_seen_at_every_width(at, width):
    columns = waveform_pyramid(impulse(1, 300_000, at), 48_000).columns(0, 300_000, width)
    assert columns[..., 1].max() == 0.5
    assert abs(int(columns[0, :, 1].argmax()) - at * width // 300_000) <= 1


def test_what_is_not_known_yet_is_not_drawn():
    waveform = noise(1, 10_000)
    pyramid = WaveformPyramid(lambda a, b: waveform[:, a:b], 1, 10_000)
    assert np.isnan(pyramid.columns(0, 10_000, 50)).all()
    pyramid.advance(waveform[:, :5120], 0, 5120)
    columns = pyramid.columns(0, 10_000, 50)[0, :, 0]
    assert np.isfinite(columns[:25]).all() and np.isnan(columns[27:]).all()


def test_outside_the_recording_nothing_is_drawn():
    columns = waveform_pyramid(noise(1, 1000), 10**9).columns(-500, 1500, 20)[0, :, 0]
    assert np.isnan(columns[:5]).all() and np.isnan(columns[15:]).all()
    assert np.isfinite(columns[5:15]).all()


@pytest.mark.parametrize("frequency", [100.0, 1000.0, 15_000.0])
def test_a_full_scale_sine_is_drawn_at_its_frequency_and_at_0_db(frequency):
    rows = RowMap(513, RATE, 400)
    picture = spectrogram(2 * sine(1, RATE, RATE, frequency))
    image, _, _ = picture.view(RATE * 0.4, RATE * 0.6, 10, rows)
    row = int(image[:, 5].argmax())
    assert float(mel_to_hz((row + 0.5) / 400 * mel(RATE / 2))) == pytest.approx(frequency, rel=0.3)
    assert LOWEST_DB + STEP_DB * image.max() == pytest.approx(0.0, abs=1.5)


def test_the_louder_channel_is_drawn():
    both = np.concatenate([sine(1, RATE, RATE, 1000), np.zeros((1, RATE), np.float32)])
    assert spectrogram(both).peak_db() == spectrogram(both[:1]).peak_db()


@pytest.mark.parametrize("block", [500, 4801, 10**9])
def test_a_spectrogram_does_not_depend_on_how_it_grew(block):
    waveform = noise(2, 30_011)
    rows = RowMap(513, RATE, 100)
    once, _, _ = spectrogram(waveform).view(0, 30_011, 50, rows)
    grown, _, _ = spectrogram(waveform, block).view(0, 30_011, 50, rows)
    assert np.array_equal(grown, once)


@pytest.mark.parametrize("width", [5, 333, 2000])
def test_a_click_is_seen_in_the_spectrogram_at_every_width(width):
    frames, at = 60 * RATE, 31 * RATE + 17
    image, left, right = spectrogram(impulse(1, frames, at)).view(
        0, frames, width, RowMap(513, RATE, 100)
    )
    loudest = int(image.max(axis=0).argmax())
    assert image.max() > 100
    assert left + (loudest - 1) * (right - left) / image.shape[1] <= at
    assert left + (loudest + 2) * (right - left) / image.shape[1] >= at
    assert image.shape[1] <= 2 * width


@pytest.mark.parametrize("frames", [1, 255, 256, 257, 1025])
def test_short_recordings_have_a_picture(frames):
    waveform = noise(1, frames)
    picture = Picture(lambda a, b: waveform[:, a:b], 1, frames, RATE)
    picture.advance(frames)
    image, left, right = picture.spectrogram.view(0, frames, 100, RowMap(513, RATE, 10))
    assert image.shape[0] == 10 and image.shape[1] >= 1 and left <= 0 and right >= frames
    assert image.max() > 0


def test_a_long_recording_keeps_the_loudest_of_several_frames(monkeypatch):
    monkeypatch.setattr("desktop_app.spectrogram.MAX_COLUMNS", 50)
    coarse = spectrogram(impulse(1, 5 * RATE, 3 * RATE), 4801)
    assert coarse.columns <= 50
    monkeypatch.undo()
    assert coarse.peak_db() == spectrogram(impulse(1, 5 * RATE, 3 * RATE)).peak_db()


@pytest.mark.parametrize("count", [1, 37, 513, 2000])
def test_rows_cover_every_bin_whatever_the_height(count):
    rows = RowMap(513, RATE, count)
    assert rows.reduce(np.full((3, 513), 77, np.uint8)).shape == (count, 3)
    assert (rows.reduce(np.full((3, 513), 77, np.uint8)) == 77).all()
