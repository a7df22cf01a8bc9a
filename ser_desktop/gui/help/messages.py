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
    (
        "licence",
        "Not for business",
        "openSMILE and the models that came along are free for research and teaching, not for commercial use.",
    ),
    ("people", "Tell people that they are analysed", "Ask everybody who can be heard before you record."),
    (
        "lock",
        "Everything stays on this computer",
        "No sound leaves it, and none is kept once you close the window, unless you save it.",
    ),
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

# ---- the menu

HELP = "Help"
SHORTCUTS = "Keyboard shortcuts"
DOCTOR = "Check this computer…"
OPEN_LOG = "Open the log folder"
COPY_DIAGNOSTICS = "Copy diagnostics"
ABOUT = "About, limits, licences"
DIAGNOSTICS_COPIED = (
    "The diagnostics are in the clipboard: versions, this computer, model, settings and the end of the log. No sound "
    "is among them. Paste them where you ask for help."
)
LOG_FOLDER_MISSING = "There is no log yet: it is written once something unexpected happens. It will lie in «{}»."
LOG_FOLDER_CLOSED = "The folder cannot be opened from here. The log lies in «{}»."

# ---- the doctor

DOCTOR_TITLE = "Check this computer"
DOCTOR_INTRO = "Looks at everything that the program needs. Nothing is changed and nothing is sent."
DOCTOR_LOOKING = "Looking… This takes some seconds."
DOCTOR_AGAIN = "Check again"
DOCTOR_FAILED = "The check could not be carried out ({})."
DOCTOR_FAILED_FIX = "Try “ser-desktop doctor” in a terminal, or install the program again."
COPY_COMMAND = "Copy the command"
COPY_COMMAND_NAMED = "Copy the command: {}"
COPY_FINDINGS = "Copy all"
COPIED = "Copied: {}"
COPIED_ALL = "All findings are in the clipboard."
CHECK_NAMES = {
    "python": "Python",
    "libraries": "Libraries",
    "display": "Screen",
    "microphone": "Microphones",
    "processor": "Processor",
    "model": "The model that came along",
    "openSMILE": "openSMILE",
    "speech encoders": "Speech encoders",
    "data folder": "Data folder",
}
STATUS_WORDS = {"ok": "good", "warn": "to know", "fail": "does not work"}


def doctor_summary(n_failed: int, n_warned: int) -> str:
    """Say in one line how this computer does."""
    if n_failed:
        things = "One thing does" if n_failed == 1 else f"{n_failed} things do"
        return f"{things} not work. What to do stands beside it."
    if n_warned:
        return "Everything that is needed works. " + (
            "One thing could be better." if n_warned == 1 else f"{n_warned} things could be better."
        )
    return "Everything works."


# ---- about

ABOUT_TITLE = "About Speech Emotion"
ABOUT_PAGE, LIMITS_PAGE, LICENCES_PAGE = "About", "Intended use and limits", "Licences"
ABOUT_NAME = "Speech Emotion"
ABOUT_VERSION = "Version {}"
ABOUT_TEXT = (
    "Shows which emotion a voice expresses, live, on this computer, and trains the models that do it.",
    "The method is that of L. Pepino, P. Riera and L. Ferrer, “Emotion Recognition from Speech Using Wav2vec 2.0 "
    "Embeddings”, Interspeech 2021: a speech encoder turns sound into layers, the model learns how much to take from "
    "each of them, and a small network names the emotion.",
    "Recordings of actors are behind every model (RAVDESS: S. R. Livingstone and F. A. Russo, 2018; nEMO: "
    "I. Christop, 2024). The measurements of loudness, pitch and voice quality come from openSMILE.",
    "The program is free software under the MIT licence. Parts of it have other licences: see Licences.",
)
LIMITS_TITLE = "What it is for, and what not"
LIMITS_LEAD = "For showing and studying how emotion sounds: in demonstrations, in research, for fun."
LIMITS_MORE = (
    "How often it is right stands at the bottom of the window, measured with actors whom the model never heard. With "
    "people who do not act, nobody has measured it here; expect less.",
    "“Not sure”, “no speech” and “too quiet” are answers, too. A high percentage says that the model commits itself, "
    "not that it is right.",
    "Never decide anything about a person by what it says: not about work, school, health, credit or guilt. Outside "
    "the European Union other laws may forbid more.",
)

# ---- licences

LICENCES_TITLE = "Licences"
LICENCES_WARNING = (
    "openSMILE is not free for every purpose: research, teaching and other non-commercial use are allowed, commercial "
    "use needs a licence from audEERING. The models that came along may not be used commercially either "
    "(CC BY-NC-SA 4.0)."
)
LICENCES_COLUMNS = ("Part", "Version", "Licence")
LICENCES_LOOKING = "Reading what is installed…"
LICENCES_FILTER = "Find a part or a licence"
LICENCE_TEXT = "Text of the licence"
LICENCE_CHOOSE = "Choose a part to read its licence."
LICENCE_NO_TEXT = "{} brought no text along. It says that its licence is: {}."
LICENCE_UNSTATED = "see its text"
KINDS = {"program": "The program", "asset": "Models, sounds, drawings", "library": "Libraries"}


def licences_counted(n_parts: int) -> str:
    """Say how many parts there are."""
    return f"{n_parts} parts, as they are installed here."


# ---- help

HELP_TITLE = "Help"
HELP_SEARCH = "Search the help"
HELP_PAGES = (
    ("first-recording", "record"),
    ("answers", "speech"),
    ("layers", "encoder"),
    ("audience", "audience"),
    ("sessions", "marker"),
    ("files", "file"),
    ("training", "train"),
    ("voice", "voice"),
    ("trouble", "warning"),
    ("privacy", "lock"),
)
"""Name of the page in `assets/help`, and its icon."""
HELP_NOTHING = "Nothing about “{}”. Try another word."

# ---- shortcuts

SHORTCUTS_TITLE = "Keyboard shortcuts"
SHORTCUTS_WINDOW = "Everywhere in the window"
SHORTCUTS_TIMELINE = "In the timeline (choose it with Tab)"
SHORTCUT_RECORD = "Record or stop"
SHORTCUT_RESCAN = "Look for microphones again"
SHORTCUT_UNNAMED = "(without a name)"
