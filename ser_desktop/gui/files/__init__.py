"""The window in which sound files are analysed, one after the other."""
