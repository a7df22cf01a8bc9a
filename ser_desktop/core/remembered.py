"""Small things that are remembered from one time to the next, each kind in a JSON file of its own."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from ser_desktop.core.settings import write_atomically

_log = logging.getLogger(__name__)


def read(path: Path) -> dict[str, Any]:
    """Return what is remembered in a file; nothing where there is none, or it is damaged."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}


def merge(path: Path, **values: Any) -> None:
    """Remember these, too; a disk that cannot be written is no reason to complain."""
    try:
        write_atomically(path, json.dumps({**read(path), **values}, indent=1))
    except OSError:
        _log.warning("«%s» could not be remembered", path.name, exc_info=True)
