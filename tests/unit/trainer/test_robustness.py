from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from ser_desktop.core.errors import Cancelled, TrainingError
from tests.helpers.bundles import tiny_encoder
from tests.helpers.corpora import write_small_ravdess
from tests.helpers.training import SMALL_ROW, run_here, small_plan, small_row
from trainer import export
from trainer.__main__ import main
from trainer.corpora import ReadOptions
from trainer.degrade import Condition
from trainer.material import Material
from trainer.options import make_parser
from trainer.results import RowResult
from trainer.robustness import Endured, endure, read_robustness, write_robustness
from trainer.run_folder import RunInfo, require_run
from trainer.splits import Protocol

pytestmark = pytest.mark.filterwarnings("ignore")

AS_IT_IS = Condition("as it is", lambda samples, _voices, _rng: samples)
SILENT = Condition("silent", lambda samples, _voices, _rng: np.zeros_like(samples))
BABBLING = Condition("others", lambda samples, voices, _rng: np.resize(voices[0], samples.shape))
ROWS = ("pt-all-layers-dense-speaker", "pt-fusion-global")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    write_small_ravdess(folder / "corpus")
    run_here(small_plan(folder / "corpus", folder / "run", SMALL_ROW, *(small_row(name) for name in ROWS)))
    return folder


def opened(made: Path, row: str) -> tuple[RunInfo, RowResult, Protocol]:
    folder, info = require_run(made / "run")
    material = Material(
        "ravdess",
        ReadOptions((made / "corpus",), accept_counts=True),
        skip_unreadable=False,
        listener=lambda _event: None,
    )
    result = export.choose_row(folder, info, row, None)
    material.divide([result.protocol.name])
    return info, result, material.protocols[result.protocol.name]


def measure(made: Path, row: str, *conditions: Condition) -> list[Endured]:
    info, result, protocol = opened(made, row)
    config = export.contract(info, result, result.records[0].validation, result.seeds[0])
    encoder = tiny_encoder() if config.encoder else None
    return endure(result, config, protocol, encoder, progress=lambda _done, _total: None, conditions=conditions)


@pytest.mark.parametrize("row", ["spectrogram-dense-global", "pt-fusion-global"])
def test_recordings_as_they_are_give_every_seeds_stored_score(made: Path, row: str) -> None:
    (found,) = measure(made, row, AS_IT_IS)
    _, result, _ = opened(made, row)
    # Stored features are half precision: an utterance on the edge may fall to the other side.
    np.testing.assert_allclose(found.uar, [s.uar for s in result.scores], atol=0.04)
    assert len(found.uar) == len(found.wa) == len(result.seeds)


def test_silence_leaves_one_answer_for_all(made: Path) -> None:
    (found,) = measure(made, "spectrogram-dense-global", SILENT)
    assert found.uar == pytest.approx([1 / 7, 1 / 7])


def test_who_babbles_was_trained_on(made: Path) -> None:
    heard: list[int] = []

    def listen(samples: np.ndarray, voices: object, _rng: object) -> np.ndarray:
        heard.append(len(voices))  # type: ignore[arg-type]
        return samples

    measure(made, "spectrogram-dense-global", Condition("listening", listen))
    _, _, protocol = opened(made, "spectrogram-dense-global")
    assert set(heard) == {min(40, len(protocol.splits[0].train))}


def test_a_row_with_speaker_normalisation_is_refused_with_its_reason(made: Path) -> None:
    with pytest.raises(TrainingError, match="depends on how the speaker was calibrated"):
        measure(made, "pt-all-layers-dense-speaker", AS_IT_IS)


def test_it_stops_between_two_recordings(made: Path) -> None:
    info, result, protocol = opened(made, "spectrogram-dense-global")
    config = export.contract(info, result, result.records[0].validation, result.seeds[0])

    def stop(done: int, _total: int) -> None:
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        endure(result, config, protocol, None, progress=stop)


def test_figures_of_several_rows_lie_side_by_side(tmp_path: Path) -> None:
    first, second = Endured("as it is", (0.5,), (0.6,)), Endured("silent", (0.1,), (0.2,))
    write_robustness(tmp_path, "a@paper", [first])
    write_robustness(tmp_path, "b@paper", [second])
    assert read_robustness(tmp_path, "a@paper") == [first]
    assert read_robustness(tmp_path, "b@paper") == [second]
    assert read_robustness(tmp_path, "c@paper") == []


def test_the_command_measures_and_the_card_tells(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, data = str(made / "run"), str(made / "corpus")
    row = ["--row", "spectrogram-dense-global"]
    assert main(["robustness", run, *row, "--data", data, "--accept-counts", "--workers", "1"]) == 0
    assert "20 dB quieter: test UAR" in capsys.readouterr().out
    assert main(["export", run, *row, "--beside", run, "--out", str(tmp_path / "bundle"), "--workers", "1"]) == 0
    card = (tmp_path / "bundle" / "README.md").read_text(encoding="utf-8")
    assert "| Ogg Opus, 16 kbit/s |" in card
    assert "`python -m trainer reproduce --corpus ravdess --data PATH --rows spectrogram-dense-global" in card
    commands = re.findall(r"^python -m trainer .*$", card.split("## Rebuild")[1], flags=re.MULTILINE)
    assert [shlex.split(command)[3] for command in commands] == ["reproduce", "robustness", "export"]
    for command in commands:
        make_parser().parse_args(shlex.split(command)[3:])


def test_the_card_of_a_model_with_an_encoder_names_it(made: Path, tmp_path: Path) -> None:
    row = ["--row", "pt-fusion-global"]
    assert main(["export", str(made / "run"), *row, "--out", str(tmp_path / "bundle"), "--workers", "1"]) == 0
    card = (tmp_path / "bundle" / "README.md").read_text(encoding="utf-8")
    assert f"- **Encoder:** `{tiny_encoder().identity}`" in card
    assert "audEERING" in card, "Fusion listens to eGeMAPS, too"


def test_other_recordings_than_the_runs_are_refused(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = made / "other"
    write_small_ravdess(other)
    next(iter(sorted(other.rglob("*.flac")))).unlink()
    command = ["robustness", str(made / "run"), "--row", "spectrogram-dense-global", "--data", str(other)]
    assert main([*command, "--accept-counts", "--workers", "1"]) == 1
    assert "not those of the run" in capsys.readouterr().err
