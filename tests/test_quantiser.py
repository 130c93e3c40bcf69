"""The way from float32 to a file's sample format and back, checked through real files."""

import zlib

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from signals import noise, sine

from processor.quantiser import encode, is_dithered, seed_of

INTEGER_FORMATS = [
    ("WAV", "PCM_U8", 8),
    ("WAV", "PCM_16", 16),
    ("WAV", "PCM_24", 24),
    ("FLAC", "PCM_S8", 8),
    ("FLAC", "PCM_16", 16),
    ("FLAC", "PCM_24", 24),
    ("AIFF", "PCM_16", 16),
    ("AIFF", "PCM_24", 24),
    ("W64", "PCM_24", 24),
    ("CAF", "PCM_S8", 8),
    ("CAF", "ALAC_16", 16),
    ("CAF", "ALAC_20", 20),
    ("CAF", "ALAC_24", 24),
]


@pytest.mark.parametrize(("container", "subtype", "bits"), INTEGER_FORMATS)
def test_every_integer_sample_survives_float32(tmp_path, container, subtype, bits):
    highest = 2 ** (bits - 1)
    generator = np.random.default_rng(bits)
    whole = np.concatenate(
        [
            [-highest, 1 - highest, -1, 0, 1, highest - 1],
            generator.integers(-highest, highest, 5000),
        ]
    )
    waveform = (whole / highest).astype(np.float32)[np.newaxis]
    data, stored, clipped = encode(waveform, subtype)
    path = tmp_path / "integers"
    soundfile.write(path, data, 48000, subtype, format=container)
    read, _ = soundfile.read(path, dtype="int32")
    np.testing.assert_array_equal(read >> (32 - bits), whole)
    np.testing.assert_array_equal(stored, waveform)
    assert clipped == 0


@pytest.mark.parametrize("subtype", ["ULAW", "ALAW"])
def test_companded_samples_survive_float32(tmp_path, subtype):
    soundfile.write(tmp_path / "a.wav", np.arange(-32768, 32768, dtype=np.int16), 8000, subtype)
    first, _ = soundfile.read(tmp_path / "a.wav", dtype="float32", always_2d=True)
    data, _, _ = encode(first.T, subtype)
    soundfile.write(tmp_path / "b.wav", data, 8000, subtype)
    second, _ = soundfile.read(tmp_path / "b.wav", dtype="float32", always_2d=True)
    np.testing.assert_array_equal(second, first)


@given(
    waveform=hnp.arrays(
        np.float32, (2, 7), elements=st.floats(-4, 4, width=32, allow_subnormal=False)
    ),
    subtype=st.sampled_from(["PCM_S8", "PCM_16", "PCM_24"]),
)
@settings(deadline=None)
def test_rounding_is_to_the_nearest_step_and_never_wraps(waveform, subtype):
    bits = {"PCM_S8": 8, "PCM_16": 16, "PCM_24": 24}[subtype]
    step = 2.0 ** (1 - bits)
    _, stored, clipped = encode(waveform, subtype)
    held = np.clip(waveform, -1, 1 - step)
    assert np.abs(stored - held).max() <= step / 2
    assert clipped == np.count_nonzero(np.abs(waveform) > 1)


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_floats_beyond_full_scale_pass_as_they_are(subtype):
    waveform = np.array([[-3.5, 0.0, 2.5]], np.float32)
    data, stored, clipped = encode(waveform, subtype)
    np.testing.assert_array_equal(data.T, waveform)
    np.testing.assert_array_equal(stored, waveform)
    assert clipped == 0


def quiet(channels=1, samples=50_000):
    """Return a sine of less than one 16-bit step, and its slightly quieter copy."""
    dry = sine(channels, samples, 48000, 997) * np.float32(1.6 * 2**-15)
    return dry, (0.9 * dry).astype(np.float32)


def stored_by(waveform, dry, subtype="PCM_16", **kwargs):
    return encode(waveform, subtype, dry=dry, **kwargs)[1]


