"""Which model is taken when the one that is wanted cannot be opened."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ser_desktop.core import paths
from ser_desktop.core.analysis import Analyser, make_extractors
from ser_desktop.core.audio import FloatArray
from ser_desktop.core.backends import Backend, reference_backend
from ser_desktop.core.bundle import load_bundle
from ser_desktop.core.catalogue import EncoderEntry
from ser_desktop.core.device import BackendName, Device, DeviceKind
from ser_desktop.core.encoder import Encoder, Spare, load_model
from ser_desktop.core.errors import BundleError
from ser_desktop.core.session import SessionState
from ser_desktop.core.settings import TERMS_VERSION, Settings, load_settings, save_settings
from ser_desktop.core.stream import Judge
from ser_desktop.gui import messages
from ser_desktop.gui.main_window import MainWindow
from ser_desktop.gui.workers import InferenceWorker, open_model
from tests.gui.conftest import READY_MS, OpenWindow, wait_for
from tests.helpers.bundles import CPU, encoder_spec, ship_encoder, small_config, tiny_encoder, write_bundle


class Opener:
    """Opens bundles for real, except those that it is told to refuse, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refuses: set[str] = set()

    def __call__(self, folder: Path, device: str, backend: str) -> Judge:
        self.asked.append(folder.name)
        if folder.name in self.refuses:
            raise BundleError(f"The bundle «{folder.name}» is damaged.", "Copy it again.")
        return open_model(folder, device, backend)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of a program that came with a default model and a spare one; both are small."""
    folder = tmp_path / "program" / "models"
    for name in ("default", "egemaps"):
        write_bundle(folder / name, replace(small_config(), name=f"Small {name}"))
    monkeypatch.setattr(paths, "shipped_models", lambda: folder)
    return folder


@pytest.fixture
def opener(models: Path) -> Opener:
    return Opener()


@pytest.fixture
def shipped_with_encoder(models: Path, monkeypatch: pytest.MonkeyPatch) -> EncoderEntry:
    """The encoder of a program whose default model needs one."""
    entry = ship_encoder(models, monkeypatch)
    layers = replace(encoder_spec(tiny_encoder()), configuration={"encoder": entry.identity})
    shutil.rmtree(models / "default")
    write_bundle(models / "default", small_config((layers,), encoder=entry.identity))
    return entry


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "other", replace(small_config(), name="Small other"))


def started(open_window: OpenWindow, qtbot: QtBot, opener: Opener, settings: Settings | None = None) -> MainWindow:
    """A window whose loading has come to an end, good or bad."""
    window = open_window(settings, inference=InferenceWorker(opener))
    window.recorder.start()
    ended = {SessionState.IDLE, SessionState.FAILED}
    qtbot.waitUntil(lambda: window.recorder.session.state in ended, timeout=READY_MS)
    return window


def model_name(window: MainWindow) -> str:
    assert window.recorder.model is not None
    return window.recorder.model.name


def test_the_default_model_is_used_as_long_as_it_can_be_opened(
    open_window: OpenWindow, qtbot: QtBot, opener: Opener
) -> None:
    window = started(open_window, qtbot, opener)
    assert opener.asked == ["default"]
    assert model_name(window) == "Small default"
    assert not window.banner.isVisible()


def test_a_default_model_that_cannot_be_opened_gives_way_to_the_spare_one(
    open_window: OpenWindow, qtbot: QtBot, opener: Opener
) -> None:
    opener.refuses = {"default"}
    window = started(open_window, qtbot, opener)
    assert opener.asked == ["default", "egemaps"]
    assert model_name(window) == "Small egemaps"
    assert "Small egemaps" in window.status.model.text()
    assert window.bar.record_button.isEnabled()


def test_a_banner_says_why_the_spare_model_is_used(open_window: OpenWindow, qtbot: QtBot, opener: Opener) -> None:
    opener.refuses = {"default"}
    window = started(open_window, qtbot, opener)
    assert window.banner.isVisible()
    text = window.banner.text.text()
    assert text == f"The bundle «default» is damaged. Copy it again. {messages.SPARE_INSTEAD}"


def test_the_spare_model_is_not_remembered(
    open_window: OpenWindow, qtbot: QtBot, opener: Opener, tmp_path: Path
) -> None:
    opener.refuses = {"default"}
    window = started(open_window, qtbot, opener)
    assert window.recorder.settings.bundle == ""
    assert not (tmp_path / "settings.json").exists()
    window.recorder.change_settings(theme="dark")
    assert load_settings(tmp_path / "settings.json")[0] == Settings(theme="dark", understood=TERMS_VERSION)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("no bundle", "has no config.json"),
        ("cut bundle", "model.safetensors of the model bundle «default» was cut short or altered"),
        ("no encoder", "The speech encoder that comes with the program is missing from"),
        ("cut encoder", "The speech encoder in «"),
    ],
)
def test_whatever_is_wrong_with_the_default_model_is_said(
    open_window: OpenWindow, qtbot: QtBot, shipped_with_encoder: EncoderEntry, damage: str, said: str
) -> None:
    what = {
        "no bundle": paths.default_bundle() / "config.json",
        "cut bundle": paths.default_bundle() / "model.safetensors",
        "no encoder": shipped_with_encoder.folder / "config.json",
        "cut encoder": shipped_with_encoder.folder / shipped_with_encoder.weights,
    }[damage]
    if damage.startswith("no "):
        what.unlink()
    else:
        what.write_bytes(what.read_bytes()[:-1])
    window = started(open_window, qtbot, Opener())
    assert model_name(window) == "Small egemaps"
    assert said in window.banner.text.text()
    assert window.banner.text.text().endswith(messages.SPARE_INSTEAD)


def test_the_spare_model_recognises(open_window: OpenWindow, qtbot: QtBot, opener: Opener) -> None:
    opener.refuses = {"default"}
    window = started(open_window, qtbot, opener)
    window.recorder.play(paths.demo_clip(), messages.DEMO_SOURCE)
    with qtbot.waitSignal(window.recorder.predicted, timeout=10_000):
        pass
    assert window.recorder.session.model == "Small egemaps"
    window.recorder.stop()
    wait_for(qtbot, window, SessionState.IDLE)


def test_what_was_to_be_played_once_loaded_is_played_to_the_spare_model(
    open_window: OpenWindow, qtbot: QtBot, opener: Opener
) -> None:
    opener.refuses = {"default"}
    window = open_window(inference=InferenceWorker(opener))
    window.recorder.play(paths.demo_clip(), messages.DEMO_SOURCE)
    window.recorder.start()
    wait_for(qtbot, window, SessionState.LISTENING)
    assert model_name(window) == "Small egemaps"
    window.recorder.stop()
    wait_for(qtbot, window, SessionState.IDLE)


def test_when_the_spare_model_cannot_be_opened_either_nothing_is_tried_again(
    open_window: OpenWindow, qtbot: QtBot, opener: Opener
) -> None:
    opener.refuses = {"default", "egemaps"}
    window = started(open_window, qtbot, opener)
    assert window.recorder.session.state is SessionState.FAILED
    assert opener.asked == ["default", "egemaps"]
    assert window.recorder.model is None
    assert "The bundle «egemaps» is damaged. Copy it again." in window.banner.text.text()
    assert messages.SPARE_INSTEAD not in window.banner.text.text(), "nothing is used instead"
    assert not window.bar.record_button.isEnabled()


def test_without_any_model_another_one_can_be_opened_and_is_remembered(
    open_window: OpenWindow, qtbot: QtBot, opener: Opener, other: Path, tmp_path: Path
) -> None:
    opener.refuses = {"default", "egemaps"}
    window = started(open_window, qtbot, opener)
    window.recorder.open_model(other)
    wait_for(qtbot, window, SessionState.IDLE)
    assert model_name(window) == "Small other"
    assert load_settings(tmp_path / "settings.json")[0].bundle == str(other)


def test_a_remembered_model_and_the_default_one_may_both_be_broken(
    open_window: OpenWindow, qtbot: QtBot, opener: Opener, other: Path, tmp_path: Path
) -> None:
    opener.refuses = {"other", "default"}
    save_settings(Settings(bundle=str(other)), tmp_path / "settings.json")
    window = started(open_window, qtbot, opener, Settings(bundle=str(other)))
    assert opener.asked == ["other", "default", "egemaps"]
    assert model_name(window) == "Small egemaps"
    assert window.banner.text.text().endswith(messages.SPARE_INSTEAD)
    assert window.recorder.settings.bundle == ""
    assert load_settings(tmp_path / "settings.json")[0].bundle == str(other), "it may be back tomorrow"


def test_the_spare_model_stays_when_the_default_one_is_asked_for_and_still_broken(
    open_window: OpenWindow, qtbot: QtBot, opener: Opener
) -> None:
    opener.refuses = {"default"}
    window = started(open_window, qtbot, opener)
    window.recorder.open_model(None)
    wait_for(qtbot, window, SessionState.LOADING)
    wait_for(qtbot, window, SessionState.IDLE)
    assert opener.asked == ["default", "egemaps", "default"]
    assert model_name(window) == "Small egemaps"
    assert "The bundle «default» is damaged." in window.banner.text.text()


def test_the_default_model_is_used_again_once_it_is_mended(
    open_window: OpenWindow, qtbot: QtBot, opener: Opener
) -> None:
    opener.refuses = {"default"}
    window = started(open_window, qtbot, opener)
    opener.refuses = set()
    window.recorder.open_model(None)
    qtbot.waitUntil(lambda: model_name(window) == "Small default", timeout=READY_MS)
    assert window.recorder.settings.bundle == ""


def test_another_model_chosen_over_the_spare_one_is_remembered(
    open_window: OpenWindow, qtbot: QtBot, opener: Opener, other: Path, tmp_path: Path
) -> None:
    opener.refuses = {"default"}
    window = started(open_window, qtbot, opener)
    window.recorder.open_model(other)
    qtbot.waitUntil(lambda: model_name(window) == "Small other", timeout=READY_MS)
    assert load_settings(tmp_path / "settings.json")[0].bundle == str(other)


class CardThatIsLost:
    """A backend on a graphics card that computes so many windows and then never again."""

    name = BackendName.CUDA_GRAPHS

    def __init__(self, exact: Backend, n_good: int) -> None:
        self._exact, self._left = exact, n_good

    def layers(self, waveforms: FloatArray) -> FloatArray:
        self._left -= 1
        if self._left < 0:
            raise RuntimeError("CUDA error: the card fell off the bus")
        return self._exact.layers(waveforms)


def test_a_graphics_card_lost_while_listening_costs_no_answer_and_is_said(
    open_window: OpenWindow, qtbot: QtBot, shipped_with_encoder: EncoderEntry
) -> None:
    card = Device(DeviceKind.CUDA, "NVIDIA Example", "the fastest device that passed its first computation", half=True)

    def on_a_card(folder: Path, _device: str, _backend: str) -> Judge:
        exact = reference_backend(load_model(shipped_with_encoder.folder), CPU)
        encoder = Encoder(
            load_model(shipped_with_encoder.folder),
            card,
            shipped_with_encoder.identity,
            backend=CardThatIsLost(exact, n_good=1),
            spares=[Spare(CPU, lambda: exact)],
        )
        bundle = load_bundle(folder)
        return Analyser(bundle, make_extractors(bundle, encoder), card, encoder)

    window = open_window(inference=InferenceWorker(on_a_card))
    window.recorder.start()
    wait_for(qtbot, window, SessionState.IDLE)
    assert "NVIDIA Example" in window.status.device.text()
    numbers: list[int] = []
    window.recorder.predicted.connect(lambda prediction: numbers.append(prediction.n_skipped))
    with qtbot.waitSignal(window.recorder.details_changed, timeout=READY_MS):
        window.recorder.play(paths.demo_clip(), messages.DEMO_SOURCE)
    assert window.status.device.text().startswith("runs on CPU")
    assert "fell off the bus" in window.status.device.toolTip()
    n_answers = len(numbers)
    qtbot.waitUntil(lambda: len(numbers) > n_answers, timeout=READY_MS)
    window.recorder.stop()
    wait_for(qtbot, window, SessionState.IDLE)


def test_a_remembered_model_that_is_gone_gives_way_to_the_one_that_came_along(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window(Settings(bundle=str(tmp_path / "unplugged disk")))
    window.recorder.start()
    wait_for(qtbot, window, SessionState.IDLE)
    assert "The model «unplugged disk» is no longer there." in window.banner.text.text()
    assert messages.DEFAULT_INSTEAD in window.banner.text.text()
    window.recorder.change_settings(theme="dark")
    stored, _ = load_settings(tmp_path / "settings.json")
    assert stored.bundle.endswith("unplugged disk"), "it may be back tomorrow"
