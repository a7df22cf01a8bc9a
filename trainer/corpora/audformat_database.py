"""Databases in audEERING's audformat: a folder with ``db.yaml`` and its tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ser_desktop.core.errors import CorpusError
from trainer.corpora.utterance import Corpus, ReadOptions, Utterance, seconds

_HINT = "Name the folder that holds db.yaml; other column names are told with --column emotion=NAME."


def read(options: ReadOptions) -> Corpus:
    """Read the table that has an emotion and a speaker, filewise or segmented.

    Raises
    ------
    CorpusError
        If there is no such database, table or column, or recordings are missing.
    """
    import audformat
    import pandas
    import yaml

    (root, *others) = options.data
    if others or not (root / "db.yaml").is_file():
        raise CorpusError(f"«{root}» holds no db.yaml." if not others else "Name one database at a time.", _HINT)
    try:
        database = audformat.Database.load(str(root), load_data=True)
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise CorpusError(f"The database «{root}» cannot be read ({error}).", _HINT) from error
    emotion, speaker = options.columns.get("emotion", "emotion"), options.columns.get("speaker", "speaker")
    name, frame = _table(database, options.table, emotion, speaker, root)
    segments = audformat.utils.to_segmented_index(frame.index, allow_nat=True)
    found: dict[str, Utterance] = {}
    missing: list[str] = []
    for (file, start, end), row in zip(segments, frame[[emotion, speaker]].itertuples(index=False), strict=True):
        start_s, end_s = start.total_seconds(), None if pandas.isna(end) else end.total_seconds()
        identity = file if start_s == 0 and end_s is None else f"{file}@{seconds(start_s)}-{seconds(end_s)}"
        if any(pandas.isna(value) for value in row):
            continue
        path = root / file
        if not path.is_file():
            missing.append(file)
            continue
        if identity in found:
            raise CorpusError(f"The table {name} of «{root}» names {identity} twice.", _HINT)
        found[identity] = Utterance(identity, path, str(row[1]), str(row[0]), start_s=start_s, end_s=end_s)
    if missing and not options.skip_missing:
        raise CorpusError(
            f"{len(missing)} files of the table {name} are not in «{root}» ({missing[0]} is one).",
            "Complete the database, or leave them out with --skip-unreadable.",
        )
    if not found:
        raise CorpusError(f"The table {name} of «{root}» holds no row with {emotion} and {speaker}.", _HINT)
    notes = (f"Left out, not there: {', '.join(missing)}.",) if missing else ()
    licence = str(database.license or "that of your recordings")
    return Corpus("audformat", database.name, licence, tuple(found[i] for i in sorted(found)), notes=notes)


def _table(database: Any, wanted: str, emotion: str, speaker: str, root: Path) -> tuple[str, Any]:
    frames = (
        {name: database[name].get(map={}) for name in ([wanted] if wanted else database.tables)}
        if (not wanted or wanted in database.tables)
        else {}
    )
    usable = {name: frame for name, frame in frames.items() if {emotion, speaker} <= set(frame.columns)}
    if len(usable) != 1:
        tables = ", ".join(f"{name} ({', '.join(database[name].columns)})" for name in database.tables)
        fault = "no table" if not usable else f"{len(usable)} tables ({', '.join(usable)})"
        raise CorpusError(
            f"«{root}» has {fault} with the columns {emotion} and {speaker}. Its tables: {tables}.",
            f"{_HINT} One of several tables is chosen with --table NAME.",
        )
    return next(iter(usable.items()))
