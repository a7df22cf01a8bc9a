"""A model on disk: ``config.json``, ``model.safetensors``, ``README.md`` and ``checksums.json``.

A bundle carries its whole contract (labels, features, window, normalisation, decision) and is
checked completely before anything in it is used. Nothing in it is ever unpickled.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ser_desktop.core.audio import FloatArray
from ser_desktop.core.bundle_config import BundleConfig, parse_config
from ser_desktop.core.checksums import file_sha256
from ser_desktop.core.errors import BundleError, SaveError
from ser_desktop.core.features import FeatureSpec
from ser_desktop.core.heads import Head, make_head
from ser_desktop.core.normalise import NeutralOffset, Statistics

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
CARD_FILE = "README.md"
CHECKSUMS_FILE = "checksums.json"
CHECKED_FILES = (CONFIG_FILE, WEIGHTS_FILE, CARD_FILE)

_REINSTALL = "Copy the whole bundle again, or choose another model."
_PICKLE_STARTS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


@dataclass(frozen=True)
class Bundle:
    """A checked model, ready to be used.

    Attributes
    ----------
    folder : Path
    config : BundleConfig
    head : Head
        In evaluation mode, on the CPU.
    statistics : tuple of Statistics
        One per feature branch: of the training data, or for speaker normalisation of the average
        training speaker (mean of the speakers' means and deviations), which stands in until a
        voice is calibrated, with what the training speakers' neutral speech lacked.
    """

    folder: Path
    config: BundleConfig
    head: Head = field(repr=False)
    statistics: tuple[Statistics, ...] = field(repr=False)


def load_bundle(folder: Path) -> Bundle:
    """Read and check a bundle.

    Raises
    ------
    BundleError
        With one sentence for each possible defect.
    """
    if not folder.is_dir():
        raise BundleError(f"There is no model at «{folder}».", "Choose another model: a folder that holds config.json.")
    for name in (*CHECKED_FILES, CHECKSUMS_FILE):
        _check_inside(folder, name)
    _check_sums(folder)
    config = parse_config(_read_json(folder / CONFIG_FILE), where=str(folder))
    tensors = _read_weights(folder / WEIGHTS_FILE)
    statistics = tuple(_take_statistics(tensors, i, config) for i in range(len(config.features)))
    return Bundle(folder, config, _take_head(tensors, config), statistics)


def save_bundle(folder: Path, config: BundleConfig, head: Head, statistics: Sequence[Statistics], card: str) -> None:
    """Write a bundle; the folder appears only when it is complete.

    Raises
    ------
    SaveError
        If the disk is full or the folder cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    tensors = head_tensors(head, statistics)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".bundle-") as scratch_name:
            scratch = Path(scratch_name)
            save_file(tensors, scratch / WEIGHTS_FILE, metadata={"format": "pt"})
            # safetensors lets nobody but the owner read it.
            (scratch / WEIGHTS_FILE).chmod(0o644)
            _write_around(scratch, scratch / WEIGHTS_FILE, config, card)
            # The checksums go last: a folder without them, or with old ones, is refused on load.
            for name in (*CHECKED_FILES, CHECKSUMS_FILE):
                (scratch / name).replace(folder / name)
    except (OSError, SafetensorError) as error:
        raise SaveError(f"The model could not be written to «{folder}» ({error}).", "Free some space.") from error


