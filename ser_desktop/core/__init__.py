"""The truth about labels, audio, features, heads, bundles and sessions; no Qt and no sound card."""
