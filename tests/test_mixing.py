"""Mixing: exact where nothing changes, and without a click where something does."""

from __future__ import annotations

import numpy as np
import pytest
from signals import Waveform, noise

from processor.mixing import Mixer, mixed
from processor.recipe import Recipe

RATE = 16_000
TURN = 160  # 10 ms


def ones(samples: int, level: float = 1.0) -> Waveform:
    return np.full((1, samples), level, np.float32)


@pytest.mark.parametrize("mix", [0.0, 0.3, 1.0])
def test_dry_and_removed_sum_to_the_input(mix: float) -> None:
    x, r = noise(2, 1000), noise(2, 1000, seed=1)
    whole = mixed(x, r, Recipe(mix=mix)) + mixed(x, r, Recipe(mix=mix, output="removed"))
    # Two roundings, of the difference and of the sum, of values below 1.
    np.testing.assert_allclose(whole, x, atol=1.2e-7)


def test_where_nothing_is_removed_dry_is_the_input_bit_for_bit() -> None:
    x = np.array([[-0.0, 0.0, 1e-42, -1.0]], np.float32)
    nothing = np.array([[0.0, -0.0, 0.0, -0.0]], np.float32)
    for mix in (0.0, 0.5, 1.0):
        assert mixed(x, nothing, Recipe(mix=mix)).tobytes() == x.tobytes()
        assert not mixed(x, nothing, Recipe(mix=mix, output="removed")).any()


@pytest.mark.parametrize("output", ["dry", "removed"])
def test_a_gain_is_a_plain_factor(output: str) -> None:
    x, r = noise(2, 1000), noise(2, 1000, seed=1)
    plain = mixed(x, r, Recipe(mix=0.7, output=output))
    louder = mixed(x, r, Recipe(mix=0.7, output=output, gain_db=6.0))
    np.testing.assert_allclose(louder, 10 ** (6 / 20) * plain, atol=5e-7)


def test_first_samples_have_the_mixture_that_is_asked_for() -> None:
    mixer = Mixer(RATE)
    mixer.mix(ones(0), ones(0), Recipe(mix=1.0))
    np.testing.assert_array_equal(mixer.mix(ones(5), ones(5), Recipe(mix=0.0)), 1.0)


@pytest.mark.parametrize("sizes", [[1] * 400, [159, 241], [160, 240], [161, 239], [7, 393]])
@pytest.mark.parametrize(
    "new, end", [(Recipe(mix=0.0), 1.0), (Recipe(output="removed"), 0.5), (Recipe(mix=0.4), 0.8)]
)
def test_a_change_is_over_after_ten_milliseconds(sizes: list[int], new: Recipe, end: float) -> None:
    mixer = Mixer(RATE)
    mixer.mix(ones(100), ones(100, 0.5), Recipe())
    y = np.concatenate([mixer.mix(ones(n), ones(n, 0.5), new) for n in sizes], axis=1)
    fade = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, TURN + 1) / TURN)
    np.testing.assert_allclose(y[0, :TURN], 0.5 + (end - 0.5) * fade, atol=1e-6)
    np.testing.assert_array_equal(y[:, TURN:], mixed(ones(240), ones(240, 0.5), new))


def test_changes_that_follow_fast_add_up_and_never_overshoot() -> None:
    mixer, generator = Mixer(RATE), np.random.default_rng(0)
    mixer.mix(ones(100), ones(100), Recipe())
    parts = [mixer.mix(ones(7), ones(7), Recipe(mix=generator.integers(0, 2))) for _ in range(200)]
    y = np.concatenate([*parts, mixer.mix(ones(300), ones(300), Recipe(mix=0.25))], axis=1)
    assert y.min() >= -1e-6 and y.max() <= 1 + 1e-6
    # The steepest of one half cosine, pi / 2 / TURN, is that of them all together.
    assert np.abs(np.diff(y)).max() <= 1.01 * np.pi / 2 / TURN
    np.testing.assert_array_equal(y[:, -100:], 0.75)


def test_a_hand_that_moves_slowly_is_followed_without_delay_beyond_the_turn() -> None:
    mixer, size = Mixer(RATE), 16
    mixes = np.linspace(0, 1, 100)
    y = np.concatenate(
        [mixer.mix(ones(size), ones(size), Recipe(mix=mix)) for mix in mixes], axis=1
    )
    heard = 1 - y[0, size - 1 :: size]
    np.testing.assert_array_less(mixes - heard, 1.5 * TURN / 2 / size / 99 + 1e-6)
