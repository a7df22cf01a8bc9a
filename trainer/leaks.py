"""The check that nobody trains and tests: speakers, recordings, sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ser_desktop.core.errors import CorpusError
from trainer.contents import Contents
from trainer.corpora.utterance import Utterance
from trainer.splits import Protocol, Split


def check_protocol(protocol: Protocol, contents: Contents) -> tuple[str, ...]:
    """Refuse a protocol that leaks or cannot be evaluated.

    Returns
    -------
    warnings : tuple of str
        Shared sentences, and classes that a part lacks.

    Raises
    ------
    CorpusError
        If a part is empty, training lacks a class, or two parts share a speaker (unless the protocol
        says so) or a recording.
    """
    warnings: dict[str, None] = {}
    for split in protocol.splits:
        _check_parts(split, protocol.labels)
        if not protocol.speaker_dependent:
            _check_speakers(split)
        _check_recordings(split, contents)
        warnings.update(dict.fromkeys(_warnings(split, protocol.labels)))
    return tuple(warnings)


def _check_parts(split: Split, labels: Sequence[str]) -> None:
    for name, part in split.parts().items():
        if not part:
            raise CorpusError(
                f"The {name} part of {split.name} is empty.",
                "Add recordings of other people, or copy the whole corpus.",
            )
    missing = set(labels) - {u.emotion for u in split.train}
    if missing:
        raise CorpusError(
            f"The training part of {split.name} has no utterance of {', '.join(sorted(missing))}.",
            "Add recordings of it by more people, or leave that emotion out.",
        )


def _check_speakers(split: Split) -> None:
    seen: dict[str, str] = {}
    for name, part in split.parts().items():
        for speaker in sorted({u.speaker for u in part}):
            other = seen.setdefault(speaker, name)
            if other != name:
                raise CorpusError(
                    f"Speaker {speaker} is in both the {other} and the {name} part of {split.name}.",
                    "Give each person one name, and each name to one person.",
                )


def _check_recordings(split: Split, contents: Contents) -> None:
    seen: dict[str, list[tuple[str, Utterance]]] = {}
    for name, part in split.parts().items():
        for utterance in part:
            twins = seen.setdefault(contents[utterance.identity].split("@")[0], [])
            for other, twin in twins:
                if other != name and _overlap(utterance, twin):
                    raise CorpusError(
                        f"«{twin.identity}» ({other}) and «{utterance.identity}» ({name}) of {split.name} are the "
                        "same recording.",
                        "Remove one of them.",
                    )
            twins.append((name, utterance))


def _overlap(one: Utterance, other: Utterance) -> bool:
    def end(utterance: Utterance) -> float:
        return float("inf") if utterance.end_s is None else utterance.end_s

    return one.start_s < end(other) and other.start_s < end(one)


def _warnings(split: Split, labels: Sequence[str]) -> list[str]:
    warnings = []
    for name in ("validation", "test"):
        part = split.parts()[name]
        missing = set(labels) - {u.emotion for u in part}
        if missing:
            warnings.append(f"The {name} part of {split.name} has no utterance of {', '.join(sorted(missing))}.")
    trained = {u.sentence for u in split.train if u.sentence}
    tested = Counter(u.sentence for u in split.test if u.sentence)
    shared = sum(n for sentence, n in tested.items() if sentence in trained)
    if shared:
        warnings.append(
            f"{shared} of the {len(split.test)} test utterances of {split.name} say a sentence that is also trained on."
        )
    return warnings
