from __future__ import annotations

import pytest

from ser_desktop.core.published import FIGURE_2, published_weights


@pytest.mark.parametrize("which", list(FIGURE_2), ids=" ".join)
def test_published_weights_are_thirteen_and_sum_to_one(which: tuple[str, str]) -> None:
    weights = published_weights(*which)
    assert len(weights) == 13
    assert sum(weights) == pytest.approx(1.0, abs=2e-3)
    assert max(weights) in weights[4:9], "the middle layers weigh most"


def test_a_head_without_published_weights_is_set_beside_fusion() -> None:
    assert published_weights("lstm", "speaker") == published_weights("fusion", "global")
