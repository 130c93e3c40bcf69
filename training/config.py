"""Every number of a training run, in one frozen object that a TOML file fills."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

from training.errors import TrainingError, reason_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


FORMULATIONS = ("prediction", "filter", "studio", "autoencoder", "classification")


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
    """Sizes of the network (see `training.network`).

    `taps` are in frames into the past, the present 0 first; negative ones lie ahead. "studio" alone
    works on `block` frames at a time, of which it hears `look_ahead` more. "prediction" alone has
    `prediction_taps`, the first of them `prediction_delay` frames ago, and hears
    `prediction_ahead` frames before it judges one, and closes its gains with `release_s`.

    Raises:
        ValueError: a tap lies where the network does not hear.
    """

    name: str = "live"
    formulation: str = "filter"
    sample_rate: int = 48_000
    hop_length: int = 480
    low_bands: int = 40
    bins_per_band: int = 6
    high_bands: int = 16
    taps: tuple[int, ...] = (0, 1, 2, 3, 5, 7, 10)
    embedding: int = 48
    narrow_hidden: int = 64
    wide_hidden: int = 256
    context: int = 16
    decays_s: tuple[float, ...] = ()
    prediction_taps: int = 8
    prediction_delay: int = 2
    prediction_half_life_s: float = 3.0
    prediction_ahead: int = 0
    release_s: float = 0.0
    channels: tuple[int, ...] = (16, 32, 48, 64)  # of the autoencoder's levels, from the top
    block: int = 50
    look_ahead: int = 48

    def __post_init__(self) -> None:
        aheads = {"studio": self.look_ahead, "prediction": self.prediction_ahead}
        ahead = aheads.get(self.formulation, 0)
        if not self.taps or self.taps[0] != 0 or min(self.taps) < -ahead:
            raise ValueError(f"taps must begin with 0 and reach {ahead} frames ahead at most")


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """How pairs are simulated (see `training.dataset`). Probabilities in [0, 1], levels in dB."""

    clip_s: float = 3.0
    measured_share: float = 0.5
    near_share: float = 0.15
    near_t60_s: tuple[float, float] = (0.15, 0.35)
    near_distance_m: tuple[float, float] = (0.3, 1.0)
    dry_share: float = 0.15
    target_t60_s: float = 0.08
    hold_ms: float = 4.0
    noise_share: float = 0.75
    snr_db: tuple[float, float] = (5.0, 45.0)
    level_db: tuple[float, float] = (-45.0, -15.0)
    t60_s: tuple[float, float] = (0.15, 1.8)
    low_pass_share: float = 0.4
    speed_share: float = 0.5


@dataclasses.dataclass(frozen=True)
class Config:
    """One training run."""

    network: NetworkConfig = NetworkConfig()
    data: DataConfig = DataConfig()
    seed: int = 1
    batch_size: int = 8
    learning_rate: float = 1e-3
    final_learning_rate: float = 5e-5
    warm_up_steps: int = 200
    hours: float = 2.0
    optimiser: str = "adamw"
    weight_decay: float = 1e-2
    gradient_clip: float = 1.0
    ema_decay: float = 0.998
    complex_share: float = 0.1
    over_attenuation: float = 1.5
    loss_corner_hz: float = 1000.0
    adversarial_weight: float = 0.0
    transparency_weight: float = 0.01
    level_weight: float = 1.0
    precision: str = "float32"
    checkpoint_every_s: float = 180.0
    validation_pairs: int = 48
    workers: int = 1
    notes: str = ""  # what a reader of the model card should know of the run

    @classmethod
    def load(cls, path: str | Path) -> Config:
        """Return the configuration written in a TOML file; what the file omits keeps its default.

        Raises:
            TrainingError: no such file, no TOML, or an unknown key, named together with the file.
        """
        try:
            return cls.from_dict(tomllib.loads(Path(path).read_text(encoding="utf-8")))
        except OSError as error:
            raise TrainingError(
                f"Cannot read '{path}': {reason_of(error)}. See training/configs for examples."
            ) from error
        except (TypeError, ValueError) as error:  # TOMLDecodeError is a ValueError
            raise TrainingError(f"Cannot use '{path}': {error}. See training/config.py.") from error

    @classmethod
    def from_dict(cls, table: dict[str, Any]) -> Config:
        """Return the configuration held in nested plain dicts (TOML, or a checkpoint's)."""
        table = dict(table)
        for name in ("network", "data"):
            if not isinstance(table.get(name, {}), dict):
                raise ValueError(f"{name} must be a table, [{name}], got {table[name]!r}")
        network = NetworkConfig(**_checked(NetworkConfig, table.pop("network", {})))
        data = DataConfig(**_checked(DataConfig, table.pop("data", {})))
        if not all(decay_s > 0 for decay_s in network.decays_s):
            raise ValueError(f"decays_s must be more than 0, got {network.decays_s!r}")
        precision = table.get("precision", cls.precision)
        if precision not in ("float32", "bfloat16"):
            raise ValueError(f'precision must be "float32" or "bfloat16", got {precision!r}')
        optimiser = table.get("optimiser", cls.optimiser)
        if optimiser not in ("adamw", "muon"):
            raise ValueError(f'optimiser must be "adamw" or "muon", got {optimiser!r}')
        config = cls(network=network, data=data, **_checked(cls, table))
        _check_ranges(config)
        if network.formulation not in FORMULATIONS:
            known = ", ".join(FORMULATIONS)
            raise ValueError(f"formulation must be one of {known}, got {network.formulation!r}")
        if config.adversarial_weight and network.formulation == "classification":
            raise ValueError("adversarial_weight must be 0: classes are trained by cross-entropy")
        if not config.adversarial_weight >= 0:
            raise ValueError(f"adversarial_weight is 0 or more, got {config.adversarial_weight!r}")
        return config

    def to_dict(self) -> dict[str, Any]:
        """Return nested plain dicts, the inverse of `from_dict`."""
        return dataclasses.asdict(self)


def _checked(kind: type, table: dict[str, Any]) -> dict[str, Any]:
    """Return the values with lists as tuples; TypeError if one is not of its field's type."""
    values = {key: tuple(v) if isinstance(v, list) else v for key, v in table.items()}
    for field in dataclasses.fields(kind):
        value = values.get(field.name, field.default)
        wanted = (int, float) if isinstance(field.default, float) else type(field.default)
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise TypeError(f"{field.name} must be like {field.default!r}, got {value!r}")
    return values


def _check_ranges(config: Config) -> None:
    """Raise ValueError for a number with which nothing can be trained."""
    network, data = config.network, config.data
    at_least_one = {
        "batch_size": config.batch_size,
        "validation_pairs": config.validation_pairs,
        "warm_up_steps": config.warm_up_steps,
        "sample_rate": network.sample_rate,
        "hop_length": network.hop_length,
        "low_bands": network.low_bands,
        "bins_per_band": network.bins_per_band,
        "high_bands": network.high_bands,
    }
    for name, count in at_least_one.items():
        if count < 1:
            raise ValueError(f"{name} must be 1 or more, got {count}")
    for name in ("seed", "workers"):
        if getattr(config, name) < 0:
            raise ValueError(f"{name} must be 0 or more, got {getattr(config, name)}")
    for name in ("learning_rate", "hours", "checkpoint_every_s"):
        if not getattr(config, name) > 0:
            raise ValueError(f"{name} must be more than 0, got {getattr(config, name)}")
    if not 0 <= config.ema_decay < 1:
        raise ValueError(f"ema_decay must be from 0 to below 1, got {config.ema_decay}")
    bins = 3 * network.hop_length // 2 + 1
    if network.low_bands * network.bins_per_band + network.high_bands > bins:
        raise ValueError(f"low_bands and high_bands are more than the {bins} bins of a frame")
    if data.clip_s * network.sample_rate < 10 * network.hop_length:
        raise ValueError(f"clip_s must be ten frames or more, got {data.clip_s}")
    for name in ("snr_db", "level_db", "t60_s", "near_t60_s", "near_distance_m"):
        values = getattr(data, name)
        if len(values) != 2 or not values[0] <= values[1]:
            raise ValueError(f"{name} must be two numbers, the smaller first, got {list(values)}")
    for name in ("t60_s", "near_t60_s", "near_distance_m"):
        if not getattr(data, name)[0] > 0:
            raise ValueError(f"{name} must be more than 0, got {list(getattr(data, name))}")
