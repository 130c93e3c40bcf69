"""What a sound device reads: the samples of a `Playback` as bytes."""

from typing import Any

import numpy as np
from PyQt6.QtCore import QIODevice, QObject

from .playback import Playback


class SoundStream(QIODevice):
    """What the sink reads: a `Playback` as bytes in the device's channels and sample format."""

    def __init__(self, playback: Playback, audio_format: Any, multimedia: Any, parent: QObject):
        super().__init__(parent)
        self.frame_bytes = audio_format.bytesPerFrame()
        self._playback = playback
        self._channels = audio_format.channelCount()
        self._as_float = audio_format.sampleFormat() == multimedia.QAudioFormat.SampleFormat.Float
        # Qt's own buffer of 16 kB would be a quarter of a second between a knob and the ear.
        self.open(QIODevice.OpenModeFlag.ReadOnly | QIODevice.OpenModeFlag.Unbuffered)

    def isSequential(self) -> bool:
        return True

    def atEnd(self) -> bool:
        return self._playback.is_over

    def bytesAvailable(self) -> int:
        waiting = 0 if self._playback.is_over else self._playback.frames
        return waiting * self.frame_bytes + super().bytesAvailable()

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
