"""A room that exists only as numbers: a shoebox's impulse response, its noise, its figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

Signal = NDArray[np.float64]

SPEED_OF_SOUND = 343.0  # m/s
OCTAVES = np.array([125, 250, 500, 1000, 2000, 4000, 8000, 16000])  # Hz, centres

# How much louder (dB) a talker is towards the listener than on average over all directions, by
# octave. The direct path is taken as heard on axis, so all that the room adds is lowered by this.
TALKER_DIRECTIVITY_DB = np.array([1, 1.5, 2, 3, 4, 5, 6, 7])


@dataclass(frozen=True)
class Room:
    """A box: size, talker and listener as (x, y, z) [m]; T60 for each of OCTAVES [s]."""

    size: tuple[float, float, float]
    talker: tuple[float, float, float]
    listener: tuple[float, float, float]
    t60: tuple[float, ...]

    @property
    def volume(self) -> float:
        """The room's volume [m^3]."""
        return float(np.prod(self.size))

    @property
    def surface(self) -> float:
        """The area of the six walls [m^2]."""
        width, depth, height = self.size
        return 2 * (width * depth + width * height + depth * height)

    @property
    def distance(self) -> float:
        """From talker to listener [m]."""
        return float(np.linalg.norm(np.subtract(self.talker, self.listener)))


def image_sources(room: Room, radius: float) -> tuple[Signal, NDArray[np.int64]]:
    """Return distance [m] and number of reflections of every mirror image within `radius` [m].

    Along one axis of length L the images of x are m L + x for even m and (m + 1) L - x for odd m,
    each after |m| reflections (Allen and Berkley, JASA 65, 1979).
    """
    offsets, bounces = [], []
    for length, talker, listener in zip(room.size, room.talker, room.listener, strict=True):
        reach = int(radius / length) + 2
        m = np.arange(-reach, reach + 1)
        images = np.where(m % 2 == 0, m * length + talker, (m + 1) * length - talker)
        offsets.append(images - listener)
        bounces.append(np.abs(m))
    x, y, z = np.meshgrid(*offsets, indexing="ij")
    i, j, k = np.meshgrid(*bounces, indexing="ij")
    distance = np.sqrt(x**2 + y**2 + z**2).ravel()
    near = distance < radius
    return distance[near], (i + j + k).ravel()[near]


def octave_weights(frequencies: Signal) -> Signal:
    """Return (octaves, frequencies) weights that cross-fade between octaves.

    They sum to one above 100 Hz and fade away below: mirror images all push the same way, so
    down there, where no voice is, they would add up to a drone.
    """
    position = np.log2(np.maximum(frequencies, 1.0) / OCTAVES[0]).clip(0, len(OCTAVES) - 1)
    apart = np.abs(position[None] - np.arange(len(OCTAVES))[:, None]).clip(0, 1)
    voiced = np.clip(frequencies / 100, 0, 1)
    return (np.cos(apart * np.pi / 2) * np.sin(voiced * np.pi / 2)) ** 2


def room_response(room: Room, sample_rate: int, random: np.random.Generator) -> Signal:
    """Return the room's impulse response, (samples,); the direct path is a 1 at sample 0.

    Discrete mirror images make the first 60 ms; over the next 30 ms they give way to noise that
    decays in every octave with its own T60. The noise needs no level to be chosen: image sources
    lie at one per room volume, so between t and t + dt there are 4 pi c^3 t^2 dt / V of them, each
    of energy (r / c t)^2 relative to the direct sound at r. That is a density of 4 pi c r^2 / V,
    which the walls then let decay.
    """
    t60 = np.array(room.t60)[:, None]
    time = np.arange(round(1.3 * max(room.t60) * sample_rate)) / sample_rate
    handover = np.clip((time - 0.060) / 0.030, 0, 1) * np.pi / 2

    distance, reflections = image_sources(room, radius=0.090 * SPEED_OF_SOUND)
    # Eyring: with a mean free path of 4 V / S, this reflection factor gives just this T60.
    wall = np.exp(-np.log(1e6) * 2 * room.volume / (SPEED_OF_SOUND * room.surface * t60))
    gain = wall**reflections * room.distance / distance
    delay = np.rint((distance - room.distance) / SPEED_OF_SOUND * sample_rate).astype(int)
    reflected = reflections > 0
    added = np.zeros((len(OCTAVES), len(time)))
    for octave in range(len(OCTAVES)):
        np.add.at(added[octave], delay[reflected], gain[octave, reflected])
    added *= np.cos(handover)

    density = 4 * np.pi * SPEED_OF_SOUND * room.distance**2 / (room.volume * sample_rate)
    since_emission = time + room.distance / SPEED_OF_SOUND
    decay = np.sqrt(density) * 10 ** (-3 * since_emission / t60)
    added += decay * random.standard_normal(len(time)) * np.sin(handover)

    added *= 10 ** (-TALKER_DIRECTIVITY_DB[:, None] / 20)
    length = 2 * len(time)  # zeros behind, where the filters' ringing before time 0 goes
    weights = octave_weights(np.fft.rfftfreq(length, 1 / sample_rate))
    response = np.fft.irfft((np.fft.rfft(added, length) * weights).sum(0), length)[: len(time)]
    response[0] += 1.0
    return response


def room_noise(length: int, sample_rate: int, random: np.random.Generator) -> Signal:
    """Return a quiet room's noise, (length,): a hum of ventilation, falling by 6 dB per octave."""
    spectrum = np.fft.rfft(random.standard_normal(length))
    frequencies = np.fft.rfftfreq(length, 1 / sample_rate)
    spectrum *= frequencies / (frequencies + 40) * (1 + frequencies / 200) ** -1
    return np.fft.irfft(spectrum, length)


def describe(dry: Signal, response: Signal, sample_rate: int) -> str:
    """Return a line with T60 (1 kHz octave, Schroeder, -5 to -35 dB) and the voice's DRR and C50.

    DRR and C50 are ratios of what the voice, not an impulse, makes of the response: an impulse
    would give the top octave, where a voice has little, half of the say.
    """
    length = 2 * len(response)
    octave = octave_weights(np.fft.rfftfreq(length, 1 / sample_rate))[OCTAVES == 1000][0]
    energy = np.fft.irfft(np.fft.rfft(response, length) * octave)[: len(response)] ** 2
    decay_db = 10 * np.log10(np.cumsum(energy[::-1])[::-1] / energy.sum())
    fitted = np.flatnonzero((decay_db < -5) & (decay_db > -35))
    slope = np.polyfit(fitted / sample_rate, decay_db[fitted], 1)[0]
    ratios_db = []
    for border_s in (0.001, 0.050):
        border = round(border_s * sample_rate)
        before, after = fftconvolve(dry, response[:border]), fftconvolve(dry, response[border:])
        ratios_db.append(10 * np.log10(np.sum(before**2) / np.sum(after**2)))
    return f"T60 {-60 / slope:.2f} s, DRR {ratios_db[0]:.1f} dB, C50 {ratios_db[1]:.1f} dB"
