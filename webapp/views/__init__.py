"""Pages: a blueprint a page family. Views open the session, read the clock and commit."""
