from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ser_desktop.core.encoder import Encoder
from ser_desktop.core.errors import Cancelled, CorpusError, EncoderMissingError, TrainingError
from ser_desktop.core.features import FeatureName
from tests.helpers.bundles import tiny_encoder
from tests.helpers.corpora import N_SMALL_SPEECH, write_small_ravdess
from tests.helpers.training import SMALL, SMALL_ROW, Heard, run_here, small_plan, small_row
from trainer import jobs as jobs_room
from trainer.corpora import ravdess
from trainer.events import EpochEnded, Notice, Progress, Stage
from trainer.experiments import Preset
from trainer.report import write_report
from trainer.reproduce import Reproduction
from trainer.rows import ROWS, Row
from trainer.run_folder import RunFolder, require_run
from trainer.workers import Workers

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus with späce")
    write_small_ravdess(folder)
    return folder


def with_copies(n: int, row: Row = SMALL_ROW) -> Row:
    return replace(row, recipe=replace(row.recipe, copies=n))


def written(run: Path) -> dict[str, bytes]:
    """All that a run is made of, without features and locks."""
    files = (p for p in sorted(run.rglob("*")) if p.is_file() and ".cache" not in p.parts and p.name != ".lock")
    return {str(p.relative_to(run)): p.read_bytes() for p in files}


def predictions(run: Path) -> dict[str, bytes]:
    return {str(p.relative_to(run)): p.read_bytes() for p in sorted(run.glob("rows/**/predictions.csv"))}


def test_every_row_of_the_paper_runs_and_is_reported(corpus: Path, tmp_path: Path) -> None:
    rows = [small_row(name) for name in ROWS]
    heard = Heard()
    run_here(small_plan(corpus, tmp_path / "run", *rows, presets=list(Preset), seeds=(1,)), heard)
    folder, info = require_run(tmp_path / "run")
    results = write_report(folder, info)
    assert {(r.row, r.preset) for r in results} == {(name, str(preset)) for name in ROWS for preset in Preset}
    issa = next(r for r in results if r.row == "issa")
    assert (issa.protocol.speaker_dependent, issa.n_test, len(issa.protocol.labels)) == (True, 192, 8)
    assert next(r for r in results if r.row == "egemaps-dense-speaker").n_test == 16
    report = (tmp_path / "run" / "report.md").read_text()
    assert report.count("(speaker-dependent)") == 2
    assert "figure-2.png" in report
    for stage in ("read", "extract", "statistics", "train"):
        assert stage in {event.stage for event in heard.of(Stage)}
    assert len({(e.row, e.preset, e.fold, e.seed) for e in heard.of(EpochEnded)}) == 2 * (len(ROWS) - 1 + 5)
    final = [e for e in heard.of(Progress) if e.stage == "train"][-1]
    assert final.done == final.total == 2 * (len(ROWS) - 1 + 5)


def test_an_encoders_features_are_extracted_once_for_all_rows(corpus: Path, tmp_path: Path) -> None:
    names = ("pt-local-dense-speaker", "pt-contextual-dense-speaker", "pt-all-layers-dense-speaker", "pt-fusion-global")
    run_here(small_plan(corpus, tmp_path / "run", *(small_row(name) for name in names), seeds=(1,)))
    stored = [p.name.split("-", 1)[1] for p in (tmp_path / "run" / ".cache").glob("*.npy")]
    assert {name.rsplit("-", 1)[0] for name in stored} == {FeatureName.ALL_LAYERS, FeatureName.EGEMAPS}
    assert len(stored) == 2 * 192


