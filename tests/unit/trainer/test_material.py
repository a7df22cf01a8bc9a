from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ser_desktop.core.errors import CorpusError
from tests.helpers.corpora import (
    N_SMALL_IEMOCAP,
    N_SMALL_SPEECH,
    write_class_folders,
    write_iemocap,
    write_recording,
    write_small_ravdess,
    write_table,
)
from trainer.corpora import ReadOptions, iemocap, ravdess
from trainer.events import Event, Notice, Stage
from trainer.leaks import check_protocol
from trainer.material import Material
from trainer.splits import original

SPEAKERS = ("anna", "ben", "carl", "dörte")


class Told:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def notices(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Notice)]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_class_folders(tmp_path / "meine Aufnahmen", SPEAKERS)
    return tmp_path / "meine Aufnahmen"


def material(folder: Path, told: Told, *, skip_unreadable: bool = False, key: str = "folder") -> Material:
    options = ReadOptions((folder,), skip_missing=skip_unreadable)
    return Material(key, options, skip_unreadable=skip_unreadable, listener=told)


def test_a_clean_corpus_is_read_and_divided(folder: Path, told: Told) -> None:
    found = material(folder, told)
    assert len(found.corpus.utterances) == len(set(found.contents.values())) == 16
    assert found.corpus.is_complete
    found.divide(["folds", "speakers"])
    assert list(found.protocols) == ["folds", "speakers"]
    assert len(found.protocols["folds"].splits) == 4
    assert found.warnings == {"folds": (), "speakers": ()}
    assert found.utterances() == list(found.corpus.utterances)
    assert found.notes == []
    (event,) = told.events
    assert isinstance(event, Stage)
    assert event.stage == "read"
    assert f"«{folder}»" in event.text


def test_protocols_that_a_corpus_does_not_have_are_passed_over(folder: Path, told: Told) -> None:
    found = material(folder, told)
    found.divide(["issa", "folds", "folds", "fixed"])
    assert list(found.protocols) == ["folds"]


def test_nobody_is_named_before_the_corpus_is_divided(folder: Path, told: Told) -> None:
    assert material(folder, told).utterances() == []


@pytest.mark.parametrize("content", [b"", b"no sound at all", b"RIFF\x00\x00\x00\x00WAVE"])
def test_unreadable_recordings_are_refused(folder: Path, told: Told, content: bytes) -> None:
    (folder / "calm" / "ben" / "1.wav").write_bytes(content)
    with pytest.raises(CorpusError, match=r"1 of 16 recordings cannot be used: .*1\.wav") as caught:
        material(folder, told)
    assert "--skip-unreadable" in caught.value.fix


def test_unreadable_recordings_may_be_left_out_and_are_listed(folder: Path, told: Told) -> None:
    for name in ("calm/ben/1.wav", "angry/dörte/2.wav"):
        (folder / name).write_bytes(b"no sound")
    found = material(folder, told, skip_unreadable=True)
    found.divide(["folds"])
    assert len(found.corpus.utterances) == len(found.contents) == len(found.utterances()) == 14
    assert not found.corpus.is_complete, "its figures are set beside no published ones"
    (note,) = found.notes
    assert note.startswith("Left out: 2 of 16 recordings cannot be used: ")
    assert "«2.wav» cannot be read as sound" in note
    assert "calm/ben/1.wav" in note
    assert told.notices() == [note]


def test_the_recording_whose_reason_is_told_is_named_so_that_it_can_be_found(folder: Path, told: Told) -> None:
    (folder / "calm" / "ben" / "1.wav").write_bytes(b"no sound")
    with pytest.raises(CorpusError) as caught:
        material(folder, told)
    assert "calm/ben/1.wav" in caught.value.what


def test_many_unreadable_recordings_do_not_flood_the_screen(tmp_path: Path, told: Told) -> None:
    for i in range(40):
        path = tmp_path / "calm" / "ben" / f"{i:02d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"no sound")
    with pytest.raises(CorpusError, match="40 of 40 recordings") as caught:
        material(tmp_path, told)
    assert caught.value.what.count("calm/ben/") <= 21
    assert caught.value.what.endswith("…")


