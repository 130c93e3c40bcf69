"""What the settings of a Dereverb do to the sound, with real networks."""

from __future__ import annotations

import threading

import numpy as np
import pedalboard
import pytest
from networks import network_with_gain, saved, trained_model
from signals import Waveform, noise, sine, speech_like

from processor import Board, Dereverb, Model

RATE = 48_000


@pytest.fixture(scope="module")
def twenty_db(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A network that lowers everything by 20 dB."""
    return saved(network_with_gain(0.1), tmp_path_factory.mktemp("models") / "twenty.pt")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """The shipped weights in the newest format."""
    return trained_model(tmp_path_factory.mktemp("models") / "trained.pt")


def level_db(waveform: Waveform) -> float:
    """Level of the middle, where no edge is heard [dB]."""
    quarter = waveform.shape[1] // 4
    return float(10 * np.log10(np.square(waveform[:, quarter:-quarter], dtype=np.float64).mean()))


@pytest.mark.parametrize("strength, change_db", [(1.0, -20), (0.5, -10), (0.25, -5), (0.0, 0)])
@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_strength_scales_the_change_in_decibels(
    twenty_db: Model, strength: float, change_db: float, rate: int
) -> None:
    x = sine(1, rate // 2, rate, 440.0)
    y = Dereverb(twenty_db, strength=strength)(x, rate)
    assert level_db(y) - level_db(x) == pytest.approx(change_db, abs=0.01)


@pytest.mark.parametrize("link", [True, False])
@pytest.mark.parametrize("floor_db, change_db", [(-60, -20), (-12, -12), (0, 0)])
def test_the_floor_bounds_the_change(
    twenty_db: Model, floor_db: float, change_db: float, link: bool
) -> None:
    x = noise(2, RATE // 2)
    y = Dereverb(twenty_db, floor_db=floor_db, link=link)(x, RATE)
    assert level_db(y) - level_db(x) == pytest.approx(change_db, abs=0.01)


@pytest.mark.parametrize("frequency, band", [(100, 0), (1_000, 1), (6_000, 2)])
def test_focus_weighs_the_three_bands(twenty_db: Model, frequency: float, band: int) -> None:
    x = sine(1, RATE // 2, RATE, frequency)
    focus = [0.0, 0.0, 0.0]
    for share in (0.0, 0.5, 1.0):
        focus[band] = share
        y = Dereverb(twenty_db, focus=tuple(focus))(x, RATE)
        expected_db = 20 * np.log10(1 - 0.9 * share)
        # Leakage of the 30 ms window over an octave's slope.
        assert level_db(y) - level_db(x) == pytest.approx(expected_db, abs=0.1)
        focus[band] = 0.0


def test_no_focus_at_all_returns_the_input_bit_for_bit(trained: Model) -> None:
    x = noise(2, 9_001)
    for rate in (44_100, 48_000):
        np.testing.assert_array_equal(Dereverb(trained, focus=(0, 0, 0))(x, rate), x)


@pytest.mark.parametrize(
    "focus, link", [((1, 1, 1), True), ((1, 0.5, 0), True), ((0, 1, 1), False)]
)
def test_any_blocks_give_the_same_with_every_setting(
    trained: Model, focus: tuple[float, float, float], link: bool
) -> None:
    x = speech_like(2, 12_345, RATE)
    dereverb = Dereverb(trained, strength=0.7, focus=focus, link=link, output="removed")
    cuts = [481, 482, 1000, 5000, 5007]
    parts = [dereverb(block, RATE, reset=False) for block in np.split(x, cuts, axis=1)]
    # float32 sums that are grouped differently in a recurrent network.
    np.testing.assert_allclose(
        np.concatenate([*parts, dereverb.flush()], axis=1), dereverb(x, RATE), atol=5e-6
    )


def test_settings_of_two_threads_are_both_kept(tiny_model: Model) -> None:
    dereverb = Dereverb(tiny_model)

    def turn(name: str) -> None:
        for number in range(2_000):
            setattr(dereverb, name, (number + 1) / 2_000)

    threads = [threading.Thread(target=turn, args=(name,)) for name in ("strength", "mix")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (dereverb.strength, dereverb.mix) == (1.0, 1.0)


def test_misspelt_setting_is_refused_as_by_a_native_plugin(tiny_model: Model) -> None:
    for effect in (pedalboard.Gain(3), Dereverb(tiny_model), Board()):
        with pytest.raises(AttributeError, match="strenght"):
            effect.strenght = 0.5


@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize("settings", [{}, {"strength": 0.6, "mix": 0.7, "focus": (1, 1, 0.3)}])
def test_dry_and_removed_sum_to_the_input(trained: Model, rate: int, settings: dict) -> None:
    x = speech_like(2, rate // 4, rate)
    dry = Dereverb(trained, **settings)(x, rate)
    removed = Dereverb(trained, output="removed", **settings)(x, rate)
    assert np.abs(removed).max() > 1e-4
    np.testing.assert_allclose(dry + removed, x, atol=1e-7)


@pytest.mark.parametrize(
    "before, after",
    [
        ({"mix": 1.0}, {"mix": 0.0}),
        ({"output": "dry"}, {"output": "removed"}),
        ({"strength": 1.0}, {"strength": 0.0}),
        ({"floor_db": -60.0}, {"floor_db": 0.0}),
        ({"focus": (1, 1, 1)}, {"focus": (0, 0, 0)}),
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_no_change_of_a_setting_clicks(twenty_db: Model, before: dict, after: dict) -> None:
    x = sine(1, RATE, RATE, 200.0)
    dereverb = Dereverb(twenty_db, **before)
    parts = [dereverb(x[:, : RATE // 2], RATE, reset=False)]
    for name, value in after.items():
        setattr(dereverb, name, value)
    parts += [dereverb(x[:, RATE // 2 :], RATE, reset=False), dereverb.flush()]
    y = np.concatenate(parts, axis=1)[0, 2_000:-2_000]
    assert abs(np.abs(y[:4_800]).max() - np.abs(y[-4_800:]).max()) > 0.1  # it did change
    # A click is what a tone of 200 Hz is not: curved within a sample or two. An instant change of
    # the level would bend the curve a thousand times as much as the tone itself does.
    tone = np.abs(np.diff(x[0], 2)).max()
    assert np.abs(np.diff(y, 2)).max() < 1.5 * tone


def test_mix_and_output_turn_within_ten_milliseconds(twenty_db: Model) -> None:
    x = noise(1, RATE)
    dereverb = Dereverb(twenty_db)
    given = dereverb(x[:, : RATE // 2], RATE, reset=False).shape[1]
    dereverb.mix = 0.0
    rest = np.concatenate(
        [dereverb(x[:, RATE // 2 :], RATE, reset=False), dereverb.flush()], axis=1
    )
    np.testing.assert_array_equal(rest[:, 480:], x[:, given + 480 :])
    assert np.abs(rest[:, :240] - x[:, given : given + 240]).max() > 0.01


def stereo_room() -> tuple[Waveform, Waveform]:
    """Return a voice in a room with two microphones, and its direct sound: (2, samples) each."""
    pyroomacoustics = pytest.importorskip("pyroomacoustics")
    absorption, order = pyroomacoustics.inverse_sabine(0.7, [6.0, 5.0, 3.0])
    voice = speech_like(1, 3 * RATE, RATE)[0]
    both = []
    for reflections in (min(order, 25), 0):
        room = pyroomacoustics.ShoeBox(
            [6.0, 5.0, 3.0],
            fs=RATE,
            materials=pyroomacoustics.Material(absorption),
            max_order=reflections,
        )
        room.add_source([1.2, 3.0, 1.5], signal=voice)
        room.add_microphone_array(np.array([[2.0, 3.0, 1.5], [3.2, 2.6, 1.5]]).T)
        room.simulate()
        both.append(room.mic_array.signals[:, : len(voice)])
    scale = 0.3 / np.abs(both[0]).max()
    return tuple((scale * signals).astype(np.float32) for signals in both)  # type: ignore[return-value]


def test_linked_channels_keep_the_place_of_a_voice(trained: Model) -> None:
    recording, direct = stereo_room()

    def difference_db(stereo: np.ndarray) -> float:
        """Level of the direct sound on the left over that on the right: its projections."""
        left, right = (
            np.dot(heard.astype(float), voice) / np.dot(voice.astype(float), voice)
            for heard, voice in zip(stereo, direct, strict=True)
        )
        return 20 * np.log10(left / right)

    y = Dereverb(trained)(recording, RATE)
    shift_db = abs(difference_db(y) - difference_db(recording))
    assert shift_db < 1.0
    assert level_db(y) < level_db(recording) - 0.5  # and something was taken away


def test_linked_channels_keep_their_distance_in_level(trained: Model) -> None:
    x = speech_like(1, RATE, RATE)
    y = Dereverb(trained)(np.concatenate([x, 0.1 * x]), RATE)
    # Overlapping frames meet in each channel with its own phases.
    assert level_db(y[:1]) - level_db(y[1:]) == pytest.approx(20.0, abs=0.2)


def test_one_channel_is_the_same_linked_or_not(trained: Model) -> None:
    x = speech_like(1, RATE // 2, RATE)
    np.testing.assert_array_equal(
        Dereverb(trained, link=True)(x, RATE), Dereverb(trained, link=False)(x, RATE)
    )


def test_a_silent_channel_stays_silent_beside_a_voice(trained: Model) -> None:
    x = speech_like(2, RATE // 2, RATE)
    x[1] = 0.0
    assert not Dereverb(trained)(x, RATE)[1].any()
