from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from ser_desktop import doctor, microphone
from ser_desktop.__main__ import main
from ser_desktop.core import files, paths
from ser_desktop.core.features import Egemaps
from ser_desktop.core.normalise import Normalisation
from ser_desktop.core.voice_measurement import measure_voice
from ser_desktop.core.voices import save_voice
from tests.helpers.bundles import small_config, write_bundle
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
    assert "no model" in capsys.readouterr().err


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


def test_an_interrupted_analysis_ends_quietly(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "analyse_file", interrupt)
    bundle = write_bundle(paths.data_folder() / "bundle")
    assert main(["predict", "--bundle", str(bundle), "--json", str(paths.demo_clip())]) == 130
    assert capsys.readouterr().out == ""


def test_another_bundle_gives_its_own_name_and_labels(tmp_path: Path, capsys: Captured) -> None:
    voice = tmp_path / "voice.wav"
    sf.write(voice, speech_like(3.0), 16_000)
    bundle = write_bundle(tmp_path / "bundle")
    assert main(["predict", "--json", "--bundle", str(bundle), str(voice)]) == 0
    (answer,) = lines(capsys)
    assert answer["bundle"] == "Small model"
    assert list(answer["probabilities"]) == ["calm", "angry", "happy"]  # type: ignore[call-overload]
    assert (answer["file"], answer["duration_s"]) == (str(voice), 3.0)


def test_all_files_bad_is_one_error_each(tmp_path: Path, capsys: Captured) -> None:
    bundle = write_bundle(tmp_path / "bundle")
    names = [str(tmp_path / name) for name in ("a.wav", "b.wav")]
    assert main(["predict", "--json", "--bundle", str(bundle), *names]) == 1
    answers = lines(capsys)
    assert [a["file"] for a in answers] == names
    assert all(set(a) == {"file", "error"} for a in answers)


@pytest.mark.parametrize("arguments", [["--version"], ["predict", "--help"], ["doctor", "--help"]])
def test_help_and_version_need_no_model(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 0
    assert "ser-desktop" in capsys.readouterr().out


def test_a_failed_check_is_the_doctors_exit_status(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = doctor.Finding("a", "warn", "fine", "nothing"), doctor.Finding("b", "fail", "broken", "mend it")
    monkeypatch.setattr(doctor, "run_checks", lambda: [good])
    assert main(["doctor"]) == 0
    monkeypatch.setattr(doctor, "run_checks", lambda: [good, bad])
    assert main(["doctor"]) == 1
    assert "mend it" in capsys.readouterr().out


def test_predict_with_a_calibrated_voice(tmp_path: Path, capsys: Captured) -> None:
    config = replace(small_config(), normalisation=Normalisation.SPEAKER)
    bundle = write_bundle(tmp_path / "speaker", config)
    file = tmp_path / "voice.wav"
    sf.write(file, speech_like(3.0), 16_000)
    save_voice(measure_voice("Anna", speech_like(27.0, level=0.05), [Egemaps]))
    answers = []
    for options in ([], ["--voice", "Anna"]):
        assert main(["predict", "--json", "--bundle", str(bundle), *options, str(file)]) == 0
        answers.append(lines(capsys)[0]["probabilities"])
    assert answers[0] != answers[1]


def test_predict_says_when_a_voice_changes_nothing_or_is_not_there(tmp_path: Path, capsys: Captured) -> None:
    bundle = write_bundle(tmp_path / "global")
    file = tmp_path / "voice.wav"
    sf.write(file, speech_like(3.0), 16_000)
    save_voice(measure_voice("Anna", speech_like(27.0), [Egemaps]))
    assert main(["predict", "--bundle", str(bundle), "--voice", "Anna", str(file)]) == 0
    assert "takes every voice alike" in capsys.readouterr().err
    assert main(["predict", "--bundle", str(bundle), "--voice", "Bob", str(file)]) == 1
    assert "no voice «Bob»" in capsys.readouterr().err
