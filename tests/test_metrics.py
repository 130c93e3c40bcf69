"""Published metrics against signals with a known answer."""

from __future__ import annotations

import numpy as np
import pytest
from signals import noise, speech_like

from training import metrics
from training.metrics import DNSMOS_SAMPLES, dnsmos, estoi, si_sdr_db

RATE = 16_000


def test_si_sdr_of_orthogonal_noise_is_their_level_difference() -> None:
    time = np.arange(RATE) / RATE
    speech, other = np.sin(2 * np.pi * 200 * time), np.sin(2 * np.pi * 300 * time)
    mixture = (speech + 0.1 * other).astype(np.float32)
    assert si_sdr_db(mixture, speech.astype(np.float32), RATE) == pytest.approx(20.0, abs=0.01)


def test_si_sdr_does_not_depend_on_the_level() -> None:
    speech = speech_like(1, RATE, RATE)[0]
    mixture = speech + noise(1, RATE)[0]
    quiet = si_sdr_db(0.01 * mixture, speech, RATE)
    assert quiet == pytest.approx(si_sdr_db(mixture, speech, RATE), abs=1e-3)


def test_si_sdr_of_the_speech_itself_is_the_cap() -> None:
    speech = speech_like(1, RATE, RATE)[0]
    assert si_sdr_db(speech, speech, RATE) == 100.0


def test_estoi_is_one_for_the_speech_itself_and_falls_with_noise() -> None:
    speech = speech_like(1, 2 * RATE, RATE)[0]
    assert estoi(speech, speech, RATE) == pytest.approx(1.0, abs=1e-3)
    assert estoi(speech + noise(1, 2 * RATE)[0], speech, RATE) < 0.9


class _Marks:
    """Stands in for the DNSMOS network: the same marks for everything, and what it was given."""

    def __init__(self) -> None:
        self.given: list[np.ndarray] = []

    def run(self, _: None, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        self.given.append(inputs["input_1"])
        return [np.array([[1.0, 2.0, 3.0]], np.float32)]


@pytest.mark.parametrize(("seconds", "windows"), [(1, 7), (8, 7), (9.5, 1), (20, 11)])
def test_dnsmos_hears_windows_of_9_seconds_of_the_repeated_speech(
    monkeypatch: pytest.MonkeyPatch, seconds: float, windows: int
) -> None:
    network = _Marks()
    monkeypatch.setattr(metrics, "_dnsmos_network", lambda: network)
    speech = noise(1, round(seconds * RATE), level=2.0)[0]
    marks = dnsmos(speech, RATE)
    assert [given.shape for given in network.given] == [(1, DNSMOS_SAMPLES)] * windows
    assert max(np.abs(given).max() for given in network.given) == 1.0
    # Of its authors' polynomials, by hand.
    assert marks["sig"] == pytest.approx(-0.08397278 + 1.22083953 + 0.0052439)
    assert marks["bak"] == pytest.approx(-4 * 0.13166888 + 2 * 1.60915514 - 0.39604546)
    assert marks["ovrl"] == pytest.approx(-9 * 0.06766283 + 3 * 1.11546468 + 0.04602535)
