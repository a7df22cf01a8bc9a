"""Which features are stored, and which part of them a recipe's branches read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from importlib.metadata import version

import torch

from ser_desktop.core.backend_choice import open_fastest
from ser_desktop.core.catalogue import find_encoder
from ser_desktop.core.device import AUTO, BackendName, choose_device
from ser_desktop.core.encoder import Encoder
from ser_desktop.core.features import Extractor, FeatureName, FeatureSpec, make_extractor
from trainer.experiments import Recipe

_LIBRARIES = {FeatureName.EGEMAPS: ("opensmile",), FeatureName.SPECTROGRAM: ("numpy",)}


@dataclass(frozen=True)
class Source:
    """What is extracted and stored once for all recipes that read it.

    An encoder's layers are stored together: local and contextual features are layers of the same file.

    Attributes
    ----------
    name : FeatureName
    frame_s : float
    encoder : str or None
        Catalogue name.
    max_s : float or None
        Utterances are cut to this before extraction.
    """

    name: FeatureName
    frame_s: float
    encoder: str | None = None
    max_s: float | None = None


@dataclass(frozen=True)
class Branch:
    """One input of a head: some layers of a source.

    Attributes
    ----------
    source : Source
    first, last : int
        Layers ``first`` to ``last - 1`` of the stored ones.
    spec : FeatureSpec
        What the bundle's contract says.
    """

    source: Source
    first: int
    last: int
    spec: FeatureSpec


def sources_of(recipe: Recipe, max_s: float | None) -> tuple[Source, ...]:
    """Return the sources of a recipe's branches, in order."""
    return tuple(
        Source(FeatureName.ALL_LAYERS, recipe.frame_s, recipe.encoder, max_s)
        if name.needs_encoder
        else Source(name, recipe.frame_s, None, max_s)
        for name in recipe.features
    )


def branch_of(name: FeatureName, source: Source, stored: FeatureSpec) -> Branch:
    """Return the branch that reads features ``name`` from what a source stored."""
    layers = {FeatureName.LOCAL: (0, 1), FeatureName.CONTEXTUAL: (stored.n_layers - 1, stored.n_layers)}
    first, last = layers.get(name, (0, stored.n_layers))
    spec = FeatureSpec(name, last - first, stored.n_features, stored.frame_s, stored.configuration)
    return Branch(source, first, last, spec)


def open_encoder(name: str, backend: str = AUTO, n_at_once: int | None = None) -> Encoder:
    """Load an installed encoder on the fastest device that works.

    Parameters
    ----------
    name : str
    backend : str
    n_at_once : int or None
        How many threads will compute at the same time; None is as many as `encode_all` has.

    Raises
    ------
    EncoderMissingError
    """
    entry = find_encoder(name)
    return open_fastest(entry.folder, choose_device(), entry.identity, backend, n_at_once or torch.get_num_threads())


def open_extractor(source: Source, encoder: Encoder | None = None) -> Extractor:
    """Build the extractor of a source."""
    return make_extractor(source.name, encoder=encoder, hop_s=source.frame_s)


def storage_key(spec: FeatureSpec, max_s: float | None, backend: BackendName | None = None) -> str:
    """Name of everything that decides the stored values, for file names.

    Parameters
    ----------
    spec : FeatureSpec
    max_s : float or None
    backend : BackendName or None
        How an encoder is computed.
    """
    libraries = ("transformers", "torch") if spec.name.needs_encoder else _LIBRARIES[spec.name]
    described = {
        **asdict(spec),
        "max_s": max_s,
        "backend": backend,
        **{library: version(library) for library in (*libraries, "soxr")},
    }
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()
    return f"{spec.name}-{digest[:12]}"
