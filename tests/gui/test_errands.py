"""Single pieces of work for the disk."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, QThread
from pytestqt.qtbot import QtBot

from ser_desktop.core.errors import SaveError
from ser_desktop.gui import errands
from ser_desktop.gui.errands import Errand, wait_for_all


class Listener(QObject):
    """Notes what it is told, and in which thread."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[object] = []
        self.threads: list[QThread] = []

    def hear(self, what: object) -> None:
        self.told.append(what)
        self.threads.append(QThread.currentThread())


def test_it_works_elsewhere_and_tells_here(qtbot: QtBot) -> None:
    listener, names = Listener(), []
    errand = Errand(lambda: names.append(threading.get_ident()) or "done")
    errand.done.connect(listener.hear)
    errand.begin()
    qtbot.waitUntil(lambda: listener.told == ["done"], timeout=10_000)
    assert names != [threading.get_ident()]
    assert listener.threads == [listener.thread()]
    qtbot.waitUntil(lambda: errand not in errands._under_way, timeout=10_000)


def test_what_goes_wrong_is_told(qtbot: QtBot) -> None:
    def fail() -> None:
        raise SaveError("The disk is full.", "Free some space.")

    listener = Listener()
    errand = Errand(fail)
    errand.failed.connect(listener.hear)
    errand.begin()
    qtbot.waitUntil(lambda: [str(e) for e in listener.told] == ["The disk is full. Free some space."], timeout=10_000)


def test_the_end_of_the_program_waits_for_it(qtbot: QtBot) -> None:
    goes_on, ended = threading.Event(), threading.Event()

    def work() -> None:
        assert goes_on.wait(10)
        ended.set()

    Errand(work).begin()
    assert not wait_for_all(20)
    goes_on.set()
    assert wait_for_all()
    assert ended.is_set()


def test_several_are_under_way_together(qtbot: QtBot) -> None:
    n = 3
    together = threading.Barrier(n, timeout=10)
    listener = Listener()
    for _ in range(n):
        errand = Errand(together.wait)
        errand.done.connect(listener.hear)
        errand.begin()
    qtbot.waitUntil(lambda: sorted(listener.told) == list(range(n)), timeout=10_000)  # type: ignore[type-var]
