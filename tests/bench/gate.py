"""What the speech gate lets through: noise, music and speech in windows as they come live, four gates side by side."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import numpy as np

from ser_desktop.core import paths
from ser_desktop.core.analysis import Analyser, open_analyser
from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray, load
from ser_desktop.core.device import BackendName
from ser_desktop.core.levels import Speech, SpeechGate, frame_levels_db
from ser_desktop.core.prediction import AnswerState
from ser_desktop.core.stream import judge_windows
from tests.helpers import noises
from tests.helpers.data import data_folder, ravdess_folder
from trainer.degrade import babble, with_gain, with_noise

LEVELS_DB = (-60.0, -50.0, -40.0, -30.0, -20.0)
WINDOW_S = 8.0
_TEST_ACTORS = ("Actor_23", "Actor_24")
_VAD_MODE = 3
_SEED = 2
_NOT_SPEECH = {"steady", "room", "music", "voices"}
_N_JUDGED = 100
_VAD_FRAME_S = 0.02

Windows = Callable[[np.random.Generator, int], Iterator[FloatArray]]


@dataclass(frozen=True)
class Kind:
    """One line of the table: what it is called, which group it belongs to, and how windows of it are made."""

    group: str
    name: str
    windows: Windows


@dataclass(frozen=True)
class Outcome:
    """Shares of a kind's windows, between 0 and 1; ``emotion``: for how many the default model names one."""

    group: str
    name: str
    n: int
    loudness: float
    vad: float
    both: float
    gate: float
    too_quiet: float
    gate_ms: float
    emotion: float | None


# ---- the gates that are compared


def loudness_alone(samples: FloatArray) -> bool:
    """The gate of before: whatever rises 10 dB above the background and reaches −56 dB for 0.24 s."""
    return (
        replace(SpeechGate(), speech_db=-56.0, quiet_db=-66.0, voiced=-1.0, overtones=-1.0, voiced_s=0.24)(samples)
        is Speech.PRESENT
    )


def vad_alone(samples: FloatArray) -> bool:
    """WebRTC's detector at its strictest: 0.24 s of frames that it takes for speech."""
    import webrtcvad

    # A new one for every window: it adapts to what it hears, and windows overlap.
    detector = webrtcvad.Vad(_VAD_MODE)
    sound = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    size = 2 * round(_VAD_FRAME_S * SAMPLE_RATE_HZ)
    found = [detector.is_speech(sound[i : i + size], SAMPLE_RATE_HZ) for i in range(0, len(sound) - size + 1, size)]
    return sum(found) * _VAD_FRAME_S >= SpeechGate().active_s


# ---- the windows


def live_length(rng: np.random.Generator) -> int:
    """Half of the windows are full, half as short as at the beginning of a recording: 1 to 7 s."""
    return round(SAMPLE_RATE_HZ * (WINDOW_S if rng.random() < 0.5 else float(rng.integers(1, 8))))


def made(maker: noises.Maker, levels: tuple[float, ...], rng: np.random.Generator, n: int) -> Iterator[FloatArray]:
    for i in range(n):
        sound = maker(rng, live_length(rng))
        yield noises.at_level(sound, levels[i % len(levels)]) if sound.any() else sound


def babbling(rng: np.random.Generator, n: int) -> Iterator[FloatArray]:
    for i in range(n):
        yield noises.at_level(babble(live_length(rng), _voices("picovoice", 60), rng), LEVELS_DB[1:][i % 4])


def spoken(corpus: str, change: str, rng: np.random.Generator, n: int) -> Iterator[FloatArray]:
    files = _files(corpus)
    for i in (rng.permutation(len(files)) if len(files) >= n else rng.integers(len(files), size=n))[:n]:
        samples = load(files[i])[: round(WINDOW_S * SAMPLE_RATE_HZ)]
        yield _changed(samples, change, corpus, rng)


def _changed(samples: FloatArray, change: str, corpus: str, rng: np.random.Generator) -> FloatArray:
    what, _, amount = change.partition(" ")
    if what == "quieter":
        return with_gain(samples, -float(amount))
    if what == "pink":
        return with_noise(samples, noises.pink(rng, len(samples)), float(amount))
    if what == "fan":
        return with_noise(samples, noises.fan(rng, len(samples)), float(amount))
    if what == "babble":
        others = _voices("nemo" if corpus == "picovoice" else "picovoice", 60)
        return with_noise(samples, babble(len(samples), others, rng), float(amount))
    return samples


