"""The contract of a bundle as a frozen value, and its reading from JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ser_desktop.core.errors import BundleError
from ser_desktop.core.features import FeatureName, FeatureSpec
from ser_desktop.core.heads import HeadKind, HeadOptions
from ser_desktop.core.normalise import Normalisation
from ser_desktop.core.reliability import ReliabilityBin, bins_from_json

SCHEMA_VERSION = 1
_FIX = "Copy the bundle again, or choose another model."
_MAX_HIDDEN = 65_536


@dataclass(frozen=True)
class Decision:
    """How logits become an answer; both numbers come from the validation speakers.

    Attributes
    ----------
    temperature : float
        Logits are divided by it before the softmax.
    threshold : float
        Below this probability the answer is "not sure".
    """

    temperature: float = 1.0
    threshold: float = 0.0


@dataclass(frozen=True)
class Results:
    """What was measured, and on what.

    Attributes
    ----------
    corpus, protocol : str
    seeds : tuple of int
        Trained with these; the bundle holds ``seed``, chosen on the validation speakers.
    seed : int
    test_uar, test_wa, validation_uar : tuple of float
        One per seed, between 0 and 1.
    n_test : int
        Utterances in the test set.
    reliability : tuple of ReliabilityBin
        How often the bundle's own head was right on test utterances when it was so sure, after the
        temperature. Empty in older bundles and where nobody was left to test the head on.
    """

    corpus: str
    protocol: str
    seeds: tuple[int, ...]
    seed: int
    test_uar: tuple[float, ...]
    test_wa: tuple[float, ...]
    validation_uar: tuple[float, ...]
    n_test: int
    reliability: tuple[ReliabilityBin, ...] = ()


@dataclass(frozen=True)
class BundleConfig:
    """Everything a program must know to use a bundle.

    Attributes
    ----------
    name : str
        For people.
    labels : tuple of str
        Class names in the order of the logits.
    head : dict
        ``kind``, ``n_hidden``, ``dropout``, ``dropout_first`` of `HeadOptions`.
    features : tuple of FeatureSpec
        One per branch.
    encoder : str or None
        ``repository@revision`` of the encoder that encoder features need.
    normalisation : Normalisation
    window_s, min_window_s : float
        Longest and shortest stretch of sound the head was made for.
    decision : Decision
    results : Results
    licence : str
    """

    name: str
    labels: tuple[str, ...]
    head_kind: HeadKind
    n_hidden: int
    dropout: float
    dropout_first: bool
    features: tuple[FeatureSpec, ...]
    encoder: str | None
    normalisation: Normalisation
    window_s: float
    min_window_s: float
    decision: Decision
    results: Results
    licence: str

    def head_options(self) -> HeadOptions:
        """Return the shape of the head this contract asks for."""
        return HeadOptions(
            kind=self.head_kind,
            branches=tuple((spec.n_layers, spec.n_features) for spec in self.features),
            n_classes=len(self.labels),
            n_hidden=self.n_hidden,
            dropout=self.dropout,
            dropout_first=self.dropout_first,
        )

    def max_frames(self) -> int:
        """Frames in the longest window the head sees."""
        return round(self.window_s / self.features[0].frame_s)

    def as_json(self) -> dict[str, Any]:
        """Return a JSON object in the manner of Hugging Face configurations."""
        value = asdict(self)
        labels = value.pop("labels")
        value["id2label"] = {str(i): str(label) for i, label in enumerate(labels)}
        return {"model_type": "speech-emotion-head", "schema_version": SCHEMA_VERSION, **value}


def parse_config(value: dict[str, Any], where: str) -> BundleConfig:
    """Read a contract from JSON.

    Parameters
    ----------
    value : dict
    where : str
        Folder, for the error's sentence.

    Raises
    ------
    BundleError
        If a field is absent, of the wrong kind, or contradicts another.
    """
    version = value.get("schema_version")
    if version != SCHEMA_VERSION:
        raise BundleError(
            f"The model bundle «{where}» has format {version!r}; this program reads format {SCHEMA_VERSION}.",
            "Update the program, or choose another model.",
        )
    try:
        config = _build(value)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        fault = f"the field {error} is missing" if isinstance(error, KeyError) else str(error)
        raise BundleError(f"config.json of the model bundle «{where}» is not usable: {fault}.", _FIX) from error
    return config


def _build(value: dict[str, Any]) -> BundleConfig:
    id2label = value["id2label"]
    labels = tuple(id2label[str(i)] for i in range(len(id2label)))
    if not all(isinstance(label, str) and label.strip() for label in labels):
        raise ValueError(f"its labels should be words and are {list(labels)}")
    features = tuple(
        FeatureSpec(
            FeatureName(spec["name"]),
            _positive(spec["n_layers"], "n_layers"),
            _positive(spec["n_features"], "n_features"),
            float(spec["frame_s"]),
            dict(spec["configuration"]),
        )
        for spec in value["features"]
    )
    config = BundleConfig(
        name=str(value["name"]),
        labels=labels,
        head_kind=HeadKind(value["head_kind"]),
        n_hidden=_positive(value["n_hidden"], "n_hidden", at_most=_MAX_HIDDEN),
        dropout=float(value["dropout"]),
        dropout_first=bool(value["dropout_first"]),
        features=features,
        encoder=value["encoder"],
        normalisation=Normalisation(value["normalisation"]),
        window_s=float(value["window_s"]),
        min_window_s=float(value["min_window_s"]),
        decision=Decision(**value["decision"]),
        results=_results(value["results"]),
        licence=str(value["licence"]),
    )
    _check(config)
    return config


def _results(value: dict[str, Any]) -> Results:
    return Results(
        corpus=str(value["corpus"]),
        protocol=str(value["protocol"]),
        seeds=tuple(int(seed) for seed in value["seeds"]),
        seed=int(value["seed"]),
        test_uar=tuple(float(uar) for uar in value["test_uar"]),
        test_wa=tuple(float(wa) for wa in value["test_wa"]),
        validation_uar=tuple(float(uar) for uar in value["validation_uar"]),
        n_test=int(value["n_test"]),
        reliability=bins_from_json(value.get("reliability", ())),
    )


def _check(config: BundleConfig) -> None:
    if len(config.labels) < 2 or len(set(config.labels)) < len(config.labels):
        raise ValueError(f"it needs at least two different labels and has {list(config.labels)}")
    if (config.head_kind is HeadKind.FUSION) != (len(config.features) > 1):
        raise ValueError(f"a {config.head_kind} head does not take {len(config.features)} feature branches")
    if len({spec.frame_s for spec in config.features}) != 1 or config.features[0].frame_s <= 0:
        raise ValueError("its feature branches do not share one frame length")
    if any(spec.name.needs_encoder for spec in config.features) != (config.encoder is not None):
        raise ValueError("it names an encoder without encoder features, or the other way round")
    if not isinstance(config.encoder, str | None):
        raise TypeError(f"its encoder should be a name and is {config.encoder!r}")
    _check_numbers(config)


def _check_numbers(config: BundleConfig) -> None:
    if not 0.1 <= config.min_window_s <= config.window_s <= 60:
        raise ValueError(f"its window of {config.min_window_s} to {config.window_s} s makes no sense")
    if not config.features[0].frame_s <= config.min_window_s:
        raise ValueError(f"its shortest window is shorter than a frame of {config.features[0].frame_s} s")
    if not 0 <= config.dropout < 1:
        raise ValueError(f"its dropout of {config.dropout} makes no sense")
    if not config.results.test_uar or not all(0 <= uar <= 1 for uar in config.results.test_uar):
        raise ValueError("it reports no result, or one that is none")
    if not (0 < config.decision.temperature < float("inf") and 0 <= config.decision.threshold <= 1):
        raise ValueError(f"its {config.decision} makes no sense")


def _positive(value: object, name: str, at_most: int = 1_000_000) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= at_most:
        raise ValueError(f"{name} should be a positive whole number up to {at_most} and is {value!r}")
    return value
