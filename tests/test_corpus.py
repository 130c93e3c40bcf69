"""What of a data folder is used: licences, splits, and recordings that were replaced."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from corpora import write_corpora
from signals import speech_like

from training.corpus import Corpus, may_be_used, rows_of
from training.errors import TrainingError

RATE = 16_000


@pytest.mark.parametrize("use", ["yes", "unclear", "Yes ", "", None])
def test_what_nothing_forbids_is_used(use: str | None) -> None:
    row = {"file": "a.wav", "licence": "CC BY 4.0"}
    assert may_be_used(row if use is None else {**row, "commercial_use": use})


@pytest.mark.parametrize("use", ["no", "No", "research", "non-commercial", "ask first"])
def test_any_other_word_on_commercial_use_leaves_a_clip_out(use: str) -> None:
    assert not may_be_used({"file": "a.wav", "licence": "CC0-1.0", "commercial_use": use})


@pytest.mark.parametrize(
    "licence",
    [
        *("CC BY-NC 3.0 (upstream); LICENSE Apache-2.0", "CC BY-NC-SA 3.0", "free for research"),
        *(
            "Creative Commons Attribution Noncommercial",
            "upstream (non-commercial)",
            "CC-BY-NC-4.0",
        ),
        *("for academic use", "Attribution Non Commercial"),
    ],
)
def test_a_licence_speaks_where_nobody_read_it(licence: str) -> None:
    assert not may_be_used({"file": "a.wav", "licence": licence})
    assert not may_be_used({"file": "a.wav", "licence": licence, "commercial_use": ""})
    assert may_be_used({"file": "a.wav", "licence": licence, "commercial_use": "unclear"})


@pytest.mark.parametrize("licence", ["", "CC0-1.0", "GPL-3+", "none stated", "nc_sounds/MIT"])
def test_other_licences_are_used(licence: str) -> None:
    assert may_be_used({"file": "a.wav", "licence": licence})


def test_rooms_that_may_not_be_used_are_left_out(tmp_path: Path) -> None:
    write_corpora(tmp_path, RATE)
    corpus = Corpus.load(tmp_path / "rir", "train", RATE, tmp_path / "cache", ("room", "t60_s"))
    assert [clip.row["commercial_use"] for clip in corpus.clips] == ["yes", "unclear"]


def test_a_speaker_in_both_splits_is_named(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("file,split,speaker\na.wav,train,Ann\nb.wav,valid,Bo\nc.wav,valid,Ann\n")
    with pytest.raises(TrainingError, match="speaker 'Ann' in both splits"):
        rows_of(manifest, "train", ("speaker",), apart="speaker")


def test_speakers_of_one_name_in_two_sources_are_two(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("file,split,speaker,source\na.wav,train,1,x\nb.wav,valid,1,y\n")
    assert len(rows_of(manifest, "valid", ("speaker",), "speaker")) == 1


def test_a_manifest_that_a_spreadsheet_saved_is_read(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("file,split\r\na.wav,train\r\n", encoding="utf-8-sig")
    assert rows_of(manifest, "train") == [{"file": "a.wav", "split": "train"}]


def test_a_replaced_recording_is_decoded_anew(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("file,split\na.wav,train\n")
    for seconds in (1, 2):
        samples = speech_like(1, seconds * RATE, RATE)[0]
        soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
        corpus = Corpus.load(tmp_path, "train", RATE, tmp_path / "cache")
        np.testing.assert_array_equal(corpus.read(0), samples)