@lru_cache
def _files(corpus: str) -> list[Path]:
    folder = data_folder()
    if corpus == "picovoice":
        return sorted((folder / corpus).glob("*.ogg"))
    if corpus == "nemo":
        return sorted((folder / corpus).glob("*.ogg"))
    if corpus == "ravdess song":
        return sorted((folder / "ravdess_song_2s").glob("*/*.flac"))
    files = sorted((folder / "ravdess").glob("*/*.flac"))
    return [f for f in files if (f.parent.name in _TEST_ACTORS) == (corpus == "ravdess test")]


@lru_cache
def _voices(corpus: str, n: int) -> list[FloatArray]:
    files = _files(corpus)
    return [load(files[i]) for i in np.random.default_rng(0).permutation(len(files))[:n]]


CHANGES = ("as recorded", "quieter 20", "pink 10", "fan 10", "babble 20", "babble 10")
CORPORA = ("ravdess test", "ravdess others", "nemo", "picovoice")


def kinds() -> list[Kind]:
    """Every line of the table."""
    every = [Kind("steady", "digital silence", partial(made, noises.silence, LEVELS_DB))]
    for group, makers in (("steady", noises.STEADY), ("room", noises.ROOM), ("music", noises.MUSIC)):
        every += [Kind(group, name, partial(made, maker, LEVELS_DB)) for name, maker in makers.items()]
    every.append(Kind("voices", "babble of six", babbling))
    every += [Kind("song", f"ravdess song, {c}", partial(spoken, "ravdess song", c)) for c in CHANGES[:2]]
    every += [Kind("speech", f"{c}, {change}", partial(spoken, c, change)) for c in CORPORA for change in CHANGES]
    return every


def judge(kind: Kind, n: int) -> Outcome:
    """Put windows of one kind before every gate."""
    rng, gate = np.random.default_rng([_SEED, *kind.name.encode()]), SpeechGate()
    loud, vad, answers, times, claimed = [], [], [], [], []
    for samples in kind.windows(rng, n):
        loud.append(loudness_alone(samples))
        vad.append(vad_alone(samples))
        began = time.perf_counter()
        answers.append(gate(samples))
        times.append(1000 * (time.perf_counter() - began) * WINDOW_S * SAMPLE_RATE_HZ / len(samples))
        if kind.group in _NOT_SPEECH and len(claimed) < _N_JUDGED:
            (answer,) = judge_windows(_default_model(), gate, [(samples, 0.0)])
            claimed.append(answer.state is AnswerState.EMOTION)
    return Outcome(
        kind.group,
        kind.name,
        len(answers),
        float(np.mean(loud)),
        float(np.mean(vad)),
        float(np.mean(np.logical_and(loud, vad))),
        float(np.mean([a is Speech.PRESENT for a in answers])),
        float(np.mean([a is Speech.TOO_QUIET for a in answers])),
        median(times),
        float(np.mean(claimed)) if claimed else None,
    )


@cache
def _default_model() -> Analyser:
    return open_analyser(paths.default_bundle(), "cpu", BackendName.FLOAT32)


# ---- how soon


def voice_begins_s(samples: FloatArray) -> float:
    """Second at which a recording's first 0.1 s in a row reaches the old gate's level: no click, no breath."""
    loud = frame_levels_db(samples) > -56.0
    in_a_row = np.convolve(loud, np.ones(5), "valid") == 5
    return 0.02 * int(np.argmax(in_a_row))


