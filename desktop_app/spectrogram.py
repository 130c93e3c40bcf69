"""A spectrogram as bytes with a max pyramid over time, and its reduction to pixels."""

from collections.abc import Callable

import numpy as np

LOWEST_DB = -120.0
STEP_DB = 0.5  # one grey level: 240 of them reach from -120 dB to full scale
WINDOW_S = 0.03  # long enough to part the harmonics of a voice, short enough to see a room's tail
OVERLAP = 4
FACTOR = 4
MAX_COLUMNS = 150_000  # 150 MB; longer recordings keep the loudest of several frames
COLUMNS_AT_ONCE = 512

Samples = Callable[[int, int], np.ndarray]


def mel(frequency: np.ndarray | float) -> np.ndarray:
    """Frequency in Hz as mel, the axis on which a voice fills the picture."""
    return 2595.0 * np.log10(1.0 + np.asarray(frequency, np.float64) / 700.0)


def mel_to_hz(value: np.ndarray | float) -> np.ndarray:
    """The inverse of `mel`."""
    return 700.0 * (10.0 ** (np.asarray(value, np.float64) / 2595.0) - 1.0)


class SpectrogramPyramid:
    """Levels in dB (full-scale sine = 0) as bytes, the loudest channel, coarser by max.

    Args:
        samples: Gives the waveform between two sample positions, shape (channels, n).
        frames: Length of the recording in samples.
        sample_rate: In Hz.
    """

    def __init__(self, samples: Samples, frames: int, sample_rate: int) -> None:
        self.samples = samples
        self.frames = frames
        self.sample_rate = sample_rate
        self.n_fft = 2 ** round(np.log2(WINDOW_S * sample_rate))
        self.hop_length = self.n_fft // OVERLAP
        stft_frames = max(1, -(-frames // self.hop_length))
        # Frames behind one stored column: their maximum is kept, so no click is lost.
        self.frames_per_column = -(-stft_frames // MAX_COLUMNS)
        self.column_length = self.hop_length * self.frames_per_column
        self.bins = self.n_fft // 2 + 1
        self.ready_columns = 0
        self._window = np.hanning(self.n_fft + 1)[:-1].astype(np.float32)
        self._levels: list[np.ndarray] = []  # each (columns, bins) uint8
        columns = -(-frames // self.column_length)
        while True:
            self._levels.append(np.zeros((columns, self.bins), np.uint8))
            if columns <= FACTOR:
                break
            columns = -(-columns // FACTOR)

    @property
    def columns(self) -> int:
        return len(self._levels[0])

    def advance(self, stop: int) -> None:
        """Compute every column whose samples are all known once those before `stop` are."""
        # Frame f is centred on sample (f + 1/2) hop and needs half a window behind that.
        reach = self.n_fft // 2 - self.hop_length // 2
        last = self.columns if stop >= self.frames else (stop - reach) // self.column_length
        while self.ready_columns < last:
            first = self.ready_columns
            until = min(last, first + max(1, COLUMNS_AT_ONCE // self.frames_per_column))
            self._levels[0][first:until] = self._compute(first, until)
            self._coarsen(first, until)
            self.ready_columns = until

    def _compute(self, first: int, last: int) -> np.ndarray:
        begin = first * self.column_length + self.hop_length // 2 - self.n_fft // 2
        end = last * self.column_length - self.hop_length // 2 + self.n_fft // 2
        inner = self.samples(max(0, begin), min(self.frames, end))
        padding = (max(0, -begin), max(0, end - self.frames))
        waveform = np.pad(inner, ((0, 0), padding))
        loudest = np.zeros(0)
        for channel in waveform:
            frames = np.lib.stride_tricks.sliding_window_view(channel, self.n_fft)
            spectrum = np.fft.rfft(frames[:: self.hop_length] * self._window, axis=1)
            power = spectrum.real**2 + spectrum.imag**2
            loudest = np.maximum(loudest, power) if loudest.size else power
        loudest = loudest.reshape(last - first, self.frames_per_column, self.bins).max(axis=1)
        scale = 2.0 / self._window.sum()
        level_db = 10.0 * np.log10(loudest * scale**2 + 1e-13)
        return np.clip((level_db - LOWEST_DB) / STEP_DB, 0, 255).astype(np.uint8)

    def _coarsen(self, first: int, last: int) -> None:
        for fine, coarse in zip(self._levels, self._levels[1:], strict=False):
            start, last = first // FACTOR, -(-last // FACTOR)
            children = fine[start * FACTOR : last * FACTOR]
            edges = np.arange(0, len(children), FACTOR)
            coarse[start:last] = np.maximum.reduceat(children, edges, axis=0)
            first = start

    def peak_db(self) -> float:
        """The loudest level known so far, in dB."""
        return LOWEST_DB + STEP_DB * float(self._levels[-1].max(initial=0))

    def view(
        self, first: float, last: float, width: int, rows: "RowMap"
    ) -> tuple[np.ndarray, float, float]:
        """The picture between two sample positions, reduced to at most `width` columns.

        Args:
            first: Left edge, in samples.
            last: Right edge, in samples.
            width: Columns wanted, normally the pixels of the screen; fewer come back where the
                spectrogram itself is coarser.
            rows: How bins become rows.

        Returns:
            The image, shape (rows, columns) uint8, row 0 at 0 Hz; and the sample positions of its
            left and right edge, which lie just outside `first` and `last`.
        """
        size = self.column_length
        level = self._levels[0]
        ready = self.ready_columns
        for coarser in self._levels[1:]:
            if (last - first) / (size * FACTOR) < width:
                break
            level, size = coarser, size * FACTOR
            ready = -(-ready // FACTOR)
        start = max(0, int(np.floor(first / size)))
        stop = min(ready, int(np.ceil(last / size)))
        if stop <= start:
            return np.zeros((rows.count, 0), np.uint8), first, first
        part = level[start:stop]
        left, right = start * size, stop * size
        pixels = max(1, round(width * (right - left) / (last - first)))
        if pixels < len(part):
            part = np.maximum.reduceat(part, np.arange(pixels) * len(part) // pixels, axis=0)
        return rows.reduce(part), float(left), float(right)


class RowMap:
    """Bins to rows on a mel axis: the loudest bin under a row, or between bins a blend of two.

    Args:
        bins: Bins of the spectrogram, from 0 Hz to half the sample rate.
        sample_rate: In Hz.
        count: Rows wanted, normally the pixels of the screen.
    """

    def __init__(self, bins: int, sample_rate: int, count: int) -> None:
        self.bins, self.sample_rate, self.count = bins, sample_rate, count
        per_hz = (bins - 1) / (sample_rate / 2)
        edges = mel_to_hz(np.linspace(0.0, mel(sample_rate / 2), count + 1)) * per_hz
        wide = np.flatnonzero(np.diff(edges) >= 1.0)
        self._split = int(wide[0]) if wide.size else count
        centres = (edges[: self._split] + edges[1 : self._split + 1]) / 2
        self._below = np.minimum(centres.astype(np.int64), bins - 2)
        self._weight = (centres - self._below).astype(np.float32)
        self._starts = np.floor(edges[self._split : -1]).astype(np.int64)

    def reduce(self, part: np.ndarray) -> np.ndarray:
        """Columns × bins as an image, shape (rows, columns) uint8, row 0 at 0 Hz."""
        out = np.empty((len(part), self.count), np.uint8)
        below = part[:, self._below].astype(np.float32)
        above = part[:, self._below + 1]
        out[:, : self._split] = below + (above - below) * self._weight + 0.5
        if self._split < self.count:
            out[:, self._split :] = np.maximum.reduceat(part, self._starts, axis=1)
        return np.ascontiguousarray(out.T)
