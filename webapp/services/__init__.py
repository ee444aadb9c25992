"""What the service does. Services receive the session and ``now`` or ``today``; none commits."""
