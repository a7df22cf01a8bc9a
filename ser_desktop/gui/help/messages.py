"""Every sentence of the welcome, the help, the settings and the pages about the program."""

from __future__ import annotations

# ---- before the first recording

WELCOME_TITLE = "Before you begin"
WELCOME_LEAD = "Speech Emotion shows which emotion a voice seems to express."
LIMITS = (
    (
        "mask",
        "It learned from actors and is often wrong",
        "More so for other languages, rooms and microphones than those of the recordings it learned from.",
    ),
    (
        "heart",
        "An expression is not a feeling",
        "It hears how a voice sounds, not what a person feels. Do not judge anybody by it.",
    ),
    (
        "forbidden",
        "Not at work and not in schools",
        "There the European Union forbids it, except for medical or safety reasons (AI Act, Article 5(1)(f)).",
    ),
    ("people", "Tell people that they are analysed", "Ask everybody who can be heard before you record."),
    ("lock", "Everything stays on this computer", "No sound leaves it, and none is stored unless you save it."),
)
"""Icon, what people have to understand, and a sentence more about it (`core.settings.TERMS_VERSION` goes with it)."""

UNDERSTOOD = "I understand"
READ_FIRST = "Please read this first: recording begins afterwards."
MORE_ABOUT_LIMITS = "More about the limits"

# ---- settings

SETTINGS = "Settings…"
SETTINGS_TITLE = "Settings"
SETTING_ON = "on"
SETTING_RESET = "Back to the default"
SETTING_RESET_OF = "Back to the default: {}"
SETTINGS_RESET_ALL = "All back to their defaults"
SETTING_RECORDING = "While a recording runs, what is greyed out cannot be changed."
SETTING_LOADING = "The model is being loaded; what is greyed out can be changed in a moment."
SYSTEM_MICROPHONE = "As the system has it"
DEFAULT_BUNDLE = "The model that came along"
CLOSE = "Close"
