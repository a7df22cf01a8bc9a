from __future__ import annotations

from pathlib import Path

from tests.helpers.corpora import write_class_folders
from trainer.checks.corpus_check import check_corpus
from trainer.checks.estimate import estimates
from trainer.corpora import ReadOptions
from trainer.experiments import RECIPES


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
