"""A session in a few numbers: how much of it was spoken, and what that sounded like."""

from __future__ import annotations

from dataclasses import dataclass

from ser_desktop.core.prediction import AnswerState
from ser_desktop.core.session import Session


@dataclass(frozen=True)
class Summary:
    """Shares of a session, by its answers.

    Attributes
    ----------
    duration_s : float
    n_answers : int
    spoken : float
        Share of answers about a voice, between 0 and 1 like all shares.
    shares : dict of str to float
        Of the answers about a voice: those that name each class; together with ``not_sure`` they add up
        to 1.
    not_sure : float
    gaps_s : float
        How long the microphone was away.
    """

    duration_s: float
    n_answers: int
    spoken: float
    shares: dict[str, float]
    not_sure: float
    gaps_s: float

    @property
    def commonest(self) -> str | None:
        """The class named most often, None where none was."""
        best = max(self.shares, key=self.shares.__getitem__, default=None)
        return best if best is not None and self.shares[best] > 0 else None


def summarise(session: Session) -> Summary:
    """Count a session's answers."""
    spoken = [p for p in session.history if p.probabilities]
    counts = dict.fromkeys(session.labels, 0)
    n_not_sure = 0
    for p in spoken:
        if p.state is AnswerState.EMOTION and p.label is not None:
            counts[p.label] = counts.get(p.label, 0) + 1
        else:
            n_not_sure += 1
    n = max(1, len(spoken))
    return Summary(
        duration_s=session.history[-1].end_s if session.history else 0.0,
        n_answers=len(session.history),
        spoken=len(spoken) / max(1, len(session.history)),
        shares={label: count / n for label, count in counts.items()},
        not_sure=n_not_sure / n,
        gaps_s=sum(gap.end_s - gap.start_s for gap in session.gaps),
    )
