from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_desktop.core.bundle import load_bundle
from ser_desktop.core.bundle_config import BundleConfig, parse_config
from ser_desktop.core.errors import BundleError
from ser_desktop.core.reliability import ReliabilityBin
from tests.helpers.bundles import change_config, mend_checksums, small_config, write_bundle

CONTRACT = small_config().as_json()
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=6,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "bundle")


def refused(folder: Path, sentence: str) -> None:
    with pytest.raises(BundleError, match=sentence):
        load_bundle(folder)


def answer_to(value: dict[str, object]) -> BundleConfig | BundleError:
    try:
        return parse_config(value, "here")
    except BundleError as error:
        return error


def test_a_contract_survives_json() -> None:
    assert parse_config(json.loads(json.dumps(CONTRACT)), "here") == small_config()


def counted(**changes: object) -> dict[str, object]:
    one = {"low": 0.6, "high": 0.7, "n": 21, "n_right": 13, "certainty": 0.645, **changes}
    return {**CONTRACT, "results": {**CONTRACT["results"], "reliability": [one]}}


def test_what_was_counted_of_certainty_survives_json_and_older_contracts_have_none() -> None:
    read = parse_config(counted(), "here")
    assert read.results.reliability == (ReliabilityBin(0.6, 0.7, 21, 13, 0.645),)
    assert parse_config(json.loads(json.dumps(read.as_json())), "here") == read
    older = {key: value for key, value in CONTRACT["results"].items() if key != "reliability"}
    assert parse_config({**CONTRACT, "results": older}, "here").results.reliability == ()


@pytest.mark.parametrize(
    "changes", [{"n_right": 22}, {"n": 0}, {"low": 0.8}, {"certainty": "sure"}, {"n": None}, {"high": float("nan")}]
)
def test_counts_that_make_no_sense_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(BundleError, match="not usable"):
        parse_config(counted(**changes), "here")


def test_the_head_is_what_the_contract_says() -> None:
    options = small_config().head_options()
    assert (options.branches, options.n_classes, options.n_hidden) == (((1, 25),), 3, 16)
    assert small_config().max_frames() == 400


@given(name=st.sampled_from(sorted(CONTRACT)), value=ANY_JSON)
def test_whatever_a_field_holds_the_contract_is_read_or_refused_with_a_sentence(name: str, value: object) -> None:
    answer = answer_to({**CONTRACT, name: value})
    if isinstance(answer, BundleError):
        assert "here" in answer.what
        assert answer.fix
    else:
        assert len(answer.labels) >= 2
        assert answer.max_frames() >= 1


@given(name=st.sampled_from(sorted(asdict(small_config().results))), value=ANY_JSON)
def test_whatever_the_results_hold_they_are_read_or_refused(name: str, value: object) -> None:
    answer = answer_to({**CONTRACT, "results": {**CONTRACT["results"], name: value}})
    if isinstance(answer, BundleError):
        assert "not usable" in answer.what
    else:
        assert all(0 <= uar <= 1 for uar in answer.results.test_uar)


def feature(**changes: object) -> list[dict[str, object]]:
    return [{**CONTRACT["features"][0], **changes}]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"features": feature(frame_s=100.0)}, "shorter than a frame"),
        ({"features": feature(frame_s=float("inf"))}, "shorter than a frame"),
        ({"features": feature(n_layers=True)}, "n_layers should be a positive whole number"),
        ({"features": []}, "not usable"),
        ({"dropout": float("nan")}, "dropout of nan makes no sense"),
        ({"decision": {"temperature": float("inf"), "threshold": 0.5}}, "makes no sense"),
        ({"decision": {"temperature": 1.0, "threshold": 1.5}}, "makes no sense"),
        ({"decision": {"temperature": 1.0, "threshold": "high"}}, "not usable"),
        ({"id2label": ["calm", "angry", "happy"]}, "not usable"),
        ({"id2label": {"0": "calm", "1": "angry", "3": "happy"}}, "the field '2' is missing"),
        ({"schema_version": None}, "format None"),
        ({"window_s": 0.5}, "window of 1.0 to 0.5 s makes no sense"),
        ({"min_window_s": float("nan")}, "window of nan to 8.0 s makes no sense"),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(BundleError, match=sentence):
        parse_config({**CONTRACT, **changes}, "here")


@pytest.mark.parametrize("name", sorted(small_config().as_json().keys() - {"model_type", "schema_version"}))
def test_every_field_of_the_contract_is_needed(folder: Path, name: str) -> None:
    file = folder / "config.json"
    config = json.loads(file.read_text())
    del config[name]
    file.write_text(json.dumps(config))
    mend_checksums(folder)
    refused(folder, f"the field '{name}' is missing")


@pytest.mark.parametrize("value", [float("inf"), None, "many"])
def test_results_that_are_no_numbers_are_refused(folder: Path, value: object) -> None:
    results = small_config().as_json()["results"]
    change_config(folder, results={**results, "n_test": value})
    refused(folder, "not usable")
    change_config(folder, results={**results, "test_uar": [float("nan")]})
    refused(folder, "it reports no result, or one that is none")
