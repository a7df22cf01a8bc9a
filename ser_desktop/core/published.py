"""Figures of Pepino, Riera & Ferrer (Interspeech 2021) that the program sets its own beside."""

from __future__ import annotations

FIGURE_2: dict[tuple[str, str], tuple[float, ...]] = {
    ("dense", "speaker"): (
        *(0.0570, 0.0568, 0.0603, 0.0766, 0.0938, 0.0944, 0.0928),
        *(0.0936, 0.0908, 0.0810, 0.0698, 0.0561, 0.0770),
    ),
    ("dense", "global"): (
        *(0.0593, 0.0594, 0.0643, 0.0757, 0.0929, 0.0941, 0.0930),
        *(0.0923, 0.0889, 0.0803, 0.0673, 0.0580, 0.0746),
    ),
    ("fusion", "global"): (
        *(0.0593, 0.0594, 0.0646, 0.0775, 0.0918, 0.0931, 0.0916),
        *(0.0909, 0.0876, 0.0808, 0.0689, 0.0593, 0.0750),
    ),
}
"""Layer weights αᵢ / Σα, layers 0 … 12 of wav2vec2-PT trained on RAVDESS, by (head, normalisation).

Read from the heads that the authors released; Figure 2 of the paper shows them.
"""

FIGURE_2_IEMOCAP: dict[tuple[str, str], tuple[float, ...]] = {
    ("dense", "speaker"): (
        *(0.0647, 0.0690, 0.0721, 0.0765, 0.0787, 0.0816, 0.0859),
        *(0.0848, 0.0852, 0.0811, 0.0733, 0.0698, 0.0773),
    ),
    ("dense", "global"): (
        *(0.0663, 0.0697, 0.0730, 0.0775, 0.0791, 0.0811, 0.0846),
        *(0.0838, 0.0843, 0.0801, 0.0734, 0.0697, 0.0776),
    ),
    ("fusion", "global"): (
        *(0.0687, 0.0695, 0.0714, 0.0753, 0.0784, 0.0807, 0.0806),
        *(0.0818, 0.0849, 0.0823, 0.0763, 0.0731, 0.0770),
    ),
}
"""The same for IEMOCAP, fold 1."""


def published_weights(head: str, normalisation: str) -> tuple[float, ...]:
    """Return the published layer weights nearest to a head and normalisation; Fusion's by default."""
    return FIGURE_2.get((head, normalisation), FIGURE_2["fusion", "global"])
