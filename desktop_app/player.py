"""Playing through the sound device, or saying why that is impossible."""

import logging
import time
from types import ModuleType
from typing import Any

import numpy as np
from PyQt6.QtCore import QIODevice, QObject, QTimer, pyqtSignal

from .playback import Playback

log = logging.getLogger(__name__)

NO_DEVICE = "No sound device found. Connect one to listen."
LOST = "The sound device stopped or was unplugged. Check it, then press Play to go on."
NO_ANSWER = "Sound stopped answering. Start Dryspell again to listen."
NO_MODULE = "Sound is off. Install libpulse0 and start again."
BUFFER_S = 0.1  # what a switch may lag behind, and what a busy moment may last
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
        self._stream: _PlaybackDevice | None = None
        self._is_stalled = False
        self._moved_at = 0.0
        self._moved_to = -1.0
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self._watch)
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
        return self._sink is not None

    @property
    def position_s(self) -> float:
        """Where in the recording one hears, in seconds."""
        if self._playback is None:
            return 0.0
        position = self._playback.position
        if self._sink is not None and self._stream is not None:
            waiting = self._sink.bufferSize() - self._sink.bytesFree()
            position -= max(0, waiting) // self._stream.frame_bytes
        return max(0, position) / self._playback.sample_rate

    def set_playback(self, playback: Playback | None) -> None:
        """Play this from now on; stops what is playing."""
        self.pause()
        self._playback = playback
        self.position_changed.emit(self.position_s)

    def play(self) -> None:
        """Start at the present position, or from the beginning after the end."""
        if self._playback is None or self.is_playing or self.unavailable():
            return
        if self._playback.position >= self._playback.frames:
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
        self._stream = _PlaybackDevice(self._playback, audio_format, self._multimedia, self)
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
        """Stop, and stay where one heard last."""
        if self._sink is None or self._playback is None:
            return
        heard = round(self.position_s * self._playback.sample_rate)
        self._close()
        self._playback.seek(heard)
        self._report_position()

    def toggle(self) -> None:
        if self.is_playing:
            self.pause()
        else:
            self.play()

    def seek(self, position_s: float) -> None:
        """Go to this time; playing goes on there."""
        if self._playback is not None:
            self._playback.seek(round(position_s * self._playback.sample_rate))
            self.position_changed.emit(self._playback.position / self._playback.sample_rate)

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
        sink, self._sink = self._sink, None
        self._tick.stop()
        if sink is not None:
            sink.stateChanged.disconnect(self._on_sink_state)
            sink.stop()
            sink.deleteLater()
        self._stream = None
        self.playing_changed.emit(False)

    def _on_sink_state(self, state: Any) -> None:
        states = self._multimedia.QAudio.State
        if self._sink is None:
            return
        if state == states.IdleState and self._stream is not None and self._stream.atEnd():
            self._close()
            self._report_position()
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
        self.pause()
        self.failed.emit(text)

    def _watch(self) -> None:
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

    def _report_position(self) -> None:
        self.position_changed.emit(self.position_s)


class _PlaybackDevice(QIODevice):
    """What the sink reads: a `Playback` as bytes in the device's channels and sample format."""

    def __init__(self, playback: Playback, audio_format: Any, multimedia: Any, parent: QObject):
        super().__init__(parent)
        self.frame_bytes = audio_format.bytesPerFrame()
        self._playback = playback
        self._channels = audio_format.channelCount()
        self._as_float = audio_format.sampleFormat() == multimedia.QAudioFormat.SampleFormat.Float
        self.open(QIODevice.OpenModeFlag.ReadOnly)

    def isSequential(self) -> bool:
        return True

    def atEnd(self) -> bool:
        return self._playback.position >= self._playback.frames

    def bytesAvailable(self) -> int:
        waiting = self._playback.frames - self._playback.position
        return max(0, waiting) * self.frame_bytes + super().bytesAvailable()

    def readData(self, most: int) -> bytes:
        waveform = self._playback.pull(most // self.frame_bytes)
        if waveform.shape[0] != self._channels:
            # A mono recording on two loudspeakers, or six channels folded to two.
            waveform = np.broadcast_to(
                waveform.mean(axis=0, keepdims=True), (self._channels, waveform.shape[1])
            )
        interleaved = np.clip(waveform.T, -1.0, 1.0)
        if self._as_float:
            return np.ascontiguousarray(interleaved, np.float32).tobytes()
        return np.rint(interleaved * 32767.0).astype(np.int16).tobytes()

    def writeData(self, data: bytes) -> int:
        return -1
