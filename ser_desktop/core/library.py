"""What is installed: speech encoders, and the bundles that use them with their measured quality."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ser_desktop.core import catalogue, paths
from ser_desktop.core.bundle import CONFIG_FILE
from ser_desktop.core.bundle_config import BundleConfig, parse_config
from ser_desktop.core.catalogue import EncoderEntry
from ser_desktop.core.errors import BundleError
from ser_desktop.core.install import staging_of


@dataclass(frozen=True)
class BundleUse:
    """A bundle that needs an encoder.

    Attributes
    ----------
    name, corpus : str
    uar_mean, uar_sd : float
        Over seeds, between 0 and 1.
    """

    name: str
    corpus: str
    uar_mean: float
    uar_sd: float


@dataclass(frozen=True)
class EncoderStatus:
    """A speech encoder of the catalogue as it stands on this machine.

    Attributes
    ----------
    name, purpose, licence, revision : str
    is_installed, is_shipped : bool
    n_bytes : int
        On this disk where it is installed, else to download.
    n_arrived : int
        Bytes that an interrupted download has left.
    bundles : tuple of BundleUse
    """

    name: str
    purpose: str
    licence: str
    revision: str
    is_installed: bool
    is_shipped: bool
    n_bytes: int
    n_arrived: int
    bundles: tuple[BundleUse, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the attributes as plain values."""
        return asdict(self)


def encoder_statuses() -> list[EncoderStatus]:
    """Describe every encoder of the catalogue."""
    configs = list(_configs())
    return [_status(entry, configs) for entry in catalogue.ENCODERS]


def _status(entry: EncoderEntry, configs: list[BundleConfig]) -> EncoderStatus:
    is_installed = entry.is_installed()
    return EncoderStatus(
        name=entry.name,
        purpose=entry.purpose,
        licence=entry.licence,
        revision=entry.revision,
        is_installed=is_installed,
        is_shipped=entry.is_shipped,
        n_bytes=_bytes_in(entry.folder) if is_installed else entry.n_bytes,
        n_arrived=0 if entry.is_shipped else _bytes_in(staging_of(entry)),
        bundles=tuple(_use(config) for config in configs if config.encoder == entry.identity),
    )


def _use(config: BundleConfig) -> BundleUse:
    uars = config.results.test_uar
    mean = sum(uars) / len(uars)
    deviation = (sum((uar - mean) ** 2 for uar in uars) / len(uars)) ** 0.5
    return BundleUse(config.name, config.results.corpus, mean, deviation)


def _configs() -> Iterator[BundleConfig]:
    """Yield the contracts of the bundles that came along and of the user's; damaged ones are passed over."""
    for place in (paths.shipped_models(), paths.models_folder()):
        for file in sorted(place.glob(f"*/{CONFIG_FILE}")):
            try:
                yield parse_config(json.loads(file.read_text(encoding="utf-8")), where=str(file.parent))
            except (OSError, ValueError, BundleError):
                continue


def _bytes_in(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) if folder.is_dir() else 0
