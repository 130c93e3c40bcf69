"""What is heard: exact samples, no gap and no click at any switch, in any blocks."""

from __future__ import annotations

import numpy as np
import pytest
from signals import noise, sine

from desktop_app.playback import CROSSFADE_S, Monitor, Playback
from desktop_app.voice import Known
from processor import Recipe
from processor.mixing import mixed

RATE = 48_000
FADE = round(CROSSFADE_S * RATE)
BLOCKS = [1, 127, 480, 4096]


def known(*waveforms):
    """Gives these as sources, the best first."""
    sources = [Known(waveform) for waveform in waveforms]
    return lambda: sources


def pull_all(playback: Playback, block: int) -> np.ndarray:
    """Everything that is left, pulled in blocks."""
    blocks = [playback.pull(0)]
    while (part := playback.pull(block)).shape[1]:
        blocks.append(part)
    return np.concatenate(blocks, axis=1)


@pytest.fixture
def dry() -> np.ndarray:
    return noise(2, 20_011, seed=1)


@pytest.fixture
def removed() -> np.ndarray:
    return noise(2, 20_011, seed=2)


@pytest.mark.parametrize("block", BLOCKS)
def test_before_is_the_recording_bit_for_bit(dry, block):
    assert np.array_equal(pull_all(Playback(dry, RATE), block), dry)


