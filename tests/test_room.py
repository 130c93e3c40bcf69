"""Blind room figures of recordings."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import soundfile
import soxr
from signals import noise, sine

from processor.model_files import MODELS
from processor.room import NOTHING_TOLD, RoomFigures, RoomMeter, room_figures

RATE = 16_000


def sample(name: str, rate: int = RATE) -> np.ndarray:
    """One of the bundled recordings, (1, samples)."""
    audio, native = soundfile.read(MODELS / "samples" / f"{name}.flac", dtype="float32")
    return soxr.resample(audio, native, rate)[None].astype(np.float32)


def in_room(dry: np.ndarray, t60_s: float, drr_db: float, seed: int = 3) -> np.ndarray:
    """A voice in a room that is nothing but a direct path and an exponential decay."""
    time_s = np.arange(round(1.2 * t60_s * RATE)) / RATE
    tail = noise(1, len(time_s), seed=seed)[0] * 10 ** (-3 * time_s / t60_s)
    tail[: RATE // 400] = 0.0
    tail *= 10 ** (-drr_db / 20) / np.sqrt(np.sum(np.square(tail)))
    tail[0] = 1.0
    n = dry.shape[1] + len(tail)
    wet = np.fft.irfft(np.fft.rfft(dry[0], n) * np.fft.rfft(tail, n), n)[None]
    return (0.3 * wet / np.abs(wet).max()).astype(np.float32)


def told_in_blocks(waveform: np.ndarray, rate: float, length: int) -> RoomFigures:
    meter = RoomMeter(rate, len(waveform))
    for start in range(0, waveform.shape[1], length):
        meter.feed(waveform[:, start : start + length])
    return meter.finish()


# What resources/samples/README.md knows of the two.
@pytest.mark.parametrize(
    "name, t60_s, c50_db, speech_db", [("kitchen", 0.67, 2.6, -22.3), ("church", 1.67, 1.9, -19.6)]
)
def test_bundled_recordings_are_told_as_they_were_made(
    name: str, t60_s: float, c50_db: float, speech_db: float
) -> None:
    figures = room_figures(sample(name), RATE)
    assert figures.t60_s == pytest.approx(t60_s, rel=0.25)
    assert figures.c50_db == pytest.approx(c50_db, abs=3.0)
    assert figures.speech_level_db == pytest.approx(speech_db, abs=1.0)
    assert figures.snr_db == pytest.approx(40.0, abs=6.0)
    assert figures.clipped_samples == 0
    assert figures.c50_confidence > 0.5


def test_more_reverberation_is_told_as_more() -> None:
    dry = sample("kitchen")[:, : 8 * RATE]
    rooms = [room_figures(in_room(dry, t60_s, 0.0), RATE) for t60_s in (0.2, 0.5, 1.2)]
    t60_s = [figures.t60_s for figures in rooms]
    c50_db = [figures.c50_db for figures in rooms]
    assert None not in t60_s
    assert t60_s == sorted(t60_s)
    assert c50_db == sorted(c50_db, reverse=True)


def test_a_nearer_voice_is_told_as_clearer() -> None:
    dry = sample("kitchen")[:, : 8 * RATE]
    c50_db = [room_figures(in_room(dry, 0.8, drr_db), RATE).c50_db for drr_db in (-9, -3, 3)]
    assert None not in c50_db
    assert c50_db == sorted(c50_db)


@pytest.mark.parametrize(
    "rate, length, seconds", [(16_000, 1, 3), (16_000, 4_001, 11), (44_100, 65_536, 11)]
)
def test_figures_do_not_depend_on_the_blocks(rate: int, length: int, seconds: int) -> None:
    waveform = np.tile(sample("church", rate), 2)[:, : seconds * rate]
    assert told_in_blocks(waveform, rate, length) == room_figures(waveform, rate)


def test_level_of_the_recording_moves_nothing_but_levels() -> None:
    loud, soft = (room_figures(gain * sample("kitchen"), RATE) for gain in (1.0, 0.1))
    assert soft.t60_s == pytest.approx(loud.t60_s, rel=0.02)
    assert soft.c50_db == pytest.approx(loud.c50_db, abs=0.2)
    for name in ("speech_level_db", "noise_db", "reverberation_db"):
        assert getattr(soft, name) == pytest.approx(getattr(loud, name) - 20, abs=0.6)


@pytest.mark.parametrize("rate", [22_050, 48_000, 96_000, 192_000])
def test_rate_of_the_recording_makes_little_difference(rate: int) -> None:
    figures, at_16k = (
        room_figures(sample("kitchen", rate), rate),
        room_figures(sample("kitchen"), RATE),
    )
    assert figures.t60_s == pytest.approx(at_16k.t60_s, rel=0.05)
    assert figures.c50_db == pytest.approx(at_16k.c50_db, abs=0.5)


def test_telephone_rate_is_told_too() -> None:
    figures = room_figures(sample("kitchen", 8_000), 8_000)
    assert figures.t60_s == pytest.approx(0.67, rel=0.4)


@pytest.mark.parametrize("channels", [2, 6])
def test_equal_channels_are_told_as_one(channels: int) -> None:
    mono = sample("kitchen")
    several = room_figures(np.tile(mono, (channels, 1)), RATE)
    assert several.c50_db == pytest.approx(room_figures(mono, RATE).c50_db, abs=0.02)


def test_opposite_channels_do_not_cancel() -> None:
    mono = sample("kitchen")
    assert room_figures(np.concatenate([mono, -mono]), RATE).t60_s is not None


@pytest.mark.parametrize("samples", [0, 1, 100, RATE])
def test_too_little_is_not_told(samples: int) -> None:
    figures = room_figures(sample("kitchen")[:, :samples], RATE)
    assert (figures.t60_s, figures.c50_db, figures.c50_confidence) == (None, None, 0.0)


def test_silence_tells_nothing() -> None:
    assert room_figures(np.zeros((2, 10 * RATE), np.float32), RATE) == NOTHING_TOLD


@pytest.mark.parametrize(
    "waveform",
    [noise(1, 10 * RATE), sine(1, 10 * RATE, RATE, 440.0), 1e-3 * noise(1, 10 * RATE)],
    ids=["noise", "sine", "hiss"],
)
def test_steady_sound_is_no_speech(waveform: np.ndarray) -> None:
    figures = room_figures(waveform, RATE)
    assert (figures.t60_s, figures.c50_db, figures.speech_level_db) == (None, None, None)
    level_db = 10 * np.log10(np.mean(np.square(waveform, dtype=np.float64)))
    assert figures.noise_db == pytest.approx(level_db, abs=0.5)


def test_silence_around_speech_changes_little() -> None:
    alone = sample("kitchen")
    pause = 1e-4 * noise(1, 20 * RATE)
    figures = room_figures(np.concatenate([pause, alone, pause], axis=1), RATE)
    assert figures.c50_db == pytest.approx(room_figures(alone, RATE).c50_db, abs=4.0)
    assert figures.speech_level_db == pytest.approx(-22.3, abs=1.5)


def test_noise_is_found_below_speech() -> None:
    voice = sample("kitchen")
    # Speech of -22.3 dB in noise of -42.3 dB.
    figures = room_figures(voice + 10 ** (-42.3 / 20) * noise(1, voice.shape[1], level=1.0), RATE)
    assert figures.noise_db == pytest.approx(-42.3, abs=2.0)
    assert figures.snr_db == pytest.approx(20.0, abs=2.5)


@pytest.mark.parametrize("length", [1, 2, 3, 7, 1000])
def test_clipped_samples_are_counted_once_whatever_the_blocks(length: int) -> None:
    waveform = np.zeros((2, 1000), np.float32)
    waveform[0, 10:15] = 1.0  # five in a row
    waveform[0, 20] = 1.0  # a peak that just fits
    waveform[1, 500:502] = -1.0
    waveform[1, 998:] = 1.5  # up to the end
    assert told_in_blocks(waveform, RATE, length).clipped_samples == 5 + 2 + 2


def test_memory_does_not_grow_with_the_recording() -> None:
    waveform = sample("church")
    meter = RoomMeter(RATE, 1)
    meter.feed(waveform)
    tracemalloc.start()
    try:
        for _ in range(3):
            meter.feed(waveform)
        first = tracemalloc.get_traced_memory()[1]
        for _ in range(12):
            meter.feed(waveform)
        # A tenth of what the audio itself takes is generous for three numbers in eight seconds.
        assert tracemalloc.get_traced_memory()[1] < first + 12 * waveform.nbytes / 10
    finally:
        tracemalloc.stop()
    assert meter.finish().t60_s is not None


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_samples_that_are_no_numbers_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="NaN or inf"):
        room_figures(np.full((1, 100), bad, np.float32), RATE)


def test_wrong_shapes_and_rates_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        room_figures(np.zeros(100, np.float32), RATE)
    with pytest.raises(ValueError, match="shape"):
        RoomMeter(RATE, 2).feed(np.zeros((1, 100), np.float32))
    with pytest.raises(ValueError, match="sample_rate"):
        room_figures(np.zeros((1, 100), np.float32), 4_000)
