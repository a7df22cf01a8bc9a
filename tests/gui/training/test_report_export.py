"""Reports for other programs: complete, or not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage

from ser_desktop.core.errors import SaveError
from ser_desktop.gui.training.report_export import write_report
from tests.helpers.disks import cramped_disk

ENDINGS = ("md", "html", "pdf")
LONG = "A sentence about what was found.\n\n" * 200


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run whose report shows a figure, twice."""
    run = tmp_path / "run"
    run.mkdir()
    picture = QImage(90, 60, QImage.Format.Format_RGB32)
    picture.fill(QColor("red"))
    assert picture.save(str(run / "figure-2.png"))
    (run / "report.md").write_text(f"# A report\n\n![Figure 2](figure-2.png)\n\n![Again](figure-2.png)\n\n{LONG}")
    return run


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "exported"
    place.mkdir()
    return place


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_disk_that_runs_full_leaves_the_report_from_before(run: Path, place: Path, ending: str) -> None:
    path = place / f"report.{ending}"
    path.write_text("from before")
    with pytest.raises(SaveError, match="could not be written"), cramped_disk():
        write_report(run, path)
    assert [file.name for file in place.iterdir()] == [path.name]
    assert path.read_text() == "from before"


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_figure_that_is_gone_leaves_the_report_from_before(run: Path, place: Path, ending: str) -> None:
    path = place / f"report.{ending}"
    path.write_text("from before")
    (run / "figure-2.png").unlink()
    with pytest.raises(SaveError):
        write_report(run, path)
    assert [file.name for file in place.iterdir()] == [path.name]
    assert path.read_text() == "from before"


def test_figures_lie_beside_text(run: Path, place: Path) -> None:
    assert write_report(run, place / "mine.md") == place / "mine.md"
    assert sorted(file.name for file in place.iterdir()) == ["figure-2.png", "mine.md"]
    assert (place / "figure-2.png").read_bytes() == (run / "figure-2.png").read_bytes()


@pytest.mark.parametrize("name", ["report.md", "mine.md"])
def test_a_report_goes_into_the_folder_of_its_run(run: Path, name: str) -> None:
    text, figure = (run / "report.md").read_bytes(), (run / "figure-2.png").read_bytes()
    write_report(run, run / name)
    assert (run / name).read_bytes() == text
    assert (run / "figure-2.png").read_bytes() == figure
    assert {file.name for file in run.iterdir()} == {"report.md", "figure-2.png", name}
