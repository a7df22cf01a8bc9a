"""Markers: places in a recording that somebody wants to find again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Marker:
    """A place in a recording.

    Attributes
    ----------
    at_s : float
        Seconds since the recording began.
    note : str
        What somebody wrote about it; may be empty.
    """

    at_s: float
    note: str = ""
