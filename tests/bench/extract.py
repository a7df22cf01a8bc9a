"""All layers of many recordings to disk: ours, and a plain loop over the files, side by side."""

from __future__ import annotations

import copy
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
import torch
from transformers import Wav2Vec2Config, Wav2Vec2Model

from ser_desktop.core import paths
from ser_desktop.core.audio import SAMPLE_RATE_HZ
from ser_desktop.core.backend_choice import open_fastest
from ser_desktop.core.backends import LayerReader
from ser_desktop.core.device import AUTO, choose_device
from ser_desktop.core.encoder import Encoder, load_model
from tests.helpers.sounds import speech_like
from trainer.corpora import Utterance
from trainer.encode import Task, encode_all

_PICTURES = (88, 158)
"""RAVDESS was cut from film: its recordings last so many pictures of 1001 / 30000 s."""


def extract(size: str = "base", n_files: int = 96, n_rounds: int = 3, backend: str = AUTO) -> dict[str, Any]:
    """Medians over rounds, each with other recordings.

    Parameters
    ----------
    size : {"base", "compact"}
        wav2vec2-base's shape with random weights, or the encoder that comes along.
    n_files, n_rounds : int
    backend : str
        Ours is computed so.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        encoder, model = _open(size, folder / "encoder", backend)
        recordings = [_record(folder / f"{i}", n_files, i) for i in range(n_rounds)]
        ways: dict[str, Callable[[Sequence[Utterance], Path], None]] = {
            "ours": lambda some, out: _ours(encoder, some, out),
            "plain": lambda some, out: _plain(model, some, out),
        }
        rates: dict[str, list[float]] = {way: [] for way in ways}
        peaks: list[int] = []
        for way, run in ways.items():
            run(recordings[0][:4], folder / f"{way} warm")
        for i, some in enumerate(recordings):
            seconds = sum(sf.info(u.path).duration for u in some)
            for way, run in ways.items():
                _forget_peak()
                before, began = _kilobytes("VmRSS"), time.perf_counter()
                run(some, folder / f"{way} {i}")
                rates[way].append(seconds / (time.perf_counter() - began))
                if way == "ours":
                    peaks.append(_kilobytes("VmHWM") - before)
    ours, plain = (statistics.median(rates[way]) for way in ("ours", "plain"))
    return {
        "size": size,
        "device": encoder.device.name,
        "backend": encoder.backend.in_words,
        "recordings": n_files,
        "audio_s_per_s": round(ours, 1),
        "audio_s_per_s_plain_float32": round(plain, 1),
        "ratio_to_plain_loop": round(ours / plain, 2),
        "peak_growth_mb_first": round(peaks[0] / 1024, 1),
        "peak_growth_mb_last": round(peaks[-1] / 1024, 1),
    }


def _open(size: str, folder: Path, backend: str) -> tuple[Encoder, Wav2Vec2Model]:
    if size == "base":
        torch.manual_seed(0)
        Wav2Vec2Model(Wav2Vec2Config()).save_pretrained(folder)
    else:
        folder = paths.shipped_models() / "compact"
    encoder = open_fastest(folder, choose_device(), f"bench/{size}@1", backend, torch.get_num_threads())
    return encoder, copy.deepcopy(load_model(folder)).eval().requires_grad_(False)


def _record(folder: Path, n: int, seed: int) -> list[Utterance]:
    folder.mkdir()
    lengths = np.random.default_rng(seed).integers(*_PICTURES, n, endpoint=True) * 1001 / 30_000
    made = []
    for i, seconds in enumerate(lengths):
        file = folder / f"{i}.wav"
        sf.write(file, speech_like(float(seconds), seed=i), SAMPLE_RATE_HZ)
        made.append(Utterance(str(i), file, "somebody", "neutral"))
    return made


def _ours(encoder: Encoder, some: Sequence[Utterance], out: Path) -> None:
    tasks: list[Task] = [(u, out / f"{u.identity}.npy") for u in some]
    failures = [found for _, found in encode_all(encoder, tasks, None) if found]
    assert not failures, failures


def _plain(model: Wav2Vec2Model, some: Sequence[Utterance], out: Path) -> None:
    """What anybody would write, but for f₀, which is none of the hidden states and is read by a hook."""
    out.mkdir()
    device = choose_device().kind.value
    model = model.to(device)
    with torch.inference_mode(), LayerReader(model) as reader:
        for u in some:
            samples, _ = sf.read(u.path, dtype="float32")
            layers = torch.stack(reader(torch.from_numpy(samples)[None].to(device)), dim=1)
            np.save(out / f"{u.identity}.npy", layers[0].cpu().numpy())


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _kilobytes(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))
