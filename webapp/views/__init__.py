"""Pages: one blueprint a noun. Views open the session, read the clock and commit."""
