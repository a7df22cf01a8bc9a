"""Lengths and places in time, as a clock shows them and as people say them: the same everywhere."""

from __future__ import annotations


def clock(seconds: float, *, pads: bool = True) -> str:
    """Return whole minutes and seconds, with hours where there are any.

    Parameters
    ----------
    seconds : float
    pads : bool
        Whether minutes without hours have two digits, too: ``02:05`` instead of ``2:05``.
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{rest:02d}"
    return f"{minutes:02d}:{rest:02d}" if pads else f"{minutes}:{rest:02d}"


def roughly(seconds: float) -> str:
    """Say how long something takes, as people do: ``40 s``, ``12 min``, ``2.5 h``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
