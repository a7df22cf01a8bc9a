"""The main window's door to the audience view, and the choice of a screen for it."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtWidgets import QMenu, QWidget

from ser_desktop.gui import messages
from ser_desktop.gui.audience import AudienceView, other_screen
from ser_desktop.gui.menu import MoreMenu, Section
from ser_desktop.gui.recorder import Recorder


class AudienceDoor(QObject):
    """Opens the audience view; it is made when it is first wanted.

    Parameters
    ----------
    recorder : Recorder
    window : QWidget
        The view prefers a screen that this window is not on.
    """

    def __init__(self, recorder: Recorder, window: QWidget) -> None:
        super().__init__(window)
        self._recorder, self._window = recorder, window
        self.view: AudienceView | None = None
        self.screens: QMenu | None = None

    def fill(self, menu: MoreMenu) -> None:
        """Add the entry, and where there are several screens, one for each of them."""
        menu.add(Section.VIEW, messages.AUDIENCE, self.open, "F11", "audience")
        self.screens = menu.add_menu(Section.VIEW, messages.AUDIENCE_ON, "screen")
        self.screens.aboutToShow.connect(self.list_screens)
        for signal in ("screenAdded", "screenRemoved"):
            getattr(QGuiApplication.instance(), signal).connect(self._screens_changed)
        self._screens_changed()

    def list_screens(self) -> None:
        """Name every screen that is connected now, and its size."""
        if self.screens is None:
            return
        self.screens.clear()
        for number, screen in enumerate(QGuiApplication.screens(), start=1):
            size = screen.geometry().size() * screen.devicePixelRatio()
            words = messages.screen(number, screen.model() or screen.name(), size.width(), size.height())
            self.screens.addAction(words).triggered.connect(lambda _checked=False, chosen=screen: self.open_on(chosen))

    def open(self) -> None:
        """Fill a screen for people to watch: one beside the window's, where there is one."""
        self.open_on(other_screen(self._window))

    def open_on(self, screen: QScreen) -> None:
        """Fill that screen, or one that is there, should it have been unplugged meanwhile."""
        if not self._recorder.settings.understands:
            self._recorder.limits_wanted.emit()
            return
        if self.view is None:
            self.view = AudienceView(self._recorder)
        self.view.open_on(screen if screen in QGuiApplication.screens() else other_screen(self._window))

    def restyle(self) -> None:
        """Take over the theme in force."""
        if self.view is not None:
            self.view.restyle()

    def close(self) -> None:
        """Close the view with the window."""
        if self.view is not None:
            self.view.close()

    def _screens_changed(self, _screen: QScreen | None = None) -> None:
        if self.screens is not None:
            self.screens.menuAction().setVisible(len(QGuiApplication.screens()) > 1)
