"""What a corpus holds, how it would be divided, and everything that stands against training on it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from ser_desktop.core.errors import CorpusError
from trainer.checks.division import SplitCheck, divide
from trainer.checks.findings import Finding, Level, Remedy, about, alike
from trainer.checks.listening import Heard, listen
from trainer.contents import Contents, read_contents
from trainer.corpora import CORPORA, Corpus, ReadOptions, Utterance
from trainer.splits import Protocol

_FEW = 8
_UNEVEN = 5


@dataclass(frozen=True)
class CorpusCheck:
    """Everything people should know before they train.

    Attributes
    ----------
    corpus, licence : str
    is_complete : bool
    n_utterances : int
    duration_s : float
    lengths_s : tuple of float
        Shortest, median and longest utterance.
    counts : dict
        Utterances by speaker and class.
    rates_hz : dict
        Files by sampling rate.
    findings : tuple of Finding
        The gravest first.
    split : SplitCheck or None
        None where nothing can be trained.
    """

    corpus: str
    licence: str
    is_complete: bool
    n_utterances: int
    duration_s: float
    lengths_s: tuple[float, ...]
    counts: dict[str, dict[str, int]]
    rates_hz: dict[str, int]
    findings: tuple[Finding, ...]
    split: SplitCheck | None

    @property
    def can_train(self) -> bool:
        """Whether nothing stands against training."""
        return self.split is not None and all(f.level is not Level.ERROR for f in self.findings)


@dataclass(frozen=True)
class Checked:
    """A check with what it was made from, for whoever goes on from there."""

    check: CorpusCheck
    corpus: Corpus | None = None
    protocol: Protocol | None = None
    heard: dict[str, Heard] = field(default_factory=dict)
    contents: Contents = field(default_factory=dict)


def check_corpus(
    key: str,
    options: ReadOptions,
    protocol: str,
    progress: Callable[[int, int], None],
    *,
    skip_unreadable: bool,
) -> Checked:
    """Look at a corpus; what is wrong becomes findings, not errors.

    Parameters
    ----------
    key : str
        Of the corpus.
    options : ReadOptions
    protocol : str
        "" is the corpus's own, or the only possible one where there are too few speakers.
    progress : callable
        Called with (done, total) recordings.
    skip_unreadable : bool
        Recordings that cannot be used will be left out.
    """
    corpus, findings = _read(key, options)
    if corpus is None:
        return Checked(CorpusCheck("", "", False, 0, 0.0, (), {}, {}, tuple(findings), None))
    heard = listen(corpus.utterances, progress)
    contents, _ = read_contents(u for u in corpus.utterances if not heard[u.identity].unreadable)
    usable = tuple(u for u in corpus.utterances if u.identity in contents)
    findings += _about_sound(heard, is_own=key in _ONES_OWN, skip_unreadable=skip_unreadable)
    findings += _about_names(corpus)
    findings += _about_twins(usable, contents)
    divided, division, more = divide(replace(corpus, utterances=usable), contents, protocol)
    findings += more
    lengths = sorted(found.duration_s for found in heard.values() if not found.unreadable)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for u in divided.utterances() if divided else usable:
        counts[u.speaker][str(u.emotion)] += 1
    order = list(Level)
    check = CorpusCheck(
        corpus.name,
        corpus.licence,
        corpus.is_complete and len(usable) == len(corpus.utterances),
        len(corpus.utterances),
        sum(lengths),
        (lengths[0], median(lengths), lengths[-1]) if lengths else (),
        {speaker: dict(counts[speaker]) for speaker in sorted(counts)},
        {str(rate): n for rate, n in sorted(Counter(h.rate_hz for h in heard.values() if h.rate_hz).items())},
        tuple(sorted(findings, key=lambda finding: order.index(finding.level))),
        division,
    )
    return Checked(check, replace(corpus, utterances=usable), divided, heard, contents)


def _read(key: str, options: ReadOptions) -> tuple[Corpus | None, list[Finding]]:
    """Read the corpus; where it needs something to be accepted, say what, and read it so."""
    read = CORPORA[key].read
    try:
        corpus = read(options)
        return corpus, [Finding(Level.WARNING, note) for note in corpus.notes]
    except CorpusError as error:
        first = error
    ways = {
        Remedy.ACCEPT_COUNTS: replace(options, accept_counts=True),
        Remedy.SKIP_UNREADABLE: replace(options, skip_missing=True),
        Remedy.ONE_SPEAKER: replace(options, speaker="me") if key == "folder" else options,
    }
    for remedy, way in ways.items():
        try:
            return read(way), [Finding(Level.ERROR, first.what, first.fix, remedy)]
        except CorpusError:
            continue
    return None, [Finding(Level.ERROR, first.what, first.fix)]


_SOUNDS = (
    (
        "is_silent",
        "holds only silence",
        "hold only silence",
        "Record them again or delete them: a model would learn that silence is an emotion.",
        "Delete them: a model would learn that silence is an emotion.",
    ),
    (
        "is_quiet",
        "is very quiet",
        "are very quiet",
        "Record them again, closer to the microphone, or leave them as they are if all of them sound alike.",
        "They may be left as they are.",
    ),
    (
        "is_clipped",
        "is cut off at full level",
        "are cut off at full level",
        "Record them again at a lower level: loudness is part of how an emotion sounds.",
        "They may be left as they are.",
    ),
    (
        "is_short",
        "is shorter than 0.3 s",
        "are shorter than 0.3 s",
        "Delete them: there is hardly a syllable in them.",
        "Delete them: there is hardly a syllable in them.",
    ),
    (
        "is_narrow",
        "has less than 16 000 samples a second",
        "have less than 16 000 samples a second",
        "Their highest tones are missing, which a live microphone hears. Use better recordings where there are any.",
        "Their highest tones are missing, which a live microphone hears.",
    ),
)


_ONES_OWN = ("folder", "csv")
"""Corpora that people may have recorded themselves; nobody records the others again."""


def _about_sound(heard: dict[str, Heard], *, is_own: bool, skip_unreadable: bool) -> list[Finding]:
    found = _about_unreadable(heard, skip_unreadable=skip_unreadable)
    for quality, is_so, are_so, own_fix, fix in _SOUNDS:
        files = [identity for identity, sound in heard.items() if getattr(sound, quality)]
        found += about(files, f"«{{}}» {is_so}.", f"{{}} recordings {are_so}.", own_fix if is_own else fix)
    return found


def _about_unreadable(heard: dict[str, Heard], *, skip_unreadable: bool) -> list[Finding]:
    files = [identity for identity, sound in heard.items() if sound.unreadable]
    if not files:
        return []
    text = f"«{files[0]}» cannot be used: {heard[files[0]].unreadable}"
    text = text if len(files) == 1 else f"{len(files)} recordings cannot be used. {text}"
    if skip_unreadable:
        return [Finding(Level.WARNING, text, "They are left out.", files=tuple(files))]
    fix = "Copy them again, or leave them out."
    return [Finding(Level.ERROR, text, fix, Remedy.SKIP_UNREADABLE, tuple(files))]


def _about_names(corpus: Corpus) -> list[Finding]:
    """Look for one person, or one emotion, under two names."""
    found = []
    for what, names in (("person", {u.speaker for u in corpus.utterances}), ("emotion", _emotions(corpus))):
        for group in alike(names):
            written = ", ".join(f"«{name}»" for name in group)
            fix = f"If they are the same {what}, give it one name."
            if what == "person":
                fix += " One voice under two names would be in training and test."
            found.append(Finding(Level.WARNING, f"Is that one {what}? {written}", fix))
    counts = Counter(str(u.emotion) for u in corpus.utterances)
    few = [f"{name} ({n})" for name, n in sorted(counts.items()) if n < _FEW]
    if few:
        fix = f"Add recordings: {_FEW} of each are little, fifty are a beginning."
        found.append(Finding(Level.WARNING, f"There are few recordings of {', '.join(few)}.", fix))
    if counts and max(counts.values()) > _UNEVEN * min(counts.values()):
        most, least = max(counts, key=lambda name: counts[name]), min(counts, key=lambda name: counts[name])
        text = f"There are {counts[most]} recordings of {most} and {counts[least]} of {least}."
        found.append(Finding(Level.WARNING, text, "A model hears the rare ones less often. Add some, if you can."))
    return found


def _emotions(corpus: Corpus) -> set[str]:
    return {str(u.emotion) for u in corpus.utterances}


def _about_twins(utterances: Sequence[Utterance], contents: Contents) -> list[Finding]:
    """Look for the same recording under two names."""
    groups: dict[str, list[Utterance]] = defaultdict(list)
    for utterance in utterances:
        groups[contents[utterance.identity]].append(utterance)
    same, contradictory = [], []
    for twins in groups.values():
        names = [u.identity for u in twins]
        if len({u.emotion for u in twins}) > 1:
            contradictory += names
        elif len(twins) > 1:
            same += names
    return [
        *about(
            contradictory,
            "",
            "{} recordings are the same sound with different emotions.",
            "Keep the right one of each.",
        ),
        *about(same, "", "{} recordings are copies of one another.", "Delete the copies, if you like.", Level.NOTE),
    ]
