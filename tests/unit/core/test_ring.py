from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_desktop.core.ring import RingBuffer, RingRead


@given(st.lists(st.integers(0, 30), max_size=40), st.integers(1, 20))
def test_a_reader_gets_every_sample_or_knows_how_many_it_lost(sizes: list[int], capacity: int) -> None:
    ring = RingBuffer(capacity)
    cursor = written = heard = lost = 0
    for turn, size in enumerate(sizes):
        ring.write(np.arange(written, written + size, dtype=np.float32))
        written += size
        if turn % 3 == 0:
            samples, cursor, n_lost = ring.read_since(cursor)
            lost += n_lost
            heard += len(samples)
            np.testing.assert_array_equal(samples, np.arange(written - len(samples), written))
    samples, _, n_lost = ring.read_since(cursor)
    assert heard + len(samples) + lost + n_lost == written == ring.n_written


@given(st.integers(0, 50), st.integers(0, 60))
def test_latest_gives_the_newest_samples(n_written: int, n_wanted: int) -> None:
    ring = RingBuffer(16)
    for i in range(n_written):
        ring.write(np.array([i], np.float32))
    expected = np.arange(n_written)[-min(n_wanted, 16) :] if n_wanted else []
    np.testing.assert_array_equal(ring.latest(n_wanted), expected)


def test_a_reader_in_another_thread_never_sees_a_splice() -> None:
    ring = RingBuffer(4096)
    stop = threading.Event()

    def write() -> None:
        value = 0
        while not stop.is_set():
            ring.write(np.arange(value, value + 160, dtype=np.float32))
            value += 160
            if value > 15_000_000:
                return

    writer = threading.Thread(target=write)
    writer.start()
    cursor = 0
    for _ in range(2000):
        samples, cursor, _ = ring.read_since(cursor)
        if len(samples) > 1:
            assert (np.diff(samples) == 1).all()
    stop.set()
    writer.join()


class WatchedBlock(np.ndarray):
    """A block that calls back when the writer has copied its first part and not yet the rest."""

    midway: Callable[[], None]

    def __getitem__(self, chosen: slice) -> np.ndarray:  # type: ignore[override]
        part = np.asarray(self)[chosen]
        if not chosen.stop:
            self.midway()
        return part.view(WatchedBlock) if not chosen.stop else part

    def __array_finalize__(self, parent: object) -> None:
        self.midway = getattr(parent, "midway", lambda: None)


def test_a_block_that_is_only_half_written_is_never_heard_in_place_of_older_sound() -> None:
    ring = RingBuffer(8)
    ring.write(np.arange(8, dtype=np.float32))
    reads: list[RingRead] = []
    block = np.arange(8, 11, dtype=np.float32).view(WatchedBlock)
    block.midway = lambda: reads.append(ring.read_since(0))
    ring.write(block)
    np.testing.assert_array_equal(reads[-1].samples, np.arange(3, 8))
    assert (reads[-1].cursor, reads[-1].n_lost) == (8, 3)
    np.testing.assert_array_equal(ring.read_since(8).samples, np.arange(8, 11))


@pytest.mark.parametrize("n_meanwhile", [3, 8, 30])
def test_a_reader_that_is_overtaken_while_it_copies_counts_every_lost_sample_once(
    n_meanwhile: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = RingBuffer(8)
    ring.write(np.arange(8, dtype=np.float32))
    copy = RingBuffer._copy

    def interrupted(self: RingBuffer, start: int, end: int) -> np.ndarray:
        ring.write(np.arange(8, 8 + n_meanwhile, dtype=np.float32))
        return copy(self, start, end)

    with monkeypatch.context() as patch:
        patch.setattr(RingBuffer, "_copy", interrupted)
        first = ring.read_since(0)
    second = ring.read_since(first.cursor)
    np.testing.assert_array_equal(first.samples, np.arange(8 - len(first.samples), 8))
    assert len(first.samples) == max(0, 8 - n_meanwhile)
    assert len(first.samples) + len(second.samples) + first.n_lost + second.n_lost == 8 + n_meanwhile
