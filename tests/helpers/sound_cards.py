"""A sound card without sound: what `ser_desktop.microphone` and `ser_desktop.player` ask of sounddevice."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np


class FakePortAudioError(Exception):
    """As sounddevice raises it."""


class FakeStream:
    """An input stream whose sound is delivered by the test."""

    def __init__(self, callback: Callable[..., None], **options: Any) -> None:
        self.options = options
        self.active = False
        self.closed = False
        self.latency = 0.04
        self._callback = callback

    def start(self) -> None:
        self.active = True

    def deliver(self, samples: np.ndarray, *, overflowed: bool = False) -> None:
        self._callback(samples[:, None], len(samples), None, SimpleNamespace(input_overflow=overflowed))

    def abort(self, ignore_errors: bool = True) -> None:
        self.active = False

    def close(self, ignore_errors: bool = True) -> None:
        self.closed = True


class FakeOutput(FakeStream):
    """An output stream whose sound is fetched by the test."""

    def fetch(self, n: int) -> np.ndarray:
        block = np.full((n, 1), np.nan, np.float32)
        self._callback(block, n, None, SimpleNamespace())
        return block[:, 0]


class FakeSoundCard:
    """Stands for the sounddevice module."""

    PortAudioError = FakePortAudioError

    def __init__(self, devices: list[dict[str, Any]] | None = None) -> None:
        self.devices = devices or []
        self.default = SimpleNamespace(device=[0, 0])
        self.streams: list[FakeStream] = []
        self.outputs: list[FakeOutput] = []
        self.refusal: Exception | None = None
        self.n_restarts = 0

    def InputStream(self, **options: Any) -> FakeStream:
        if self.refusal is not None:
            raise self.refusal
        self.streams.append(FakeStream(**options))
        return self.streams[-1]

    def OutputStream(self, **options: Any) -> FakeOutput:
        if self.refusal is not None:
            raise self.refusal
        self.outputs.append(FakeOutput(**options))
        return self.outputs[-1]

    def query_devices(self) -> list[dict[str, Any]]:
        if self.refusal is not None:
            raise self.refusal
        return self.devices

    def _terminate(self) -> None:
        self.n_restarts += 1

    def _initialize(self) -> None:
        return