def test_a_corpus_without_one_readable_recording_is_refused_for_that_reason(tmp_path: Path, told: Told) -> None:
    for name in ("calm/ben/1.wav", "angry/anna/1.wav"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(b"no sound")
    with pytest.raises(CorpusError) as caught:
        material(tmp_path, told, skip_unreadable=True).divide(["folds"])
    assert "2 of 2 recordings cannot be used" in caught.value.what


def test_leaving_out_a_speaker_may_make_too_few(tmp_path: Path, told: Told) -> None:
    write_class_folders(tmp_path, SPEAKERS[:3])
    for path in tmp_path.rglob("ben/*.wav"):
        path.write_bytes(b"no sound")
    with pytest.raises(CorpusError, match=r"holds 2 speaker\(s\) \(anna, carl\)"):
        material(tmp_path, told, skip_unreadable=True).divide(["folds"])


def test_what_turns_out_unusable_later_leaves_the_protocols_too(folder: Path, told: Told) -> None:
    found = material(folder, told, skip_unreadable=True)
    found.divide(["folds"])
    gone = found.corpus.utterances[0].identity
    found.leave_out({gone: "it breaks off"})
    assert gone not in {u.identity for u in found.utterances()}
    assert gone not in found.contents
    assert gone not in {u.identity for u in found.protocols["folds"].utterances()}
    assert found.notes == ["Left out: 1 of 16 recordings cannot be used: it breaks off"]
    found.leave_out({})
    assert len(found.notes) == 1


def test_what_turns_out_unusable_later_is_refused_unless_asked_for(folder: Path, told: Told) -> None:
    found = material(folder, told)
    found.divide(["folds"])
    with pytest.raises(CorpusError, match="it breaks off"):
        found.leave_out({found.corpus.utterances[0].identity: "it breaks off"})
    assert len(found.utterances()) == 16


def test_a_part_that_becomes_empty_later_is_refused(folder: Path, told: Told) -> None:
    found = material(folder, told, skip_unreadable=True)
    found.divide(["folds"])
    with pytest.raises(CorpusError, match=r"part of fold-. is empty"):
        found.leave_out({u.identity: "it breaks off" for u in found.corpus.utterances if u.speaker == "ben"})


def test_the_same_recording_of_two_speakers_is_refused(folder: Path, told: Told) -> None:
    shutil.copy(folder / "calm" / "anna" / "1.wav", folder / "angry" / "carl" / "2.wav")
    found = material(folder, told)
    with pytest.raises(CorpusError, match="are the same recording"):
        found.divide(["folds"])


def test_overlapping_stretches_of_two_speakers_are_refused(tmp_path: Path, told: Told) -> None:
    def stretch(speaker: str, emotion: str, start: int) -> dict[str, str]:
        end = str(start + 1)
        return {"file": "dialogue.wav", "emotion": emotion, "speaker": speaker, "start": str(start), "end": end}

    pairs = [(speaker, emotion) for speaker in ("anna", "ben", "carl") for emotion in ("angry", "calm")]
    clean = [stretch(speaker, emotion, i) for i, (speaker, emotion) in enumerate(pairs)]
    material(write_table(tmp_path / "clean", clean), told, key="csv").divide(["folds"])
    overlapping = [*clean[:-1], {**clean[-1], "start": "0.5"}]
    with pytest.raises(CorpusError, match=r"dialogue\.wav@.* are the same recording"):
        material(write_table(tmp_path / "overlapping", overlapping), told, key="csv").divide(["folds"])


def test_shared_sentences_are_told_but_not_refused(tmp_path: Path, told: Told) -> None:
    rows = [
        {"file": f"{speaker}-{emotion}.wav", "emotion": emotion, "speaker": speaker, "sentence": "Kids are talking"}
        for speaker in ("anna", "ben", "carl")
        for emotion in ("angry", "calm")
    ]
    found = material(write_table(tmp_path, rows), told, key="csv")
    found.divide(["folds"])
    assert len(found.warnings["folds"]) == 3
    assert told.notices() == list(found.warnings["folds"])
    assert "say a sentence that is also trained on" in told.notices()[0]


def test_what_the_reader_accepted_is_told_once(tmp_path: Path, told: Told) -> None:
    release = write_iemocap(tmp_path, n_sessions=3)
    found = Material("iemocap", ReadOptions((release,), accept_counts=True), skip_unreadable=False, listener=told)
    found.divide(["sessions"])
    assert found.notes == list(found.corpus.notes)
    assert [text for text in told.notices() if text.startswith("Not the complete corpus")] == found.notes
    assert len(found.notes) == 1


def test_only_those_whom_a_protocol_names_are_extracted(
    tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(iemocap, "N_PER_EMOTION", N_SMALL_IEMOCAP)
    options = ReadOptions((write_iemocap(tmp_path),))
    found = Material("iemocap", options, skip_unreadable=False, listener=told)
    found.divide(["issa"])
    assert len(found.utterances()) == 25
    found.divide(["sessions"])
    assert len(found.utterances()) == 70


def test_ravdess_after_issa_with_identical_recordings_is_no_leak(
    tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ravdess, "N_SPEECH", N_SMALL_SPEECH)
    write_small_ravdess(tmp_path)
    place = tmp_path / "Audio_Speech"
    for actor in range(1, 11):
        shutil.copy(
            place / f"Actor_{actor:02d}" / f"03-01-03-01-01-01-{actor:02d}.flac",
            place / f"Actor_{actor:02d}" / f"03-01-05-01-01-01-{actor:02d}.flac",
        )
    found = Material("ravdess", ReadOptions((tmp_path,)), skip_unreadable=False, listener=told)
    found.divide(["issa"])
    assert len(found.utterances()) == 192


def test_recordings_of_one_name_in_two_folders_are_two(folder: Path, told: Told) -> None:
    write_recording(folder / "calm" / "ben" / "more" / "1.wav", seed=99)
    found = material(folder, told)
    assert len(found.corpus.utterances) == len(found.contents) == 17


def test_copies_train_in_every_protocol_and_nobody_else_is_copied(folder: Path, told: Told) -> None:
    found = material(folder, told)
    found.divide(["folds", "speakers"])
    before = dict(found.protocols)
    found.augment(2)
    for name, protocol in found.protocols.items():
        for plain, more in zip(before[name].splits, protocol.splits, strict=True):
            assert [len(part) for part in more.parts().values()] == [3 * len(plain.train), 4, 4]
            assert (more.validation, more.test) == (plain.validation, plain.test)
        assert protocol.text.endswith("2 changed copies of every training utterance")


def test_copies_are_extracted_once_after_the_recordings(folder: Path, told: Told) -> None:
    found = material(folder, told)
    found.divide(["folds", "speakers"])
    found.augment(2)
    everyone = found.utterances()
    assert everyone[:16] == list(found.corpus.utterances)
    copies = [u.identity for u in everyone[16:]]
    assert copies == sorted(set(copies))
    assert len(copies) == 2 * 16, "in some fold everybody trains"
    assert all(u.copy for u in everyone[16:])


def test_a_copy_is_a_sound_of_its_own_that_goes_by_its_recording(folder: Path, told: Told) -> None:
    shutil.copy(folder / "calm" / "anna" / "1.wav", folder / "calm" / "anna" / "3.wav")
    found = material(folder, told)
    found.divide(["folds"])
    plain = dict(found.contents)
    found.augment(2)
    assert {i: found.contents[i] for i in plain} == plain
    by_content: dict[str, set[tuple[str, int]]] = {}
    for u in found.utterances():
        assert found.contents[u.identity].startswith(found.contents[original(u)])
        by_content.setdefault(found.contents[u.identity], set()).add((plain[original(u)], u.copy))
    assert all(len(sounds) == 1 for sounds in by_content.values())
    assert len(by_content) == 3 * 16, "twins have the same copies"


def test_copies_are_no_leak(folder: Path, told: Told) -> None:
    found = material(folder, told)
    found.divide(["folds"])
    found.augment(3)
    assert check_protocol(found.protocols["folds"], found.contents) == ()


def test_a_recording_that_turns_out_unusable_takes_its_copies_along_and_counts_once(folder: Path, told: Told) -> None:
    found = material(folder, told, skip_unreadable=True)
    found.divide(["folds"])
    found.augment(2)
    gone = found.corpus.utterances[0].identity
    found.leave_out({gone: "it breaks off", f"{gone}~1": "it breaks off", f"{gone}~2": "it breaks off"})
    assert found.notes == ["Left out: 1 of 16 recordings cannot be used: it breaks off"]
    assert len(found.utterances()) == 3 * 15
    assert {original(u) for u in found.utterances()} == {u.identity for u in found.corpus.utterances}
    assert not [identity for identity in found.contents if identity.startswith(gone)]
    assert len(found.protocols["folds"].utterances()) == 3 * 15


def test_a_copy_that_turns_out_unusable_takes_its_recording_along(folder: Path, told: Told) -> None:
    found = material(folder, told, skip_unreadable=True)
    found.divide(["folds"])
    found.augment(2)
    gone = found.corpus.utterances[0].identity
    found.leave_out({f"{gone}~2": "its features are not numbers"})
    assert found.notes == ["Left out: 1 of 16 recordings cannot be used: its features are not numbers"]
    assert len(found.corpus.utterances) == 15
    assert len(found.utterances()) == 3 * 15
