"""Services: all writes. They receive the session and ``now`` or ``today``, and never commit."""
