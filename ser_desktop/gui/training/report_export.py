"""The report of a reproduction as a file for other programs."""

from __future__ import annotations

import base64
import re
import shutil
import tempfile
from pathlib import Path

from PySide6.QtCore import QBuffer
from PySide6.QtGui import QPageSize, QPdfWriter, QTextDocument

from ser_desktop.core.errors import SaveError
from ser_desktop.gui.training import result_messages


def write_report(run: Path, path: Path) -> Path:
    """Write a run's report as a web page, PDF or Markdown by the file's ending, pictures within or beside it.

    All of it appears when it is complete; what was there before stays until then. It may take seconds and belongs in a
    thread of its own. Returns the path.

    Raises
    ------
    SaveError
        If it cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".unfinished-") as scratch:
            report = Path(scratch) / path.name
            pictures = _write(run, report)
            if not path.parent.samefile(run):
                for picture in pictures:
                    picture.replace(path.with_name(picture.name))
            report.replace(path)
    except OSError as error:
        raise SaveError(result_messages.NOT_EXPORTED.format(path, error)) from error
    return path


def _write(run: Path, path: Path) -> list[Path]:
    """Write it, and return the pictures that lie beside it."""
    text = (run / "report.md").read_text(encoding="utf-8")
    names = dict.fromkeys(re.findall(r"!\[[^]]*\]\(([^)]+)\)", text))
    if path.suffix.lower() == ".md":
        path.write_text(text, encoding="utf-8")
        return [Path(shutil.copy(run / name, path.with_name(name))) for name in names]
    document = QTextDocument()
    document.setMarkdown(text)
    html = document.toHtml()
    for name in names:
        data = base64.b64encode((run / name).read_bytes()).decode()
        html = html.replace(f'src="{name}"', f'src="data:image/png;base64,{data}" width="640"')
    if path.suffix.lower() == ".pdf":
        path.write_bytes(_printed(html))
    else:
        path.write_text(html, encoding="utf-8")
    return []


def _printed(html: str) -> bytes:
    document = QTextDocument()
    document.setHtml(html)
    # Into memory: the writer tells nobody when a file cannot be written.
    pages = QBuffer()
    pages.open(QBuffer.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(pages)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    document.print_(writer)
    return pages.data().data()
