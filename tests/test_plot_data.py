"""Pictures show every extreme of the samples below them, at every zoom, however they grew."""

from __future__ import annotations

import numpy as np
import pytest
from signals import impulse, noise, sine

from desktop_app.frequency_axis import KINDS, FrequencyAxis
from desktop_app.pixel_grid import PixelGrid
from desktop_app.plot_data import BASE, Picture, WaveformPyramid
from desktop_app.spectrogram import SpectrogramPyramid
from desktop_app.stft import LOWEST_DB, STEP_DB

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


def picture(waveform: np.ndarray, rate: int = RATE) -> Picture:
    channels, frames = waveform.shape
    result = Picture(lambda a, b: waveform[:, a:b], channels, frames, rate)
    result.advance(frames)
    return result


def whole(frames: int, width: int) -> PixelGrid:
    return PixelGrid.across(0, frames, width)


AXIS = FrequencyAxis("mel", RATE / 2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("frequency", [100.0, 1000.0, 15_000.0])
def test_a_full_scale_sine_is_drawn_at_its_frequency_and_at_0_db(kind, frequency):
    axis = FrequencyAxis(kind, RATE / 2)
    tone = picture(2 * sine(1, RATE, RATE, frequency))
    view = tone.view(PixelGrid.across(0.4 * RATE, 0.6 * RATE, 10), axis, 400, 1024)
    column = view.image[:, 5]
    loudest = np.flatnonzero(column == column.max())
    low, high = axis.to_hz(loudest[0] / 400), axis.to_hz((loudest[-1] + 1) / 400)
    half_a_bin = RATE / 1024 / 2
    assert low - half_a_bin <= frequency <= high + half_a_bin
    assert LOWEST_DB + STEP_DB * view.image.max() == pytest.approx(0.0, abs=1.5)


def test_the_louder_channel_is_drawn():
    both = np.concatenate([sine(1, RATE, RATE, 1000), np.zeros((1, RATE), np.float32)])
    assert spectrogram(both).peak_db() == spectrogram(both[:1]).peak_db()


@pytest.mark.parametrize("block", [500, 4801, 10**9])
def test_a_spectrogram_does_not_depend_on_how_it_grew(block):
    waveform = noise(2, 30_011)
    _, once = spectrogram(waveform).pixels(whole(30_011, 50))
    _, grown = spectrogram(waveform, block).pixels(whole(30_011, 50))
    assert np.array_equal(grown, once)


@pytest.mark.parametrize("width", [5, 333, 2000])
def test_a_click_is_seen_in_the_spectrogram_at_every_width(width):
    frames, at = 60 * RATE, 31 * RATE + 17
    first, part = spectrogram(impulse(1, frames, at)).pixels(whole(frames, width))
    loudest = first + int(part.max(axis=1).argmax())
    assert part.max() > 100
    assert abs(loudest - at * width // frames) <= 1 + 1024 * width // frames


@pytest.mark.parametrize("window_ms", [5, 30, 120])
@pytest.mark.parametrize("span_s", [0.01, 0.3, 5.0])
def test_a_click_is_seen_in_the_tiles_at_every_zoom(window_ms, span_s):
    at, n_fft = 3 * RATE + 17, 2 ** round(np.log2(window_ms * RATE / 1000))
    click = picture(impulse(1, 10 * RATE, at))
    start = at - 0.37 * span_s * RATE
    grid = PixelGrid.across(start, start + span_s * RATE, 200)
    for tile in click.view(grid, AXIS, 50, n_fft).missing:
        click.detail.make(tile, lambda: True)
    view = click.view(grid, AXIS, 50, n_fft)
    assert not view.missing and (view.first, view.last) == (0, grid.count)
    loudest = view.image.max(axis=0)
    width = max(1.0, n_fft / grid.width)  # the window smears it over so many columns
    assert loudest.max() >= (20 * np.log10(0.5 * 2 / (n_fft / 2)) - 3 - LOWEST_DB) / STEP_DB
    assert abs(int(np.median(np.flatnonzero(loudest == loudest.max()))) - 74) <= 1 + width / 2


@pytest.mark.parametrize("frames", [1, 255, 256, 257, 1025])
def test_short_recordings_have_a_picture(frames):
    view = picture(noise(1, frames)).view(whole(frames, 100), AXIS, 10, 1024)
    assert view.image.shape == (10, 100) and (view.first, view.last) == (0, 100)
    assert view.image.max() > 0


@pytest.mark.parametrize("n_fft", [256, 1024, 4096])
def test_what_is_not_read_yet_is_neither_drawn_nor_asked_for(n_fft):
    waveform = noise(1, 10 * RATE)
    growing = Picture(lambda a, b: waveform[:, a:b], 1, 10 * RATE, RATE)
    assert growing.view(whole(10 * RATE, 500), AXIS, 20, n_fft).last == 0
    growing.advance(5 * RATE)
    view = growing.view(whole(10 * RATE, 500), AXIS, 20, n_fft)
    assert 245 <= view.last <= 251 and not view.image[:, 251:].any()
    assert all(tile.stop <= 5 * RATE for tile in view.missing)


def test_a_long_recording_keeps_the_loudest_of_several_frames(monkeypatch):
    click = impulse(1, 5 * RATE, 3 * RATE)
    fine = spectrogram(click)
    monkeypatch.setattr("desktop_app.spectrogram.MOST_BYTES", 50 * fine.bins)
    coarse = spectrogram(click, 4801)
    assert coarse.columns <= 50 < fine.columns
    assert coarse.peak_db() == fine.peak_db()


def test_hours_take_little_memory(monkeypatch):
    """Three hours in stereo: less than a tenth of the samples, which are not touched."""
    frames = 3 * 3600 * RATE
    long = Picture(lambda a, b: np.zeros((2, b - a), np.float32), 2, frames, RATE)
    levels = [*long.waveform._levels, *long.spectrogram._levels]
    assert sum(level.nbytes for level in levels) < 0.1 * 2 * 4 * frames
