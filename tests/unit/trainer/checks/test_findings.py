from __future__ import annotations

from trainer.checks.findings import about, alike


def test_names_that_differ_only_in_writing_are_grouped() -> None:
    assert alike(["Anna", "anna ", "an-na", "Ben", "Ännä"]) == [("Anna", "an-na", "anna ")]
    assert alike(["…", "!!!"]) == []
    # As macOS writes umlauts, and as everybody else does.
    assert alike(["Ju\u0308rgen", "J\u00fcrgen"]) == [("Ju\u0308rgen", "J\u00fcrgen")]
    assert alike(["Anna", "A\u0308nna"]) == []


def test_one_file_is_named_and_many_are_counted() -> None:
    assert about([], "{}", "{}", "") == []
    (one,) = about(["a.wav"], "«{}» is bad.", "{} are bad.", "Mend it.")
    assert (one.text, one.files) == ("«a.wav» is bad.", ("a.wav",))
    (many,) = about([f"{i}.wav" for i in range(30)], "«{}» is bad.", "{} are bad.", "Mend them.")
    assert many.text == "30 are bad."
    assert len(many.files) == 20
