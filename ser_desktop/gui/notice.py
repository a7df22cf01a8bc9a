"""What the banner says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Notice:
    """A sentence for the banner.

    Attributes
    ----------
    text : str
    is_error, is_good : bool
        Something failed, or was done as it was wanted; neither: something to know.
    """

    text: str
    is_error: bool = False
    is_good: bool = False
