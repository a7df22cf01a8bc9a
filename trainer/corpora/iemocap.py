"""IEMOCAP (Busso et al. 2008): five sessions of two actors, labels in the EmoEvaluation files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ser_desktop.core.errors import CorpusError
from ser_desktop.core.labels import IEMOCAP_CODES
from trainer.corpora.archive import as_folder
from trainer.corpora.utterance import Corpus, ReadOptions, Utterance, check_counts

LICENCE = "IEMOCAP licence (on request from USC SAIL, research only)"
HEAD_S = 8.0
ENCODER_S = 15.0
N_SESSIONS = 5
N_PER_EMOTION: dict[str, int] = {"neutral": 1708, "angry": 1103, "happy": 1636, "sad": 1084}
N_RELEASED = 5473

_HINT = (
    "IEMOCAP is given on request at https://sail.usc.edu/iemocap/. Name the folder that holds Session1 to Session5, "
    "each with dialog/EmoEvaluation and sentences/wav."
)
_TURN = re.compile(r"^\[(?P<start>[\d.]+) - (?P<end>[\d.]+)\]\t(?P<turn>\S+)\t(?P<code>\S+)\t\[[-\d., ]+\]\s*$")
_VOTES = re.compile(r"^C-E\d+:\t(?P<labels>[^()]*)")
_SILENCES = {"<s>", "</s>", "<sil>"}


def read(options: ReadOptions) -> Corpus:
    """Read the four-class utterances: the majority label, excited counted as happy.

    Other emotions, ``xxx`` (no majority) and ``oth`` are left out. The speaker is the letter of the
    turn (``…_F000``); with ``as_released`` it is the dialogue's prefix, whose dialogues hold turns
    of both speakers, and utterances without words in the forced alignment are dropped.

    Raises
    ------
    CorpusError
        If folders or recordings are missing, a turn is there twice, or the counts are not the usual ones.
    """
    utterances: dict[str, Utterance] = {}
    missing: list[str] = []
    for place in options.data:
        for session in _sessions(as_folder(place, options.scratch, _HINT)):
            for utterance in _session_utterances(session, as_released=options.as_released):
                if utterance.identity in utterances:
                    raise CorpusError(
                        f"The turn {utterance.identity} is there twice (again in «{session}»).",
                        "Name a folder that holds one copy of the corpus.",
                    )
                if not utterance.path.is_file():
                    missing.append(utterance.identity)
                    continue
                utterances[utterance.identity] = utterance
    notes = _missing_notes(missing, skip=options.skip_missing)
    kept = tuple(utterances[identity] for identity in sorted(utterances))
    where = ", ".join(str(place) for place in options.data)
    name = "IEMOCAP (4 classes)"
    if options.as_released:
        name = "IEMOCAP (4 classes, as the released code reads it)"
        wrong = _check_released(kept, where, accept=options.accept_counts)
    else:
        wrong = check_counts(kept, N_PER_EMOTION, where, _HINT, accept=options.accept_counts)
    if wrong:
        name = f"{name} (incomplete: {len(kept)} utterances)"
    return Corpus("iemocap", name, LICENCE, kept, not wrong, notes + wrong, HEAD_S, ENCODER_S)


def _sessions(root: Path) -> list[Path]:
    # The archive unpacks to IEMOCAP_full_release; a level more is forgiven, a level less is not.
    for candidate in (root, *sorted(path for path in root.iterdir() if path.is_dir())):
        sessions = [candidate / f"Session{i}" for i in range(1, N_SESSIONS + 1)]
        present = [s for s in sessions if (s / "dialog" / "EmoEvaluation").is_dir()]
        if present:
            return present
    raise CorpusError(f"«{root}» holds no Session folders with dialog/EmoEvaluation.", _HINT)


def _session_utterances(session: Path, *, as_released: bool) -> Iterator[Utterance]:
    for file in sorted((session / "dialog" / "EmoEvaluation").glob("Ses*.txt")):
        for utterance in _dialogue(file, session):
            if not as_released:
                yield utterance
            elif _has_alignment(session, file.stem, utterance.identity):
                yield replace(utterance, speaker=file.stem.split("_")[0])


def _dialogue(file: Path, session: Path) -> Iterator[Utterance]:
    """Read one evaluation file: a line per turn, then a line per annotator."""
    style = "improvised" if "impro" in file.stem else "scripted"
    turn, code, votes = "", "", Counter[str]()

    def finished() -> Iterator[Utterance]:
        if code in IEMOCAP_CODES:
            yield Utterance(
                turn,
                session / "sentences" / "wav" / file.stem / f"{turn}.wav",
                # Ses01F_impro01_M003 was spoken by the man of session 1; its prefix names the dialogue.
                f"{turn[:5]}{turn.rsplit('_', 1)[1][0]}",
                IEMOCAP_CODES[code],
                session=session.name,
                style=style,
                # All sessions play the same scripts.
                sentence=file.stem.split("_", 1)[1] if style == "scripted" else "",
                agreement=max(votes.values()) / votes.total() if votes else None,
            )

    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        if match := _TURN.match(line):
            yield from finished()
            turn, code, votes = match["turn"], match["code"], Counter()
        elif match := _VOTES.match(line):
            votes.update(label.strip().lower() for label in match["labels"].split(";") if label.strip())
    yield from finished()


def _has_alignment(session: Path, dialogue: str, turn: str) -> bool:
    """Whether the released reader would keep the turn: an aligned word and an aligned syllable."""
    folder = session / "sentences" / "ForcedAlignment" / dialogue
    words = _aligned(folder / f"{turn}.wdseg", n_numbers=3)
    return any(word not in _SILENCES for word in words) and bool(_aligned(folder / f"{turn}.syseg", n_numbers=2))


def _aligned(file: Path, n_numbers: int) -> list[str]:
    if not file.is_file():
        return []
    lines = (line.split() for line in file.read_text(encoding="utf-8", errors="replace").splitlines())
    return [fields[n_numbers] for fields in lines if len(fields) > n_numbers and fields[0].isdigit()]


def _missing_notes(missing: list[str], *, skip: bool) -> tuple[str, ...]:
    if not missing:
        return ()
    what = f"{len(missing)} labelled turns have no recording in sentences/wav: {', '.join(missing[:5])}" + (
        ", …" if len(missing) > 5 else ""
    )
    if not skip:
        raise CorpusError(f"{what}.", "Copy the corpus again, or leave them out with --skip-unreadable.")
    return (f"Left out: {what}.",)


def _check_released(utterances: tuple[Utterance, ...], where: str, *, accept: bool) -> tuple[str, ...]:
    if len(utterances) == N_RELEASED:
        return ()
    what = f"gives {len(utterances)} utterances, the released reader {N_RELEASED}."
    if not utterances or not accept:
        raise CorpusError(f"«{where}» {what}", f"{_HINT} To train on what is there all the same, add --accept-counts.")
    return (f"Not the complete corpus: it {what}",)
