"""What an utterance's sound is, whatever its file is called: the key of caches and leak checks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ser_desktop.core.audio import file_info
from ser_desktop.core.checksums import file_sha256
from ser_desktop.core.errors import AudioFileError
from trainer.corpora.utterance import Utterance

Contents = dict[str, str]
"""By utterance identity: a digest of the file's bytes, and the stretch where it is not the whole file."""


def read_contents(utterances: Iterable[Utterance]) -> tuple[Contents, dict[str, str]]:
    """Digest the recordings and look at their headers.

    Returns
    -------
    contents : dict
    unreadable : dict
        By identity, why it cannot be read; these are not in ``contents``.
    """
    digests: dict[Path, str] = {}
    contents: Contents = {}
    unreadable: dict[str, str] = {}
    for utterance in utterances:
        try:
            if utterance.path not in digests:
                file_info(utterance.path)
                digests[utterance.path] = file_sha256(utterance.path)
        except (AudioFileError, OSError) as error:
            # Many folders may hold a file of that name.
            place, reason = str(utterance.path), str(error)
            unreadable[utterance.identity] = reason if place in reason else f"{place}: {reason}"
            continue
        whole = utterance.start_s == 0 and utterance.end_s is None
        stretch = "" if whole else f"@{utterance.start_s:.6f}-{utterance.end_s}"
        contents[utterance.identity] = digests[utterance.path][:32] + stretch
    return contents, unreadable
