"""What the README promises: its script runs, its figures are the model card's."""

import json
import re
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COLUMNS = ("pesq_wb", "estoi", "si_sdr_db", "tail_db")


def row(name):
    """The numbers in the row of the sound table that begins with a name."""
    line = re.search(rf"^\| {name} \|(.*)$", README, re.MULTILINE)
    assert line
    return [float(number) for number in re.findall(r"-?\d+\.\d+", line.group(1))]


def test_the_script_runs_and_its_blocks_equal_one_call(tmp_path, monkeypatch):
    take, sample_rate = soundfile.read(ROOT / "resources" / "samples" / "kitchen.flac")
    soundfile.write(tmp_path / "take.wav", take[: 2 * sample_rate], sample_rate)
    monkeypatch.chdir(tmp_path)
    script = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert script
    names: dict = {}
    exec(script.group(1), names)
    assert names["drier"].shape == names["audio"].shape
    np.testing.assert_allclose(np.concatenate(names["blocks"]), names["drier"], atol=2e-6)


def test_the_sound_table_has_the_figures_of_the_model_card():
    measured = json.loads((ROOT / "resources" / "live.json").read_text())["validation"]
    for name, side in (("recording", "input"), ("Dryspell", "output")):
        shown = row(name)
        for column, value in zip(COLUMNS, shown, strict=False):
            digits = {"pesq_wb": 2, "estoi": 3}.get(column, 1)
            assert round(measured[side][column], digits) == value, (name, column)
    assert round(measured["output"]["dry_si_sdr_db"]["mean"], 1) == row("Dryspell")[4]
