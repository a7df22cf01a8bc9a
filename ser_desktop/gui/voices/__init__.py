"""The window in which a voice is calibrated, and what it needs."""
