"""How a level meter moves: at once up, slowly down."""

from dataclasses import dataclass, replace

import numpy as np

LOWEST_DB = -60.0
FALL_DB_PER_S = 20.0  # of the peak
RMS_S = 0.3  # the time over which the mean square is taken


@dataclass(frozen=True)
class Level:
    """What a meter shows of one waveform.

    Attributes:
        peak_db: The loudest sample lately [dB re full scale].
        mean_square: Of the last 0.3 s.
        has_clipped: Whether a sample was beyond full scale since the lamp was put out.
    """

    peak_db: float = LOWEST_DB
    mean_square: float = 0.0
    has_clipped: bool = False

    @property
    def rms_db(self) -> float:
        """The root of the mean square [dB re full scale]."""
        return max(LOWEST_DB, 10.0 * float(np.log10(self.mean_square + 1e-12)))

    def after(self, waveform: np.ndarray, elapsed_s: float) -> "Level":
        """The level when these samples, (channels, n), were heard for so long."""
        fallen = max(LOWEST_DB, self.peak_db - FALL_DB_PER_S * elapsed_s)
        keep = float(np.exp(-elapsed_s / RMS_S))
        if not waveform.size:
            return replace(self, peak_db=fallen, mean_square=keep * self.mean_square)
        peak = float(np.abs(waveform).max())
        power = float(np.square(waveform, dtype=np.float64).mean(axis=1).max())
        return Level(
            max(fallen, 20.0 * float(np.log10(peak + 1e-6))),
            keep * self.mean_square + (1.0 - keep) * power,
            self.has_clipped or peak > 1.0,
        )
