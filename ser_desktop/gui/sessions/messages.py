"""Every sentence about sessions and their moments."""

from __future__ import annotations

TIMELINE_HELP = (
    "Click a moment to look at it again. Mouse wheel: zoom; drag or Shift and wheel: scroll. Keys: arrows and Enter "
    "choose a moment, + and − zoom, A shows everything, End follows what is new."
)
LIVE_HINT = "Click a moment to look at it again"
FOLLOW, FOLLOW_TIP = "Follow", "Go to the newest answer and stay with it (End)"
ZOOM_IN, ZOOM_OUT = "+", "−"
ZOOM_IN_NAME, ZOOM_OUT_NAME = "Zoom in", "Zoom out"
ZOOM_IN_TIP, ZOOM_OUT_TIP = "Show less time, larger (+)", "Show more time (−); A shows the whole recording"
BACK, BACK_TIP = "Back to live", "Leave this moment (Esc)"
BACK_IDLE = "Back to the end"
LISTEN, LISTEN_TIP = "Listen", "Hear this moment"
STOP_LISTENING, STOP_LISTENING_TIP = "Stop", "Stop the sound"
MARK, MARK_TIP = "Mark", "Set a marker here, with a note (M)"
MARK_KEY = "Set a marker"
NOTE_PLACEHOLDER, NOTE_NAME = "What happened here?", "Note of the marker"
NOTE_DONE, NOTE_DONE_TIP = "Done", "Keep the note (Enter)"
DELETE_MARKER, DELETE_MARKER_TIP = "Delete", "Remove this marker"
UNDO, UNDO_TIP = "Undo", "Put the marker back"
MARKER_DELETED = "The marker was deleted."
LAYERS_SAME = "\n\nThe layers weigh the same at every moment: the model learned that in training."


def time(seconds: float) -> str:
    """Return minutes and seconds, with hours where there are any."""
    whole = int(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"


def marker_title(at_s: float) -> str:
    """Name a marker by its place."""
    return f"Marker at {time(at_s)}"


def moment(start_s: float, end_s: float) -> str:
    """Say which stretch is looked at."""
    return f"from {time(start_s)} to {time(end_s)}"


def moment_status(start: str, end: str) -> str:
    """Say in the status line which stretch is looked at, by the clock."""
    return f"looking back at {start}–{end}"
