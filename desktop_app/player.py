"""Playing through the sound device, or saying why that is impossible."""

import logging
import time
from types import ModuleType
from typing import Any

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from .playback import CROSSFADE_S, Playback
from .sound_stream import SoundStream

log = logging.getLogger(__name__)

NO_DEVICE = "No sound device found. Connect one to listen."
LOST = "The sound device stopped or was unplugged. Check it, then press Play to go on."
NO_ANSWER = "Sound stopped answering. Start Dryspell again to listen."
NO_MODULE = "Sound is off. Install libpulse0 and start again."
BUFFER_S = 0.08  # what a switch may lag behind, and what a busy moment may last
LONGEST_FADE_S = 0.25  # after this a device that should fall silent is stopped in any case
TICK_MS = 16
STALL_S = 3.0  # some devices vanish without a word: the sound server just asks for no more


def load_multimedia() -> ModuleType | None:
    """Qt's sound module, or None: on a bare Linux it lacks libpulse."""
    try:
        from PyQt6 import QtMultimedia
    except ImportError as error:
        log.warning("No sound: %s", error)
        return None
    return QtMultimedia


class Player(QObject):
    """Plays a `Playback`. Its position is the sample that is heard, not the one last pulled.

    Args:
        multimedia: Qt's sound module; None where it cannot be loaded.
        parent: The owner.
    """

    playing_changed = pyqtSignal(bool)
    position_changed = pyqtSignal(float)
    availability_changed = pyqtSignal()
    failed = pyqtSignal(str)

    def __init__(self, multimedia: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._multimedia = multimedia
        self._playback: Playback | None = None
        self._sink: Any = None
        self._device_id: Any = None
        self._stream: SoundStream | None = None
        self._is_stalled = False
        self._resting: int | None = None  # the sample to stay at, while the sound fades out
        self._moved_at = 0.0
        self._moved_to = -1.0
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self._watch)
        self._fade_over = QTimer(self, singleShot=True)
        self._fade_over.timeout.connect(self._close)
        if multimedia is not None:
            self._devices = multimedia.QMediaDevices(self)
            self._devices.audioOutputsChanged.connect(self._check_devices)

    def unavailable(self) -> str:
        """Why nothing can be played, or an empty string."""
        if self._multimedia is None:
            return NO_MODULE
        if self._multimedia.QMediaDevices.defaultAudioOutput().isNull():
            return NO_DEVICE
        return NO_ANSWER if self._is_stalled else ""

    @property
    def is_playing(self) -> bool:
        return self._sink is not None and self._resting is None

    @property
    def position_s(self) -> float:
        """Where in the recording one hears, in seconds."""
        if self._playback is None:
            return 0.0
        position = self._playback.position_before(self._samples_waiting)
        if self._resting is not None:
            position = min(position, self._resting)
        return position / self._playback.sample_rate

    @property
    def _samples_waiting(self) -> int:
        """How many samples the device holds that were not heard yet."""
        if self._sink is None or self._stream is None:
            return 0
        waiting = self._sink.bufferSize() - self._sink.bytesFree()
        return max(0, waiting) // self._stream.frame_bytes

    def set_playback(self, playback: Playback | None) -> None:
        """Play this from now on; stops what is playing."""
        self.stop()
        self._playback = playback
        self.position_changed.emit(self.position_s)

    def play(self) -> None:
        """Start at the present position, or from the beginning after the end."""
        if self._playback is None or self.is_playing or self.unavailable():
            return
        if self._sink is not None:  # it is just fading out
            self._go_on()
            return
        self._enter_loop()
        if self._playback.is_over:
            self._playback.seek(0)
        device = self._multimedia.QMediaDevices.defaultAudioOutput()
        audio_format = self._choose_format(device)
        if audio_format is None:
            self.failed.emit(
                f"'{device.description()}' does not play {self._playback.sample_rate} Hz. "
                "Choose another sound device in the system's settings."
            )
            return
        self._playback.fade_in()
        self._stream = SoundStream(self._playback, audio_format, self._multimedia, self)
        self._sink = self._multimedia.QAudioSink(device, audio_format, self)
        self._device_id = device.id()
        self._sink.setBufferSize(
            round(BUFFER_S * audio_format.sampleRate()) * audio_format.bytesPerFrame()
        )
        self._sink.stateChanged.connect(self._on_sink_state)
        self._sink.start(self._stream)
        if self._sink is None:  # the state change came at once
            return
        self._moved_at, self._moved_to = time.monotonic(), -1.0
        self._tick.start()
        self.playing_changed.emit(True)

    def pause(self) -> None:
        """Fade out, and stay there. What waits in the device is still heard: 80 ms."""
        if not self.is_playing or self._playback is None:
            return
        self._resting = self._playback.fade_out()
        self._fade_over.start(round(1000 * LONGEST_FADE_S))
        self.playing_changed.emit(False)

    def _go_on(self) -> None:
        """Take back a pause whose sound has not faded yet."""
        resting, self._resting = self._resting, None
        self._fade_over.stop()
        self._playback.rise(resting)
        self._moved_at = time.monotonic()
        self.playing_changed.emit(True)

    def stop(self) -> None:
        """Be silent now, and stay where one heard last."""
        if self._sink is None or self._playback is None:
            return
        heard = round(self.position_s * self._playback.sample_rate)
        if self._resting is None:
            self._resting = heard
            self._close()
            self.playing_changed.emit(False)
        else:
            self._close()

    def toggle(self) -> None:
        if self.is_playing:
            self.pause()
        else:
            self.play()

    def seek(self, position_s: float) -> None:
        """Go to this time; playing goes on there."""
        if self._playback is not None:
            position = round(position_s * self._playback.sample_rate)
            self._playback.seek(position)
            if self._resting is not None:
                self._resting = self._playback.position
            self.position_changed.emit(self._playback.position / self._playback.sample_rate)

    def set_loop(self, start_s: float | None, stop_s: float = 0.0) -> None:
        """Repeat this stretch from now on, from its start if one is outside; None ends that."""
        if self._playback is None:
            return
        if start_s is None:
            self._playback.set_loop(None)
            return
        rate = self._playback.sample_rate
        self._playback.set_loop(round(start_s * rate), round(stop_s * rate))
        if self.is_playing:
            self._enter_loop()

    @property
    def loop_s(self) -> tuple[float, float] | None:
        """Start and stop of what is repeated, in seconds."""
        loop = None if self._playback is None else self._playback.loop
        return loop and tuple(position / self._playback.sample_rate for position in loop)

    def _enter_loop(self) -> None:
        loop = self._playback.loop
        if loop is not None and not loop[0] <= self._playback.position < loop[1]:
            self._playback.seek(loop[0])

    def _choose_format(self, device: Any) -> Any:
        """The recording's rate in the plainest format that the device takes, or None."""
        formats = self._multimedia.QAudioFormat
        for sample_format in (formats.SampleFormat.Float, formats.SampleFormat.Int16):
            for channels in (self._playback.channels, 2, 1):
                candidate = formats()
                candidate.setSampleRate(self._playback.sample_rate)
                candidate.setChannelCount(channels)
                candidate.setSampleFormat(sample_format)
                if device.isFormatSupported(candidate):
                    return candidate
        return None

    def _close(self) -> None:
        """Let go of the device; after a pause, go back to where the sound faded."""
        sink, self._sink = self._sink, None
        self._tick.stop()
        self._fade_over.stop()
        if sink is not None:
            sink.stateChanged.disconnect(self._on_sink_state)
            sink.stop()
            sink.deleteLater()
        self._stream = None
        resting, self._resting = self._resting, None
        if resting is not None:
            self._playback.seek(resting)
        self._report_position()

    def _on_sink_state(self, state: Any) -> None:
        states = self._multimedia.QAudio.State
        if self._sink is None:
            return
        if state == states.IdleState and self._stream is not None and self._stream.atEnd():
            was_playing = self.is_playing
            self._close()
            if was_playing:
                self.playing_changed.emit(False)
        elif state == states.StoppedState:
            error = self._sink.error()
            log.warning("The sound device stopped: %s", error)
            self._lose_device()

    def _check_devices(self) -> None:
        self._is_stalled = False
        if self._sink is not None:
            present = [bytes(d.id()) for d in self._multimedia.QMediaDevices.audioOutputs()]
            if bytes(self._device_id) not in present:
                self._lose_device()
        self.availability_changed.emit()

    def _lose_device(self, text: str = LOST) -> None:
        self.stop()
        self.failed.emit(text)

    def _watch(self) -> None:
        if self._resting is not None and self._has_faded():
            self._close()
            return
        position_s, now = self.position_s, time.monotonic()
        if position_s != self._moved_to:
            self._moved_at, self._moved_to = now, position_s
            self.position_changed.emit(position_s)
        elif now - self._moved_at > STALL_S:
            log.warning("The sound device asks for nothing since %.1f s", STALL_S)
            # To start once more after PulseAudio has died would abort the process, inside Qt. Only
            # a change of devices tells that it is back.
            self._is_stalled = True
            self._lose_device(NO_ANSWER)
            self.availability_changed.emit()

    def _has_faded(self) -> bool:
        """Whether nothing but silence waits in the device."""
        heard = self._playback.position_before(self._samples_waiting)
        return heard >= self._resting + 2 * CROSSFADE_S * self._playback.sample_rate

    def _report_position(self) -> None:
        self.position_changed.emit(self.position_s)