def save_contract(folder: Path, config: BundleConfig, card: str) -> None:
    """Write contract, card and checksums of a bundle anew; its weights stay as they are, to the byte.

    Raises
    ------
    SaveError
        If the disk is full or the folder cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".bundle-") as scratch_name:
            scratch = Path(scratch_name)
            _write_around(scratch, folder / WEIGHTS_FILE, config, card)
            for name in (CONFIG_FILE, CARD_FILE, CHECKSUMS_FILE):
                (scratch / name).replace(folder / name)
    except OSError as error:
        raise SaveError(f"The model could not be written to «{folder}» ({error}).", "Free some space.") from error


def _write_around(folder: Path, weights: Path, config: BundleConfig, card: str) -> None:
    """Write to a folder what belongs to weights that lie somewhere else, or there."""
    contract = json.dumps(config.as_json(), indent=2, ensure_ascii=False) + "\n"
    (folder / CONFIG_FILE).write_text(contract, "utf-8", newline="\n")
    (folder / CARD_FILE).write_text(card, "utf-8", newline="\n")
    places = {CONFIG_FILE: folder / CONFIG_FILE, WEIGHTS_FILE: weights, CARD_FILE: folder / CARD_FILE}
    sums = {name: file_sha256(places[name]) for name in CHECKED_FILES}
    (folder / CHECKSUMS_FILE).write_text(json.dumps(sums, indent=2) + "\n", "utf-8", newline="\n")


def head_tensors(head: Head, statistics: Sequence[Statistics]) -> dict[str, torch.Tensor]:
    """Return a head's weights and its branches' statistics under the names they are stored with."""
    tensors = {f"head.{name}": value.contiguous() for name, value in head.state_dict().items()}
    for i, branch in enumerate(statistics):
        tensors[f"statistics.{i}.mean"] = torch.from_numpy(branch.mean.copy())
        tensors[f"statistics.{i}.std"] = torch.from_numpy(branch.std.copy())
        if branch.neutral is not None:
            for name, array in branch.neutral.arrays().items():
                tensors[f"neutral.{i}.{name}"] = torch.from_numpy(array.copy())
    return tensors


def _check_inside(folder: Path, name: str) -> None:
    path = folder / name
    if not path.is_file():
        others = sorted(p.name for p in folder.iterdir() if p.suffix in {".bin", ".pt", ".pth", ".pkl"})
        hint = f" It holds {others[0]}, a Python pickle, which is never opened." if others else ""
        raise BundleError(f"The model bundle «{folder.name}» has no {name}.{hint}", _REINSTALL)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BundleError(f"In the model bundle «{folder.name}», {name} points outside the folder.", _REINSTALL)


def _check_sums(folder: Path) -> None:
    sums = _read_json(folder / CHECKSUMS_FILE)
    for name in sums:
        if name not in CHECKED_FILES:
            raise BundleError(
                f"{CHECKSUMS_FILE} of «{folder.name}» names «{name}», which does not belong to a bundle.", _REINSTALL
            )
    _refuse_pickle(folder / WEIGHTS_FILE)
    for name in CHECKED_FILES:
        if sums.get(name) != file_sha256(folder / name):
            raise BundleError(
                f"{name} of the model bundle «{folder.name}» was cut short or altered: its checksum differs.",
                _REINSTALL,
            )


def _refuse_pickle(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(9)
    # The length of a safetensors header stands first, and may look like the start of a pickle.
    if start.startswith(_PICKLE_STARTS) and start[8:] != b"{":
        raise BundleError(
            f"{path.name} of «{path.parent.name}» is a Python pickle in disguise; it could run any program "
            "and was not opened.",
            "Ask whoever made it for a safetensors bundle.",
        )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise BundleError(f"{path.name} of «{path.parent.name}» is not valid JSON ({error}).", _REINSTALL) from error
    if not isinstance(value, dict):
        raise BundleError(f"{path.name} of «{path.parent.name}» does not hold an object.", _REINSTALL)
    return value


def _read_weights(path: Path) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return dict(load_file(path))
    except (SafetensorError, OSError, ValueError) as error:
        raise BundleError(f"{path.name} of «{path.parent.name}» is damaged ({error}).", _REINSTALL) from error


def _take_statistics(tensors: Mapping[str, torch.Tensor], i: int, config: BundleConfig) -> Statistics:
    mean, std = _take_arrays(tensors, f"statistics.{i}", ("mean", "std"), config.features[i], config.name)
    # Models made before voices could be calibrated, and those without neutral speech, have none.
    neutral = None
    if any(name.startswith(f"neutral.{i}.") for name in tensors):
        which = ("shift", "ratio", "mean_slope", "std_slope")
        neutral = NeutralOffset(*_take_arrays(tensors, f"neutral.{i}", which, config.features[i], config.name))
    return Statistics(mean, std, neutral)


def _take_arrays(
    tensors: Mapping[str, torch.Tensor], stem: str, which: tuple[str, ...], spec: FeatureSpec, model: str
) -> list[FloatArray]:
    """Return tensors of (n_layers, n_features); the second of them divides or multiplies."""
    arrays = []
    for name in which:
        array = tensors.get(f"{stem}.{name}")
        expected = (spec.n_layers, spec.n_features)
        if array is None or tuple(array.shape) != expected:
            found = "missing" if array is None else f"{tuple(array.shape)}"
            raise BundleError(
                f"«{model}»: the {name} of {spec.name} should be {expected} (layers, features) and is {found}.",
                _REINSTALL,
            )
        arrays.append(array.float().numpy())
    if not all(np.isfinite(array).all() for array in arrays) or not (arrays[1] > 0).all():
        raise BundleError(f"«{model}»: the statistics of {spec.name} are not usable numbers.", _REINSTALL)
    return arrays


def _take_head(tensors: Mapping[str, torch.Tensor], config: BundleConfig) -> Head:
    state = {name.removeprefix("head."): value.float() for name, value in tensors.items() if name.startswith("head.")}
    # Only shapes at first: a contract that asks for a giant head must not claim its memory.
    with torch.device("meta"):
        expected = make_head(config.head_options()).state_dict()
    for name in sorted(expected.keys() | state.keys()):
        if name not in state or name not in expected:
            fault = "is missing" if name not in state else "does not belong there"
            raise BundleError(f"«{config.name}»: the weight {name} {fault}.", _REINSTALL)
        found, wanted = tuple(state[name].shape), tuple(expected[name].shape)
        if found != wanted:
            raise BundleError(
                f"«{config.name}»: {_meaning(name)} has shape {found}, but its {len(config.labels)} labels and "
                f"its features need {wanted}.",
                _REINSTALL,
            )
        if not bool(torch.isfinite(state[name]).all()):
            raise BundleError(f"«{config.name}»: the weight {name} holds values that are not numbers.", _REINSTALL)
    head = make_head(config.head_options()).eval().requires_grad_(False)
    head.load_state_dict(state)
    return head


def _meaning(weight: str) -> str:
    if weight.endswith("alpha"):
        return "the list of layer weights"
    return "the last layer" if weight.startswith("classify.") else f"the weight {weight}"
