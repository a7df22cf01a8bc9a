"""Run rows of the paper on a corpus: read, check, extract, train; each step goes on where it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ser_desktop.core.device import AUTO
from ser_desktop.core.encoder import Encoder
from ser_desktop.core.errors import Cancelled, EncoderMissingError, TrainingError
from ser_desktop.core.normalise import Normalisation
from trainer.cache import Extracted, extract
from trainer.corpora import ReadOptions
from trainer.data import MEMORY_BYTES
from trainer.events import Countdown, Listener, Notice, Stage
from trainer.experiments import SEEDS, Preset, Recipe, apply_preset
from trainer.features import Source, branch_of, open_encoder, sources_of
from trainer.gather import Gathered, gather
from trainer.jobs import BATCHES_ALIVE, Job, forget_data, train_all
from trainer.material import Material
from trainer.prepared import PreparedRow
from trainer.protocols import own_protocol
from trainer.rows import Row
from trainer.run_folder import RunFolder, RunInfo, describe, describe_protocol
from trainer.splits import Protocol
from trainer.workers import Workers


@dataclass(frozen=True)
class Plan:
    """What to run.

    Attributes
    ----------
    corpus : str
        Key of the corpus.
    read : ReadOptions
    rows : tuple of Row
    presets : tuple of Preset
    out, cache : Path
    seeds : tuple of int
    protocol : str
        "" is the corpus's own.
    skip_unreadable : bool
        Leave out recordings that cannot be used instead of refusing the corpus.
    memory_bytes : int
        What all processes together may use for features.
    name : str
        What tables and cards call the corpus; "" is its own name.
    backend : str
        How encoders are computed; `AUTO` is the fastest here, or what the run was begun with.
    """

    corpus: str
    read: ReadOptions
    rows: tuple[Row, ...]
    presets: tuple[Preset, ...]
    out: Path
    cache: Path
    seeds: tuple[int, ...] = SEEDS
    protocol: str = ""
    skip_unreadable: bool = False
    memory_bytes: int = MEMORY_BYTES
    name: str = ""
    backend: str = AUTO

    def protocol_of(self, row: Row) -> str:
        """Name of the protocol that a row is evaluated with."""
        return "issa" if row.issa else self.protocol or own_protocol(self.corpus)


class Reproduction:
    """Rows on one corpus.

    Parameters
    ----------
    plan : Plan
    workers : Workers
    listener : Listener
    encoders : callable
        Loads an encoder by its catalogue name and the backend that is asked for; raises `EncoderMissingError`.
    device : str
        Where heads are trained.
    """

    def __init__(
        self,
        plan: Plan,
        workers: Workers,
        listener: Listener,
        encoders: Callable[[str, str], Encoder] = open_encoder,
        device: str = "cpu",
    ) -> None:
        self.plan = plan
        self.folder = RunFolder(plan.out)
        self.missing: dict[str, str] = {}
        self._workers = workers
        self._listener = listener
        self._open_encoder = encoders
        self._encoders: dict[str, Encoder] = {}
        self._device = device
        self._rows_before: dict[str, dict[str, Any]] = {}
        self._extracted: dict[Source, Extracted] = {}
        self._gathered: dict[tuple[Source, str, Normalisation], Gathered] = {}

    def run(self) -> list[PreparedRow]:
        """Run everything that can run, and return it; `missing` says why the rest cannot.

        Raises
        ------
        CorpusError, SaveError, TrainingError
        Cancelled
            When the workers were told to stop; what is finished stays.
        """
        with self.folder.locked():
            prepared, info = self._prepare_all()
            self.folder.write(info)
            try:
                return self._train(prepared, info)
            finally:
                forget_data()

    def prepare(self) -> list[PreparedRow]:
        """Do all that `run` does before training: features, statistics, and the check that the data are the run's.

        Raises
        ------
        CorpusError, SaveError, TrainingError, Cancelled
        """
        with self.folder.locked():
            prepared, info = self._prepare_all()
            for ready in prepared:
                _refuse_other_recipe(info, ready, self.folder)
            return prepared

    def _prepare_all(self) -> tuple[list[PreparedRow], RunInfo]:
        before = self.folder.read()
        self._refuse_other_corpus(before)
        self._rows_before = before.rows if before else {}
        material = self._read()
        runnable = [
            (row, preset)
            for preset in self.plan.presets
            for row in self.plan.rows
            if self._extract_for(row, preset, material)
        ]
        info = self._describe(material, before)
        return [self._prepare(row, preset, material) for row, preset in runnable], info

    def _read(self) -> Material:
        plan = self.plan
        material = Material(plan.corpus, plan.read, skip_unreadable=plan.skip_unreadable, listener=self._listener)
        if plan.name:
            material.corpus = replace(material.corpus, name=plan.name)
        material.divide(plan.protocol_of(row) for row in plan.rows)
        n_copies = {row.recipe.copies for row in plan.rows}
        if n_copies != {0}:
            material.augment(max(n_copies))
        return material

    def _extract_for(self, row: Row, preset: Preset, material: Material) -> bool:
        """Extract a row's features; says so and returns False when something is missing."""
        name = self.plan.protocol_of(row)
        why = f"{material.corpus.name} has no protocol «{name}»." if name not in material.protocols else ""
        try:
            # The encoder comes first: when it is missing, nobody should wait for anything else.
            self._encoder(None if why else row.recipe.encoder)
        except EncoderMissingError as error:
            why = str(error)
        if why:
            if row.name not in self.missing:
                self._listener(Notice(f"{row.name} does not run: {why}"))
            self.missing[row.name] = why
            return False
        for source in sources_of(apply_preset(row.recipe, preset), material.corpus.encoder_s):
            if source not in self._extracted:
                self._extracted[source] = self._extract(source, material)
        return True

    def _encoder(self, name: str | None) -> Encoder | None:
        if name is None:
            return None
        if name not in self._encoders:
            self._encoders[name] = self._open_encoder(name, self._backend_for(name))
        return self._encoders[name]

    def _backend_for(self, encoder: str) -> str:
        """Return how an encoder's layers were computed before in this run, else what is asked for."""
        rows = [row for row in self._rows_before.values() if row["recipe"]["encoder"] == encoder]
        found = {str(row["backend"]) for row in rows if "backend" in row}
        if found - {self.plan.backend} and self.plan.backend != AUTO:
            raise TrainingError(
                f"«{self.folder.path}» was begun with {', '.join(sorted(found))}, not {self.plan.backend}.",
                "Go on without --backend, or name another folder with --out.",
            )
        return min(found, default=self.plan.backend)

    def _extract(self, source: Source, material: Material) -> Extracted:
        self._listener(Stage("extract", f"Features: {source.encoder or source.name}"))
        found = extract(
            source,
            material.utterances(),
            material.contents,
            self.plan.cache,
            workers=self._workers,
            encoder=self._encoder(source.encoder),
            progress=self._counting("extract"),
        )
        if found.n_mended:
            self._listener(Notice(f"{found.n_mended} stored features were damaged and were extracted again."))
        material.leave_out(found.unusable)
        return found

    def _prepare(self, row: Row, preset: Preset, material: Material) -> PreparedRow:
        recipe = apply_preset(row.recipe, preset)
        protocol = material.protocols[self.plan.protocol_of(row)]
        sources = sources_of(recipe, material.corpus.encoder_s)
        branches = tuple(
            branch_of(feature, source, self._extracted[source].spec)
            for feature, source in zip(recipe.features, sources, strict=True)
        )
        gathered = {source: self._gather(source, protocol, recipe) for source in sources}
        head_s = recipe.head_s or material.corpus.head_s
        return PreparedRow(row, preset, recipe, protocol, branches, self._extracted, gathered, head_s)

    def _gather(self, source: Source, protocol: Protocol, recipe: Recipe) -> Gathered:
        key = (source, protocol.name, recipe.normalisation)
        if key not in self._gathered:
            self._listener(Stage("statistics", f"Statistics: {source.encoder or source.name}, {recipe.normalisation}"))
            files = self._extracted[source].files
            found = gather(protocol, files, recipe.normalisation, self._counting("statistics"))
            if found.n_constant:
                self._listener(
                    Notice(f"{found.n_constant} dimensions of {source.name} never change; they are only centred.")
                )
            self._gathered[key] = found
        return self._gathered[key]

    def _train(self, prepared: list[PreparedRow], info: RunInfo) -> list[PreparedRow]:
        todo: list[Job] = []
        for ready in prepared:
            _refuse_other_recipe(info, ready, self.folder)
            encoder = self._encoders.get(ready.recipe.encoder or "")
            here = {"device": self._device, "backend": str(encoder.backend) if encoder else ""}
            made = {**ready.resolved(), **here, "environment": info.environment}
            before = info.rows.get(ready.key, made)
            if any(before.get(name, value) != value for name, value in here.items()):
                self._listener(
                    Notice(
                        f"{ready.key} was begun on another processor; its seeds are comparable, not equal to the bit."
                    )
                )
            info = replace(info, rows={ready.key: made, **info.rows})
            todo += self._jobs(ready)
        self.folder.write(info)
        # As many at once as have room for their batches.
        largest = max((job.data.batch_bytes(job.recipe.batch_size) for job in todo), default=0)
        if self._device == "cuda":
            # One process whose features live on the GPU is faster than several that share it.
            self._workers.shrink(1)
        self._workers.shrink(processes_at_once(largest, self._workers.n, self.plan.memory_bytes))
        jobs = [replace(job, memory_bytes=self.plan.memory_bytes // self._workers.n) for job in todo]
        n_jobs = len(todo)
        n_all = sum(len(ready.protocol.splits) * len(self.plan.seeds) for ready in prepared)
        self._listener(Stage("train", f"Training: {n_jobs} of {n_all} runs are left"))
        tick = Countdown("train", self._listener)
        tick(0, n_jobs)
        for done, _ in enumerate(train_all(self._workers, jobs), start=1):
            tick(done, n_jobs)
        return prepared

    def _jobs(self, ready: PreparedRow) -> list[Job]:
        jobs = []
        for split in ready.protocol.splits:
            folders = {s: self.folder.job(ready.row.name, ready.preset, split.name, s) for s in self.plan.seeds}
            left = {seed: folder for seed, folder in folders.items() if not (folder / "result.json").is_file()}
            if not left:
                continue
            data, options = ready.data(split), ready.options()
            labels = tuple(str(label) for label in ready.protocol.labels)
            for seed, folder in left.items():
                where = (folder, ready.row.name, str(ready.preset), split.name, seed)
                jobs.append(Job(*where, ready.recipe, options, labels, data, self._device))
        return jobs

    def _counting(self, stage: str) -> Callable[[int, int], None]:
        """Tell the progress of a stage, and stop between two utterances when asked to."""
        tick = Countdown(stage, self._listener)

        def count(done: int, total: int) -> None:
            if self._workers.is_stopping:
                raise Cancelled
            tick(done, total)

        return count

    def _describe(self, material: Material, before: RunInfo | None) -> RunInfo:
        info = describe(material.corpus, material.contents, material.notes)
        protocols = {n: describe_protocol(p, material.warnings[n]) for n, p in material.protocols.items()}
        if before is None:
            return replace(info, protocols=protocols, seeds=self.plan.seeds, missing=self.missing)
        if before.fingerprint != info.fingerprint:
            raise _other_data(self.folder, f"{before.corpus}, other recordings, labels or speakers")
        for name in before.protocols.keys() & protocols.keys():
            # The recordings are the same: what differs is the number of changed copies.
            if before.protocols[name].folds != protocols[name].folds:
                raise TrainingError(
                    f"«{self.folder.path}» holds results of «{name}» with other parts ({before.protocols[name].text}).",
                    "Name another folder with --out.",
                )
        still = {name: why for name, why in before.missing.items() if name not in {r.name for r in self.plan.rows}}
        return replace(
            info,
            protocols={**before.protocols, **protocols},
            seeds=tuple(dict.fromkeys((*before.seeds, *self.plan.seeds))),
            rows=before.rows,
            missing={**still, **self.missing},
        )

    def _refuse_other_corpus(self, before: RunInfo | None) -> None:
        if before is not None and before.corpus_key != self.plan.corpus:
            raise _other_data(self.folder, before.corpus)


def processes_at_once(batch_bytes: int, n_processes: int, memory_bytes: int) -> int:
    """Return how many processes have room for their batches at the same time."""
    return max(1, min(n_processes, memory_bytes // max(1, round(BATCHES_ALIVE * batch_bytes))))


def _refuse_other_recipe(info: RunInfo, ready: PreparedRow, folder: RunFolder) -> None:
    import json

    before = info.rows.get(ready.key)
    # Through JSON, as the stored one went: tuples become lists.
    wanted = json.loads(json.dumps(ready.resolved()))
    if before is not None and {name: before.get(name) for name in wanted} != wanted:
        raise TrainingError(
            f"«{folder.path}» holds results of {ready.row.name} that were made with other settings or features.",
            "Name another folder with --out.",
        )


def _other_data(folder: RunFolder, what: str) -> TrainingError:
    return TrainingError(f"«{folder.path}» holds results on other data ({what}).", "Name another folder with --out.")
