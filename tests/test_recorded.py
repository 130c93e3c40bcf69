"""Pairs that somebody recorded: what they need, and what training makes of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from signals import speech_like

from training import recorded
from training.acoustics import convolve, shorten
from training.augment import rms
from training.config import DataConfig
from training.errors import TrainingError
from training.recorded import RecordedPairs, lag_s, misaligned, warn_if_misaligned
from training.rooms import simulate_rir

RATE = 16_000


def reverberant_pair(seconds: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a voice in a simulated room, and in the same room with its decay shortened."""
    dry = speech_like(1, round(seconds * RATE), RATE, seed=seed)[0]
    rir, t60_s = simulate_rir(np.random.default_rng(seed), RATE, (0.4, 1.2))
    short = shorten(rir, RATE, t60_s, 0.12, 4.0)
    n = 1 << 17
    spectrum = np.fft.rfft(dry, n)
    return convolve(spectrum, rir, n, len(dry)), convolve(spectrum, short, n, len(dry))


def write_pairs(folder: Path, *, late: int = 0, rate: int = RATE, seconds: float = 3.0) -> Path:
    """Write two pairs of each split, the recordings of which begin `late` samples later."""
    lines = ["file,target,split"]
    for number, split in enumerate(("train", "train", "valid", "valid")):
        recording, target = reverberant_pair(seconds, number)
        recording = np.roll(recording, late)
        gain = 0.5 / max(np.abs(recording).max(), np.abs(target).max())
        for name, samples in ((f"{number}.wav", recording), (f"{number}_dry.wav", target)):
            soundfile.write(folder / name, gain * samples, rate, subtype="FLOAT")
        lines.append(f"{number}.wav,{number}_dry.wav,{split}")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")
    return folder


def examples(folder: Path, rate: int = RATE, **changes: Any) -> RecordedPairs:
    return RecordedPairs(folder, "train", DataConfig(clip_s=1.0, **changes), rate, 5, 100)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pairs(tmp_path_factory.mktemp("pairs"))


def test_an_excerpt_is_a_function_of_seed_and_index(folder: Path) -> None:
    for index in (0, 7):
        one, other = examples(folder).example(index), examples(folder).example(index)
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(examples(folder).example(0)[0], examples(folder).example(1)[0])


@pytest.mark.parametrize("rate", [8_000, RATE, 22_050, 48_000])
def test_excerpts_have_the_rate_asked_for_and_never_clip(folder: Path, rate: int) -> None:
    for index in range(10):
        reverberant, target = examples(folder, rate, level_db=(-16.0, -15.0)).example(index)
        assert reverberant.shape == target.shape == (rate,)
        assert reverberant.dtype == target.dtype == np.float32
        assert np.isfinite(reverberant).all() and np.isfinite(target).all()
        assert max(np.abs(reverberant).max(), np.abs(target).max()) <= 0.991


def test_excerpts_stay_aligned(folder: Path) -> None:
    for index in range(10):
        reverberant, target = examples(folder, dry_share=0.0).example(index)
        assert abs(lag_s(reverberant, target, RATE)) < 1e-3


def test_a_dry_excerpt_has_the_target_as_input(folder: Path) -> None:
    reverberant, target = examples(folder, dry_share=1.0).example(3)
    np.testing.assert_array_equal(reverberant, target)
    assert np.any(target)


def test_a_pair_shorter_than_an_excerpt_is_followed_by_silence(tmp_path: Path) -> None:
    write_pairs(tmp_path, seconds=0.5)
    plain = {"speed_share": 0.0, "low_pass_share": 0.0}
    reverberant, target = examples(tmp_path, **plain).example(0)
    assert reverberant.shape == target.shape == (RATE,)
    assert np.abs(target[: RATE // 2]).max() > 100 * np.abs(target[3 * RATE // 4 :]).max()


def test_places_without_a_voice_are_drawn_anew(tmp_path: Path) -> None:
    write_pairs(tmp_path)
    for number in range(4):
        for name in (f"{number}.wav", f"{number}_dry.wav"):
            samples, _ = soundfile.read(tmp_path / name)
            samples[: 2 * RATE] = 1e-3 if "dry" not in name else 0.0
            soundfile.write(tmp_path / name, samples, RATE, subtype="FLOAT")
    heard = [rms(examples(tmp_path).example(index)[1]) for index in range(20)]
    assert min(heard) > 0


@pytest.mark.parametrize("late", [-480, -17, 0, 15, 160, 4_000])
def test_a_lag_is_measured_to_a_millisecond(late: int) -> None:
    for seed in range(4):
        recording, target = reverberant_pair(3.0, seed)
        found_s = lag_s(np.roll(recording, late), target, RATE)
        assert found_s == pytest.approx(late / RATE, abs=1e-3)


@pytest.mark.parametrize("length", [0, 1, 2, 100])
def test_the_lag_of_next_to_nothing_is_none(length: int) -> None:
    silence = np.zeros(length, np.float32)
    assert lag_s(silence, silence, RATE) == 0.0


def test_misaligned_recordings_are_warned_of(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pairs(tmp_path, late=160)
    examples(tmp_path)
    assert re.search(r"2 of 2 .* by (9\.9|10\.\d) ms", capsys.readouterr().err)
    warn_if_misaligned(folder, examples(folder).rows)
    assert not capsys.readouterr().err


def test_the_check_names_every_misaligned_recording(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pairs(tmp_path, late=-320)
    monkeypatch.setattr("sys.argv", ["recorded", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        recorded.main()
    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert all(f"{number}.wav: " in said for number in range(4)) and "early" in said


def test_the_check_is_content_with_aligned_pairs(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["recorded", str(folder)])
    recorded.main()
    assert "0 of 4" in capsys.readouterr().out
    assert misaligned(folder, examples(folder).rows) == {}


@pytest.mark.parametrize(
    ("samples", "rate", "said"),
    [
        (np.zeros(RATE), RATE, "48000 samples at 16000 Hz, its target .* 16000 at 16000 Hz"),
        (np.zeros(3 * RATE), 2 * RATE, "48000 samples at 16000 Hz, its target .* at 32000 Hz"),
        (None, RATE, r"0_dry\.wav': there is no such file"),
    ],
)
def test_a_pair_that_is_none_is_refused(
    tmp_path: Path, samples: np.ndarray | None, rate: int, said: str
) -> None:
    write_pairs(tmp_path)
    (tmp_path / "0_dry.wav").unlink()
    if samples is not None:
        soundfile.write(tmp_path / "0_dry.wav", samples, rate)
    with pytest.raises(TrainingError, match=said):
        examples(tmp_path)


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("file,split\n0.wav,train\n", "no column 'target'"),
        ("file,target,split\n0.wav,0_dry.wav,valid\n", "no clip whose split is 'train'"),
        ("file,target,split\n0.wav,0_dry.wav\n", "no clip whose split is 'train'"),
        (
            "file,target,split,speaker\n0.wav,0_dry.wav,train,Ann\n1.wav,1_dry.wav,valid,Ann\n",
            "speaker 'Ann' in both splits",
        ),
        (
            "file,target,split\n0.wav,0_dry.wav,train\n1.wav,0_dry.wav,valid\n",
            r"target '0_dry\.wav' in both splits",
        ),
    ],
)
def test_a_manifest_that_cannot_be_used_is_named(tmp_path: Path, manifest: str, said: str) -> None:
    write_pairs(tmp_path)
    (tmp_path / "manifest.csv").write_text(manifest)
    with pytest.raises(TrainingError, match=said):
        examples(tmp_path)
