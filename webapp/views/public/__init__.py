"""Pages that need no log-in, and the log-in itself."""
