"""Sessions as a recording makes them, of any length."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np

from ser_desktop.core.labels import RAVDESS_7
from ser_desktop.core.markers import Marker
from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.session import Gap, Session, SessionState
from tests.helpers.models import model_info

LABELS = tuple(str(emotion) for emotion in RAVDESS_7)
MODEL = model_info(
    labels=LABELS,
    head="fusion",
    features=("layers", "egemaps"),
    layer_weights=(0.1, 0.2, 0.1, 0.3, 0.2, 0.1),
    corpus="RAVDESS",
    uar_mean=0.7,
    backend="PyTorch bfloat16",
    backend_reason="the fastest here",
)
NOON = datetime(2026, 5, 1, 12, 0, 0, tzinfo=timezone(timedelta(hours=2)))


def history(seconds: int, seed: int = 0) -> list[Prediction]:
    """An answer a second, of a voice that changes slowly and pauses now and then."""
    rng = np.random.default_rng(seed)
    logits = np.zeros(len(LABELS))
    answers = []
    for i in range(seconds):
        start_s, end_s = max(0.0, i - 7.0), i + 1.0
        if i % 30 >= 24:
            answers.append(Prediction(start_s, end_s, AnswerState.NO_SPEECH, LABELS, (), 0.2))
            continue
        logits = 0.8 * logits + rng.normal(0, 1.2, len(LABELS))
        chances = np.exp(logits) / np.exp(logits).sum()
        state = AnswerState.EMOTION if chances.max() >= MODEL.threshold else AnswerState.NOT_SURE
        answers.append(Prediction(start_s, end_s, state, LABELS, tuple(chances.tolist()), 0.2))
    return answers


def recording(seconds: int = 120) -> Session:
    """A finished recording with a gap and two markers."""
    session = Session.of(MODEL)
    session.go(SessionState.IDLE)
    session.start("Desk Mic", NOON)
    session.history = history(seconds)
    session.gaps = [Gap(25.0, 29.5)]
    session.markers = [Marker(10.0, "laughs: «ha»"), Marker(70.0)]
    session.note = "Anna tells a story"
    session.go(SessionState.FINISHING)
    session.go(SessionState.IDLE)
    return session
