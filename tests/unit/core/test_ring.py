from __future__ import annotations

import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ser_desktop.core.ring import RingBuffer


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
