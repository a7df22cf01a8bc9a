"""The words on a chart of curves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CurveWords:
    """What a chart of curves says beside them.

    Attributes
    ----------
    x, y : str
        What the axes count.
    latest, others, dashed : str
        What the bold, the thin and the dashed lines are; "" where there is none.
    """

    x: str = ""
    y: str = ""
    latest: str = ""
    others: str = ""
    dashed: str = ""