def first_answer_s(heard: FloatArray, onset_s: float, says_yes: Callable[[FloatArray], bool]) -> float:
    """Seconds from the beginning of the voice to a gate's first yes, live: a window every second; infinite: never."""
    for end_s in range(1, len(heard) // SAMPLE_RATE_HZ + 1):
        end = end_s * SAMPLE_RATE_HZ
        if says_yes(heard[max(0, end - round(WINDOW_S * SAMPLE_RATE_HZ)) : end]):
            return max(0.0, end_s - onset_s)
    return float("inf")


def in_a_room(samples: FloatArray, change: str, rng: np.random.Generator) -> tuple[FloatArray, float]:
    """A recording after two to ten seconds of the same room, as when somebody presses Record and then speaks.

    Returns the sound and the second at which the voice begins.
    """
    n_before = round(SAMPLE_RATE_HZ * rng.uniform(2, 10))
    what, _, amount = change.partition(" ")
    onset_s = n_before / SAMPLE_RATE_HZ + voice_begins_s(samples)
    heard = np.concatenate((np.zeros(n_before, np.float32), samples))
    if what == "quieter":
        heard = with_gain(heard, -float(amount))
    power_db = 10 * float(np.log10(np.mean(np.square(samples, dtype=np.float64))))
    room_db = power_db - float(amount) if what in {"pink", "fan"} else -75.0
    room = (noises.fan if what == "fan" else noises.pink)(rng, len(heard))
    return heard + noises.at_level(room, room_db), onset_s


def first_answers(n: int, change: str) -> dict[str, dict[str, float | None]]:
    """Median and 95th percentile of `first_answer_s` on the test actors and picovoice, and who got one in 2 s."""
    rng = np.random.default_rng(_SEED)
    gates = {"loudness": loudness_alone, "gate": lambda samples: SpeechGate()(samples) is Speech.PRESENT}
    waits: dict[str, list[float]] = {name: [] for name in gates}
    for corpus in ("ravdess test", "picovoice"):
        for samples in spoken(corpus, "as recorded", rng, n):
            heard, onset_s = in_a_room(samples, change, rng)
            for name, says_yes in gates.items():
                waits[name].append(first_answer_s(heard, onset_s, says_yes))
    return {
        name: {
            "n": len(found),
            "median_s": round(float(np.median(found)), 2),
            # Infinite where more than one in twenty got no answer at all: JSON has no such number.
            "p95_s": round(p95, 2) if np.isfinite(p95 := float(np.percentile(found, 95, method="lower"))) else None,
            "within_2_s": round(float(np.mean(np.array(found) <= 2.0)), 4),
        }
        for name, found in waits.items()
    }


def gate(n: int = 300) -> dict[str, object]:
    """Judge ``n`` windows of every kind."""
    if ravdess_folder() is None:
        raise SystemExit("The corpora are not beside the project (see $SER_TEST_DATA).")
    with ProcessPoolExecutor(max(1, (os.cpu_count() or 1) - 1), get_context("spawn")) as pool:
        outcomes = list(pool.map(partial(judge, n=n), kinds()))
        waits = list(pool.map(partial(first_answers, n // 2), CHANGES[:4]))
    return {
        "windows": n,
        "gates": [vars(o) for o in outcomes],
        "first_answer": dict(zip(CHANGES[:4], waits, strict=True)),
        "gate_ms": round(median(o.gate_ms for o in outcomes), 2),
        "gate_ms_worst_kind": round(max(o.gate_ms for o in outcomes), 2),
    }


def gate_table(figures: dict[str, object]) -> str:
    """Lay the shares out, in percent of windows."""
    lines = [
        "share of windows that pass, in percent: loudness alone, WebRTC's detector alone, both, the program's gate;",
        "quiet: answered «too quiet»; ms: median of the program's gate for 8 s; emotion: named by the default model",
        f"{'':40s}    n   loud    vad   both   ours  quiet     ms  emotion",
    ]
    group = ""
    for o in figures["gates"]:  # type: ignore[attr-defined]
        if o["group"] != group:
            group = o["group"]
            lines.append(f"— {group}")
        shares = " ".join(f"{100 * o[k]:6.1f}" for k in ("loudness", "vad", "both", "gate", "too_quiet"))
        emotion = "" if o["emotion"] is None else f"{100 * o['emotion']:8.1f}"
        lines.append(f"{o['name']:40s} {o['n']:4d} {shares} {o['gate_ms']:6.1f} {emotion}".rstrip())
    lines.append("first answer after the voice begins, live, one window a second (loudness alone · the program's gate)")
    for change, gates in figures["first_answer"].items():  # type: ignore[attr-defined]
        told = " · ".join(
            f"median {g['median_s']:.2f} s, 95 % within {g['p95_s']} s, {100 * g['within_2_s']:.1f} % within 2 s"
            for g in gates.values()
        )
        lines.append(f"{change:16s} n {gates['gate']['n']}: {told}")
    return "\n".join(lines)
