"""How much energy an estimate has where: reverberation left, speech lost.

The arrays are float32 (samples,), aligned to the sample, at `sample_rate`. `dry` is the direct
sound, `recording` what the program was given. Every figure is of our own definition.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.acoustics import Samples

Power = NDArray[np.float64]

FRAME_S = 0.02
# A frame of the dry speech this far below its active level holds no speech.
PAUSE_DB = -35.0
# Only pauses in which reverberation of the speech before can be heard.
TAIL_S = 1.0
OCTAVES_HZ = (125, 250, 500, 1000, 2000, 4000, 8000)
# A reduction by more is the numerical silence of a gate, and says no more.
MOST_REDUCTION_DB = 60.0
# The direct sound rules a bin where it is this much above all else, and near enough to its loudest.
DIRECT_ABOVE_DB = 10.0
DIRECT_WITHIN_DB = 40.0
FEWEST_BINS = 50
ONSET_S = 0.04
ONSET_FRAME_S = 0.008
SILENCE_BEFORE_ONSET_S = 0.1
MOST_ONSET_LOSS_DB = 30.0


def tail_db(estimate: Samples, dry: Samples, sample_rate: int) -> float:
    """Level in the second after each speech offset relative to speech, in dB; lower is drier.

    Frames count in which the dry speech is silent and was not silent at some time in the second
    before. Returns nan if there are none.
    """
    active, tail = _active_and_tail(dry, sample_rate)
    power = _frame_power(estimate, round(FRAME_S * sample_rate))
    if not tail.any():
        return float("nan")
    return _db(power[tail].mean() / max(power[active].mean(), 1e-20))


def level_error_db(estimate: Samples, dry: Samples, sample_rate: int, recording: Samples) -> float:
    """Level of the estimate over that of the direct sound where the direct sound rules, in dB.

    The bins of a short-time spectrum (32 ms every 8 ms) count in which the direct sound is at least
    DIRECT_ABOVE_DB above everything else in the recording, and at most DIRECT_WITHIN_DB below its
    own loudest bin. There an ideal program changes nothing: 0 is right, and a plain gain is the
    error. Returns nan if there are fewer than FEWEST_BINS.
    """
    return _level_errors_db((estimate,), dry, sample_rate, recording)[0]


def _level_errors_db(
    estimates: Sequence[Samples], dry: Samples, sample_rate: int, recording: Samples
) -> list[float]:
    direct = _spectrogram(dry, sample_rate)
    other = _spectrogram(recording - dry, sample_rate)
    rules = direct >= other * 10 ** (DIRECT_ABOVE_DB / 10)
    rules &= direct >= max(float(direct.max()), 1e-20) * 10 ** (-DIRECT_WITHIN_DB / 10)
    if np.count_nonzero(rules) < FEWEST_BINS:
        return [float("nan")] * len(estimates)
    energies = (
        _spectrogram(x, sample_rate)[rules].sum(dtype=np.float64) for x in (dry, *estimates)
    )
    right, *found = energies
    return [_db(energy / right) for energy in found]


def late_reduction_db(
    estimate: Samples, dry: Samples, sample_rate: int, recording: Samples
) -> dict[int, float]:
    """How far the reverberation after speech fell, for each octave [Hz] in dB; more is better.

    Energy of the recording over that of the estimate in the frames of `tail_db`, 40 ms long, in an
    octave around each of OCTAVES_HZ, less what the direct sound itself fell (`level_error_db` of
    both), so that turning everything down reduces nothing. At most MOST_REDUCTION_DB. nan for
    octaves in which the speech has no energy (60 dB below all of it), and for all if there is no
    pause. Noise in the pauses would count as reverberation: meant for recordings without.
    """
    before, after = _level_errors_db((recording, estimate), dry, sample_rate, recording)
    gain_db = 0.0 if np.isnan(before) else after - before
    active, tail = _active_and_tail(dry, sample_rate)
    both = tail[:-1] & tail[1:]
    speech = _octave_energy(dry, sample_rate, active[:-1] & active[1:])
    room, left = (_octave_energy(x, sample_rate, both) for x in (recording, estimate))
    reduction = {}
    for octave, spoken, was, remains in zip(OCTAVES_HZ, speech, room, left, strict=True):
        if not both.any() or spoken <= 1e-6 * speech.sum() or was <= 0:
            reduction[octave] = float("nan")
        else:
            fallen_db = -_db(max(remains / was, 1e-12)) + gain_db
            reduction[octave] = min(fallen_db, MOST_REDUCTION_DB)
    return reduction


def onset_loss_db(estimate: Samples, dry: Samples, sample_rate: int) -> float:
    """How much of the direct sound is missing in the first ONSET_S of what is said, in dB.

    An onset is speech (`PAUSE_DB`) after SILENCE_BEFORE_ONSET_S without. In its third-octave bands
    from 100 Hz on, energy that the estimate has beyond the dry speech does not count, so
    reverberation cannot make up for a consonant: the loss is the energy of the dry speech over the
    sum of the smaller of the two, at most MOST_ONSET_LOSS_DB, averaged over the onsets in dB. 0 is
    right. Returns nan if there is no onset.
    """
    length = round(ONSET_S * sample_rate)
    losses = []
    for start in _onsets(dry, sample_rate):
        spoken, heard = (
            _third_octaves(x[start : start + length], sample_rate) for x in (dry, estimate)
        )
        kept = np.minimum(spoken, heard).sum() / max(spoken.sum(), 1e-20)
        losses.append(min(-_db(kept), MOST_ONSET_LOSS_DB))
    return float(np.mean(losses)) if losses else float("nan")


def _onsets(dry: Samples, sample_rate: int) -> list[int]:
    """Samples at which speech begins after a silence; whole onsets only."""
    frame = round(ONSET_FRAME_S * sample_rate)
    speaks = _speaks(_frame_power(dry, frame), PAUSE_DB)
    silence = round(SILENCE_BEFORE_ONSET_S / ONSET_FRAME_S)
    starts = [
        index * frame
        for index in range(silence, len(speaks))
        if speaks[index] and not speaks[index - silence : index].any()
    ]
    return [start for start in starts if start + round(ONSET_S * sample_rate) <= len(dry)]


def _third_octaves(samples: Samples, sample_rate: int) -> Power:
    """Energy in the third-octave bands from 100 Hz to 16 kHz, or half the sample rate, (bands,)."""
    n = len(samples)
    window = np.sin(np.pi * (np.arange(n) + 0.5) / n)
    power = np.abs(np.fft.rfft(samples * window)) ** 2
    edges_hz = 100.0 * 2.0 ** (np.arange(24) / 3 - 1 / 6)
    band = np.searchsorted(edges_hz, np.fft.rfftfreq(n, 1 / sample_rate), side="right")
    energy = np.bincount(band, power, minlength=len(edges_hz) + 1)[1 : len(edges_hz)]
    return energy.astype(np.float64)


def _octave_energy(samples: Samples, sample_rate: int, chosen: NDArray[np.bool_]) -> Power:
    """Energy of the chosen frames in each of OCTAVES_HZ; frame i spans frames i and i + 1."""
    hop = round(FRAME_S * sample_rate)
    frames = np.lib.stride_tricks.sliding_window_view(samples, 2 * hop)[::hop][: len(chosen)]
    window = np.hanning(2 * hop + 1)[:-1]
    power = (np.abs(np.fft.rfft(frames[chosen] * window, axis=1)) ** 2).sum(axis=0)
    frequency = np.fft.rfftfreq(2 * hop, 1 / sample_rate)
    return np.array(
        [
            power[(frequency >= centre / 2**0.5) & (frequency < centre * 2**0.5)].sum()
            for centre in OCTAVES_HZ
        ]
    )


def _active_and_tail(dry: Samples, sample_rate: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which frames hold speech, and which lie in the TAIL_S after it and hold none."""
    power = _frame_power(dry, round(FRAME_S * sample_rate))
    active, silent = _speaks(power, -15.0), ~_speaks(power, PAUSE_DB, at_least=True)
    last_active = np.maximum.accumulate(np.where(active, np.arange(len(active)), -(10**9)))
    return active, silent & (np.arange(len(active)) - last_active <= TAIL_S / FRAME_S)


def _speaks(power: Power, above_db: float, *, at_least: bool = False) -> NDArray[np.bool_]:
    """Whether frames are louder than `above_db` relative to the loudest one in twenty."""
    threshold = np.percentile(power, 95) * 10 ** (above_db / 10)
    return power >= threshold if at_least else power > threshold


def _spectrogram(samples: Samples, sample_rate: int) -> NDArray[np.float32]:
    """Power in each bin, (frames, bins): 32 ms every 8 ms."""
    hop = round(0.008 * sample_rate)
    padded = np.pad(samples, (0, max(0, 4 * hop - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, 4 * hop)[::hop]
    window = np.hanning(4 * hop + 1)[:-1].astype(np.float32)  # single precision: half the time
    spectrum = np.fft.rfft(frames * window, axis=1)
    return np.asarray(spectrum.real**2 + spectrum.imag**2, dtype=np.float32)


def _frame_power(samples: Samples, frame: int) -> Power:
    usable = len(samples) // frame * frame
    return np.square(samples[:usable], dtype=np.float64).reshape(-1, frame).mean(axis=1)


def _db(ratio: float) -> float:
    return 10 * float(np.log10(max(ratio, 1e-20)))