@pytest.mark.parametrize("mix", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("monitor", list(Monitor))
def test_each_choice_is_its_formula_once_the_crossfade_is_over(dry, removed, monitor, mix):
    playback = Playback(dry, RATE)
    playback.hear(monitor, mix, known(removed))
    share = np.float32(mix) * removed
    expected = {Monitor.BEFORE: dry, Monitor.AFTER: dry - share, Monitor.REMOVED: share}[monitor]
    assert np.array_equal(pull_all(playback, 997)[:, FADE:], expected[:, FADE:])


def test_switching_has_no_gap(dry, removed):
    """Sample n that is heard is sample n of the recording, however often one switches."""
    playback = Playback(dry, RATE)
    heard = []
    for turn in range(12):
        playback.hear(list(Monitor)[turn % 2], 1.0, known(np.zeros_like(removed)))
        heard.append(playback.pull(1009))
    assert np.array_equal(np.concatenate(heard, axis=1), dry[:, : 12 * 1009])


@pytest.mark.parametrize("block", BLOCKS)
def test_switching_has_no_click(block):
    """Between two steady levels the output passes in equal small steps."""
    dry, removed = np.ones((1, RATE), np.float32), np.full((1, RATE), 0.75, np.float32)
    playback = Playback(dry, RATE)
    before = playback.pull(1000)
    playback.hear(Monitor.AFTER, 1.0, known(removed))
    after = np.concatenate([playback.pull(block) for _ in range(-(-2000 // block))], axis=1)
    heard = np.concatenate([before, after], axis=1)[0]
    steps = np.diff(heard)
    assert heard[0] == 1.0 and heard[-1] == 0.25
    assert steps.max() <= 0 and -steps.min() <= 0.75 / FADE * 1.001
    assert np.count_nonzero(steps) == FADE


def test_changes_during_a_crossfade_do_not_click():
    """A slider that is dragged changes the mix far more often than a crossfade lasts."""
    dry, removed = np.ones((1, RATE), np.float32), np.ones((1, RATE), np.float32)
    playback = Playback(dry, RATE)
    heard = []
    for step in range(100):
        playback.hear(Monitor.AFTER, step / 99, known(removed))
        heard.append(playback.pull(64))
    heard.append(playback.pull(2 * FADE))
    steps = np.abs(np.diff(np.concatenate(heard, axis=1)[0]))
    assert steps.max() <= 1 / FADE * 1.001
    assert heard[-1][0, -1] == 0.0


def test_seeking_crossfades_and_lands_on_the_sample():
    dry = sine(1, RATE, RATE, 440)
    playback = Playback(dry, RATE)
    first = playback.pull(999)
    playback.seek(30_000)
    second = playback.pull(3000)
    assert np.array_equal(second[:, FADE:], dry[:, 30_000 + FADE : 33_000])
    steps = np.abs(np.diff(np.concatenate([first, second], axis=1)[0]))
    steepest = np.abs(np.diff(dry[0])).max()
    assert steps.max() <= steepest + 1.0 / FADE


def test_playing_starts_softly(dry):
    playback = Playback(np.ones((1, RATE), np.float32), RATE)
    playback.seek(500)
    playback.fade_in()
    heard = playback.pull(2 * FADE)[0]
    assert heard[0] <= 1 / FADE and heard[-1] == 1.0
    assert np.diff(heard).max() <= 1 / FADE * 1.001


@pytest.mark.parametrize("position", [-5, 0, 1, 20_010, 20_011, 10**9])
def test_seeking_stays_inside_the_recording(dry, position):
    playback = Playback(dry, RATE)
    playback.seek(position)
    left = 20_011 - min(max(0, position), 20_011)
    assert pull_all(playback, 4096).shape == (2, left)
    assert playback.position == 20_011


def test_a_rendering_that_arrives_while_playing_replaces_the_old_one(dry, removed):
    playback = Playback(dry, RATE)
    playback.hear(Monitor.REMOVED, 1.0, known(removed))
    playback.pull(2 * FADE)
    playback.hear(Monitor.REMOVED, 1.0, known(dry))
    start = 2 * FADE
    heard = playback.pull(2 * FADE)
    assert np.array_equal(heard[:, FADE:], dry[:, start + FADE : start + 2 * FADE])


def test_a_rendering_that_grows_past_the_playhead_does_not_click():
    dry, removed = np.ones((1, RATE), np.float32), np.full((1, RATE), 0.75, np.float32)
    growing = Known(removed, 4000)
    playback = Playback(dry, RATE)
    playback.hear(Monitor.AFTER, 1.0, lambda: [growing])
    heard = [playback.pull(1000) for _ in range(7)]  # runs ahead of what is rendered
    growing.frames = 20_000
    heard += [playback.pull(1000) for _ in range(20)]
    heard = np.concatenate(heard, axis=1)[0]
    assert heard[3000] == 0.25 and heard[5000] == 1.0 and heard[8000 + FADE] == 0.25
    assert np.abs(np.diff(heard)).max() <= 0.75 / FADE * 1.001


def test_what_is_known_is_heard_bit_for_bit_while_the_rest_is_rendered(dry, removed):
    playback = Playback(dry, RATE)
    growing = Known(removed, 3000)
    playback.hear(Monitor.AFTER, 1.0, lambda: [growing])
    heard = []
    for _ in range(20):
        heard.append(playback.pull(500))
        growing.frames += 997
    heard = np.concatenate(heard, axis=1)
    assert np.array_equal(heard[:, FADE:], (dry - removed)[:, FADE:10_000])


def test_where_the_best_source_knows_nothing_the_next_is_heard(dry, removed):
    playback = Playback(dry, RATE)
    sources = [Known(np.zeros_like(removed), 5000), Known(removed)]
    playback.hear(Monitor.REMOVED, 1.0, lambda: sources)
    heard = pull_all(playback, 500)
    assert not heard[:, FADE : 5000 - FADE].any()
    assert np.array_equal(heard[:, 5000:], removed[:, 5000:])


@pytest.mark.parametrize("block", BLOCKS)
def test_a_loop_is_repeated_to_the_sample(dry, block):
    playback = Playback(dry, RATE)
    start, stop = 3001, 7013
    playback.set_loop(start, stop)
    heard = np.concatenate([playback.pull(block) for _ in range(-(-20_000 // block))], axis=1)
    assert np.array_equal(heard[:, :stop], dry[:, :stop])
    lap = stop - start
    for turn in (0, 1, 2):
        begin = stop + turn * lap
        assert np.array_equal(heard[:, begin + FADE : begin + lap], dry[:, start + FADE : stop])


def test_a_loop_has_no_click_where_it_begins_anew():
    dry = np.linspace(0, 1, RATE, dtype=np.float32)[np.newaxis]
    playback = Playback(dry, RATE)
    playback.set_loop(0, 10_000)
    heard = np.concatenate([playback.pull(999) for _ in range(40)], axis=1)[0]
    assert np.abs(np.diff(heard)).max() <= dry[0, 10_000] / FADE * 1.01 + 1 / RATE


def test_a_loop_may_end_with_the_recording_and_can_be_left(dry):
    playback = Playback(dry, RATE)
    playback.set_loop(15_000, 10**9)
    assert playback.pull(30_000).shape[1] == 30_000 and not playback.is_over
    playback.set_loop(None)
    pull_all(playback, 4096)
    assert playback.is_over and playback.position == 20_011


@pytest.mark.parametrize("start, stop", [(5, 5), (20_011, 20_011), (20_000, 3), (-9, 2)])
def test_a_loop_is_never_too_short_to_be_heard(dry, start, stop):
    playback = Playback(dry, RATE)
    playback.set_loop(start, stop)
    first, last = playback.loop
    assert first >= 0 and last <= 20_011 and last - first >= 0.05 * RATE


def test_the_position_that_is_heard_follows_loops_back(dry):
    playback = Playback(dry, RATE)
    playback.set_loop(1000, 9000)
    playback.pull(9500)
    assert playback.position == 1500 and playback.position_before(1000) == 8500
    playback.seek(4000)
    assert playback.position_before(1000) == 4000


def test_fading_out_ends_in_silence_and_rising_goes_on_in_place():
    dry = np.ones((1, RATE), np.float32)
    playback = Playback(dry, RATE)
    heard = [playback.pull(1000)]
    position = playback.fade_out()
    heard.append(playback.pull(2000))
    assert position == 1000 and not heard[1][:, FADE:].any()
    playback.rise(position)
    heard.append(playback.pull(1000))
    assert playback.position == 2000 and heard[2][0, -1] == 1.0
    steps = np.abs(np.diff(np.concatenate(heard, axis=1)[0]))
    assert steps.max() <= 1 / FADE * 1.001


@pytest.mark.parametrize("gain_db", [-6.0, 0.0, 5.0])
def test_a_gain_is_heard_as_it_is_exported(dry, removed, gain_db):
    recipe = Recipe(mix=0.7, gain_db=gain_db)
    playback = Playback(dry, RATE)
    playback.hear(Monitor.AFTER, 0.7, known(removed), gain=recipe.gains[0])
    assert np.array_equal(pull_all(playback, 999)[:, FADE:], mixed(dry, removed, recipe)[:, FADE:])


def test_after_is_the_recording_while_nothing_is_rendered(dry):
    playback = Playback(dry, RATE)
    playback.hear(Monitor.AFTER, 1.0)
    assert np.array_equal(pull_all(playback, 4096), dry)
