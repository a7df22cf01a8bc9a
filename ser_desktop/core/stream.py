"""Blocks in, predictions out: windows, hop, speech gate and abstention, with no clock of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ser_desktop.core.audio import SAMPLE_RATE_HZ, FloatArray, Resampler
from ser_desktop.core.features import MIN_SAMPLES
from ser_desktop.core.levels import Speech, SpeechGate
from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.ring import RingBuffer

DEFAULT_HOP_S = 1.0


class Judge(Protocol):
    """What a stream asks of an analyser."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names."""

    @property
    def window_s(self) -> float:
        """Longest window."""

    @property
    def min_window_s(self) -> float:
        """Shortest window."""

    @property
    def threshold(self) -> float:
        """Abstention threshold."""

    @property
    def n_at_once(self) -> int:
        """How many windows of a file are best judged together."""

    def probabilities(self, windows: Sequence[FloatArray]) -> list[npt.NDArray[np.float64]]:
        """Probabilities of each window."""


Window = tuple[FloatArray, float]
"""Samples at 16 kHz and the second at which they begin."""


def judge_windows(judge: Judge, gate: SpeechGate, windows: Sequence[Window]) -> list[Prediction]:
    """Answer for each window; where nobody speaks the judge is not asked."""
    heard = [gate.listen(samples) for samples, _ in windows]
    spoken = [samples for (samples, _), what in zip(windows, heard, strict=True) if what.speech is Speech.PRESENT]
    judged = iter(judge.probabilities(spoken) if spoken else [])
    answers = []
    for (samples, start_s), what in zip(windows, heard, strict=True):
        end_s = start_s + len(samples) / SAMPLE_RATE_HZ
        if what.speech is not Speech.PRESENT:
            state = AnswerState.TOO_QUIET if what.speech is Speech.TOO_QUIET else AnswerState.NO_SPEECH
            answers.append(Prediction(start_s, end_s, state, judge.labels, heard=what))
            continue
        probabilities = tuple(float(p) for p in next(judged))
        state = AnswerState.EMOTION if max(probabilities) >= judge.threshold else AnswerState.NOT_SURE
        answers.append(Prediction(start_s, end_s, state, judge.labels, probabilities, heard=what))
    return answers


class WindowBuffer:
    """Holds the latest window of 16 kHz samples and says when the next answer is due.

    Parameters
    ----------
    window_s : float
        Longest window, in seconds like the rest.
    min_window_s : float
        Shortest window that `has_last_words` accepts.
    first_s, hop_s : float
        The first answer is due after ``first_s``, then one every ``hop_s``.
    """

    def __init__(self, window_s: float, min_window_s: float, first_s: float, hop_s: float) -> None:
        self._ring = RingBuffer(round(window_s * SAMPLE_RATE_HZ))
        self._n_min = round(min_window_s * SAMPLE_RATE_HZ)
        self._n_hop = round(hop_s * SAMPLE_RATE_HZ)
        self._next_due = round(first_s * SAMPLE_RATE_HZ)
        self._n_answered = 0
        self.n_skipped = 0

    def push(self, samples: FloatArray) -> None:
        """Append samples at 16 kHz."""
        self._ring.write(samples)

    def is_due(self) -> bool:
        """Whether a hop has passed since the last window was taken."""
        return self._ring.n_written >= self._next_due

    def n_missing(self) -> int:
        """Count the samples that must still come before the next answer is due."""
        return max(0, self._next_due - self._ring.n_written)

    def take(self) -> tuple[FloatArray, float]:
        """Return the latest window and its start in seconds; hops that it passes over are counted."""
        end = self._ring.n_written
        n_due = 1 + (end - self._next_due) // self._n_hop if self.is_due() else 0
        self.n_skipped += max(0, n_due - 1)
        self._next_due += n_due * self._n_hop
        self._n_answered = end
        samples = self._ring.latest(end)
        return samples, (end - len(samples)) / SAMPLE_RATE_HZ

    def has_last_words(self) -> bool:
        """Whether sound came in that no window has covered, and enough to judge."""
        return self._ring.n_written > self._n_answered and self._ring.n_written >= self._n_min


