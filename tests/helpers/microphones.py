"""A microphone that needs no sound card."""

from __future__ import annotations

from ser_desktop.core.ring import RingBuffer


class PretendMicrophone:
    """An open microphone that stays silent."""

    name = "Desk Mic"
    rate_hz = 16_000.0
    latency_s = 0.0
    n_overflows = 0

    def __init__(self) -> None:
        self.ring = RingBuffer(16_000)

    def service(self) -> bool:
        return True

    def close(self) -> None:
        return
