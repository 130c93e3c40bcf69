"""Ablations: one thing changed, the same steps, figures as differences, no work done twice."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from corpora import write_corpora
from signals import noise, speech_like

from training import ablate
from training.config import Config
from training.errors import TrainingError
from training.items import Item

TINY = Path(__file__).parents[1] / "training" / "configs" / "tiny.toml"
RATE = 48_000
VARIANTS = """
[variants."no decays"]
network = { decays_s = [] }

[variants.AdamW]
optimiser = "adamw"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ablations.toml"
    path.write_text(TINY.read_text() + VARIANTS)
    return path


def test_a_variant_differs_in_what_its_table_says_alone(path: Path) -> None:
    configs = ablate.variants(path)
    assert list(configs) == [ablate.BASE, "no decays", "AdamW"]
    assert configs[ablate.BASE] == Config.load(TINY)
    table = Config.load(TINY).to_dict()
    table["network"]["decays_s"] = ()
    assert configs["no decays"] == Config.from_dict(table)


def test_the_variants_of_the_shipped_network_can_be_built() -> None:
    configs = ablate.variants(ablate.CONFIG)
    live = Config.load(ablate.CONFIG.with_name("live.toml")).network
    base = configs[ablate.BASE].network
    for name in ("formulation", "taps", "narrow_hidden", "wide_hidden", "decays_s"):
        assert getattr(base, name) == getattr(live, name), name
    assert len(set(configs.values())) == len(configs), "two variants are the same"
    for config in configs.values():
        ablate.Network(config.network)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seed = 1", "no tables"),
        ("[variants]\na = 3", "no tables"),
        ("[variants.a]\nsead = 1", "variant 'a'.*sead"),
        ("[variants.a]\nbatch_size = 0", "variant 'a'.*batch_size"),
        ("= 3", "Cannot use"),
        (None, "Cannot read"),
    ],
)
def test_what_is_no_list_of_variants_is_named(tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "wrong.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(TrainingError, match=said):
        ablate.variants(path)


def test_a_variant_is_trained_once_for_its_steps_and_measured(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ablate, "METRICS", ("estoi", "tail"))  # the others may be missing
    write_corpora(tmp_path / "data", RATE)
    speech = speech_like(1, 3 * RATE, RATE)[0]
    items = [
        Item("room", speech + noise(1, len(speech))[0], speech, 0.5, noisy=True),
        Item("dry", speech, speech, 0.0, noisy=False),
    ]
    rows = {}
    for name, config in ablate.variants(path).items():
        checkpoint = ablate.trained(name, config, tmp_path / "data", tmp_path / "out", 2)
        saved = torch.load(checkpoint, weights_only=True)
        assert saved["step"] == 2
        before = checkpoint.stat().st_mtime_ns
        ablate.trained(name, config, tmp_path / "data", tmp_path / "out", 2)
        assert checkpoint.stat().st_mtime_ns == before
        rows[name] = ablate.figures(config, checkpoint, items, tmp_path / "cache")
    base, *others = ablate.markdown(rows).splitlines()[2:]
    assert base.startswith(f"| {ablate.BASE} | ") and len(others) == 2
    assert f"{rows['AdamW']['estoi'] - rows[ablate.BASE]['estoi']:+.3f}" in others[1]
