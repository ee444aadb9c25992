"""Read-only SELECTs for pages, command line and jobs. Nothing here flushes or commits."""
