"""What every corpus turns into, and what its reader may be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ser_desktop.core.errors import CorpusError


@dataclass(frozen=True)
class Utterance:
    """One recording, or a stretch of one, of one speaker with one emotion.

    Attributes
    ----------
    identity : str
        Unique within the corpus, stable between machines.
    path : Path
    speaker, emotion : str
    session : str
        The recording session, where the corpus has any.
    style : str
        How it was elicited: ``speech`` or ``song``, ``improvised`` or ``scripted``.
    sentence : str
        What was said, as a code or text; empty where unknown.
    agreement : float or None
        Share of the annotators' votes that the majority emotion received.
    start_s : float
    end_s : float or None
        None is the end of the file.
    copy : int
        0 is the recording as it is; others are changed for training (`trainer.degrade.for_training`).
    """

    identity: str
    path: Path
    speaker: str
    emotion: str
    session: str = ""
    style: str = ""
    sentence: str = ""
    agreement: float | None = None
    start_s: float = 0.0
    end_s: float | None = None
    copy: int = 0


@dataclass(frozen=True)
class Corpus:
    """A checked corpus.

    Attributes
    ----------
    key : str
        As the command line names it.
    name : str
        For model cards and tables.
    licence : str
    utterances : tuple of Utterance
        Sorted by identity.
    is_complete : bool
        False when its counts were not the published ones and that was accepted; its figures are then
        set beside no published ones.
    notes : tuple of str
        What was left out or accepted, for the report.
    head_s : float
        The head sees at most this much of an utterance (section 3.2).
    encoder_s : float or None
        Extractors see at most this much.
    """

    key: str
    name: str
    licence: str
    utterances: tuple[Utterance, ...]
    is_complete: bool = True
    notes: tuple[str, ...] = ()
    head_s: float = 8.0
    encoder_s: float | None = 15.0


@dataclass(frozen=True)
class ReadOptions:
    """What a reader may be told.

    Attributes
    ----------
    data : tuple of Path
        Folders or files of the corpus.
    scratch : Path
        Where archives may be unpacked.
    accept_counts : bool
        Take a corpus whose counts are not the published ones.
    skip_missing : bool
        Leave out utterances whose recording is missing instead of refusing the corpus.
    as_released : bool
        Read IEMOCAP as the paper's released code does: speakers by the dialogue's prefix, utterances
        without forced alignment dropped.
    speaker_pattern : str
        Regular expression whose first group, found in a file's relative path, is the speaker.
    speaker : str
        Who speaks where nothing else tells.
    columns : dict
        The table's own names of the columns ``file``, ``emotion``, ``speaker`` and so on.
    table : str
        The table of an audformat database.
    """

    data: tuple[Path, ...]
    scratch: Path = field(default_factory=lambda: Path(".cache"))
    accept_counts: bool = False
    skip_missing: bool = False
    as_released: bool = False
    speaker_pattern: str = ""
    speaker: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    table: str = ""


def seconds(value: float | None) -> str:
    """Return a time for identities: to the microsecond, nothing for the end of a file."""
    return "" if value is None else repr(round(value, 6)).removesuffix(".0")


def check_counts(
    utterances: Sequence[Utterance], expected: dict[str, int], where: str, hint: str, *, accept: bool
) -> tuple[str, ...]:
    """Compare the utterances per emotion with the published counts.

    Returns
    -------
    notes : tuple of str
        Empty when they agree; what differs when that was accepted.

    Raises
    ------
    CorpusError
        If they differ and that was not accepted.
    """
    counts = Counter(str(u.emotion) for u in utterances)
    wrong = [
        f"{emotion}: {counts[emotion]} instead of {expected.get(emotion, 0)}"
        for emotion in sorted(expected.keys() | counts.keys(), key=str)
        if counts[emotion] != expected.get(emotion, 0)
    ]
    if not wrong:
        return ()
    what = f"holds {len(utterances)} utterances instead of {sum(expected.values())} ({', '.join(wrong)})."
    if not utterances or not accept:
        raise CorpusError(f"«{where}» {what}", f"{hint} To train on what is there all the same, add --accept-counts.")
    return (f"Not the complete corpus: it {what}",)
