"""Where things lie: shipped assets, the user's data, settings and log."""

from __future__ import annotations

from pathlib import Path

import platformdirs

APP_NAME = "ser-desktop"


def assets_folder() -> Path:
    """Folder of shipped files: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "assets"
    return installed if installed.is_dir() else package.parent / "assets"


def shipped_models() -> Path:
    """Folder of the models that come with the program."""
    return assets_folder() / "models"


def default_bundle() -> Path:
    """Folder of the bundle that works right after installation, without network."""
    return shipped_models() / "default"


def spare_bundle() -> Path:
    """Folder of the bundle that stands in when the default one cannot be opened: it needs no encoder."""
    return shipped_models() / "egemaps"


def demo_clip() -> Path:
    """Sound file of the synthetic voice that ``--demo`` plays as virtual input."""
    return assets_folder() / "audio" / "demo-synthetic-voice.flac"


def data_folder() -> Path:
    """Folder of the user's models (it may not exist yet)."""
    return Path(platformdirs.user_data_dir(APP_NAME, appauthor=False))


def models_folder() -> Path:
    """Folder of the bundles that the user has trained or installed."""
    return data_folder() / "models"


def encoders_folder() -> Path:
    """Folder in which installed speech encoders lie, one folder each."""
    return data_folder() / "encoders"


def datasets_folder() -> Path:
    """Folder in which downloaded corpora lie, one folder each."""
    return data_folder() / "datasets"


def trainings_folder() -> Path:
    """Folder in which trainings that the window began lie, one folder each."""
    return data_folder() / "trainings"


def recordings_folder() -> Path:
    """Folder in which corpora lie that people recorded here, one folder each."""
    return data_folder() / "recordings"


def voices_folder() -> Path:
    """Folder of calibrated voices, one folder each; no sound is in it."""
    return data_folder() / "voices"


def features_folder() -> Path:
    """Folder of extracted features, which all trainings share."""
    return cache_folder() / "features"


def journals_folder() -> Path:
    """Folder of recordings under way, and of those that were interrupted."""
    return Path(platformdirs.user_state_dir(APP_NAME, appauthor=False)) / "recordings"


def settings_file() -> Path:
    """File of the user's settings."""
    return Path(platformdirs.user_config_dir(APP_NAME, appauthor=False)) / "settings.json"


def corpora_file() -> Path:
    """File of the places where people's corpora were last."""
    return Path(platformdirs.user_state_dir(APP_NAME, appauthor=False)) / "corpora.json"


def dialogs_file() -> Path:
    """File of the folders in which questions for files ended."""
    return Path(platformdirs.user_state_dir(APP_NAME, appauthor=False)) / "dialogs.json"


def cache_folder() -> Path:
    """Folder of what can be made again."""
    return Path(platformdirs.user_cache_dir(APP_NAME, appauthor=False))


def backends_file() -> Path:
    """File of measured times: how an encoder is computed fastest on this machine."""
    return cache_folder() / "backends.json"


def log_file() -> Path:
    """File to which unexpected errors are written."""
    return Path(platformdirs.user_log_dir(APP_NAME, appauthor=False)) / "ser-desktop.log"
