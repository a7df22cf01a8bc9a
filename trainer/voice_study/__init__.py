"""How much a calibrated voice helps heads that were trained with speaker normalisation."""
