"""What the service does. Services receive ``session`` and ``now`` or ``today``; they never commit."""
