"""The player speaks to the sound device, and says why it cannot."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from fake_sound import Device, SampleFormat, State, fake_multimedia
from signals import noise, sine

import desktop_app.player as player_module
from desktop_app.playback import Playback
from desktop_app.player import NO_ANSWER, NO_DEVICE, NO_MODULE, Player, load_multimedia

RATE = 44_100
FADE = 2000  # more than a crossfade


@pytest.fixture
def sound():
    return fake_multimedia(Device())


@pytest.fixture
def player(qtbot, sound) -> Player:
    player = Player(sound)
    player.set_playback(Playback(noise(2, 3 * RATE), RATE))
    return player


def heard(sound, dtype="<f4") -> np.ndarray:
    """What the newest sink took, shape (channels, frames)."""
    sink = sound.sinks[-1]
    return np.frombuffer(sink.heard, dtype).reshape(-1, sink.format.channelCount()).T


def test_the_device_gets_the_recording(player, sound):
    player.play()
    for frames in (1, 1023, 4410):
        sound.sinks[-1].play(frames)
    expected = noise(2, 3 * RATE)[:, FADE : 1 + 1023 + 4410]
    assert np.array_equal(heard(sound)[:, FADE:], expected)


def test_position_follows_what_is_heard(player, sound):
    player.play()
    sound.sinks[-1].play(RATE)
    assert player.position_s == 1.0


def test_pausing_keeps_the_place_and_playing_goes_on_there(player, sound):
    player.play()
    sound.sinks[-1].play(RATE)
    player.pause()
    assert not player.is_playing and player.position_s == 1.0
    player.toggle()
    sound.sinks[-1].play(RATE // 2)
    assert player.position_s == 1.5


def test_pausing_fades_out_before_the_device_is_stopped(player, sound):
    player.play()
    sink = sound.sinks[-1]
    sink.play(RATE)
    player.pause()
    sink.play(FADE)
    faded = heard(sound)[:, RATE : RATE + FADE]
    steps = np.abs(np.diff(heard(sound)[:, RATE - 500 :])).max()
    assert not faded[:, 600:].any() and faded[:, :100].any()
    assert steps <= np.abs(np.diff(noise(2, 3 * RATE))).max()
    player._watch()
    assert sink.stream is None and player.position_s == 1.0


def test_playing_again_while_the_sound_fades_goes_on_without_a_new_device(player, sound):
    player.play()
    sound.sinks[-1].play(RATE)
    player.pause()
    sound.sinks[-1].play(100)
    player.play()
    assert player.is_playing and len(sound.sinks) == 1
    sound.sinks[-1].play(FADE)
    expected = noise(2, 3 * RATE)[:, RATE:][:, 1500:FADE]
    assert np.array_equal(heard(sound)[:, RATE + 100 :][:, 1500:FADE], expected)


def test_a_device_that_asks_for_no_fade_is_stopped_all_the_same(player, sound, qtbot):
    player.play()
    sound.sinks[-1].play(RATE)
    player.pause()
    qtbot.waitUntil(lambda: sound.sinks[-1].stream is None, timeout=10_000)
    assert player.position_s == 1.0


def test_a_loop_plays_round_and_round_and_starts_inside(player, sound):
    player.set_loop(1.0, 1.5)
    assert player.loop_s == (1.0, 1.5)
    player.play()
    assert player.position_s == 1.0
    sound.sinks[-1].play(2 * RATE)
    assert 1.0 <= player.position_s <= 1.5 and player.is_playing
    assert sound.sinks[-1].stream.bytesAvailable() > 0 and not sound.sinks[-1].stream.atEnd()
    player.set_loop(None)
    assert player.loop_s is None
    sound.sinks[-1].play(2 * RATE)
    assert player.position_s == 3.0


def test_a_loop_that_is_set_elsewhere_while_playing_is_entered_at_once(player, sound):
    player.play()
    sound.sinks[-1].play(RATE)
    player.set_loop(2.0, 2.5)
    assert player.position_s == 2.0
    player.set_loop(1.9, 2.6)
    assert player.position_s == 2.0


def test_a_loop_without_a_recording_is_nothing(qtbot, sound):
    player = Player(sound)
    player.set_loop(1.0, 2.0)
    assert player.loop_s is None


def test_at_the_end_playing_stops_and_the_next_play_starts_over(player, sound, qtbot):
    player.seek(2.5)
    player.play()
    sound.sinks[-1].play(RATE)
    with qtbot.waitSignal(player.playing_changed) as told:
        sound.sinks[-1].stateChanged.emit(State.IdleState)
    assert told.args == [False] and player.position_s == 3.0
    player.play()
    assert player.position_s == 0.0


def test_a_mono_recording_sounds_on_both_sides_of_a_stereo_device(qtbot):
    sound = fake_multimedia(Device(takes=lambda wanted: wanted.channelCount() == 2))
    player = Player(sound)
    voice = sine(1, RATE, RATE, 440)
    player.set_playback(Playback(voice, RATE))
    player.play()
    sound.sinks[-1].play(RATE)
    assert np.array_equal(heard(sound)[:, FADE:], np.repeat(voice, 2, axis=0)[:, FADE:])


def test_a_device_without_floats_gets_sixteen_bits(qtbot):
    sound = fake_multimedia(
        Device(takes=lambda wanted: wanted.sampleFormat() is SampleFormat.Int16)
    )
    player = Player(sound)
    voice = sine(1, RATE, RATE, 440)
    player.set_playback(Playback(voice, RATE))
    player.play()
    sound.sinks[-1].play(RATE)
    assert np.abs(heard(sound, "<i2")[:, FADE:] / 32767 - voice[:, FADE:]).max() <= 0.5001 / 32767


def test_without_a_device_nothing_plays_and_it_says_why(qtbot):
    player = Player(fake_multimedia())
    player.set_playback(Playback(noise(1, RATE), RATE))
    player.play()
    assert not player.is_playing and player.unavailable() == NO_DEVICE


def test_without_qts_sound_module_nothing_plays_and_it_says_why(qtbot, monkeypatch):
    import PyQt6

    monkeypatch.setitem(sys.modules, "PyQt6.QtMultimedia", None)
    monkeypatch.delattr(PyQt6, "QtMultimedia", raising=False)
    player = Player(load_multimedia())
    player.set_playback(Playback(noise(1, RATE), RATE))
    player.play()
    assert not player.is_playing and player.unavailable() == NO_MODULE


def test_a_device_that_knows_no_such_rate_is_named(qtbot):
    player = Player(fake_multimedia(Device("old card", takes=lambda wanted: False)))
    player.set_playback(Playback(noise(1, RATE), RATE))
    with qtbot.waitSignal(player.failed) as told:
        player.play()
    assert "old card" in told.args[0] and "44100 Hz" in told.args[0]
    assert not player.is_playing


def test_an_unplugged_device_stops_playing_and_is_told(player, sound, qtbot):
    player.play()
    sound.sinks[-1].play(RATE)
    sound.devices.clear()
    with qtbot.waitSignals([player.failed, player.availability_changed]):
        player._devices.audioOutputsChanged.emit()
    assert not player.is_playing and player.position_s == 1.0
    assert player.unavailable() == NO_DEVICE


def test_a_device_that_reports_an_error_stops_playing_and_is_told(player, sound, qtbot):
    player.play()
    with qtbot.waitSignal(player.failed):
        sound.sinks[-1].stateChanged.emit(State.StoppedState)
    assert not player.is_playing


def test_a_device_that_asks_for_nothing_more_is_given_up(player, sound, qtbot, monkeypatch):
    monkeypatch.setattr(player_module, "STALL_S", 0.05)
    with qtbot.waitSignal(player.failed):
        player.play()
    assert not player.is_playing and player.unavailable() == NO_ANSWER
    player.play()
    assert len(sound.sinks) == 1  # Qt would abort the process, had the sound server died
    player._devices.audioOutputsChanged.emit()
    assert not player.unavailable()


def test_another_device_appearing_does_not_disturb(player, sound):
    player.play()
    sound.devices.append(Device("headphones"))
    player._devices.audioOutputsChanged.emit()
    assert player.is_playing
