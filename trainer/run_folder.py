"""The folder of a run: what it was made from, and where each result lies.

::

    RUN/run.json                                          corpus, protocols, settings, versions
    RUN/rows/ROW@PRESET/FOLD/seed-N/result.json …         a finished (row, preset, fold, seed)
    RUN/report.md, report.csv, report.json, figure-2.*    made from those by ``trainer report``
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ser_desktop import __version__
from ser_desktop.core.errors import SaveError, TrainingError
from trainer.contents import Contents
from trainer.corpora import Corpus
from trainer.files import sweep
from trainer.splits import Protocol

SCHEMA_VERSION = 1
_LIBRARIES = ("torch", "transformers", "opensmile", "numpy", "scikit-learn", "soundfile", "soxr")
_OTHER_OUT = "Name another folder with --out, or delete this one."


@dataclass(frozen=True)
class ProtocolInfo:
    """What tables say about a protocol."""

    name: str
    text: str
    labels: tuple[str, ...]
    speaker_dependent: bool
    folds: tuple[tuple[str, int, int, int], ...]
    warnings: tuple[str, ...]

    @property
    def words(self) -> str:
        """The protocol in words, with what must never be left out."""
        return f"{self.text}{'; speaker-dependent' if self.speaker_dependent else ''}"


@dataclass(frozen=True)
class RunInfo:
    """Everything about a run that is not a result.

    Attributes
    ----------
    corpus_key, corpus, licence : str
    is_complete : bool
    fingerprint : str
        Digest of every utterance's sound, emotion and speaker.
    notes : tuple of str
        What was left out or accepted.
    protocols : dict
        By name.
    rows : dict
        By ``ROW@PRESET``: the resolved recipe, its feature specifications and its protocol's name.
    seeds : tuple of int
    missing : dict
        By row, why it did not run and what to do.
    environment : dict
    """

    corpus_key: str
    corpus: str
    licence: str
    is_complete: bool
    fingerprint: str
    notes: tuple[str, ...] = ()
    protocols: dict[str, ProtocolInfo] = field(default_factory=dict)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    missing: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)


class RunFolder:
    """Paths inside a run, and its description.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def job(self, row: str, preset: str, fold: str, seed: int) -> Path:
        """Folder of one (row, preset, fold, seed)."""
        return self.path / "rows" / f"{row}@{preset}" / fold / f"seed-{seed}"

    def finished(self, row: str, preset: str, *, best_so_far: bool = False) -> list[Path]:
        """Folders of the finished jobs of a row, by fold and seed; with stopped ones, if asked for."""
        place = self.path / "rows" / f"{row}@{preset}"
        found = list(place.glob("fold-*/seed-*/result.json"))
        if best_so_far:
            found += place.glob("fold-*/.seed-*.best/result.json")
        return sorted((p.parent for p in found), key=lambda p: (_number(p.parent.name), _number(p.name)))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing into this run.

        Raises
        ------
        TrainingError
            If one does so already.
        SaveError
            If the folder cannot be written.
        """
        lock = FileLock(self.path / ".lock", timeout=0)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            raise TrainingError(
                f"Another run is writing to «{self.path}».", "Wait for it to end, or name another folder with --out."
            ) from None
        except OSError as error:
            raise SaveError(f"«{self.path}» cannot be written ({error}).", "Name another folder with --out.") from error
        try:
            for folder in self.path.glob("rows/*/fold-*"):
                sweep(folder, older_than_s=0.0)
            yield
        finally:
            lock.release()

    def read(self) -> RunInfo | None:
        """Read the run's description, None where there is no run.

        Raises
        ------
        TrainingError
            If it is damaged or of another version of the program.
        """
        file = self.path / "run.json"
        if not file.is_file():
            return None
        try:
            value = json.loads(file.read_text(encoding="utf-8"))
            found = value.pop("schema_version", None)
        except (OSError, ValueError, AttributeError) as error:
            raise TrainingError(f"«{file}» is damaged ({error}).", _OTHER_OUT) from error
        if found != SCHEMA_VERSION:
            raise TrainingError(
                f"The run in «{self.path}» has format {found!r}; this program reads format {SCHEMA_VERSION}.",
                _OTHER_OUT,
            )
        try:
            value["protocols"] = {
                name: ProtocolInfo(
                    p["name"],
                    p["text"],
                    tuple(p["labels"]),
                    p["speaker_dependent"],
                    tuple(tuple(fold) for fold in p["folds"]),
                    tuple(p["warnings"]),
                )
                for name, p in value["protocols"].items()
            }
            lists = {name: tuple(value[name]) for name in ("notes", "seeds")}
            return RunInfo(**{**value, **lists})
        except (KeyError, TypeError) as error:
            raise TrainingError(f"«{file}» is damaged ({error!r}).", _OTHER_OUT) from error

    def write(self, info: RunInfo) -> None:
        """Write the run's description.

        Raises
        ------
        SaveError
        """
        value = {"schema_version": SCHEMA_VERSION, **asdict(info)}
        scratch = self.path / ".run.json"
        try:
            scratch.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            scratch.replace(self.path / "run.json")
        except OSError as error:
            raise SaveError(f"«{self.path}» cannot be written ({error}).", "Free some space.") from error


def require_run(path: Path) -> tuple[RunFolder, RunInfo]:
    """Open a run that must be there.

    Raises
    ------
    TrainingError
    """
    folder = RunFolder(path)
    info = folder.read()
    if info is None:
        raise TrainingError(f"There is no run in «{path}» (no run.json).", "Name a folder that `reproduce` wrote.")
    return folder, info


def fingerprint(corpus: Corpus, contents: Contents) -> str:
    """Digest of every utterance's sound, emotion and speaker."""
    digest = hashlib.sha256()
    for u in corpus.utterances:
        if u.identity in contents:
            digest.update(f"{u.identity}\t{contents[u.identity]}\t{u.emotion}\t{u.speaker}\n".encode())
    return digest.hexdigest()


def describe(corpus: Corpus, contents: Contents, notes: Sequence[str]) -> RunInfo:
    """Return the description of a run that has no rows yet."""
    environment = {"program": __version__, "python": platform.python_version()}
    environment.update({name: version(name) for name in _LIBRARIES})
    return RunInfo(
        corpus.key,
        corpus.name,
        corpus.licence,
        corpus.is_complete,
        fingerprint(corpus, contents),
        tuple(notes),
        environment=environment,
    )


def describe_protocol(protocol: Protocol, warnings: Sequence[str]) -> ProtocolInfo:
    """Return what tables say about a protocol."""
    folds = tuple((s.name, len(s.train), len(s.validation), len(s.test)) for s in protocol.splits)
    labels = tuple(str(label) for label in protocol.labels)
    return ProtocolInfo(protocol.name, protocol.text, labels, protocol.speaker_dependent, folds, tuple(warnings))


def _number(name: str) -> int:
    return int(name.rsplit("-", 1)[1].removesuffix(".best"))
