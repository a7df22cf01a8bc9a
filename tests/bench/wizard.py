"""A person trains a model: clicks and time from the first click to the live model, and how smooth the window stays."""

from __future__ import annotations

import time
from typing import Any

from ser_desktop.gui.training import messages, result_messages
from tests.helpers.data import ravdess_folder
from tests.helpers.training_driver import TrainingDriver
from tests.helpers.window_driver import RemoteWindow


def wizard(window: RemoteWindow) -> dict[str, Any]:
    """Quick training on all of RAVDESS speech, features not extracted before."""
    folder = ravdess_folder()
    if folder is None:
        raise SystemExit("RAVDESS is not beside the project (see $SER_TEST_DATA).")
    window.await_state("idle", timeout_s=120)
    began = time.monotonic()
    training = TrainingDriver(window)
    training.open()
    training.drop(folder)
    training.press(messages.NEXT)
    training.press(messages.NEXT)
    training.press(messages.TRAIN)
    training.wait(lambda facts: facts["page"] == "RunPage")
    window.order("reset")
    training.wait(lambda facts: facts["page"] == "ResultPage", timeout_s=1200)
    gaps = window.ask("stats", "stats")
    training.press(result_messages.USE)
    window.await_named("model", timeout_s=60)
    figures = {
        "clicks": training.n_clicks,
        "minutes": round((time.monotonic() - began) / 60, 2),
        "event_loop_gap_ms_p99": round(gaps["gap_ms_p99"], 1),
        "event_loop_gap_ms_max": round(gaps["gap_ms_max"], 1),
    }
    window.quit()
    window.kill()
    return figures
