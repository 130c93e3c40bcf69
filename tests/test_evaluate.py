"""Models and peers are measured, told in tables, written into the card and the README."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpora import write_corpora
from signals import noise, speech_like

from processor.model import Model
from training import evaluate as evaluating
from training import measure as measuring
from training.card import (
    BEGIN,
    END,
    known_failures,
    model_card,
    readme_table,
    source_summary,
    write_readme,
)
from training.errors import TrainingError
from training.evaluate import Outputs, evaluate, model_names
from training.items import Item, validation_items
from training.measure import (
    Figures,
    Yardstick,
    harmed_items,
    means,
    measure,
    process,
    rising_tails,
    tails_by_strength,
    worst_items,
)
from training.recognition import Heard
from training.tables import checks, notes, report, table

RATE = 16_000
CHEAP = ("estoi", "si_sdr", "tail", "level", "onset", "late")
SHORT = 4 * RATE


def unchanged(recording: np.ndarray) -> np.ndarray:
    return recording


@pytest.fixture(scope="module")
def items() -> list[Item]:
    """A near and a far pair, the far one with noise, and a dry clip; four seconds each."""
    dry = speech_like(1, SHORT, RATE)[0]
    dry[2 * RATE :] = 0
    room = np.convolve(dry, 0.02 * noise(1, RATE // 2)[0])[:SHORT].astype(np.float32)
    return [
        Item("0 near", dry + room, dry, 0.4, noisy=False, drr_db=3.0),
        Item("1 far", dry + 3 * room + noise(1, SHORT, level=0.01)[0], dry, 1.0, True, -10.0),
        Item("dry 0", dry, dry, 0.0, noisy=False),
    ]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up data folder."""
    folder = tmp_path_factory.mktemp("data")
    write_corpora(folder, RATE)
    return folder


@pytest.fixture
def rows(items: list[Item]) -> dict[str, Any]:
    """The items as they are, and perfectly dried."""
    perfect = {item.recording.tobytes(): item.dry for item in items}
    yardstick = Yardstick(RATE, CHEAP)
    return {
        "input": measure(unchanged, items, yardstick),
        "perfect": measure(lambda recording: perfect[recording.tobytes()], items, yardstick),
    }


def test_the_direct_sound_itself_has_the_best_of_all_figures(rows: dict[str, Any]) -> None:
    best = rows["perfect"]
    assert best["estoi"] == pytest.approx(1.0, abs=1e-3)
    assert best["si_sdr_db"] == 100.0
    assert best["level_error_db"] == pytest.approx(0, abs=1e-6)
    assert best["onset_loss_db"] == pytest.approx(0, abs=1e-6)
    assert best["dry_si_sdr_db"] == {"mean": 100.0, "worst": 100.0}
    assert best["late_500_hz_db"] > 20
    assert rows["input"]["late_500_hz_db"] == pytest.approx(0, abs=1e-9)


def test_every_pair_is_counted_in_its_classes(rows: dict[str, Any]) -> None:
    counts = {name: group["pairs"] for name, group in rows["input"]["classes"].items()}
    assert counts == {
        "t60 0-0.6 s": 1,
        "t60 0.6-1.2 s": 1,
        "t60 1.2-2.5 s": 0,
        "near": 1,
        "far": 1,
        "noisy": 1,
    }


def test_late_reverberation_is_measured_without_noise_only(rows: dict[str, Any]) -> None:
    near, far = rows["perfect"]["items"]
    assert "late_500_hz_db" in near and "late_500_hz_db" not in far


def test_a_mean_leaves_out_what_is_unknown() -> None:
    assert means([{"a": 1.0, "b": math.nan}, {"a": 3.0}, {}]) == {"a": 2.0}


def test_the_word_error_rate_is_of_all_words_together() -> None:
    figures: list[Figures] = [{"word_errors": 1, "words": 10}, {"word_errors": 3, "words": 30}, {}]
    assert means(figures) == {"wer": 0.1, "wer_items": 2}


