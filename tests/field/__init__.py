"""A fleet of printers in ordinary noise, and what an ideal observer of its readings could count."""
