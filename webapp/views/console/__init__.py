"""Pages of partners, their customers and operations, after the log-in."""
