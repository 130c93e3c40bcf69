"""What the README promises: its script runs, its figures are the model card's."""

import json
import re
from pathlib import Path

import numpy as np
import soundfile

from training.card import BEGIN, END, readme_table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


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


def test_the_sound_table_is_what_the_model_card_says():
    card = json.loads((ROOT / "resources" / "live.json").read_text(encoding="utf-8"))
    _, _, rest = README.partition(BEGIN)
    shown, _, _ = rest.partition(END)
    assert shown.strip() == readme_table(card)