def test_dither_makes_the_error_independent_of_the_signal():
    dry, drier = quiet()
    plain, dithered = stored_by(drier, None), stored_by(drier, dry)

    def part_of_the_signal(stored):
        return float(np.vdot(stored, drier) / np.vdot(drier, drier))

    assert abs(part_of_the_signal(plain) - 1) > 0.05
    # The noise is 0.5 steps (rms), the signal 0.5: over 50 000 samples they correlate by 0.005.
    assert part_of_the_signal(dithered) == pytest.approx(1, abs=0.03)
    step = 2.0**-15
    error = (dithered - drier) / step
    # Triangular noise of ±1 step and rounding: variance 1/6 + 1/12.
    assert np.var(error) == pytest.approx(1 / 4, rel=0.05)
    assert abs(error).max() <= 1.5
    assert abs(np.mean(error)) < 0.01


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_U8", "PCM_S8", "ALAC_16"])
def test_samples_that_did_not_change_are_not_dithered(subtype):
    bits = 16 if subtype.endswith("16") else 8
    dry = np.rint(noise(2, 5000, level=0.3).clip(-0.9, 0.9) * 2 ** (bits - 1)) / 2 ** (bits - 1)
    dry = dry.astype(np.float32)
    np.testing.assert_array_equal(stored_by(dry, dry, subtype), dry)
    changed = dry.copy()
    changed[0, 1000:2000] *= 0.5
    stored = stored_by(changed, dry, subtype)
    np.testing.assert_array_equal(stored[1], dry[1])
    np.testing.assert_array_equal(stored[0, :1000], dry[0, :1000])
    np.testing.assert_array_equal(stored[0, 2000:], dry[0, 2000:])
    assert (stored[0, 1000:2000] != np.rint(changed[0, 1000:2000] * 2**15) / 2**15).any()


def test_digital_silence_stays_silence():
    dry = np.zeros((2, 1000), np.float32)
    leftover = noise(2, 1000, level=1e-6)
    assert not stored_by(leftover, dry).any()
    dry[1, ::2] = 0.25
    stored = stored_by(leftover, dry)
    assert stored[:, ::2].any() and not stored[:, 1::2].any()


@pytest.mark.parametrize("subtype", ["PCM_24", "PCM_32", "ULAW", "ALAW", "FLOAT", "VORBIS"])
def test_finer_and_companded_formats_are_not_dithered(subtype):
    dry, drier = quiet(2, 1000)
    assert not is_dithered(subtype)
    np.testing.assert_array_equal(stored_by(drier, dry, subtype), stored_by(drier, None, subtype))


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
@pytest.mark.parametrize("sizes", [[1, 2, 3, 5, 989], [7] * 142 + [6], [999, 1]])
def test_noise_is_a_function_of_the_place_alone(channels, sizes):
    dry = noise(channels, 1000)
    drier = (0.5 * dry).astype(np.float32)
    whole = stored_by(drier, dry, at=123, seed=5)
    parts, at = [], 0
    for size in sizes:
        part = slice(at, at + size)
        parts.append(stored_by(drier[:, part], dry[:, part], at=123 + at, seed=5))
        at += size
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)
    assert (whole != stored_by(drier, dry, at=123, seed=6)).any()
    assert (whole != stored_by(drier, dry, at=124, seed=5)).any()


def test_channels_get_different_noise():
    _, drier = quiet(2)
    stored = stored_by(drier, np.ones_like(drier))
    assert abs(np.corrcoef(stored - drier)[0, 1]) < 0.02


def test_the_noise_is_the_same_everywhere_and_for_good():
    """The bytes of an output are part of what a release promises."""
    silence = np.zeros((2, 1000), np.float32)
    steps = stored_by(silence, silence + 1, seed=1, at=3) * 2**15
    assert zlib.crc32(steps.astype("<i2").tobytes()) == 1220882316


def test_the_seed_is_of_the_content(tmp_path):
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").write_bytes(b"one")
    (tmp_path / "c").write_bytes(b"two")
    assert seed_of(tmp_path / "a") == seed_of(tmp_path / "b") != seed_of(tmp_path / "c")
