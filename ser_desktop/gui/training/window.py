"""The training window: a new model, the paper's tables, and everything that was trained before."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QMainWindow, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from ser_desktop.core.errors import TrainingError
from ser_desktop.core.training_folder import TrainingFolder, TrainingKind, TrainingState
from ser_desktop.gui.install_worker import InstallWorker
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.training import messages
from ser_desktop.gui.training.history_page import HistoryPage
from ser_desktop.gui.training.new_model import NewModel
from ser_desktop.gui.training.paper_page import PaperPage
from ser_desktop.gui.training.paper_result import PaperResult
from ser_desktop.gui.training.parts import Steps
from ser_desktop.gui.training.result_page import ResultPage
from ser_desktop.gui.training.run_page import RunPage
from ser_desktop.gui.trainings import Entry, Trainings

_RUN, _RESULT = 3, 4


class TrainingWindow(QMainWindow):
    """Trains models; what runs goes on when it is closed.

    Parameters
    ----------
    trainings : Trainings
    installer : InstallWorker
        Downloads corpora.
    recorder : Recorder or None
        Whose microphone records people's own voices.

    Signals
    -------
    used(Path)
        A bundle is to be used from now on.
    result_shown(Path)
        A result is on the page; its bundle.
    lacked()
        A speech encoder is to be fetched.
    crashed(object)
        An exception nobody expected.
    """

    used = Signal(object)
    result_shown = Signal(object)
    lacked = Signal()
    crashed = Signal(object)

    def __init__(
        self,
        trainings: Trainings,
        installer: InstallWorker,
        recorder: Recorder | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.trainings = trainings
        self.setWindowTitle(messages.TITLE)
        self.setMinimumSize(QSize(1024, 700))
        self.resize(1120, 760)
        self.new_model = NewModel(trainings, installer, recorder)
        self.paper_page, self.history_page = PaperPage(trainings), HistoryPage(trainings)
        self.run_page, self.result_page = RunPage(trainings), ResultPage(trainings)
        self.paper_result = PaperResult()
        self._build()
        self._connect(installer)
        self._show_new()

    def _build(self) -> None:
        self.steps = Steps()
        self.stack = QStackedWidget()
        for page in (
            self.new_model,
            self.paper_page,
            self.history_page,
            self.run_page,
            self.result_page,
            self.paper_result,
        ):
            self.stack.addWidget(page)
        self._rail = QButtonGroup(self)
        rail = QVBoxLayout()
        rail.setSpacing(6)
        self.rail_buttons = [self._rail_button(name) for name in (messages.NEW, messages.PAPER, messages.HISTORY)]
        for button in self.rail_buttons:
            rail.addWidget(button)
        rail.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(12)
        right.addWidget(self.steps)
        right.addWidget(self.stack, stretch=1)
        central = QWidget()
        row = QHBoxLayout(central)
        row.setContentsMargins(16, 16, 16, 16)
        row.setSpacing(20)
        row.addLayout(rail)
        row.addLayout(right, stretch=1)
        self.setCentralWidget(central)
        QShortcut(QKeySequence.StandardKey.Close, self, self.close)

    def _rail_button(self, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName("rail")
        button.setCheckable(True)
        self._rail.addButton(button)
        return button

    def _connect(self, installer: InstallWorker) -> None:
        new, paper, history = self.rail_buttons
        new.clicked.connect(self._show_new)
        paper.clicked.connect(self._show_paper)
        history.clicked.connect(self._show_history)
        self.new_model.stepped.connect(lambda step: self.steps.set_step(step, can_go_back=True))
        self.steps.wanted.connect(self.new_model.show_step)
        self.new_model.begun.connect(lambda folder: self.open(folder, is_new=True))
        self.new_model.lacked.connect(self.lacked)
        self.paper_page.lacked.connect(self.lacked)
        installer.ended.connect(self._installed)
        self.paper_page.begun.connect(lambda folder: self.open(folder, is_new=True))
        self.history_page.opened.connect(self._open_entry)
        self.run_page.finished.connect(self.open)
        self.run_page.cancelled.connect(self._cancelled)
        self.result_page.used.connect(self.used)
        self.result_page.another.connect(self._show_anew)
        self.paper_result.another.connect(self._show_paper)
        for page in (self.result_page, self.paper_result):
            page.crashed.connect(self.crashed)
        self.trainings.changed.connect(self._trainings_changed)

    def open(self, folder: TrainingFolder, *, is_new: bool = False) -> None:
        """Show a training: its result if it has one, else how it goes."""
        try:
            order, state = folder.read(), folder.state()
        except TrainingError:
            self._show_history()
            return
        is_model = order.kind is TrainingKind.MODEL
        if state is TrainingState.DONE and not is_new:
            self.run_page.leave()
            page = self.result_page if is_model else self.paper_result
            page.show_result(folder, order)
        else:
            page = self.run_page
            page.follow(folder, order, is_new=is_new)
        self.stack.setCurrentWidget(page)
        self.steps.setVisible(is_model)
        self.steps.set_step(_RUN if page is self.run_page else _RESULT)
        self._mark(self.rail_buttons[2])
        if page is self.result_page:
            self.result_page.show_model_in_use("", 0.0)
            self.result_page.show_used(is_used=False)
            self.result_shown.emit(folder.bundle)
            self.result_page.use_button.setFocus()

    def restyle(self) -> None:
        """Take over the theme in force."""
        for page in (self.new_model, self.run_page, self.result_page):
            page.restyle()

    def showEvent(self, event: QShowEvent) -> None:
        """Come back to what runs, if anything does."""
        super().showEvent(event)
        self.new_model.corpus_page.focus()
        if self.stack.currentWidget() is self.new_model and self.new_model.step == 0:
            alive = [e for e in self.trainings.entries() if e.state in {TrainingState.RUNNING, TrainingState.QUEUED}]
            if alive:
                self._open_entry(alive[-1])

    def closeEvent(self, event: QCloseEvent) -> None:
        """Look away; trainings go on, questions to the trainer are forgotten."""
        self.run_page.leave()
        self.new_model.close_down()
        self.paper_page.call.cancel()
        self.trainings.settle()
        super().closeEvent(event)

    def _cancelled(self, title: str) -> None:
        self._show_history()
        self.history_page.offer_undo(messages.CANCELLED.format(title))

    def _open_entry(self, entry: Entry) -> None:
        self.open(entry.folder)

    def _show_new(self) -> None:
        self._leave_for(self.new_model, self.rail_buttons[0])
        self.steps.show()
        self.steps.set_step(self.new_model.step, can_go_back=True)

    def _show_anew(self) -> None:
        self.new_model.show_step(0)
        self._show_new()

    def _show_paper(self) -> None:
        self._leave_for(self.paper_page, self.rail_buttons[1])
        self.paper_page.look()

    def _show_history(self) -> None:
        self._leave_for(self.history_page, self.rail_buttons[2])
        self.history_page.look()

    def _leave_for(self, page: QWidget, button: QPushButton) -> None:
        self.run_page.leave()
        self.stack.setCurrentWidget(page)
        self.steps.setVisible(page is self.new_model)
        self._mark(button)

    def _mark(self, button: QPushButton) -> None:
        button.setChecked(True)

    def _installed(self, _name: str, _said: str) -> None:
        if self.stack.currentWidget() is self.paper_page:
            self.paper_page.look()

    def _trainings_changed(self) -> None:
        if self.stack.currentWidget() is self.history_page:
            self.history_page.look()
