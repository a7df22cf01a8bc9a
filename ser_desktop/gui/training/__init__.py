"""Training in windows: from recordings to a model, the paper's tables, and what was trained before."""
