"""What ``ser-desktop predict`` does: sound files in, answers out."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Callable
from typing import TextIO

from ser_desktop.core import files, paths
from ser_desktop.core.analysis import Analyser, open_analyser
from ser_desktop.core.bundle import load_bundle
from ser_desktop.core.errors import Cancelled, UserFacingError
from ser_desktop.core.file_report import ReportFile, ReportFormat, ReportRow, ReportWriter, make_report
from ser_desktop.core.file_search import FoundFile, find_sound_files
from ser_desktop.core.files import FILE_HOP_S, FileAnalysis
from ser_desktop.files_progress import FilesProgress
from ser_desktop.interruption import interruptible

STOPPED_STATUS = 130


def predict_files(options: argparse.Namespace) -> int:
    """Analyse what the options name and return the exit status: 0, 1 if any file failed, 130 if stopped.

    Raises
    ------
    UserFacingError
        If there is no model, or the report cannot be written.
    """
    folder, hop_s = options.bundle or paths.default_bundle(), options.hop or FILE_HOP_S
    report = None
    if options.out is not None:
        # Before anything is computed: a place that cannot be written is told now, not after an hour.
        labels = load_bundle(folder).config.labels
        report = ReportFile(options.out, ReportFormat(options.format), labels, hop_s, has_windows=options.windows)
    try:
        analyser = open_analyser(folder, options.device, options.backend)
        if options.voice:
            _use_voice(analyser, options.voice)
        return _Run(options, analyser, hop_s, report).all()
    except BaseException:
        if report is not None:
            report.discard()
        raise


class _Run:
    """One call of the command."""

    def __init__(
        self, options: argparse.Namespace, analyser: Analyser, hop_s: float, report: ReportFile | None
    ) -> None:
        self._options, self._analyser, self._hop_s = options, analyser, hop_s
        self._model = analyser.bundle.config.name
        self._report = report
        if isinstance(sys.stdout, io.TextIOWrapper):
            # Names of files need not be Unicode, and tables bring their own ends of lines.
            sys.stdout.reconfigure(errors="backslashreplace", newline="")
        self._screen: ReportWriter | None = None
        if report is None and options.format is not None:
            form = ReportFormat(options.format)
            self._screen = make_report(sys.stdout, form, analyser.labels, hop_s, has_windows=options.windows)
        self._n_done = self._n_failed = 0

    def all(self) -> int:
        """Analyse every file, or as many as there is patience for."""
        with interruptible() as check:
            try:
                self._analyse(check)
            except Cancelled:
                return self._stopped()
        if self._screen is not None:
            self._screen.end(is_complete=True)
        if self._report is not None:
            self._report.finish()
            _say(f"{self._count()} Saved to «{self._report.path}».", sys.stderr)
        return 1 if self._n_failed else 0

    def _analyse(self, check: Callable[[], None]) -> None:
        found = list(find_sound_files(self._options.files, check))
        with FilesProgress(found, check) as progress:
            for file in found:
                self._tell(self._row(file, progress, check))

    def _row(self, file: FoundFile, progress: FilesProgress, check: Callable[[], None]) -> ReportRow:
        if file.problem:
            return ReportRow(file.path, error=file.problem)
        try:
            with progress.of(file.path) as told:
                analysis = files.analyse_file(self._analyser, file.path, self._hop_s, told, check=check)
        except UserFacingError as error:
            return ReportRow(file.path, error=str(error))
        return ReportRow(file.path, analysis, self._model)

    def _tell(self, row: ReportRow) -> None:
        self._n_done += row.analysis is not None
        self._n_failed += row.analysis is None
        if self._report is not None:
            self._report.add(row)
        if self._screen is not None:
            self._screen.add(row)
            sys.stdout.flush()
        elif self._options.json:
            value = row.analysis.as_json(self._model) if row.analysis else {"file": str(row.path), "error": row.error}
            _say(json.dumps(value, ensure_ascii=False), sys.stdout)
        elif row.analysis is not None and self._report is None:
            _say(_in_words(row.analysis), sys.stdout)
        if row.analysis is None and not self._options.json:
            _say(f"{row.path}: {row.error}", sys.stderr)

    def _stopped(self) -> int:
        said = f"Stopped. {self._count()}"
        if self._screen is not None:
            self._screen.end(is_complete=False)
        if self._report is not None:
            part = self._report.keep_part()
            said += f" What was finished is kept in «{part}»." if part else ""
            said += f" «{self._report.path}» was not touched."
        _say(said, sys.stderr)
        return STOPPED_STATUS

    def _count(self) -> str:
        done = "1 file" if self._n_done == 1 else f"{self._n_done} files"
        failed = f", {self._n_failed} with a problem" if self._n_failed else ""
        return f"{done} analysed{failed}."


def _say(text: str, where: TextIO) -> None:
    where.write(f"{text}\n")
    where.flush()


def _in_words(analysis: FileAnalysis) -> str:
    answer = analysis.answer
    words = {"emotion": answer.label, "not sure": f"not sure, perhaps {answer.label}"}.get(answer.state, answer.state)
    certainty = f"  {100 * answer.certainty:.0f} %" if answer.probabilities else ""
    n_windows = len(analysis.windows)
    windows = "1 window" if n_windows == 1 else f"{n_windows} windows"
    return f"{analysis.path}: {words}{certainty}  ({analysis.duration_s:.1f} s, {windows})"


def _use_voice(analyser: Analyser, name: str) -> None:
    """Use a calibrated voice; say so where it changes nothing."""
    from ser_desktop.core.voices import VoiceUse, load_voice

    analyser.use_voice(load_voice(name))
    why = {
        VoiceUse.NOT_NEEDED: "this model takes every voice alike",
        VoiceUse.UNPREPARED: "this model was trained without neutral speech or by an earlier version; train it again",
        VoiceUse.UNKNOWN: "it was recorded before the speech encoder of this model was installed; record it once more",
    }.get(analyser.voice_use)
    if why:
        sys.stderr.write(f"The voice «{name}» changes nothing: {why}.\n")