def test_word_errors_are_counted_where_the_dry_speech_is_followed(
    items: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    dry = items[0].dry.tobytes()

    def recognise(speech: np.ndarray, sample_rate: int) -> Heard:
        text = "one two three four five" if speech.tobytes() == dry else "one two free four"
        return Heard(tuple(text.split()), -0.3)

    monkeypatch.setattr(measuring, "_heard_dry", {})
    monkeypatch.setattr(measuring.recognition, "recognise", recognise)
    row = measure(unchanged, items, Yardstick(RATE, ("wer",)))
    assert row["wer"] == pytest.approx(2 / 5)
    assert row["wer_items"] == 2


def test_a_metric_whose_package_is_missing_leaves_its_cells_empty(
    items: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> Figures:
        raise ModuleNotFoundError("No module named 'pesq'", name="pesq")

    monkeypatch.setitem(measuring.METRICS, "pesq", missing)
    yardstick = Yardstick(RATE, ("pesq", "tail"))
    rows = {"input": measure(unchanged, items, yardstick)}
    assert "pesq_wb" not in rows["input"] and "tail_db" in rows["input"]
    assert report(rows).splitlines()[2].startswith("| input |  |")
    assert "no module 'pesq'" in notes(yardstick, rows) and "[bench]" in notes(yardstick, rows)


def test_what_was_measured_is_remembered(items: list[Item], tmp_path: Path) -> None:
    first = measure(unchanged, items, Yardstick(RATE, ("tail",), tmp_path))
    more = Yardstick(RATE, ("tail", "level"), tmp_path)
    again = measure(unchanged, items, more)
    assert list(more.seconds) == ["level"]
    assert again["tail_db"] == first["tail_db"]
    measure(lambda recording: 0.5 * recording, items, more)
    assert set(more.seconds) == {"tail", "level"}


def test_the_items_that_gain_least_come_first() -> None:
    def row(*estoi: float) -> dict[str, Any]:
        rest = {"t60_s": 1.0, "noisy": False}
        return {"items": [{"name": f"{i}", "estoi": v, **rest} for i, v in enumerate(estoi)]}

    before, after = row(0.5, 0.5, 0.5), row(0.6, 0.45, 0.49)
    assert [item["name"] for item in worst_items(before, after)] == ["1", "2", "0"]
    assert [item["name"] for item in worst_items(before, after, 1)] == ["1"]
    assert harmed_items(before, after) == ["1"]


def test_a_tail_that_rises_with_strength_is_counted() -> None:
    assert rising_tails({0.0: [-10, -10], 0.5: [-20, -15], 1.0: [-30, -14]}) == 1
    assert rising_tails({0.0: [-10], 1.0: [-10]}) == 0


def test_strength_zero_has_the_tail_of_the_recording(tiny_model: Model, items: list[Item]) -> None:
    tails = tails_by_strength(tiny_model, items, RATE)
    # The tiny model turns everything down: the tail against speech stays.
    assert list(tails) == [0.0, 0.25, 0.5, 0.75, 1.0]
    for values in tails.values():
        assert values == pytest.approx(tails[0.0], abs=1e-3)


@pytest.mark.parametrize("length", [1, 159, 160, 5_003])
def test_a_model_returns_every_sample_in_its_place(tiny_model: Model, length: int) -> None:
    recording = noise(1, length)[0]
    np.testing.assert_allclose(process(tiny_model, recording), 0.1 * recording, atol=1e-7)
    np.testing.assert_array_equal(process(tiny_model, recording, 0.0), recording)


def test_floors_that_are_broken_are_said(rows: dict[str, Any]) -> None:
    good = checks("best", rows["input"], rows["perfect"], {0.0: [-10.0], 1.0: [-20.0]})
    assert "BROKEN" not in good and good.count("holds") == 3
    quiet = {**rows["perfect"], "level_error_db": -0.6}
    bad = checks(
        "worst",
        rows["perfect"],
        {**quiet, "items": rows["input"]["items"]},
        {0.0: [-20.0], 1.0: [-10.0]},
    )
    assert bad.count("BROKEN") == 3 and "0 near" in bad


def test_tables_name_every_row_and_class(rows: dict[str, Any]) -> None:
    told = report(rows)
    assert told.count("| perfect |") == 2 + 5
    assert "| near (1) |" in told and "1.2-2.5" not in told
    assert table(["", "a"], [["b", "1"]]) == "| | a |\n|---|---|\n| b | 1 |"


def test_the_card_holds_figures_sources_and_what_failed(
    tiny_model: Model, rows: dict[str, Any], data: Path
) -> None:
    peers = {"WPE": rows["input"]}
    card = model_card(tiny_model, *rows.values(), data, peers=peers, items="0123456789ab")
    measured = json.loads(json.dumps(card))["validation"]
    assert measured["output"]["pairs"] == 2 and "items" not in measured["output"]
    assert measured["items"] == "0123456789ab"
    assert measured["peers"]["WPE"] == measured["input"]
    assert [item["name"] for item in measured["least_gained"]] == ["0 near", "1 far"]
    assert card["sources"]["rir"] == [{"source": "made", "licence": "CC0-1.0", "clips": 2}]


def test_the_card_says_where_others_are_better() -> None:
    before = {"pesq_wb": 1.3, "wer": 0.3, "classes": {"far": {"pesq_wb": 1.2, "wer": 0.4}}}
    after = {"pesq_wb": 1.5, "wer": 0.4, "classes": {"far": {"pesq_wb": 1.1, "wer": 0.4}}}
    peers = {"Another": {"pesq_wb": 1.6, "wer": 0.5}}
    assert known_failures(before, after, peers) == [
        "PESQ-WB 1.50: Another has 1.60.",
        "far: PESQ-WB 1.10, the recording has 1.20.",
        "word errors 40 %: the recording has 30 %.",
    ]
    assert not known_failures(before, before, {})


def test_a_card_can_be_made_without_sources_and_licences(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("file,split\na.wav,train\nb.wav,valid\n")
    assert source_summary(tmp_path) == [{"source": "", "licence": "", "clips": 1}]


def test_the_readme_gets_the_table_between_its_marks(
    tiny_model: Model, rows: dict[str, Any], data: Path, tmp_path: Path
) -> None:
    card = model_card(tiny_model, *rows.values(), data, peers={"WPE": rows["input"]})
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    write_readme(readme, card)
    write_readme(readme, card)
    text = readme.read_text(encoding="utf-8")
    assert text == f"before\n{BEGIN}\n{readme_table(card)}\n{END}\nafter\n"
    assert "old" not in text and "**1.000**" in text
    assert [line.split(" | ")[0] for line in readme_table(card).splitlines()[2:]] == [
        "| recording",
        "| Dryspell",
        "| WPE",
    ]


def test_a_readme_without_marks_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("nothing")
    with pytest.raises(TrainingError, match="has no lines"):
        write_readme(tmp_path / "README.md", {})
    with pytest.raises(TrainingError, match="Cannot rewrite"):
        write_readme(tmp_path / "none.md", {})


def test_what_is_unknown_is_null_in_json(tmp_path: Path) -> None:
    evaluating._write(tmp_path / "a.json", {"tails": {0.5: [math.nan, -3.0]}, "pairs": 2})
    assert json.loads((tmp_path / "a.json").read_text()) == {
        "tails": {"0.5": [None, -3.0]},
        "pairs": 2,
    }


def test_models_of_one_name_are_told_apart() -> None:
    assert model_names([Path("a/best.pt"), Path("live.pt")]) == ["best", "live"]
    assert model_names([Path("a/best.pt"), Path("b/best.pt")]) == ["a/best.pt", "b/best.pt"]
    assert model_names([Path("a/WPE.pt")]) == ["a/WPE.pt"]


def test_evaluation_prints_and_writes_all_it_was_asked_for(
    tiny_model_path: Path,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def few(sources: Any, sample_rate: int) -> Any:
        return validation_items(sources, sample_rate, pairs=2, dry_clips=1)

    monkeypatch.setattr(evaluating, "validation_items", few)
    readme = tmp_path / "README.md"
    readme.write_text(f"{BEGIN}\n{END}\n", encoding="utf-8")
    outputs = Outputs(tmp_path / "all.json", tmp_path / "card.json", readme, tmp_path / "pictures")
    evaluate([tiny_model_path], data, tmp_path / "cache", outputs, names=("estoi", "tail"))
    told = capsys.readouterr().out
    assert "| tiny |" in told and "Floors of tiny" in told and "least gained by tiny" in told
    assert "NaN" not in outputs.json.read_text()
    everything = json.loads(outputs.json.read_text())
    assert len(everything["rows"]["tiny"]["items"]) == 2
    card = json.loads(outputs.card.read_text())
    assert card["validation"]["items"] == everything["items"] and everything["items"] in told
    assert readme_table(card) in readme.read_text(encoding="utf-8")
    assert len(list((tmp_path / "pictures").glob("tiny_*.png"))) == 2
