from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from ser_desktop import microphone
from ser_desktop.__main__ import main
from ser_desktop.core import paths
from tests.helpers.sounds import speech_like

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:opensmile")
Captured = pytest.CaptureFixture[str]


def lines(captured: Captured) -> list[dict[str, object]]:
    return [json.loads(line) for line in captured.readouterr().out.splitlines()]


def test_predict_gives_one_object_per_file_and_goes_on_after_a_bad_one(tmp_path: Path, capsys: Captured) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"noise")
    quiet = tmp_path / "silence é.wav"
    sf.write(quiet, np.zeros(32_000, np.float32), 16_000)
    status = main(["predict", "--json", str(bad), str(paths.demo_clip()), str(quiet)])
    broken, demo, silent = lines(capsys)
    assert status == 1
    assert set(broken) == {"file", "error"}
    assert "cannot be read" in str(broken["error"])
    assert set(demo) == {"file", "duration_s", "state", "label", "probabilities", "windows", "bundle"}
    assert sum(demo["probabilities"].values()) == pytest.approx(1.0, abs=1e-4)  # type: ignore[attr-defined]
    windows = demo["windows"]
    assert isinstance(windows, list)
    assert set(windows[0]) == {"start_s", "end_s", "state", "label", "probabilities"}
    assert windows[0]["end_s"] == 8.0
    assert (silent["state"], silent["label"], silent["probabilities"]) == ("no speech", None, {})


def test_predict_in_words(tmp_path: Path, capsys: Captured) -> None:
    voice = tmp_path / "voice.wav"
    sf.write(voice, speech_like(3.0), 16_000)
    assert main(["predict", str(voice)]) == 0
    assert "1 window)" in capsys.readouterr().out
    assert main(["predict", str(tmp_path / "none.wav")]) == 1
    assert "does not exist" in capsys.readouterr().err


def test_the_windows_of_a_long_file_may_be_as_dense_as_live(tmp_path: Path, capsys: Captured) -> None:
    voice = tmp_path / "voice.wav"
    sf.write(voice, speech_like(16.0), 16_000)
    ends = []
    for options in ([], ["--hop", "1"]):
        main(["predict", "--json", *options, str(voice)])
        windows = lines(capsys)[0]["windows"]
        assert isinstance(windows, list)
        ends.append([w["end_s"] for w in windows])
    assert ends == [[8.0, 12.0, 16.0], [float(s) for s in range(8, 17)]]
    with pytest.raises(SystemExit):
        main(["predict", "--hop", "0", str(voice)])


def test_predict_with_a_bundle_that_is_none_says_so(tmp_path: Path, capsys: Captured) -> None:
    assert main(["predict", "--bundle", str(tmp_path / "x"), str(paths.demo_clip())]) == 1
    assert "no model bundle" in capsys.readouterr().err


def test_doctor_lists_findings(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(microphone, "list_devices", lambda: ())
    main(["doctor", "--json"])
    findings = json.loads(capsys.readouterr().out)
    assert {frozenset(f) for f in findings} == {frozenset({"check", "status", "detail", "fix"})}
    assert {f["status"] for f in findings} <= {"ok", "warn", "fail"}
    main(["doctor"])
    assert "openSMILE" in capsys.readouterr().out


def test_without_a_display_the_window_says_what_to_do(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert main([]) == 1
    assert "no display" in capsys.readouterr().out