def test_rows_whose_encoder_is_missing_say_how_to_get_it_and_the_others_run(corpus: Path, tmp_path: Path) -> None:
    plan = small_plan(corpus, tmp_path / "run", small_row("pt-fusion-global"), SMALL_ROW)
    heard = Heard()
    reproduction = Reproduction(plan, Workers(1), heard)
    reproduction.run()
    assert "ser-desktop models get wav2vec2-base" in reproduction.missing["pt-fusion-global"]
    folder, info = require_run(plan.out)
    assert [r.row for r in write_report(folder, info)] == ["spectrogram-dense-global"]
    assert "ser-desktop models get" in (plan.out / "report.md").read_text()
    assert any("pt-fusion-global does not run" in event.text for event in heard.of(Notice))
    # Once it is there, the row is no longer missing.
    run_here(replace(plan, rows=(small_row("pt-fusion-global"),)))
    assert require_run(plan.out)[1].missing == {}
    assert len(write_report(*require_run(plan.out))) == 2


def test_a_finished_run_is_not_trained_again(corpus: Path, tmp_path: Path) -> None:
    plan = small_plan(corpus, tmp_path / "run")
    run_here(plan)
    before, again = predictions(plan.out), Heard()
    run_here(plan, again)
    assert predictions(plan.out) == before
    assert not again.of(EpochEnded)


def test_seeds_can_be_added_to_a_run(corpus: Path, tmp_path: Path) -> None:
    plan = small_plan(corpus, tmp_path / "run", seeds=(1,))
    run_here(plan)
    heard = Heard()
    run_here(replace(plan, seeds=(1, 2)), heard)
    assert {event.seed for event in heard.of(EpochEnded)} == {2}
    (result,) = write_report(*require_run(plan.out))
    assert result.seeds == (1, 2)


@pytest.mark.parametrize("after_epochs", [1, 3, 5])
def test_a_run_that_was_stopped_goes_on_with_the_same_result(corpus: Path, tmp_path: Path, after_epochs: int) -> None:
    whole = small_plan(corpus, tmp_path / "whole")
    run_here(whole)

    class Impatient(Heard):
        def __call__(self, event: object) -> None:
            super().__call__(event)  # type: ignore[arg-type]
            if len(self.of(EpochEnded)) == after_epochs:
                workers.stop()

    parts, heard = replace(whole, out=tmp_path / "parts"), Impatient()
    workers = Workers(1, heard)
    with pytest.raises(Cancelled):
        Reproduction(parts, workers, heard).run()
    run_here(parts)
    assert predictions(parts.out) == predictions(whole.out)
    assert not list(parts.out.glob("rows/**/.*checkpoint"))


@pytest.mark.parametrize("stage", ["extract", "statistics"])
def test_it_stops_between_two_utterances_too(corpus: Path, tmp_path: Path, stage: str) -> None:
    class Impatient(Heard):
        def __call__(self, event: object) -> None:
            super().__call__(event)  # type: ignore[arg-type]
            if isinstance(event, Stage) and event.stage == stage:
                workers.stop()

    heard = Impatient()
    workers = Workers(1, heard)
    with pytest.raises(Cancelled):
        Reproduction(small_plan(corpus, tmp_path / "run"), workers, heard).run()
    assert not heard.of(EpochEnded)