class LiveStream:
    """Live windows of a source: always the latest one, older ones skipped and counted.

    Parameters
    ----------
    judge : Judge
    source : RingBuffer
        Written by the sound card at ``rate_hz``.
    rate_hz : float
    hop_s : float
    gate : SpeechGate
    origin : int
        Sample of ``source`` at which the stream begins; what is there already by default.
    start_s : float
        Position of that sample in the recording: above 0 after an interruption, so that no window
        joins what was said before it with what comes after.
    input_latency_s : float
        How old sound is when it enters ``source``.
    """

    def __init__(
        self,
        judge: Judge,
        source: RingBuffer,
        rate_hz: float,
        hop_s: float = DEFAULT_HOP_S,
        *,
        gate: SpeechGate | None = None,
        origin: int | None = None,
        start_s: float = 0.0,
        input_latency_s: float = 0.0,
    ) -> None:
        self._judge = judge
        self._source = source
        self._rate_hz = rate_hz
        self._gate = gate or SpeechGate()
        self._resampler = Resampler(rate_hz)
        self._origin = source.n_written if origin is None else origin
        self._cursor = self._origin
        self._start_s = start_s
        self._input_latency_s = input_latency_s
        self._n_lost = 0
        self._windows = WindowBuffer(judge.window_s, judge.min_window_s, judge.min_window_s, hop_s)

    @property
    def n_skipped(self) -> int:
        """Windows passed over so far."""
        return self._windows.n_skipped

    @property
    def n_lost(self) -> int:
        """Source samples overwritten before they were read."""
        return self._n_lost

    def poll(self) -> Prediction | None:
        """Take in what has arrived and answer if a window is due."""
        self._drain(last=False)
        return self._answer() if self._windows.is_due() else None

    def finish(self) -> Prediction | None:
        """Take in the rest and answer about the last words, if any are left."""
        self._drain(last=True)
        return self._answer() if self._windows.has_last_words() else None

    def _drain(self, *, last: bool) -> None:
        samples, self._cursor, n_lost = self._source.read_since(self._cursor)
        if n_lost:
            # Keeps the stream's time equal to the source's: a hole becomes silence, not a splice.
            self._n_lost += n_lost
            samples = np.concatenate((np.zeros(n_lost, np.float32), samples))
        if len(samples) or last:
            self._windows.push(self._resampler.push(samples, last=last))

    def _answer(self) -> Prediction:
        (answer,) = judge_windows(self._judge, self._gate, [self._windows.take()])
        arrived_s = (self._source.n_written - self._origin) / self._rate_hz
        return replace(
            answer,
            start_s=self._start_s + answer.start_s,
            end_s=self._start_s + answer.end_s,
            latency_s=self._input_latency_s + max(0.0, arrived_s - answer.end_s),
            n_skipped=self._windows.n_skipped,
        )


def analyse_blocks(
    judge: Judge,
    blocks: Iterator[FloatArray],
    hop_s: float = DEFAULT_HOP_S,
    gate: SpeechGate | None = None,
) -> Iterator[Prediction]:
    """Answer for every window of a file, in order, none skipped, memory bounded by what is judged together.

    A file no longer than the window gives one answer about all of it.

    Parameters
    ----------
    judge : Judge
    blocks : iterator of (n_samples,) float32 at 16 kHz
    hop_s : float
        From the end of one window to the end of the next.
    gate : SpeechGate
    """
    gate = gate or SpeechGate()
    windows = WindowBuffer(judge.window_s, MIN_SAMPLES / SAMPLE_RATE_HZ, judge.window_s, hop_s)
    taken: list[Window] = []
    for block in blocks:
        rest = block
        while len(rest):
            # Windows end exactly on the hop grid, whatever the size of the blocks.
            step = max(1, windows.n_missing())
            windows.push(rest[:step])
            rest = rest[step:]
            if windows.is_due():
                taken.append(windows.take())
            if len(taken) == judge.n_at_once:
                yield from judge_windows(judge, gate, taken)
                taken = []
    if windows.has_last_words():
        taken.append(windows.take())
    yield from judge_windows(judge, gate, taken)
