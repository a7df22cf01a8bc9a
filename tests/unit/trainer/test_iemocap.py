from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from zipfile import ZipFile

import pytest

from ser_desktop.core.errors import CorpusError
from tests.helpers.corpora import APPLE_DOUBLE, N_SMALL_IEMOCAP, N_SMALL_IEMOCAP_RELEASED, write_iemocap
from trainer.corpora import ReadOptions, iemocap
from trainer.corpora.utterance import Utterance

N_UTTERANCES = sum(N_SMALL_IEMOCAP.values())


@pytest.fixture(autouse=True)
def _small_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iemocap, "N_PER_EMOTION", N_SMALL_IEMOCAP)
    monkeypatch.setattr(iemocap, "N_RELEASED", N_SMALL_IEMOCAP_RELEASED)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_iemocap(tmp_path_factory.mktemp("corpora"))


@pytest.fixture
def own(release: Path, tmp_path: Path) -> Path:
    return shutil.copytree(release, tmp_path / "später geändert" / release.name)


def read(*places: Path, **told: bool) -> dict[str, Utterance]:
    return {u.identity: u for u in iemocap.read(ReadOptions(places, **told)).utterances}  # type: ignore[arg-type]


def evaluation(release: Path, session: int, dialogue: str) -> Path:
    return release / f"Session{session}" / "dialog" / "EmoEvaluation" / f"{dialogue}.txt"


def test_the_published_counts_are_the_usual_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert iemocap.N_PER_EMOTION == {"angry": 1103, "happy": 1636, "sad": 1084, "neutral": 1708}
    assert iemocap.N_RELEASED == 5473


def test_a_complete_corpus_says_so(release: Path) -> None:
    corpus = iemocap.read(ReadOptions((release,)))
    assert (corpus.key, corpus.name) == ("iemocap", "IEMOCAP (4 classes)")
    assert corpus.is_complete
    assert corpus.notes == ()
    assert (corpus.head_s, corpus.encoder_s) == (8.0, 15.0)
    assert Counter(str(u.emotion) for u in corpus.utterances) == N_SMALL_IEMOCAP
    identities = [u.identity for u in corpus.utterances]
    assert identities == sorted(identities)


def test_a_turn_is_read_with_everything_that_is_known_of_it(release: Path) -> None:
    found = read(release)["Ses03F_impro01_F000"]
    assert (found.speaker, found.emotion, found.session) == ("Ses03F", "neutral", "Session3")
    assert (found.style, found.sentence, found.agreement) == ("improvised", "", 1.0)
    assert found.path == release / "Session3/sentences/wav/Ses03F_impro01/Ses03F_impro01_F000.wav"
    assert found.path.is_file()
    assert (found.start_s, found.end_s) == (0.0, None), "the sentence's file is whole; its times are the dialogue's"


def test_scripted_dialogues_name_their_script(release: Path) -> None:
    found = read(release)["Ses02M_script01_1_M000"]
    assert (found.style, found.sentence, found.speaker) == ("scripted", "script01_1", "Ses02M")


def test_excited_counts_as_happy(release: Path) -> None:
    found = read(release)
    assert found["Ses01F_impro01_F002"].emotion == found["Ses01F_impro01_M001"].emotion == "happy"


@pytest.mark.parametrize("turn", ["impro01_F001", "impro01_F003", "impro01_M003"])
def test_a_turn_without_majority_or_with_another_emotion_is_left_out(release: Path, turn: str) -> None:
    name = f"Ses01F_{turn}"
    assert f"\t{name}\t" in evaluation(release, 1, "Ses01F_impro01").read_text()
    assert name not in read(release)


def test_agreement_is_the_share_of_the_annotators_votes(release: Path) -> None:
    found = read(release)
    agreement = {turn: found[f"Ses01F_impro01_{turn}"].agreement for turn in ("F000", "M000", "F004")}
    # F004: one of three annotators gave two labels, so three of four votes.
    assert agreement == {"F000": 1.0, "M000": pytest.approx(2 / 3), "F004": 0.75}


def test_neither_comments_nor_what_speakers_say_of_themselves_are_votes(own: Path) -> None:
    file = evaluation(own, 1, "Ses01F_impro01")
    text = file.read_text()
    assert "C-F1:\tFrustration;" in text
    file.write_text(text.replace("C-E4:\tNeutral;\t()", "C-E4:\tNeutral;\t(Anger; or Sadness;)", 1))
    assert "(Anger; or Sadness;)" in file.read_text()
    assert read(own)["Ses01F_impro01_F000"].agreement == 1.0


