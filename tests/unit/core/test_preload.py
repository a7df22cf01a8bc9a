from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from ser_desktop.core.preload import collector_at_rest


@pytest.fixture
def _thawed() -> object:
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("_thawed")
def test_the_collector_rests_and_comes_back_even_after_an_error() -> None:
    was_enabled = []

    def load() -> None:
        with collector_at_rest():
            was_enabled.append(gc.isenabled())
            raise ImportError

    with pytest.raises(ImportError):
        load()
    assert was_enabled == [False]
    assert gc.isenabled()


def test_mapping_the_libraries_imports_nothing_and_the_import_still_works() -> None:
    program = (
        "import sys; from ser_desktop.core.preload import map_libraries; map_libraries(); "
        "assert 'torch' not in sys.modules; import torch; print(torch.ones(2).sum().item())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=100, check=False)
    assert done.stdout == "2.0\n", done.stderr
