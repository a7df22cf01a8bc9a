"""Pretraining of a compact speech encoder of the wav2vec 2.0 architecture, from raw audio."""
