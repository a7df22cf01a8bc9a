"""The study on made-up speakers where the right answer is known, and on a real small run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ser_desktop.core.analysis import collate, prepare
from ser_desktop.core.normalise import Normalisation, Statistics, as_all_speech, neutral_offset
from tests.helpers.corpora import write_small_ravdess
from tests.helpers.training import run_here, small_plan, small_row
from trainer.records import read_head, read_job
from trainer.results import pooled
from trainer.run_folder import require_run
from trainer.voice_study.draws import Speaker, Style, draw, gathered, statistics_of
from trainer.voice_study.scores import Scored, Tally, summed
from trainer.voice_study.study import SPEAKER, TRAINING, Judge, conditions, study

pytestmark = pytest.mark.filterwarnings("ignore")

FRAME_S = 0.02
N_FRAMES = 150
LEVELS = {"neutral": -1.0, "happy": 1.0, "angry": 4.0}
"""Where the one feature lies, for a speaker without an offset."""


def made_up(offset: float, scale: float = 1.0, seed: int = 0) -> Speaker:
    """A speaker whose feature is shifted and stretched."""
    random = np.random.default_rng(seed)
    emotions = tuple(LEVELS) * 8
    features = (scale * random.normal(LEVELS[e], 0.1, size=(1, N_FRAMES, 1)) + offset for e in emotions)
    return Speaker(f"speaker {seed}", emotions, tuple((f.astype(np.float32),) for f in features))


class NearestLevel:
    """A head that answers the class whose normalised level is nearest."""

    def __init__(self, levels: list[float]) -> None:
        self._levels = torch.tensor(levels)

    def __call__(self, features: list[torch.Tensor], lengths: torch.Tensor) -> torch.Tensor:
        means = torch.stack([part.mean() for part in features[0][0, :, 0].split(lengths.tolist())])
        return -(means[:, None] - self._levels).abs()


def everything(speaker: Speaker) -> Statistics:
    (found,) = gathered(speaker.branches)
    return found


def neutral(speaker: Speaker) -> Statistics:
    (found,) = gathered([speaker.branches[i] for i in speaker.pool(Style.NEUTRAL)])
    return found


AVERAGE = everything(made_up(0.0))
HEAD = NearestLevel([float((level - AVERAGE.mean[0, 0]) / AVERAGE.std[0, 0]) for level in LEVELS.values()])


def uar(speaker: Speaker, statistics: Statistics) -> float:
    truth = np.array([list(LEVELS).index(e) for e in speaker.emotions])
    tally = Tally.of(truth, 1)
    tally.add(Judge([HEAD], speaker, 10_000).answers((statistics,)), np.ones(len(truth), dtype=bool))  # type: ignore[list-item]
    return summed([tally]).uar[0]


def calibrated(speaker: Speaker, style: Style, seconds: float) -> Statistics:
    drawn = draw(speaker, style, seconds, FRAME_S, 0)
    assert drawn is not None
    (found,) = statistics_of(speaker, drawn)
    return found


@pytest.mark.parametrize(("offset", "scale"), [(20.0, 1.0), (-20.0, 1.0), (5.0, 3.0)])
def test_sixty_seconds_of_mixed_speech_remove_a_speakers_offset(offset: float, scale: float) -> None:
    one = made_up(offset, scale, seed=1)
    assert uar(one, AVERAGE) < 0.7
    assert uar(one, calibrated(one, Style.MIXED, 60.0)) == 1.0
    assert uar(one, everything(one)) == 1.0


def test_neutral_speech_alone_misleads_and_the_training_speakers_offset_mends_it() -> None:
    one = made_up(20.0, 1.5, seed=2)
    trained = [made_up(offset, scale, seed=i) for i, (offset, scale) in enumerate([(0, 1), (9, 1.2), (-4, 0.8)], 10)]
    average = replace(AVERAGE, neutral=neutral_offset([(neutral(s), everything(s)) for s in trained]))
    found = calibrated(one, Style.NEUTRAL, 20.0)
    assert uar(one, found) < 0.7
    assert uar(one, as_all_speech(found, average)) == 1.0
    assert as_all_speech(found, AVERAGE) is AVERAGE


def test_the_judge_normalises_as_the_app_does() -> None:
    random = np.random.default_rng(0)
    branches = tuple(
        (
            random.normal(size=(2, n, 3)).astype(np.float32),
            random.normal(size=(1, n + 1, 2)).astype(np.float32),
        )
        for n in (5, 9, 30)
    )
    statistics = tuple(
        Statistics(random.normal(size=s).astype(np.float32), random.uniform(1, 2, size=s).astype(np.float32))
        for s in ((2, 3), (1, 2))
    )
    seen: list[torch.Tensor] = []

    def look(features: list[torch.Tensor], lengths: torch.Tensor) -> torch.Tensor:
        seen.extend([*features, lengths])
        return torch.zeros(3, 2)

    Judge([look], Speaker("Anna", ("sad",) * 3, branches), max_frames=20).answers(statistics)  # type: ignore[list-item]
    features, lengths = collate([prepare(one, statistics, 20) for one in branches])
    for found, wanted in zip(seen, [*features, lengths], strict=True):
        torch.testing.assert_close(found, wanted)
    assert lengths.tolist() == [5, 9, 20]


def test_a_head_with_global_normalisation_is_asked_once() -> None:
    assert conditions(Normalisation.GLOBAL) == [TRAINING]
    keys = [c.key for c in conditions(Normalisation.SPEAKER)]
    assert len(keys) == len(set(keys)) == 17
    assert {"training", "speaker", "mixed-5s", "neutral-40s", "neutral-20s-adjusted"} <= set(keys)


ROW = "spectrogram-dense-speaker"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, Scored]]]:
    folder = tmp_path_factory.mktemp("study")
    write_small_ravdess(folder / "corpus", n_repetitions=2)
    plan = small_plan(folder / "corpus", folder / "run", small_row(ROW, epochs=2))
    (ready,) = run_here(plan).run()
    return folder / "run", study(ready, folder / "run", (1, 2), n_draws=2, progress=lambda _done, _total: None)


def test_all_recordings_of_a_speaker_give_the_stored_scores(run: tuple[Path, dict[str, dict[str, Scored]]]) -> None:
    folder, found = run
    _, info = require_run(folder)
    labels = info.protocols["fixed"].labels
    for i, seed in enumerate((1, 2)):
        record = read_job(folder / "rows" / f"{ROW}@paper" / "fold-1" / f"seed-{seed}", labels)
        test = pooled([record])
        recalls = [(test.answers == test.truth)[test.truth == c].mean() for c in np.unique(test.truth)]
        assert found["test"][SPEAKER.key].uar[i] == pytest.approx(np.mean(recalls), abs=1e-9)
        assert record.validation_uar == pytest.approx(found["validation"][SPEAKER.key].uar[i], abs=1e-6)


def test_conditions_for_which_there_is_too_little_speech_are_absent(
    run: tuple[Path, dict[str, dict[str, Scored]]],
) -> None:
    # 16 recordings of 0.6 s, 4 of them neutral or calm.
    _, found = run
    assert set(found["test"]) == {"training", "speaker", "mixed-5s"}
    assert len(found["test"]["mixed-5s"].by_speaker) == 2


def test_a_head_keeps_what_its_training_speakers_neutral_speech_lacked(
    run: tuple[Path, dict[str, dict[str, Scored]]],
) -> None:
    from ser_desktop.core.heads import HeadKind, HeadOptions

    folder, _ = run
    options = HeadOptions(HeadKind.DENSE, ((1, 257),), 7, n_hidden=8)
    _, (statistics,) = read_head(folder / "rows" / f"{ROW}@paper" / "fold-1" / "seed-1", options)
    assert statistics.neutral is not None
    # The small corpus' neutral clips are its quietest: all speech lies above them.
    assert statistics.neutral.shift.mean() > 0
