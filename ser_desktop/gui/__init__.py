"""The window: it shows, and owns no truth."""
