"""Sessions: their timeline, moments, markers, sound, files and recovery."""
