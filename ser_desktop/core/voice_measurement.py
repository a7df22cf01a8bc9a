"""From a recording to a `Voice`: the statistics of every feature that a model on this computer may ask for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ser_desktop.core import catalogue
from ser_desktop.core.audio import FloatArray
from ser_desktop.core.backend_choice import open_fastest
from ser_desktop.core.calibrate import MIN_SPEECH_S, measure, spoken
from ser_desktop.core.device import choose_device
from ser_desktop.core.errors import VoiceError
from ser_desktop.core.features import Egemaps, EncoderLayers, Extractor, Spectrogram
from ser_desktop.core.normalise import Statistics
from ser_desktop.core.voices import Voice, VoiceInfo, check_voice_name, key_of

Progress = Callable[[int, int], None]
Openers = list[Callable[[], Extractor]]


def measure_voice(
    name: str,
    samples: FloatArray,
    openers: Openers,
    progress: Progress = lambda _done, _total: None,
    now: datetime | None = None,
) -> Voice:
    """Measure a recording; the sound itself is not kept.

    Parameters
    ----------
    name : str
        Of the person.
    samples : (n_samples,) float32 at 16 kHz
    openers : list of callable
        Each makes an extractor; one at a time is in memory. See `installed_extractors`.
    progress : callable
        Called with (done, total); may raise `Cancelled`.
    now : datetime or None

    Raises
    ------
    CorpusError
        If the name cannot be used.
    VoiceError
        If there is too little speech in it.
    EncoderMissingError
        If an installed encoder cannot be loaded.
    """
    name = check_voice_name(name)
    pieces, speech_s = spoken(samples)
    if speech_s < MIN_SPEECH_S:
        raise VoiceError(
            f"Only {speech_s:.0f} s of speech were heard; {MIN_SPEECH_S:.0f} s are the least.",
            "Record again, a little longer or closer to the microphone.",
        )
    found: dict[str, Statistics] = {}
    encoders: tuple[str, ...] = ()
    n_done, n_all = 0, len(pieces) * len(openers)
    for opener in openers:
        extractor = opener()

        def tell(done: int, _total: int, before: int = n_done) -> None:
            progress(before + done, n_all)

        (found[key_of(extractor.spec)],) = measure([extractor], pieces, tell)
        encoders += tuple(str(e) for e in (extractor.spec.configuration.get("encoder"),) if e)
        n_done += len(pieces)
    recorded_at = (now or datetime.now().astimezone()).replace(microsecond=0)
    return Voice(VoiceInfo(name, round(speech_s, 1), recorded_at, encoders), found)


def installed_extractors(device_preference: str = "auto", backend_preference: str = "auto") -> Openers:
    """Return what makes the extractors of every feature that a model here may ask for, the quick ones first."""
    openers: Openers = [Egemaps, Spectrogram]
    for entry in catalogue.ENCODERS:
        if entry.is_installed():

            def open_one(entry: catalogue.EncoderEntry = entry) -> Extractor:
                device = choose_device(device_preference)
                return EncoderLayers(open_fastest(entry.folder, device, entry.identity, backend_preference))

            openers.append(open_one)
    return openers
