"""Benchmarks: ``python -m tests.bench WHAT [--json]``; ``--help`` names them."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import soundfile as sf

from tests.bench.accuracy import accuracy
from tests.bench.base_size import install_base_size
from tests.bench.encoder import encoder, table
from tests.bench.extract import extract
from tests.bench.files import files
from tests.bench.gate import gate, gate_table
from tests.bench.memory import memory
from tests.bench.narrow import narrow
from tests.bench.reuse import reuse
from tests.bench.session import session
from tests.bench.training import training
from tests.bench.window import window
from tests.bench.wizard import wizard
from tests.helpers.data import spoken_clip
from tests.helpers.display import PrivateDisplay
from tests.helpers.pulse import PrivatePulse
from tests.helpers.sounds import speech_onset_s
from tests.helpers.window_driver import Event, RemoteWindow

Figures = dict[str, float]


def open_window(display: PrivateDisplay, pulse: PrivatePulse, *arguments: str) -> RemoteWindow:
    return RemoteWindow({**pulse.env, "DISPLAY": display.name, "QT_QPA_PLATFORM": "xcb"}, *arguments)


def startup(display: PrivateDisplay, pulse: PrivatePulse, n_runs: int = 5) -> Figures:
    """Median of several starts, each from the creation of the process."""
    pulse.plug_in()
    runs: list[Figures] = []
    for _ in range(n_runs):
        window = open_window(display, pulse)
        visible = window.await_named("visible")["after_s"]
        ready = window.await_state("idle")["ready_s"]
        stats = window.ask("stats", "stats")
        runs.append(
            {
                "window_visible_s": visible,
                "ready_s": ready,
                "event_loop_gap_ms_p99": stats["gap_ms_p99"],
                "event_loop_gap_ms_max": stats["gap_ms_max"],
            }
        )
        window.quit()
        window.kill()
    medians = {name: round(statistics.median(run[name] for run in runs), 3) for name in runs[0]}
    return {**medians, "event_loop_gap_ms_worst": round(max(run["event_loop_gap_ms_max"] for run in runs), 1)}


def live(display: PrivateDisplay, pulse: PrivatePulse, folder: Path, options: argparse.Namespace) -> Figures:
    """A long recording of a voice that repeats; memory counts from the end of its first minute, or first five."""
    pulse.plug_in()
    seconds = options.seconds
    bundle = ("--bundle", str(install_base_size(folder))) if options.size == "base" else ()
    pulse.env.update({name: os.environ[name] for name in os.environ if name.startswith("XDG_")})
    window = open_window(display, pulse, *bundle)
    window.await_microphone()
    # An encoder that was never seen here is first computed in every way.
    window.await_state("idle", timeout_s=120)
    samples, rate = sf.read(spoken_clip()[0], dtype="float32")
    clip = folder / "clip.wav"
    sf.write(clip, [*samples] * max(1, round((seconds + 20) * rate / len(samples))), rate)
    window.order("click")
    began_at = window.await_state("listening")["at"]
    speech_at = time.monotonic() + speech_onset_s(clip)
    player = pulse.play(clip)
    first = window.await_event(lambda e: e["event"] == "prediction" and e["state"] in {"emotion", "not sure"})
    window.order("reset")
    settled_s = 300.0 if seconds >= 1800 else min(60.0, seconds / 2)
    settled: Event | None = None
    answers: list[Event] = []
    while not answers or answers[-1]["at"] - began_at < seconds:
        answers.append(window.await_named("prediction"))
        if settled is None and answers[-1]["at"] - began_at >= settled_s:
            settled = window.ask("stats", "stats")
    end = window.ask("stats", "stats")
    scrolled = window.ask("scroll 200", "scrolled", timeout_s=60)
    window.order("click")
    window.await_state("idle")
    window.quit()
    window.kill()
    player.kill()
    player.wait()
    assert settled is not None
    latencies = [1000 * e["latency_s"] for e in answers]
    return {
        "seconds": seconds,
        "answers": len(answers),
        "skipped": answers[-1]["n_skipped"],
        "overflows": end["n_overflows"],
        "memory_growth_mb": round(end["rss_mb"] - settled["rss_mb"], 2),
        "answer_age_ms": round(statistics.median(latencies), 1),
        "answer_age_ms_max": round(max(latencies), 1),
        # The player's own start is part of it.
        "first_answer_after_speech_s": round(first["at"] - speech_at, 3),
        "event_loop_gap_ms_p99": round(end["gap_ms_p99"], 1),
        "event_loop_gap_ms_max": round(end["gap_ms_max"], 1),
        "timeline_frame_ms_p99": round(scrolled["frame_ms_p99"], 1),
    }


def of_the_window(options: argparse.Namespace) -> Figures:
    """Run a benchmark that needs a screen and a sound server."""
    display = PrivateDisplay()
    try:
        with tempfile.TemporaryDirectory() as name:
            pulse = PrivatePulse(Path(name))
            try:
                if options.what == "startup":
                    return startup(display, pulse)
                if options.what == "wizard":
                    home = ("DATA", "CACHE", "CONFIG", "STATE")
                    pulse.env.update({f"XDG_{part}_HOME": str(Path(name) / part.lower()) for part in home})
                    return wizard(open_window(display, pulse))
                return live(display, pulse, Path(name), options)
            finally:
                pulse.stop()
    finally:
        display.stop()


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Run the benchmark that was asked for."""
    with tempfile.TemporaryDirectory() as name:
        runs: dict[str, Callable[[], Mapping[str, object]]] = {
            "train": lambda: training(options.features),
            "window": window,
            "session": session,
            "encoder": lambda: encoder(options.size or "base"),
            "extract": lambda: extract(options.size or "base"),
            "accuracy": lambda: accuracy(Path(name)),
            "reuse": reuse,
            "gate": lambda: gate(options.windows),
            "narrow": narrow,
            "memory": lambda: memory(options.gigabytes),
            "files": lambda: files(options.minutes, options.hop),
        }
        run = runs.get(options.what, lambda: of_the_window(options))
        return dict(run())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "what",
        choices=(
            *("startup", "live", "wizard", "window", "session"),
            *("encoder", "extract", "accuracy", "reuse", "train", "memory"),
            *("gate", "narrow"),
            "startup",
            "live",
            "wizard",
            "window",
            "files",
            "encoder",
            "extract",
            "accuracy",
            "reuse",
            "train",
            "memory",
        ),
    )
    parser.add_argument("--seconds", type=float, default=600.0, help="length of the live recording")
    parser.add_argument("--minutes", type=float, default=180.0, help="length of the sound file")
    parser.add_argument("--hop", type=float, default=4.0, help="seconds between the windows of the sound file")
    parser.add_argument("--features", choices=("egemaps", "all-layers"), default="egemaps", help="what to train on")
    parser.add_argument("--gigabytes", type=float, default=6.0, help="size of the stored features to train on")
    parser.add_argument("--size", choices=("base", "compact"), help="of the encoder (live: compact, others: base)")
    parser.add_argument("--windows", type=int, default=300, help="of every kind that the speech gate is shown")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    options = parser.parse_args()
    figures = measure(options)
    if "backends" in figures:
        print(table(figures))
    if "gates" in figures:
        print(gate_table(figures))
    for name, value in figures.items():
        if isinstance(value, list):
            continue
        print(f"{name:28s} {value}")
    if options.json:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
