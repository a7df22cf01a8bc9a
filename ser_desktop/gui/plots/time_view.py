"""Which stretch of a recording is on the screen, and how it moves."""

from __future__ import annotations

FIRST_SPAN_S = 60.0
SHORTEST_SPAN_S = 8.0
_MARGIN = 1 / 30


class TimeView:
    """A stretch of time that follows what is new until somebody looks elsewhere.

    Attributes
    ----------
    start_s, span_s : float
        Left edge and width, in seconds since the recording began.
    end_s : float
        How far the recording has come.
    follows : bool
        Whether the newest answer is kept in sight.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin a new recording."""
        self.start_s, self.span_s, self.end_s, self.follows = 0.0, FIRST_SPAN_S, 0.0, True

    @property
    def longest_span_s(self) -> float:
        """Width that shows the whole recording."""
        return max(FIRST_SPAN_S, self.end_s / (1 - _MARGIN))

    @property
    def _latest_start_s(self) -> float:
        return max(0.0, self.end_s + _MARGIN * self.span_s - self.span_s)

    def grow(self, end_s: float) -> None:
        """Take in that the recording has come so far."""
        self.end_s = max(self.end_s, end_s)
        if self.follows:
            self.start_s = self._latest_start_s

    def scroll_to(self, start_s: float) -> None:
        """Put the left edge there; at the right end the newest answer is followed again."""
        self.start_s = min(max(0.0, start_s), self._latest_start_s)
        self.follows = self.start_s >= self._latest_start_s - 1e-6

    def scroll(self, by_s: float) -> None:
        """Move later (positive) or earlier."""
        self.scroll_to(self.start_s + by_s)

    def zoom(self, factor: float, at_s: float | None = None) -> None:
        """Show ``factor`` times as much; ``at_s`` stays where it is, the newest answer while that is followed."""
        before = self.span_s
        self.span_s = min(max(SHORTEST_SPAN_S, before * factor), self.longest_span_s)
        if self.follows:
            self.start_s = self._latest_start_s
            return
        fixed = self.start_s + before / 2 if at_s is None else at_s
        start_s = fixed - (fixed - self.start_s) * self.span_s / before
        self.start_s = min(max(0.0, start_s), self._latest_start_s)

    def fit(self) -> None:
        """Show a recording that is short and over as wide as there is room."""
        self.span_s = min(max(SHORTEST_SPAN_S, self.end_s / (1 - _MARGIN)), FIRST_SPAN_S)
        self.follow()

    def show_all(self) -> None:
        """Show the whole recording."""
        self.span_s, self.follows = self.longest_span_s, True
        self.start_s = self._latest_start_s

    def follow(self) -> None:
        """Go to the newest answer and stay with it."""
        self.follows = True
        self.start_s = self._latest_start_s

    def reveal(self, start_s: float, end_s: float) -> None:
        """Move as little as needed to show a stretch."""
        room = 0.05 * self.span_s
        if start_s < self.start_s:
            self.scroll_to(start_s - room)
        elif end_s > self.start_s + self.span_s:
            self.scroll_to(end_s + room - self.span_s)
