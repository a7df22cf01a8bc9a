"""Sessions as files: JSON with a version, one answer a line.

Version 1 had neither markers, notes, sound nor what the model is; it is read, too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, asdict, fields
from datetime import datetime
from itertools import pairwise
from math import inf
from pathlib import Path
from statistics import median
from typing import Any

from ser_desktop.core.errors import SessionFileError
from ser_desktop.core.levels import Heard
from ser_desktop.core.markers import Marker
from ser_desktop.core.model_info import ModelInfo
from ser_desktop.core.prediction import AnswerState, Prediction
from ser_desktop.core.reliability import bins_from_json
from ser_desktop.core.session import Gap, Session, SessionState
from ser_desktop.core.voices import VoiceUse

FORMAT = "ser-desktop session"
VERSION = 2
_LARGEST_BYTES = 1_000_000_000
_LONGEST_S = 1e7
_ANSWERS, _END = '\n "windows": [\n', "\n]\n}\n"
_OTHER_COPY = "Open another copy of it, if there is one."


def head_as_json(session: Session) -> dict[str, Any]:
    """Everything but the answers."""
    return {
        "model": session.model,
        "model_info": asdict(session.model_info) if session.model_info else None,
        "labels": list(session.labels),
        "hop_s": session.hop_s,
        "source": session.source,
        "started_at": session.started_at.isoformat(timespec="milliseconds") if session.started_at else None,
        "note": session.note,
        "audio": session.audio or None,
        "gaps": [gap_as_json(gap) for gap in session.gaps],
        "markers": [marker_as_json(marker) for marker in session.markers],
    }


def gap_as_json(gap: Gap) -> dict[str, float]:
    """Return ``start_s, end_s``."""
    return {"start_s": round(gap.start_s, 3), "end_s": round(gap.end_s, 3)}


def marker_as_json(marker: Marker) -> dict[str, Any]:
    """Return ``at_s, note``."""
    return {"at_s": round(marker.at_s, 3), "note": marker.note}


def window_as_json(prediction: Prediction) -> dict[str, Any]:
    """Return an answer with how old it was, what had been skipped and what the speech gate heard."""
    heard = None if prediction.heard is None else str(prediction.heard)
    more = {"latency_s": round(prediction.latency_s, 3), "n_skipped": prediction.n_skipped, "heard": heard}
    return {**prediction.as_json(), **more}


def as_text(session: Session) -> str:
    """Return a session as JSON; ten hours of answers take a quarter of a second."""
    head = {"format": FORMAT, "version": VERSION, **head_as_json(session)}
    lines = ",\n".join(json.dumps(window_as_json(p), ensure_ascii=False) for p in session.history)
    text = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    return f"{text},{_ANSWERS}{lines}{_END}"


def open_session(path: Path) -> Session:
    """Read a session file of this version or an older one.

    Raises
    ------
    SessionFileError
        If it is missing, damaged, from a newer version, or no session; it says where.
    """
    name = path.name
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise SessionFileError(f"«{name}» is too large for a session.", "Choose a file that was saved here.")
        value = _parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SessionFileError(f"«{path}» does not exist.", "Check the name and the folder.") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise SessionFileError(f"«{name}» is damaged or breaks off in {where} ({error.msg}).", _OTHER_COPY) from error
    except UnicodeDecodeError as error:
        raise SessionFileError(f"«{name}» is damaged: byte {error.start} is not text.", _OTHER_COPY) from error
    except RecursionError as error:
        raise SessionFileError(f"«{name}» is no session.", "Choose a file that was saved here.") from error
    except OSError as error:
        raise SessionFileError(
            f"«{path}» cannot be read ({error.strerror or error}).", "Check its permissions."
        ) from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise SessionFileError(f"«{name}» is no session of this program.", "Choose a file that was saved here.")
    version = value.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise SessionFileError(
            f"«{name}» was saved by a newer version of this program (session format {version}; this one reads up to "
            f"{VERSION}).",
            "Update the program to open it.",
        )
    windows = value.get("windows")
    if not isinstance(windows, list):
        raise SessionFileError(f"«{name}» is damaged: it has no list of answers.", _OTHER_COPY)
    session = session_from(value, windows, name)
    session.path = path
    return session


def _parse(text: str) -> Any:
    """Read what `as_text` wrote line by line, so that a window beside it can draw meanwhile; else all at once.

    Python's JSON decoder keeps the interpreter to itself, a tenth of a second for ten hours of answers.
    """
    head, mark, rest = text.partition(_ANSWERS)
    if mark and rest.endswith(_END):
        try:
            value = json.loads(head.removesuffix(",") + "}")
            lines = rest.removesuffix(_END).split("\n")
            value["windows"] = [json.loads(line.removesuffix(",")) for line in lines if line]
        except ValueError:
            # What is wrong is told with its place in the whole.
            return json.loads(text)
        return value
    return json.loads(text)


def session_from(head: Mapping[str, Any], windows: Sequence[object], name: str) -> Session:
    """Build a session from what a file holds.

    Raises
    ------
    SessionFileError
        It names the part that does not fit.
    """
    part = "its head"
    try:
        session = Session(_text(head["model"]))
        session.state = SessionState.IDLE
        session.source = _text(head.get("source", ""))
        started_at = head.get("started_at")
        session.started_at = datetime.fromisoformat(started_at) if started_at else None
        session.note = _text(head.get("note", ""))
        session.audio = _text(head.get("audio") or "")
        session.labels = tuple(_text(label) for label in head.get("labels") or _labels_of(windows))
        session.model_info = _model_info(head.get("model_info"), session.labels)
        part = "its list of gaps"
        session.gaps = [Gap(_time(gap["start_s"]), _time(gap["end_s"])) for gap in head.get("gaps", ())]
        part = "its list of markers"
        session.markers = sorted(Marker(_time(m["at_s"]), _text(m["note"])) for m in head.get("markers", ()))
        session.stored = session.words
        end_s, known = 0.0, set(session.labels)
        for i, window in enumerate(windows):
            part = f"answer {i + 1} of {len(windows)}"
            prediction = _prediction(window, session.labels, known)
            _check_order(prediction, end_s)
            end_s = prediction.end_s
            session.history.append(prediction)
        part = "its head"
        session.hop_s = float(head.get("hop_s") or _hop_of(session.history))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise SessionFileError(f"«{name}» is damaged: {part} cannot be read ({reason}).", _OTHER_COPY) from error
    return session


def _check_order(prediction: Prediction, after_s: float) -> None:
    if not 0 <= prediction.start_s <= prediction.end_s <= _LONGEST_S or prediction.end_s < after_s:
        raise ValueError("its times are not in order")


def _prediction(window: Any, labels: tuple[str, ...], known: set[str]) -> Prediction:
    chances = window["probabilities"]
    if chances and chances.keys() != known:
        raise ValueError("its emotions are not those of the session")
    probabilities = tuple(float(chances[label]) for label in labels) if chances else ()
    if not all(0 <= p <= 1 for p in probabilities):
        raise ValueError("a probability does not lie between 0 and 1")
    state = AnswerState(window["state"])
    if bool(probabilities) != (state in {AnswerState.EMOTION, AnswerState.NOT_SURE}):
        raise ValueError("its probabilities do not fit what it says")
    return Prediction(
        float(window["start_s"]),
        float(window["end_s"]),
        state,
        labels,
        probabilities,
        float(window.get("latency_s", 0.0)),
        int(window.get("n_skipped", 0)),
        Heard(window["heard"]) if window.get("heard") is not None else None,
    )


def _model_info(value: object, labels: tuple[str, ...]) -> ModelInfo | None:
    if not isinstance(value, dict):
        return None
    by_name: dict[str, Callable[[Any], object]] = {
        "reliability": bins_from_json,
        "voice_use": VoiceUse,
        "layer_weights": _layer_weights,
    }
    by_type: dict[str, Callable[[Any], object]] = {"float": float, "str": _text, "int": int, "tuple[str, ...]": _texts}
    given: dict[str, Any] = {}
    for field in fields(ModelInfo):
        found = value[field.name] if field.default is MISSING else value.get(field.name, field.default)
        read = by_name.get(field.name) or by_type[str(field.type)]
        given[field.name] = read(found)
    if given["labels"] != labels:
        raise ValueError("its model has other emotions")
    return ModelInfo(**given)


def _layer_weights(value: Sequence[float] | None) -> tuple[float, ...] | None:
    if value is None:
        return None
    weights = tuple(float(x) for x in value)
    if not all(0 <= weight < inf for weight in weights) or not sum(weights):
        raise ValueError("the weights of its layers are no shares")
    return weights


def _labels_of(windows: Sequence[Any]) -> tuple[str, ...]:
    return next((tuple(window["probabilities"]) for window in windows if window["probabilities"]), ())


def _hop_of(history: Sequence[Prediction]) -> float:
    steps = [round(later.end_s - earlier.end_s, 3) for earlier, later in pairwise(history)]
    return median(steps) if steps else 1.0


def _time(value: float) -> float:
    seconds = float(value)
    if not 0 <= seconds <= _LONGEST_S:
        raise ValueError(f"{seconds} is no time in a recording")
    return seconds


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _texts(value: Sequence[object]) -> tuple[str, ...]:
    return tuple(_text(text) for text in value)
