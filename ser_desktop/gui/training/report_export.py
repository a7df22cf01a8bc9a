"""The report of a reproduction as a file for other programs."""

from __future__ import annotations

import base64
import re
import shutil
from pathlib import Path

from PySide6.QtGui import QPageSize, QPdfWriter, QTextDocument

from ser_desktop.core.errors import SaveError
from ser_desktop.gui.training import result_messages


def write_report(run: Path, path: Path) -> Path:
    """Write a run's report as a web page, PDF or Markdown by the file's ending, pictures within or beside it.

    It may take seconds and belongs in a thread of its own. Returns the path.

    Raises
    ------
    SaveError
        If it cannot be written.
    """
    try:
        _write(run, path)
    except OSError as error:
        raise SaveError(result_messages.NOT_EXPORTED.format(path, error)) from error
    return path


def _write(run: Path, path: Path) -> None:
    text = (run / "report.md").read_text(encoding="utf-8")
    pictures = {name: run / name for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", text)}
    if path.suffix.lower() == ".md":
        path.write_text(text, encoding="utf-8")
        for name, picture in pictures.items():
            shutil.copy(picture, path.parent / name)
        return
    document = QTextDocument()
    document.setMarkdown(text)
    html = document.toHtml()
    for name, picture in pictures.items():
        data = base64.b64encode(picture.read_bytes()).decode()
        html = html.replace(f'src="{name}"', f'src="data:image/png;base64,{data}" width="640"')
    if path.suffix.lower() == ".pdf":
        _print(html, path)
    else:
        path.write_text(html, encoding="utf-8")


def _print(html: str, path: Path) -> None:
    document = QTextDocument()
    document.setHtml(html)
    # The writer tells nobody when it cannot write.
    with path.open("wb"):
        pass
    writer = QPdfWriter(str(path))
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    document.print_(writer)
