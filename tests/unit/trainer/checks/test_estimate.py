from __future__ import annotations

from pathlib import Path

from tests.helpers.corpora import write_class_folders
from trainer.cache import extract
from trainer.checks.corpus_check import check_corpus
from trainer.checks.estimate import estimates
from trainer.corpora import ReadOptions
from trainer.experiments import RECIPES
from trainer.features import sources_of
from trainer.workers import Workers


def test_every_recipe_is_measured_or_says_what_it_lacks(tmp_path: Path) -> None:
    write_class_folders(tmp_path, ("anna", "ben", "cem"), ("angry", "happy"), n_each=2)
    checked = check_corpus("folder", ReadOptions((tmp_path,)), "", lambda *_: None, skip_unreadable=False)
    names = ("egemaps", "spectrogram-dense-global", "pt-fusion-global")
    egemaps, spectrogram, paper = estimates(checked, [RECIPES[name] for name in names])
    assert [e.recipe for e in (egemaps, spectrogram, paper)] == list(names)
    for measured in (egemaps, spectrogram):
        assert measured.seconds is not None
        assert measured.seconds > 0
        assert measured.n_bytes > 0
    # 257 bins every 10 ms against 25 measures every 20 ms.
    assert spectrogram.n_bytes > 10 * egemaps.n_bytes
    assert (paper.seconds, paper.encoder) == (None, "wav2vec2-base")
    assert "not installed" in paper.missing


def test_features_that_are_there_already_take_no_time(tmp_path: Path) -> None:
    sounds, cache = tmp_path / "sounds", tmp_path / "cache"
    cache.mkdir()
    write_class_folders(sounds, ("anna", "ben", "cem"), ("angry", "happy"), n_each=2)
    checked = check_corpus("folder", ReadOptions((sounds,)), "", lambda *_: None, skip_unreadable=False)
    recipe = RECIPES["egemaps"]
    (before,) = estimates(checked, [recipe], cache)
    assert before.extract_s > 0
    assert checked.corpus is not None
    (source,) = sources_of(recipe, checked.corpus.encoder_s)
    workers = Workers(1)
    extract(
        source,
        checked.corpus.utterances,
        checked.contents,
        cache,
        workers=workers,
        encoder=None,
        progress=lambda *_: None,
    )
    workers.close()
    (after,) = estimates(checked, [recipe], cache)
    assert (after.extract_s, after.n_bytes) == (0, 0)
    assert after.seconds is not None
    assert after.seconds > 0
