"""The wizard: recordings, check, recipe; then the training takes over."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from ser_desktop.core import paths
from ser_desktop.core.errors import UserFacingError
from ser_desktop.core.training_folder import TrainingKind
from ser_desktop.gui.banner import Banner
from ser_desktop.gui.install_worker import InstallWorker
from ser_desktop.gui.notice import Notice
from ser_desktop.gui.recorder import Recorder
from ser_desktop.gui.training import messages
from ser_desktop.gui.training.check_page import CheckPage, free_bytes
from ser_desktop.gui.training.corpus_page import CorpusPage
from ser_desktop.gui.training.last_places import remember_places
from ser_desktop.gui.training.recipe_page import RecipePage
from ser_desktop.gui.trainings import Trainings

_CORPUS, _CHECK, _RECIPE = range(3)


class NewModel(QWidget):
    """Three pages, each of which must be ready before the next.

    Parameters
    ----------
    trainings : Trainings
    installer : InstallWorker
    recorder : Recorder or None

    Signals
    -------
    stepped(int)
        Which page is shown.
    begun(TrainingFolder)
    lacked()
        A speech encoder is to be fetched.
    """

    stepped = Signal(int)
    begun = Signal(object)
    lacked = Signal()

    def __init__(self, trainings: Trainings, installer: InstallWorker, recorder: Recorder | None) -> None:
        super().__init__()
        self._trainings = trainings
        self._suggested = ""
        self.corpus_page = CorpusPage(installer, recorder)
        self.check_page, self.recipe_page = CheckPage(), RecipePage()
        self.banner = Banner()
        self.stack = QStackedWidget()
        for page in (self.corpus_page, self.check_page, self.recipe_page):
            self.stack.addWidget(page)
        self.back_button, self.next_button = QPushButton(messages.BACK), QPushButton(messages.NEXT)
        self.next_button.setObjectName("primary")
        self.back_button.clicked.connect(lambda: self.show_step(self.step - 1))
        self.next_button.clicked.connect(self._next)
        buttons = QHBoxLayout()
        buttons.addWidget(self.back_button)
        buttons.addStretch(1)
        buttons.addWidget(self.next_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.banner)
        column.addWidget(self.stack, stretch=1)
        column.addLayout(buttons)
        self.corpus_page.changed.connect(self._update)
        self.corpus_page.noticed.connect(self.banner.show_notice)
        self.check_page.changed.connect(self._checked)
        self.check_page.remedied.connect(self._remedied)
        self.recipe_page.changed.connect(self._update)
        self.recipe_page.measure.connect(self.check_page.measure)
        self.recipe_page.lacked.connect(self.lacked)
        installer.ended.connect(lambda _name, _said: self.check_page.measure_missing())
        self.show_step(_CORPUS)

    @property
    def step(self) -> int:
        """Which page is shown."""
        return self.stack.currentIndex()

    def show_step(self, step: int) -> None:
        """Show a page."""
        self.banner.show_notice(None)
        self.stack.setCurrentIndex(step)
        if step == _CHECK:
            self.check_page.look(self.corpus_page.choice)
        elif step == _RECIPE:
            self._suggest_title()
        self.stepped.emit(step)
        self._update()

    def restyle(self) -> None:
        """Take over the theme in force."""
        self.check_page.restyle()

    def close_down(self) -> None:
        """Forget questions that nobody waits for any more."""
        self.check_page.call.cancel()

    def _suggest_title(self) -> None:
        """Name the model after its recordings, as no other one is named, unless somebody has named it."""
        title = self.recipe_page.title
        if title.text() in {"", self._suggested}:
            suggested = self.corpus_page.title
            self._suggested = self._trainings.unused_title(suggested) if suggested else ""
            title.setText(self._suggested)

    def _next(self) -> None:
        if self.step == _RECIPE:
            self._start()
        else:
            self.show_step(self.step + 1)

    def _remedied(self, name: str) -> None:
        self.corpus_page.remedy(name)
        self.check_page.look(self.corpus_page.choice)
        self._update()

    def _checked(self) -> None:
        corpus, is_measuring = self.corpus_page.choice, self.check_page.is_measuring
        if self.check_page.is_ready and self.corpus_page.is_found:
            remember_places(corpus.key, [Path(place) for place in corpus.data])
        self.recipe_page.show_estimates(self.check_page.estimates, free_bytes(), is_measuring=is_measuring)
        self._update()

    def _update(self) -> None:
        ready = (
            self.corpus_page.choice.is_chosen,
            self.check_page.is_ready,
            self.check_page.is_ready and self.recipe_page.is_ready,
        )
        self.back_button.setVisible(self.step > _CORPUS)
        self.next_button.setEnabled(ready[self.step])
        self.next_button.setText(messages.TRAIN if self.step == _RECIPE else messages.NEXT)

    def _start(self) -> None:
        corpus, recipe = self.corpus_page.choice, self.recipe_page.choice
        title = self.recipe_page.title.text().strip()
        protocol = str(self.check_page.report["split"]["protocol"])
        arguments = ["train", *corpus.arguments(), *recipe.arguments(), "--protocol", protocol, "--name", title]
        arguments += ["--out", "«FOLDER»/model", "--cache", str(paths.features_folder())]
        words = {messages.STEPS[0]: str(self.check_page.report["corpus"]), **self.recipe_page.words()}
        self.check_page.call.cancel()
        try:
            folder = self._trainings.begin(title, TrainingKind.MODEL, arguments, words, self.recipe_page.expected_s())
        except UserFacingError as error:
            self.banner.show_notice(Notice(str(error), is_error=True))
        else:
            # Whoever comes back begins anew.
            self.show_step(_CORPUS)
            self.begun.emit(folder)