def test_a_turn_that_nobody_rated_has_no_agreement(own: Path) -> None:
    file = evaluation(own, 1, "Ses01F_impro01")
    head, rest = file.read_text().split("C-E2:", 1)
    file.write_text(head + "\n" + rest[rest.index("[10.2900") :])
    assert read(own)["Ses01F_impro01_F000"].agreement is None


def test_the_speaker_is_the_letter_of_the_turn(release: Path) -> None:
    found = read(release)
    assert found["Ses01F_impro01_F000"].speaker == "Ses01F"
    assert found["Ses01F_impro01_M001"].speaker == "Ses01M"
    assert found["Ses01M_script01_1_F000"].speaker == "Ses01F"
    assert {u.speaker for u in found.values()} == {f"Ses0{i}{letter}" for i in range(1, 6) for letter in "FM"}


def test_as_released_the_speaker_is_the_dialogues_prefix(release: Path) -> None:
    found = read(release, as_released=True)
    assert {u.speaker for i, u in found.items() if i.startswith("Ses01F_impro01")} == {"Ses01F"}
    assert found["Ses01F_impro01_M001"].speaker == "Ses01F"
    assert found["Ses01M_script01_1_F000"].speaker == "Ses01M"


def test_as_released_turns_without_aligned_words_and_syllables_are_dropped(release: Path) -> None:
    kept = read(release, as_released=True)
    dropped = {i[len("Ses01M_script01_1_") :] for i in read(release).keys() - kept.keys()}
    # Only silence, no files at all, words without syllables.
    assert dropped == {"M001", "F002", "M003"}
    assert len(kept) == N_SMALL_IEMOCAP_RELEASED
    assert "Ses01M_script01_1_M000" in kept


def test_as_released_an_alignment_that_failed_is_none(own: Path) -> None:
    folder = own / "Session1/sentences/ForcedAlignment/Ses01F_impro01"
    (folder / "Ses01F_impro01_F000.wdseg").write_text("\t SFrm  EFrm    SegAScr Word\n Total score:           0\n")
    kept = read(own, as_released=True, accept_counts=True)
    assert "Ses01F_impro01_F000" not in kept
    assert "Ses01F_impro01_M001" in kept
    assert len(kept) == N_SMALL_IEMOCAP_RELEASED - 1


def test_as_released_has_a_name_and_a_count_of_its_own(own: Path) -> None:
    corpus = iemocap.read(ReadOptions((own,), as_released=True))
    assert corpus.name == "IEMOCAP (4 classes, as the released code reads it)"
    assert corpus.is_complete
    next(own.rglob("Ses01F_impro01_F000.syseg")).unlink()
    with pytest.raises(CorpusError, match="gives 54 utterances, the released reader 55") as caught:
        iemocap.read(ReadOptions((own,), as_released=True))
    assert "--accept-counts" in caught.value.fix
    corpus = iemocap.read(ReadOptions((own,), as_released=True, accept_counts=True))
    assert not corpus.is_complete
    assert corpus.name.endswith("(incomplete: 54 utterances)")
    assert "54 utterances" in corpus.notes[0]


def test_without_any_alignment_there_is_nothing_to_read_as_released(own: Path) -> None:
    for file in own.rglob("*.wdseg"):
        file.unlink()
    with pytest.raises(CorpusError, match="gives 0 utterances"):
        iemocap.read(ReadOptions((own,), as_released=True, accept_counts=True))


def test_a_level_more_is_forgiven(release: Path) -> None:
    assert read(release.parent) == read(release)


@pytest.mark.parametrize(
    "below", ["Session1", "Session1/dialog", "Session1/dialog/EmoEvaluation", "Session1/sentences"]
)
def test_a_level_less_is_refused(release: Path, below: str) -> None:
    with pytest.raises(CorpusError, match="holds no Session folders") as caught:
        read(release / below, accept_counts=True)
    assert "holds Session1 to Session5" in caught.value.fix


def test_two_levels_more_are_refused(release: Path) -> None:
    with pytest.raises(CorpusError, match="holds no Session folders"):
        read(release.parent.parent, accept_counts=True)


def test_a_missing_folder_says_where_to_ask_for_the_corpus(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="There is no folder or zip file") as caught:
        read(tmp_path / "none")
    assert "sail.usc.edu/iemocap" in caught.value.fix


