"""The trainer: reproduces Pepino, Riera & Ferrer (Interspeech 2021) and trains bundles for the app."""