def test_other_data_are_refused_and_the_results_stay(corpus: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write_small_ravdess(other)
    changed = next(other.rglob("*.flac"))
    changed.write_bytes(next(p for p in other.rglob("*.flac") if p != changed).read_bytes())
    plan = small_plan(corpus, tmp_path / "run")
    run_here(plan)
    before = predictions(plan.out)
    read = replace(plan.read, data=(other,))
    with pytest.raises((TrainingError, CorpusError), match=r"other data|same recording"):
        run_here(replace(plan, read=read))
    assert predictions(plan.out) == before


def test_other_settings_under_the_same_name_are_refused(corpus: Path, tmp_path: Path) -> None:
    plan = small_plan(corpus, tmp_path / "run")
    run_here(plan)
    row = replace(SMALL_ROW, recipe=replace(SMALL, learning_rate=0.5))
    with pytest.raises(TrainingError, match="other settings"):
        run_here(replace(plan, rows=(row,)))


def test_two_runs_cannot_write_to_one_folder(corpus: Path, tmp_path: Path) -> None:
    plan = small_plan(corpus, tmp_path / "run")
    with RunFolder(plan.out).locked(), pytest.raises(TrainingError, match="Another run is writing"):
        run_here(plan)


def test_two_runs_can_share_a_cache(corpus: Path, tmp_path: Path) -> None:
    plans = [replace(small_plan(corpus, tmp_path / name), cache=tmp_path / "cache") for name in ("a", "b")]
    for plan in plans:
        run_here(plan)
    assert predictions(plans[0].out) == predictions(plans[1].out)
    assert len(list((tmp_path / "cache").glob("*.npy"))) == 192


@pytest.mark.parametrize(
    ("content", "said"),
    [('{"schema_version": 99}', "format 99"), ("not json", "damaged"), ('{"schema_version": 1}', "damaged")],
)
def test_a_run_of_another_version_or_a_damaged_one_is_refused(
    corpus: Path, tmp_path: Path, content: str, said: str
) -> None:
    plan = small_plan(corpus, tmp_path / "run")
    plan.out.mkdir()
    (plan.out / "run.json").write_text(content)
    with pytest.raises(TrainingError, match=said):
        run_here(plan)
    assert (plan.out / "run.json").read_text() == content


def test_a_damaged_result_is_named(corpus: Path, tmp_path: Path) -> None:
    plan = small_plan(corpus, tmp_path / "run")
    run_here(plan)
    next(plan.out.glob("rows/**/predictions.csv")).write_text("part,file\n")
    (plan.out / "rows" / "spectrogram-dense-global@paper" / "fold-1" / "seed-2" / "result.json").write_text("{")
    with pytest.raises(TrainingError, match=r"seed-[12]» is damaged.*Delete that folder"):
        write_report(*require_run(plan.out))


def test_a_recording_that_breaks_off_is_refused_or_left_out_and_listed(tmp_path: Path) -> None:
    write_small_ravdess(tmp_path / "corpus")
    cut = sorted((tmp_path / "corpus").rglob("*.flac"))[40]
    cut.write_bytes(cut.read_bytes()[:2000])
    plan = small_plan(tmp_path / "corpus", tmp_path / "run")
    with pytest.raises(CorpusError, match=r"1 of 192 recordings cannot be used.*--skip-unreadable"):
        run_here(plan)
    run_here(replace(plan, skip_unreadable=True))
    folder, info = require_run(plan.out)
    (result,) = write_report(folder, info)
    assert cut.name in (plan.out / "report.md").read_text()
    assert result.published is None, "an incomplete corpus is set beside nothing"
    assert cut.stem not in result.records[0].test.files


def test_a_missing_encoder_is_asked_for_before_anything_is_extracted(corpus: Path, tmp_path: Path) -> None:
    def none(name: str, _backend: str) -> object:
        raise EncoderMissingError(f"{name} is not installed.", "Install it.")

    plan = small_plan(corpus, tmp_path / "run", small_row("pt-fusion-global"))
    Reproduction(plan, Workers(1), Heard(), none).run()  # type: ignore[arg-type]
    assert not list(plan.cache.glob("*.npy"))


def test_results_do_not_depend_on_the_number_of_processes(corpus: Path, tmp_path: Path) -> None:
    one, two = small_plan(corpus, tmp_path / "one"), small_plan(corpus, tmp_path / "two")
    run_here(one)
    workers = Workers(2)
    try:
        Reproduction(two, workers, Heard(), lambda _name, _backend: tiny_encoder()).run()
    finally:
        workers.close()
    assert predictions(one.out) == predictions(two.out)


def test_the_run_describes_itself_completely(corpus: Path, tmp_path: Path) -> None:
    plan = small_plan(corpus, tmp_path / "run")
    run_here(plan)
    value = json.loads((plan.out / "run.json").read_text())
    row = value["rows"]["spectrogram-dense-global@paper"]
    assert row["recipe"]["learning_rate"] == 1e-3
    assert row["features"][0]["configuration"] == {"rate_hz": 16_000, "bins": 512}
    assert value["protocols"]["fixed"]["folds"] == [["fold-1", 160, 16, 16]]
    assert {"torch", "opensmile", "python", "program"} <= set(value["environment"])
    assert any("Not the complete corpus" in note for note in value["notes"])


def test_jobs_that_do_not_come_out_even_take_turns_with_the_same_result(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = small_plan(corpus, tmp_path / "one", seeds=(1, 2, 3))
    run_here(one)
    monkeypatch.setattr(jobs_room, "_TURN_S", 0.0)
    turns = replace(one, out=tmp_path / "turns")
    heard = Heard()
    workers = Workers(2, heard)
    try:
        Reproduction(turns, workers, heard).run()
    finally:
        workers.close()
    assert predictions(turns.out) == predictions(one.out)
    order = [event.seed for event in heard.of(EpochEnded)]
    assert len(order) == 12
    assert order.index(3) < 10, "the third did not wait for the others to finish"


@pytest.mark.parametrize("n_copies", [1, 2])
def test_copies_train_and_decide_nothing_else(corpus: Path, tmp_path: Path, n_copies: int) -> None:
    plan = small_plan(corpus, tmp_path / "run", with_copies(n_copies), seeds=(1,))
    run_here(plan)
    (ready,) = run_here(plan).prepare()
    (split,) = ready.protocol.splits
    assert [len(part) for part in ready.data(split).parts.values()] == [160 * (1 + n_copies), 16, 16]
    value = json.loads((plan.out / "run.json").read_text())
    assert value["protocols"]["fixed"]["folds"] == [["fold-1", 160 * (1 + n_copies), 16, 16]]
    assert value["rows"]["spectrogram-dense-global@paper"]["recipe"]["copies"] == n_copies
    (result,) = write_report(*require_run(plan.out))
    said = "1 changed copy" if n_copies == 1 else f"{n_copies} changed copies"
    assert f"{said} of every training utterance" in result.protocol.text
    assert f"{said} of every" in (plan.out / "report.md").read_text()
    assert result.n_test == 16
    assert len(list(plan.cache.glob("*.npy"))) == 192 + n_copies * 160


def test_copies_leave_what_validates_and_tests_alone(corpus: Path, tmp_path: Path) -> None:
    judged = []
    for n in (0, 1):
        plan = small_plan(corpus, tmp_path / str(n), with_copies(n), seeds=(1,))
        run_here(plan)
        (result,) = write_report(*require_run(plan.out))
        (record,) = result.records
        judged.append([(part.files, part.speakers, part.truth.tolist()) for part in (record.validation, record.test)])
    assert judged[0] == judged[1]
    assert predictions(tmp_path / "0") != predictions(tmp_path / "1"), "the copies were heard"


def test_runs_with_copies_can_be_repeated_to_the_bit(corpus: Path, tmp_path: Path) -> None:
    plans = [small_plan(corpus, tmp_path / name, with_copies(1), seeds=(1,)) for name in ("a", "b")]
    for plan in plans:
        run_here(plan)
    assert predictions(plans[0].out) == predictions(plans[1].out)


def test_published_figures_know_no_copies(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ravdess, "N_SPEECH", N_SMALL_SPEECH)
    row = small_row("spectrogram-dense-speaker")
    published = []
    for n in (0, 1):
        plan = small_plan(corpus, tmp_path / str(n), with_copies(n, row), seeds=(1,))
        run_here(plan)
        (result,) = write_report(*require_run(plan.out))
        published.append(result.published)
    assert published == [row.published["ravdess"], None]


@pytest.mark.parametrize(("before", "after"), [(0, 1), (1, 0), (1, 2)])
def test_another_number_of_copies_in_the_same_folder_is_refused(
    corpus: Path, tmp_path: Path, before: int, after: int
) -> None:
    plan = small_plan(corpus, tmp_path / "run", with_copies(before), seeds=(1,))
    run_here(plan)
    files = written(plan.out)
    with pytest.raises(TrainingError, match=r"holds results of .* with other") as caught:
        run_here(replace(plan, rows=(with_copies(after),), seeds=(1, 2)))
    assert "--out" in caught.value.fix
    assert written(plan.out) == files, "the run describes what it holds"


def test_another_row_in_the_same_folder_needs_the_same_copies(corpus: Path, tmp_path: Path) -> None:
    plan = small_plan(corpus, tmp_path / "run", with_copies(1), seeds=(1,))
    run_here(plan)
    files = written(plan.out)
    other = small_row("spectrogram-dense-speaker")
    with pytest.raises(TrainingError, match="1 changed copy of"):
        run_here(replace(plan, rows=(other,)))
    assert written(plan.out) == files
    run_here(replace(plan, rows=(with_copies(1, other),)))
    assert len(write_report(*require_run(plan.out))) == 2


def test_a_run_with_copies_goes_on_with_more_seeds(corpus: Path, tmp_path: Path) -> None:
    plan = small_plan(corpus, tmp_path / "run", with_copies(1), seeds=(1,))
    run_here(plan)
    heard = Heard()
    run_here(replace(plan, seeds=(1, 2)), heard)
    assert {event.seed for event in heard.of(EpochEnded)} == {2}


def test_a_recording_that_breaks_off_takes_its_copies_along(tmp_path: Path) -> None:
    write_small_ravdess(tmp_path / "corpus")
    cut = sorted((tmp_path / "corpus").rglob("*.flac"))[40]
    cut.write_bytes(cut.read_bytes()[:2000])
    plan = small_plan(tmp_path / "corpus", tmp_path / "run", with_copies(2), seeds=(1,))
    with pytest.raises(CorpusError, match=r"1 of 192 recordings cannot be used"):
        run_here(plan)
    run_here(replace(plan, skip_unreadable=True))
    value = json.loads((plan.out / "run.json").read_text())
    assert value["protocols"]["fixed"]["folds"] == [["fold-1", 3 * 159, 16, 16]]


class Asked:
    """Gives the tiny encoder and remembers how it was to be computed."""

    def __init__(self) -> None:
        self.backends: list[str] = []

    def __call__(self, _name: str, backend: str) -> Encoder:
        self.backends.append(backend)
        return tiny_encoder()


def test_a_run_goes_on_with_the_backend_it_was_begun_with(corpus: Path, tmp_path: Path) -> None:
    plan = small_plan(corpus, tmp_path / "run", small_row("pt-contextual-dense-speaker"), seeds=(1,))
    first, again = Asked(), Asked()
    Reproduction(plan, Workers(1), Heard(), first).run()
    (row,) = require_run(plan.out)[1].rows.values()
    assert (first.backends, row["backend"]) == (["auto"], "float32")
    assert "encoder by PyTorch float32" in (write_report(*require_run(plan.out)) and plan.out / "report.md").read_text()
    Reproduction(replace(plan, seeds=(1, 2)), Workers(1), Heard(), again).run()
    assert again.backends == ["float32"]


def test_a_run_refuses_another_backend_than_it_was_begun_with(corpus: Path, tmp_path: Path) -> None:
    plan = small_plan(corpus, tmp_path / "run", small_row("pt-contextual-dense-speaker"), seeds=(1,))
    Reproduction(plan, Workers(1), Heard(), Asked()).run()
    with pytest.raises(TrainingError, match="was begun with float32, not bfloat16"):
        Reproduction(replace(plan, backend="bfloat16"), Workers(1), Heard(), Asked()).run()
