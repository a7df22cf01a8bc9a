"""Lengths and places in time as a clock shows them: the same everywhere."""

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