def test_a_zip_file_is_read_like_a_folder(release: Path, tmp_path: Path) -> None:
    place = tmp_path / "IEMOCAP.zip"
    with ZipFile(place, "w") as archive:
        for file in release.rglob("*"):
            archive.write(file, file.relative_to(release.parent))
    corpus = iemocap.read(ReadOptions((place,), tmp_path / "cache"))
    assert [u.identity for u in corpus.utterances] == list(read(release))


def test_sessions_may_be_in_two_places(own: Path, tmp_path: Path) -> None:
    other = tmp_path / "other disk"
    other.mkdir()
    (own / "Session5").rename(other / "Session5")
    assert len(read(own, other)) == N_UTTERANCES


def test_a_missing_session_is_counted_for_the_user(own: Path) -> None:
    (own / "Session5").rename(own / "Session9")
    with pytest.raises(CorpusError, match=r"holds 56 utterances instead of 70 .*angry: 12 instead of 15"):
        read(own)
    corpus = iemocap.read(ReadOptions((own,), accept_counts=True))
    assert {u.session for u in corpus.utterances} == {f"Session{i}" for i in range(1, 5)}
    assert not corpus.is_complete
    assert corpus.name == "IEMOCAP (4 classes) (incomplete: 56 utterances)"
    assert "angry: 12 instead of 15" in corpus.notes[0]


def test_an_extra_labelled_turn_is_counted_for_the_user(own: Path) -> None:
    file = evaluation(own, 2, "Ses02F_impro01")
    file.write_text(file.read_text().replace("Ses02F_impro01_F003\tfru", "Ses02F_impro01_F003\tang"))
    with pytest.raises(CorpusError, match="angry: 16 instead of 15"):
        read(own)


def test_missing_recordings_are_named(own: Path) -> None:
    next(own.rglob("Ses04F_impro01_M004.wav")).unlink()
    with pytest.raises(CorpusError, match=r"1 labelled turns have no recording .*Ses04F_impro01_M004"):
        read(own, accept_counts=True)


def test_missing_recordings_may_be_left_out_and_are_listed(own: Path) -> None:
    for turn in ("F000", "M000", "M001", "F002", "M002", "M004"):
        next(own.rglob(f"Ses04F_impro01_{turn}.wav")).unlink()
    corpus = iemocap.read(ReadOptions((own,), skip_missing=True, accept_counts=True))
    assert len(corpus.utterances) == N_UTTERANCES - 6
    assert not corpus.is_complete
    assert corpus.notes[0].startswith("Left out: 6 labelled turns have no recording")
    assert "Ses04F_impro01_F000" in corpus.notes[0]
    assert corpus.notes[0].endswith(", ….")


def test_leaving_recordings_out_does_not_accept_the_counts(own: Path) -> None:
    next(own.rglob("Ses04F_impro01_M004.wav")).unlink()
    with pytest.raises(CorpusError, match="angry: 14 instead of 15"):
        read(own, skip_missing=True)


def test_a_recording_of_a_dropped_turn_is_not_missed(own: Path) -> None:
    next(own.rglob("Ses04F_impro01_F001.wav")).unlink()
    assert len(read(own)) == N_UTTERANCES


def test_recordings_without_labels_are_left_alone(own: Path) -> None:
    wav = next(own.rglob("Ses01F_impro01_F000.wav"))
    (wav.parent / "Ses01F_impro01_F099.wav").write_bytes(wav.read_bytes())
    (wav.parent / f"._{wav.name}").write_bytes(APPLE_DOUBLE)
    assert len(read(own)) == N_UTTERANCES


def test_a_turn_that_is_there_twice_is_refused(own: Path) -> None:
    file = evaluation(own, 1, "Ses01F_impro01")
    file.write_text(file.read_text().replace("Ses01F_impro01_M004", "Ses01F_impro01_F000"))
    with pytest.raises(CorpusError, match="Ses01F_impro01_F000 is there twice"):
        read(own)


def test_naming_a_folder_twice_is_refused(release: Path) -> None:
    with pytest.raises(CorpusError, match="is there twice"):
        read(release, release)


def test_line_ends_of_windows_and_stray_bytes_do_not_matter(own: Path) -> None:
    for file in own.rglob("Ses01F_impro01.txt"):
        text = file.read_bytes().replace(b"(curious)", b"(fianc\xe9e)")
        file.write_bytes(text.replace(b"\n", b"\r\n"))
    assert read(own)["Ses01F_impro01_M000"].agreement == pytest.approx(2 / 3)
    assert len(read(own)) == N_UTTERANCES
