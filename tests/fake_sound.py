"""Qt's sound module as far as Player uses it, without a sound device."""

from __future__ import annotations

from enum import Enum
from types import SimpleNamespace

from PyQt6.QtCore import QObject, pyqtSignal


class SampleFormat(Enum):
    """As QAudioFormat.SampleFormat."""

    Int16 = 2
    Float = 4


class State(Enum):
    """As QAudio.State."""

    ActiveState = 0
    StoppedState = 2
    IdleState = 3


class Format:
    """As QAudioFormat."""

    SampleFormat = SampleFormat

    def setSampleRate(self, sample_rate):
        self._sample_rate = sample_rate

    def setChannelCount(self, channels):
        self._channels = channels

    def setSampleFormat(self, sample_format):
        self._sample_format = sample_format

    def sampleRate(self):
        return self._sample_rate

    def channelCount(self):
        return self._channels

    def sampleFormat(self):
        return self._sample_format

    def bytesPerFrame(self):
        return self._channels * self._sample_format.value


class Device:
    """As QAudioDevice; takes the formats for which `takes` is true."""

    def __init__(self, name="loudspeaker", takes=lambda wanted: True):
        self.name = name
        self.takes = takes

    def id(self):
        return self.name.encode()

    def description(self):
        return self.name

    def isNull(self):
        return not self.name

    def isFormatSupported(self, wanted):
        return self.takes(wanted)


class Sink(QObject):
    """As QAudioSink: `play` takes so many frames from what it was started with."""

    stateChanged = pyqtSignal(object)  # noqa: N815 (Qt's name)

    def __init__(self, device, audio_format, parent):
        super().__init__(parent)
        self.format = audio_format
        self.heard = b""

    def setBufferSize(self, size):
        self.size = size

    def bufferSize(self):
        return self.size

    def bytesFree(self):
        return self.size  # what was pulled is heard at once

    def start(self, stream):
        self.stream = stream

    def stop(self):
        self.stream = None

    def error(self):
        return "fatal"

    def play(self, frames):
        self.heard += bytes(self.stream.read(frames * self.format.bytesPerFrame()))


def fake_multimedia(*devices):
    """A stand-in for PyQt6.QtMultimedia with these devices; the first is the default."""
    present = list(devices)
    sinks = []

    class Devices(QObject):
        audioOutputsChanged = pyqtSignal()  # noqa: N815 (Qt's name)

        @staticmethod
        def defaultAudioOutput():
            return present[0] if present else Device("")

        @staticmethod
        def audioOutputs():
            return present

    def sink(*arguments):
        sinks.append(Sink(*arguments))
        return sinks[-1]

    return SimpleNamespace(
        QMediaDevices=Devices,
        QAudioFormat=Format,
        QAudioSink=sink,
        QAudio=SimpleNamespace(State=State),
        devices=present,
        sinks=sinks,
    )
