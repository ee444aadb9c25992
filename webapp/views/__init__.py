"""Pages: one blueprint per noun. Views open the session, read the clock and commit."""
