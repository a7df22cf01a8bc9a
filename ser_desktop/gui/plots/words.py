"""What a timeline says: places in time, markers, and the keys that move about in it."""

from __future__ import annotations

from ser_desktop.core.markers import Marker
from ser_desktop.gui.durations import clock as time

__all__ = ["TIMELINE_HELP", "TIMELINE_KEYS", "marker_tip", "marker_title", "moment", "time"]

TIMELINE_HELP = (
    "Click a moment to look at it again. Mouse wheel: zoom; drag or Shift and wheel: scroll. Keys: arrows and Enter "
    "choose a moment, + and − zoom, A shows everything, End follows what is new; M sets a marker, Ctrl and arrows go "
    "from one to the next."
)
TIMELINE_KEYS = (
    ("Go to the moment before or after", ("Left", "Right")),
    ("Look at the moment", ("Return",)),
    ("Go to the marker before or after", ("Ctrl+Left", "Ctrl+Right")),
    ("Zoom in, zoom out", ("+", "-")),
    ("Scroll", ("PgUp", "PgDown")),
    ("Go to the beginning", ("Home",)),
    ("Go to what is new and stay with it", ("End",)),
    ("Show the whole recording", ("A",)),
)
"""What is done, and the keys that do it where the timeline has the keyboard; beside those of the whole window."""


def marker_title(at_s: float) -> str:
    """Name a marker by its place."""
    return f"Marker at {time(at_s)}"


def marker_tip(marker: Marker) -> str:
    """Return a marker's place and all of its note."""
    return f"{time(marker.at_s)}: {marker.note}" if marker.note else marker_title(marker.at_s)


def moment(start_s: float, end_s: float) -> str:
    """Say which stretch is looked at."""
    return f"from {time(start_s)} to {time(end_s)}"
